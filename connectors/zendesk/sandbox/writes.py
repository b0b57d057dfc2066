"""What Zendesk's API takes: the ticket update with its guard, and the tags calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.sandbox.caller import api_origin, base_url
from connectors.sandbox.edits import Edit, Edited, NewMessage, second
from connectors.sandbox.helpdesk import Guard, Helpdesk
from connectors.sandbox.records import Group, Person, Ticket
from connectors.sandbox.text import clean, html_of_markdown, text_of_html
from connectors.zendesk.sandbox import shapes
from connectors.zendesk.sandbox.errors import (
    conflict,
    invalid,
    malformed,
    not_found,
    too_many_calls,
)
from connectors.zendesk.sandbox.routing import add_route
from connectors.zendesk.sandbox.shapes import Shape

_STATUSES = ("new", "open", "pending", "hold", "solved")  # "closed" cannot be set
_PRIORITIES = ("urgent", "high", "normal", "low", None)
_LONGEST = 64 * 1024
_MOST_COMMENTS = 5000  # developer.zendesk.com, ticket_comments
# developer.zendesk.com, introduction/rate-limits: of one ticket, by one user.
_UPDATES, _UPDATES_WITHIN = 30, timedelta(minutes=10)
Merge = Callable[[tuple[str, ...], tuple[str, ...]], tuple[str, ...]]


class CustomField(BaseModel):
    """One of a ticket's custom fields."""

    id: int
    value: Any = None


class CommentInput(BaseModel):
    """A comment to be added."""

    body: str | None = None
    html_body: str | None = None
    public: bool | None = None
    author_id: int | None = None


class TicketInput(BaseModel):
    """What may be set on a ticket; whatever else is sent is ignored, with a hint in a header."""

    model_config = ConfigDict(extra="allow")

    comment: CommentInput | None = None
    subject: str | None = None
    status: str | None = None
    priority: str | None = None
    tags: list[str] | str | None = None
    group_id: int | None = None
    assignee_id: int | None = None
    custom_fields: list[CustomField] = []
    metadata: dict[str, Any] = {}
    safe_update: bool | None = None
    updated_stamp: datetime | None = None


class TagsInput(BaseModel):
    """The body of the tags calls, whose ``safe_update`` is a string in Zendesk's example."""

    tags: list[str] = []
    safe_update: bool | None = None
    updated_stamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """The guard of a write. Sending ``safe_update: false`` guards like ``true``."""

    guarded: bool
    updated_stamp: datetime | None

    def check(self, ticket: Ticket) -> None:
        """Refuse where the ticket's stamp is another; within one second nothing is noticed."""
        if not self.guarded:
            return
        if self.updated_stamp is None:
            raise malformed("updated_stamp is required for safe_update")
        if second(self.updated_stamp) != ticket.updated_at:
            raise conflict()


class Writes:
    """The writing half of the API."""

    def __init__(self, desk: Helpdesk) -> None:
        self._desk = desk

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        add_route(blueprint, "/tickets/<int:number>", self.update, "PUT")
        add_route(blueprint, "/tickets/<int:number>/tags", self.add_tags, "PUT")
        add_route(blueprint, "/tickets/<int:number>/tags", self.set_tags, "POST")
        add_route(blueprint, "/tickets/<int:number>/tags", self.remove_tags, "DELETE")

    def update(self, number: int) -> Response:
        """Answer ``PUT /tickets/{id}``."""
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("ticket"), dict):
            raise malformed("A ticket object is required.")
        wanted = _parse(TicketInput, body["ticket"])
        stamp = Stamp(wanted.safe_update is not None, wanted.updated_stamp)
        edited = self._edit(number, wanted, stamp)
        answer = jsonify(
            ticket=shapes.ticket_shape(edited.ticket, base_url()),
            audit=shapes.audit_shape(edited.ticket, edited.audit, base_url()),
        )
        ignored = sorted(wanted.model_extra or {})
        if ignored:
            keys = ", ".join(f'"{key}"' for key in ignored)
            answer.headers["X-Zendesk-API-Warn"] = (
                f"Removed restricted keys {{:unpermitted_keys=>[{keys}]}} from parameters "
                "according to whitelist"
            )
        return answer

    def _edit(self, number: int, wanted: TicketInput, stamp: Stamp) -> Edited:
        fields = self._fields(wanted)

        def guard(ticket: Ticket) -> None:
            _writable(ticket)
            stamp.check(ticket)
            if len(ticket.messages) >= _MOST_COMMENTS:
                raise invalid("comment", "Comment: the ticket has too many comments")

        with self._desk.store.transaction():
            edit = Edit(
                message=self._message(number, wanted.comment),
                fields=fields,
                custom_fields={str(each.id): each.value for each in wanted.custom_fields},
                metadata=wanted.metadata,
            )
            return self._apply(number, edit, guard)

    def _apply(self, number: int, edit: Edit, guard: Guard) -> Edited:
        ticket = self._desk.ticket(number)
        if ticket is None or shapes.status_of(ticket) == "deleted":
            raise not_found()
        self._meter(ticket)
        actor, origin = self._desk.bot, api_origin()
        return self._desk.edit(number, edit, actor=actor, origin=origin, guard=guard)

    def _meter(self, ticket: Ticket) -> None:
        """Keep the limit of 30 updates per ticket, user and ten minutes."""
        since, bot = self._desk.now() - _UPDATES_WITHIN, self._desk.bot.id
        mine = [
            audit.created_at
            for audit in ticket.audits
            if audit.author_id == bot and audit.created_at > since
        ]
        resets = int((min(mine) - since).total_seconds()) if mine else 600
        left = _UPDATES - len(mine)
        g.ticket_updates = f"total={_UPDATES}; remaining={max(left - 1, 0)}; resets={resets}"
        if left <= 0:
            raise too_many_calls(max(resets, 1))

    def _fields(self, wanted: TicketInput) -> dict[str, Any]:
        given = wanted.model_fields_set
        names = ("subject", "status", "priority", "group_id", "assignee_id")
        fields = {name: getattr(wanted, name) for name in names if name in given}
        if "status" in fields and fields["status"] not in _STATUSES:
            raise invalid("status", f"Status: {fields['status']} is not allowed")
        if "priority" in fields and fields["priority"] not in _PRIORITIES:
            raise invalid("priority", f"Priority: {fields['priority']} is not allowed")
        group = fields.get("group_id")
        if group is not None and self._desk.store.get(Group, group) is None:
            raise invalid("group", "Group: is invalid")
        if fields.get("assignee_id") is not None:
            agent = self._desk.store.get(Person, fields["assignee_id"])
            if agent is None or not agent.staff:
                raise invalid("assignee", "Assignee: is invalid")
        if wanted.tags is not None:
            fields["tags"] = _tags(wanted.tags)  # replaces the whole set
        return fields

    def _message(self, number: int, comment: CommentInput | None) -> NewMessage | None:
        ticket = self._desk.ticket(number)
        source = (comment.html_body or comment.body) if comment else None
        if ticket is None or comment is None or not source or not source.strip():
            return None
        source = source.encode()[:_LONGEST].decode(errors="ignore")  # cut without a word
        # Classes and data attributes do not survive, in either form.
        html = clean(source if comment.html_body else html_of_markdown(source))
        author = comment.author_id or self._desk.bot.id
        if self._desk.store.get(Person, author) is None:
            raise invalid("author", "Author: is invalid")
        public = comment.public
        if public is None:  # left out means public, or whatever the first comment was
            public = ticket.messages[0].public
        return NewMessage(author, public, html, text_of_html(html) if comment.html_body else source)

    def add_tags(self, number: int) -> Shape:
        """Answer ``PUT /tickets/{id}/tags``."""
        return self._tags(number, lambda old, given: (*old, *given))

    def set_tags(self, number: int) -> tuple[Shape, int]:
        """Answer ``POST /tickets/{id}/tags``."""
        return self._tags(number, lambda old, given: given), 201

    def remove_tags(self, number: int) -> Shape:
        """Answer ``DELETE /tickets/{id}/tags``."""
        return self._tags(number, lambda old, given: tuple(t for t in old if t not in given))

    def _tags(self, number: int, merge: Merge) -> Shape:
        wanted = _parse(TagsInput, request.get_json(silent=True) or {})
        stamp = Stamp(wanted.safe_update is not None, wanted.updated_stamp)

        def guard(ticket: Ticket) -> None:
            _writable(ticket)
            stamp.check(ticket)

        with self._desk.store.transaction():
            ticket = self._desk.ticket(number)
            old = ticket.tags if ticket else ()
            edit = Edit(fields={"tags": merge(old, _tags(wanted.tags))})
            return {"tags": list(self._apply(number, edit, guard).ticket.tags)}


def _writable(ticket: Ticket) -> None:
    if ticket.status == "closed":
        raise invalid("status", "Status: closed prevents ticket update")


def _tags(given: Sequence[str] | str) -> tuple[str, ...]:
    parts = given.replace(",", " ").split() if isinstance(given, str) else given
    return tuple(part.strip().casefold().replace(" ", "_") for part in parts if part.strip())


def _parse(model: type[Any], body: Mapping[str, Any]) -> Any:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise malformed(f"You passed an invalid value for the {where} attribute.") from None
