"""What a few recent tickets tell of a Freshdesk account: who else writes there, and by what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.errors import HelpdeskError
from connectors.freshdesk import codes, delivery, wire
from connectors.freshdesk.client import Client
from connectors.marks import mark_in_note
from connectors.setup import Expected, Finding

RECENT = timedelta(days=7)
READ = 5  # tickets whose conversations are looked at
SHARED = "freshdesk shared key"


@dataclass(frozen=True, slots=True)
class Traffic:
    """The newest tickets, and what was said on a few of them."""

    tickets: Sequence[wire.Ticket]
    said: Sequence[wire.Conversation]


def findings(
    client: Client, agent: wire.Agent, expected: Expected, now: datetime
) -> Iterator[Finding]:
    """Tell who else uses the bot's key, what else answers customers, and what stays a draft."""
    try:
        seen = _read(client)
    except HelpdeskError as error:
        remedy = "Whether others write as the bot's agent cannot be told."
        yield Finding(SHARED, ok=True, message=str(error), remedy=remedy)
        return
    yield shared_key(agent, seen.said, now)
    yield others_answering(seen.said)
    yield draft_only(seen.tickets, sends=expected.sends)


def shared_key(agent: wire.Agent, said: Sequence[wire.Conversation], now: datetime) -> Finding:
    """Tell whether a person writes as the bot's agent.

    Replies bear no mark, so only a note without one is sure to be somebody else's.
    """
    strange = [
        item
        for item in said
        if item.user_id == agent.id
        and item.source == codes.NOTE
        and item.private is True
        and item.automation_id is None
        and mark_in_note(item.body or item.body_text) is None
    ]
    remedy = (
        "Give the bot an agent of its own: a small team may share one, and then what that person "
        "writes is told from the bot's by marks and receipts, but agents cannot tell."
    )
    if strange:
        message = f"Somebody else writes notes as the bot's agent ({strange[0].id} is one)."
        return Finding(SHARED, ok=False, message=message, remedy=remedy)
    last = agent.contact.last_login_at
    if last is not None and now - last < RECENT:
        message = f"Somebody was logged in as the bot's agent on {last:%Y-%m-%d}."
        told = f"If that was not to fetch the key: {remedy[0].lower()}{remedy[1:]}"
        return Finding(SHARED, ok=True, message=message, remedy=told)
    return Finding(SHARED, ok=True, message="Nobody else seems to use the bot's agent.")


def others_answering(said: Sequence[wire.Conversation]) -> Finding:
    """Tell whether rules, or another bot, answer customers in public."""
    check = "freshdesk other automation"
    found = [
        item
        for item in said
        if not item.private and (item.automation_id is not None or item.auto_response)
    ]
    if not found:
        return Finding(check, ok=True, message="No other automation answers customers there.")
    message = f"Other automation answers customers, as in conversation {found[0].id}."
    remedy = "Two bots on one ticket confuse: leave one of them out, or let them answer apart."
    return Finding(check, ok=True, message=message, remedy=remedy)


def draft_only(tickets: Sequence[wire.Ticket], *, sends: bool) -> Finding:
    """Tell which channels get drafts only, since a reply by API may not arrive there."""
    channels = {codes.CHANNELS.get(ticket.source or 0, "") for ticket in tickets}
    doubted = sorted((channels - delivery.BY_MAIL) - {""})
    check = "freshdesk channels"
    if not doubted:
        return Finding(check, ok=True, message="Recent tickets are all answered by e-mail.")
    message = f"Tickets come in by {', '.join(doubted)}: the API may not reach these customers."
    remedy = "There, answers stay drafts, for an agent to send by hand." if sends else ""
    return Finding(check, ok=True, message=message, remedy=remedy)


def _read(client: Client) -> Traffic:
    rows = client.first_page("tickets", {"order_by": "updated_at", "order_type": "desc"})
    tickets = wire.read_all(wire.Ticket, rows)
    said: list[wire.Conversation] = []
    for ticket in tickets[:READ]:
        # The first page will do: it is about habits.
        path = f"tickets/{ticket.id}/conversations"
        said += wire.read_all(wire.Conversation, client.first_page(path, {}))
    return Traffic(tickets, said)
