"""Zendesk's webhooks, without effects: is it from Zendesk, and what does it announce?

Two kinds are understood. *Event subscriptions* have Zendesk's fixed body (developer.zendesk.com,
event types: ticket events). *Triggers* have a body that the admin wrote; ours is
``{"ticket_id": "{{ticket.id}}", "event": "created"}``. Article events (event types: article events)
name an article in place of a ticket. Either is a hint only: its ``detail`` is
the state at the time of the event, which may be minutes old.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from connectors.errors import BadPayload, BadSignature
from connectors.payload import Unreadable, hashed, plain, read_object, recovered
from connectors.records import Record, iso_time, where
from connectors.signing import is_signed
from connectors.types import Event, EventKind, WebhookRequest

# Signs deliveries that an admin tests before the webhook exists; it is public, so worth nothing.
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - published by Zendesk
FRESH = timedelta(minutes=5)

_EVENT = "zen:event-type:"
_CHANGES = frozenset(
    f"{_EVENT}ticket.{name}"
    for name in (
        "agent_assignment_changed",
        "attachment_linked_to_comment",
        "attachment_redacted_from_comment",
        "comment_made_private",
        "comment_redacted",
        "custom_field_changed",
        "custom_status_changed",
        "group_assignment_changed",
        "marked_as_spam",
        "merged",
        "organization_changed",
        "permanently_deleted",
        "priority_changed",
        "requester_changed",
        "soft_deleted",
        "status_changed",
        "subject_changed",
        "tags_changed",
        "undeleted",
    )
)
# In a chat nothing becomes a comment: this is how its messages are announced. Who wrote may also be
# a trigger or the system.
_CHAT = f"{_EVENT}messaging_ticket.message_added"
_CHATTERS = {"end_user": EventKind.CUSTOMER_REPLIED, "agent": EventKind.AGENT_REPLIED}
_TRIGGERS = {kind.value: kind for kind in EventKind if kind is not EventKind.ARTICLE}
_ARTICLE = f"{_EVENT}article."
# What readers do to an article changes nothing that it says; any other event may have.
_READERS = ("author_changed", "comment_", "subscription_", "vote_")
# Where a ticket's id stands, in a body that cannot be read otherwise.
_RECOVER = re.compile(r'"ticket_id"\s*:\s*"?([1-9]\d{0,18})\b|"zen:ticket:([1-9]\d{0,18})"')


def _present(value: Any) -> str | None:
    # Ids are strings in events, integers in some triggers; absent ones come as "" or "0".
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value) if isinstance(value, str) or abs(value) < 10**18 else ""
    return text if re.fullmatch(r"-?[1-9][0-9]{0,18}", text) else None


def _positive(value: Any) -> str | None:
    text = _present(value)
    return None if text is None or text.startswith("-") else text


Id = Annotated[str | None, BeforeValidator(_present)]  # users below zero are the system's
TicketId = Annotated[str | None, BeforeValidator(_positive)]


class _Author(Record):
    id: Id = None
    is_staff: bool = False


class _Comment(Record):
    is_public: bool
    author: _Author = _Author()


class _Actor(Record):
    id: Id = None
    type: str = ""


class _What(Record):
    comment: _Comment | None = None
    actor: _Actor | None = None  # of a chat's message


class _Detail(Record):
    id: TicketId = None
    actor_id: Id = None


class _Envelope(Record):
    id: str = Field(min_length=1)
    type: str
    account_id: Id = None
    subject: str = ""
    time: Any = None
    detail: _Detail
    event: _What = _What()


class _Trigger(Record):
    ticket_id: TicketId = None
    account_id: Id = None
    event: str = EventKind.CHANGED.value
    id: str = ""
    updated_at: str = ""
    actor_id: Id = None


def verify(request: WebhookRequest, secrets: Sequence[str], account_id: str | None = None) -> None:
    """Check signature and age of a delivery; raises ``BadSignature``.

    The MAC covers the timestamp header and the raw body, with nothing between them.
    """
    signature = request.headers.get("x-zendesk-webhook-signature", "")
    stamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
    if not signature or not stamp:
        raise BadSignature("the request bears no Zendesk signature")
    signed = stamp.encode("utf-8", "backslashreplace") + request.body
    if not is_signed(signature, signed, secrets):
        raise BadSignature("the signature was not made with our webhook secret")
    # The header tells this attempt's time. The event's own `time` may be minutes older: Zendesk
    # was recorded to deliver a throttled event eight minutes late.
    sent_at = iso_time(stamp)
    if sent_at is None or abs(request.received_at - sent_at) > FRESH:
        raise BadSignature("the signature's timestamp is more than five minutes off")
    header = request.headers.get("x-zendesk-account-id")
    if account_id and header and header.strip() != account_id:
        raise BadSignature("the webhook belongs to another Zendesk account")


def parse(request: WebhookRequest, account_id: str | None = None) -> list[Event]:
    """Tell what a verified delivery announces; ``[]`` for events that do not concern us.

    Raises ``BadPayload``, with the ticket's id where the text still shows one, and
    ``BadSignature`` where the body belongs to another account.
    """
    try:
        body = read_object(request.body)
    except Unreadable as error:
        raise _unreadable(request, str(error)) from None
    kind = body.get("type")
    kind = kind if isinstance(kind, str) and kind.startswith(_EVENT) else None
    try:
        if kind and kind.startswith(_ARTICLE):
            return _published(request, _Envelope.model_validate(body), body, account_id)
        if kind and kind != _CHAT and not kind.startswith(f"{_EVENT}ticket."):
            return []
        if kind:
            return _subscribed(request, _Envelope.model_validate(body), body, account_id)
        return _triggered(request, _Trigger.model_validate(body), body, account_id)
    except ValidationError as error:
        raise _unreadable(request, f"the body has no usable {where(error)!r}") from None


def _subscribed(
    request: WebhookRequest, body: _Envelope, raw: dict[str, Any], account_id: str | None
) -> list[Event]:
    _same_account(request, body.account_id, account_id)
    kind = _kind(request, body)
    if kind is None:
        return []
    found = re.fullmatch(r"zen:ticket:([1-9]\d{0,18})", body.subject)
    ticket_id = body.detail.id or (found[1] if found else None)
    if ticket_id is None:
        raise _unreadable(request, "the event names no ticket")
    comment, actor = body.event.comment, body.event.actor
    author_id = (comment.author.id if comment else None) or (actor.id if actor else None)
    return [
        Event(
            kind=kind,
            ticket_id=ticket_id,
            delivery_key=f"event:{plain(body.id)}",
            occurred_at=iso_time(body.time),
            actor_id=author_id or body.detail.actor_id,
            raw=raw,
        )
    ]


def _published(
    request: WebhookRequest, body: _Envelope, raw: dict[str, Any], account_id: str | None
) -> list[Event]:
    """Tell that the help centre changed; which article it was is asked there."""
    _same_account(request, body.account_id, account_id)
    if body.type.removeprefix(_ARTICLE).startswith(_READERS):
        return []
    return [
        Event(
            kind=EventKind.ARTICLE,
            ticket_id="",
            delivery_key=f"event:{plain(body.id)}",
            occurred_at=iso_time(body.time),
            raw=raw,
        )
    ]


def _kind(request: WebhookRequest, body: _Envelope) -> EventKind | None:
    if body.type == f"{_EVENT}ticket.created":
        return EventKind.CREATED
    if body.type == _CHAT:
        wrote = body.event.actor.type.casefold() if body.event.actor else ""
        return _CHATTERS.get(wrote, EventKind.CHANGED)
    if body.type != f"{_EVENT}ticket.comment_added":
        return EventKind.CHANGED if body.type in _CHANGES else None
    comment = body.event.comment
    if comment is None:
        raise _unreadable(request, "the event has no comment")
    if not comment.is_public:
        return EventKind.NOTED
    return EventKind.AGENT_REPLIED if comment.author.is_staff else EventKind.CUSTOMER_REPLIED


def _triggered(
    request: WebhookRequest, body: _Trigger, raw: dict[str, Any], account_id: str | None
) -> list[Event]:
    _same_account(request, body.account_id, account_id)
    if body.ticket_id is None:
        raise _unreadable(request, "the body names no ticket")
    return [
        Event(
            # A word that we do not know was still put there on purpose: have a look.
            kind=_TRIGGERS.get(body.event.strip().casefold(), EventKind.CHANGED),
            ticket_id=body.ticket_id,
            delivery_key=_trigger_key(request, body),
            occurred_at=iso_time(body.updated_at),
            actor_id=body.actor_id,
            raw=raw,
        )
    ]


def _trigger_key(request: WebhookRequest, body: _Trigger) -> str:
    # The invocation id stays the same over the attempts of one invocation, as recorded.
    invocation = request.headers.get("x-zendesk-webhook-invocation-id", "").strip()
    if body.id:
        return f"trigger:{plain(body.id)}"
    if invocation:
        return f"invocation:{plain(invocation)}"
    if body.updated_at:
        return f"update:{plain(f'{body.ticket_id}:{body.event}:{body.updated_at}')}"
    # Body alone is the same for every announcement of this trigger: rather twice than never.
    stamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
    return "body:" + hashed(stamp.encode("utf-8", "backslashreplace") + request.body)


def _same_account(request: WebhookRequest, named: str | None, account_id: str | None) -> None:
    # The account header is not signed, the body is: they must agree, and with the setting.
    header = request.headers.get("x-zendesk-account-id", "").strip()
    if named and header and header != named:
        raise BadSignature("the account in the header is not the one in the body")
    if account_id and (named or header) and (named or header) != account_id:
        raise BadSignature("the webhook belongs to another Zendesk account")


def _unreadable(request: WebhookRequest, why: str) -> BadPayload:
    ticket_id = recovered(_RECOVER, request.body.decode("utf-8", "replace"))
    return BadPayload(f"Zendesk webhook: {why}", ticket_id=ticket_id)
