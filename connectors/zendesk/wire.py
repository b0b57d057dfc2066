"""Zendesk's records as they come off the wire: only the fields that we read.

Fields and nullability follow Zendesk's OpenAPI files; what is not listed is ignored, so that a new
field never breaks us. Ids are integers there and strings with us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import StrictBool

from connectors.records import Model, Record, read_record

Params = dict[str, str | int]
Get = Callable[[str, Params | None], dict[str, Any]]  # reads an address below /api/v2
Pages = Callable[[str, Params], Iterator[dict[str, Any]]]  # reads a listing to its end


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
    user_fields: Mapping[str, Any] | None = None
    created_at: datetime | None = None
    verified: bool | None = None


class Organization(Record):
    """A customer's organization."""

    id: str
    name: str | None = None
    tags: tuple[str, ...] | None = None
    organization_fields: Mapping[str, Any] | None = None
    created_at: datetime | None = None


class Group(Record):
    """A group of agents."""

    id: str
    name: str
    deleted: bool = False


class File(Record):
    """An attachment; a malicious one has ``malware_scan_result`` ``malware_found``."""

    file_name: str | None = None
    content_type: str | None = None
    content_url: str | None = None
    size: int | None = None
    deleted: bool | None = None
    malware_scan_result: str | None = None


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


class FieldValue(Record):
    """What a ticket has in one of the team's own fields: text, a number, a list, or nothing."""

    id: str
    value: Any = None


class Satisfaction(Record):
    """The older kind of rating; before it is given, ``score`` says that it was offered, or not."""

    id: str | None = None
    score: str | None = None
    comment: str | None = None


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
    collaborator_ids: tuple[str, ...] | None = None  # who is in copy, and who follows
    email_cc_ids: tuple[str, ...] | None = None
    follower_ids: tuple[str, ...] | None = None
    via: Via | None = None
    created_at: datetime | None = None
    custom_status_id: str | None = None
    custom_fields: tuple[FieldValue, ...] | None = None
    satisfaction_rating: Satisfaction | None = None
    from_messaging_channel: bool | None = None


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


class Exported(Record):
    """A page of any incremental export, whatever it lists."""

    after_cursor: str | None = None
    end_of_stream: bool


class Export(Exported):
    """A page of the incremental export of tickets."""

    tickets: tuple[Line, ...]


class FieldOption(Record):
    """A choice of a drop-down field: ``value`` is the tag that a ticket has, ``name`` its label."""

    name: str | None = None
    value: str | None = None


class TicketField(Record):
    """A field of tickets, with the title that agents see."""

    id: str
    title: str | None = None
    custom_field_options: tuple[FieldOption, ...] | None = None


class FieldsPage(Paged):
    """A page of the account's ticket fields."""

    ticket_fields: tuple[TicketField, ...]


class CustomStatus(Record):
    """A status of the team's own, below one of Zendesk's."""

    id: str
    agent_label: str | None = None
    status_category: str | None = None
    default: bool = False


class CustomStatuses(Record):
    """The account's statuses, all in one answer."""

    custom_statuses: tuple[CustomStatus, ...]


class Me(Record):
    """Who we are."""

    user: User


class Action(Record):
    """What a trigger or a macro does; the value's type depends on the field."""

    field: str = ""
    value: Any = None


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
