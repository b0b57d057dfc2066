"""The control API under ``/sandbox/``: what tests and demos play customer and agent with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from connectors.sandbox import aftermath, asks, views
from connectors.sandbox.control_library import LibraryControl
from connectors.sandbox.couriers import Couriers
from connectors.sandbox.edits import Edit
from connectors.sandbox.facade import Facade
from connectors.sandbox.faults import KINDS, Faults
from connectors.sandbox.gate import CallLog
from connectors.sandbox.helpdesk import Helpdesk, Problem
from connectors.sandbox.merging import merge
from connectors.sandbox.notes import newest_draft
from connectors.sandbox.records import Origin, Person, Ticket

Told = dict[str, Any]
CLIENT = "Sandbox control API"


class Control:
    """The routes; every mistake is answered 400 with ``{"error": one sentence}``."""

    def __init__(
        self,
        kind: str,
        desk: Helpdesk,
        facade: Facade,
        *,
        faults: Faults,
        couriers: Couriers,
        calls: CallLog,
    ) -> None:
        self._kind, self._desk, self._facade = kind, desk, facade
        self._faults, self._couriers, self._calls = faults, couriers, calls

    def blueprint(self) -> Blueprint:
        """Gather the routes."""
        blueprint = Blueprint("control", __name__, url_prefix="/sandbox")
        for method, path, view in (
            ("GET", "/health", self.health),
            ("POST", "/groups", self.add_group),
            ("GET", "/tickets", self.tickets),
            ("POST", "/tickets", self.open_ticket),
            ("GET", "/tickets/<int:number>", self.ticket),
            ("POST", "/tickets/<int:number>/messages", self.add_message),
            ("POST", "/tickets/<int:number>/status", self.set_status),
            ("POST", "/tickets/<int:number>/tags", self.set_tags),
            ("POST", "/tickets/<int:number>/fields", self.set_fields),
            ("POST", "/tickets/<int:number>/rating", self.rate),
            ("POST", "/tickets/<int:number>/redaction", self.redact),
            ("POST", "/tickets/<int:number>/merge", self.merge),
            ("POST", "/tickets/<int:number>/spam", self.set_spam),
            ("GET", "/deliveries", self.deliveries),
            ("GET", "/calls", self.calls),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
        ):
            blueprint.add_url_rule(path, f"{method}{path}", view, methods=[method])
        LibraryControl(self._desk).register(blueprint)

        @blueprint.errorhandler(Problem)
        def refuse(problem: Problem) -> Response:
            return make_response(jsonify(error=str(problem)), 400)

        return blueprint

    def health(self) -> Told:
        """Say that the sandbox is there."""
        return {"ok": True, "helpdesk": self._kind, "tickets": len(self._desk.tickets())}

    # Teams

    def add_group(self) -> Told:
        """Add a team of agents."""
        group = self._desk.group(asks.read(asks.NewGroup, request.get_json(silent=True)).name)
        return {"id": group.id}

    # Tickets

    def _ticket(self, number: int) -> Ticket:
        ticket = self._desk.ticket(number)
        if ticket is None:
            raise Problem(f"There is no ticket {number}.")
        return ticket

    def tickets(self) -> Told:
        """List the tickets, newest first."""
        found = reversed(self._desk.tickets())
        return {"tickets": [views.ticket_line(ticket, self._desk) for ticket in found]}

    def ticket(self, number: int) -> Told:
        """Tell everything about a ticket."""
        return views.ticket_whole(self._ticket(number), self._desk)

    def open_ticket(self) -> tuple[Told, int]:
        """A customer writes in."""
        ask = asks.read(asks.NewTicket, request.get_json(silent=True))
        origin = Origin(ask.channel, CLIENT, ask.automatic)
        with self._desk.store.transaction():
            requester = self._somebody(ask.requester, "customer")
            ticket = self._desk.open_ticket(
                ask.subject,
                requester,
                ask.body,
                origin,
                tags=ask.tags,
                page_url=ask.page_url,
                attachments=[file.record for file in ask.attachments],
            )
        return {"id": ticket.id}, 201

    def _somebody(self, who: asks.Somebody, role: str) -> Person:
        company = None
        if who.organization is not None:
            wanted = who.organization
            company = self._desk.organization(
                wanted.name, wanted.plan, wanted.tags, wanted.customer_since
            )
        number = company.id if company else None
        if role == "customer":
            return self._desk.person(
                "customer", who.name, who.email, number, tags=who.tags, verified=who.verified
            )
        return self._desk.person("agent", who.name, who.email)

    def add_message(self, number: int) -> tuple[Told, int]:
        """A customer or an agent writes on a ticket."""
        ask = asks.read(asks.NewReply, request.get_json(silent=True))
        ticket = self._ticket(number)
        html = ask.body
        if ask.use_draft:
            draft = newest_draft(ticket, self._desk.people())
            if draft is None:
                raise Problem(f"Ticket {number} has no draft to use.")
            html = draft.html
        channel = ticket.origin.channel if ask.as_ == "customer" else "web"
        edited = self._desk.say(
            number,
            self._author(ask, ticket),
            html,
            public=ask.public,
            origin=Origin(channel, CLIENT, ask.automatic),
            fields={"status": ask.status} if ask.status else {},
            kind=ask.kind,
            attachments=[file.record for file in ask.attachments],
        )
        return {"id": edited.audit.message_id}, 201

    def _author(self, ask: asks.NewReply, ticket: Ticket) -> Person:
        if ask.author is not None:
            return self._somebody(ask.author, ask.as_)
        if ask.as_ == "customer":
            return self._desk.people()[ticket.requester_id]
        return self._desk.agent

    def set_status(self, number: int) -> Told:
        """An agent sets the status; ``closed`` and ``deleted`` can be set here too."""
        ask = asks.read(asks.NewStatus, request.get_json(silent=True))
        return self._set(number, {"status": ask.status})

    def set_tags(self, number: int) -> Told:
        """An agent adds and removes tags."""
        ask = asks.read(asks.NewTags, request.get_json(silent=True))
        origin = Origin("web", CLIENT)
        edited = self._desk.retag(
            number, add=ask.add, remove=ask.remove, actor=self._desk.agent, origin=origin
        )
        return views.ticket_line(edited.ticket, self._desk)

    def set_fields(self, number: int) -> Told:
        """An agent, or a form, fills in fields of the team's own."""
        ask = asks.read(asks.NewFields, request.get_json(silent=True))
        origin = Origin("web", CLIENT)
        edit = Edit(custom_fields=ask.fields)
        edited = self._desk.edit(number, edit, actor=self._desk.agent, origin=origin)
        return views.ticket_line(edited.ticket, self._desk)

    def rate(self, number: int) -> tuple[Told, int]:
        """The customer rates how the ticket was handled."""
        ask = asks.read(asks.NewRating, request.get_json(silent=True))
        edited = aftermath.rate(self._desk, number, ask.score, ask.comment)
        return {"id": edited.audit.message_id}, 201

    def redact(self, number: int) -> Told:
        """An agent has the words of a message taken out."""
        ask = asks.read(asks.NewRedaction, request.get_json(silent=True))
        ticket = aftermath.redact(self._desk, number, ask.message, actor=self._desk.agent)
        return views.ticket_line(ticket, self._desk)

    def merge(self, number: int) -> Told:
        """An agent merges a ticket into another one."""
        ask = asks.read(asks.NewMerge, request.get_json(silent=True))
        merged = merge(
            self._desk,
            number,
            ask.into,
            actor=self._desk.agent,
            origin=Origin("web", CLIENT),
            tags=self._facade.merge_tags,
            public=ask.public,
        )
        return views.ticket_line(merged, self._desk)

    def set_spam(self, number: int) -> Told:
        """An agent says that a ticket is spam, or that it is none after all."""
        ask = asks.read(asks.NewSpam, request.get_json(silent=True))
        return self._set(number, {"spam": ask.spam})

    def _set(self, number: int, fields: Told) -> Told:
        origin = Origin("web", CLIENT)
        edited = self._desk.edit(number, Edit(fields=fields), actor=self._desk.agent, origin=origin)
        return views.ticket_line(edited.ticket, self._desk)

    # What went over the wire, and what shall go wrong

    def deliveries(self) -> Told:
        """List the webhooks with their attempts, oldest first; ``?ticket=`` narrows it down."""
        ticket = request.args.get("ticket", type=int)
        found = [each for each in self._couriers.deliveries() if ticket in (None, each.ticket_id)]
        return {"deliveries": [views.delivery(each) for each in found]}

    def calls(self) -> Told:
        """List the latest calls of the vendor's API, oldest first."""
        found = [{**asdict(call), "at": views.when(call.at)} for call in self._calls.all()]
        return {"calls": found}

    def faults(self) -> Told:
        """List the faults still to come."""
        return {"faults": [asdict(fault) for fault in self._faults.pending()]}

    def add_fault(self) -> tuple[Told, int]:
        """Plan a fault, a list of them, or everything that can go wrong."""
        body = request.get_json(silent=True)
        items = body if isinstance(body, list) else [body]
        wanted = [asks.read(asks.NewFault, item) for item in items]
        possible = [kind for kind in KINDS if kind != "conflict" or self._facade.conflict()]
        planned = [fault for ask in wanted for fault in ask.faults(possible)]
        told = [asdict(self._faults.add(fault)) for fault in planned]
        single = isinstance(body, dict) and body.get("kind") != "everything"
        return (told[0] if single else {"faults": told}), 201

    def clear_faults(self) -> Told:
        """Let nothing go wrong any more."""
        self._faults.clear()
        return {"faults": []}
