"""How far the bot may go with one ticket, beside what the answer itself deserves."""

from __future__ import annotations

from app.domain import Mode, Reason
from app.ledger import runs, verified
from app.services import Services
from connectors.types import Ticket

A_DAY = 86_400.0


def delivery_doubt(services: Services, helpdesk: str, ticket: Ticket) -> str:
    """Say in a sentence why a reply may not reach the customer; "" where nothing speaks against it.

    Nothing does where one was seen to arrive on this channel (``understudy doctor``).
    """
    doubt = services.connector(helpdesk).delivery_doubt(ticket)
    proved = bool(doubt) and verified.is_verified(services.ledger, helpdesk, ticket.channel)
    return "" if proved else doubt


def mode_for(
    services: Services, helpdesk: str, ticket: Ticket, doubt: str
) -> tuple[Mode, tuple[Reason, ...]]:
    """Tell how far the bot may go by itself, and why no further where the channel is at fault.

    A requester who had many replies today gets drafts only: that stands behind the rules that
    recognise machines, for two bots that thank each other must end.
    """
    mode = services.settings.answer_mode
    if mode is not Mode.SEND:
        return mode, ()
    since = services.clock() - A_DAY
    said = runs.replies_to(services.ledger, helpdesk, ticket.requester.id, since)
    if said >= services.policy.max_replies_per_requester_a_day:
        return Mode.DRAFT, ()
    return held_by_channel(mode, doubt)


def held_by_channel(mode: Mode, doubt: str) -> tuple[Mode, tuple[Reason, ...]]:
    """Allow drafts only where it is in doubt that a reply would arrive. Pure."""
    if mode is not Mode.SEND or not doubt:
        return mode, ()
    return Mode.DRAFT, (Reason("channel", f"not sent: {doubt}"),)
