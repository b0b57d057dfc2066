"""Each fault does what it says, as often as it says, to the calls that it names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.sandbox.conftest import World

NOTE = {"html_body": "<p>Draft</p>", "public": False}


def plan(world: World, kind: str, **extra: Any) -> None:
    world.control("POST", "/faults", {"kind": kind, **extra}, status=201)


def texts(world: World) -> list[str]:
    return [each["text"] for each in world.control("GET", "/tickets/1")["messages"]]


def guarded(world: World) -> dict[str, Any]:
    stamp = world.get("/tickets/1")["ticket"]["updated_at"]
    return {"comment": NOTE, "safe_update": True, "updated_stamp": stamp}


def test_rate_limited_as_often_as_asked(world: World) -> None:
    headers = world.auth
    plan(world, "rate_limited", count=2, retry_after=3)
    plan(world, "rate_limited", plain=True, retry_after=None)
    answers = [world.client.get("/api/v2/groups", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 200]
    assert answers[0].headers["Retry-After"] == "3"
    assert answers[0].headers["x-rate-limit-remaining"] == "0"
    assert answers[0].get_json()["error"] == "APIRateLimitExceeded"
    assert "Retry-After" not in answers[2].headers
    assert answers[2].mimetype == "text/plain"


def test_a_fault_hits_only_what_it_names(world: World) -> None:
    one, two = world.open_ticket(), world.open_ticket()
    headers = world.auth
    plan(world, "server_error", status=503, method="PUT", ticket=two, path="*/tickets/*")
    assert world.client.get(f"/api/v2/tickets/{two}", headers=headers).status_code == 200
    assert world.put(one, {"status": "open"}).status_code == 200
    assert world.put(two, {"status": "open"}).status_code == 503
    assert world.put(two, {"status": "open"}).status_code == 200
    assert world.control("GET", "/faults")["faults"] == []


def test_faults_can_be_called_off(world: World) -> None:
    plan(world, "server_error", count=100)
    world.control("DELETE", "/faults")
    assert world.client.get("/api/v2/groups", headers=world.auth).status_code == 200


@pytest.mark.parametrize(("answer", "status"), [("drop", 502), ("error", 500), ("hold", 502)])
def test_a_lost_answer_leaves_its_effect(world: World, answer: str, status: int) -> None:
    world.open_ticket()
    body, headers = {"ticket": guarded(world)}, world.auth
    plan(world, "lost_answer", answer=answer, seconds=9)
    lost = world.client.put("/api/v2/tickets/1", json=body, headers=headers)
    assert lost.status_code == status
    assert "ticket" not in (lost.get_json(silent=True) or {})
    assert len(texts(world)) == 2
    assert world.clock.slept == ([9] if answer == "hold" else [])


def test_a_late_write_takes_effect_when_the_time_has_passed(world: World) -> None:
    world.open_ticket()
    body, headers = {"ticket": guarded(world)}, world.auth
    plan(world, "late_effect", seconds=20, drop_after=5)
    answer = world.client.put("/api/v2/tickets/1", json=body, headers=headers)
    assert world.clock.slept == [5, 15]
    assert answer.get_json()["ticket"]["updated_at"] == "2026-11-21T08:00:20Z"


def test_a_late_write_is_guarded_by_the_ticket_as_it_is_then(world: World) -> None:
    world.open_ticket()
    body, headers = {"ticket": guarded(world)}, world.auth
    plan(world, "late_effect", seconds=20)

    def agent_acts() -> None:
        say = {"as": "agent", "text": "Meanwhile."}
        world.control("POST", "/tickets/1/messages", say, status=201)

    world.clock.meanwhile = agent_acts
    answer = world.client.put("/api/v2/tickets/1", json=body, headers=headers)
    assert answer.status_code == 409
    assert texts(world)[1:] == ["Meanwhile."]


def test_an_agent_in_between_stales_a_guarded_write(world: World) -> None:
    world.open_ticket()
    wanted = guarded(world)
    plan(world, "agent_in_between", text="Mine!", ticket=1)
    assert world.put(1, wanted).status_code == 409
    assert texts(world)[1:] == ["Mine!"]
    assert world.put(1, guarded(world)).status_code == 200


def test_an_agent_in_the_same_second_is_not_noticed(world: World) -> None:
    world.open_ticket()
    wanted = guarded(world)
    world.clock.sleep(4)
    plan(world, "agent_in_between", same_second=True, text="Mine!")
    assert world.put(1, wanted).status_code == 200
    assert texts(world)[1:] == ["Mine!", "Draft"]


def test_duplicate_and_lost_deliveries(world: World) -> None:
    plan(world, "duplicate_delivery", event="created")
    first = world.open_ticket()
    one, two = world.deliver()
    assert one.body == two.body
    plan(world, "lost_delivery", ticket=first)
    say = {"as": "customer", "text": "Hello?"}
    world.control("POST", f"/tickets/{first}/messages", say, status=201)
    assert world.deliver() == []
    states = [each["state"] for each in world.control("GET", "/deliveries")["deliveries"]]
    assert states == ["delivered", "delivered", "never_sent"]


def test_calls_are_logged_with_their_fault(world: World) -> None:
    plan(world, "server_error", path="*/groups")
    world.client.get("/api/v2/groups?page=1", headers=world.auth)
    world.client.get("/sandbox/health")
    calls = world.control("GET", "/calls")["calls"]
    told = [(call["method"], call["path"], call["status"], call["fault"]) for call in calls]
    assert told == [
        ("POST", "/oauth/tokens", 201, None),
        ("GET", "/api/v2/groups?page=1", 500, "server_error"),
    ]
