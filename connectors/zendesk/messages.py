"""A Zendesk ticket's comments as messages: who wrote them, what is ours, what was taken out. Pure.

Facts: Zendesk's OpenAPI files, and answers recorded by the zenpy project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from connectors.config import ConnectorConfig
from connectors.marks import mark_in_note
from connectors.records import utc
from connectors.types import Attachment, Message, Person, Role
from connectors.zendesk import wire
from connectors.zendesk.placeholders import whole

MARK = "understudy"
PART = "understudy_part"
NOTE = "note"
REPLY = "reply"
REDACTED = "\u2587"  # stands for each character that was taken out; it cannot be put back
REDACTED_FILE = "redacted.txt"  # stands for a file that was taken out
MALICIOUS = "malware_found"

_ROLES = {"end-user": Role.CUSTOMER, "agent": Role.AGENT, "admin": Role.AGENT}
_AUTOMATIC = frozenset({"rule", "system"})  # triggers, automations, merges, the helpdesk itself
_MAIL = "email"
_BOTS = "answer_bot"  # answer_bot_for_web_widget, answer_bot_api ...: Zendesk's own
# Messaging and chat tickets open with this private comment, which nobody types.
_OPENING = re.compile(r"Conversation with [^\n]{1,200}\n\s*URL:[ \t]*(\S*)")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is who on one ticket; ``messaging`` says that it came through a messaging channel.

    ``alone`` says that agents have nobody but the requester to answer: see ``alone``.
    """

    config: ConnectorConfig
    users: Mapping[str, wire.User]
    requester_id: str
    messaging: bool = False
    alone: bool = False

    def person(self, user_id: str, default: Role) -> Person:
        """Find somebody; who was deleted is in no list, and is ``default``."""
        user = self.users.get(user_id)
        return person(user, self.config, default) if user else Person(user_id, role=default)


def message_from_zendesk(comment: wire.Comment, cast: Cast) -> Message:
    """Turn a comment into a message; whether it is ours is told by its mark, not by its author."""
    # plain_body is made for reading: `body` is Markdown or flattened HTML.
    text = whole(comment.plain_body if comment.plain_body is not None else comment.body or "")
    html = whole(comment.html_body or "")
    author = _author(comment, cast)
    mark = _mark(comment, author, text)
    if author.role is Role.AGENT and mark is None and _asks(comment, cast):
        author = replace(author, role=Role.CUSTOMER)
    files = tuple(comment.attachments or ())
    return Message(
        id=comment.id,
        author=author,
        public=comment.public,
        text=text.strip(),
        html=html,
        created_at=utc(comment.created_at),
        mark=mark,
        automatic=author.role in (Role.SYSTEM, Role.BOT),
        redacted=is_redacted(text, html, files),
        attachments=attachments(files, html),
    )


def alone(
    raw: wire.Ticket, comments: Iterable[wire.Comment], users: Mapping[str, wire.User]
) -> bool:
    """Tell whether a ticket's requester is all that agents could be writing to in public.

    Nobody is in copy, as agents who follow a ticket are not, and no customer wrote beside them.
    """
    copied = {*(raw.collaborator_ids or ()), *(raw.email_cc_ids or ())}
    copied -= {*(raw.follower_ids or ()), raw.requester_id}
    wrote = {each.author_id for each in comments if each.public} - {raw.requester_id}
    people = (users.get(each) for each in wrote if not each.startswith("-"))
    return not copied and all(each is not None and _is_staff(each) for each in people)


def person(user: wire.User, config: ConnectorConfig, default: Role = Role.CUSTOMER) -> Person:
    """Turn a user into a person; roles that we do not know count as ``default``.

    Light agents and contributors are agents, too: Zendesk tells them apart by another field.
    """
    return Person(
        id=user.id or "",
        name=user.name or "",
        email=user.email or "",
        role=_ROLES.get((user.role or "").casefold(), default),
        tags=config.with_vip(user.tags or ()),
        fields=plain_fields(user.user_fields),
        since=utc(user.created_at) if user.created_at else None,
        verified=user.verified is True,
    )


def plain_fields(fields: Mapping[str, Any] | None) -> dict[str, str]:
    """Read the fields that a team gave its users or organizations, those that are filled in."""
    return {
        name: str(value)
        for name, value in (fields or {}).items()
        if value not in (None, "") and not isinstance(value, dict | list)
    }


def opening(comment: wire.Comment) -> str | None:
    """Read from a conversation's opening line on which page it began; ``None``: it is none.

    Zendesk writes it, in the customer's name and privately, as customers cannot.
    """
    found = None if comment.public else _OPENING.match((comment.plain_body or "").strip())
    return found[1] if found else None


def marked(metadata: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    """Read our key, and which part of a change it stands for, from a comment's or audit's metadata.

    ``custom`` is what an API caller with an agent's rights put there.
    """
    custom = (metadata or {}).get("custom")
    if not isinstance(custom, dict):
        return None, None
    key, part = custom.get(MARK), custom.get(PART)
    return (key if isinstance(key, str) else None), (part if isinstance(part, str) else None)


def attachments(files: tuple[wire.File, ...], html: str) -> tuple[Attachment, ...]:
    """List a message's files, inline pictures too, with what the message says of them.

    What was found malicious, or was taken out, is named and cannot be read.
    """
    alts = _alts(html) if files else {}
    return tuple(
        Attachment(
            name=file.file_name or "",
            content_type=file.content_type or "",
            size=file.size or 0,
            alt=alts.get(_place(file.content_url or ""), ""),
            url="" if _unreadable(file) else file.content_url or "",
        )
        for file in files
    )


def is_redacted(text: str, html: str, files: Iterable[wire.File]) -> bool:
    """Tell whether words or files of a message were taken out."""
    return REDACTED in text or REDACTED in html or any(map(_taken_out, files))


def channel(via: wire.Via | None) -> str:
    """Name the channel that something came through, in lower case: email, web, chat ..."""
    return re.sub(r"\s+", "_", (via.channel or "") if via else "").lower()


def _author(comment: wire.Comment, cast: Cast) -> Person:
    # An author that was deleted is in no list. Customers cannot write privately.
    unknown = Role.CUSTOMER if comment.public else Role.SYSTEM
    default = Role.CUSTOMER if comment.author_id == cast.requester_id else unknown
    author = cast.person(comment.author_id, default)
    through = channel(comment.via)
    system = comment.author_id.startswith("-")  # Zendesk itself, and its bots
    if through in _AUTOMATIC or opening(comment) is not None:
        return replace(author, role=Role.SYSTEM)
    if through.startswith(_BOTS) and author.role is not Role.CUSTOMER:
        return replace(author, role=Role.BOT)
    if system:
        bot = comment.public and cast.messaging
        return replace(author, role=Role.BOT if bot else Role.SYSTEM)
    return author


def _is_staff(user: wire.User) -> bool:
    return _ROLES.get((user.role or "").casefold()) is Role.AGENT


def _asks(comment: wire.Comment, cast: Cast) -> bool:
    """Tell whether an agent writes as the customer of a ticket: by mail, on one of their own.

    What is typed in the agents' interface, sent by an integration, or asked of colleagues in a
    side conversation may be an answer, in a ticket that only bears an agent's name; so may a mail
    where there is somebody else to answer. None of those is ever answered, or learned a wrong
    question from.
    """
    own = comment.author_id == cast.requester_id and comment.public and cast.alone
    return own and channel(comment.via) == _MAIL


def _mark(comment: wire.Comment, author: Person, text: str) -> str | None:
    # Only staff can have marks: what a customer typed or sent is never taken for ours.
    if author.role is not Role.AGENT:
        return None
    key, _ = marked(comment.metadata)
    if key is None and not comment.public:
        return mark_in_note(text)
    return key


def _taken_out(file: wire.File) -> bool:
    return file.file_name == REDACTED_FILE


def _unreadable(file: wire.File) -> bool:
    return bool(file.deleted) or file.malware_scan_result == MALICIOUS or _taken_out(file)


def _place(url: str) -> str:
    """Name a file by its path: its address is told with and without a mapped host, and a query."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _alts(html: str) -> dict[str, str]:
    pictures = _Pictures()
    try:
        pictures.feed(html)
        pictures.close()
    except AssertionError:  # the parser's own answer to an unfinished "<!["
        return {}
    return {_place(source): alt for source, alt in pictures.found}


class _Pictures(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a picture that has a description."""
        told = dict(attrs)
        if tag == "img" and told.get("src") and told.get("alt"):
            self.found.append((told["src"] or "", (told["alt"] or "").strip()))
