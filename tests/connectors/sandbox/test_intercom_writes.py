"""What Intercom's API takes for conversations, what that does to the desk, and what it refuses."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.sandbox.intercom import (
    BOT,
    IntercomMaker,
    IntercomWorld,
    makers,
    still_workspace,
)

ADMIN = {"type": "admin", "admin_id": BOT}


@pytest.fixture
def make(tmp_path: Path) -> Iterator[IntercomMaker]:
    yield from makers(tmp_path)


@pytest.fixture
def world(make: IntercomMaker) -> IntercomWorld:
    return make()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IntercomWorld]:
    yield from still_workspace(tmp_path_factory.mktemp("intercom"))


def messages(world: IntercomWorld, number: int = 1) -> list[dict[str, Any]]:
    return list(world.told(number)["messages"])


@pytest.mark.parametrize(("kind", "public"), [("comment", True), ("note", False)])
def test_a_reply_and_a_note_answer_with_the_whole_conversation(
    world: IntercomWorld, kind: str, public: bool
) -> None:
    number = world.open_ticket()
    found = world.reply(number, "<p>Open <b>Data</b><script>x()</script></p>", kind)
    (part,) = found["conversation_parts"]["conversation_parts"]
    assert (part["part_type"], part["body"]) == (kind, "<p>Open <b>Data</b></p>")
    assert (part["author"]["id"], part["app_package_code"]) == (BOT, "understudy")
    assert (messages(world)[-1]["public"], messages(world)[-1]["author"]["role"]) == (public, "bot")
    assert found["id"] == str(number)
    assert (found["waiting_since"] is None) == public


def test_text_without_markup_becomes_paragraphs(world: IntercomWorld) -> None:
    world.open_ticket()
    world.reply(1, "Hi Maya,\n\na < b & c")
    assert world.parts(1)[-1]["body"] == "<p>Hi Maya,</p><p>a &lt; b &amp; c</p>"


def test_who_acts_is_who_the_body_names(world: IntercomWorld) -> None:
    world.open_ticket()
    agent = world.agent_id()
    world.reply(1, "Hi", admin_id=agent)
    part = world.parts(1)[-1]
    assert (part["author"]["id"], part["app_package_code"]) == (agent, "understudy")


def test_files_come_by_address_or_by_content(world: IntercomWorld) -> None:
    world.open_ticket()
    upload = {"content_type": "text/plain", "name": "b.txt", "data": b64encode(b"hello").decode()}
    urls = ["https://a.example/f/a%20b.png"]
    world.reply(1, "Look", attachment_urls=urls, attachment_files=[upload])
    told = [(each["name"], each["filesize"]) for each in world.parts(1)[-1]["attachments"]]
    assert told == [("a b.png", 0), ("b.txt", 5)]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"type": "admin", "admin_id": BOT, "body": "x"}, "parameter_not_found", "message_type"),
        ({"message_type": "comment", "type": "admin", "body": "x"}, None, "admin_id"),
        ({"message_type": "comment", **ADMIN}, "parameter_not_found", "body"),
        ({"message_type": "note", **ADMIN, "body": " "}, "parameter_not_found", "body"),
        ({"message_type": "reply", **ADMIN, "body": "x"}, "parameter_invalid", "message_type"),
        (
            {"message_type": "note", **ADMIN, "type": "user", "body": "x"},
            "parameter_invalid",
            "type",
        ),
        (
            {"message_type": "note", **ADMIN, "admin_id": 5, "body": "x"},
            "parameter_invalid",
            "admin_id",
        ),
        ({"message_type": "note", **ADMIN, "body": 5}, "parameter_invalid", "body"),
        (
            {
                "message_type": "note",
                **ADMIN,
                "body": "x",
                "attachment_urls": ["https://a.example"] * 11,
            },
            "parameter_invalid",
            "attachment_urls",
        ),
        (
            {"message_type": "note", **ADMIN, "body": "x", "attachment_urls": ["file:///x"]},
            "parameter_invalid",
            "attachment_urls",
        ),
    ],
)
def test_replies_that_are_refused(
    still: IntercomWorld, body: dict[str, Any], code: str | None, field: str
) -> None:
    wanted = (400, code or "parameter_not_found", field)
    assert still.flaw("POST", "/conversations/1/reply", body) == wanted
    assert len(messages(still)) == 1


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/conversations/1/reply", {"admin_id": "5", "body": "x", "message_type": "note"}, "admin"),
        ("/conversations/1/parts", {"admin_id": "5", "message_type": "open"}, "admin"),
        ("/conversations/1/parts", {"message_type": "assignment", "assignee_id": "5"}, "assignee"),
        ("/conversations/1/tags", {"id": "5"}, "tag"),
    ],
)
def test_people_and_tags_that_nobody_knows(
    still: IntercomWorld, path: str, body: dict[str, Any], code: str
) -> None:
    assert still.flaw("POST", path, {**ADMIN, **body}) == (404, f"{code}_not_found", None)


@pytest.mark.parametrize("body", ["text", [], None])
def test_bodies_that_cannot_be_read(still: IntercomWorld, body: Any) -> None:
    assert still.flaw("POST", "/conversations/1/reply", body) == (400, "bad_request", None)


def test_closing_opening_and_snoozing(world: IntercomWorld) -> None:
    world.open_ticket()
    closed = world.manage(1, "close", body="<p>Goodbye</p>")
    part = closed["conversation_parts"]["conversation_parts"][0]
    assert (part["part_type"], part["body"], closed["state"]) == (
        "close",
        "<p>Goodbye</p>",
        "closed",
    )
    assert messages(world)[-1]["public"] is True
    assert world.manage(1, "open")["state"] == "open"
    snoozed = world.manage(1, "snoozed", snoozed_until=1_800_000_000)
    assert (snoozed["state"], snoozed["snoozed_until"]) == ("snoozed", 1_800_000_000)
    assert snoozed["custom_attributes"] == {}
    assert world.manage(1, "close")["state"] == "closed"
    assert world.kinds(1) == ["close", "assignment", "open", "snoozed", "close"]
    assert world.parts(1)[-1]["body"] is None


@pytest.mark.parametrize("kind", ["comment", "note"])
def test_an_apps_words_leave_a_closed_conversation_closed(world: IntercomWorld, kind: str) -> None:
    world.open_ticket()
    world.manage(1, "close")
    assert world.reply(1, "PS", kind)["state"] == "closed"


def test_assignments_to_people_and_teams(world: IntercomWorld) -> None:
    world.open_ticket()
    team, agent = world.get("/teams")["teams"][1], world.agent_id()
    found = world.manage(1, "assignment", type="team", assignee_id=team["id"], body="They know.")
    assert (found["team_assignee_id"], world.told(1)["group"]) == (int(team["id"]), "Billing")
    (part,) = world.parts(1)
    assert (part["part_type"], part["body"]) == ("assignment", "<p>They know.</p>")
    assert part["assigned_to"] == {"type": "team", "id": team["id"]}
    assert world.manage(1, "assignment", assignee_id=agent)["admin_assignee_id"] == int(agent)
    assert world.manage(1, "assignment", assignee_id="0")["admin_assignee_id"] is None
    assert world.parts(1)[-1]["assigned_to"] == {"type": "nobody_admin", "id": None}
    assert world.get("/conversations/1")["team_assignee_id"] == int(team["id"])


def test_assigning_a_closed_conversation_opens_it(world: IntercomWorld) -> None:
    world.open_ticket()
    world.manage(1, "close")
    assert world.manage(1, "assignment", assignee_id=world.agent_id())["state"] == "open"
    assert world.kinds(1)[-1] == "assign_and_reopen"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (ADMIN, "parameter_not_found", "message_type"),
        ({"message_type": "delete", **ADMIN}, "parameter_invalid", "message_type"),
        ({"message_type": "snoozed", **ADMIN}, "parameter_not_found", "snoozed_until"),
        ({"message_type": "snoozed", **ADMIN, "snoozed_until": "soon"}, None, "snoozed_until"),
        ({"message_type": "close", "admin_id": BOT}, "parameter_not_found", "type"),
        ({"message_type": "assignment", **ADMIN}, "parameter_not_found", "assignee_id"),
        ({"message_type": "assignment", **ADMIN, "assignee_id": 0}, None, "assignee_id"),
    ],
)
def test_parts_that_are_refused(
    still: IntercomWorld, body: dict[str, Any], code: str | None, field: str
) -> None:
    wanted = (400, code or "parameter_invalid", field)
    assert still.flaw("POST", "/conversations/1/parts", body) == wanted


def test_attributes_and_the_title_can_be_set_and_the_priority_cannot(world: IntercomWorld) -> None:
    world.open_ticket(channel="chat")
    wanted = {"custom_attributes": {"Urgency": "much"}, "title": "Export", "read": True}
    found = world.put("/conversations/1", {**wanted, "priority": "priority", "admin_id": BOT})
    assert (found["title"], found["custom_attributes"]) == ("Export", {"Urgency": "much"})
    assert found["priority"] == "not_priority"
    part = world.parts(1)[-1]
    assert part["part_type"] == "conversation_attribute_updated_by_admin"
    assert part["event_details"]["attribute"] == {"name": "Urgency"}
    refused = world.flaw("PUT", "/conversations/1", {"custom_attributes": {"Mood": "x"}})
    assert refused == (400, "parameter_invalid", "custom_attributes")
    refused = world.flaw("PUT", "/conversations/1", {"company_id": "69000000000000000000ffff"})
    assert refused == (404, "company_not_found", None)


def test_tags_are_added_and_taken_away_by_their_ids(world: IntercomWorld) -> None:
    world.open_ticket(tags=["old"])
    tag = world.tag_id("new")
    assert world.tag_id("NEW") == tag
    added = world.post("/conversations/1/tags", {"id": tag, "admin_id": BOT})
    assert (added["name"], added["applied_by"]) == ("new", {"type": "admin", "id": BOT})
    world.post("/conversations/1/tags", {"id": tag, "admin_id": BOT})
    assert world.told(1)["tags"] == ["old", "new"]
    removed = world.call("DELETE", f"/conversations/1/tags/{tag}", {"admin_id": BOT})
    assert (removed.status_code, removed.get_json()["name"]) == (200, "new")
    assert world.told(1)["tags"] == ["old"]
    again = world.call("DELETE", f"/conversations/1/tags/{tag}", {"admin_id": BOT})
    assert (again.status_code, again.get_json()["applied_at"]) == (200, None)
    assert world.flaw("DELETE", f"/conversations/1/tags/{tag}", {})[1:] == (
        "parameter_not_found",
        "admin_id",
    )


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "parameter_not_found", "name"),
        ({"name": ""}, "parameter_invalid", "name"),
        ({"name": "a", "users": [{"id": "5"}]}, "parameter_invalid", "users"),
    ],
)
def test_tags_that_are_refused(
    still: IntercomWorld, body: dict[str, Any], code: str, field: str
) -> None:
    assert still.flaw("POST", "/tags", body) == (400, code, field)


def test_a_part_and_the_source_can_be_taken_back(world: IntercomWorld) -> None:
    world.open_ticket()
    world.clock.sleep(5)
    part = world.reply(1, "Secret")["conversation_parts"]["conversation_parts"][0]
    told = {"type": "conversation_part", "conversation_id": "1"}
    found = world.post("/conversations/redact", {**told, "conversation_part_id": part["id"]})
    (gone,) = found["conversation_parts"]["conversation_parts"]
    assert (gone["redacted"], gone["body"]) == (True, "<p><i>This message was deleted</i></p>")
    source = found["source"]["id"]
    body = {"type": "source", "conversation_id": "1", "source_id": source}
    assert world.post("/conversations/redact", body)["source"]["redacted"] is True
    assert "Secret" not in str(world.told(1)["messages"])
    unknown = world.flaw("POST", "/conversations/redact", {**told, "conversation_part_id": source})
    assert unknown == (404, "conversation_part_or_message_not_found", None)
    assert world.flaw("POST", "/conversations/redact", told)[2] == "conversation_part_id"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/conversations/1/reply", {"message_type": "note", **ADMIN, "body": "x"}),
        ("POST", "/conversations/1/parts", {"message_type": "open", **ADMIN}),
        ("PUT", "/conversations/1", {"title": "T"}),
    ],
)
def test_what_the_desk_closed_for_good_takes_no_write(
    world: IntercomWorld, method: str, path: str, body: dict[str, Any]
) -> None:
    world.open_ticket()
    world.control("POST", "/tickets/1/status", {"status": "closed"})
    assert world.flaw(method, path, body) == (422, "data_invalid", None)
    world.control("POST", "/tickets/1/status", {"status": "deleted"})
    assert world.flaw(method, path, body) == (404, "not_found", None)


def test_somebody_in_between_does_not_stop_a_write(world: IntercomWorld) -> None:
    world.open_ticket()
    world.plan("agent_in_between", text="Mine!")
    found = world.reply(1, "Late")["conversation_parts"]["conversation_parts"]
    assert [part["body"] for part in found] == ["<p>Mine!</p>", "<p>Late</p>"]
