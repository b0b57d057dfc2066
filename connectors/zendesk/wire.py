"""Zendesk's records as they come off the wire: only the fields that we read.

Fields and nullability follow Zendesk's OpenAPI files; what is not listed is ignored, so that a new
field never breaks us. Ids are integers there and strings with us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, StrictBool, ValidationError

from connectors.errors import VendorBroken

Model = TypeVar("Model", bound=BaseModel)


class Wire(BaseModel):
    """Base of all records: frozen, tolerant of fields that we do not know."""

    model_config = ConfigDict(
        extra="ignore", coerce_numbers_to_str=True, frozen=True, hide_input_in_errors=True
    )


class Via(Wire):
    """How something got into Zendesk; some old records have a number for the channel."""

    channel: str | None = None


class User(Wire):
    """A user. An unauthenticated ``/users/me`` answers 200 with a user whose id is null."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    role: str | None = None
    role_type: int | None = None
    tags: tuple[str, ...] | None = None


class Organization(Wire):
    """A customer's organization."""

    id: str
    name: str | None = None
    tags: tuple[str, ...] | None = None
    organization_fields: Mapping[str, Any] | None = None


class Group(Wire):
    """A group of agents."""

    id: str
    name: str
    deleted: bool = False


class File(Wire):
    """An attachment."""

    file_name: str | None = None
    content_type: str | None = None
    size: int | None = None


class Comment(Wire):
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


class Ticket(Wire):
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


class TicketAnswer(Wire):
    """A ticket with what was side-loaded."""

    ticket: Ticket
    users: tuple[User, ...] | None = None
    groups: tuple[Group, ...] | None = None
    organizations: tuple[Organization, ...] | None = None


class Meta(Wire):
    """Where a listing goes on. ``links.next`` is no guide: it is set on last pages, too."""

    has_more: bool = False
    after_cursor: str | None = None


class Paged(Wire):
    """What all cursor listings have in common."""

    meta: Meta = Meta()


class CommentsPage(Paged):
    """A page of a ticket's comments."""

    comments: tuple[Comment, ...]
    users: tuple[User, ...] | None = None


class Line(Wire):
    """A ticket in the incremental export."""

    id: str
    updated_at: datetime


class Export(Wire):
    """A page of the incremental export."""

    tickets: tuple[Line, ...]
    after_cursor: str | None = None
    end_of_stream: bool


class Section(Wire):
    """A section of the help centre."""

    id: str
    name: str | None = None


class Article(Wire):
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


class Locales(Wire):
    """The help centre's languages."""

    locales: tuple[str, ...]


class AuditEvent(Wire):
    """One thing that an update did; a comment has type ``Comment`` and says whether it is public.

    Ids of other event types are of no use to us and differ in type, so they may be anything.
    """

    id: Any = None
    type: str = ""
    public: bool | None = None


class Audit(Wire):
    """What one update did."""

    metadata: Mapping[str, Any] | None = None
    events: tuple[AuditEvent, ...] = ()


class Update(Wire):
    """The answer to a write."""

    ticket: Ticket
    audit: Audit


def read(model: type[Model], body: Any) -> Model:
    """Validate an answer; raises ``VendorBroken``, naming the field and never its content."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the answer"
        raise VendorBroken(f"Zendesk answered with nonsense: {where} is wrong") from None


def by_id(users: Iterable[User]) -> dict[str, User]:
    """Index users by id."""
    return {user.id: user for user in users if user.id}
