"""What Freshdesk's API tells of people, teams, fields and ratings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from connectors.freshdesk.sandbox import fields, shapes
from connectors.freshdesk.sandbox.errors import forbidden, not_found
from connectors.freshdesk.sandbox.measures import ratings_of, survey_shape
from connectors.freshdesk.sandbox.paging import answer, page_of
from connectors.freshdesk.sandbox.routing import add_route
from connectors.freshdesk.sandbox.settings import Settings
from connectors.freshdesk.sandbox.shapes import Shape
from connectors.freshdesk.sandbox.validation import moment, query
from connectors.sandbox.edits import stamp
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Group, Organization, Person

_PAGES = ("page", "per_page")


class Reads:
    """The reading half of the API but for tickets and knowledge."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self._desk = desk
        self._settings = settings

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        views: dict[str, Callable[..., Any]] = {
            "/agents/me": self.me,
            "/agents": self.agents,
            "/agents/<int:number>": self.agent,
            "/groups": self.groups,
            "/ticket_fields": self.ticket_fields,
            "/company_fields": self.company_fields,
            "/contacts": self.contacts,
            "/contacts/<int:number>": self.contact,
            "/companies": self.companies,
            "/companies/<int:number>": self.company,
            "/surveys": self.surveys,
            "/surveys/satisfaction_ratings": self.ratings,
            "/automations/<int:_>/rules": self.unrecorded,
            "/scenario_automations": self.unrecorded,
        }
        for path, view in views.items():
            add_route(blueprint, path, get=view)
        path = "/data/helpdesk/attachments/<int:number>/original/<path:_>"
        blueprint.add_url_rule(path, "attachment", self.attachment)

    # People and teams

    def me(self) -> Shape:
        """Answer ``/agents/me``: the agent whose key it is."""
        query()
        return shapes.agent_shape(self._desk.bot)

    def agents(self) -> Response:
        """Answer ``/agents``."""
        self._admin_only()
        email = query("email", *_PAGES).get("email", "").casefold()
        found = [each for each in self._staff() if email in ("", each.email.casefold())]
        return answer(*page_of([shapes.agent_shape(each) for each in found]))

    def agent(self, number: int) -> Shape:
        """Answer ``/agents/{id}``."""
        self._admin_only()
        query()
        found = self._desk.store.get(Person, number)
        if found is None or not found.staff:
            raise not_found()
        return shapes.agent_shape(found)

    def groups(self) -> Response:
        """Answer ``/groups``."""
        query(*_PAGES)
        found = [shapes.group_shape(each) for each in self._desk.store.all(Group)]
        return answer(*page_of(found))

    def contacts(self) -> Response:
        """Answer ``/contacts``."""
        query(*_PAGES)
        people = [each for each in self._desk.store.all(Person) if not each.staff]
        page, link = page_of(people)
        return answer([self._contact(each) for each in page], link)

    def companies(self) -> Response:
        """Answer ``/companies``."""
        query(*_PAGES)
        page, link = page_of(self._desk.store.all(Organization))
        return answer([shapes.company_shape(each) for each in page], link)

    def contact(self, number: int) -> Shape:
        """Answer ``/contacts/{id}``; agents are none."""
        query()
        found = self._desk.store.get(Person, number)
        if found is None or found.staff:
            raise not_found()
        return self._contact(found)

    def _contact(self, person: Person) -> Shape:
        company = self._desk.store.get(Organization, person.organization_id or 0)
        return shapes.contact_shape(person, company)

    def company(self, number: int) -> Shape:
        """Answer ``/companies/{id}``."""
        query()
        found = self._desk.store.get(Organization, number)
        if found is None:
            raise not_found()
        return shapes.company_shape(found)

    def _staff(self) -> list[Person]:
        return [each for each in self._desk.store.all(Person) if each.staff]

    def _admin_only(self) -> None:
        # "All Agent APIs other than the Currently Authenticated Agent API require admin
        # privileges." (API page, Agents)
        if not self._settings.admin:
            raise forbidden()

    # Fields and ratings

    def ticket_fields(self) -> Response:
        """Answer ``/ticket_fields``; every list can be paged (API page, Pagination)."""
        kind = query("type", *_PAGES).get("type")
        groups, needed = self._desk.store.all(Group), self._settings.closing_needs_category
        names = (name for each in self._desk.tickets() for name in shapes.added_fields(each))
        added = sorted(set(names))
        found = fields.field_shapes(groups, self._staff(), added, needed, self._since())
        return answer(*page_of([each for each in found if kind in (None, each["type"])]))

    def company_fields(self) -> Response:
        """Answer ``/company_fields``."""
        query(*_PAGES)
        return answer(*page_of(fields.company_field_shapes(self._since())))

    def unrecorded(self, _: int = 0) -> Shape:
        """Answer for automations: nobody has recorded how they look, so they are an admin's."""
        raise forbidden()

    def surveys(self) -> Response:
        """Answer ``/surveys``."""
        query(*_PAGES)
        return answer(*page_of([survey_shape(self._since())]))

    def attachment(self, number: int, _: str) -> Response:
        """Answer with a file; whoever knows its address may have it, as with a signed one."""
        for ticket in self._desk.tickets():
            for message in ticket.messages:
                for place, file in enumerate(message.attachments):
                    if shapes.attachment_id(message, place) == number:
                        return Response(file.content.encode(), content_type=file.content_type)
        return Response(status=404)

    def ratings(self) -> Response:
        """Answer ``/surveys/satisfaction_ratings``, oldest first."""
        asked = query("created_since", "user_id", *_PAGES)
        found = [each for ticket in self._desk.tickets() for each in ratings_of(ticket)]
        if "created_since" in asked:
            since = stamp(moment(asked["created_since"], "created_since"))
            found = [each for each in found if each["created_at"] >= since]
        if "user_id" in asked:
            found = [each for each in found if str(each["user_id"]) == asked["user_id"]]
        return answer(*page_of(sorted(found, key=_by_time)))

    def _since(self) -> str:
        return stamp(self._desk.bot.created_at)


def _by_time(rating: Shape) -> tuple[str, int]:
    return rating["created_at"], rating["id"]
