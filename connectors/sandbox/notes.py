"""What the bot's internal notes are, as far as the inbox shows it and "Use draft" needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from connectors.sandbox.records import Message, Person, Ticket
from connectors.sandbox.text import text_of_html

NoteKind = Literal["draft", "handoff", "note"]

_FLAGS = re.DOTALL | re.IGNORECASE
_MARKED = re.compile(r'<div[^>]*\bclass="[^"]*\bunderstudy-draft\b[^"]*"[^>]*>(.*?)</div>', _FLAGS)
_BARE = re.compile(r"<div>(.*?)</div>", _FLAGS)
_FIRST_BLOCK = re.compile(r"\s*<(p|h[1-6]|div)\b[^>]*>.*?</\1>", _FLAGS)
# What explains a draft begins at a rule or, where a vendor keeps none, at a label or the mark.
_EXPLAINED = re.compile(
    r"<hr\b[^>]*>|<p\b[^>]*>\s*(?:<small>\s*)?Understudy ref\b"
    r"|<p\b[^>]*>\s*<(?:strong|b)>\s*(?:From|Why|Not covered|Right\?)\s*</",
    _FLAGS,
)
_INSTEAD = re.compile(r"<p\b[^>]*>\s*<(?:strong|b)>\s*I would have answered\b.*?</p>", _FLAGS)
_QUOTE = re.compile(r"</?blockquote\b[^>]*>", re.IGNORECASE)
_HANDOFF = re.compile(r"\bfor a person\b|\bhand(ed|ing)?[\s-]?(off|over)", re.IGNORECASE)
_DRAFT = re.compile(r"\bdraft\b|\bquestion to ask\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DraftText:
    """What an agent would send by "Use draft"."""

    message_id: int
    html: str
    text: str


def note_kind(message: Message, author: Person) -> NoteKind | None:
    """Tell a bot's note from other messages, by its first line: a hand-over may hold a draft."""
    if author.role != "bot" or message.public:
        return None
    heading = _heading(message)
    if _HANDOFF.search(heading):
        return "handoff"
    if _MARKED.search(message.html) or _DRAFT.search(heading):
        return "draft"
    return "note"


def _heading(message: Message) -> str:
    return message.text.strip().partition("\n")[0]


def draft_in(message: Message) -> DraftText | None:
    """Take the proposed reply out of a note.

    It stands in ``<div class="understudy-draft">``. Where the vendor strips classes, it is what
    the first bare ``<div>`` holds; where it strips divs too, all between the heading line (in a
    hand-over: the line "I would have answered") and what explains it.
    """
    marked = _MARKED.search(message.html) or _BARE.search(message.html)
    html = marked[1] if marked is not None else _between(message)
    text = text_of_html(html)
    return DraftText(message.id, html.strip(), text) if text else None


def _between(message: Message) -> str:
    heading = _FIRST_BLOCK.match(message.html)
    if _HANDOFF.search(_heading(message)):
        heading = _INSTEAD.search(message.html)
    if heading is None:
        return ""
    rest = message.html[heading.end() :]
    explained = _EXPLAINED.search(rest)
    return _QUOTE.sub("", rest[: explained.start()] if explained else rest)


def waiting_note(ticket: Ticket, people: dict[int, Person]) -> NoteKind | None:
    """Tell what kind of note waits for an agent: the newest, unless somebody has replied since."""
    for message in reversed(ticket.messages):
        author = people[message.author_id]
        if message.public and author.staff:
            return None
        kind = note_kind(message, author)
        if kind is not None:
            return kind
    return None


def newest_draft(ticket: Ticket, people: dict[int, Person]) -> DraftText | None:
    """Find the proposed reply of the newest note that has one."""
    for message in reversed(ticket.messages):
        kind = note_kind(message, people[message.author_id])
        if kind in {"draft", "handoff"}:
            draft = draft_in(message)
            if draft is not None:
                return draft
    return None
