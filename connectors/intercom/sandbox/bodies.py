"""Reading what was sent: bodies are checked as strictly as the description says."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.intercom.sandbox.errors import ApiError, invalid, missing


class Body(BaseModel):
    """Base of all bodies: types are not converted, and what is not known is ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


Model = TypeVar("Model", bound=Body)


def json_body() -> dict[str, Any]:
    """Read the body as a JSON object."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ApiError(400, "bad_request", "The body must be a JSON object")
    return body


def read(model: type[Model], body: dict[str, Any]) -> Model:
    """Read a body; the first thing wrong with it is what is answered."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise missing(where) from None
        raise invalid(where, first["msg"]) from None


class AttachmentFile(Body):
    """A file that comes along in base64."""

    content_type: str
    name: str
    data: str


class AdminReply(Body):
    """A teammate's reply or note. ``quick_reply``, which the description has too, is not taken."""

    message_type: Literal["comment", "note"]
    type: Literal["admin"]
    admin_id: str
    body: str | None = None
    created_at: int | None = None
    attachment_urls: list[str] = Field(default=[], max_length=10)
    attachment_files: list[AttachmentFile] = Field(default=[], max_length=10)
    skip_notifications: bool = False
    cross_post: bool = False


class Close(Body):
    """Close a conversation, with a last word to the customer or without."""

    message_type: Literal["close"]
    type: Literal["admin"]
    admin_id: str
    body: str | None = None


class Snooze(Body):
    """Put a conversation aside until a moment."""

    message_type: Literal["snoozed"]
    admin_id: str
    snoozed_until: int


class Open(Body):
    """Open a conversation again."""

    message_type: Literal["open"]
    admin_id: str


class Assign(Body):
    """Give a conversation to a teammate or a team; ``0`` takes it from them."""

    message_type: Literal["assignment"]
    type: Literal["admin", "team"]
    admin_id: str
    assignee_id: str
    body: str | None = None


MANAGE: dict[str, type[Close | Snooze | Open | Assign]] = {
    "close": Close,
    "snoozed": Snooze,
    "open": Open,
    "assignment": Assign,
}


class ConversationUpdate(Body):
    """What may be set on a conversation; there is no priority among it."""

    read: bool | None = None
    title: str | None = None
    custom_attributes: dict[str, Any] = {}
    company_id: str | None = None


class TicketUpdate(Body):
    """What may be set on a ticket. Here ``admin_id`` is a number."""

    ticket_attributes: dict[str, Any] = {}
    ticket_state_id: str | None = None
    company_id: str | None = None
    open: bool | None = None
    is_shared: bool | None = None
    snoozed_until: int | None = None
    admin_id: int | None = None
    assignee_id: str | None = None


class NewTag(Body):
    """A tag to be found or made by its name."""

    name: str = Field(min_length=1)


class Tagging(Body):
    """A tag to be put on something, by its id."""

    id: str
    admin_id: str


class Untagging(Body):
    """Who takes a tag away."""

    admin_id: str


class NewAttribute(Body):
    """An attribute to be made; lists of options are not taken."""

    name: str = Field(min_length=1)
    model: Literal["contact", "company"]
    data_type: Literal["string", "integer", "float", "boolean", "datetime", "date"]
    description: str = ""
    messenger_writable: bool = False


class AttributeUpdate(Body):
    """What may be changed of an attribute."""

    archived: bool | None = None


class Redaction(Body):
    """What is to be taken back: a part, or the first message."""

    type: Literal["conversation_part", "source"]
    conversation_id: str
    conversation_part_id: str | None = None
    source_id: str | None = None
