"""What Freshdesk's API takes: fields of tickets, notes, replies, and edits of notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from connectors.freshdesk.sandbox import shapes, validation
from connectors.freshdesk.sandbox.codes import (
    PRIORITIES,
    STATUSES,
    TYPES,
    is_web_chat,
    priority_code,
    status_code,
)
from connectors.freshdesk.sandbox.conversations import (
    NOTE,
    REPLY,
    body_of,
    conversations_of,
    flat_text,
    incoming,
    kind_of,
)
from connectors.freshdesk.sandbox.errors import Flaw, invalid, not_allowed, not_found
from connectors.freshdesk.sandbox.fields import CATEGORIES
from connectors.freshdesk.sandbox.measures import is_archived
from connectors.freshdesk.sandbox.routing import add_route
from connectors.freshdesk.sandbox.settings import Settings
from connectors.freshdesk.sandbox.shapes import CATEGORY_FIELD, PAGE_FIELD, Shape
from connectors.freshdesk.sandbox.validation import Check
from connectors.sandbox.caller import api_origin, base_url
from connectors.sandbox.edits import Edit, NewMessage, amended, stamp
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Group, Message, Person, Ticket
from connectors.sandbox.text import clean, html_of_text, text_of_html

# In the API page's list of what an update takes, and of no use to the sandbox.
_UNKEPT = (
    *("name", "requester_id", "email", "facebook_id", "phone", "twitter_id", "description"),
    *("unique_external_id", "attachments", "due_by", "fr_due_by", "email_config_id", "parent_id"),
    *("product_id", "source", "company_id", "internal_agent_id", "internal_group_id"),
    "lookup_parameter",
)
_CUSTOM: Mapping[str, Check] = {
    PAGE_FIELD: validation.text,
    CATEGORY_FIELD: validation.one_of(CATEGORIES),
}
_DONE = (4, 5)


class Writes:
    """The writing half of the API; everything is written as the agent whose key it is."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self._desk = desk
        self._settings = settings

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes, but for ``PUT /tickets/{id}``, whose address is shared."""
        add_route(blueprint, "/tickets/<int:number>/notes", post=self.note)
        add_route(blueprint, "/tickets/<int:number>/reply", post=self.reply)
        add_route(blueprint, "/conversations/<int:number>", put=self.edit_note, delete=self.remove)

    # Tickets

    def update(self, number: int) -> Shape:
        """Answer ``PUT /tickets/{id}``: only what is sent changes, and tags are replaced."""
        with self._desk.store.transaction():
            ticket = self._writable(number)
            wanted = validation.body(self._fields(), _UNKEPT)
            custom = self._custom(ticket, wanted)
            edit = Edit(fields=_changed(ticket, wanted), custom_fields=custom)
            edited = self._desk.edit(number, edit, actor=self._desk.bot, origin=api_origin())
            return shapes.viewed_ticket(edited.ticket, base_url())

    def _fields(self) -> Mapping[str, Check]:
        store = self._desk.store
        staff = {each.id for each in store.all(Person) if each.staff}
        groups = {each.id for each in store.all(Group)}
        return {
            "subject": validation.text,
            "type": validation.one_of(TYPES),
            "status": validation.one_of(tuple(STATUSES)),
            "priority": validation.one_of(tuple(PRIORITIES)),
            "responder_id": validation.known(staff, "agent", "responder_id"),
            "group_id": validation.known(groups, "group", "group_id"),
            "tags": validation.tags,
            "custom_fields": validation.table,
        }

    def _custom(self, ticket: Ticket, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Check the custom fields: an admin can demand one before a ticket is closed."""
        given = dict(wanted.get("custom_fields", {}))
        validation.strangers(f"custom_fields.{name}" for name in given if name not in _CUSTOM)
        found = {name: _CUSTOM[name](value) for name, value in given.items() if value is not None}
        flaws = [Flaw(name, *wrong) for name, wrong in found.items() if wrong is not None]
        category = {**shapes.custom_fields(ticket), **given}[CATEGORY_FIELD]
        closing = wanted.get("status") in _DONE and self._settings.closing_needs_category
        if closing and not category:
            told = f"It should be one of these values: '{','.join(CATEGORIES)}'"
            flaws.append(Flaw(CATEGORY_FIELD, told, "missing_field"))
        if flaws:
            raise invalid(flaws)
        if "type" in wanted:
            given[shapes.TICKET_TYPE] = wanted["type"]
        return given

    def _writable(self, number: int) -> Ticket:
        ticket = self._desk.ticket(number)
        if ticket is None or is_archived(ticket, self._desk.now()):
            raise not_found()
        # "Updating ... a ticket that has been marked as spam or deleted will now return a '405
        # Method Not Allowed'" (API page, Changelog, April 2016). Closed ones take everything.
        if ticket.spam or ticket.status == "deleted":
            raise not_allowed(request.method, ["GET"])
        return ticket

    # Conversations

    def note(self, number: int) -> Response:
        """Answer ``POST /tickets/{id}/notes``: private unless told otherwise."""
        checks = {
            "private": validation.flag,
            "incoming": validation.flag,
            "notify_emails": validation.emails,
        }
        with self._desk.store.transaction():
            ticket = self._writable(number)
            wanted = validation.body({**checks, **self._message_fields()}, ("attachments",))
            public = not wanted.get("private", True)
            metadata: dict[str, Any] = {"note": True}
            if "incoming" in wanted:
                metadata["incoming"] = wanted["incoming"]
            if wanted.get("notify_emails"):
                metadata["notified"] = list(wanted["notify_emails"])
            message = self._say(ticket, wanted, public, metadata)
            told = _note_shape(message, ticket, self._desk.people())
            return _made(told, wanted)

    def reply(self, number: int) -> Response:
        """Answer ``POST /tickets/{id}/reply``: its answer lacks what marks it as a reply."""
        checks = {
            "from_email": validation.text,
            "cc_emails": validation.emails,
            "bcc_emails": validation.emails,
        }
        with self._desk.store.transaction():
            ticket = self._writable(number)
            wanted = validation.body({**checks, **self._message_fields()}, ("attachments",))
            message = self._say(ticket, wanted, True, {})
            told = {
                **_common(message, ticket),
                "from_email": wanted.get("from_email", shapes.SUPPORT),
                "cc_emails": wanted.get("cc_emails", []),
                "bcc_emails": wanted.get("bcc_emails", []),
                "replied_to": [self._desk.people()[ticket.requester_id].email],
            }
            return _made(told, wanted)

    def _message_fields(self) -> Mapping[str, Check]:
        people = self._desk.people()
        return {
            "body": validation.text,
            "structured_body": validation.table,
            "user_id": validation.known(people, "contact", "user_id"),
        }

    def _say(
        self, ticket: Ticket, wanted: Mapping[str, Any], public: bool, metadata: Mapping[str, Any]
    ) -> Message:
        author = wanted.get("user_id") or self._desk.bot.id
        html = _html(ticket, wanted, public)
        edit = Edit(NewMessage(author, public, html, text_of_html(html)), metadata=metadata)
        actor = self._desk.people()[author]
        edited = self._desk.edit(ticket.id, edit, actor=actor, origin=api_origin())
        return edited.ticket.messages[-1]

    def edit_note(self, number: int) -> Shape:
        """Answer ``PUT /conversations/{id}``: "Only public & private notes can be edited"."""
        with self._desk.store.transaction():
            ticket, message = self._conversation(number)
            wanted = validation.body({"body": validation.text}, ("attachments",))
            if kind_of(message) != NOTE:
                raise not_allowed("PUT", ["DELETE"])
            if "body" not in wanted:
                raise _missing("body")
            html = clean(wanted["body"], classes=True)
            told = {"edited_at": stamp(self._desk.now()), "edited_by": self._desk.bot.id}
            edited = replace(
                message,
                html=html,
                text=text_of_html(html),
                metadata={**message.metadata, **told},
            )
            self._keep(ticket, message, edited)
            return _note_shape(edited, ticket, self._desk.people())

    def remove(self, number: int) -> Response:
        """Answer ``DELETE /conversations/{id}``: notes and replies only."""
        with self._desk.store.transaction():
            ticket, message = self._conversation(number)
            if kind_of(message) not in {NOTE, REPLY} or message == ticket.messages[0]:
                raise not_allowed("DELETE", ["GET"])
            self._keep(ticket, message, None)
            return Response(status=204)

    def _conversation(self, number: int) -> tuple[Ticket, Message]:
        for ticket in self._desk.tickets():
            for message in conversations_of(ticket):
                if message.id == number:
                    return self._writable(ticket.id), message
        raise not_found()

    def _keep(self, ticket: Ticket, old: Message, new: Message | None) -> None:
        """Change what was said; it moves the ticket's stamp, and no rule looks at it."""
        changed = amended(ticket, old.id, new, at=self._desk.now())
        sequence = self._desk.store.next("sequence")
        self._desk.store.put(replace(changed, sequence=sequence))


def _changed(ticket: Ticket, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Take over what is new: a code that already shows, like 1 for no priority, changes nothing."""
    names = {"responder_id": "assignee_id", "group_id": "group_id", "subject": "subject"}
    found = {names[name]: value for name, value in wanted.items() if name in names}
    if wanted.get("status", status_code(ticket.status)) != status_code(ticket.status):
        found["status"] = STATUSES[wanted["status"]]
    if wanted.get("priority", priority_code(ticket.priority)) != priority_code(ticket.priority):
        found["priority"] = PRIORITIES[wanted["priority"]]
    if "tags" in wanted:
        found["tags"] = tuple(tag.strip() for tag in wanted["tags"] if tag.strip())
    return found


def _html(ticket: Ticket, wanted: Mapping[str, Any], public: bool) -> str:
    """Read the text. To a web chat, what customers see must come as ``structured_body``."""
    if "structured_body" in wanted:
        pieces = wanted["structured_body"].get("body_contents")
        texts = [_piece(each) for each in pieces] if isinstance(pieces, list) else []
        if not texts or "" in texts:
            raise invalid([Flaw("structured_body", "It should have text in its body_contents")])
        return html_of_text("\n\n".join(texts))
    if public and is_web_chat(ticket):
        raise _missing("structured_body")
    if "body" not in wanted:
        raise _missing("body")
    # Classes survive: the bodies recorded have some.
    return clean(wanted["body"], classes=True)


def _piece(given: Any) -> str:
    if not isinstance(given, dict) or given.get("type") != "text":
        return ""
    data = given.get("data")
    return str(data.get("content") or "") if isinstance(data, dict) else ""


def _missing(field: str) -> Exception:
    return invalid([Flaw(field, "Mandatory attribute missing", "missing_field")])


def _common(message: Message, ticket: Ticket) -> Shape:
    return {
        "body_text": flat_text(message.html).strip(),
        "body": body_of(message),
        "id": message.id,
        "user_id": message.author_id,
        "ticket_id": ticket.id,
        "attachments": [],
        "created_at": stamp(message.created_at),
        "updated_at": message.metadata.get("edited_at") or stamp(message.created_at),
    }


def _note_shape(message: Message, ticket: Ticket, people: Mapping[int, Person]) -> Shape:
    return {
        **_common(message, ticket),
        "incoming": incoming(message, people),
        "private": not message.public,
        "support_email": None,
        "notified_to": list(message.metadata.get("notified", ())),
    }


def _made(told: Shape, wanted: Mapping[str, Any]) -> Response:
    if "structured_body" in wanted:
        told["structured_body"] = wanted["structured_body"]
    answer = make_response(jsonify(told), 201)
    answer.headers["Location"] = f"{base_url()}/api/v2/conversations/{told['id']}"
    return answer
