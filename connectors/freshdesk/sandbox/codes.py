"""Freshdesk's numbers for what the sandbox calls by name."""

from __future__ import annotations

from typing import get_args

from connectors.sandbox.records import Ticket, TicketPriority, TicketStatus

# 7 is what new accounts call "Waiting on Third Party" (sample of ``GET /ticket_fields``); the
# admin of this account has taken 6, "Waiting on Customer", away.
_STATUS_CODES = {"new": 2, "open": 2, "pending": 3, "solved": 4, "closed": 5, "hold": 7}
STATUSES: dict[int, TicketStatus] = {
    2: "open",
    3: "pending",
    4: "solved",
    5: "closed",
    7: "hold",
}
STATUS_LABELS = {
    2: ("Open", "Being Processed"),
    3: ("Pending", "Awaiting your Reply"),
    4: ("Resolved", "This ticket has been Resolved"),
    5: ("Closed", "This ticket has been Closed"),
    7: ("Waiting on Third Party", "Being Processed"),
}
PRIORITIES: dict[int, TicketPriority] = dict(enumerate(get_args(TicketPriority), start=1))
PRIORITY_LABELS = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
TYPES = ("Question", "Incident", "Problem", "Feature Request", "Refund")
EMAIL, PORTAL, WEB_CHAT = 1, 2, 15
# The documented ones, and those that Chatwoot's importer knows (source_bucket.rb).
_SOURCES = {
    "email": EMAIL,
    "web": PORTAL,
    "portal": PORTAL,
    "api": PORTAL,
    "phone": 3,
    "twitter": 5,
    "facebook": 6,
    "widget": 9,
    "whatsapp": 13,
    "chat": WEB_CHAT,
    "messaging": WEB_CHAT,
}
SOURCE_LABELS = {
    **{"Email": EMAIL, "Portal": PORTAL, "Phone": 3, "Forum": 4, "Twitter": 5, "Facebook": 6},
    **{"Chat": 7, "Feedback Widget": 9, "Outbound Email": 10, "Webchat": WEB_CHAT},
}


def status_code(status: TicketStatus) -> int:
    """The code of a status; what is deleted shows as closed beside its mark."""
    return _STATUS_CODES.get(status, 5)


def priority_code(priority: TicketPriority | None) -> int:
    """The code of a priority: a ticket always has one, and low is the one it starts with."""
    return get_args(TicketPriority).index(priority) + 1 if priority else 1


def source_code(channel: str) -> int:
    """The code of the channel that a ticket came in by."""
    return _SOURCES.get(channel, PORTAL)


def is_web_chat(ticket: Ticket) -> bool:
    """Whether this is a web chat, whose messages are kept otherwise than e-mail's."""
    return source_code(ticket.origin.channel) == WEB_CHAT
