"""What every write shares: who acts, what is said, and the desk's one way to change a ticket."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.intercom.sandbox.bodies import AdminReply, AttachmentFile
from connectors.intercom.sandbox.errors import ApiError, final, invalid, missing, not_found
from connectors.intercom.sandbox.parts import hidden
from connectors.intercom.sandbox.people import admin_of
from connectors.sandbox.caller import api_origin, whole_number
from connectors.sandbox.edits import Edit, NewMessage
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attachment, Group, Person, Ticket
from connectors.sandbox.text import clean, html_of_text, text_of_html

_MARKUP = re.compile(r"<[a-zA-Z/][^>]*>")


@dataclass(frozen=True, slots=True)
class Said:
    """A body on its way into the desk; ``part`` forces what Intercom calls it."""

    body: str
    public: bool = True
    files: tuple[Attachment, ...] = ()
    part: str | None = None

    def message(self, author: Person) -> NewMessage:
        """The desk's message: HTML is cleaned, plain text becomes paragraphs."""
        html = clean(self.body) if _MARKUP.search(self.body) else html_of_text(self.body)
        text = text_of_html(html)
        return NewMessage(author.id, self.public, html, text, attachments=self.files)


@dataclass(frozen=True, slots=True)
class Act:
    """One call's whole effect."""

    actor: Person
    said: Said | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    custom_fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def edit(self) -> Edit:
        """The same as the desk wants it."""
        part = self.said.part if self.said else None
        return Edit(
            message=self.said.message(self.actor) if self.said else None,
            fields=self.fields,
            custom_fields=self.custom_fields,
            metadata={"part": part} if part else {},
        )


def perform(desk: Helpdesk, number: int, act: Act) -> Ticket:
    """Do it; refused where the desk has closed the ticket for good, which Intercom never does."""

    def guard(ticket: Ticket) -> None:
        if hidden(ticket):
            raise not_found()
        if ticket.status == "closed":
            raise final()

    edited = desk.edit(number, act.edit, actor=act.actor, origin=api_origin(), guard=guard)
    return edited.ticket


def find_admin(desk: Helpdesk, identity: str) -> Person:
    """Find the teammate in whose name an app acts."""
    person = admin_of(desk.people().values(), identity)
    if person is None:
        raise not_found("admin_not_found", "Admin for admin_id not found")
    return person


def find_team(desk: Helpdesk, identity: str) -> Group | None:
    """Find a team by its id."""
    number = whole_number(identity)
    return None if number is None else desk.store.get(Group, number)


def assigned_fields(desk: Helpdesk, kind: str, identity: str) -> dict[str, Any]:
    """The desk's fields of an assignment; raises where nobody has that id."""
    if kind == "team":
        if identity == "0":
            return {"group_id": None}
        team = find_team(desk, identity)
        if team is not None:
            return {"group_id": team.id}
    elif identity == "0":
        return {"assignee_id": None}
    else:
        person = admin_of(desk.people().values(), identity)
        if person is not None:
            return {"assignee_id": person.id}
    raise not_found("assignee_not_found", "Assignee not found")


def said_of(reply: AdminReply) -> Said:
    """What a reply or a note says."""
    attached = (*_linked(reply.attachment_urls), *_uploaded(reply.attachment_files))
    if not (reply.body or "").strip():
        raise missing("body")
    return Said(str(reply.body), reply.message_type == "comment", attached)


def _linked(urls: Sequence[str]) -> list[Attachment]:
    return [Attachment(unquote(_path(url).rpartition("/")[2]) or "file") for url in urls]


def _path(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:  # like http://[half
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"}:
        raise invalid("attachment_urls", f"{url!r} is not an address")
    return parts.path


def _uploaded(given: Sequence[AttachmentFile]) -> list[Attachment]:
    try:
        sizes = [len(base64.b64decode(each.data, validate=True)) for each in given]
    except ValueError:  # binascii's among them
        raise ApiError(400, "parameter_invalid", "data is not base64", "attachment_files") from None
    return [
        Attachment(each.name, each.content_type, size)
        for each, size in zip(given, sizes, strict=True)
    ]
