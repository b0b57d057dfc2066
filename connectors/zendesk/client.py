"""The calls to Zendesk: reading tickets, changes and articles.

zenpy makes the calls that it makes well (updates, users, groups, audits), on our own session. Where
its objects lose what we need it is the session alone: zenpy keeps side-loaded users only in its
cache, which must be off, and knows neither ``support_type_scope`` nor what lies around an article.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from requests import Response
from zenpy import Zenpy
from zenpy.lib.exception import ZenpyException

from connectors.articles import Article
from connectors.bodies import read_json
from connectors.config import ConnectorConfig
from connectors.errors import AuthFailed, Conflict, NotFound, Rejected, VendorBroken
from connectors.files import Files
from connectors.http import HelpdeskSession, moment_of, utc_now
from connectors.records import Record, path_number
from connectors.shared import Shared
from connectors.types import Page, PastTicket, Rating, Ticket, TicketRef
from connectors.zendesk import exports, macros, mapping, messaging, ratings, wire
from connectors.zendesk.directory import Directory
from connectors.zendesk.guide import Guide
from connectors.zendesk.wire import Params

# Where Zendesk redirects to, and the addresses of an account's other brands.
FILE_HOSTS = ("*.zdusercontent.com", "*.zendesk.com")
PAGE = 100  # the most that cursor pagination gives
SETTLED = 2.0  # seconds; updated_at has whole ones, and the edge's clock is not the database's
READINGS = 4


class Client:
    """Reads of one Zendesk account. Not thread-safe, as zenpy is not.

    ``login`` names the credentials, and is none of them.
    """

    def __init__(
        self,
        config: ConnectorConfig,
        session: HelpdeskSession,
        shared: Shared,
        login: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.base_url = config.url
        self._config = config
        self._session = session
        self._directory = Directory(config.url, login, shared, self.get, self.pages)
        self._sleep = sleep
        self._now = now

    @cached_property
    def files(self) -> Files:
        """Reads small files of text that customers sent."""
        return Files(self.base_url, self._session, FILE_HOSTS)

    @cached_property
    def zenpy(self) -> Any:
        """zenpy on our session, without its cache."""
        return build_zenpy(self.base_url, self._session)

    def ticket(self, ticket_id: str) -> Ticket:
        """Read a ticket with all its comments; its revision is fit to guard a write."""
        answer = self._settled(ticket_id)
        # Comments are read after the revision: what comes in between makes the write fail, and
        # the other way round it would be overlooked.
        comments: list[wire.Comment] = []
        users = wire.by_id(answer.users or ())
        path = f"tickets/{path_number(ticket_id, 'Zendesk')}/comments"
        ask: Params = {"include": "users", "sort": "created_at", "include_inline_images": "true"}
        for body in self.pages(path, ask):
            page = wire.read(wire.CommentsPage, body)
            comments += page.comments
            users |= wire.by_id(page.users or ())
        log = self._log(answer.ticket)
        written = {comment.author_id for comment in comments}
        users |= self._missing(written | messaging.authors(log or ()), users)
        return mapping.ticket_from_zendesk(answer, comments, self._around(answer, users, log))

    def changed(self, cursor: str | None) -> Iterator[Page[TicketRef]]:
        """List changed tickets by the incremental export, to its end."""
        return exports.changed(self.get, self._now(), cursor)

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        """List what became of the tickets that were created since then."""
        return exports.history(self.get, self._sleep, self._now(), since)

    def ratings(self, ticket: Ticket) -> tuple[Rating, ...]:
        """List the answers to surveys about a ticket; none where we may not read them."""
        # One page is all: a ticket has few, and where the filter counts for nothing, the listing
        # has those of the whole account.
        ask: Params = {"filter[subject_zrns]": _zrn(ticket.id), "page[size]": PAGE}
        try:
            body = self.get(ratings.LISTING, ask)
        except (AuthFailed, NotFound, Rejected):
            return ()  # a plan or a role without surveys
        surveys = wire.read(ratings.Surveys, body).survey_responses
        return ratings.of_surveys(surveys, ticket.id, ticket.assignee_id)

    def bot_id(self) -> str:
        """Tell which user we act as."""
        return self._directory.bot_id()

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the help centre in every language."""
        return self._guide().articles(cursor)

    def article_changes(self, since: datetime) -> Iterator[Page[Article]]:
        """List the articles that changed since then, in every language."""
        return self._guide().changes(since)

    def canned(self) -> Iterator[Page[Article]]:
        """List the macros that write a comment."""
        return macros.canned(self.pages)

    def group_id(self, name: str) -> str | None:
        """Find a group's id by the name that an admin gave."""
        return self._groups.get(name.strip().casefold())

    @property
    def skew(self) -> float | None:
        """By how many seconds our clock is ahead of Zendesk's, as far as answers told the time."""
        return self._session.skew

    def get(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """Read one address below ``/api/v2``."""
        return read_json(self.answer(path, params), "Zendesk")

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Write one address below ``/api/v2``; an answer without a body counts as ``{}``."""
        address = f"{self.base_url}/api/v2/{path}"
        return read_json(self._session.request(method, address, json=body), "Zendesk")

    def answer(self, path: str, params: Params | None = None) -> Response:
        """Read one address below ``/api/v2``, for its headers, too."""
        # The bare paths and those with ".json" are the same; the bare ones are documented.
        return self._session.get(f"{self.base_url}/api/v2/{path}", params=params)

    def pages(self, path: str, params: Params, after: str = "") -> Iterator[dict[str, Any]]:
        """Read a listing below ``/api/v2`` page by page, to its end."""
        ask = {**params, "page[size]": PAGE}
        asked = {after}
        while True:
            body = self.get(path, {**ask, "page[after]": after} if after else ask)
            yield body
            # links.next is set on most last pages too: only has_more tells.
            meta = wire.read(wire.Paged, body).meta
            if not meta.has_more:
                if body.get("next_page"):  # paged by number all the same: this is its beginning
                    raise VendorBroken(f"Zendesk's listing {path} is not paged by cursor")
                return
            if not meta.after_cursor or meta.after_cursor in asked:
                raise VendorBroken(f"Zendesk's listing {path} does not move on")
            after = meta.after_cursor
            asked.add(after)

    def _settled(self, ticket_id: str) -> wire.TicketAnswer:
        """Read a ticket so late that any further change gets another stamp."""
        seen: str | None = None
        for _ in range(READINGS):
            params: Params = {"include": "users,groups,organizations"}
            response = self.answer(f"tickets/{path_number(ticket_id, 'Zendesk')}", params)
            answer = wire.read(wire.TicketAnswer, read_json(response, "Zendesk"))
            age = _age(response, mapping.stamp(answer.ticket.updated_at), self._now())
            # The same stamp after a full wait is settled, whatever the answer's clock says.
            if age >= SETTLED or seen == answer.ticket.updated_at:
                return answer
            seen = answer.ticket.updated_at if age <= 0 else None
            self._sleep(SETTLED - max(age, 0.0))
        raise Conflict("the ticket is being changed right now", retry_after=SETTLED)

    def _around(
        self,
        answer: wire.TicketAnswer,
        users: dict[str, wire.User],
        log: Sequence[messaging.Entry] | None,
    ) -> mapping.Around:
        wanted = self._config.shown_fields
        named = answer.ticket.custom_status_id is not None
        return mapping.Around(
            base_url=self.base_url,
            config=self._config,
            users=users,
            statuses=self._directory.statuses() if named else {},
            fields=self._directory.fields() if wanted else {},
            log=log,
        )

    def _log(self, raw: wire.Ticket) -> Sequence[messaging.Entry] | None:
        """Read a messaging ticket's conversation; ``None`` where Zendesk does not let us."""
        if not messaging.messaging_channel(messaging.channel_of(raw)):
            return ()
        entries: list[messaging.Entry] = []
        try:
            for body in self.pages(f"tickets/{raw.id}/conversation_log", {"sort": "created_at"}):
                entries += wire.read(messaging.LogPage, body).events
        except (AuthFailed, NotFound, Rejected):
            return None
        return entries

    def _missing(self, wanted: set[str], users: dict[str, wire.User]) -> dict[str, wire.User]:
        """Read the authors that no side-load brought; ids below zero are the system's."""
        found: dict[str, wire.User] = {}
        ids = sorted(each for each in wanted - users.keys() if each.isdigit())
        for start in range(0, len(ids), PAGE):
            body = self.get("users/show_many", {"ids": ",".join(ids[start : start + PAGE])})
            found |= wire.by_id(wire.read(UsersPage, body).users)
        return found

    def _guide(self) -> Guide:
        # A person gets the tag "vip" from us where the team calls that by another name.
        renamed = self._config.vip_tag.casefold() != "vip"
        return Guide(self.get, self.pages, "vip" if renamed else "")

    @cached_property
    def _groups(self) -> dict[str, str]:
        with speaking_zenpy():
            groups = [wire.read(wire.Group, item.to_dict()) for item in self.zenpy.groups()]
        return {group.name.strip().casefold(): group.id for group in groups if not group.deleted}


class UsersPage(Record):
    """An answer of ``users/show_many``."""

    users: tuple[wire.User, ...]


def build_zenpy(base_url: str, session: HelpdeskSession) -> Any:
    """Build zenpy for one address, with nothing process-wide.

    zenpy knows a host as subdomain and domain, joined by a dot: cut at the first dot, any name or
    IPv4 address fits. Its scheme is an attribute of each of its APIs.
    """
    parts = urlsplit(base_url)
    netloc = parts.netloc
    subdomain, _, domain = netloc.partition(".")
    # disable_cache: a cached ticket, or one filled by a PUT, would make a later write erase tags.
    client = Zenpy(subdomain=subdomain, domain=domain, session=session, disable_cache=True)
    for api in vars(client).values():
        if hasattr(api, "protocol"):
            api.protocol = parts.scheme
    return client


@contextmanager
def speaking_zenpy() -> Iterator[None]:
    """Turn what zenpy raises over an answer that it cannot digest into ``VendorBroken``.

    Statuses never come so far: the session has raised them.
    """
    try:
        yield
    except (ZenpyException, AttributeError, KeyError, TypeError) as error:
        kind = type(error).__name__
        raise VendorBroken(f"Zendesk answered with what zenpy cannot read ({kind})") from error


def _zrn(ticket_id: str) -> str:
    return f"zen:ticket:{path_number(ticket_id, 'Zendesk')}"


def _age(response: Response, updated_at: datetime, now: datetime) -> float:
    moment = moment_of(response.headers.get("Date", "")) or now
    return (moment - updated_at).total_seconds()
