"""Every fault comes as often as it is asked for: a number of times, or with a probability."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from connectors.freshdesk import sandbox as freshdesk
from connectors.intercom import sandbox as intercom
from connectors.sandbox.facade import Facade
from connectors.sandbox.faults import KINDS, FaultKind, chance
from connectors.zendesk import sandbox as zendesk
from tests.connectors.sandbox.conftest import Maker, SandboxWorld, World, around
from tests.connectors.sandbox.freshdesk import FreshdeskWorld
from tests.connectors.sandbox.intercom import BOT, IntercomWorld


@dataclass(frozen=True)
class Seen:
    """What became of a new ticket and of one write on it."""

    status: int
    readable: bool
    told: dict[str, Any]
    announced: int  # how often at once
    waited: float

    @property
    def authors(self) -> list[str]:
        return [message["author"]["role"] for message in self.told["messages"][1:]]


# How each fault shows; the write adds a note and has no guard.
SHOWS: dict[FaultKind, Callable[[Seen], bool]] = {
    "rate_limited": lambda seen: seen.status == 429,
    "server_error": lambda seen: seen.status == 500,
    "unanswered": lambda seen: seen.status == 502 and seen.authors == [],
    "conflict": lambda seen: seen.status == 409,
    "late_effect": lambda seen: seen.status < 300 and seen.waited >= 15,
    "lost_answer": lambda seen: seen.status == 502 and seen.authors == ["bot"],
    "truncated": lambda seen: seen.status < 300 and not seen.readable,
    "tags_in_between": lambda seen: seen.told["tags"] == ["agent_was_here"],
    "agent_in_between": lambda seen: seen.authors == ["agent", "bot"],
    "customer_in_between": lambda seen: seen.authors == ["customer", "bot"],
    "ticket_gone_in_between": lambda seen: seen.told["status"] == "closed",
    "duplicate_delivery": lambda seen: seen.announced == 2,
    "lost_delivery": lambda seen: seen.announced == 0,
    "late_delivery": lambda seen: seen.announced == 0,
    "disordered_delivery": lambda seen: seen.announced == 0,
}


def note_on(world: SandboxWorld, number: int) -> TestResponse:
    """Write a note as that vendor's clients do."""
    if isinstance(world, FreshdeskWorld):
        return world.call("POST", f"/tickets/{number}/notes", {"body": "x", "private": True})
    if isinstance(world, IntercomWorld):
        note = {"message_type": "note", "type": "admin", "admin_id": BOT, "body": "x"}
        return world.call("POST", f"/conversations/{number}/reply", note)
    assert isinstance(world, World)
    return world.put(number, {"comment": {"body": "x", "public": False}})


def write(world: SandboxWorld) -> Seen:
    number = world.open_ticket()
    world.deliver()
    told = world.control("GET", f"/deliveries?ticket={number}")["deliveries"]
    before = sum(world.clock.slept)
    answer = note_on(world, number)
    return Seen(
        status=answer.status_code,
        readable=answer.get_json(silent=True) is not None,
        told=world.told(number),
        announced=sum(each["state"] == "delivered" for each in told),
        waited=sum(world.clock.slept) - before,
    )


def narrowed(kind: FaultKind) -> dict[str, str]:
    # A sandbox for Zendesk hands out tokens by POST, which shall not be hit.
    return {"event": "created"} if kind.endswith("_delivery") else {"path": "*/[0-9]*"}


def shown(world: SandboxWorld, kind: FaultKind, times: int) -> list[bool]:
    return [SHOWS[kind](write(world)) for _ in range(times)]


def test_all_kinds_are_here() -> None:
    assert set(SHOWS) == set(KINDS)


@pytest.fixture(params=["zendesk", "freshdesk", "intercom"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SandboxWorld]:
    faces: dict[str, tuple[type[SandboxWorld], Facade]] = {
        "zendesk": (World, zendesk.facade({}, Random(7))),
        "freshdesk": (FreshdeskWorld, freshdesk.facade({}, Random(7))),
        "intercom": (IntercomWorld, intercom.facade({}, Random(7))),
    }
    world_type, face = faces[request.param]
    world = around(world_type, request.param, face, tmp_path)
    yield world
    world.sandbox.close()


@pytest.mark.parametrize("kind", KINDS)
def test_as_often_as_asked(any_world: SandboxWorld, kind: FaultKind) -> None:
    if (any_world.kind, kind) == ("freshdesk", "conflict"):  # it has no guarded write
        asked = {"kind": kind}
        told = any_world.control("POST", "/faults", asked, status=400)
        assert told["error"] == "This helpdesk has no such fault: conflict."
        return
    any_world.plan(kind, count=2, **narrowed(kind))
    assert shown(any_world, kind, 4) == [True, True, False, False]
    assert any_world.control("GET", "/faults")["faults"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_share_is_drawn_by_its_seed_and_stays(world: World, kind: FaultKind) -> None:
    world.plan(kind, share=0.5, seed=3, **narrowed(kind))
    drawn = [chance(3, kind, turn) < 0.5 for turn in range(6)]
    assert shown(world, kind, 6) == drawn
    (fault,) = world.control("GET", "/faults")["faults"]
    assert (fault["met"], fault["hits"], fault["count"]) == (6, sum(drawn), None)
    world.control("DELETE", "/faults")
    assert shown(world, kind, 2) == [False, False]


def test_the_same_seed_gives_the_same_sequence(make_world: Maker, tmp_path: Path) -> None:
    def statuses(name: str, seed: int) -> list[int]:
        world = make_world(tmp_path / name)
        world.plan("server_error", share=0.4, seed=seed, path="*/groups")
        headers = world.auth
        return [world.client.get("/api/v2/groups", headers=headers).status_code for _ in range(30)]

    first = statuses("a", 7)
    assert set(first) == {200, 500}
    assert statuses("b", 7) == first
    assert statuses("c", 8) != first


@given(st.integers(), st.sampled_from(KINDS))
def test_a_share_is_what_is_hit_in_the_long_run(seed: int, kind: FaultKind) -> None:
    draws = [chance(seed, kind, turn) for turn in range(1000)]
    assert all(0 <= draw < 1 for draw in draws)
    hits = sum(draw < 0.1 for draw in draws)
    assert 43 < hits < 157  # 100 are expected; this is six standard deviations


def test_everything_may_go_wrong_at_once(world: World) -> None:
    asked = {"kind": "everything", "share": 0.1, "seed": 7, "seconds": 2, "ticket": 4}
    planned = world.control("POST", "/faults", asked, status=201)["faults"]
    assert [fault["kind"] for fault in planned] == list(KINDS)
    fields = ("share", "seed", "seconds", "ticket", "count")
    told = {tuple(fault[field] for field in fields) for fault in planned}
    assert told == {(0.1, 7, 2.0, 4, None)}
    assert world.control("GET", "/faults")["faults"] == planned


def test_nothing_breaks_while_everything_goes_wrong(world: World) -> None:
    world.control("POST", "/faults", {"kind": "everything", "share": 0.3, "seed": 1}, status=201)
    for _ in range(40):
        number = world.open_ticket()
        basic = ("understudy@sandbox.example/token", "sandbox-api-token")
        for turn in range(3):
            body = {"ticket": {"tags": [f"turn{turn}"]}}
            answer = world.client.put(f"/api/v2/tickets/{number}", json=body, auth=basic)
            assert answer.status_code in {200, 404, 409, 422, 429, 500, 502}
        world.deliver()
    hit = {fault["kind"]: fault["hits"] for fault in world.control("GET", "/faults")["faults"]}
    assert set(hit) == set(KINDS)
    assert min(hit.values()) > 0


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"kind": "truncated", "share": 0.5, "count": 3}, "Give count or share, not both."),
        ({"kind": "truncated", "share": 1.5}, None),
        ({"kind": "everyone", "share": 0.5}, None),
        ({"kind": "ticket_gone_in_between", "to": "solved"}, None),
        ([{"kind": "truncated"}, 7], "The body must be a JSON object, sent as application/json."),
    ],
)
def test_what_cannot_be_planned(world: World, asked: Any, sentence: str | None) -> None:
    told = world.control("POST", "/faults", asked, status=400)
    assert sentence in (None, told["error"])
    assert world.control("GET", "/faults")["faults"] == []


def test_a_list_is_planned_in_its_order(world: World) -> None:
    asked = [{"kind": "truncated", "share": 0.5}, {"kind": "lost_delivery", "count": 3}]
    told = world.control("POST", "/faults", asked, status=201)["faults"]
    assert [(each["id"], each["kind"]) for each in told] == [(1, "truncated"), (2, "lost_delivery")]
    assert json.dumps(world.control("GET", "/faults")["faults"]) == json.dumps(told)
