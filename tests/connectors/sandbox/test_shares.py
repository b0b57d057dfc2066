"""Every fault comes as often as it is asked for: a number of times, or with a probability."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.faults import KINDS, FaultKind, chance
from tests.connectors.sandbox.conftest import Maker, World


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
    "late_effect": lambda seen: seen.status == 200 and seen.waited >= 15,
    "lost_answer": lambda seen: seen.status == 502 and seen.authors == ["bot"],
    "truncated": lambda seen: seen.status == 200 and not seen.readable,
    "tags_in_between": lambda seen: seen.told["tags"] == ["agent_was_here"],
    "agent_in_between": lambda seen: seen.authors == ["agent", "bot"],
    "customer_in_between": lambda seen: seen.authors == ["customer", "bot"],
    "ticket_gone_in_between": lambda seen: seen.status == 422,
    "duplicate_delivery": lambda seen: seen.announced == 2,
    "lost_delivery": lambda seen: seen.announced == 0,
    "late_delivery": lambda seen: seen.announced == 0,
    "disordered_delivery": lambda seen: seen.announced == 0,
}


def write(world: World) -> Seen:
    number = world.open_ticket()
    announced = sum(f'"subject": "zen:ticket:{number}"' in str(each) for each in world.deliver())
    before = sum(world.clock.slept)
    answer = world.put(number, {"comment": {"body": "x", "public": False}})
    return Seen(
        status=answer.status_code,
        readable=answer.get_json(silent=True) is not None,
        told=world.told(number),
        announced=announced,
        waited=sum(world.clock.slept) - before,
    )


def narrowed(kind: FaultKind) -> dict[str, str]:
    return {"event": "created"} if kind.endswith("_delivery") else {"method": "PUT"}


def shown(world: World, kind: FaultKind, times: int) -> list[bool]:
    return [SHOWS[kind](write(world)) for _ in range(times)]


def test_all_kinds_are_here() -> None:
    assert set(SHOWS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_as_often_as_asked(world: World, kind: FaultKind) -> None:
    world.plan(kind, count=2, **narrowed(kind))
    assert shown(world, kind, 4) == [True, True, False, False]
    assert world.control("GET", "/faults")["faults"] == []


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
