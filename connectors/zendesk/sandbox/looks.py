"""What a look at the set-up asks for: our token, the newest tickets, a search, first pages."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from flask import Blueprint, request

from connectors.sandbox.caller import base_url
from connectors.sandbox.edits import second, stamp
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Organization, Rating, Ticket
from connectors.zendesk.sandbox import shapes
from connectors.zendesk.sandbox.access import Credentials, scope_of
from connectors.zendesk.sandbox.errors import invalid, not_found
from connectors.zendesk.sandbox.paging import page_of
from connectors.zendesk.sandbox.routing import add_route
from connectors.zendesk.sandbox.shapes import Shape

_TOKEN_ID = 8_447_346_621_303
_FIELD_ID = 8_447_346_621_304
_SEARCHES_AT_MOST = 100  # results a page
_MIDDLE = 0.5


class Looks:
    """The routes."""

    def __init__(self, desk: Helpdesk, credentials: Credentials) -> None:
        self._desk, self._credentials = desk, credentials

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        add_route(blueprint, "/oauth/tokens/current", self.token)
        add_route(blueprint, "/tickets", self.tickets)
        add_route(blueprint, "/search", self.search)
        add_route(blueprint, "/organizations", self.organizations)
        add_route(blueprint, "/organization_fields", self.organization_fields)
        add_route(blueprint, "/satisfaction_ratings", self.ratings)

    def token(self) -> Shape:
        """Answer what the caller's token is; an API token is none of these."""
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        if kind.casefold() != "bearer":
            raise not_found()
        now = self._desk.now()
        return {
            "token": {
                "id": _TOKEN_ID,
                "url": f"{base_url()}/api/v2/oauth/tokens/{_TOKEN_ID}.json",
                "client_id": _TOKEN_ID,
                "user_id": self._desk.bot.id,
                "token": value.strip()[:10],
                "scopes": scope_of(value.strip(), self._credentials, now).split(),
                "created_at": stamp(second(now)),
                "used_at": stamp(second(now)),
            }
        }

    def tickets(self) -> Shape:
        """Answer all tickets, by number or by their last change."""
        found = self._alive()
        sort = request.args.get("sort", "id")
        if sort.removeprefix("-") == "updated_at":
            found.sort(key=lambda ticket: (ticket.updated_at, ticket.id))
        if sort.startswith("-"):
            found.reverse()
        base = base_url()
        return page_of(found, "tickets", lambda each: shapes.ticket_shape(each, base))

    def search(self) -> Shape:
        """Answer a search for tickets by ``commenter:`` and ``updated>``, newest change first."""
        found = self._alive()
        for word in request.args.get("query", "").split():
            found = [ticket for ticket in found if _fits(ticket, word)]
        found.sort(key=lambda ticket: ticket.updated_at, reverse=True)
        base = base_url()
        shown = [
            {**shapes.ticket_shape(each, base), "result_type": "ticket"}
            for each in found[:_SEARCHES_AT_MOST]
        ]
        return {
            "results": shown,
            "count": len(found),
            "facets": None,
            "next_page": None,
            "previous_page": None,
        }

    def organizations(self) -> Shape:
        """Answer all organizations."""
        base, found = base_url(), self._desk.store.all(Organization)
        shape = partial(shapes.organization_shape, base=base)
        return page_of(found, "organizations", shape)

    def organization_fields(self) -> Shape:
        """Answer the fields that organizations have here."""
        names = {"plan": "Plan", "customer_since": "Customer since"}
        fields = [
            {"id": _FIELD_ID + place, "key": key, "title": title, "type": "text", "active": True}
            for place, (key, title) in enumerate(names.items())
        ]
        return page_of(fields, "organization_fields", lambda each: each)

    def ratings(self) -> Shape:
        """Answer what customers said of tickets: good or bad."""
        found = [(ticket, each) for ticket in self._desk.tickets() for each in ticket.ratings]
        return page_of(found, "satisfaction_ratings", _rating)

    def _alive(self) -> list[Ticket]:
        return [each for each in self._desk.tickets() if shapes.status_of(each) != "deleted"]


def _rating(found: tuple[Ticket, Rating]) -> Shape:
    ticket, rating = found
    return {
        "id": rating.id,
        "url": f"{base_url()}/api/v2/satisfaction_ratings/{rating.id}.json",
        "ticket_id": ticket.id,
        "requester_id": ticket.requester_id,
        "assignee_id": rating.agent_id or 0,
        "group_id": ticket.group_id or 0,
        "score": "good" if rating.score > _MIDDLE else "bad",
        "comment": rating.comment,
        "created_at": stamp(rating.created_at),
        "updated_at": stamp(rating.created_at),
    }


def _fits(ticket: Ticket, word: str) -> bool:
    if word == "type:ticket":
        return True
    if word.startswith("commenter:"):
        who = word.removeprefix("commenter:")
        return any(str(said.author_id) == who for said in ticket.messages)
    if word.startswith("updated>"):
        return ticket.updated_at.date() > _day(word.removeprefix("updated>"))
    raise invalid("query", f"{word} is not played by the sandbox")


def _day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise invalid("query", "Invalid date") from None
