"""What the Tickets API takes: a reply, and the update."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from connectors.intercom.sandbox.access import Settings
from connectors.intercom.sandbox.acts import (
    Act,
    assigned_fields,
    find_admin,
    find_team,
    perform,
    said_of,
)
from connectors.intercom.sandbox.bodies import AdminReply, TicketUpdate, json_body, read
from connectors.intercom.sandbox.conversations import SNOOZED_UNTIL
from connectors.intercom.sandbox.errors import ApiError, invalid
from connectors.intercom.sandbox.look import look_at
from connectors.intercom.sandbox.parts import STATES, parts_of
from connectors.intercom.sandbox.people import Shape
from connectors.intercom.sandbox.reads import found_ticket
from connectors.intercom.sandbox.tickets import (
    DESCRIPTION,
    TITLE,
    part_shape,
    status_of_state,
    ticket_shape,
)
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Person, Ticket


class TicketWrites:
    """The writing half of the Tickets API."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        for method, path, view in (
            ("POST", "/tickets/<int:number>/reply", self.reply),
            ("PUT", "/tickets/<int:number>", self.update),
        ):
            blueprint.add_url_rule(path, f"{method} {path[1:]}", view, methods=[method])

    def reply(self, number: int) -> Shape:
        """Answer ``POST /tickets/{id}/reply``: the part alone."""
        found_ticket(self._desk, number, as_ticket=True)
        wanted = read(AdminReply, json_body())
        actor = find_admin(self._desk, wanted.admin_id)
        ticket = perform(self._desk, number, Act(actor, said_of(wanted)))
        look = look_at(self._desk, g.version)
        message = ticket.messages[-1].id
        (part,) = [part for part in parts_of(ticket, look.people) if part.id == message]
        return part_shape(part, look)

    def update(self, number: int) -> Shape:
        """Answer ``PUT /tickets/{id}``."""
        found_ticket(self._desk, number, as_ticket=True)
        wanted = read(TicketUpdate, json_body())
        actor = self._desk.bot
        if wanted.admin_id is not None:
            actor = self._actor(wanted.admin_id)
        with self._desk.store.transaction():
            ticket = found_ticket(self._desk, number, as_ticket=True)
            ticket = perform(self._desk, number, self._act(ticket, wanted, actor))
        return ticket_shape(ticket, look_at(self._desk, g.version), self._settings.attributes)

    def _actor(self, number: int) -> Person:
        try:
            return find_admin(self._desk, str(number))
        except ApiError:  # the update says it in other words
            raise ApiError(404, "assignee_not_found", "Assignee not found") from None

    def _act(self, ticket: Ticket, wanted: TicketUpdate, actor: Person) -> Act:
        fields: dict[str, Any] = {}
        if wanted.open is not None and wanted.open == (STATES[ticket.status] == "closed"):
            fields["status"] = "open" if wanted.open else "solved"
        if wanted.ticket_state_id is not None:
            fields["status"] = self._status(wanted.ticket_state_id)
        custom = self._attributes(wanted, fields)
        if wanted.snoozed_until is not None:
            fields["status"] = "hold"
            custom[SNOOZED_UNTIL] = wanted.snoozed_until
        if wanted.assignee_id is not None:
            fields |= self._assigned(wanted.assignee_id)
        return Act(actor, None, fields, custom)

    def _status(self, identity: str) -> str:
        status = status_of_state(identity)
        if status is None:
            text = "Ticket state id is not valid or is not associated with the ticket type"
            raise ApiError(400, "ticket_state_id_invalid", text)
        return status

    def _attributes(self, wanted: TicketUpdate, fields: dict[str, Any]) -> dict[str, Any]:
        custom = dict(wanted.ticket_attributes)
        if TITLE in custom:
            fields["subject"] = str(custom.pop(TITLE))
        for name in custom:
            if name not in self._settings.attributes:
                why = "cannot be changed here" if name == DESCRIPTION else "does not exist"
                raise invalid("ticket_attributes", f"Ticket attribute '{name}' {why}")
        return custom

    def _assigned(self, identity: str) -> dict[str, Any]:
        if identity == "0":
            return {"assignee_id": None, "group_id": None}
        kind = "team" if find_team(self._desk, identity) else "admin"
        return assigned_fields(self._desk, kind, identity)
