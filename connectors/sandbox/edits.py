"""What one edit makes of a ticket: pure, so that every vendor's write goes through one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.records import (
    Attachment,
    Audit,
    FieldChange,
    Happening,
    HappeningKind,
    Message,
    MessageKind,
    Origin,
    Person,
    Ticket,
)

FIELDS = (
    *("subject", "status", "priority", "tags", "group_id", "assignee_id"),
    *("merged_into", "spam"),
)
WAITING = {"pending", "hold", "solved"}  # a customer's reply opens these again


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message about to be written; its HTML is clean already."""

    author_id: int
    public: bool
    html: str
    text: str
    kind: MessageKind = "message"
    attachments: tuple[Attachment, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be set on a ticket; ``fields`` has only names from ``FIELDS``."""

    message: NewMessage | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edited:
    """A ticket after an edit. ``audit`` is empty and not kept where nothing changed."""

    ticket: Ticket
    audit: Audit
    happenings: tuple[Happening, ...] = ()


def second(moment: datetime) -> datetime:
    """Cut a moment to the second: vendors' stamps are no finer."""
    return moment.replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """Write a moment as most vendors do: UTC, no fraction."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def evolve(
    ticket: Ticket,
    edit: Edit,
    *,
    actor: Person,
    origin: Origin,
    at: datetime,
    new_id: Callable[[], int],
) -> Edited:
    """Apply an edit to a ticket, with what a helpdesk does by itself on top."""
    at = second(at)
    audit = Audit(new_id(), actor.id, at, origin, metadata=edit.metadata)
    message = _message(edit, audit, new_id)
    fields = _with_automations(ticket, edit, actor)
    changes = tuple(_changes(ticket, fields, edit.custom_fields, new_id))
    if message is None and not changes:
        return Edited(ticket, audit)
    audit = replace(audit, changes=changes, message_id=message.id if message else None)
    ticket = replace(
        ticket,
        **fields,
        custom_fields={**ticket.custom_fields, **edit.custom_fields},
        updated_at=at,
        messages=(*ticket.messages, message) if message else ticket.messages,
        audits=(*ticket.audits, audit),
    )
    return Edited(ticket, audit, happenings_of(ticket, audit, message))


def amended(ticket: Ticket, number: int, new: Message | None, *, at: datetime) -> Ticket:
    """Put a message in the place of one that was said, or nothing; the ticket's stamp moves."""
    said = [new if each.id == number else each for each in ticket.messages]
    kept = tuple(each for each in said if each is not None)
    return replace(ticket, messages=kept, updated_at=second(at))


def happenings_of(ticket: Ticket, audit: Audit, message: Message | None) -> tuple[Happening, ...]:
    """List what is announced of one edit, in its order."""
    found: list[Happening] = []
    if message is not None:
        found.append(Happening("message", ticket, audit, message=message))
    for change in audit.changes:
        place = len(found) + 1
        found.append(Happening(_kind(change), ticket, audit, position=place, change=change))
    return tuple(found)


def _kind(change: FieldChange) -> HappeningKind:
    if change.field == "status" and "deleted" in {change.value, change.previous}:
        return "deleted" if change.value == "deleted" else "restored"
    if change.field == "merged_into":
        return "merged"
    if change.field == "spam":
        return "spam" if change.value else "not_spam"
    return "changed"


def _message(edit: Edit, audit: Audit, new_id: Callable[[], int]) -> Message | None:
    if edit.message is None:
        return None
    return Message(
        id=new_id(),
        audit_id=audit.id,
        author_id=edit.message.author_id,
        public=edit.message.public,
        html=edit.message.html,
        text=edit.message.text,
        created_at=audit.created_at,
        origin=audit.origin,
        metadata=edit.metadata,
        kind=edit.message.kind,
        attachments=edit.message.attachments,
        score=edit.message.score,
    )


def _with_automations(ticket: Ticket, edit: Edit, actor: Person) -> dict[str, Any]:
    fields = dict(edit.fields)
    taken = fields.get("assignee_id") is not None and ticket.status == "new"
    said = edit.message is not None and edit.message.kind == "message"
    answered = said and not actor.staff and ticket.status in WAITING
    if taken or answered:
        fields.setdefault("status", "open")
    unassigned = fields.get("assignee_id", ticket.assignee_id) is None
    if fields.get("status") == "solved" and unassigned and actor.staff:
        fields["assignee_id"] = actor.id  # whoever solves it, owns it
    if "tags" in fields:
        fields["tags"] = tuple(dict.fromkeys(fields["tags"]))
    return fields


def _changes(
    ticket: Ticket,
    fields: Mapping[str, Any],
    custom_fields: Mapping[str, Any],
    new_id: Callable[[], int],
) -> Iterator[FieldChange]:
    for name, value in fields.items():
        previous = getattr(ticket, name)
        same = set(previous) == set(value) if name == "tags" else previous == value
        if not same:
            yield FieldChange(new_id(), name, previous, value)
    for name, value in custom_fields.items():
        if ticket.custom_fields.get(name) != value:
            yield FieldChange(new_id(), name, ticket.custom_fields.get(name), value)
