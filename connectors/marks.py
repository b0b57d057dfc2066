"""Marks: how we know again what we wrote. Pure."""

from __future__ import annotations

import re
from html import unescape

from connectors.types import Change, Message, Ticket

# A run's key as it stands in the reference line of a note.
_MARK_LINE = re.compile(r"Understudy ref ([0-9a-f]{16})\b")
_TAG = re.compile(r"<[^<>]*>")


def mark_note(html: str, key: str) -> str:
    """Append the reference line by which we recognise our own internal note."""
    return f"{html}\n<p><small>Understudy ref {key}</small></p>"


def bears(ticket: Ticket, key: str) -> bool:
    """Tell whether any message of a ticket bears a key's mark."""
    return any(message.mark == key for message in ticket.messages)


def unmarked_reply(ticket: Ticket, change: Change, author_id: str) -> Message | None:
    """Find the public reply of a change that can bear no mark: by author, text and place.

    It stands after the message that the change answers, so that the same words sent at another
    time are not taken for it. White space and markup do not count: helpdesks rewrite both.
    """
    if change.reply is None:
        return None
    wanted = _words_of(change.reply)
    for message in reversed(ticket.messages):
        if message.id == change.answers:
            return None
        written = message.public and message.author.id == author_id
        if written and wanted in (_words_of(message.html), _words_of(message.text)):
            return message
    return None


def _words_of(html: str) -> str:
    return " ".join(re.findall(r"\w+", unescape(_TAG.sub(" ", html)))).casefold()


def mark_in_note(text: str) -> str | None:
    """Find the key in the text or HTML of an internal note written by staff.

    Never call it on what a customer wrote: anybody can type a reference line.
    """
    found = _MARK_LINE.findall(text)
    return found[-1] if found else None
