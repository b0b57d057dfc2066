"""Freshdesk's records as they come off the wire: only the fields that we read.

There is no official description to hold them against: the fields are those of answers recorded
from live accounts. So nearly everything may be null, missing or of another type than expected, and
only what nothing can be done without is demanded. Ids are integers there and strings with us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from connectors.records import Model, Record, iso_time, read_record


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _id(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    # Python refuses to write out an integer of thousands of digits.
    return None if isinstance(value, int) and abs(value) >= 10**18 else str(value).strip() or None


def _code(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
    return value if isinstance(value, int) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(x for x in value if isinstance(x, str)) if isinstance(value, list) else ()


def _codes(value: Any) -> tuple[int, ...]:
    rows = value if isinstance(value, list) else []
    return tuple(code for code in rows if isinstance(code, int) and not isinstance(code, bool))


def _ids(value: Any) -> tuple[str, ...]:
    rows = value if isinstance(value, list) else []
    return tuple(found for each in rows if (found := _id(each)))


def _fields(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _records(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


Text = Annotated[str, BeforeValidator(_text)]
Id = Annotated[str | None, BeforeValidator(_id)]
Code = Annotated[int | None, BeforeValidator(_code)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Moment = Annotated[datetime | None, BeforeValidator(iso_time)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Ids = Annotated[tuple[str, ...], BeforeValidator(_ids)]
Fields = Annotated[Mapping[str, Any], BeforeValidator(_fields)]


class File(Record):
    """An attachment."""

    name: Text = ""
    content_type: Text = ""
    attachment_url: Text = ""
    # The older samples call it file_size.
    size: Code = Field(default=None, validation_alias=AliasChoices("size", "file_size"))


Files = Annotated[tuple[File, ...], BeforeValidator(_records)]


class Requester(Record):
    """Who wrote in, as far as ``include=requester`` tells."""

    id: Id = None
    name: Text = ""
    email: Text = ""


class Ticket(Record):
    """A ticket. Its description is the first message."""

    id: str = Field(min_length=1)
    subject: Text = ""
    type: Text = ""
    description: Text = ""
    description_text: Text = ""
    status: Code = None
    priority: Code = None
    source: Code = None
    tags: Texts = ()
    requester_id: Id = None
    responder_id: Id = None
    group_id: Id = None
    company_id: Id = None
    spam: Flag = None
    deleted: Flag = None  # missing from live tickets
    custom_fields: Fields = Field(default_factory=dict)
    created_at: Moment = None
    updated_at: Moment = None
    requester: Annotated[Requester, BeforeValidator(_fields)] = Requester()
    attachments: Files = ()


class Conversation(Record):
    """A reply, a note, or what else Freshdesk keeps among them; see ``mapping.author_role``."""

    id: str = Field(min_length=1)
    body: Text = ""
    body_text: Text = ""
    incoming: Flag = None
    private: Flag = None
    user_id: Id = None
    source: Code = None
    automation_id: Id = None
    auto_response: Flag = None
    from_email: Text = ""
    created_at: Moment = None
    updated_at: Moment = None
    attachments: Files = ()


class Contact(Record):
    """A customer."""

    id: Id = None
    name: Text = ""
    email: Text = ""
    company_id: Id = None
    tags: Texts = ()
    custom_fields: Fields = Field(default_factory=dict)
    active: Flag = None  # "Set to true if the contact has been verified" (API page)
    created_at: Moment = None


class Company(Record):
    """A customer's company. It has no tags."""

    id: str = Field(min_length=1)
    name: Text = ""
    account_tier: Text = ""
    industry: Text = ""
    health_score: Text = ""
    renewal_date: Text = ""
    custom_fields: Fields = Field(default_factory=dict)
    created_at: Moment = None


class AgentContact(Record):
    """The person behind an agent."""

    name: Text = ""
    email: Text = ""
    last_login_at: Moment = None


class Agent(Record):
    """An agent: the bot's own record is ``/agents/me``."""

    id: str = Field(min_length=1)
    type: Text = ""
    ticket_scope: Code = None
    contact: Annotated[AgentContact, BeforeValidator(_fields)] = AgentContact()


class Group(Record):
    """A group of agents."""

    id: str = Field(min_length=1)
    name: Text = ""


class TeamField(Record):
    """A field of tickets or companies; the status field's choices name the custom statuses.

    A field that depends on another is listed inside it.
    """

    name: Text = ""
    label: Text = ""
    type: Text = ""
    choices: Any = None
    nested_ticket_fields: Annotated[list[Any], BeforeValidator(_records)] = Field(
        default_factory=list
    )


class Line(Record):
    """A ticket in a listing."""

    id: str = Field(min_length=1)
    updated_at: Annotated[datetime, BeforeValidator(iso_time)]


class Stats(Record):
    """When things happened to a ticket; of what happened several times, the last."""

    first_responded_at: Moment = None
    reopened_at: Moment = None
    resolved_at: Moment = None
    closed_at: Moment = None


class PastLine(Line):
    """A ticket in a listing with ``include=stats``."""

    created_at: Annotated[datetime, BeforeValidator(iso_time)]
    source: Code = None
    stats: Annotated[Stats, BeforeValidator(_fields)] = Stats()


class Rating(Record):
    """What a customer told a survey. ``ratings`` is an object, though a schema says array."""

    id: str = Field(min_length=1)
    survey_id: Id = None
    agent_id: Id = None
    ticket_id: Id = None
    feedback: Text = ""
    ratings: Any = None
    created_at: Moment = None
    updated_at: Moment = None


class Question(Record):
    """A survey's question, and the numbers that may be answered."""

    id: Id = None
    default: Flag = None
    accepted_ratings: Annotated[tuple[int, ...], BeforeValidator(_codes)] = ()


class Survey(Record):
    """A survey."""

    id: str = Field(min_length=1)
    questions: Annotated[tuple[Question, ...], BeforeValidator(_records)] = ()


class Category(Record):
    """A category of the help centre."""

    id: str = Field(min_length=1)
    name: Text = ""


class Folder(Record):
    """A folder of the help centre; folders nest."""

    id: str = Field(min_length=1)
    name: Text = ""
    visibility: Code = None
    company_ids: Ids = ()
    articles_count: Code = None
    parent_folder_id: Id = None
    sub_folders_count: Code = None


class Article(Record):
    """An article of the help centre."""

    id: str = Field(min_length=1)
    title: Text = ""
    description: Text = ""
    status: Code = None
    tags: Texts = ()
    seo_data: Fields = Field(default_factory=dict)
    hierarchy: Annotated[list[Any], BeforeValidator(_records)] = Field(default_factory=list)
    updated_at: Moment = None


class HelpdeskSettings(Record):
    """The account's languages: its first, and those that customers are shown."""

    primary_language: Text = ""
    portal_languages: Texts = ()


class CannedFolder(Record):
    """A folder of canned responses; a personal one is our own agent's alone."""

    id: str = Field(min_length=1)
    name: Text = ""
    personal: Flag = None
    responses_count: Code = None


class CannedResponse(Record):
    """A canned response. No sample shows ``visibility``, which is set with one."""

    id: str = Field(min_length=1)
    title: Text = ""
    content_html: Text = ""
    visibility: Code = None
    updated_at: Moment = None


class Written(Record):
    """The answer to a note or a reply; a reply's does not say ``private``."""

    id: str = Field(min_length=1)
    private: Flag = None
    updated_at: Moment = None


class Refused(Record):
    """One of the fields that a write was refused for; the shape is that of the recorded 400."""

    field: Text = ""


class Refusal(Record):
    """A write that was refused, with the fields that are wrong, missing, or not for us to set."""

    errors: Annotated[tuple[Refused, ...], BeforeValidator(_records)] = ()


def read(model: type[Model], body: Any) -> Model:
    """Validate an answer; raises ``VendorBroken``, naming the field and never its content."""
    return read_record(model, body, "Freshdesk")


def read_all(model: type[Model], rows: Iterable[Any]) -> list[Model]:
    """Validate a listing; raises ``VendorBroken``."""
    return [read(model, row) for row in rows]
