"""A desk's tickets as Intercom's conversations: the first message, the parts, who and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.edits import Edit
from connectors.sandbox.records import Origin, Ticket
from tests.connectors.sandbox.intercom import BOT, IntercomMaker, IntercomWorld, makers


@pytest.fixture
def make(tmp_path: Path) -> Iterator[IntercomMaker]:
    yield from makers(tmp_path)


@pytest.fixture
def world(make: IntercomMaker) -> IntercomWorld:
    return make()


def told(world: IntercomWorld, number: int, **query: Any) -> dict[str, Any]:
    return world.get(f"/conversations/{number}", **query)


def test_the_first_message_is_the_source_and_no_part(world: IntercomWorld) -> None:
    page = "https://app.example.com/billing"
    number = world.open_ticket(channel="web", page_url=page)
    found = told(world, number)
    source = found["source"]
    assert source["body"] == "<p>Hello,</p><p>how do I export?</p>"
    assert (source["type"], source["delivered_as"]) == ("conversation", "customer_initiated")
    assert (source["url"], found["first_contact_reply"]["url"]) == (page, page)
    assert (source["author"]["type"], source["author"]["email"]) == ("user", "maya@example.com")
    assert found["conversation_parts"]["total_count"] == 0
    assert (found["state"], found["open"], found["read"]) == ("open", True, False)
    assert found["waiting_since"] == found["created_at"]


@pytest.mark.parametrize(
    ("channel", "subject", "title", "url"),
    [
        ("email", "How do I export?", None, None),
        ("chat", "", "How do I export?", "https://a.example/x"),
    ],
)
def test_only_an_email_has_a_subject_and_only_a_page_has_an_address(
    world: IntercomWorld, channel: str, subject: str, title: str | None, url: str | None
) -> None:
    found = told(world, world.open_ticket(channel=channel, page_url="https://a.example/x"))
    source = found["source"]
    assert (source["subject"], found["title"], source["url"]) == (subject, title, url)


def test_bodies_are_html_unless_plain_text_is_asked_for(world: IntercomWorld) -> None:
    number = world.open_ticket()
    html = '<p>See <a href="https://a.example/b">this</a>:</p><ol><li>Open</li></ol>'
    world.control("POST", f"/tickets/{number}/messages", {"as": "agent", "html": html}, 201)
    (part,) = world.parts(number)
    assert '<a href="https://a.example/b"' in part["body"]
    found = told(world, number, display_as="plaintext")
    (plain,) = found["conversation_parts"]["conversation_parts"]
    assert plain["body"] == "See this (https://a.example/b):\n\n1. Open"
    assert found["source"]["body"] == "Hello,\n\nhow do I export?"


def test_what_everybody_writes_has_its_part_and_its_author(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "agent", "Which plan?")
    world.say(number, "agent", "He is on the old plan.", public=False)
    world.say(number, "customer", "The old one.")
    world.say(number, "agent", "A rule wrote this.", automatic=True)
    seen = [(part["part_type"], part["author"]["type"]) for part in world.parts(number)]
    assert seen == [
        ("comment", "admin"),
        ("note", "admin"),
        ("comment", "user"),
        ("comment", "bot"),
    ]
    assert {part["app_package_code"] for part in world.parts(number)} == {None}
    assert world.parts(number)[0]["author"]["id"] == world.agent_id()


def test_a_teammate_closing_with_a_message_writes_one_part(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "agent", "Done.", status="solved")
    close, assignment = world.parts(number)
    assert (close["part_type"], close["body"], close["state"]) == (
        "close",
        "<p>Done.</p>",
        "closed",
    )
    assert assignment["assigned_to"] == {"type": "admin", "id": world.agent_id()}
    assert assignment["body"] is None
    found = told(world, number)
    assert (found["state"], found["open"], found["waiting_since"]) == ("closed", False, None)


def test_a_contact_opens_it_again_with_words(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "agent", "Done.", status="solved")
    world.clock.sleep(60)
    world.say(number, "customer", "It is not.")
    part = world.parts(number)[-1]
    assert (part["part_type"], part["body"], part["state"]) == ("open", "<p>It is not.</p>", "open")
    found = told(world, number)
    assert found["waiting_since"] == part["created_at"]
    assert found["statistics"]["count_reopens"] == 1
    assert found["statistics"]["last_close_at"] == part["created_at"] - 60


@pytest.mark.parametrize(
    ("status", "state", "kinds"),
    [
        ("pending", "open", []),
        ("hold", "snoozed", ["snoozed"]),
        ("solved", "closed", ["close", "assignment"]),
        ("closed", "closed", ["close"]),
    ],
)
def test_a_status_is_a_state_and_its_change_a_part_without_words(
    world: IntercomWorld, status: str, state: str, kinds: list[str]
) -> None:
    number = world.open_ticket()
    world.control("POST", f"/tickets/{number}/status", {"status": status})
    found = told(world, number)
    assert found["state"] == state
    assert world.kinds(number) == kinds
    assert (found["snoozed_until"] is None) == (state != "snoozed")
    assert {part["body"] for part in world.parts(number)} <= {None}


@pytest.mark.parametrize("fields", [{"status": "deleted"}, {"spam": True}])
def test_what_is_deleted_or_spam_is_gone(world: IntercomWorld, fields: dict[str, Any]) -> None:
    number = world.open_ticket()
    if "spam" in fields:
        world.control("POST", f"/tickets/{number}/spam", {})
    else:
        world.control("POST", f"/tickets/{number}/status", fields)
    assert world.flaw("GET", f"/conversations/{number}") == (404, "not_found", None)
    assert world.get("/conversations")["total_count"] == 0


def test_a_merged_one_is_closed_and_linked(world: IntercomWorld) -> None:
    first, second = world.open_ticket(), world.open_ticket()
    world.control("POST", f"/tickets/{second}/merge", {"into": first})
    found = told(world, second)
    assert found["state"] == "closed"
    assert [each["id"] for each in found["linked_objects"]["data"]] == [str(first)]
    assert world.kinds(first) == ["note"]


def test_the_messenger_speaks_first_in_a_chat(world: IntercomWorld) -> None:
    number = world.open_ticket(channel="chat")
    silent, spoken = world.parts(number)
    assert (silent["part_type"], silent["body"]) == ("attribute_collected", None)
    assert spoken["part_type"] == "channel_and_reply_time_expectation"
    assert spoken["body"] == "<p>The team will reply as soon as they can.</p>"
    assert {part["author"]["type"] for part in (silent, spoken)} == {"bot"}
    assert told(world, number)["waiting_since"] is not None


def test_only_the_newest_500_parts_are_told_and_nothing_says_so(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "agent", "x", public=False)
    store = world.sandbox.desk.store
    ticket = store.get(Ticket, number)
    assert ticket is not None
    message, audit = ticket.messages[1], ticket.audits[1]
    turns = range(502)  # written at once: so many edits would take seconds
    notes = [replace(message, id=message.id + 2 * n, html=f"<p>{n}</p>") for n in turns]
    audits = [replace(audit, id=audit.id + 2 * n, message_id=notes[n].id) for n in turns]
    whole = (*ticket.messages[:1], *notes), (*ticket.audits[:1], *audits)
    store.put(replace(ticket, messages=whole[0], audits=whole[1]))
    found = told(world, number)
    parts = found["conversation_parts"]
    assert (len(parts["conversation_parts"]), parts["total_count"]) == (500, 500)
    assert parts["conversation_parts"][0]["body"] == "<p>2</p>"
    assert found["statistics"]["count_conversation_parts"] == 502


def test_a_survey_is_a_rating_and_a_forward_is_a_note(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "agent", "Done.")
    world.clock.sleep(60)
    world.say(number, "customer", "2, it took too long", kind="feedback")
    world.say(number, "agent", "Can you look?", kind="forward", public=False)
    rating = told(world, number)["conversation_rating"]
    assert (rating["rating"], rating["remark"]) == (2, "2, it took too long")
    assert rating["updated_at"] - rating["created_at"] == 60
    assert rating["teammate"]["id"] == world.agent_id()
    assert world.kinds(number) == ["comment", "conversation_rating_changed", "note"]
    assert world.parts(number)[1]["body"] is None


@pytest.mark.parametrize(("words", "rating"), [("Bad.", 1), ("Thank you!", 5), ("5", 5)])
def test_a_rating_is_read_out_of_what_was_answered(
    world: IntercomWorld, words: str, rating: int
) -> None:
    number = world.open_ticket()
    world.say(number, "customer", words, kind="feedback")
    assert told(world, number)["conversation_rating"]["rating"] == rating


def test_tags_tell_who_put_them_there(world: IntercomWorld) -> None:
    number = world.open_ticket(tags=["old"])
    world.say(number, "customer", "One more.")
    world.control("POST", f"/tickets/{number}/tags", {"add": ["new"]})
    old, new = told(world, number)["tags"]["tags"]
    assert (old["name"], "applied_by" in old) == ("old", False)
    assert (new["name"], new["applied_by"]["id"]) == ("new", world.agent_id())
    assert [tag["name"] for tag in world.parts(number)[-1]["tags"]] == ["new"]
    names = {tag["name"] for tag in world.get("/tags")["data"]}
    assert {"old", "new"} <= names


@pytest.mark.parametrize(
    ("version", "nobody", "high"), [("2.15", None, "priority"), ("2.16", 0, "high")]
)
def test_what_differs_between_the_versions(
    make: IntercomMaker, version: str, nobody: int | None, high: str
) -> None:
    world = make(version)
    number = world.open_ticket()
    desk = world.sandbox.desk
    edit = Edit(fields={"priority": "high"})
    desk.edit(number, edit, actor=desk.agent, origin=Origin())
    found = told(world, number)
    assert (found["admin_assignee_id"], found["team_assignee_id"]) == (nobody, nobody)
    assert found["priority"] == high
    assert world.kinds(number) == ["priority_changed"]
    assert ("channel" in found) == (version == "2.16")


def test_a_conversation_tells_its_contact_by_id_only(world: IntercomWorld) -> None:
    found = told(world, world.open_ticket())
    (contact,) = found["contacts"]["contacts"]
    assert set(contact) == {"type", "id", "external_id"}
    person = world.get(f"/contacts/{contact['id']}")
    assert (person["name"], person["email"], person["role"]) == ("Maya", "maya@example.com", "user")
    (company,) = world.get(f"/contacts/{contact['id']}/companies")["data"]
    assert company == found["company"]
    assert (company["name"], company["plan"]["name"]) == ("Nordlicht", "business")
    assert [tag["name"] for tag in company["tags"]["tags"]] == ["vip"]
    assert company["custom_attributes"] == {"customer_since": "2023-04-01"}
    assert world.get(f"/companies/{company['id']}") == company


def test_a_contact_without_a_name_is_a_lead(world: IntercomWorld) -> None:
    found = told(world, world.open_ticket(requester={"email": "who@example.com"}))
    author = found["source"]["author"]
    assert (author["type"], author["name"]) == ("lead", None)
    assert "company" not in found
    person = world.get(f"/contacts/{author['id']}")
    assert (person["role"], person["external_id"], person["companies"]["data"]) == (
        "lead",
        None,
        [],
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/contacts/5", "not_found"),
        ("/contacts/69000000000000000000ffff/companies", "not_found"),
        ("/companies/5", "company_not_found"),
        ("/admins/5", "admin_not_found"),
        ("/teams/5", "team_not_found"),
        ("/articles/5", "not_found"),
    ],
)
def test_people_who_are_not_there(world: IntercomWorld, path: str, code: str) -> None:
    assert world.flaw("GET", path) == (404, code, None)


def test_teams_have_everybody(world: IntercomWorld) -> None:
    teams = world.get("/teams")["teams"]
    assert [team["name"] for team in teams] == ["Support", "Billing", "Technical"]
    assert teams[0]["admin_ids"] == [int(each["id"]) for each in world.get("/admins")["admins"]]
    assert int(BOT) in teams[0]["admin_ids"]
    assert world.get(f"/teams/{teams[1]['id']}") == teams[1]
