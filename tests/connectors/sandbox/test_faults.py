"""Each fault does what it says, to the calls that it names."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from connectors.sandbox.facade import Announcement
from connectors.sandbox.faults import KINDS
from connectors.zendesk.sandbox.access import read_credentials
from connectors.zendesk.sandbox.facade import ZendeskFacade
from tests.connectors.sandbox.conftest import Maker, World

NOTE = {"html_body": "<p>Draft</p>", "public": False}


def texts(world: World, number: int = 1) -> list[str]:
    return [each["text"] for each in world.told(number)["messages"]]


def guarded(world: World, number: int = 1) -> dict[str, Any]:
    stamp = world.get(f"/tickets/{number}")["ticket"]["updated_at"]
    return {"comment": NOTE, "safe_update": True, "updated_stamp": stamp}


def test_rate_limited_as_often_as_asked(world: World) -> None:
    headers = world.auth
    world.plan("rate_limited", count=2, retry_after=3)
    world.plan("rate_limited", plain=True, retry_after=None)
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
    world.plan("server_error", status=503, method="PUT", ticket=two, path="*/tickets/*")
    assert world.client.get(f"/api/v2/tickets/{two}", headers=headers).status_code == 200
    assert world.put(one, {"status": "open"}).status_code == 200
    assert world.put(two, {"status": "open"}).status_code == 503
    assert world.put(two, {"status": "open"}).status_code == 200
    assert world.control("GET", "/faults")["faults"] == []


def test_faults_can_be_called_off(world: World) -> None:
    world.plan("server_error", count=100)
    world.control("DELETE", "/faults")
    assert world.client.get("/api/v2/groups", headers=world.auth).status_code == 200


@pytest.mark.parametrize(("answer", "status"), [("drop", 502), ("error", 500), ("hold", 502)])
def test_a_lost_answer_leaves_its_effect(world: World, answer: str, status: int) -> None:
    world.open_ticket()
    body, headers = {"ticket": guarded(world)}, world.auth
    world.plan("lost_answer", answer=answer, seconds=9)
    lost = world.client.put("/api/v2/tickets/1", json=body, headers=headers)
    assert lost.status_code == status
    assert "ticket" not in (lost.get_json(silent=True) or {})
    assert len(texts(world)) == 2
    assert world.clock.slept == ([9] if answer == "hold" else [])


def test_a_late_write_takes_effect_when_the_time_has_passed(world: World) -> None:
    world.open_ticket()
    body, headers = {"ticket": guarded(world)}, world.auth
    world.plan("late_effect", seconds=20, drop_after=5)
    answer = world.client.put("/api/v2/tickets/1", json=body, headers=headers)
    assert world.clock.slept == [5, 15]
    assert answer.get_json()["ticket"]["updated_at"] == "2026-11-21T08:00:20Z"


def test_a_late_write_is_guarded_by_the_ticket_as_it_is_then(world: World) -> None:
    world.open_ticket()
    body, headers = {"ticket": guarded(world)}, world.auth
    world.plan("late_effect", seconds=20)

    def agent_acts() -> None:
        say = {"as": "agent", "text": "Meanwhile."}
        world.control("POST", "/tickets/1/messages", say, status=201)

    world.clock.meanwhile = agent_acts
    answer = world.client.put("/api/v2/tickets/1", json=body, headers=headers)
    assert answer.status_code == 409
    assert texts(world)[1:] == ["Meanwhile."]


def test_a_call_may_get_no_answer_and_have_no_effect(world: World) -> None:
    world.open_ticket()
    body, headers = {"ticket": guarded(world)}, world.auth
    world.plan("unanswered", seconds=40, count=2)
    for method in ("PUT", "GET"):
        answer = world.client.open("/api/v2/tickets/1", method=method, json=body, headers=headers)
        assert (answer.status_code, answer.is_json) == (502, False)
    assert world.clock.slept == [40, 40]
    assert len(texts(world)) == 1


def test_a_conflict_comes_in_the_vendors_words_and_only_to_writes(world: World) -> None:
    world.open_ticket()
    world.plan("conflict")
    answer = world.put(1, guarded(world))
    assert (answer.status_code, answer.get_json()["error"]) == (409, "UpdateConflict")
    assert len(texts(world)) == 1
    assert world.put(1, guarded(world)).status_code == 200


def test_a_truncated_answer_has_status_200_and_cannot_be_read(world: World) -> None:
    world.open_ticket()
    wanted = guarded(world)
    world.plan("truncated", method="PUT")
    answer = world.put(1, wanted)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.text.startswith('{"')
    assert answer.get_json(silent=True) is None
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert len(texts(world)) == 2


def test_what_is_refused_is_not_truncated_instead(world: World) -> None:
    world.plan("truncated", path="*/tickets/*")
    answer = world.client.get("/api/v2/tickets/9", headers=world.auth)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "RecordNotFound")
    assert len(world.control("GET", "/faults")["faults"]) == 1


def test_an_agent_in_between_stales_a_guarded_write(world: World) -> None:
    world.open_ticket()
    wanted = guarded(world)
    world.plan("agent_in_between", text="Mine!", ticket=1)
    assert world.put(1, wanted).status_code == 409
    assert texts(world)[1:] == ["Mine!"]
    assert world.put(1, guarded(world)).status_code == 200


def test_a_customer_in_between_reopens_what_we_wanted_to_solve(world: World) -> None:
    world.open_ticket()
    world.control("POST", "/tickets/1/status", {"status": "pending"})
    wanted = guarded(world)
    world.plan("customer_in_between")
    assert world.put(1, {**wanted, "status": "solved"}).status_code == 409
    told = world.told(1)
    assert told["status"] == "open"
    assert told["messages"][-1]["author"]["name"] == "Maya"
    assert told["messages"][-1]["text"] == "One more thing: I need this today."


def test_tags_in_between_are_overwritten_by_a_write_without_guard(world: World) -> None:
    world.open_ticket(tags=["theirs", "old"])
    wanted = guarded(world)
    world.plan("tags_in_between", add=["vip"], remove=["old"], count=2)
    assert world.put(1, {**wanted, "tags": ["theirs", "old", "ours"]}).status_code == 409
    assert world.told(1)["tags"] == ["theirs", "vip"]
    world.control("POST", "/tickets/1/tags", {"remove": ["vip"]})
    assert world.put(1, {"tags": ["theirs", "ours"]}).status_code == 200
    assert world.told(1)["tags"] == ["theirs", "ours"]


@pytest.mark.parametrize(
    ("to", "status", "line"),
    [
        ("closed", 422, {"status": "closed", "merged_into": None, "spam": False}),
        ("deleted", 404, {"status": "deleted", "merged_into": None, "spam": False}),
        ("spam", 404, {"status": "new", "merged_into": None, "spam": True}),
        ("merged", 422, {"status": "closed", "merged_into": 2, "spam": False}),
    ],
)
def test_a_ticket_that_ends_just_before_our_write(
    world: World, to: str, status: int, line: dict[str, Any]
) -> None:
    world.open_ticket()
    wanted = guarded(world)
    world.plan("ticket_gone_in_between", to=to, count=2)
    assert world.put(1, wanted).status_code == status
    told = world.told(1)
    assert {name: told[name] for name in line} == line
    assert "Draft" not in texts(world)
    assert world.put(1, {"status": "open"}).status_code == status  # it cannot end once more
    assert world.control("GET", "/faults")["faults"][0]["hits"] == 1


def test_a_ticket_is_merged_into_the_one_named_or_another_of_its_requester(world: World) -> None:
    for email in ("maya@example.com", "maya@example.com", "sam@example.com"):
        world.open_ticket(requester={"email": email})
    world.clock.sleep(60)
    world.say(2, "customer", "Hello?")
    world.plan("ticket_gone_in_between", to="merged", ticket=1, same_second=True)
    world.plan("ticket_gone_in_between", to="merged", ticket=2, into=3)
    assert [world.put(number, {"status": "open"}).status_code for number in (1, 2)] == [422, 422]
    assert [world.told(number)["merged_into"] for number in (1, 2)] == [2, 3]
    stamps = [world.told(number)["updated_at"] for number in (1, 2)]
    assert stamps[0] == "2026-11-21T08:00:00Z"
    assert stamps[1] > "2026-11-21T08:01:00Z"  # never back


def test_an_agent_in_the_same_second_is_not_noticed(world: World) -> None:
    world.open_ticket()
    wanted = guarded(world)
    world.clock.sleep(4)
    world.plan("agent_in_between", same_second=True, text="Mine!")
    assert world.put(1, wanted).status_code == 200
    assert texts(world)[1:] == ["Mine!", "Draft"]


def test_duplicate_and_lost_deliveries(world: World) -> None:
    world.plan("duplicate_delivery", event="created")
    first = world.open_ticket()
    one, two = world.deliver()
    assert one.body == two.body
    world.plan("lost_delivery", ticket=first)
    world.say(first, "customer", "Hello?")
    assert world.deliver() == []
    told = world.control("GET", "/deliveries")["deliveries"]
    assert [(each["state"], each["fault"]) for each in told] == [
        ("delivered", None),
        ("delivered", "duplicate_delivery"),
        ("never_sent", "lost_delivery"),
    ]


def test_a_late_delivery_comes_when_its_time_has_passed(world: World) -> None:
    world.plan("late_delivery", seconds=90)
    world.open_ticket()
    world.clock.sleep(89)
    assert world.deliver() == []
    world.clock.sleep(1)
    (sent,) = world.deliver()
    stamp = sent.headers["X-Zendesk-Webhook-Signature-Timestamp"]
    assert stamp == "2026-11-21T08:01:30Z"  # signed when it is sent


def kinds(world: World) -> list[str]:
    told = [json.loads(sent.body) for sent in world.deliver()]
    return [str(each["type"]).rpartition(".")[2] for each in told]


def test_a_disordered_delivery_is_overtaken_by_the_next_of_its_ticket(world: World) -> None:
    world.plan("disordered_delivery", seconds=600)
    world.plan("duplicate_delivery", event="comment")
    number = world.open_ticket()
    world.open_ticket()
    assert kinds(world) == ["created"]  # the other ticket's overtakes nothing
    assert world.deliver() == []
    world.say(number, "customer", "Hello?")
    assert kinds(world) == ["comment_added", "comment_added"]
    assert kinds(world) == ["created"]
    assert world.deliver() == []


def test_a_copy_of_itself_does_not_free_a_disordered_delivery(world: World) -> None:
    world.plan("disordered_delivery")
    world.plan("duplicate_delivery")
    world.open_ticket()
    assert kinds(world) == ["created"]
    assert world.deliver() == []


def test_a_disordered_delivery_that_nothing_overtakes_comes_in_the_end(
    make_world: Maker, world: World
) -> None:
    world.plan("disordered_delivery", seconds=30)
    world.open_ticket()
    assert world.deliver() == []
    world.sandbox.close()
    again = make_world(clock=world.clock)  # nor is it forgotten
    world.clock.sleep(30)
    assert kinds(again) == ["created"]


class Friendly(ZendeskFacade):
    """A vendor that pings a webhook's address and knows no conflicts."""

    def greeting(self) -> Announcement:
        return Announcement("ping-1", "ping-1", "ping", 0, "{}")

    def conflict(self) -> None:  # type: ignore[override]
        return None


@pytest.fixture
def friendly(make_world: Maker) -> World:
    return make_world(face=Friendly(read_credentials({}), Random(7)))


def test_what_a_vendor_does_not_have_cannot_go_wrong(friendly: World) -> None:
    asked = {"kind": "conflict"}
    told = friendly.control("POST", "/faults", [{"kind": "truncated"}, asked], status=400)
    assert told == {"error": "This helpdesk has no such fault: conflict."}
    assert friendly.control("GET", "/faults")["faults"] == []
    told = friendly.control("POST", "/faults", {"kind": "everything", "share": 1}, status=201)
    assert {each["kind"] for each in told["faults"]} == set(KINDS) - {"conflict"}


def test_a_vendors_greeting_is_a_delivery_about_no_ticket(friendly: World) -> None:
    friendly.sandbox.couriers.greet()
    (sent,) = friendly.deliver()
    assert sent.body == b"{}"
    friendly.open_ticket()
    (told,) = friendly.control("GET", "/deliveries?ticket=0")["deliveries"]
    assert (told["kind"], told["ticket"], told["state"]) == ("ping", 0, "delivered")
    assert len(friendly.control("GET", "/deliveries")["deliveries"]) == 2


def test_calls_are_logged_with_their_fault(world: World) -> None:
    world.plan("server_error", path="*/groups")
    world.client.get("/api/v2/groups?page=1", headers=world.auth)
    world.client.get("/sandbox/health")
    calls = world.control("GET", "/calls")["calls"]
    told = [(call["method"], call["path"], call["status"], call["fault"]) for call in calls]
    assert told == [
        ("POST", "/oauth/tokens", 201, None),
        ("GET", "/api/v2/groups?page=1", 500, "server_error"),
    ]


def test_all_faults_of_a_call_are_logged(world: World) -> None:
    world.open_ticket()
    wanted = guarded(world)
    world.plan("agent_in_between", same_second=True)
    world.plan("lost_answer")
    world.put(1, wanted)
    call = world.control("GET", "/calls")["calls"][-1]
    assert call["fault"] == "agent_in_between, lost_answer"
