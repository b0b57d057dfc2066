"""What people do to a ticket just before a write is judged, after the writer had read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connectors.sandbox.edits import Edit, second
from connectors.sandbox.facade import Facade
from connectors.sandbox.faults import Fault, FaultKind
from connectors.sandbox.helpdesk import Helpdesk, ended
from connectors.sandbox.merging import merge
from connectors.sandbox.records import Origin, Person, Ticket
from connectors.sandbox.text import html_of_text

# In this order, so that the ticket is still there for those who act on it.
KINDS: tuple[FaultKind, ...] = (
    "tags_in_between",
    "agent_in_between",
    "customer_in_between",
    "ticket_gone_in_between",
)
_ORIGIN = Origin(client="Sandbox fault")
_AGENT_SAYS = "I have looked into this: it is solved now."
_CUSTOMER_SAYS = "One more thing: I need this today."


class Meanwhile:
    """Plays the people."""

    def __init__(self, desk: Helpdesk, facade: Facade, sleep: Callable[[float], None]) -> None:
        self._desk, self._facade, self._sleep = desk, facade, sleep

    def possible(self, number: int) -> bool:
        """Whether there is such a ticket, and anybody can still act on it."""
        ticket = self._desk.ticket(number)
        return ticket is not None and not ended(ticket)

    def act(self, fault: Fault, number: int) -> None:
        """Do what the fault says."""
        ticket = self._desk.ticket(number)
        if ticket is None:
            return
        at = ticket.updated_at if fault.same_second else None
        while at is None and second(self._desk.now()) <= ticket.updated_at:
            self._sleep(0.05)  # so that the stamp, which counts in seconds, does move
        if fault.kind == "tags_in_between":
            self._desk.retag(
                number,
                add=fault.add,
                remove=fault.remove,
                actor=self._desk.agent,
                origin=_ORIGIN,
                at=at,
            )
        elif fault.kind == "ticket_gone_in_between":
            self._end(fault, ticket, at)
        else:
            agent = fault.kind == "agent_in_between"
            author = self._desk.agent if agent else self._requester(ticket)
            text = fault.text or (_AGENT_SAYS if agent else _CUSTOMER_SAYS)
            origin = _ORIGIN if agent else Origin(ticket.origin.channel, _ORIGIN.client)
            self._desk.say(number, author, html_of_text(text), origin=origin, at=at)

    def _set(self, ticket: Ticket, at: datetime | None, **fields: object) -> None:
        edit = Edit(fields=fields)
        self._desk.edit(ticket.id, edit, actor=self._desk.agent, origin=_ORIGIN, at=at)

    def _requester(self, ticket: Ticket) -> Person:
        return self._desk.people()[ticket.requester_id]

    def _end(self, fault: Fault, ticket: Ticket, at: datetime | None) -> None:
        if fault.to == "merged":
            merge(
                self._desk,
                ticket.id,
                self._other(fault, ticket),
                actor=self._desk.agent,
                origin=_ORIGIN,
                tags=self._facade.merge_tags,
                at=at,
            )
        elif fault.to == "spam":
            self._set(ticket, at, spam=True)
        else:
            self._set(ticket, at, status=fault.to)

    def _other(self, fault: Fault, ticket: Ticket) -> int:
        if fault.into is not None and fault.into != ticket.id and self.possible(fault.into):
            return fault.into
        for other in reversed(self._desk.tickets()):
            theirs = other.requester_id == ticket.requester_id and other.id != ticket.id
            if theirs and self.possible(other.id):
                return other.id
        html, requester = ticket.messages[0].html, self._requester(ticket)
        return self._desk.open_ticket(ticket.subject, requester, html, ticket.origin).id
