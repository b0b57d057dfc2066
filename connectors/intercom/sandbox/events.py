"""Intercom's notifications: their envelope, their signature, and when they are sent again.

Conversations carry the part that caused the notification and no other, in plain text (2.15 and
later); tickets come in three shapes and keep HTML, as nobody promises otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from random import Random
from uuid import UUID

from connectors.intercom.sandbox.access import Settings
from connectors.intercom.sandbox.conversations import announced
from connectors.intercom.sandbox.look import Look, look_at
from connectors.intercom.sandbox.parts import Part, is_ticket, parts_of
from connectors.intercom.sandbox.people import APP_ID, Shape, unix
from connectors.intercom.sandbox.tickets import part_shape, ticket_shape
from connectors.sandbox.facade import Announcement
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attempt, Delivery, Happening
from connectors.signing import hmac_sha1_hex

_AGENT = "intercom-parrot-service-client/1.0"
# developers.intercom.com, webhook-models and webhook-notifications.
_AGAIN = 60.0  # one retry, about a minute later
_LONGEST_HELD = 2 * 60 * 60  # 429: held back for ever longer, dropped when two hours old
_GONE = 410  # whoever answers so is not told anything any more
_TOO_MANY = 429
_ASSIGNED = {"assignee_id", "group_id"}
Told = tuple[str, Shape]


def announcements(
    happenings: Sequence[Happening], desk: Helpdesk, settings: Settings, chance: Random
) -> list[Announcement]:
    """Write the notifications of one edit."""
    ticket = happenings[0].ticket  # what an edit makes of it: all its happenings have the same
    of_ticket = is_ticket(ticket)
    look = look_at(desk, settings.version, plain=not of_ticket)
    parts = parts_of(ticket, look.people)
    teller = _Ticket if of_ticket else _Conversation
    return [
        _announcement(topic, item, happening, desk, chance)
        for happening in happenings
        for topic, item in teller(happening, parts, look, settings).told()
    ]


def ping(now: datetime, chance: Random) -> Announcement:
    """What is sent to a new address before anything has happened; it has no id."""
    message = "something something interzen"  # as recorded
    item = {"type": "ping", "message": message}
    text = _envelope("ping", item, None, sent=now, created=now)
    return Announcement("ping", _identity(chance), "ping", 0, text)


def _identity(chance: Random) -> str:
    return f"notif_{UUID(int=chance.getrandbits(128), version=4)}"


def _announcement(
    topic: str, item: Shape, happening: Happening, desk: Helpdesk, chance: Random
) -> Announcement:
    identity, created = _identity(chance), happening.audit.created_at
    text = _envelope(topic, item, identity, sent=desk.now(), created=created)
    return Announcement(identity, identity, topic, happening.ticket.id, text)


def _envelope(
    topic: str, item: Shape, identity: str | None, *, sent: datetime, created: datetime
) -> str:
    body = {
        "type": "notification_event",
        "app_id": APP_ID,
        "data": {"type": "notification_event_data", "item": item},
        "links": {},
        "id": identity,
        "topic": topic,
        "delivery_status": "pending" if identity else None,
        "delivery_attempts": 1,
        "delivered_at": 0,
        "first_sent_at": unix(sent),
        "created_at": unix(created),
        "self": None,
    }
    # Written tightly: whoever checks a signature over re-written JSON shall fail here.
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


class _Teller:
    """What is told of one happening."""

    def __init__(
        self, happening: Happening, parts: Sequence[Part], look: Look, settings: Settings
    ) -> None:
        self.happening, self.look, self.settings = happening, look, settings
        self.ticket, self.parts = happening.ticket, parts

    def part(self, number: int) -> Part | None:
        return next((part for part in self.parts if part.id == number), None)

    @property
    def changed(self) -> str:
        return self.happening.change.field if self.happening.change else ""

    @property
    def caused(self) -> Part | None:
        message, change = self.happening.message, self.happening.change
        cause = message or change
        return self.part(cause.id) if cause else None

    def silent(self, part: Part) -> bool:
        """Whether an app's own note is told of: not known of Intercom, so both can be had."""
        return self.settings.silent_notes and part.via_api and part.kind == "note"


class _Conversation(_Teller):
    def told(self) -> Iterator[Told]:
        kind = self.happening.kind
        if kind == "deleted":
            yield "conversation.deleted", {"type": "conversation", "id": str(self.ticket.id)}
        elif kind == "created":
            yield "conversation.user.created", self.item(None)
            if self.parts:  # what the Messenger added by itself
                yield "conversation.operator.replied", self.item(self.parts[-1])
        elif kind == "message":
            yield from self._said()
        elif kind == "redacted":
            part = self.caused
            # The first message is no part: nothing is told of it.
            if part is not None:
                yield "conversation_part.redacted", self.item(part)
        else:
            yield from self._changed()

    def item(self, part: Part | None) -> Shape:
        return announced(self.ticket, self.parts, part, self.look)

    def _said(self) -> Iterator[Told]:
        part = self.caused
        if part is not None and not self.silent(part):
            yield self._topic(part), self.item(part)

    def _topic(self, part: Part) -> str:
        if part.kind == "conversation_rating_changed":
            return "conversation.rating.added"
        if part.author_id is None:
            return "conversation.operator.replied"
        if not self.look.people[part.author_id].staff:
            return "conversation.user.replied"
        named = {"note": "noted", "close": "closed", "assignment": "assigned"}
        return f"conversation.admin.{named.get(part.kind, 'replied')}"

    def _changed(self) -> Iterator[Told]:
        part, change = self.caused, self.happening.change
        if self.changed == "tags" and change is not None:
            if set(change.value) - set(change.previous):
                newest = self.parts[-1] if self.parts else None
                yield "conversation_part.tag.created", self.item(newest)
        elif part is not None and part.kind == "close":
            yield "conversation.admin.closed", self.item(part)
        elif part is not None and self.changed in _ASSIGNED:
            yield "conversation.admin.assigned", self.item(part)
        elif part is not None and self.changed == "priority":
            yield "conversation.priority.updated", self.item(part)


class _Ticket(_Teller):
    def told(self) -> Iterator[Told]:
        part = self.caused
        if self.happening.kind == "created":
            yield "ticket.created", self.item
        elif part is None or self.silent(part):
            return
        elif self.happening.kind == "message":
            yield self._topic(part), self._with(part)
        elif self.changed == "status" and part.change is not None:
            yield "ticket.state.updated", self._with(part)
            if part.change.value == "solved":
                yield "ticket.resolved", self.item
            if part.change.value in {"solved", "closed"}:
                yield "ticket.closed", {"type": "ticket", "ticket": self.item}

    @property
    def item(self) -> Shape:
        return ticket_shape(self.ticket, self.look, self.settings.attributes)

    def _with(self, part: Part) -> Shape:
        shown = part_shape(part, self.look)
        return {"type": "ticket_ticket_part", "ticket": self.item, "ticket_part": shown}

    def _topic(self, part: Part) -> str:
        if part.kind == "note":
            return "ticket.note.created"
        staff = part.author_id is None or self.look.people[part.author_id].staff
        return "ticket.admin.replied" if staff else "ticket.contact.replied"


def signed_headers(delivery: Delivery, secret: str) -> Mapping[str, str]:
    """The headers of one attempt; no time is signed, so all attempts have the same."""
    mac = hmac_sha1_hex(secret, delivery.body.encode())
    return {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "X-Hub-Signature": f"sha1={mac}",
    }


def ends_subscription(attempts: Sequence[Attempt]) -> bool:
    """Whether the receiver has asked never to be called again."""
    return attempts[-1].status == _GONE


def wait_before_next(attempts: Sequence[Attempt]) -> float | None:
    """Intercom repeats once, a minute later; after 429 it waits longer and longer."""
    held = sum(attempt.status == _TOO_MANY for attempt in attempts)
    if ends_subscription(attempts):
        return None
    if attempts[-1].status == _TOO_MANY:
        wait = _AGAIN * 2 ** (held - 1)
        return wait if _AGAIN * (2**held - 1) <= _LONGEST_HELD else None
    return _AGAIN if len(attempts) - held == 1 else None
