"""Intercom's records as they come off the wire: only the fields that we read, and leniently.

Fields follow Intercom's OpenAPI files for 2.15 and 2.16, where the service and its description
differ, both: ids are strings or integers, nobody is ``null``, ``0`` or ``"0"``, times are Unix
seconds or ISO text. Whatever may be left out is optional.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from connectors.records import Model, Record, iso_time, read_record


def moment(value: Any) -> datetime | None:
    """Read a time: Unix seconds as a number or text, or ISO; what is none of them is no time."""
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and not value.isascii():
            return None
        if isinstance(value, str) and not value.strip().isdigit():
            return iso_time(value)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        return datetime.fromtimestamp(float(value), UTC) if float(value) > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _present(value: Any) -> Any:
    return None if value in (0, "0", "") else value


def _object(value: Any) -> Any:
    # Empty ones come as null, [] or "" as well.
    return value if isinstance(value, dict) else None


def _count(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _word(value: Any) -> Any:
    return value if isinstance(value, str) else None


Id = Annotated[str | None, BeforeValidator(_present)]
Time = Annotated[datetime | None, BeforeValidator(moment)]
Count = Annotated[int | None, BeforeValidator(_count)]
Word = Annotated[str | None, BeforeValidator(_word)]
Bag = Annotated[Mapping[str, Any] | None, BeforeValidator(_object)]


class Author(Record):
    """Who wrote something; leads come with a null name and an empty address, Twitter with none."""

    type: str | None = None
    id: Id = None
    name: str | None = None
    email: str | None = None
    from_ai_agent: bool | None = None
    is_ai_answer: bool | None = None


class File(Record):
    """An attachment; its address is signed anew for each answer, so it is no part of a dump."""

    name: str | None = None
    content_type: str | None = None
    filesize: Count = None
    url: str | None = Field(default=None, exclude=True, repr=False)


class Part(Record):
    """A part of a conversation or ticket: a message, a note, or something that happened."""

    id: str
    part_type: str | None = None
    body: str | None = None
    created_at: Time = None
    updated_at: Time = None
    author: Author | None = None
    attachments: tuple[File, ...] | None = None
    redacted: bool | None = None
    app_package_code: Word = None  # of the app that wrote it through the API
    ticket_state: Word = None  # of a ticket's: the category that it was moved to


class Source(Record):
    """The message that a conversation began with."""

    type: str | None = None
    id: Id = None
    delivered_as: str | None = None
    subject: str | None = None
    body: str | None = None
    author: Author | None = None
    attachments: tuple[File, ...] | None = None
    url: str | None = None
    redacted: bool | None = None


class Parts(Record):
    """The newest 500 parts, of a conversation or of a ticket."""

    conversation_parts: tuple[Part, ...] | None = None
    ticket_parts: tuple[Part, ...] | None = None
    total_count: Count = None


class Reference(Record):
    """A pointer to a contact."""

    id: Id = None


class Contacts(Record):
    """The contacts of a conversation; the first is the one who wrote in."""

    contacts: tuple[Reference, ...] | None = None


class Tag(Record):
    """A tag."""

    id: str
    name: str | None = None


class Tags(Record):
    """Tags, under one of the two names that lists have."""

    tags: tuple[Tag, ...] | None = None
    data: tuple[Tag, ...] | None = None

    @property
    def names(self) -> frozenset[str]:
        """What they are called."""
        return frozenset(tag.name for tag in self.tags or self.data or () if tag.name)


class Company(Record):
    """A company that contacts belong to."""

    id: Id = None
    name: str | None = None
    plan: Bag = None
    remote_created_at: Time = None
    created_at: Time = None
    monthly_spend: Any = None
    size: Any = None
    industry: Any = None
    custom_attributes: Bag = None
    tags: Tags | None = None


class Companies(Record):
    """Companies of a contact; the description has two names for the list."""

    data: tuple[Company, ...] | None = None
    companies: tuple[Company, ...] | None = None

    @property
    def listed(self) -> tuple[Company, ...]:
        """Those that were given."""
        return self.data or self.companies or ()


class Attached(Record):
    """What is attached to a contact: pointers only, and of those ten."""

    data: tuple[Any, ...] | None = None
    total_count: Count = None

    @property
    def any(self) -> bool:
        """Whether there is anything."""
        return bool(self.data or self.total_count)


class Contact(Record):
    """A user or lead."""

    id: str
    workspace_id: str | None = None
    role: str | None = None
    external_id: Id = None  # the team's own name for a user
    name: str | None = None
    email: str | None = None
    created_at: Time = None
    signed_up_at: Time = None
    custom_attributes: Bag = None
    companies: Attached | None = None
    tags: Attached | None = None


class FirstReply(Record):
    """Where the contact was when writing for the first time."""

    url: str | None = None


class State(Record):
    """Where a ticket stands: ``category`` is one of four, the labels are the team's own."""

    id: Id = None
    category: str | None = None
    internal_label: str | None = None


class Rated(Record):
    """What the contact said in a survey; the parts of a conversation do not tell it."""

    rating: Count = None
    remark: str | None = None
    created_at: Time = None  # when it was asked for
    updated_at: Time = None
    teammate: Annotated[Author | None, BeforeValidator(_object)] = None


class FinsPart(Record):
    """What Fin had to do with a conversation, where it is paid for."""

    rating: Count = None
    rating_remark: str | None = None
    created_at: Time = None
    updated_at: Time = None


class Statistics(Record):
    """What Intercom counts by itself; up to 2.14 the times in notifications are ISO text."""

    first_admin_reply_at: Time = None
    last_close_at: Time = None
    count_reopens: Count = None


class Thread(Record):
    """A conversation, or a ticket of the Tickets API: whatever a customer and the team write in.

    A conversation has ``ticket`` set once it was turned into one. A ticket's ``ticket_id``, the
    number in the inbox, is no use here.
    """

    id: str
    type: str | None = None
    created_at: Time = None
    updated_at: Time = None
    contacts: Contacts | None = None
    admin_assignee_id: Id = None
    team_assignee_id: Id = None
    open: bool | None = None
    snoozed_until: Time = None
    tags: Tags | None = None
    channel: Any = None  # of a conversation (from 2.16) an object, of a ticket a word
    custom_attributes: Bag = None
    conversation_rating: Annotated[Rated | None, BeforeValidator(_object)] = None
    ai_agent: Annotated[FinsPart | None, BeforeValidator(_object)] = None
    ai_agent_participated: bool | None = None
    statistics: Annotated[Statistics | None, BeforeValidator(_object)] = Field(
        default=None, exclude=True
    )

    title: str | None = None
    state: str | None = None
    priority: str | None = None
    source: Source | None = None
    first_contact_reply: FirstReply | None = None
    conversation_parts: Parts | None = None
    company: Annotated[Company | None, BeforeValidator(_object)] = None
    ticket: Bag = None

    category: str | None = None
    ticket_attributes: Bag = None
    ticket_state: State | str | None = None
    ticket_type: Annotated[Reference | None, BeforeValidator(_object)] = None
    ticket_parts: Parts | None = None

    @property
    def is_ticket(self) -> bool:
        """Whether it is a ticket of the Tickets API."""
        return self.type == "ticket"

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that were given."""
        held = self.ticket_parts if self.is_ticket else self.conversation_parts
        return (held.ticket_parts or held.conversation_parts or ()) if held else ()

    @property
    def parts_count(self) -> int:
        """How many parts there are, as far as that is told."""
        held = self.ticket_parts if self.is_ticket else self.conversation_parts
        return (held.total_count or 0) if held else 0

    @property
    def contact_ids(self) -> tuple[str, ...]:
        """The contacts that it is with."""
        listed = (self.contacts.contacts if self.contacts else None) or ()
        return tuple(reference.id for reference in listed if reference.id)

    @property
    def contact_id(self) -> str | None:
        """The contact who began it, else the first."""
        began = self.source.author.id if self.source and self.source.author else None
        return began if began in self.contact_ids else next(iter(self.contact_ids), None)


def read(model: type[Model], body: Any) -> Model:
    """Validate an answer; raises ``VendorBroken``, naming the field and never its content."""
    return read_record(model, body, "Intercom")
