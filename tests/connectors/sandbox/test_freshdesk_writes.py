"""Freshdesk's writing API: fields, notes, replies, and everything that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.sandbox.freshdesk import (
    KEY,
    FreshdeskMaker,
    FreshdeskWorld,
    basic,
    makers,
    still_account,
)

TICKET, NOTES, REPLY = "/tickets/1", "/tickets/1/notes", "/tickets/1/reply"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[FreshdeskMaker]:
    yield from makers(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshdeskWorld]:
    yield from still_account(tmp_path_factory.mktemp("freshdesk"))


@pytest.fixture
def world(make: FreshdeskMaker) -> FreshdeskWorld:
    world = make()
    world.open_ticket(tags=["a"])
    return world


def me(world: FreshdeskWorld) -> int:
    return int(world.get("/agents/me")["id"])


# Fields


def test_an_update_changes_what_is_sent_and_nothing_else(world: FreshdeskWorld) -> None:
    before = world.get(TICKET)
    world.clock.sleep(1)
    group = world.get("/groups")[1]["id"]
    wanted: dict[str, Any] = {
        "tags": ["b", "c"],
        "priority": 4,
        "status": 3,
        "group_id": group,
        "responder_id": me(world),
        "type": "Incident",
        "custom_fields": {"cf_category": "Primary"},
    }
    after = world.write("PUT", TICKET, wanted)
    changed = {name: value for name, value in after.items() if before[name] != value}
    fields = changed.pop("custom_fields")
    assert fields == {"cf_page_url": None, "cf_category": "Primary"}
    assert changed.pop("updated_at") > before["updated_at"]
    assert changed == {name: wanted[name] for name in wanted if name != "custom_fields"}
    assert world.told(1)["tags"] == ["b", "c"]  # replaced, not added to
    assert world.get(TICKET) == after


@pytest.mark.parametrize("wanted", [{"priority": 1}, {"status": 2}, {"tags": ["a"]}, {}])
def test_what_shows_already_is_no_change(world: FreshdeskWorld, wanted: dict[str, Any]) -> None:
    before = world.get(TICKET)
    world.clock.sleep(1)
    assert world.write("PUT", TICKET, wanted) == before
    assert world.told(1)["priority"] is None
    assert len(world.told(1)["audits"]) == 1


def test_group_and_agent_can_be_taken_away(world: FreshdeskWorld) -> None:
    group = world.get("/groups")[0]["id"]
    world.write("PUT", TICKET, {"group_id": group, "responder_id": me(world)})
    after = world.write("PUT", TICKET, {"group_id": None, "responder_id": None})
    assert (after["group_id"], after["responder_id"]) == (None, None)


@pytest.mark.parametrize(
    ("wanted", "flaws"),
    [
        ({"stauts": 2}, {"stauts": "invalid_field"}),
        ({"safe_update": True, "status": "x"}, {"safe_update": "invalid_field"}),
        ({"status": "2"}, {"status": "datatype_mismatch"}),
        ({"status": True}, {"status": "datatype_mismatch"}),
        ({"status": 6}, {"status": "invalid_value"}),
        ({"priority": 0}, {"priority": "invalid_value"}),
        ({"priority": 5, "status": 9}, {"priority": "invalid_value", "status": "invalid_value"}),
        ({"priority": None}, {"priority": "datatype_mismatch"}),
        ({"tags": "a,b"}, {"tags": "datatype_mismatch"}),
        ({"tags": [1]}, {"tags": "datatype_mismatch"}),
        ({"tags": ["x" * 33]}, {"tags": "invalid_value"}),
        ({"group_id": 5}, {"group_id": "invalid_value"}),
        ({"group_id": "Billing"}, {"group_id": "datatype_mismatch"}),
        ({"responder_id": 5}, {"responder_id": "invalid_value"}),
        ({"type": "Task"}, {"type": "invalid_value"}),
        ({"subject": " "}, {"subject": "invalid_value"}),
        ({"custom_fields": {"plan": "x"}}, {"custom_fields.plan": "invalid_field"}),
        ({"custom_fields": {"cf_category": "x"}}, {"cf_category": "invalid_value"}),
        ({"custom_fields": []}, {"custom_fields": "datatype_mismatch"}),
        ({"source": 2}, {"source": "invalid_value"}),
    ],
)
def test_an_update_that_makes_no_sense_is_refused_whole(
    still: FreshdeskWorld, wanted: dict[str, Any], flaws: dict[str, str]
) -> None:
    before = still.get(TICKET)
    assert still.flaws("PUT", TICKET, {"tags": ["z"], **wanted}) == flaws
    assert still.get(TICKET) == before


def test_an_admin_can_demand_a_field_before_a_ticket_is_closed(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_CLOSING_NEEDS_CATEGORY="1")
    world.open_ticket()
    assert world.flaws("PUT", TICKET, {"status": 4}) == {"cf_category": "missing_field"}
    world.write("PUT", TICKET, {"status": 3})
    fields = {"cf_category": "Primary"}
    assert world.write("PUT", TICKET, {"status": 4, "custom_fields": fields})["status"] == 4
    (field,) = world.get("/ticket_fields", type="custom_dropdown")
    assert field["required_for_closure"] is True


# Notes and replies


def test_a_note_is_private_unless_told_otherwise(world: FreshdeskWorld) -> None:
    answer = world.call("POST", NOTES, {"body": '<div class="x" onclick="y">Hi<br>you</div>'})
    told = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/api/v2/conversations/{told['id']}")
    assert (told["private"], told["incoming"], told["notified_to"]) == (True, False, [])
    assert told["body"] == '<div><div class="x">Hi<br>you</div></div>'
    assert told["body_text"] == "Hi you"
    assert told["user_id"] == me(world)
    assert not {"source", "category", "from_email"} & set(told)
    world.write("POST", NOTES, {"body": "to all", "private": False})
    private, public = world.get("/tickets/1/conversations")
    assert (private["private"], private["source"]) == (True, 2)
    assert (public["private"], public["source"]) == (False, 2)
    assert [each["public"] for each in world.told(1)["messages"]] == [True, False, True]


def test_whoever_makes_a_note_says_whom_to_tell_and_where_it_came_from(
    world: FreshdeskWorld,
) -> None:
    wanted = {"body": "x", "incoming": True, "notify_emails": ["tom@sandbox.example"]}
    told = world.write("POST", NOTES, wanted)
    assert (told["incoming"], told["notified_to"]) == (True, ["tom@sandbox.example"])
    (shown,) = world.get("/tickets/1/conversations")
    assert (shown["incoming"], shown["to_emails"]) == (True, ["tom@sandbox.example"])
    assert shown["user_id"] == me(world)


def test_a_reply_is_public_and_answers_in_another_shape(world: FreshdeskWorld) -> None:
    told = world.write("POST", REPLY, {"body": "<p>Hello</p>", "cc_emails": ["a@example.com"]})
    assert told["replied_to"] == ["maya@example.com"]
    assert told["cc_emails"] == ["a@example.com"]
    assert not {"incoming", "private", "source"} & set(told)
    (shown,) = world.get("/tickets/1/conversations")
    assert (shown["id"], shown["source"], shown["private"]) == (told["id"], 0, False)
    assert shown["to_emails"] == ["maya@example.com"]
    assert world.get(TICKET)["status"] == 2


def test_one_may_write_in_anothers_name(world: FreshdeskWorld) -> None:
    tom = world.get("/agents", email="tom@sandbox.example")[0]["id"]
    assert world.write("POST", REPLY, {"body": "x", "user_id": tom})["user_id"] == tom


@pytest.mark.parametrize(
    ("path", "wanted", "flaws"),
    [
        (NOTES, {}, {"body": "missing_field"}),
        (NOTES, {"body": "  "}, {"body": "invalid_value"}),
        (NOTES, {"body": 5}, {"body": "datatype_mismatch"}),
        (NOTES, {"body": "x", "private": "true"}, {"private": "datatype_mismatch"}),
        (NOTES, {"body": "x", "public": False}, {"public": "invalid_field"}),
        (NOTES, {"body": "x", "notify_emails": ["tom"]}, {"notify_emails": "invalid_value"}),
        (NOTES, {"body": "x", "user_id": 5}, {"user_id": "invalid_value"}),
        (NOTES, {"body": "x", "attachments": []}, {"attachments": "invalid_value"}),
        (REPLY, {"cc_emails": []}, {"body": "missing_field"}),
        (REPLY, {"body": "x", "private": True}, {"private": "invalid_field"}),
        (REPLY, {"body": "x", "cc_emails": "a@b.c"}, {"cc_emails": "datatype_mismatch"}),
        (REPLY, {"structured_body": {}}, {"structured_body": "invalid_value"}),
        (REPLY, {"structured_body": "x"}, {"structured_body": "datatype_mismatch"}),
    ],
)
def test_messages_that_make_no_sense_are_refused(
    still: FreshdeskWorld, path: str, wanted: dict[str, Any], flaws: dict[str, str]
) -> None:
    assert still.flaws("POST", path, wanted) == flaws
    assert still.get("/tickets/1/conversations") == []


def test_customers_of_a_web_chat_are_answered_in_structured_text(world: FreshdeskWorld) -> None:
    number = world.open_ticket(channel="chat")
    path = f"/tickets/{number}"
    assert world.flaws("POST", f"{path}/reply", {"body": "x"}) == {
        "structured_body": "missing_field"
    }
    public = {"body": "x", "private": False}
    assert world.flaws("POST", f"{path}/notes", public) == {"structured_body": "missing_field"}
    world.write("POST", f"{path}/notes", {"body": "private as ever"})
    text = {"body_contents": [{"type": "text", "data": {"content": "1 < 2"}}]}
    told = world.write("POST", f"{path}/reply", {"structured_body": text})
    assert told["structured_body"] == text
    assert world.get(f"{path}/conversations")[-1]["structured_body"] == text


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"data": "body=x"}, "invalid_content_type"),
        ({"data": b"<a/>", "content_type": "application/xml"}, "invalid_content_type"),
        ({"data": b"{", "content_type": "application/json"}, "invalid_json"),
        ({"data": b"[]", "content_type": "application/json"}, "invalid_json"),
    ],
)
def test_only_json_objects_are_taken(
    still: FreshdeskWorld, given: dict[str, Any], code: str
) -> None:
    headers = {"Authorization": basic(KEY)}
    answer = still.client.post(f"/api/v2{NOTES}", headers=headers, **given)
    assert answer.status_code == (400 if code == "invalid_json" else 415)
    assert answer.get_json()["code"] == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    *("body", "structured_body", "private", "notify_emails", "user_id", "cc_emails"),
    *("tags", "status", "priority", "group_id", "custom_fields", "type"),
)


@given(st.sampled_from([TICKET, NOTES, REPLY]), st.dictionaries(st.sampled_from(KEYS), JSON))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_taken_or_refused(
    world: FreshdeskWorld, path: str, body: dict[str, Any]
) -> None:
    answer = world.call("PUT" if path == TICKET else "POST", path, body)
    assert answer.status_code in {200, 201, 400}, answer.text


# Edits of what was said


def test_a_note_can_be_edited_and_says_so(world: FreshdeskWorld) -> None:
    note = world.write("POST", NOTES, {"body": "old"})
    world.clock.sleep(60)
    told = world.write("PUT", f"/conversations/{note['id']}", {"body": "new"})
    assert told["body"] == "<div>new</div>"
    (shown,) = world.get("/tickets/1/conversations")
    assert (shown["body_text"], shown["last_edited_user_id"]) == ("new", me(world))
    assert shown["last_edited_at"] == world.get(TICKET)["updated_at"] == "2026-11-21T08:01:00Z"
    assert shown["created_at"] == note["created_at"]
    assert world.flaws("PUT", f"/conversations/{note['id']}", {}) == {"body": "missing_field"}


def test_replies_are_deleted_but_not_edited(world: FreshdeskWorld) -> None:
    reply = world.write("POST", REPLY, {"body": "oops"})
    path = f"/conversations/{reply['id']}"
    assert world.call("PUT", path, {"body": "x"}).status_code == 405
    answer = world.call("DELETE", path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert world.get("/tickets/1/conversations") == []
    assert world.call("DELETE", path).status_code == 404


def test_a_survey_answer_cannot_be_deleted(world: FreshdeskWorld) -> None:
    number = world.say(1, "customer", "fine", kind="feedback")
    assert world.call("DELETE", f"/conversations/{number}").status_code == 405


# Tickets that take nothing


@pytest.mark.parametrize(
    ("address", "body"), [("/status", {"status": "deleted"}), ("/spam", {"spam": True})]
)
def test_spam_and_deleted_tickets_are_not_written_to(
    world: FreshdeskWorld, address: str, body: Any
) -> None:
    world.control("POST", f"/tickets/1{address}", body)
    assert world.call("PUT", TICKET, {"tags": []}).status_code == 405
    assert world.call("POST", NOTES, {"body": "x"}).status_code == 405
    assert world.call("POST", REPLY, {"body": "x"}).status_code == 405
    assert world.get("/tickets/1/conversations") == []


def test_closed_and_merged_tickets_still_take_everything(world: FreshdeskWorld) -> None:
    other = world.open_ticket()
    world.control("POST", "/tickets/1/merge", {"into": other})
    assert world.get(TICKET)["status"] == 5
    world.write("POST", NOTES, {"body": "too late"})
    assert world.write("PUT", TICKET, {"status": 2})["status"] == 2


# Faults


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", NOTES, {"body": "x"}), ("PUT", TICKET, {"tags": ["n"]})],
)
def test_an_answer_can_be_lost_after_the_write(
    world: FreshdeskWorld, method: str, path: str, body: Any
) -> None:
    before = world.get(TICKET)["updated_at"]
    world.clock.sleep(1)
    world.plan("lost_answer", answer="error", status=502, ticket=1)
    assert world.call(method, path, body).status_code == 502
    assert world.get(TICKET)["updated_at"] > before


def test_an_agent_can_act_in_between_and_nothing_guards_the_write(world: FreshdeskWorld) -> None:
    world.plan("agent_in_between", ticket=1)
    world.write("POST", REPLY, {"body": "mine"})
    theirs, mine = world.get("/tickets/1/conversations")
    assert (mine["user_id"] == me(world), theirs["user_id"] == me(world)) == (True, False)


def test_edits_of_notes_are_writes_too(world: FreshdeskWorld) -> None:
    note = world.write("POST", NOTES, {"body": "old"})
    world.plan("late_effect", seconds=3, path="*/conversations/*")
    world.write("PUT", f"/conversations/{note['id']}", {"body": "new"})
    assert world.clock.slept[-1] == 3
