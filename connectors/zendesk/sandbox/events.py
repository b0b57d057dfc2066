"""Zendesk's event webhooks: their bodies, their signature, and when they are sent again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from connectors.sandbox.edits import stamp
from connectors.sandbox.facade import Announcement
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import (
    Attempt,
    Delivery,
    FieldChange,
    Happening,
    PageTurned,
    Person,
    Ticket,
)
from connectors.sandbox.sections import Section
from connectors.signing import hmac_sha256_base64
from connectors.zendesk.sandbox.guide import path_of
from connectors.zendesk.sandbox.shapes import BRAND_ID, FORM_ID, LOCALE, is_comment, status_of

ACCOUNT_ID = 22129848
WEBHOOK_ID = "01HAN96XNH1J7DY8D7RZ22QMT9"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Events name channels by their via-type, REST by another word.
_VIA = {"api": "web_service", "web": "web_form", "email": "mail"}
_NAMED = {
    "status": "status_changed",
    "priority": "priority_changed",
    "assignee_id": "agent_assignment_changed",
    "group_id": "group_assignment_changed",
    "subject": "subject_changed",
    "tags": "tags_changed",
}
# Spam is a deleted ticket with a suspended requester: taken back, it is undeleted.
_STATES = {
    "deleted": "soft_deleted",
    "restored": "undeleted",
    "spam": "marked_as_spam",
    "not_spam": "undeleted",
}
# support.zendesk.com 4408836101146.
_REPEATS = {409: 3, 429: 3, 503: 3, None: 5}  # None: no answer in time
_LONGEST_WAIT = 60.0  # what counts as a short Retry-After is not documented


def announcements(
    happenings: Sequence[Happening], desk: Helpdesk, chance: Random
) -> list[Announcement]:
    """Write the webhooks of one edit; its ``sequence`` holds them together."""
    sequence, people = ulid(chance), desk.people()
    told = [each for each in happenings if each.message is None or is_comment(each.message)]
    return [
        _announcement(each, people, chance, sequence=sequence, sent=desk.now()) for each in told
    ]


def _announcement(
    happening: Happening,
    people: Mapping[int, Person],
    chance: Random,
    *,
    sequence: str,
    sent: datetime,
) -> Announcement:
    kind, event = _event(happening, people)
    event["meta"] = {"sequence": {"id": sequence, "position": happening.position}}
    ticket = happening.ticket
    identity = str(UUID(int=chance.getrandbits(128), version=4))
    name = f"zen:event-type:ticket.{kind}"
    body = {
        "account_id": ACCOUNT_ID,
        "detail": _detail(ticket, happening.audit.author_id),
        "event": event,
        "id": identity,
        "subject": f"zen:ticket:{ticket.id}",
        "time": _told_time(sent),
        "type": name,
        "zendesk_event_version": "2022-11-06",
    }
    return Announcement(identity, ulid(chance), name, ticket.id, _written(body))


def article_announcements(
    turned: Sequence[PageTurned], desk: Helpdesk, chance: Random
) -> list[Announcement]:
    """Write the webhooks of changed articles (event types: article events).

    An edit is announced by none: the page lists an event for publishing and one for the contrary.
    Nor is archiving, which is how articles are deleted.
    """
    return [
        _article_announcement(each, desk, chance)
        for each in turned
        if each.kind in {"published", "unpublished"}
    ]


def _article_announcement(turned: PageTurned, desk: Helpdesk, chance: Random) -> Announcement:
    article, identity = turned.article, ulid(chance)
    name = f"zen:event-type:article.{turned.kind}"
    path = path_of(article)
    event = {
        "author_id": str(desk.agent.id),
        "category_id": str(Section(path[:1]).id),
        "locale": article.locale or LOCALE,
        "section_id": str(Section(path).id),
        "title": article.title,
    }
    body = {
        "account_id": ACCOUNT_ID,
        "detail": {"brand_id": str(BRAND_ID), "id": str(article.id)},
        "event": event,
        "id": identity,
        "subject": f"zen:article:{article.id}",
        "time": _told_time(desk.now()),
        "type": name,
        "zendesk_event_version": "2022-11-06",
    }
    return Announcement(identity, ulid(chance), name, 0, _written(body))


def _told_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def _written(body: Mapping[str, Any]) -> str:
    # Three spaces, as recorded: whoever checks a signature over re-written JSON shall fail here.
    return json.dumps(body, indent=3, ensure_ascii=False) + "\n"


def ulid(chance: Random) -> str:
    """Invent an id as webhooks and their deliveries have."""
    return "01" + "".join(chance.choices(_CROCKFORD, k=24))


def _event(happening: Happening, people: Mapping[int, Person]) -> tuple[str, dict[str, Any]]:
    if happening.kind == "created":
        return "created", {}
    if happening.kind in _STATES:
        return _STATES[happening.kind], {}
    if happening.kind == "merged":
        return "merged", {"target_ticket_id": str(happening.ticket.merged_into)}
    if happening.kind == "redacted" and happening.message is not None:
        return "comment_redacted", {"comment": {"id": str(happening.message.id)}}
    if happening.message is not None:
        message, author = happening.message, people[happening.message.author_id]
        who = {"id": str(author.id), "is_staff": author.staff, "name": author.name}
        comment = {
            "id": str(message.id),
            "body": message.text,
            "is_public": message.public,
            "author": who,
        }
        return "comment_added", {"comment": comment}
    assert happening.change is not None  # noqa: S101 - the only kind left has one
    return _changed(happening.change)


def _changed(change: FieldChange) -> tuple[str, dict[str, Any]]:
    if change.field == "tags":
        added = [tag for tag in change.value if tag not in change.previous]
        removed = [tag for tag in change.previous if tag not in change.value]
        return "tags_changed", {"tags_added": added, "tags_removed": removed}
    loud = change.field in {"status", "priority"}
    values = {"current": _told(change.value, loud), "previous": _told(change.previous, loud)}
    if change.field in _NAMED:
        return _NAMED[change.field], values
    field = {"id": change.field, "title": f"Field {change.field}", "type": "text"}
    return "custom_field_changed", {**values, "custom_field": field}


def _told(value: Any, loud: bool) -> str:
    text = "" if value is None else str(value)
    return text.upper() if loud else text


def _detail(ticket: Ticket, actor_id: int) -> dict[str, Any]:
    """The ticket as it is at the time of the event; ids are strings here, enums upper case."""
    return {
        "actor_id": str(actor_id),
        "assignee_id": _told(ticket.assignee_id, False),
        "brand_id": str(BRAND_ID),
        "created_at": stamp(ticket.created_at),
        "custom_status": "",
        "description": ticket.messages[0].text,
        "external_id": None,
        "form_id": str(FORM_ID),
        "group_id": _told(ticket.group_id, False),
        "id": str(ticket.id),
        "is_public": any(message.public for message in ticket.messages),
        "organization_id": _told(ticket.organization_id, False),
        "priority": _told(ticket.priority, True),
        "requester_id": str(ticket.requester_id),
        "status": status_of(ticket).upper(),
        "subject": ticket.subject,
        "submitter_id": str(ticket.requester_id),
        "tags": list(ticket.tags),
        "type": "",
        "updated_at": stamp(ticket.updated_at),
        "via": {"channel": _VIA.get(ticket.origin.channel, ticket.origin.channel)},
    }


def signed_headers(
    delivery: Delivery, at: datetime, secret: str, webhook_id: str = WEBHOOK_ID
) -> dict[str, str]:
    """The headers of one attempt: the stamp is the attempt's, never the event's."""
    timestamp = stamp(at)
    # The secret looks like base64 and is used as the text it is.
    signature = hmac_sha256_base64(secret, timestamp.encode() + delivery.body.encode())
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Zendesk Webhook",
        "X-Zendesk-Account-Id": str(ACCOUNT_ID),
        "X-Zendesk-Webhook-Id": webhook_id,
        "X-Zendesk-Webhook-Invocation-Id": delivery.invocation,
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        "X-Zendesk-Webhook-Signature": signature,
    }


def wait_before_next(attempts: Sequence[Attempt], retry_after: float | None) -> float | None:
    """Zendesk repeats 409 thrice, time-outs five times, 429 and 503 if told when, else nothing."""
    status = attempts[-1].status
    if sum(attempt.status == status for attempt in attempts) > _REPEATS.get(status, 0):
        return None
    if status in {429, 503}:
        return retry_after if retry_after is not None and retry_after <= _LONGEST_WAIT else None
    return 1.0
