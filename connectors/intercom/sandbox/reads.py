"""What Intercom's API tells: people, conversations, tickets and tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, request

from connectors.intercom.sandbox import people as shapes
from connectors.intercom.sandbox import search
from connectors.intercom.sandbox.access import Settings
from connectors.intercom.sandbox.acts import find_admin
from connectors.intercom.sandbox.bodies import json_body
from connectors.intercom.sandbox.conversations import conversation, listed
from connectors.intercom.sandbox.errors import invalid, missing, not_found
from connectors.intercom.sandbox.look import Look, look_at
from connectors.intercom.sandbox.parts import hidden, is_ticket
from connectors.intercom.sandbox.people import Shape
from connectors.intercom.sandbox.tags import TagBook, tag_shape
from connectors.intercom.sandbox.tickets import states, ticket_shape, type_shape
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Group, Organization, Person, Ticket


class Reads:
    """The reading half of the API but for knowledge."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes; the two searches are posted and still read."""
        views: dict[str, Callable[..., Any]] = {
            "/me": self.me,
            "/admins": self.admins,
            "/admins/<identity>": self.admin,
            "/teams": self.teams,
            "/teams/<int:number>": self.team,
            "/contacts/<identity>": self.contact,
            "/contacts/<identity>/companies": self.contact_companies,
            "/contacts/<identity>/tags": self.contact_tags,
            "/companies/<identity>": self.company,
            "/conversations": self.conversations,
            "/conversations/<int:number>": self.conversation,
            "/tickets/<int:number>": self.ticket,
            "/ticket_states": states,
            "/ticket_types": self.ticket_types,
            "/tags": self.tags,
        }
        for path, view in views.items():
            blueprint.add_url_rule(path, f"GET {path[1:]}", view, methods=["GET"])
        for kind, found in (
            ("conversations", self.search_conversations),
            ("tickets", self.search_tickets),
        ):
            blueprint.add_url_rule(f"/{kind}/search", f"search {kind}", found, methods=["POST"])

    def _look(self) -> Look:
        plain = request.args.get("display_as") == "plaintext"
        return look_at(self._desk, g.version, plain=plain)

    # People

    def _staff(self) -> list[Person]:
        return [person for person in self._desk.people().values() if person.staff]

    def me(self) -> Shape:
        """Answer ``/me``: the teammate behind the token."""
        return shapes.me_shape(self._desk.bot, self._desk.store.all(Group))

    def admins(self) -> Shape:
        """Answer ``/admins``."""
        teams = self._desk.store.all(Group)
        found = [shapes.admin_shape(person, teams) for person in self._staff()]
        return {"type": "admin.list", "admins": found}

    def admin(self, identity: str) -> Shape:
        """Answer ``/admins/{id}``."""
        return shapes.admin_shape(find_admin(self._desk, identity), self._desk.store.all(Group))

    def teams(self) -> Shape:
        """Answer ``/teams``."""
        found = [shapes.team_shape(team, self._staff()) for team in self._desk.store.all(Group)]
        return {"type": "team.list", "teams": found}

    def team(self, number: int) -> Shape:
        """Answer ``/teams/{id}``."""
        team = self._desk.store.get(Group, number)
        if team is None:
            raise not_found("team_not_found", "Team not found")
        return shapes.team_shape(team, self._staff())

    def _contact(self, identity: str) -> Person:
        person = self._desk.store.get(Person, shapes.number_of(identity) or 0)
        if person is None or person.staff:
            raise not_found("not_found", "User Not Found")
        return person

    def contact(self, identity: str) -> Shape:
        """Answer ``/contacts/{id}``."""
        return shapes.contact_shape(self._contact(identity), TagBook(self._desk))

    def contact_companies(self, identity: str) -> Shape:
        """Answer ``/contacts/{id}/companies``.

        The list is called ``data`` in the description's example and ``companies`` in its schema.
        """
        person = self._contact(identity)
        company = self._desk.store.get(Organization, person.organization_id or 0)
        found = [] if company is None else [self._company_shape(company)]
        all_of_it = {"type": "pages", "next": None, "page": 1, "per_page": 50, "total_pages": 1}
        return {"type": "list", "data": found, "total_count": len(found), "pages": all_of_it}

    def contact_tags(self, identity: str) -> Shape:
        """Answer ``/contacts/{id}/tags``."""
        names, tags = self._contact(identity).tags, TagBook(self._desk)
        return {"type": "list", "data": [tag_shape(tags.of(name)) for name in names]}

    def company(self, identity: str) -> Shape:
        """Answer ``/companies/{id}``."""
        found = self._desk.store.get(Organization, shapes.number_of(identity) or 0)
        if found is None:
            raise not_found("company_not_found", "Company Not Found")
        return self._company_shape(found)

    def _company_shape(self, company: Organization) -> Shape:
        look = self._look()
        return shapes.company_shape(company, look.tags, look.contacts_of[company.id])

    # Conversations and tickets

    def _tickets(self, *, as_tickets: bool) -> list[Ticket]:
        return [
            ticket
            for ticket in self._desk.tickets()
            if not hidden(ticket) and is_ticket(ticket) == as_tickets
        ]

    def conversation(self, number: int) -> Shape:
        """Answer ``/conversations/{id}``."""
        return conversation(found_ticket(self._desk, number, as_ticket=False), self._look())

    def conversations(self) -> Shape:
        """Answer ``GET /conversations``."""
        size = search.page_size(request.args.get("per_page"))
        return self._conversations(None, size, request.args.get("starting_after"))

    def search_conversations(self) -> Shape:
        """Answer ``POST /conversations/search``."""
        return self._conversations(*_asked())

    def _conversations(self, test: search.Test | None, size: int, after: Any) -> Shape:
        look = look_at(self._desk, g.version)
        found = self._tickets(as_tickets=False)
        if test is not None:
            found = [ticket for ticket in found if test(listed(ticket, look))]
        page, place = search.page_of(found, size, after)
        return {
            "type": "conversation.list",
            "pages": place,
            "total_count": len(found),
            "conversations": [listed(ticket, look) for ticket in page],
        }

    def ticket(self, number: int) -> Shape:
        """Answer ``/tickets/{id}``."""
        ticket = found_ticket(self._desk, number, as_ticket=True)
        return ticket_shape(ticket, self._look(), self._settings.attributes)

    def search_tickets(self) -> Shape:
        """Answer ``POST /tickets/search``; unlike conversations, these come with their parts."""
        test, size, after = _asked()
        look, known = look_at(self._desk, g.version), self._settings.attributes
        tickets = self._tickets(as_tickets=True)
        found = [each for each in tickets if test(ticket_shape(each, look, known))]
        page, place = search.page_of(found, size, after)
        return {
            "type": "ticket.list",
            "tickets": [ticket_shape(each, look, known) for each in page],
            "total_count": len(found),
            "pages": place,
        }

    def ticket_types(self) -> Shape:
        """Answer ``/ticket_types``."""
        return {"type": "list", "data": [type_shape(self._settings.attributes)]}

    # Tags

    def tags(self) -> Shape:
        """Answer ``GET /tags``."""
        return {"type": "list", "data": [tag_shape(tag) for tag in TagBook(self._desk).all()]}


def found_ticket(
    desk: Helpdesk, number: int, *, as_ticket: bool, code: str = "not_found"
) -> Ticket:
    """Read a ticket that the API still knows under this name."""
    ticket = desk.ticket(number)
    if ticket is None or hidden(ticket) or is_ticket(ticket) != as_ticket:
        raise not_found(code)
    return ticket


def _asked() -> tuple[search.Test, int, Any]:
    body = json_body()
    if "query" not in body:
        raise missing("query")
    paging = body.get("pagination") or {}
    if not isinstance(paging, dict):
        raise invalid("pagination", "pagination must be an object")
    test = search.compile_query(body["query"])
    return test, search.page_size(paging.get("per_page")), paging.get("starting_after")
