"""What Zendesk's API tells: users, organizations, groups, tickets, the export."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from flask import Blueprint, request

from connectors.sandbox.caller import base_url, whole_number
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Group, Organization, Person, Ticket
from connectors.zendesk.sandbox import chats, shapes
from connectors.zendesk.sandbox.errors import (
    invalid,
    not_found,
    too_many_values,
)
from connectors.zendesk.sandbox.paging import MOST, page_of, positive, start_time
from connectors.zendesk.sandbox.routing import add_route
from connectors.zendesk.sandbox.shapes import Shape
from connectors.zendesk.sandbox.ticketing import metrics_shape

_EXPORT_PAGE = 1000
Entry = TypeVar("Entry")


class Reads:
    """The reading half of the API. ``withheld`` is how long the export hides fresh changes.

    Zendesk hides the last minute; the sandbox hides nothing unless told, so that tests need not
    wait.
    """

    def __init__(self, desk: Helpdesk, withheld: timedelta, *, surveys: bool) -> None:
        self._desk = desk
        self._withheld = withheld
        self._surveys = surveys

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        views: dict[str, Callable[..., Any]] = {
            "/users/me": self.me,
            "/users/show_many": self.users,
            "/users/<int:number>": self.user,
            "/organizations/<int:number>": self.organization,
            "/groups": self.groups,
            "/groups/<int:number>": self.group,
            "/tickets/<int:number>": self.ticket,
            "/tickets/<int:number>/comments": self.comments,
            "/tickets/<int:number>/conversation_log": self.log,
            "/tickets/<int:number>/audits": self.audits,
            "/tickets/<int:number>/tags": self.tags,
            "/incremental/tickets/cursor": self.export,
        }
        for path, view in views.items():
            add_route(blueprint, path, view)

    # People

    def me(self) -> Shape:
        """Answer ``/users/me``: the user that the credentials act as."""
        if "Authorization" not in request.headers:  # the one call that is not refused then
            anonymous = {"id": None, "name": "Anonymous user", "email": None, "role": "end-user"}
            return {"user": anonymous}
        return {"user": shapes.user_shape(self._desk.bot, base_url())}

    def user(self, number: int) -> Shape:
        """Answer ``/users/{id}``."""
        return {"user": shapes.user_shape(self._get(Person, number), base_url())}

    def users(self) -> Shape:
        """Answer ``/users/show_many``; unknown ids are left out."""
        numbers = _numbers(request.args.get("ids", ""))
        people = self._desk.people()
        found = [people[number] for number in numbers if number in people]
        shown = [shapes.user_shape(person, base_url()) for person in found]
        return {"users": shown, "count": len(shown), "next_page": None, "previous_page": None}

    def organization(self, number: int) -> Shape:
        """Answer ``/organizations/{id}``."""
        found = self._get(Organization, number)
        return {"organization": shapes.organization_shape(found, base_url())}

    def groups(self) -> Shape:
        """Answer ``/groups``."""
        groups, base = self._desk.store.all(Group), base_url()
        return page_of(groups, "groups", lambda each: shapes.group_shape(each, base))

    def group(self, number: int) -> Shape:
        """Answer ``/groups/{id}``."""
        return {"group": shapes.group_shape(self._get(Group, number), base_url())}

    def _get(self, kind: type[Any], number: int) -> Any:
        found = self._desk.store.get(kind, number)
        if found is None:
            raise not_found()
        return found

    # Tickets

    def _ticket(self, number: int) -> Ticket:
        ticket = self._desk.ticket(number)
        if ticket is None or shapes.status_of(ticket) == "deleted":
            raise not_found()
        return ticket

    def ticket(self, number: int) -> Shape:
        """Answer ``/tickets/{id}``, with side-loads."""
        ticket = self._ticket(number)
        return {"ticket": self._shape(ticket), **self._beside([ticket])}

    def _shape(self, ticket: Ticket) -> Shape:
        # Who is asked by surveys is not asked for good or bad.
        other = {"satisfaction_rating": {"score": "unoffered"}} if self._surveys else {}
        return {**shapes.ticket_shape(ticket, base_url()), **other}

    def _beside(self, tickets: Sequence[Ticket]) -> Shape:
        wanted = _included()
        beside: Shape = {}
        if "users" in wanted:
            numbers = {t.requester_id for t in tickets} | {t.assignee_id for t in tickets}
            beside["users"] = self._users(numbers)
        if "groups" in wanted:
            groups = self._beside_of(Group, {t.group_id for t in tickets})
            beside["groups"] = [shapes.group_shape(each, base_url()) for each in groups]
        if "organizations" in wanted:
            found = self._beside_of(Organization, {t.organization_id for t in tickets})
            beside["organizations"] = [
                shapes.organization_shape(each, base_url()) for each in found
            ]
        if "metric_sets" in wanted:
            staff = {person.id for person in self._desk.people().values() if person.staff}
            beside["metric_sets"] = [metrics_shape(ticket, staff) for ticket in tickets]
        return beside

    def _beside_of(self, kind: type[Any], numbers: set[int | None]) -> list[Any]:
        found = [self._desk.store.get(kind, number) for number in sorted(filter(None, numbers))]
        return [each for each in found if each is not None]

    def _users(self, numbers: Iterable[int | None]) -> list[Shape]:
        found = self._beside_of(Person, set(numbers))
        return [shapes.user_shape(each, base_url()) for each in found]

    def comments(self, number: int) -> Shape:
        """Answer ``/tickets/{id}/comments``."""
        messages = _in_order(chats.comments_of(self._ticket(number), self._desk.people()))
        base = base_url()
        page = page_of(messages, "comments", lambda each: shapes.comment_shape(each, base))
        if "users" in _included():
            page["users"] = self._users(each["author_id"] for each in page["comments"])
        return page

    def log(self, number: int) -> Shape:
        """Answer ``/tickets/{id}/conversation_log``."""
        people, base = self._desk.people(), base_url()
        said = _in_order(chats.log_of(self._ticket(number), people))
        return page_of(said, "events", lambda each: chats.entry_shape(each, people, base))

    def audits(self, number: int) -> Shape:
        """Answer ``/tickets/{id}/audits``."""
        ticket, base = self._ticket(number), base_url()
        audits = _in_order(ticket.audits)
        return page_of(audits, "audits", lambda each: shapes.audit_shape(ticket, each, base))

    def tags(self, number: int) -> Shape:
        """Answer ``/tickets/{id}/tags``."""
        return {"tags": list(self._ticket(number).tags)}

    def export(self) -> Shape:
        """Answer the change feed; deleted tickets stay in it."""
        asked = request.args
        horizon = self._desk.now() - self._withheld
        tickets = sorted(self._desk.tickets(), key=lambda ticket: ticket.sequence)
        if asked.get("support_type_scope") == "ai_agent":
            tickets = []  # nobody but people and our bot works here
        if "cursor" in asked:
            done = _export_place(asked["cursor"])
            tickets = [ticket for ticket in tickets if ticket.sequence > done]
        else:
            start = start_time(int(horizon.timestamp()))
            older = [t for t in tickets if int(t.updated_at.timestamp()) < start]
            tickets = [t for t in tickets if int(t.updated_at.timestamp()) >= start]
            done = max((ticket.sequence for ticket in older), default=0)
        # What is too fresh ends the page: a later change must not overtake it.
        fresh = [place for place, each in enumerate(tickets) if each.updated_at > horizon]
        tickets = tickets[: fresh[0]] if fresh and self._withheld else tickets
        size = min(positive(asked.get("per_page", str(_EXPORT_PAGE)), "per_page"), _EXPORT_PAGE)
        page = tickets[:size]
        cursor = _export_cursor(page[-1].sequence if page else done)
        return {
            "tickets": [self._shape(ticket) for ticket in page],
            "after_url": f"{base_url()}{request.path}?cursor={cursor}",
            "after_cursor": cursor,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": len(page) == len(tickets),
            **self._beside(page),
        }


def _included() -> set[str]:
    return set(request.args.get("include", "").split(","))


def _in_order(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Oldest first, unless the query asks for the newest first."""
    asked = request.args
    newest_first = asked.get("sort", "").startswith("-") or asked.get("sort_order") == "desc"
    return entries[::-1] if newest_first else entries


def _numbers(text: str) -> list[int]:
    parts = [whole_number(part.strip()) for part in text.split(",")]
    numbers = [number for number in parts if number is not None]
    if len(numbers) > MOST:
        raise too_many_values("ids", MOST)
    return numbers


def _export_cursor(sequence: int) -> str:
    return base64.urlsafe_b64encode(f"0.0||{sequence}|".encode()).decode()


def _export_place(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().split("|")[2])
    except (ValueError, IndexError, binascii.Error):
        raise invalid("cursor", "Cursor: is invalid") from None
