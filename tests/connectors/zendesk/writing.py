"""What the tests of writing share: a ticket, changes, and a Zendesk that answers updates."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import responses
from requests import PreparedRequest

from connectors.types import Change, Message, Person, Priority, Role, Status, Ticket
from tests.connectors.zendesk.support import API, KEY, LATER, fixture, serve_ticket

PUT = f"{API}/tickets/5158.json"
AUDITS = f"{API}/tickets/5158/audits.json"
DRAFT = Change(
    note="<p>Draft</p>",
    tags=frozenset({"understudy_drafted"}),
    priority=Priority.HIGH,
    group="Billing",
)
BOTH = replace(DRAFT, reply="<p>Hi Maya</p>", status=Status.PENDING)
BOT = Person("361000000003", role=Role.AGENT)


def ticket(**changes: Any) -> Ticket:
    before = Ticket(
        id="5158",
        subject="Export",
        status=Status.OPEN,
        revision="2026-11-20T10:12:07Z",
        requester=Person("361000000001"),
        messages=(),
        tags=frozenset({"export", "vip_customer"}),
        priority=Priority.NORMAL,
    )
    return replace(before, **changes)


def ours(number: int, *, public: bool = False) -> Message:
    at = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
    return Message(f"36100000100{number}", BOT, public, "Draft", at, mark=KEY)


def updated(number: int = 5, *, public: object = False, **changes: Any) -> dict[str, Any]:
    """The answer to a write whose comment has a number."""
    body: dict[str, Any] = fixture("updated")
    body["ticket"] |= changes
    body["audit"]["events"][0] |= {"id": 361000001000 + number, "public": public}
    return body


def serve_writes(mock: responses.RequestsMock) -> None:
    """Answer writes as asked: note 5 or reply 6."""

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body or b"{}")["ticket"]
        public = asked["comment"]["public"]
        body = updated(6 if public else 5, public=public, status=asked.get("status", "open"))
        return 200, {"Content-Type": "application/json"}, json.dumps(body)

    mock.add_callback("PUT", PUT, callback=answer)


def comment(number: int, author: int, *, public: bool) -> dict[str, Any]:
    body: dict[str, Any] = fixture("comments_last")["comments"][1]
    return body | {"id": 361000001000 + number, "author_id": author, "public": public}


def serve_between(mock: responses.RequestsMock, more: list[dict[str, Any]]) -> None:
    """Serve the ticket as it stands between our note and our reply."""
    body = fixture("ticket")
    body["ticket"]["updated_at"] = "2026-11-20T10:20:00Z"
    note = fixture("comments_last")["comments"][0] | {"id": 361000001005}
    serve_ticket(mock, [(body, LATER)], comments=[note, *more])
    users = fixture("comments_first")["users"]
    mock.get(f"{API}/users/show_many", json={"users": users})
