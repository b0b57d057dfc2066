"""Tickets of Zendesk in our words, without effects.

Facts: Zendesk's OpenAPI files, and answers recorded by the zenpy project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.config import ConnectorConfig
from connectors.errors import VendorBroken
from connectors.records import iso_time, utc
from connectors.types import Account, Priority, Role, Status, Ticket
from connectors.zendesk import messages, messaging, ratings, wire
from connectors.zendesk.directory import Field
from connectors.zendesk.messages import Cast, message_from_zendesk, plain_fields

# "archived" and "scrubbed" appear in events only, "deleted" in exports.
_STATUSES = {
    "archived": Status.CLOSED,
    "deleted": Status.GONE,
    "scrubbed": Status.GONE,
    **{status.value: status for status in Status},
}
_MERGED = "closed_by_merge"  # the tag of a ticket that goes on in another; follow-ups inherit it
_PLAN = "plan"  # the organization field, where no other is set
_SINCE = "customer_since"  # a field of the organization, where a team keeps the day
LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Around:
    """What a reading needs beside the ticket itself.

    ``statuses`` are the team's own names by id, ``fields`` the ticket fields by id. ``log`` is the
    conversation of a messaging ticket; ``None`` where it could not be read.
    """

    base_url: str
    config: ConnectorConfig
    users: Mapping[str, wire.User] = dataclass_field(default_factory=dict)
    statuses: Mapping[str, str] = dataclass_field(default_factory=dict)
    fields: Mapping[str, Field] = dataclass_field(default_factory=dict)
    log: Sequence[messaging.Entry] | None = ()


def ticket_from_zendesk(
    answer: wire.TicketAnswer, comments: Sequence[wire.Comment], around: Around
) -> Ticket:
    """Turn a ticket, its comments and what is around them into ours."""
    raw, config = answer.ticket, around.config
    channel = messaging.channel_of(raw)
    users = {**wire.by_id(answer.users or ()), **around.users}
    chat = messaging.messaging_channel(channel)
    alone = messages.alone(raw, comments, users)
    cast = Cast(config, users, raw.requester_id or "", messaging=chat, alone=alone)
    groups = {group.id: group.name for group in answer.groups or ()}
    organizations = {item.id: item for item in answer.organizations or ()}
    organization = organizations.get(raw.organization_id or "")
    in_order = sorted(comments, key=lambda item: utc(item.created_at))
    said = [message_from_zendesk(comment, cast) for comment in in_order]
    values = {each.id: each.value for each in raw.custom_fields or ()}
    return Ticket(
        id=raw.id,
        subject=raw.raw_subject or raw.subject or "",
        status=status(raw),
        revision=messaging.revision(raw.updated_at, around.log or ()),
        requester=cast.person(raw.requester_id or "", Role.CUSTOMER),
        messages=messaging.with_log(said, around.log or (), cast),
        account=account(organization, config) if organization else None,
        priority=priority(raw.priority),
        tags=frozenset(raw.tags or ()),
        group=groups.get(raw.group_id or ""),
        assignee_id=raw.assignee_id,
        channel=channel,
        page_url=_page(values.get(config.page_field), in_order),
        url=f"{around.base_url}/agent/tickets/{raw.id}",
        history_cut=around.log is None,
        merged=_merged(raw),
        status_name=around.statuses.get(raw.custom_status_id or "", ""),
        fields=shown_fields(values, around),
        ratings=ratings.of_ticket(raw),
        created_at=utc(raw.created_at) if raw.created_at else None,
        updated_at=stamp(raw.updated_at),
    )


def status(raw: wire.Ticket) -> Status:
    """Read where a ticket stands; with statuses of the team's own, this is their category.

    A ticket that was merged into another one is gone: there is nothing more to say on it.
    """
    found = _STATUSES.get(raw.status.casefold())
    if found is None:
        raise VendorBroken(f"Zendesk answered with a status we do not know: {raw.status[:40]}")
    return Status.GONE if _merged(raw) else found


def is_gone(raw: wire.Ticket) -> bool:
    """Tell whether a ticket was deleted, or goes on in another one."""
    return _STATUSES.get(raw.status.casefold()) is Status.GONE or _merged(raw)


def _merged(raw: wire.Ticket) -> bool:
    closed = _STATUSES.get(raw.status.casefold()) is Status.CLOSED
    return closed and _MERGED in (raw.tags or ())


def account(raw: wire.Organization, config: ConnectorConfig) -> Account:
    """Turn an organization into an account; a field of it, by its key, says its plan."""
    fields = plain_fields(raw.organization_fields)
    return Account(
        id=raw.id,
        name=raw.name or "",
        plan=fields.get(config.plan_field or _PLAN, ""),
        tags=config.with_vip(raw.tags or ()),
        fields=fields,
        since=iso_time(fields.get(_SINCE)) or (utc(raw.created_at) if raw.created_at else None),
    )


def shown_fields(values: Mapping[str, Any], around: Around) -> dict[str, str]:
    """Read the fields that agents are told of, as agents see them: titles, and choices' names."""
    shown = {}
    for number in around.config.shown_fields:
        field = around.fields.get(number) or Field(title=f"Field {number}")
        if text := _shown(values.get(number), field):
            shown[field.title or f"Field {number}"] = text
    return shown


def priority(name: str | None) -> Priority | None:
    """Read a priority, which is lower-case in answers and upper-case in events."""
    value = (name or "").casefold()
    return Priority(value) if value in list(Priority) else None


def stamp(text: str) -> datetime:
    """Read ``updated_at``; raises ``VendorBroken``."""
    moment = iso_time(text)
    if moment is None:
        raise VendorBroken("Zendesk answered with nonsense: updated_at is no time")
    return moment


def _shown(value: Any, field: Field) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):  # several choices
        return ", ".join(_shown(each, field) for each in value)
    if value is None or isinstance(value, dict):
        return ""
    return field.options.get(str(value), str(value))


def _page(value: Any, comments: Sequence[wire.Comment]) -> str:
    """Tell on which page the customer was: by the team's own field, else by the chat's opening."""
    told = (messages.opening(comment) for comment in comments)
    return page_url(value) or next((url for each in told if (url := page_url(each))), "")


def page_url(value: Any) -> str:
    """Accept an address of a page, and nothing else that a customer could have put there."""
    if not isinstance(value, str) or len(value) > LONGEST_URL:
        return ""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return ""
    odd = re.search(r"[\s<>\"\x00-\x20]", value.strip())
    return value.strip() if parts.scheme in ("http", "https") and parts.netloc and not odd else ""
