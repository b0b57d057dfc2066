"""One ticket as the inbox shows it: what was said and done on it, and who the customer is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from connectors.sandbox.listing import Names, Row
from connectors.sandbox.notes import NoteKind, note_kind
from connectors.sandbox.records import Attachment, FieldChange, Group, Message, Person, Ticket

Side = Literal["customer", "agent", "bot", "internal"]
_WORDS = {"group_id": "group", "assignee_id": "assignee", "merged_into": "merged into"}


@dataclass(frozen=True, slots=True)
class Said:
    """A message with what sets it apart."""

    message: Message
    author: Person
    mine: bool
    side: Side
    note: NoteKind | None


@dataclass(frozen=True, slots=True)
class Done:
    """An edit of the ticket's fields, in words."""

    id: int
    author: Person
    at: datetime
    changes: Sequence[str]


def entries_of(ticket: Ticket, names: Names) -> Iterator[Said | Done]:
    """Tell what was said and done, in its order."""
    messages = {message.id: message for message in ticket.messages}
    for audit in ticket.audits:
        message = messages.get(audit.message_id or 0)
        if message is not None:
            yield _said(message, names)
        if audit.changes:
            author = names.people[audit.author_id]
            changes = [_in_words(change, names) for change in audit.changes]
            yield Done(audit.id, author, audit.created_at, changes)


def _said(message: Message, names: Names) -> Said:
    author = names.people[message.author_id]
    return Said(
        message=message,
        author=author,
        mine=author == names.me,
        side=author.role if message.public else "internal",
        note=note_kind(message, author),
    )


def _in_words(change: FieldChange, names: Names) -> str:
    if change.field == "tags":
        before, after = change.previous or (), change.value or ()
        added = [f"+ {tag}" for tag in after if tag not in before]
        removed = [f"- {tag}" for tag in before if tag not in after]
        return ", ".join([*added, *removed])
    name = _WORDS.get(change.field, change.field)
    return f"{name} → {_value(change.field, change.value, names)}"


def _value(field: str, value: Any, names: Names) -> str:
    known: dict[str, Mapping[int, Group] | Mapping[int, Person]] = {
        "group_id": names.groups,
        "assignee_id": names.people,
    }
    found = known[field].get(value) if field in known else None
    return found.name if found else "none" if value is None else str(value)


def meanwhile(ticket: Ticket, seen: int, names: Names) -> str | None:
    """Name whoever wrote after the message ``seen``; the bot's notes interrupt nobody."""
    for message in ticket.messages:
        author = names.people[message.author_id]
        bots = author.role == "bot" and not message.public
        if message.id > seen and author != names.me and not bots:
            return author.name
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands beside the conversation."""

    row: Row
    earlier: Sequence[Row]  # other tickets of the same customer, newest first
    files: Sequence[tuple[Attachment, Message]]


def facts_of(row: Row, rows: Sequence[Row]) -> Facts:
    """Gather it."""
    earlier = [
        each
        for each in rows
        if each.requester == row.requester
        and each.ticket.id != row.ticket.id
        and each.ticket.status != "deleted"
    ]
    earlier.sort(key=lambda each: each.ticket.id, reverse=True)
    files = [(file, message) for message in row.ticket.messages for file in message.attachments]
    return Facts(row, earlier, files)
