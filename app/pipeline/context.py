"""What an agent who takes a ticket over should know of the customer and of the ticket, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.domain import FileExcerpt
from app.pipeline.safe_html import escape, link
from connectors.types import Attachment, Role, Status, Ticket

MOST_FILES = 5  # that are named
MOST_FIELDS = 6
LONGEST_VALUE = 80

# Names that a helpdesk itself gives to where a ticket stands: they add nothing.
_USUAL = frozenset(
    {*(status.value for status in Status), "waiting on customer", "submitted", "in progress"}
    | {"on-hold", "resolved", "waiting_on_customer", "snoozed", "on hold", "waiting on third party"}
)


def who(ticket: Ticket) -> list[str]:
    """Say who writes: name, account, plan, since when, and whether they are important."""
    account = ticket.account
    parts = [escape(_cut(ticket.requester.name or ticket.requester.email))]
    if account:
        tier = account.fields.get("tier", "")
        parts.append(escape(_cut(account.name)))
        parts.append(f"plan {escape(_cut(account.plan))}" if account.plan else "")
        parts.append(f"tier {escape(_cut(tier))}" if tier else "")
    parts.append(_tenure(account.since if account else None, ticket.requester.since))
    parts.append("<strong>VIP</strong>" if ticket.vip else "")
    return [part for part in parts if part]


def where(ticket: Ticket) -> list[str]:
    """Say where the customer wrote from."""
    page = link(_cut(ticket.page_url), ticket.page_url) if ticket.page_url else ""
    return [part for part in (escape(ticket.channel), page) if part]


def attached(ticket: Ticket, read: Sequence[FileExcerpt]) -> list[str]:
    """Name the customer's files, with what tells most in each, or what a picture shows."""
    # Of files with one name the newest, which was read first, is the one that tells.
    said = {file.name: file.lines[0] for file in reversed(read) if file.lines}
    files = [
        file
        for message in reversed(ticket.messages)
        if message.author.role is Role.CUSTOMER
        for file in message.attachments
    ]
    named = [_named(file, said.get(file.name, "")) for file in files[:MOST_FILES]]
    more = len(files) - len(named)
    return [*named, *([f"{more} more"] if more else [])]


def of_ticket(ticket: Ticket) -> list[str]:
    """List the fields that an admin chose, and the team's own name for where the ticket stands."""
    filled = [(name, value) for name, value in ticket.fields.items() if value.strip()]
    told = [f"{escape(name)}: {escape(_cut(value))}" for name, value in filled[:MOST_FIELDS]]
    name = ticket.status_name.strip()
    if name and name.casefold() not in _USUAL:
        told.append(f"status: {escape(_cut(name))}")
    return told


def _tenure(account: datetime | None, person: datetime | None) -> str:
    if account is not None:
        return f"customer since {account:%B %Y}"
    return f"known since {person:%B %Y}" if person is not None else ""


def _named(file: Attachment, line: str) -> str:
    name = escape(_cut(file.name))
    if line:
        return f"{name}: {escape(line)}"
    return f"{name} (“{escape(_cut(file.alt))}”)" if file.alt.strip() else name


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1].rstrip()}…"
