"""Zendesk's records as they come off the wire: only the fields that we read.

Fields and nullability follow Zendesk's OpenAPI files; what is not listed is ignored, so that a new
field never breaks us. Ids are integers there and strings with us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import StrictBool

from connectors.records import Model, Record, read_record


class Via(Record):
    """How something got into Zendesk; some old records have a number for the channel."""

    channel: str | None = None


class User(Record):
    """A user. An unauthenticated ``/users/me`` answers 200 with a user whose id is null."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    role: str | None = None
    role_type: int | None = None
    tags: tuple[str, ...] | None = None


class Organization(Record):
    """A customer's organization."""

    id: str
    name: str | None = None
    tags: tuple[str, ...] | None = None
    organization_fields: Mapping[str, Any] | None = None


class Group(Record):
    """A group of agents."""

    id: str
    name: str
    deleted: bool = False


class File(Record):
    """An attachment."""

    file_name: str | None = None
    content_type: str | None = None
    size: int | None = None


class Comment(Record):
    """A comment; ``public`` is demanded, since a wrong guess would show a note to a customer."""

    id: str
    author_id: str
    public: StrictBool
    created_at: datetime
    body: str | None = None
    html_body: str | None = None
    plain_body: str | None = None
    via: Via | None = None
    metadata: Mapping[str, Any] | None = None
    attachments: tuple[File, ...] | None = None


class Ticket(Record):
    """A ticket. ``updated_at`` stays the string it was: it is sent back as ``updated_stamp``."""

    id: str
    status: str
    updated_at: str
    subject: str | None = None
    raw_subject: str | None = None
    priority: str | None = None
    tags: tuple[str, ...] | None = None
    group_id: str | None = None
    assignee_id: str | None = None
    requester_id: str | None = None
    organization_id: str | None = None
    via: Via | None = None
    created_at: datetime | None = None


class TicketAnswer(Record):
    """A ticket with what was side-loaded."""

    ticket: Ticket
    users: tuple[User, ...] | None = None
    groups: tuple[Group, ...] | None = None
    organizations: tuple[Organization, ...] | None = None


class Meta(Record):
    """Where a listing goes on. ``links.next`` is no guide: it is set on last pages, too."""

    has_more: bool = False
    after_cursor: str | None = None


class Paged(Record):
    """What all cursor listings have in common."""

    meta: Meta = Meta()


class CommentsPage(Paged):
    """A page of a ticket's comments."""

    comments: tuple[Comment, ...]
    users: tuple[User, ...] | None = None


class Line(Record):
    """A ticket in the incremental export."""

    id: str
    updated_at: datetime


class Export(Record):
    """A page of the incremental export."""

    tickets: tuple[Line, ...]
    after_cursor: str | None = None
    end_of_stream: bool


class Section(Record):
    """A section of the help centre."""

    id: str
    name: str | None = None


class Article(Record):
    """An article; ``body`` may be null, and segments say who may read it."""

    id: str
    title: str | None = None
    body: str | None = None
    html_url: str | None = None
    locale: str | None = None
    source_locale: str | None = None
    draft: bool = False
    section_id: str | None = None
    label_names: tuple[str, ...] | None = None
    user_segment_id: str | None = None
    user_segment_ids: tuple[str, ...] | None = None
    updated_at: datetime | None = None
    edited_at: datetime | None = None


class ArticlesPage(Paged):
    """A page of the help centre's articles."""

    articles: tuple[Article, ...]
    sections: tuple[Section, ...] | None = None


class Locales(Record):
    """The help centre's languages."""

    locales: tuple[str, ...]


class AuditEvent(Record):
    """One thing that an update did; a comment has type ``Comment`` and says whether it is public.

    Ids of other event types are of no use to us and differ in type, so they may be anything.
    """

    id: Any = None
    type: str = ""
    public: bool | None = None


class Audit(Record):
    """What one update did."""

    metadata: Mapping[str, Any] | None = None
    events: tuple[AuditEvent, ...] = ()


class Update(Record):
    """The answer to a write."""

    ticket: Ticket
    audit: Audit


def read(model: type[Model], body: Any) -> Model:
    """Validate an answer; raises ``VendorBroken``, naming the field and never its content."""
    return read_record(model, body, "Zendesk")


def by_id(users: Iterable[User]) -> dict[str, User]:
    """Index users by id."""
    return {user.id: user for user in users if user.id}
