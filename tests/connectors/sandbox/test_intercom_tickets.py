"""What came in by a form is a ticket: its states, its attributes, its parts and its writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.sandbox.intercom import BOT, IntercomMaker, IntercomWorld, makers

NOTE = {"message_type": "note", "type": "admin", "admin_id": BOT, "body": "<p>Draft</p>"}


@pytest.fixture
def make(tmp_path: Path) -> Iterator[IntercomMaker]:
    yield from makers(tmp_path)


@pytest.fixture
def world(make: IntercomMaker) -> IntercomWorld:
    world = make()
    world.open_ticket(channel="form")
    return world


def parts(world: IntercomWorld) -> list[dict[str, Any]]:
    return list(world.get("/tickets/1")["ticket_parts"]["ticket_parts"])


def state_id(world: IntercomWorld, category: str) -> str:
    states = world.get("/ticket_states")["data"]
    return str(next(each["id"] for each in states if each["category"] == category))


def test_the_id_is_not_the_number_in_the_inbox(world: IntercomWorld) -> None:
    found = world.get("/tickets/1")
    assert (found["id"], found["ticket_id"]) == ("1", "66040001")
    assert found["ticket_attributes"] == {
        "_default_title_": "How do I export?",
        "_default_description_": "<p>Hello,</p><p>how do I export?</p>",
        "Urgency": None,
    }
    assert found["ticket_state"]["category"] == "submitted"
    assert world.flaw("GET", "/tickets/66040001") == (404, "not_found", None)


def test_a_ticket_is_no_conversation_and_the_other_way_round(world: IntercomWorld) -> None:
    world.open_ticket()
    assert world.flaw("GET", "/conversations/1") == (404, "not_found", None)
    assert world.flaw("GET", "/tickets/2") == (404, "not_found", None)
    assert world.flaw("POST", "/tickets/2/tags", {})[1] == "ticket_not_found"


@pytest.mark.parametrize(("version", "nobody"), [("2.15", "0"), ("2.16", 0)])
def test_assignees_are_strings_in_the_older_version(
    make: IntercomMaker, version: str, nobody: Any
) -> None:
    world = make(version)
    world.open_ticket(channel="form")
    found = world.get("/tickets/1")
    assert (found["admin_assignee_id"], found["team_assignee_id"]) == (nobody, nobody)
    found = world.put("/tickets/1", {"assignee_id": BOT})
    assert found["admin_assignee_id"] == type(nobody)(BOT)


@pytest.mark.parametrize(("kind", "public"), [("note", False), ("comment", True)])
def test_a_reply_answers_with_the_part_alone(world: IntercomWorld, kind: str, public: bool) -> None:
    part = world.post("/tickets/1/reply", {**NOTE, "message_type": kind})
    assert (part["type"], part["part_type"], part["body"]) == ("ticket_part", kind, "<p>Draft</p>")
    assert (part["author"]["id"], part["app_package_code"]) == (BOT, "understudy")
    assert part == parts(world)[-1]
    assert world.told(1)["messages"][-1]["public"] is public


@pytest.mark.parametrize(
    ("status", "category", "is_open"),
    [
        ("open", "in_progress", True),
        ("pending", "waiting_on_customer", True),
        ("hold", "in_progress", True),
        ("solved", "resolved", False),
        ("closed", "resolved", False),
    ],
)
def test_a_status_is_a_state(
    world: IntercomWorld, status: str, category: str, is_open: bool
) -> None:
    world.control("POST", "/tickets/1/status", {"status": status})
    found = world.get("/tickets/1")
    assert (found["ticket_state"]["category"], found["open"]) == (category, is_open)
    part = parts(world)[0]
    assert part["part_type"] == "ticket_state_updated_by_admin"
    assert (part["previous_ticket_state"], part["ticket_state"]) == ("submitted", category)
    assert "body" not in part
    assert ("snoozed_until" in found) == (status == "hold")


def test_an_agents_words_stay_a_comment_when_the_ticket_is_resolved(world: IntercomWorld) -> None:
    world.say(1, "agent", "Done.", status="solved")
    kinds = [part["part_type"] for part in parts(world)]
    assert kinds == ["comment", "ticket_state_updated_by_admin", "assignment"]
    world.say(1, "customer", "No.")
    assert [part["author"]["type"] for part in parts(world)[3:]] == ["user", "user"]


def test_everything_can_be_set_in_one_update(world: IntercomWorld) -> None:
    team = world.get("/teams")["teams"][2]["id"]
    attributes = {"_default_title_": "Export fails", "Urgency": "much"}
    wanted = {
        "ticket_state_id": state_id(world, "waiting_on_customer"),
        "assignee_id": team,
        "ticket_attributes": attributes,
        "admin_id": int(BOT),
    }
    found = world.put("/tickets/1", wanted)
    assert found["ticket_state"]["category"] == "waiting_on_customer"
    assert (found["team_assignee_id"], found["admin_assignee_id"]) == (team, "0")
    assert found["ticket_attributes"].items() >= attributes.items()
    told = world.told(1)
    assert (told["subject"], told["status"], told["group"]) == (
        "Export fails",
        "pending",
        "Technical",
    )
    assert world.put("/tickets/1", {"assignee_id": "0"})["team_assignee_id"] == "0"


def test_a_ticket_is_closed_opened_and_snoozed(world: IntercomWorld) -> None:
    assert world.put("/tickets/1", {"open": False})["ticket_state"]["category"] == "resolved"
    assert world.put("/tickets/1", {"open": True})["open"] is True
    assert world.put("/tickets/1", {"snoozed_until": 1_800_000_000})["snoozed_until"] == (
        1_800_000_000
    )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"ticket_state_id": "5"}, 400, "ticket_state_id_invalid"),
        ({"assignee_id": "5"}, 404, "assignee_not_found"),
        ({"admin_id": 5}, 404, "assignee_not_found"),
        ({"admin_id": BOT}, 400, "parameter_invalid"),
        ({"open": "no"}, 400, "parameter_invalid"),
        ({"ticket_attributes": {"Mood": "x"}}, 400, "parameter_invalid"),
        ({"ticket_attributes": {"_default_description_": "x"}}, 400, "parameter_invalid"),
    ],
)
def test_updates_that_are_refused(
    world: IntercomWorld, body: dict[str, Any], status: int, code: str
) -> None:
    assert world.flaw("PUT", "/tickets/1", body)[:2] == (status, code)
    assert parts(world) == []


def test_a_tickets_tags_are_put_and_taken_but_not_told(world: IntercomWorld) -> None:
    tag = world.tag_id("understudy_draft")
    added = world.post("/tickets/1/tags", {"id": tag, "admin_id": BOT})
    assert added["applied_by"]["id"] == BOT
    assert world.told(1)["tags"] == ["understudy_draft"]
    assert "tags" not in world.get("/tickets/1")  # nor are they in the description
    removed = world.call("DELETE", f"/tickets/1/tags/{tag}", {"admin_id": BOT})
    assert removed.status_code == 200
    assert world.told(1)["tags"] == []


def test_the_one_ticket_type(world: IntercomWorld) -> None:
    (kind,) = world.get("/ticket_types")["data"]
    names = [each["name"] for each in kind["ticket_type_attributes"]["data"]]
    assert names == ["_default_title_", "_default_description_", "Urgency"]
    assert world.get("/tickets/1")["ticket_type"] == kind


def test_what_the_desk_closed_for_good_takes_no_write(world: IntercomWorld) -> None:
    world.control("POST", "/tickets/1/status", {"status": "closed"})
    assert world.flaw("POST", "/tickets/1/reply", NOTE) == (422, "data_invalid", None)
