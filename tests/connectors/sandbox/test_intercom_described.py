"""What the façade answers against Intercom's own descriptions of both versions of its API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from connectors.intercom.sandbox.people import BOT_ADMIN_ID
from tests.connectors.described import OpenApi, described
from tests.connectors.sandbox.intercom import IntercomWorld, makers

pytestmark = pytest.mark.reference

VERSIONS = ("2.15", "2.16")
# Places where a description is known to be wrong, or says less, and how that is known.
EXCEPTIONS: Mapping[str, str] = {
    r"statistics\.(time_to|median|first|last|handling)\w+: None is not of type": (
        "null in a recorded notification where nothing was measured"
    ),
    r"teammates\.admins: unknown key": "a recorded notification has admins for teammates",
    r"\b(channel|company_id): unknown key": "of a ticket, in a recorded notification",
    r"\bai_agent: None is not of type": "in every example of the description itself",
    r"(\btopics|\bticket): unknown key": "of a conversation, in the description's examples",
    r"(companies|notes|tags|social_profiles)\.type: unknown key": (
        "of a contact, in the description's example"
    ),
    r"/contacts/\{contact_id\}/companies answer 200 data: unknown key": (
        "the description's example calls the list data, its schema companies"
    ),
    r"\bis_internal: unknown key": "of a ticket type, in the description's examples",
    r"ticket_type_attributes\.data: unknown key": "in the examples, and recorded so",
    r"/reply answer 200 app_package_code: unknown key": "of a ticket's part, in the example",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A call in the words of ``tests.connectors.described``."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    body: bytes
    status: int
    answer_body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Watched(IntercomWorld):
    """A workspace that keeps every call and its answer."""

    seen: list[Seen] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> TestResponse:
        answer = super().call(method, path, body, **query)
        sent = b"" if body is None else json.dumps(body).encode()
        asked = [(name, str(value)) for name, value in query.items()]
        headers = {"Intercom-Version": self.version or ""}
        self.seen.append(Seen(method, path, asked, sent, answer.status_code, answer.data, headers))
        return answer


def unexplained(found: Iterator[str]) -> list[str]:
    return [one for one in found if not any(re.search(known, one) for known in EXCEPTIONS)]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Watched]]:
    made = makers(tmp_path)
    maker = next(made)

    def watched(version: str) -> Watched:
        world = maker(version, SANDBOX_INTERCOM_VERSION=version)
        kept = {name: getattr(world, name) for name in IntercomWorld.__dataclass_fields__}
        return Watched(**kept)

    yield watched
    next(made, None)


def people(world: Watched, contact: str) -> None:
    for path in ("/me", "/admins", "/teams", "/tags", "/ticket_states", "/ticket_types"):
        world.get(path)
    company = world.get(f"/contacts/{contact}")["companies"]["data"][0]["id"]
    world.get(f"/contacts/{contact}/tags")
    world.get(f"/companies/{company}")
    world.get(f"/contacts/{contact}/companies")


def conversation(world: Watched) -> str:
    number = world.open_ticket(tags=["old"], channel="chat", page_url="https://example.com/a")
    files = [{"name": "a.png", "content_type": "image/png", "size": 5}]
    world.control(
        "POST",
        f"/tickets/{number}/messages",
        {"as": "customer", "text": "And this", "attachments": files},
        201,
    )
    world.reply(number, "<p>Draft</p>", "note")
    world.reply(number, "<p>Sent</p>", skip_notifications=True)
    tag = world.tag_id("new")
    world.post(f"/conversations/{number}/tags", {"id": tag, "admin_id": str(BOT_ADMIN_ID)})
    world.manage(number, "assignment", assignee_id=str(BOT_ADMIN_ID))
    world.manage(number, "snoozed", snoozed_until=1_800_000_000)
    world.manage(number, "open")
    world.put(f"/conversations/{number}", {"custom_attributes": {"Urgency": "much"}, "title": "T"})
    world.say(number, "agent", "Done", status="solved")
    world.say(number, "customer", "4 stars", kind="feedback")
    told = world.get(f"/conversations/{number}", display_as="plaintext")
    world.call("DELETE", f"/conversations/{number}/tags/{tag}", {"admin_id": str(BOT_ADMIN_ID)})
    part = next(each for each in told["conversation_parts"]["conversation_parts"] if each["body"])
    redaction = {"type": "conversation_part", "conversation_id": str(number)}
    world.call("POST", "/conversations/redact", {**redaction, "conversation_part_id": part["id"]})
    return str(told["contacts"]["contacts"][0]["id"])


def lists(world: Watched) -> None:
    world.open_ticket()
    query = {"field": "updated_at", "operator": ">", "value": 1}
    paging = {"per_page": 1}
    world.post("/conversations/search", {"query": query, "pagination": paging})
    world.get("/conversations", per_page=1)
    articles = [{"id": n, "title": "A", "body": "<p>x</p>", "section": "S"} for n in range(26)]
    world.control("PUT", "/articles", [{**each, "labels": ["b"]} for each in articles])
    first = world.get("/articles")["data"][0]["id"]
    world.get(f"/articles/{first}")
    collection = world.get("/help_center/collections")["data"][0]["id"]
    world.get(f"/help_center/collections/{collection}")


def ticket(world: Watched) -> None:
    number = world.open_ticket(channel="form")
    for kind in ("note", "comment"):
        said = {"message_type": kind, "type": "admin", "admin_id": str(BOT_ADMIN_ID), "body": "x"}
        world.post(f"/tickets/{number}/reply", said)
    wanted = {"ticket_state_id": "4517894", "admin_id": BOT_ADMIN_ID, "assignee_id": "0"}
    world.put(f"/tickets/{number}", {**wanted, "ticket_attributes": {"Urgency": "much"}})
    world.get(f"/tickets/{number}")
    tagging = {"id": world.tag_id("new"), "admin_id": str(BOT_ADMIN_ID)}
    world.post(f"/tickets/{number}/tags", tagging)
    query = {"field": "title", "operator": "~", "value": "export"}
    world.post("/tickets/search", {"query": query})


@pytest.mark.parametrize("version", VERSIONS)
def test_every_answer_is_as_described(
    make: Callable[[str], Watched], shared: Path, version: str
) -> None:
    world = make(version)
    people(world, conversation(world))
    lists(world)
    ticket(world)
    world.call("GET", "/conversations/99")
    file = described(shared / "contracts" / "intercom" / f"api.intercom.io-{version}.yaml")
    found = [fault for call in world.seen for fault in unexplained(file.faults(call))]
    assert not found, "\n".join(sorted(set(found)))
    assert len(world.seen) > 30


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_answer_would_be_noticed(
    make: Callable[[str], Watched], shared: Path, version: str
) -> None:
    world = make(version)
    told = world.get(f"/conversations/{world.open_ticket()}")
    file = described(shared / "contracts" / "intercom" / f"api.intercom.io-{version}.yaml")
    told["priority"], told["starred"] = "top", True
    found = [": ".join(each) for each in file.mismatches(file.schema("conversation"), told)]
    assert any("'top' is not one of" in each for each in found)
    assert "starred: unknown key" in found


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_announced_is_a_conversation_or_a_ticket_as_described(
    make: Callable[[str], Watched], shared: Path, version: str
) -> None:
    world = make(version)
    conversation(world)
    ticket(world)
    file = described(shared / "contracts" / "intercom" / f"api.intercom.io-{version}.yaml")
    items = [body["data"]["item"] for body in world.notified()]
    flaws = [each for item in items for each in unexplained(item_flaws(file, item))]
    assert not flaws, "\n".join(sorted(set(flaws)))
    assert len(items) > 10


def item_flaws(file: OpenApi, item: dict[str, Any]) -> Iterator[str]:
    if item["type"] == "ticket_ticket_part":
        yield from item_flaws(file, item["ticket_part"])
        item = item["ticket"]
    for place, message in file.mismatches(file.schema(item["type"]), item):
        yield f"{place}: {message}"


def recorded(shared: Path, name: str) -> dict[str, Any]:
    file = shared / "contracts" / "intercom" / "fixtures" / f"zulip_{name}.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def test_a_notification_has_every_key_of_a_recorded_one(
    make: Callable[[str], Watched], shared: Path
) -> None:
    world = make("2.15")
    world.open_ticket(channel="chat", requester={"email": "lead@example.com"})
    world.open_ticket(channel="form")
    chat, replied, created = world.notified()
    told = recorded(shared, "conversation_operator_replied")
    assert list(replied) == list(told)
    assert (replied["topic"], chat["topic"]) == (told["topic"], "conversation.user.created")
    item, wanted = replied["data"]["item"], told["data"]["item"]
    assert set(wanted) <= set(item)
    for key in ("source", "contacts", "statistics", "first_contact_reply", "conversation_parts"):
        assert set(wanted[key]) == set(item[key])
    [part], [known] = (each["conversation_parts"]["conversation_parts"] for each in (item, wanted))
    assert (set(part), part["part_type"]) == (set(known), known["part_type"])
    assert set(part["author"]) == set(known["author"])
    assert item["source"]["author"]["type"] == wanted["source"]["author"]["type"]
    told = recorded(shared, "ticket_created")
    assert (list(created), created["topic"]) == (list(told), told["topic"])
    ticket_there, ticket_here = told["data"]["item"], created["data"]["item"]
    assert set(ticket_there) - set(ticket_here) == {"snoozed_until"}
    assert type(ticket_there["admin_assignee_id"]) is type(ticket_here["admin_assignee_id"])


def test_a_ping_equals_a_recorded_one(make: Callable[[str], Watched], shared: Path) -> None:
    world = make("2.15")
    world.sandbox.couriers.greet()
    (ping,) = world.notified()
    told = recorded(shared, "ping")
    moved = ("app_id", "first_sent_at", "created_at")
    assert {**ping, **{name: told[name] for name in moved}} == told
