"""Intercom's answers to listings and searches, and what a set-up consists of; see ``wire``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import ValidationError

from connectors.intercom.wire import (
    Bag,
    Count,
    Id,
    Reference,
    State,
    Tags,
    Thread,
    Time,
    moment,
)
from connectors.records import Record


class Line(Record):
    """A conversation or ticket in an answer to a search."""

    id: str
    updated_at: Time = None
    category: str | None = None


class Pages(Record):
    """Where a listing goes on; ``next`` is an object with a cursor, or an address."""

    page: Count = None
    total_pages: Count = None
    next: Any = None

    @property
    def starting_after(self) -> str | None:
        """The cursor of a search's next page, ``None`` on the last one."""
        return dict(parse_qsl(self.following or "")).get("starting_after")

    @property
    def following(self) -> str | None:
        """The query that leads to the next page, ``None`` on the last one."""
        if isinstance(self.next, dict) and self.next.get("starting_after"):
            return urlencode({"starting_after": str(self.next["starting_after"])})
        if isinstance(self.next, str) and self.next:
            asked = dict(parse_qsl(_query(self.next)))
            kept = [(name, asked[name]) for name in ("starting_after", "page") if name in asked]
            return urlencode(kept) or None
        if self.page and self.total_pages and self.page < self.total_pages:
            return urlencode({"page": self.page + 1})
        return None


class Found(Record):
    """A page of an answer to a search."""

    conversations: tuple[Line, ...] | None = None
    tickets: tuple[Line, ...] | None = None
    pages: Pages | None = None
    total_count: Count = None


class Threads(Record):
    """A page of an answer to a search, with all that it tells of each."""

    conversations: tuple[Thread, ...] | None = None
    tickets: tuple[Thread, ...] | None = None


class Types(Record):
    """The types of tickets that have a state."""

    data: tuple[Reference, ...] | None = None


class TicketState(State):
    """A state of the workspace."""

    archived: bool | None = None
    ticket_types: Types | None = None

    def is_for(self, kind: str | None, category: str) -> bool:
        """Whether a ticket of this type can be moved to it, and it is of this category."""
        types = (self.ticket_types.data if self.ticket_types else None) or ()
        fits = kind is not None and any(each.id == kind for each in types)
        return fits and self.category == category and not self.archived


class States(Record):
    """All states of tickets."""

    data: tuple[TicketState, ...] | None = None


class Attribute(Record):
    """An attribute of contacts, companies or conversations."""

    id: Id = None
    name: str | None = None
    label: str | None = None
    description: str | None = None
    custom: bool | None = None
    archived: bool | None = None

    @property
    def names(self) -> frozenset[str]:
        """What it is called, in lower case."""
        return frozenset(name.casefold() for name in (self.name, self.label) if name)


class Attributes(Record):
    """Attributes of one kind."""

    data: tuple[Attribute, ...] | None = None


class TicketType(Record):
    """A type of tickets; its attributes are a list, or an object with one."""

    id: Id = None
    ticket_type_attributes: Any = None

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Those that it has, however they came."""
        held = self.ticket_type_attributes
        listed = held.get("data") if isinstance(held, dict) else held
        try:
            return Attributes.model_validate({"data": listed}).data or ()
        except ValidationError:
            return ()


class TicketTypes(Record):
    """All types of tickets."""

    data: tuple[TicketType, ...] | None = None


class Listing(Record):
    """A page of a listing."""

    pages: Pages | None = None
    total_count: Count = None


class Macro(Record):
    """A saved reply; one without a text of its own only does something."""

    id: Id = None
    name: str | None = None
    body: str | None = None
    updated_at: Time = None
    visible_to: str | None = None


class Macros(Listing):
    """A page of saved replies."""

    data: tuple[Macro, ...] | None = None


class Translation(Record):
    """An article in one language."""

    title: str | None = None
    body: str | None = None
    state: str | None = None
    url: str | None = None
    updated_at: Time = None


class Article(Translation):
    """An article; what it says itself is in its default language."""

    id: str
    default_locale: str | None = None
    translated_content: Bag = None
    help_center_audience: str | None = None
    parent_ids: tuple[Any, ...] | None = None
    tags: Tags | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """The collections that it stands in."""
        return tuple(str(id_) for id_ in self.parent_ids or ())

    def changed_since(self, start: datetime) -> bool:
        """Whether it or one of its languages changed then or later, as far as it tells."""
        said = (self.translated_content or {}).values()
        stamps = [moment(each.get("updated_at")) for each in said if isinstance(each, dict)]
        told = [stamp for stamp in (self.updated_at, *stamps) if stamp is not None]
        return self.updated_at is None or max(told) >= start


class Articles(Listing):
    """A page of the help centre."""

    data: tuple[Article, ...]


class InternalArticle(Record):
    """An article for the team alone."""

    id: str
    title: str | None = None
    body: str | None = None
    locale: str | None = None
    updated_at: Time = None


class InternalArticles(Listing):
    """A page of internal articles."""

    data: tuple[InternalArticle, ...]


class Collection(Record):
    """A collection of articles; one that lies in none has no parent."""

    id: str
    name: str | None = None
    parent_id: Id = None


class Collections(Listing):
    """A page of collections."""

    data: tuple[Collection, ...] | None = None


class Team(Record):
    """A team of agents."""

    id: str
    name: str | None = None


class Teams(Record):
    """All teams."""

    teams: tuple[Team, ...]


class App(Record):
    """The workspace that a token belongs to."""

    id_code: str | None = None
    name: str | None = None
    region: str | None = None
    identity_verification: bool | None = None


class Admin(Record):
    """A teammate."""

    type: str | None = None
    id: Id = None
    name: str | None = None
    email: str | None = None
    has_inbox_seat: bool | None = None
    app: App | None = None


def _query(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:
        return ""
