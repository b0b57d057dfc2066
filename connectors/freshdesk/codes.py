"""Freshdesk's numbers for what we have words for, without effects.

The tables are those that python-freshdesk, Chatwoot's importer and Onyx agree on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.freshdesk import wire
from connectors.types import Priority, Status

# A folder's visibility; 5 are bots, 6 segments of contacts, 7 segments of companies (API page).
EVERYBODY, LOGGED_IN, AGENTS, COMPANIES = 1, 2, 3, 4
PUBLISHED = 2  # an article's status; 1 is a draft
ALL_AGENTS = 0  # a canned response's visibility; 1 is one agent's, 2 some groups' (API page)
NOTE, FEEDBACK, FORWARD = 2, 6, 8  # sources of conversations
OUTBOUND, WEB_CHAT = 10, 15  # sources of tickets

CHANNELS: Mapping[int, str] = {
    1: "email",
    2: "portal",
    3: "phone",
    4: "forum",
    5: "twitter",
    6: "facebook",
    7: "chat",
    8: "mobile",
    9: "web",  # the feedback widget
    OUTBOUND: "email",
    11: "ecommerce",
    12: "bot",
    13: "whatsapp",
    14: "task",  # a chat's internal task
    WEB_CHAT: "chat",
}
OPEN, PENDING, RESOLVED, CLOSED = 2, 3, 4, 5
_FIXED = {
    OPEN: Status.OPEN,
    PENDING: Status.PENDING,
    RESOLVED: Status.SOLVED,
    CLOSED: Status.CLOSED,
}
FIRST_CUSTOM = 6
PRIORITIES: Mapping[int, Priority] = {
    1: Priority.LOW,
    2: Priority.NORMAL,
    3: Priority.HIGH,
    4: Priority.URGENT,
}

# By the name that an admin gave; the first that fits. A third party is not the customer.
_WAITING = {
    Status.HOLD: re.compile(r"\b(third[ -]?party|vendor|supplier|partner|hold)\b"),
    Status.PENDING: re.compile(r"\b(customer|client|requester|user|a?waiting|pending)\b"),
}
# What the two custom ones are that every account begins with (sample of ``GET /ticket_fields``,
# and 6 in Zulip's rendered webhooks); an admin may have renamed them, so a name says more.
_USUAL = {6: Status.PENDING, 7: Status.HOLD}


def status_of(code: int | None, names: Mapping[int, str]) -> Status:
    """Turn a status into ours; custom ones, from 6 on, by the name that an admin gave."""
    known = _FIXED.get(code or 0)
    if known is not None:
        return known
    if not names:
        return _USUAL.get(code or 0, Status.OPEN)
    name = names.get(code or 0, "").casefold()
    return next((status for status, words in _WAITING.items() if words.search(name)), Status.OPEN)


def code_of(status: Status, names: Mapping[int, str]) -> int | None:
    """Find the number of a status; ``HOLD`` is a custom one, if the account has it."""
    fixed = {ours: code for code, ours in _FIXED.items()}
    if status in fixed:
        return fixed[status]
    custom = (code for code in sorted(names) if code >= FIRST_CUSTOM)
    return next((code for code in custom if status_of(code, names) is status), None)


def status_names(fields: Sequence[wire.TeamField]) -> dict[int, str]:
    """Read the statuses' names from the ticket fields; what cannot be read is left out.

    Choices are an object from number to labels (the agent's first), or a list of objects.
    """
    found: dict[int, str] = {}
    for item in fields:
        if item.name != "status" and item.type != "default_status":
            continue
        for number, label in _choices(item.choices):
            if str(number).isascii() and str(number).isdigit() and isinstance(label, str):
                found[int(str(number)[:9])] = label
    return found


def _choices(choices: Any) -> list[tuple[Any, Any]]:
    if isinstance(choices, dict):
        return [
            (number, labels[0] if isinstance(labels, list) and labels else labels)
            for number, labels in choices.items()
        ]
    listed = choices if isinstance(choices, list) else []
    return [
        (item.get("id", item.get("value")), item.get("label", item.get("value")))
        for item in listed
        if isinstance(item, dict)
    ]
