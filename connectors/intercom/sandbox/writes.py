"""What Intercom's API takes: replies and notes, parts, attributes, redactions and tags."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, g, request

from connectors.intercom.sandbox.access import Settings
from connectors.intercom.sandbox.acts import (
    Act,
    Said,
    assigned_fields,
    find_admin,
    perform,
    said_of,
)
from connectors.intercom.sandbox.bodies import (
    MANAGE,
    AdminReply,
    Assign,
    Close,
    ConversationUpdate,
    NewTag,
    Open,
    Redaction,
    Snooze,
    Tagging,
    Untagging,
    json_body,
    read,
)
from connectors.intercom.sandbox.conversations import SNOOZED_UNTIL, applied_tag, conversation
from connectors.intercom.sandbox.errors import invalid, missing, not_found
from connectors.intercom.sandbox.look import look_at
from connectors.intercom.sandbox.parts import STATES
from connectors.intercom.sandbox.people import Shape, number_of
from connectors.intercom.sandbox.reads import found_ticket
from connectors.intercom.sandbox.tags import IntercomTag, TagBook, tag_shape
from connectors.sandbox.aftermath import redact
from connectors.sandbox.caller import api_origin, whole_number
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Message, Organization, Person, Ticket


class Writes:
    """The writing half of the API, for conversations and tags."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        for method, path, view in (
            ("POST", "/conversations/<int:number>/reply", self.reply),
            ("POST", "/conversations/<int:number>/parts", self.manage),
            ("PUT", "/conversations/<int:number>", self.update),
            ("POST", "/conversations/redact", self.redact),
            ("POST", "/tags", self.make_tag),
            ("DELETE", "/tags/<identity>", self.delete_tag),
        ):
            blueprint.add_url_rule(path, f"{method} {path[1:]}", view, methods=[method])
        for kind in ("conversations", "tickets"):
            path = f"/{kind}/<int:number>/tags"
            known = {"as_ticket": kind == "tickets"}
            blueprint.add_url_rule(path, f"tag {kind}", self.tag, defaults=known, methods=["POST"])
            one = f"{path}/<identity>"
            blueprint.add_url_rule(
                one, f"untag {kind}", self.untag, defaults=known, methods=["DELETE"]
            )

    def _shown(self, ticket: Ticket) -> Shape:
        plain = request.args.get("display_as") == "plaintext"
        return conversation(ticket, look_at(self._desk, g.version, plain=plain))

    def _ticket(self, number: int) -> Ticket:
        return found_ticket(self._desk, number, as_ticket=False)

    def reply(self, number: int) -> Shape:
        """Answer ``POST /conversations/{id}/reply``: the whole conversation."""
        self._ticket(number)
        wanted = read(AdminReply, json_body())
        said = said_of(wanted)
        said = replace(said, part=wanted.message_type)
        act = Act(find_admin(self._desk, wanted.admin_id), said)
        return self._shown(perform(self._desk, number, act))

    def manage(self, number: int) -> Shape:
        """Answer ``POST /conversations/{id}/parts``."""
        body = json_body()
        kind = body.get("message_type")
        if kind is None:
            raise missing("message_type")
        if not isinstance(kind, str) or kind not in MANAGE:
            raise invalid("message_type", f"message_type must be one of {', '.join(MANAGE)}")
        wanted = read(MANAGE[kind], body)
        with self._desk.store.transaction():
            ticket = self._ticket(number)
            actor = find_admin(self._desk, wanted.admin_id)
            return self._shown(perform(self._desk, number, self._managed(ticket, wanted, actor)))

    def _managed(
        self, ticket: Ticket, wanted: Close | Snooze | Open | Assign, actor: Person
    ) -> Act:
        if isinstance(wanted, Snooze):
            fields: dict[str, Any] = {"status": "hold"}
            return Act(actor, None, fields, {SNOOZED_UNTIL: wanted.snoozed_until})
        if isinstance(wanted, Open):
            return Act(actor, None, {} if STATES[ticket.status] == "open" else {"status": "open"})
        body = (wanted.body or "").strip()
        if isinstance(wanted, Close):
            return Act(actor, Said(body, part="close") if body else None, {"status": "solved"})
        fields = assigned_fields(self._desk, wanted.type, wanted.assignee_id)
        if STATES[ticket.status] != "open":  # the description's example: assign_and_reopen
            fields["status"] = "open"
        return Act(actor, Said(body, part="assignment") if body else None, fields)

    def update(self, number: int) -> Shape:
        """Answer ``PUT /conversations/{id}``; what is not described, like priority, is ignored."""
        self._ticket(number)
        wanted = read(ConversationUpdate, json_body())
        for name in wanted.custom_attributes:
            if name not in self._settings.attributes:
                raise invalid("custom_attributes", f"Custom attribute '{name}' does not exist")
        company = number_of(wanted.company_id or "")
        if wanted.company_id and self._desk.store.get(Organization, company or 0) is None:
            raise not_found("company_not_found", "Company Not Found")
        fields = {} if wanted.title is None else {"subject": wanted.title}
        act = Act(self._desk.bot, None, fields, wanted.custom_attributes)
        return self._shown(perform(self._desk, number, act))

    # Taking back

    def redact(self) -> Shape:
        """Answer ``POST /conversations/redact``: a part, or what a contact wrote first."""
        wanted = read(Redaction, json_body())
        source = wanted.type == "source"
        name = "source_id" if source else "conversation_part_id"
        identity = wanted.source_id if source else wanted.conversation_part_id
        if identity is None:
            raise missing(name)
        with self._desk.store.transaction():
            ticket = self._found(wanted.conversation_id)
            message = self._redactable(ticket, identity, source=source)
            return self._shown(redact(self._desk, ticket.id, message.id, actor=self._desk.bot))

    def _found(self, identity: str) -> Ticket:
        return self._ticket(whole_number(identity) or 0)

    def _redactable(self, ticket: Ticket, identity: str, *, source: bool) -> Message:
        candidates = ticket.messages[:1] if source else ticket.messages[1:]
        for message in candidates:
            if str(message.id) == identity and message.kind != "feedback":
                return message
        text = "Conversation part or message not found"
        raise not_found("conversation_part_or_message_not_found", text)

    # Tags

    def make_tag(self) -> Shape:
        """Answer ``POST /tags``: by name only; renaming and tagging people are not taken."""
        body = json_body()
        for name in ("id", "companies", "users"):
            if name in body:
                raise invalid(name, f"The sandbox makes tags by name and takes no {name}")
        return tag_shape(TagBook(self._desk).of(read(NewTag, body).name))

    def delete_tag(self, identity: str) -> Shape:
        """Answer ``DELETE /tags/{id}``: it goes from everything that bore it."""
        tag = self._known(identity)
        desk, origin = self._desk, api_origin()
        with desk.store.transaction():
            for ticket in desk.tickets():
                if tag.name in ticket.tags:
                    desk.retag(ticket.id, remove=[tag.name], actor=desk.bot, origin=origin)
            desk.store.remove(IntercomTag, tag.id)
        return {}

    def tag(self, number: int, as_ticket: bool) -> Shape:
        """Answer ``POST …/tags``: adds one tag, by its id."""
        self._tagged(number, as_ticket)
        wanted = read(Tagging, json_body())
        actor = find_admin(self._desk, wanted.admin_id)
        tag = self._known(wanted.id)
        with self._desk.store.transaction():
            ticket = self._tagged(number, as_ticket)
            act = Act(actor, None, {"tags": (*ticket.tags, tag.name)})
            ticket = perform(self._desk, number, act)
        return applied_tag(ticket, tag.name, look_at(self._desk, g.version))

    def untag(self, number: int, identity: str, as_ticket: bool) -> Shape:
        """Answer ``DELETE …/tags/{id}``; who does it stands in the body."""
        self._tagged(number, as_ticket)
        actor = find_admin(self._desk, read(Untagging, json_body()).admin_id)
        tag = self._known(identity)
        with self._desk.store.transaction():
            ticket = self._tagged(number, as_ticket)
            if tag.name not in ticket.tags:  # no fault: a change to the description, number 360
                return {**tag_shape(tag), "applied_at": None, "applied_by": None}
            shape = applied_tag(ticket, tag.name, look_at(self._desk, g.version))
            left = tuple(name for name in ticket.tags if name != tag.name)
            perform(self._desk, number, Act(actor, None, {"tags": left}))
        return shape

    def _tagged(self, number: int, as_ticket: bool) -> Ticket:
        code = "ticket_not_found" if as_ticket else "not_found"
        return found_ticket(self._desk, number, as_ticket=as_ticket, code=code)

    def _known(self, identity: str) -> IntercomTag:
        tag = TagBook(self._desk).get(identity)
        if tag is None:
            raise not_found("tag_not_found", "Tag not found")
        return tag
