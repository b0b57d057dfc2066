"""The calls to Freshdesk's REST API, version 2.

No SDK: the one for Python knows no time-outs, no retries, and no host but ``freshdesk.com``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from requests import Response
from requests.utils import parse_header_links

from connectors.articles import Article
from connectors.bodies import read_json, read_list
from connectors.config import ConnectorConfig
from connectors.errors import AuthFailed, NotFound, Rejected, VendorBroken
from connectors.files import Files
from connectors.freshdesk import (
    canned,
    codes,
    feed,
    fields,
    history,
    mapping,
    ratings,
    solutions,
    wire,
)
from connectors.freshdesk.attachments import HOSTS, kept_by_freshdesk
from connectors.freshdesk.people import Directory
from connectors.http import HelpdeskSession
from connectors.records import path_number
from connectors.shared import Shared
from connectors.types import Attachment, Page, PastTicket, Rating, Ticket, TicketRef

PER_PAGE = 100  # the most there is
MOST_PAGES = 300  # of any listing
REMEMBERED = 86_400.0  # seconds

Params = Mapping[str, str | int]


class FieldsRefused(Rejected):
    """A write was refused with 400, and nothing of it done; ``fields`` are those it is due to."""

    def __init__(self, message: str, fields: frozenset[str]) -> None:
        super().__init__(message)
        self.fields = fields


class Client:
    """Reads and writes of one Freshdesk account."""

    def __init__(
        self,
        config: ConnectorConfig,
        session: HelpdeskSession,
        shared: Shared,
        *,
        account: str,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self.base_url = config.url
        self.sleep = sleep
        self.people = Directory(
            config, account, get=self.get, get_all=self.get_all, shared=shared, now=now
        )
        self._config = config
        self._session = session
        self._shared = shared
        self._now = now
        self._files = Files(config.url, session, HOSTS)

    @property
    def skew(self) -> float | None:
        """By how many seconds our clock is ahead of Freshdesk's, once something was read."""
        return self._session.skew

    def ticket(self, ticket_id: str) -> Ticket:
        """Read a ticket with all its conversations."""
        number = path_number(ticket_id, "Freshdesk")
        raw, path, archived = self._live_or_archived(number)
        # Read after the ticket: what comes in between is seen. `include=conversations` gives the
        # oldest ten only.
        conversations = wire.read_all(wire.Conversation, self.get_all(f"{path}/conversations"))
        requester = raw.requester_id or raw.requester.id
        authors = {
            item.user_id or ""
            for item in conversations
            if item.user_id != requester or not item.incoming
        }
        people, asked = self.people, self._config.shown_fields
        custom = (raw.status or 0) >= codes.FIRST_CUSTOM
        return mapping.ticket_from_freshdesk(
            raw,
            conversations,
            people.around(raw, authors),
            base_url=self.base_url,
            account=people.account_of(raw),
            group=people.group_name(raw.group_id) if raw.group_id else None,
            statuses=people.statuses() if custom else None,
            page_url=fields.page_url(raw, self._config.page_field),
            shown=fields.shown(raw, asked, people.labels()) if asked else None,
            archived=archived,
        )

    def bare_ticket(self, ticket_id: str) -> wire.Ticket:
        """Read the fields of a ticket alone, in one cheap call."""
        return wire.read(wire.Ticket, self.get(f"tickets/{path_number(ticket_id, 'Freshdesk')}"))

    def changed(self, cursor: str | None) -> Iterator[Page[TicketRef]]:
        """List changed tickets, oldest change first.

        A page is handed out even when empty, for its cursor; the first one is handed out before
        anything is asked, so that the start is not lost where the first call fails.
        """
        position = feed.Position(self._now()) if cursor is None else feed.Position.read(cursor)
        if cursor is None:
            yield Page((), position.cursor)
        for rows in self._listed(feed.Window.of(position), {}, feed.MOST_PAGES):
            refs, position = position.take(wire.read_all(wire.Line, rows))
            yield Page(refs, position.cursor)

    def _listed(self, window: feed.Window, params: Params, most: int) -> Iterator[list[Any]]:
        """Read the list of tickets from a moment on, oldest change first, past page 300."""
        for _ in range(most):
            rows, linked = self._page("tickets", {**window.query, **params}, window.page)
            yield rows
            if not _may_have_more(rows, linked):
                return
            window = window.after(wire.read_all(wire.Line, rows))

    def ratings(self, ticket_id: str) -> tuple[Rating, ...]:
        """List what the customer told surveys about a ticket; nothing where there are none."""
        path = f"tickets/{path_number(ticket_id, 'Freshdesk')}/satisfaction_ratings"
        try:
            rows = wire.read_all(wire.Rating, self.get_all(path))
        # 404: an archived ticket. 403: a plan without surveys, or a role that may not see them.
        except (NotFound, AuthFailed):
            return ()
        scales = self.people.rating_scales() if rows else {}
        found = (ratings.rating_from_freshdesk(raw, scales) for raw in rows)
        return tuple(rating for rating in found if rating is not None)

    def file_text(self, attachment: Attachment, limit: int) -> str:
        """Read a small file of text, if it lies where Freshdesk keeps files."""
        return self._files.text(attachment, limit) if kept_by_freshdesk(attachment) else ""

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        """List what became of the tickets that were created since then."""
        window, most = feed.Window(since.replace(microsecond=0)), history.MOST_LISTED
        listed = self._listed(window, history.INCLUDE, most)
        return history.past_tickets(since, listed, self.pages, self.people.rating_scales)

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the help centre."""
        reads = solutions.Reads(self.get, self.get_all, self.pages)
        return solutions.articles(cursor, reads, self.base_url)

    def canned(self, shared: frozenset[str]) -> Iterator[Page[Article]]:
        """List the canned responses; ``shared`` names the folders that are answered from."""
        return canned.canned(self.get_all, shared)

    def get(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """Read one record below ``/api/v2``."""
        return read_json(self._session.get(self._address(path), params=params), "Freshdesk")

    def get_all(self, path: str) -> list[Any]:
        """Read a listing to its end."""
        return [row for rows, _, _ in self.pages(path, 1) for row in rows]

    def pages(
        self, path: str, first: int, params: Params | None = None
    ) -> Iterator[tuple[list[Any], int, bool]]:
        """Read a listing page by page: its rows, its number, and whether there may be more."""
        before: list[Any] = []
        for page in range(first, MOST_PAGES + 1):
            rows, linked = self._page(path, params or {}, page)
            if rows and rows == before:
                if linked:
                    raise VendorBroken(f"Freshdesk's listing {path} does not move on")
                return  # a listing without pages: all of it, whatever page is asked for
            more = _may_have_more(rows, linked)
            yield rows, page, more
            if not more:
                return
            before = rows
        raise VendorBroken(f"Freshdesk's listing {path} has no end")

    def first_page(self, path: str, params: Params) -> list[Any]:
        """Read the beginning of a listing."""
        return self._page(path, params, 1)[0]

    def headers_of(self, path: str) -> Mapping[str, str]:
        """Read one address for what its headers tell."""
        return self._session.get(self._address(path)).headers

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write something new; never sent twice."""
        return read_json(self._session.post(self._address(path), json=body), "Freshdesk")

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change something; raises ``FieldsRefused`` where nothing was, for some of its fields."""
        refused: list[frozenset[str]] = []

        def look(response: Response, **_: Any) -> None:
            if response.status_code == 400:
                refused.append(refused_fields(response))

        try:
            answer = self._session.put(self._address(path), json=body, hooks={"response": look})
        except Rejected as error:
            if refused:
                raise FieldsRefused(str(error), refused[-1]) from None
            raise
        return read_json(answer, "Freshdesk")

    def remember(self, part: str, ticket_id: str, key: str, message_id: str) -> None:
        """Keep that a key's note or reply is written: a reading right after may not show it yet."""
        self._shared.put(self._name(part, ticket_id, key), message_id, REMEMBERED)

    def remembered(self, part: str, ticket_id: str, key: str) -> str | None:
        """Tell the id of what a key has written, if it is still remembered."""
        return self._shared.get(self._name(part, ticket_id, key))

    def _name(self, part: str, ticket_id: str, key: str) -> str:
        return f"freshdesk-{part}:{self.base_url}:{ticket_id}:{key}"

    def _live_or_archived(self, number: str) -> tuple[wire.Ticket, str, bool]:
        path = f"tickets/{number}"
        # One include of two credits; a company costs one by its own address, and tells more there.
        params = {"include": "requester"}
        try:
            return wire.read(wire.Ticket, self.get(path, params)), path, False
        except (NotFound, Rejected) as error:  # Rejected: it may lead elsewhere by a redirect
            path = f"tickets/archived/{number}"
            try:
                return wire.read(wire.Ticket, self.get(path)), path, True
            except (NotFound, Rejected, AuthFailed):
                raise error from None

    def _page(self, path: str, params: Params, page: int) -> tuple[list[Any], bool]:
        asked = {**params, "per_page": PER_PAGE, "page": page}
        response = self._session.get(self._address(path), params=asked)
        rows = read_list(response, "Freshdesk")
        # The link is a sign only and never followed: it could lead to another host.
        links = parse_header_links(response.headers.get("Link", ""))
        return rows, any(link.get("rel") == "next" for link in links)

    def _address(self, path: str) -> str:
        return f"{self.base_url}/api/v2/{path}"


def _may_have_more(rows: list[Any], linked: bool) -> bool:
    # A full page without a link is not trusted to be the last.
    return bool(rows) and (linked or len(rows) >= PER_PAGE)


def refused_fields(response: Response) -> frozenset[str]:
    """Name the fields that a 400 is due to; none where it is not in the recorded shape."""
    try:
        told = wire.read(wire.Refusal, json.loads(response.content))
    except (ValueError, RecursionError, VendorBroken):
        return frozenset()
    return frozenset(each.field.rpartition(".")[2] for each in told.errors if each.field)
