"""Turns: whose turn it is in a conversation, and whether ours has passed."""

from __future__ import annotations

from collections.abc import Callable

from app.domain import Reason
from connectors.types import Message, Role, Status, Ticket

# Channels on which people write all they have to say at once. On any other, and helpdesks have
# dozens of chats, they may write three lines in a row.
LETTERS = frozenset(
    {
        *("", "email", "mail", "web", "portal", "form", "api", "help_center", "forum"),
        *("phone", "phone_call", "voice", "outbound_email", "ecommerce"),
    }
)


def message_to_answer(ticket: Ticket, ours: Callable[[Message], bool]) -> Message | None:
    """Find the newest customer message that nobody has answered in public yet.

    Other automations do not take the customer's turn away: triage looks at those.
    """
    for message in reversed(ticket.messages):
        if not message.public:
            continue
        # Ours first: where the bot's user was deleted since, its author is nobody's agent.
        if ours(message) or message.author.role is Role.AGENT:
            return None
        if message.author.role is Role.CUSTOMER:
            return message
    return None


def answers_given(ticket: Ticket, ours: Callable[[Message], bool]) -> int:
    """Count our own public replies on a ticket."""
    return sum(1 for message in ticket.messages if message.public and ours(message))


def due_at(message: Message, channel: str, quiet_seconds: float) -> float:
    """Tell when a message may be answered: a letter at once, a chat after a quiet period."""
    quiet = 0.0 if channel in LETTERS else quiet_seconds
    return message.created_at.timestamp() + quiet


def reason_to_stand_back(
    ticket: Ticket, message_id: str, ours: Callable[[Message], bool]
) -> Reason | None:
    """Tell why what was planned for a message must not be written any more, if so."""
    if not ticket.writable:
        return Reason("closed", f"The ticket is {ticket.status.value} and takes no more notes")
    if ticket.status is Status.SOLVED:
        # A customer who writes again reopens it, so solved means that a person has dealt with it.
        return Reason("solved", "A person solved the ticket without a reply")
    waiting = message_to_answer(ticket, ours)
    if waiting is None:
        return Reason("answered_meanwhile", "A person answered while the draft was being made")
    if waiting.id != message_id:
        return Reason("superseded", "The customer wrote again before anything was written")
    return None
