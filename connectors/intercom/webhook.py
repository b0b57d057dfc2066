"""Intercom's webhooks, without effects: is it from Intercom, and what does it announce?

A notification holds the conversation with the one part that caused it, or a ticket; it is a hint
only, since its shape and its texts follow the app's version in the Developer Hub, not ours.
Source: developers.intercom.com, webhook models and webhook notifications; real captures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.errors import BadPayload, BadSignature
from connectors.intercom.wire import moment
from connectors.payload import Unreadable, hashed, plain, read_object, recovered
from connectors.signing import hmac_sha1_hex, is_signed
from connectors.types import Event, EventKind, WebhookRequest

# Only what is listed here is looked at: a team may subscribe to more, and bots have looped over
# the echoes of their own writing.
TOPICS: Mapping[str, EventKind] = {
    "conversation.user.created": EventKind.CREATED,
    "conversation.user.replied": EventKind.CUSTOMER_REPLIED,
    "conversation.admin.replied": EventKind.AGENT_REPLIED,
    "conversation.admin.noted": EventKind.NOTED,
    "ticket.created": EventKind.CREATED,
    "ticket.contact.replied": EventKind.CUSTOMER_REPLIED,
    "ticket.admin.replied": EventKind.AGENT_REPLIED,
    "ticket.note.created": EventKind.NOTED,
    **dict.fromkeys(
        (
            "conversation.admin.assigned",
            "conversation.admin.closed",
            "conversation.admin.opened",
            "conversation.admin.snoozed",
            "conversation.admin.unsnoozed",
            "conversation.deleted",
            "conversation.operator.replied",
            "conversation.priority.updated",
            "conversation.rating.added",
            "conversation_part.redacted",
            "conversation_part.tag.created",
            "ticket.admin.assigned",
            "ticket.closed",
            "ticket.rating.provided",
            "ticket.resolved",
            "ticket.state.updated",
            "ticket.team.assigned",
        ),
        EventKind.CHANGED,
    ),
}
# The team's own tickets: no customer writes in them, and none reads them.
INTERNAL_CATEGORIES = frozenset({"Back-office", "Tracker"})

_ID = re.compile(r"[1-9]\d{0,19}", re.ASCII)
# Teammates have numbers, contacts hexadecimal ids; nothing else can be kept or looked up.
_PERSON = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
# Where the id stands in a body that cannot be read otherwise: real ones begin with the type.
_RECOVER = re.compile(
    r'"type"\s*:\s*"(?:conversation|ticket)"\s*,\s*"id"\s*:\s*"?([1-9]\d{0,19})\b|'
    r'"conversation_id"\s*:\s*"?([1-9]\d{0,19})\b',
    re.ASCII,
)


def verify(request: WebhookRequest, secrets: Sequence[str]) -> None:
    """Check the signature of a delivery; raises ``BadSignature``.

    It covers the raw body and nothing else: there is no time in it, so an old delivery verifies
    for ever, and only its key tells that it was seen before.
    """
    header = request.headers.get("x-hub-signature", "").strip()
    algorithm, _, signature = header.partition("=")
    if algorithm != "sha1" or not signature:
        raise BadSignature("the request bears no Intercom signature")
    if not is_signed(signature, request.body, secrets, hmac_sha1_hex):
        raise BadSignature("the signature was not made with our client secret")


def ping(now: datetime, app_id: str, secrets: Sequence[str]) -> WebhookRequest:
    """Make Intercom's own ping, as it was captured: it has no id, and announces nothing.

    Raises ``BadSignature`` where there is no secret to sign with.
    """
    if not any(secret.strip() for secret in secrets):
        raise BadSignature("no client secret is set to sign with")
    sent_at = int(now.timestamp())
    notification = {
        "type": "notification_event",
        "app_id": app_id,
        "data": {
            "type": "notification_event_data",
            "item": {"type": "ping", "message": "something something interzen"},
        },
        "links": {},
        "id": None,
        "topic": "ping",
        "delivery_status": None,
        "delivery_attempts": 1,
        "delivered_at": 0,
        "first_sent_at": sent_at,
        "created_at": sent_at,
        "self": None,
    }
    body = json.dumps(notification, separators=(",", ":")).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "intercom-parrot-service-client/1.0",
        "x-hub-signature": f"sha1={hmac_sha1_hex(secrets[0], body)}",
    }
    return WebhookRequest("POST", headers, body, now)


def parse(request: WebhookRequest, app_id: str = "") -> list[Event]:
    """Tell what a verified delivery announces; ``[]`` for what does not concern us.

    Raises ``BadPayload``, with the conversation's id where the text still shows one, and
    ``BadSignature`` where the body belongs to another workspace.
    """
    try:
        body = read_object(request.body)
    except Unreadable as error:
        raise _unreadable(request, str(error)) from None
    named = _text(body.get("app_id"))
    if app_id and named and named != app_id:
        raise BadSignature("the webhook belongs to another Intercom workspace")
    topic = _text(body.get("topic"))
    if not topic:
        raise _unreadable(request, "the body names no topic")
    kind = TOPICS.get(topic)
    if kind is None:
        return []
    item = _dict(_dict(body.get("data")).get("item"))
    subject = _subject(topic, item)
    if _text(subject.get("category")) in INTERNAL_CATEGORIES:
        return []
    ticket_id = _id(subject.get("id")) or _id(item.get("conversation_id"))
    if ticket_id is None:
        raise _unreadable(request, f"the {topic} names no conversation")
    return [
        Event(
            kind=kind,
            ticket_id=ticket_id,
            delivery_key=_key(request, body),
            occurred_at=moment(body.get("created_at")),
            actor_id=_actor(topic, item),
            raw=body,
        )
    ]


def _subject(topic: str, item: dict[str, Any]) -> dict[str, Any]:
    """Find the conversation or ticket: at the top, or within what happened to it."""
    if topic.startswith("ticket."):
        # ticket.created has it at the top; replies and notes are a ticket_ticket_part; in
        # ticket.closed it is nested without one.
        return _dict(item.get("ticket")) or item
    if item.get("type") == "conversation_part":
        return _dict(item.get("conversation"))
    return item


def _actor(topic: str, item: dict[str, Any]) -> str | None:
    listed = _dict(item.get("conversation_parts")).get("conversation_parts")
    parts = listed if isinstance(listed, list) else []
    holders = [_dict(item.get("ticket_part")), *(_dict(part) for part in parts[-1:])]
    if topic == "conversation.user.created":
        holders.append(_dict(item.get("source")))
    for holder in holders:
        author = _dict(holder.get("author")).get("id")
        if isinstance(author, bool) or not isinstance(author, str | int) or not author:
            continue
        if _PERSON.fullmatch(str(author)):
            return str(author)
    return None


def _key(request: WebhookRequest, body: dict[str, Any]) -> str:
    given = _text(body.get("id"))
    if given:
        return f"notification:{plain(given)}"
    # The rest of the envelope differs between two attempts: how many there were, and when.
    said = {name: body.get(name) for name in ("topic", "created_at", "data")}
    try:
        return "body:" + hashed(json.dumps(said, sort_keys=True).encode())
    except RecursionError:
        return "body:" + hashed(request.body)


def _unreadable(request: WebhookRequest, why: str) -> BadPayload:
    ticket_id = recovered(_RECOVER, request.body.decode("utf-8", "replace"))
    return BadPayload(f"Intercom webhook: {why}", ticket_id=ticket_id)


def _id(value: Any) -> str | None:
    # Strings mostly, integers in places; 19 digits and more have been seen.
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value) if isinstance(value, str) or 0 < value < 10**20 else ""
    return text if _ID.fullmatch(text) else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
