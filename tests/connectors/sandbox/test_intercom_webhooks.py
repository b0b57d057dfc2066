"""Intercom's notifications: which topic, which part, how signed, and how often tried."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.intercom.sandbox import facade
from connectors.sandbox.couriers import Answer
from connectors.sandbox.edits import Edit
from connectors.sandbox.records import Origin
from tests.connectors.sandbox.intercom import IntercomMaker, IntercomWorld, makers

SECRET = "sandbox-client-secret"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[IntercomMaker]:
    yield from makers(tmp_path)


@pytest.fixture
def world(make: IntercomMaker) -> IntercomWorld:
    return make()


def parts_in(body: dict[str, Any]) -> list[dict[str, Any]]:
    told = body["data"]["item"]["conversation_parts"]
    assert told["total_count"] == len(told["conversation_parts"])
    return list(told["conversation_parts"])


def test_a_new_conversation_is_announced_without_parts(world: IntercomWorld) -> None:
    number = world.open_ticket()
    (body,) = world.notified()
    assert (body["topic"], body["app_id"]) == ("conversation.user.created", "sandbox")
    assert body["id"].startswith("notif_")
    assert (body["data"]["item"]["id"], parts_in(body)) == (str(number), [])
    assert body["data"]["item"]["source"]["body"] == "Hello,\n\nhow do I export?"  # plain text
    assert body["created_at"] == body["data"]["item"]["created_at"]


def test_each_notification_carries_the_part_that_caused_it(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "agent", "Which plan?")
    world.say(number, "agent", "Old plan.", public=False)
    world.say(number, "customer", "The old one.")
    world.say(number, "agent", "A rule's.", automatic=True)
    _, *bodies = world.notified()
    assert [(body["topic"], *(part["body"] for part in parts_in(body))) for body in bodies] == [
        ("conversation.admin.replied", "Which plan?"),
        ("conversation.admin.noted", "Old plan."),
        ("conversation.user.replied", "The old one."),
        ("conversation.operator.replied", "A rule's."),
    ]
    assert len({body["id"] for body in bodies}) == 4


def test_closing_with_a_message_is_one_notification_with_its_words(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "agent", "Done.", status="solved")
    _, closed, assigned = world.notified()
    assert closed["topic"] == "conversation.admin.closed"
    assert [(part["part_type"], part["body"]) for part in parts_in(closed)] == [("close", "Done.")]
    assert assigned["topic"] == "conversation.admin.assigned"
    assert parts_in(assigned)[0]["assigned_to"]["type"] == "admin"


@pytest.mark.parametrize(
    ("fields", "topics"),
    [
        ({"status": "closed"}, ["conversation.admin.closed"]),
        ({"status": "pending"}, []),
        ({"status": "hold"}, []),
        ({"priority": "high"}, ["conversation.priority.updated"]),
        ({"tags": ("a", "b")}, ["conversation_part.tag.created"]),
        ({"tags": ()}, []),
        ({"status": "deleted"}, ["conversation.deleted"]),
        ({"subject": "New"}, []),
    ],
)
def test_what_agents_change(
    world: IntercomWorld, fields: dict[str, Any], topics: list[str]
) -> None:
    number = world.open_ticket(tags=["a"])
    world.deliver()
    desk = world.sandbox.desk
    desk.edit(number, Edit(fields=fields), actor=desk.agent, origin=Origin())
    assert world.topics() == topics


def test_of_a_deleted_one_only_the_id_is_told(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.control("POST", f"/tickets/{number}/status", {"status": "deleted"})
    item = world.notified()[-1]["data"]["item"]
    assert item == {"type": "conversation", "id": str(number)}


def test_a_rating_is_announced(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "customer", "1", kind="feedback")
    body = world.notified()[-1]
    assert body["topic"] == "conversation.rating.added"
    assert body["data"]["item"]["conversation_rating"]["rating"] == 1


def test_the_messengers_own_words_are_the_operators(world: IntercomWorld) -> None:
    world.open_ticket(channel="chat")
    created, replied = world.notified()
    assert created["topic"] == "conversation.user.created"
    assert replied["topic"] == "conversation.operator.replied"
    assert parts_in(replied)[0]["author"]["type"] == "bot"


@pytest.mark.parametrize(("silent", "noted"), [("", 1), ("1", 0)])
def test_an_apps_own_note_is_announced_unless_it_shall_not(
    make: IntercomMaker, silent: str, noted: int
) -> None:
    world = make(SANDBOX_SILENT_NOTES=silent)
    number = world.open_ticket()
    world.deliver()
    world.reply(number, "Draft", "note")
    world.say(number, "agent", "Mine", public=False)
    world.reply(number, "Sent")
    topics = world.topics()
    assert topics.count("conversation.admin.noted") == 1 + noted
    assert topics.count("conversation.admin.replied") == 1


@pytest.mark.parametrize(("version", "priority"), [("2.15", "not_priority"), ("2.16", "none")])
def test_the_apps_version_decides_and_not_the_calls(
    make: IntercomMaker, version: str, priority: str
) -> None:
    world = make("2.16" if version == "2.15" else "2.15", SANDBOX_INTERCOM_VERSION=version)
    world.reply(world.open_ticket(), "Hi")
    assert {body["data"]["item"]["priority"] for body in world.notified()} == {priority}


def test_tickets_come_in_three_shapes(world: IntercomWorld) -> None:
    number = world.open_ticket(channel="form")
    world.say(number, "agent", "Note", public=False)
    world.say(number, "customer", "More")
    world.say(number, "agent", "Done.", status="solved")
    bodies = {body["topic"]: body["data"]["item"] for body in world.notified()}
    assert list(bodies) == [
        "ticket.created",
        "ticket.note.created",
        "ticket.contact.replied",
        "ticket.admin.replied",
        "ticket.state.updated",
        "ticket.resolved",
        "ticket.closed",
    ]
    assert bodies["ticket.created"]["id"] == bodies["ticket.resolved"]["id"] == str(number)
    noted = bodies["ticket.note.created"]
    assert (noted["type"], noted["ticket"]["id"]) == ("ticket_ticket_part", str(number))
    assert noted["ticket_part"]["body"] == "<p>Note</p>"  # HTML: nobody promises otherwise
    assert bodies["ticket.state.updated"]["ticket_part"]["ticket_state"] == "resolved"
    assert bodies["ticket.closed"]["ticket"]["open"] is False


def test_the_signature_is_over_the_raw_body(world: IntercomWorld) -> None:
    world.open_ticket(subject="Größe")
    (sent,) = world.deliver()
    mac = hmac.new(SECRET.encode(), sent.body, hashlib.sha1).hexdigest()
    assert sent.headers["X-Hub-Signature"] == f"sha1={mac}"
    assert sent.headers["User-Agent"] == "intercom-parrot-service-client/1.0"
    assert "Größe" in sent.body.decode()
    assert json.dumps(json.loads(sent.body)).encode() != sent.body


def test_a_ping_is_the_first_thing_sent_and_has_no_id(world: IntercomWorld) -> None:
    world.sandbox.couriers.greet()
    (ping,) = world.notified()
    assert (ping["topic"], ping["id"]) == ("ping", None)
    assert ping["data"]["item"]["type"] == "ping"


@pytest.mark.parametrize(
    ("answer", "attempts", "state"),
    [
        (Answer(200), 1, "delivered"),
        (Answer(500), 2, "gave_up"),
        (Answer(404), 2, "gave_up"),
        (Answer(None, error="ReadTimeout"), 2, "gave_up"),
        (Answer(410), 1, "gave_up"),
        (Answer(429, retry_after=1), 7, "gave_up"),
    ],
)
def test_how_often_it_is_tried(
    world: IntercomWorld, answer: Answer, attempts: int, state: str
) -> None:
    world.open_ticket()
    world.answers.extend([answer] * 20)
    for _ in range(200):
        world.deliver()
        world.clock.sleep(60)
    assert len(world.sent) == attempts
    (told,) = world.control("GET", "/deliveries")["deliveries"]
    assert told["state"] == state


def test_the_second_attempt_is_the_first_again_a_minute_later(world: IntercomWorld) -> None:
    world.open_ticket()
    world.answers.append(Answer(503))
    world.deliver()
    world.clock.sleep(59)
    assert world.deliver() == []
    world.clock.sleep(1)
    world.deliver()
    first, second = world.sent
    assert (first.body, first.headers) == (second.body, second.headers)


def test_410_ends_the_subscription(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.answers.append(Answer(410))
    world.deliver()
    world.say(number, "customer", "Hello?")
    assert world.deliver() == []
    assert len(world.control("GET", "/deliveries")["deliveries"]) == 1


def test_a_receiver_has_five_seconds() -> None:
    assert facade({}).attempt_seconds == 5.0
