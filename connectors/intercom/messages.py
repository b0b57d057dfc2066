"""Messages of a conversation: who wrote what, and who may read it. Without effects.

Facts: Intercom's OpenAPI files for 2.15 and 2.16, and captured notifications.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import unquote

from connectors.intercom import wire
from connectors.marks import mark_in_note
from connectors.text import is_html, text_of_html
from connectors.types import Attachment, Message, Person, Role

CUSTOMERS = frozenset({"user", "lead", "contact", "visitor"})
# Campaigns write in a team's name; from 2.17 a workflow may stand where a teammate does.
_ROBOTS = frozenset({"bot", "team", "operator", "workflow", "ai_agent"})
# Operator and Fin are listed as teammates in places; this is the address they have there.
_OPERATOR = re.compile(r"operator\+[^@]*@intercom\.io", re.IGNORECASE)
# How a conversation began, where no person typed its first message.
_AUTOMATED = frozenset({"campaigns_initiated", "operator_initiated", "automated"})
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def messages_of(raw: wire.Thread) -> Iterator[Message]:
    """List the messages, oldest first."""
    first = _opening(raw)
    if first is not None:
        yield first
    said = [message_from_part(part, raw.contact_ids) for part in raw.parts]
    yield from sorted((one for one in said if one), key=lambda message: message.created_at)


def _opening(raw: wire.Thread) -> Message | None:
    source = raw.source
    if source is not None:
        part = wire.Part(
            id=f"source-{source.id}" if source.id else "source",
            body=source.body,
            created_at=raw.created_at,
            author=source.author,
            attachments=source.attachments,
            redacted=source.redacted,
        )
        message = message_from_part(part, raw.contact_ids)
        if message is not None:
            return _as_begun(message, source.delivered_as)
    # What was written into a ticket's form is no part of it.
    description = attribute(raw, "_default_description_")
    if not description:
        return None
    text, html = _body(description)
    at = raw.created_at or _BEGINNING
    author = Person(raw.contact_id or "")
    return Message("description", author, public=True, text=text, html=html, created_at=at)


def _as_begun(message: Message, delivered_as: str | None) -> Message:
    role = message.author.role
    if role is Role.AGENT and delivered_as in _AUTOMATED:
        return replace(message, author=replace(message.author, role=Role.BOT), automatic=True)
    # Twitter's authors are blank.
    if role is Role.SYSTEM and delivered_as == "customer_initiated":
        return replace(message, author=replace(message.author, role=Role.CUSTOMER), automatic=False)
    return message


def _author(raw: wire.Author | None, contact_ids: Collection[str]) -> tuple[Person, bool]:
    """Tell who wrote, and whether no person did."""
    if raw is None:
        return Person("", role=Role.SYSTEM), True
    kind = (raw.type or "").casefold()
    robot = raw.from_ai_agent or raw.is_ai_answer or kind in _ROBOTS
    if robot or (kind == "admin" and is_operator(raw.email)):
        role = Role.BOT
    elif kind == "admin":
        # Also where an app wrote it (`app_package_code`): people answer through apps, too, and to
        # take one of them for a machine would be to talk over them.
        role = Role.AGENT
    elif kind in CUSTOMERS or (not kind and raw.id in contact_ids):
        role = Role.CUSTOMER
    else:
        role = Role.SYSTEM
    person = Person(raw.id or "", raw.name or "", raw.email or "", role)
    return person, role in (Role.BOT, Role.SYSTEM)


def is_internal(part_type: str | None) -> bool:
    """Tell whether a type of part is for the team only."""
    # "note" is the one that is known. A type like "note_and_reopen" is internal, too: a wrong
    # guess the other way round would take a note for what a customer was told.
    return "note" in (part_type or "").casefold().split("_")


def _body(said: str) -> tuple[str, str]:
    """Give a body as text and HTML: which of them it is differs by version and by endpoint."""
    if is_html(said):
        return text_of_html(said, links=True), said
    return said, ""


def message_from_part(part: wire.Part, contact_ids: Collection[str]) -> Message | None:
    """Turn a part into a message; ``None`` where nobody says anything in it.

    Text comes in parts of many types: a teammate who closes with a message, a contact who
    reopens with one. So who wrote, and that there is something, decides; not the type.
    """
    # What was taken out says that it was deleted, or nothing at all: neither is anybody's words.
    redacted = bool(part.redacted)
    said = "" if redacted else (part.body or "").strip()
    attachments = () if redacted else _attachments(part.attachments, said)
    if not said and not attachments and not redacted:
        return None
    author, automatic = _author(part.author, contact_ids)
    public = not is_internal(part.part_type)
    text, html = _body(said)
    # Only staff can have marks: what a customer typed or sent is never taken for ours.
    by_staff = author.role is Role.AGENT and not public
    return Message(
        id=part.id,
        author=author,
        public=public,
        text=text,
        html=html,
        created_at=part.created_at or _BEGINNING,
        mark=mark_in_note(text) if by_staff else None,
        automatic=automatic,
        redacted=redacted,
        attachments=attachments,
    )


def is_operator(email: str | None) -> bool:
    """Tell whether an address is that of Intercom's own bot."""
    return _OPERATOR.fullmatch((email or "").strip()) is not None


def attribute(raw: wire.Thread, name: str) -> str:
    """Read one of the fields that every type of ticket has; "" where it is no text."""
    held = raw.ticket_attributes or (raw.ticket or {}).get("ticket_attributes")
    value = held.get(name) if isinstance(held, Mapping) else None
    return value.strip() if isinstance(value, str) else ""


def _attachments(files: Iterable[wire.File] | None, body: str) -> tuple[Attachment, ...]:
    """List the files of a message, and the pictures within its text with what it says of them."""
    pictures = (
        {_place(one.url): one for one in _Pictures.of(body)} if "<img" in body.lower() else {}
    )
    listed = []
    for file in files or ():
        url = file.url or ""
        shown = pictures.pop(_place(url), None)
        alt = shown.alt if shown else ""
        kind = file.content_type or ""
        listed.append(Attachment(file.name or "", kind, file.filesize or 0, alt, url))
    return (*listed, *pictures.values())


def _place(url: str) -> str:
    # Addresses are signed anew for each answer, behind the question mark.
    return url.partition("?")[0]


class _Pictures(HTMLParser):
    """Lists the pictures of a text; those that come as data and not as an address are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Attachment] = []

    @classmethod
    def of(cls, html: str) -> list[Attachment]:
        """Find them, in any HTML."""
        parser = cls()
        if "<img" not in html.lower():
            return parser.found
        try:
            parser.feed(html)
            parser.close()
        except AssertionError:  # the parser's own answer to an unfinished "<!["
            pass
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        url = given.get("src") or ""
        if tag == "img" and url.startswith(("https://", "http://")):
            name = unquote(_place(url).rpartition("/")[2])
            self.found.append(Attachment(name, "image/*", 0, given.get("alt") or "", url))
