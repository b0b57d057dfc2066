"""The calls to Intercom: reading conversations, tickets, changes and articles.

Plain requests on our session: the vendor's Python client pins no API version, retries either
nothing or writes, too, and has no webhooks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from requests import PreparedRequest
from requests.auth import AuthBase

from connectors.bodies import read_json
from connectors.errors import AuthFailed, NotFound, VendorBroken
from connectors.http import HelpdeskSession, utc_now
from connectors.intercom import answers, feed, mapping, wire
from connectors.intercom.webhook import INTERNAL_CATEGORIES
from connectors.records import path_number
from connectors.types import Article, Page, Ticket, TicketRef

VENDOR = "Intercom"
PER_SEARCH = {"conversations": 150, "tickets": 50}  # 150 is the most; for tickets none is named
ARTICLES = 50
REFS = 100  # changes on a page of ours, each of which saves the cursor
# A team or tag that is not known may be new; but not each look at a deleted one asks again.
NAMES_SECONDS = 60.0

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
# API host -> the region it is for, as /me tells it.
HOSTS = {
    "https://api.intercom.io": "US",
    "https://api.eu.intercom.io": "EU",
    "https://api.au.intercom.io": "AU",
}


class Bearer(AuthBase):
    """An access token; those of private apps do not expire."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the token into a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Client:
    """Reads of one workspace. Not thread-safe."""

    def __init__(
        self,
        base_url: str,
        session: HelpdeskSession,
        *,
        app_id: str = "",
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.base_url = base_url
        self.sleep = sleep
        self._session = session
        self._app_id = app_id
        self._now = now
        self._teams = _Names(self._list_teams, now)
        self._tags = _Names(self._list_tags, now)

    def ticket(self, ticket_id: str) -> Ticket:
        """Read a conversation, or a ticket, with its messages and who it is with."""
        raw = self._thread(ticket_id)
        people = self._people(raw)
        workspace = self._app_id or (people.contact.workspace_id if people.contact else None)
        return self._mapped(raw, people, self._address(raw.id, workspace or ""))

    def again(self, ticket: Ticket) -> Ticket:
        """Read anew what may have changed on a ticket, without who it is with."""
        path = f"{mapping.path_of(ticket)}/{path_number(ticket.id, VENDOR)}"
        return self._mapped(wire.read(wire.Thread, self.get(path)), mapping.People(), "")

    def mapped(self, raw: wire.Thread) -> Ticket:
        """Turn an answer to a write into ours; asks for nothing, so it cannot fail."""
        return mapping.ticket_from_intercom(raw, mapping.People(), {})

    def changed(self, cursor: str | None) -> Iterator[Page[TicketRef]]:
        """List changed conversations and customers' tickets by two searches, to their end."""
        started = int(self._now().timestamp())
        at = feed.Cursor(started) if cursor is None else feed.Cursor.read(cursor)
        if cursor is None:
            # Handed out before anything is asked, so that the start outlives a first call that
            # fails.
            yield Page((), str(at))
        found = [*self._search("conversations", at.start)]
        with suppress(AuthFailed):  # a plan without tickets, or not our right; the probe tells
            found += self._search("tickets", at.start)
        news = at.news(found)
        for position in range(0, len(news) or 1, REFS):
            lines = news[position : position + REFS]
            at = at.after(lines, started)
            refs = tuple(TicketRef(i, datetime.fromtimestamp(when, UTC)) for i, when in lines)
            yield Page(refs, str(at))

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the help centre in every language; a cursor is the query of a page.

        The newest change comes first: an article that is edited meanwhile leaves its place for
        the first page. So where fewer came than there are, the listing is gone through once more.
        """
        sections = self._sections()
        seen: set[str] = set()
        total = 0
        for listing, following in self._article_pages(cursor or ""):
            total = listing.total_count or 0
            seen |= {raw.id for raw in listing.data}
            missed: list[answers.Article] = []
            if following is None and cursor is None and len(seen) < total:
                missed = [raw for raw in self._all_articles() if raw.id not in seen]
            there = (*listing.data, *missed)
            items = [item for raw in there for item in mapping.articles_of(raw, sections)]
            yield Page(tuple(items), following)

    def team_id(self, name: str) -> str | None:
        """Find a team's id by the name that an admin gave."""
        return self._teams.id_of(name)

    def tag_id(self, name: str) -> str:
        """Find a tag's id by its name, and make the tag where there is none yet."""
        found = self._tags.id_of(name)
        if found is None:
            tag = wire.read(wire.Tag, self.post("tags", {"name": name}))
            found = self._tags.add(name, tag.id)
        return found

    def forget_tag(self, name: str) -> None:
        """Take a tag for one that is not there any more."""
        self._tags.drop(name)

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Read one address."""
        return read_json(self._session.get(f"{self.base_url}/{path}", params=params), VENDOR)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post to one address; not repeated by itself."""
        return read_json(self._session.post(f"{self.base_url}/{path}", json=body), VENDOR)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Put to one address; not repeated by itself."""
        return read_json(self._session.put(f"{self.base_url}/{path}", json=body), VENDOR)

    def _thread(self, ticket_id: str) -> wire.Thread:
        # Both kinds have their ids from one sequence, and a conversation that was turned into a
        # ticket keeps its id: what can be read as a conversation is one. No `display_as`: plain
        # text would lose lists and what is emphasised.
        number = path_number(ticket_id, VENDOR)
        try:
            body = self.get(f"conversations/{number}")
        except NotFound as gone:
            try:
                body = self.get(f"tickets/{number}")
            except AuthFailed:  # a plan without tickets, or not our right
                raise gone from None
        return wire.read(wire.Thread, body)

    def _mapped(self, raw: wire.Thread, people: mapping.People, address: str) -> Ticket:
        team = raw.team_assignee_id
        teams = {team: self._teams.name_of(team)} if team else {}
        return mapping.ticket_from_intercom(raw, people, teams, address)

    def _people(self, raw: wire.Thread) -> mapping.People:
        if raw.contact_id is None or not _SAFE.fullmatch(raw.contact_id):
            return mapping.People()
        path = f"contacts/{raw.contact_id}"
        try:
            contact = wire.read(wire.Contact, self.get(path))
        except NotFound:  # deleted, or merged into another
            return mapping.People()
        # A contact's own lists hold pointers without names, and of those ten at most.
        companies: tuple[wire.Company, ...] = ()
        if contact.companies and contact.companies.any and raw.company is None:
            companies = wire.read(wire.Companies, self.get(f"{path}/companies")).data or ()
        tags: frozenset[str] = frozenset()
        if contact.tags and contact.tags.any:
            tags = wire.read(wire.Tags, self.get(f"{path}/tags")).names
        return mapping.People(contact, tags, companies)

    def _address(self, ticket_id: str, workspace: str) -> str:
        # Agents work at app.intercom.com, app.eu.intercom.com and app.au.intercom.com.
        inbox = self.base_url
        if inbox in HOSTS:
            inbox = inbox.replace("://api.", "://app.").removesuffix(".io") + ".com"
        if not _SAFE.fullmatch(workspace):
            return ""
        return f"{inbox}/a/inbox/{workspace}/inbox/shared/all/conversation/{ticket_id}"

    def _search(self, kind: str, start: int) -> Iterator[tuple[str, int]]:
        asked: set[str] = set()
        after: str | None = None
        while True:
            body = self.post(f"{kind}/search", feed.query(start, after, PER_SEARCH[kind]))
            page = wire.read(answers.Found, body)
            for line in page.conversations or page.tickets or ():
                if line.category not in INTERNAL_CATEGORIES and line.updated_at:
                    yield line.id, int(line.updated_at.timestamp())
            after = page.pages.starting_after if page.pages else None
            if after is None:
                return
            # A cursor that comes back would be followed for ever.
            if after in asked:
                raise VendorBroken(f"Intercom's search of {kind} does not move on")
            asked.add(after)

    def _article_pages(self, query: str) -> Iterator[tuple[answers.Articles, str | None]]:
        asked = {query}
        while True:
            params: dict[str, str | int] = {**dict(parse_qsl(query)), "per_page": ARTICLES}
            listing = wire.read(answers.Articles, self.get("articles", params))
            following = listing.pages.following if listing.pages else None
            if following is not None and following in asked:
                raise VendorBroken("Intercom's listing of articles does not move on")
            yield listing, following
            if following is None:
                return
            query = following
            asked.add(query)

    def _sections(self) -> dict[str, str]:
        """Read what collections are called; without their names articles are still articles."""
        names: dict[str, str] = {}
        query: str | None = ""
        asked: set[str] = set()
        while query is not None and query not in asked:
            asked.add(query)
            params: dict[str, str | int] = {**dict(parse_qsl(query)), "per_page": ARTICLES}
            try:
                body = self.get("help_center/collections", params)
            except (AuthFailed, NotFound):
                return names
            page = wire.read(answers.Collections, body)
            names |= {item.id: item.name or "" for item in page.data or ()}
            query = page.pages.following if page.pages else None
        return names

    def _all_articles(self) -> Iterator[answers.Article]:
        for listing, _ in self._article_pages(""):
            yield from listing.data

    def _list_teams(self) -> list[tuple[str, str]]:
        teams = wire.read(answers.Teams, self.get("teams")).teams
        return [(team.id, team.name or "") for team in teams]

    def _list_tags(self) -> list[tuple[str, str]]:
        tags = wire.read(wire.Tags, self.get("tags"))
        return [(tag.id, tag.name or "") for tag in tags.data or tags.tags or ()]


class _Names:
    """Names and ids of teams or tags, listed when first needed and when one is not among them."""

    def __init__(
        self, fetch: Callable[[], list[tuple[str, str]]], now: Callable[[], datetime]
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._fetched: float | None = None
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def id_of(self, name: str) -> str | None:
        """Find an id by a name, whatever its case."""
        key = name.strip().casefold()
        if key not in self._ids:
            self._refresh()
        return self._ids.get(key)

    def name_of(self, id_: str) -> str:
        """Find a name by an id; "" where there is none."""
        if id_ not in self._names:
            self._refresh()
        return self._names.get(id_, "")

    def add(self, name: str, id_: str) -> str:
        """Learn one more."""
        self._names[id_] = name
        self._ids[name.strip().casefold()] = id_
        return id_

    def drop(self, name: str) -> None:
        """Forget one."""
        self._names.pop(self._ids.pop(name.strip().casefold(), ""), None)

    def _refresh(self) -> None:
        now = self._now().timestamp()
        if self._fetched is not None and now - self._fetched < NAMES_SECONDS:
            return
        for id_, name in self._fetch():
            self.add(name, id_)
        self._fetched = now
