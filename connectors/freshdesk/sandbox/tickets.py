"""What Freshdesk's API tells of tickets: one, their list, their conversations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response

from connectors.freshdesk.sandbox import shapes
from connectors.freshdesk.sandbox.codes import status_code
from connectors.freshdesk.sandbox.conversations import (
    conversation_shape,
    conversations_of,
)
from connectors.freshdesk.sandbox.errors import Flaw, invalid, not_found
from connectors.freshdesk.sandbox.measures import is_archived, ratings_of, stats_of
from connectors.freshdesk.sandbox.paging import answer, page_of, tickets_page
from connectors.freshdesk.sandbox.routing import add_route
from connectors.freshdesk.sandbox.shapes import Shape
from connectors.freshdesk.sandbox.validation import included, moment, query
from connectors.sandbox.caller import base_url
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Message, Organization, Person, Ticket

_YOUNG = timedelta(days=30)
_EMBEDDED = 10
_VIEWED = ("conversations", "requester", "company", "stats")
_LISTED = ("requester", "stats", "description")
_ORDERS: Mapping[str, Any] = {
    "created_at": lambda ticket: ticket.created_at,
    "due_by": lambda ticket: ticket.created_at,  # due so many days after it was created
    "updated_at": lambda ticket: ticket.updated_at,
    "status": lambda ticket: status_code(ticket.status),
}
_CHOICES = {
    "filter": ("new_and_my_open", "watching", "spam", "deleted"),
    "order_by": tuple(_ORDERS),
    "order_type": ("asc", "desc"),
}


class Tickets:
    """The reading of tickets."""

    def __init__(self, desk: Helpdesk) -> None:
        self._desk = desk

    def register(self, blueprint: Blueprint, **others: Any) -> None:
        """Add the routes; ``others`` are the writing views that share an address."""
        add_route(blueprint, "/tickets", get=self.listing)
        add_route(blueprint, "/tickets/<int:number>", get=self.view, **others)
        add_route(blueprint, "/tickets/<int:number>/conversations", get=self.conversations)
        add_route(blueprint, "/tickets/<int:number>/satisfaction_ratings", get=self.ratings)
        away = "/tickets/archived/<int:number>"
        add_route(blueprint, away, get=self.archived)
        add_route(blueprint, f"{away}/conversations", get=self.archived_conversations)

    def view(self, number: int) -> Shape:
        """Answer ``/tickets/{id}``; deleted ones are still shown, with their mark."""
        wanted = included(query("include").get("include", ""), _VIEWED)
        ticket = self._ticket(number)
        shown = shapes.viewed_ticket(ticket, base_url())
        if "conversations" in wanted:
            told = conversations_of(ticket)[:_EMBEDDED]
            shown["conversations"] = self._conversation_shapes(told, ticket)
        if "company" in wanted:
            company = self._desk.store.get(Organization, ticket.organization_id or 0)
            shown["company"] = company and {"id": company.id, "name": company.name}
        return shown | _beside(ticket, wanted, self._desk.people())

    def conversations(self, number: int) -> Response:
        """Answer ``/tickets/{id}/conversations``, oldest first."""
        return self._conversations(self._ticket(number))

    def _conversations(self, ticket: Ticket) -> Response:
        query("page", "per_page")
        page, link = page_of(conversations_of(ticket))
        return answer(self._conversation_shapes(page, ticket), link)

    def _conversation_shapes(self, told: Sequence[Message], ticket: Ticket) -> list[Shape]:
        people, base = self._desk.people(), base_url()
        return [conversation_shape(each, ticket, people, base) for each in told]

    def ratings(self, number: int) -> Response:
        """Answer ``/tickets/{id}/satisfaction_ratings``."""
        query("page", "per_page")
        return answer(*page_of(ratings_of(self._ticket(number))))

    def archived(self, number: int) -> Shape:
        """Answer ``/tickets/archived/{id}``: a ticket that was put away."""
        query()
        return shapes.viewed_ticket(self._ticket(number, archived=True), base_url())

    def archived_conversations(self, number: int) -> Response:
        """Answer ``/tickets/archived/{id}/conversations``."""
        return self._conversations(self._ticket(number, archived=True))

    def _ticket(self, number: int, *, archived: bool = False) -> Ticket:
        ticket = self._desk.ticket(number)
        if ticket is None or is_archived(ticket, self._desk.now()) is not archived:
            raise not_found()
        return ticket

    def listing(self) -> Response:
        """Answer ``/tickets``: without ``updated_since`` only those of the last 30 days."""
        asked = query(
            *("filter", "requester_id", "email", "company_id", "updated_since"),
            *("order_by", "order_type", "page", "per_page", "include"),
        )
        wanted = included(asked.get("include", ""), _LISTED)
        flaws = [
            Flaw(name, f"It should be one of these values: '{','.join(choices)}'")
            for name, choices in _CHOICES.items()
            if asked.get(name, choices[0]) not in choices
        ]
        if flaws:
            raise invalid(flaws)
        page, link = tickets_page(_sorted(self._found(asked), asked))
        people = self._desk.people()
        shown = [
            shapes.listed_ticket(each)
            | (shapes.description(each) if "description" in wanted else {})
            | _beside(each, wanted, people)
            for each in page
        ]
        return answer(shown, link)

    def _found(self, asked: Mapping[str, str]) -> list[Ticket]:
        view, mine = asked.get("filter"), {None, self._desk.bot.id}
        now = self._desk.now()
        live = (each for each in self._desk.tickets() if not is_archived(each, now))
        tickets = [each for each in live if _in_view(each, view, mine)]
        if "updated_since" in asked:
            since = moment(asked["updated_since"], "updated_since")
            tickets = [each for each in tickets if each.updated_at >= since]
        else:
            young = now - _YOUNG
            tickets = [each for each in tickets if each.created_at >= young]
        people = self._desk.people()
        shown: dict[str, Callable[[Ticket], str]] = {
            "requester_id": lambda each: str(each.requester_id),
            "company_id": lambda each: str(each.organization_id),
            "email": lambda each: people[each.requester_id].email,
        }
        for name, told in shown.items():
            if name in asked:
                tickets = [each for each in tickets if told(each) == asked[name]]
        return tickets


def _beside(ticket: Ticket, wanted: set[str], people: Mapping[int, Person]) -> Shape:
    beside: Shape = {}
    if "requester" in wanted:
        beside["requester"] = shapes.requester_shape(people[ticket.requester_id])
    if "stats" in wanted:
        beside["stats"] = stats_of(ticket, people)
    return beside


def _in_view(ticket: Ticket, view: str | None, mine: Collection[int | None]) -> bool:
    """Deleted tickets and spam are in no view but their own."""
    if ticket.status == "deleted":
        return view == "deleted"
    if ticket.spam or view == "spam":
        return ticket.spam and view == "spam"
    open_for_us = status_code(ticket.status) == 2 and ticket.assignee_id in mine
    return view is None or (view == "new_and_my_open" and open_for_us)


def _sorted(tickets: list[Ticket], asked: Mapping[str, str]) -> list[Ticket]:
    by, descending = asked.get("order_by", "created_at"), asked.get("order_type") != "asc"
    return sorted(tickets, key=lambda each: (_ORDERS[by](each), each.id), reverse=descending)
