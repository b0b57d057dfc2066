"""What the tests of writing share: a ticket, changes, and a workspace that answers writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import responses
from requests import PreparedRequest

from connectors.intercom import mapping, wire
from connectors.intercom.people import People
from connectors.types import Change, Message, Person, Role, Status, Ticket
from tests.connectors.intercom.support import (
    ADMIN,
    BASE,
    CONFIG,
    CONTACT,
    CONVERSATION,
    KEY,
    STARTED,
    fixture,
    serve_people,
)

THREAD = f"{BASE}/conversations/{CONVERSATION}"
NOTE_HTML = f"<p>Draft</p>\n<p><small>Understudy ref {KEY}</small></p>"
REPLY_HTML = '<p>Hi Maya, <b>choose</b> <a href="https://help.acme.example/39">Export</a>.</p>'
DRAFT = Change(note="<p>Draft</p>", tags=frozenset({"understudy_draft"}), group="Billing")
REPLY = Change(reply=REPLY_HTML, status=Status.PENDING, answers="9008")
BOTH = replace(REPLY, note="<p>Draft</p>")
REFUSED: dict[str, Any] = {
    "status": 403,
    "json": {"errors": [{"code": "forbidden", "message": "No access"}]},
}

THREAD_READ = wire.read(wire.Thread, fixture("conversation"))
MESSAGES = mapping.ticket_from_intercom(THREAD_READ, People(), {}, CONFIG).messages


def ticket(**changes: Any) -> Ticket:
    before = Ticket(
        id=CONVERSATION,
        subject="Export",
        status=Status.OPEN,
        revision="conversation-1",
        requester=Person(CONTACT),
        messages=MESSAGES,
        tags=frozenset({"export"}),
        group="Support",
        channel="chat",
    )
    return replace(before, **changes)


def ours(message_id: str = "9010", *, public: bool = False, text: str = "Draft") -> Message:
    bot = Person(ADMIN, role=Role.AGENT)
    at = datetime.fromtimestamp(STARTED + 700, UTC)
    return Message(message_id, bot, public, text, at, mark=None if public else KEY)


def with_parts(*parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The conversation with some parts more."""
    raw = fixture("conversation") | changes
    listed = [*raw["conversation_parts"]["conversation_parts"], *parts]
    raw["conversation_parts"] = {"conversation_parts": listed, "total_count": len(listed)}
    return dict(raw)


def part(answer: str, **changes: Any) -> dict[str, Any]:
    return dict(fixture(answer)["conversation_parts"]["conversation_parts"][0] | changes)


def answering(**changes: Any) -> Callable[[PreparedRequest], tuple[int, dict[str, str], str]]:
    """Answer a note or a reply as asked, with its part changed."""

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        body = json.loads(request.body or "")
        name = "note_answer" if body["message_type"] == "note" else "reply_answer"
        found = fixture(name)
        found["conversation_parts"]["conversation_parts"][0] |= changes
        return 200, {"Content-Type": "application/json"}, json.dumps(found)

    return answer


def serve_writes(mock: responses.RequestsMock) -> None:
    """Answer notes, replies, tags and assignments as asked."""
    serve_people(mock)
    mock.add_callback("POST", f"{THREAD}/reply", callback=answering())
    mock.post(f"{THREAD}/tags", json={"type": "tag", "id": "310", "name": "understudy_draft"})
    mock.post(f"{THREAD}/parts", json=fixture("conversation") | {"team_assignee_id": 5002})
