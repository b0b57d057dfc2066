"""What became of a conversation or a ticket, for figures: from its record alone. Pure."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from connectors.intercom import wire
from connectors.intercom.mapping import channel_of
from connectors.intercom.messages import messages_of
from connectors.intercom.ratings import ratings_of
from connectors.types import PastTicket, Role

_RESOLVED = "resolved"


def past_ticket(raw: wire.Thread, created_at: datetime) -> PastTicket:
    """Tell what became of it: of a conversation by its statistics, of a ticket by its parts."""
    replied, solved, reopens = _of_ticket(raw) if raw.is_ticket else _of_conversation(raw)
    return PastTicket(
        id=raw.id,
        created_at=created_at,
        channel=channel_of(raw),
        replied_at=replied,
        solved_at=solved,
        reopens=reopens,
        ratings=ratings_of(raw),
    )


def _of_conversation(raw: wire.Thread) -> tuple[datetime | None, datetime | None, int]:
    counted = raw.statistics or wire.Statistics()
    return counted.first_admin_reply_at, counted.last_close_at, counted.count_reopens or 0


def _of_ticket(raw: wire.Thread) -> tuple[datetime | None, datetime | None, int]:
    # Tickets have no statistics; a search gives them with their parts, the newest 500.
    replied = [
        message.created_at
        for message in messages_of(raw)
        if message.public and message.author.role is Role.AGENT
    ]
    moves = sorted(
        (part.created_at, part.ticket_state)
        for part in raw.parts
        if part.created_at is not None and part.ticket_state
    )
    solved = [at for at, state in moves if state == _RESOLVED]
    states = [state for _, state in moves]
    reopens = sum(old == _RESOLVED and new != _RESOLVED for old, new in pairwise(states))
    return min(replied, default=None), max(solved, default=None), reopens
