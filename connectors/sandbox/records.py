"""What the sandbox remembers: plain frozen records, the same for every vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

PersonRole = Literal["customer", "agent", "bot"]
TicketStatus = Literal["new", "open", "pending", "hold", "solved", "closed", "deleted"]
TicketPriority = Literal["low", "normal", "high", "urgent"]
MessageKind = Literal["message", "feedback", "forward"]
DeliveryState = Literal["waiting", "delivered", "gave_up", "never_sent"]
ArticleVisibility = Literal["public", "restricted", "internal", "unpublished"]
PageKind = Literal["published", "changed", "unpublished", "deleted"]
HappeningKind = Literal[
    "created",
    "message",
    "redacted",
    "deleted",
    "restored",
    "merged",
    "spam",
    "not_spam",
    "changed",
]


@dataclass(frozen=True, slots=True)
class Organization:
    """A customer's company."""

    id: int
    name: str
    created_at: datetime
    plan: str = ""
    tags: tuple[str, ...] = ()
    customer_since: str = ""  # a date, like 2023-04-01


@dataclass(frozen=True, slots=True)
class Group:
    """A team of agents."""

    id: int
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, an agent, or the agent user that the bot acts as."""

    id: int
    name: str
    email: str
    role: PersonRole
    created_at: datetime
    organization_id: int | None = None
    tags: tuple[str, ...] = ()
    verified: bool = True  # has proved to be who they say

    @property
    def staff(self) -> bool:
        """Whether this person works on the team's side."""
        return self.role != "customer"


@dataclass(frozen=True, slots=True)
class Origin:
    """How something came in: the channel, the caller's User-Agent, and whether a rule wrote it."""

    channel: str = "web"
    client: str = ""
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; ``content`` is that of a small text, else ""."""

    name: str
    content_type: str = "application/octet-stream"
    size: int = 0
    content: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a conversation.

    ``kind`` tells apart what some vendors keep among the messages: a customer's answer to a
    survey, a forward of the ticket to an outsider.
    """

    id: int
    audit_id: int
    author_id: int
    public: bool
    html: str
    text: str
    created_at: datetime
    origin: Origin = Origin()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kind: MessageKind = "message"
    attachments: tuple[Attachment, ...] = ()
    score: float | None = None  # of a feedback, from 0 (worst) to 1 (best)
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer said about how a ticket was handled; ``id`` is its message's."""

    id: int
    score: float
    comment: str
    created_at: datetime
    agent_id: int | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a ticket that an edit set, with what it was before."""

    id: int
    field: str
    previous: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Audit:
    """One edit of a ticket: who, when, which fields, and the message that came with it."""

    id: int
    author_id: int
    created_at: datetime
    origin: Origin
    changes: tuple[FieldChange, ...] = ()
    message_id: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with everything that was said and done on it.

    ``updated_at`` has a resolution of one second, as vendors have. ``sequence`` counts all
    changes of the whole helpdesk, for the change feed.
    """

    id: int
    subject: str
    status: TicketStatus
    requester_id: int
    created_at: datetime
    updated_at: datetime
    sequence: int
    priority: TicketPriority | None = None
    tags: tuple[str, ...] = ()
    group_id: int | None = None
    assignee_id: int | None = None
    organization_id: int | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin = Origin()
    page_url: str = ""  # where the customer was when writing in
    merged_into: int | None = None
    spam: bool = False
    messages: tuple[Message, ...] = ()
    audits: tuple[Audit, ...] = ()

    @property
    def ratings(self) -> tuple[Rating, ...]:
        """The answers to the survey that bear a score, oldest first."""
        return tuple(
            Rating(said.id, said.score, said.text, said.created_at, self.assignee_id)
            for said in self.messages
            if said.kind == "feedback" and said.score is not None
        )


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a restricted article is for; somebody who fits any of it, tags all together, is let in.

    Who bears all of ``all_tags`` and one of ``any_tags`` fits the tags. Not every vendor knows all
    of these; a façade shows what its vendor has.
    """

    person_ids: tuple[int, ...] = ()
    organization_ids: tuple[int, ...] = ()
    all_tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    verified: bool = False  # whoever has signed in


@dataclass(frozen=True, slots=True)
class Translation:
    """An article in another language; it is published and marked as outdated by itself."""

    locale: str
    title: str
    html: str
    updated_at: datetime
    published: bool = True
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """A help centre page. ``given`` is the id under which it was handed in.

    ``sections`` is the way to it, outermost first. ``locale`` is "" for the help centre's own
    language. ``audience`` counts only where the article is restricted.
    """

    id: int
    given: str
    title: str
    html: str
    created_at: datetime
    updated_at: datetime
    sections: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    visibility: ArticleVisibility = "public"
    audience: Audience | None = None
    outdated: bool = False
    locale: str = ""
    translations: tuple[Translation, ...] = ()
    url: str = ""

    @property
    def published(self) -> bool:
        """Whether anybody beside the team's writers can see it."""
        return self.visibility != "unpublished"

    @property
    def section(self) -> str:
        """The way to it in one line."""
        return " / ".join(self.sections)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that agents keep ready. ``given`` is the id under which it was handed in.

    ``public`` ones are meant for customers, others for notes. With ``group_id`` it is that group's
    alone. ``folder`` is "" where it lies in none.
    """

    id: int
    given: str
    name: str
    html: str
    created_at: datetime
    updated_at: datetime
    folder: str = ""
    public: bool = True
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class PageTurned:
    """Something about an article that a vendor may announce by webhook.

    ``article`` is as it is now, of a deleted one as it was.
    """

    kind: PageKind
    article: Article


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a vendor announces by webhook; ``position`` counts within one edit.

    ``created``, ``message`` and ``redacted`` bear a message, all others the change of the one
    field that they are about; ``changed`` stands for every field without a kind of its own.
    """

    kind: HappeningKind
    ticket: Ticket
    audit: Audit
    position: int = 1
    change: FieldChange | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at delivering a webhook: the status it got, or why it got none."""

    at: datetime
    status: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook on its way: its body never changes, its signature is made for each attempt.

    ``ticket_id`` is 0 where it is about no ticket. One that is ``held`` lets the next one of its
    ticket overtake it. ``fault`` says what was done to it on request. ``url`` is where it goes, ""
    for where all do.
    """

    id: int
    invocation: str
    event: str
    kind: str
    ticket_id: int
    body: str
    created_at: datetime
    due_at: datetime
    state: DeliveryState = "waiting"
    attempts: tuple[Attempt, ...] = ()
    held: bool = False
    fault: str = ""
    url: str = ""
