"""The helpdesk words: records that every connector speaks, whatever its vendor calls them.

All records are frozen. Times are aware datetimes in UTC, ids are strings (vendors mix integers
and strings, and some exceed 32 bits), bodies are HTML where the name says so, else plain text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
OWN_TAG = "understudy_"  # what the tags begin with that are ours to take away


class Role(StrEnum):
    """Who wrote a message, as far as the helpdesk can tell.

    A message written by us arrives as ``AGENT`` (the bot may run on a person's key); whether it
    is ours is told by ``Message.mark`` or a receipt, never by the author.
    """

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"  # another automation that writes like a person: the vendor's AI, a workflow
    SYSTEM = "system"  # triggers, imports, the helpdesk itself


class EventKind(StrEnum):
    """What a webhook announced; a hint only, since the ticket is always read again."""

    CREATED = "created"
    CUSTOMER_REPLIED = "customer_replied"
    AGENT_REPLIED = "agent_replied"
    NOTED = "noted"
    CHANGED = "changed"  # tags, status, priority, assignee, merge, deletion
    ARTICLE = "article"  # a page of the help centre changed, came or went; no ticket at all


class Priority(StrEnum):
    """How soon a person should look, lowest first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Status(StrEnum):
    """Where a ticket stands. ``CLOSED`` and ``GONE`` (deleted, spam, merged) take no writing."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"  # waiting for the customer
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"
    GONE = "gone"


class Feature(StrEnum):
    """What a helpdesk's API can do; ``render`` falls back where one is missing."""

    CONDITIONAL_WRITE = "conditional_write"  # a write is refused when the ticket has moved on
    ATOMIC_WRITE = "atomic_write"  # message, tags, priority and group in one call
    MARKED_REPLY = "marked_reply"  # a public reply can carry an invisible mark of ours
    PRIORITY = "priority"
    GROUPS = "groups"
    SIGNED_WEBHOOK = "signed_webhook"
    ARTICLES = "articles"
    ARTICLE_EVENTS = "article_events"  # webhooks tell of changed articles
    ARTICLE_CHANGES = "article_changes"  # a listing of what changed since, without all the rest
    CANNED = "canned"  # saved replies of agents can be read
    PAGE_URL = "page_url"  # tells on which page the customer was when writing in
    WHOLE_HISTORY = "whole_history"  # gives all messages, however long the conversation


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether a helpdesk can do something, and how; where it cannot, what is done instead."""

    able: bool
    how: str


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request as it came off the wire: header names in lower case, body untouched."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook announced about one ticket, or (``ARTICLE``) about the help centre.

    ``delivery_key`` is the same for every delivery of the same announcement. Of an article,
    ``ticket_id`` is "".
    """

    kind: EventKind
    ticket_id: str
    delivery_key: str
    occurred_at: datetime | None = None
    actor_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer or an agent."""

    id: str
    name: str = ""
    email: str = ""
    role: Role = Role.CUSTOMER
    tags: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)
    since: datetime | None = None  # when the helpdesk came to know this person
    verified: bool = False  # has proved to be who they say: signed in, or confirmed the address


@dataclass(frozen=True, slots=True)
class Account:
    """The customer's organization or company."""

    id: str
    name: str = ""
    plan: str = ""
    tags: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None  # customer since; else when the helpdesk came to know it

    @property
    def vip(self) -> bool:
        """Whether the team itself calls this account a very important one, by a tag ``vip``.

        Connectors add that tag where the account bears the one that ``VIP_TAG`` names.
        """
        return "vip" in {tag.casefold() for tag in self.tags}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message: what it is; ``Connector.file_text`` reads small texts.

    ``size`` is in bytes, 0 where the helpdesk does not tell. ``alt`` is what the message says of
    a picture. ``url`` may hold a signature that lets anybody read the file: never log or show it.
    """

    name: str
    content_type: str = ""
    size: int = 0
    alt: str = ""
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a ticket's conversation.

    ``mark`` is the key that ``Connector.apply`` was called with when we wrote this message, read
    only from places a customer cannot write to; ``None`` where there is none.
    """

    id: str
    author: Person
    public: bool
    text: str
    created_at: datetime
    html: str = ""
    mark: str | None = None
    automatic: bool = False  # the vendor says that no person typed it
    redacted: bool = False  # something was taken out on purpose: keep no copy of what it was
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer said about how a ticket was handled.

    ``score`` goes from 0 (worst) to 1 (best), whatever scale was shown. ``id`` is the same in
    every reading, and another one when the customer rates again.
    """

    id: str
    score: float
    comment: str = ""
    rated_at: datetime | None = None
    agent_id: str | None = None  # whom the helpdesk holds to be rated


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket or conversation, with its messages oldest first.

    ``revision`` is opaque: equal revisions of one ticket mean that nobody changed it in between.
    ``fields`` are those that ``TICKET_FIELDS`` names, by the title that agents see.
    """

    id: str
    subject: str
    status: Status
    revision: str
    requester: Person
    messages: tuple[Message, ...]
    account: Account | None = None
    priority: Priority | None = None
    tags: frozenset[str] = frozenset()
    group: str | None = None
    assignee_id: str | None = None
    channel: str = ""  # the vendor's word, in lower case: email, web, chat ...
    page_url: str = ""
    url: str = ""  # where an agent opens it
    tags_shown: bool = True  # whether a reading tells what somebody has tagged it with
    history_cut: bool = False  # there are older messages, which the helpdesk does not give
    merged: bool = False  # it goes on in another ticket: if ``GONE``, nobody deleted it
    status_name: str = ""  # the team's own name for where it stands, where it has one
    fields: Mapping[str, str] = field(default_factory=dict)
    ratings: tuple[Rating, ...] = ()  # those that a reading tells; ``Connector.ratings`` has all
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def writable(self) -> bool:
        """Whether the helpdesk still takes a note on this ticket."""
        return self.status not in (Status.CLOSED, Status.GONE)

    @property
    def vip(self) -> bool:
        """Whether the team calls the account or the requester very important, by a tag ``vip``.

        Freshdesk's companies have no tags, so there it is the contact who bears it.
        """
        requester = "vip" in {tag.casefold() for tag in self.requester.tags}
        return requester or (self.account is not None and self.account.vip)


@dataclass(frozen=True, slots=True)
class TicketRef:
    """A line of the change feed: read the ticket to learn more."""

    id: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PastTicket:
    """What became of a ticket, for figures: no text of anybody's.

    ``replied_at`` is the first public answer of the team, ``solved_at`` the last time that it was
    solved; ``None`` where that has not happened.
    """

    id: str
    created_at: datetime
    channel: str = ""
    replied_at: datetime | None = None
    solved_at: datetime | None = None
    reopens: int = 0
    ratings: tuple[Rating, ...] = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a listing; save ``cursor`` with what ``items`` led to, even when empty."""

    items: tuple[Item, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What we want written into one ticket. Bodies are HTML, already safe to show.

    ``tags`` are added, never taken away; ``untag`` takes away some of our own, which begin with
    ``understudy_``. ``group`` is the name an admin gave. ``release`` takes the ticket from the bot
    where the bot is its assignee, and from nobody else. ``answers`` is the id of the customer's
    message that this is about: where a reply can bear no mark, ours is looked for after it.
    """

    note: str | None = None
    reply: str | None = None
    tags: frozenset[str] = frozenset()
    priority: Priority | None = None
    group: str | None = None
    status: Status | None = None
    release: bool = False
    untag: frozenset[str] = frozenset()
    answers: str | None = None

    def __post_init__(self) -> None:
        if not all(tag.startswith(OWN_TAG) for tag in self.untag):
            raise ValueError("only our own tags are ever taken away")

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return replace(self, answers=None) == Change()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the helpdesk answered to a write: ids of what is now there.

    ``found`` means that an earlier attempt had already written it. ``fallbacks`` says, in words
    for the audit record, what the helpdesk would not take as asked, ``collisions`` what somebody
    else did between our reading and our writing, and what was done about it; a helpdesk with
    conditional writes raises ``Conflict`` instead. ``revision`` is for the record
    only: it cannot guard a further write, since what a customer wrote in the same moment may not
    show in it. Read the ticket again for that.
    """

    note_id: str | None = None
    reply_id: str | None = None
    revision: str = ""
    found: bool = False
    fallbacks: tuple[str, ...] = ()
    collisions: tuple[str, ...] = ()
