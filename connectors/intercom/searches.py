"""Searching: what changed lately, and what became of tickets.

Nothing is relied on but the filter: ``sort`` is no described option, and results come in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from connectors.errors import AuthFailed, VendorBroken
from connectors.intercom import answers, feed, past, wire
from connectors.intercom.client import Client
from connectors.intercom.webhook import INTERNAL_CATEGORIES
from connectors.types import Page, PastTicket, TicketRef

PER_SEARCH = {"conversations": 150, "tickets": 50}  # 150 is the most; for tickets none is named
REFS = 100  # changes on a page of ours, each of which saves the cursor
MOST_PAGES = 200  # of a search for figures: 30,000 conversations and 10,000 tickets


def changed(client: Client, cursor: str | None) -> Iterator[Page[TicketRef]]:
    """List changed conversations and customers' tickets by two searches, to their end."""
    started = int(client.now().timestamp())
    at = feed.Cursor(started) if cursor is None else feed.Cursor.read(cursor)
    if cursor is None:
        # Handed out before anything is asked, so that the start outlives a first call that
        # fails.
        yield Page((), str(at))
    found = [*_changes(client, "conversations", at.start)]
    with suppress(AuthFailed):  # a plan without tickets, or not our right; the probe tells
        found += _changes(client, "tickets", at.start)
    news = at.news(found)
    for position in range(0, len(news) or 1, REFS):
        lines = news[position : position + REFS]
        at = at.after(lines, started)
        refs = tuple(TicketRef(i, datetime.fromtimestamp(when, UTC)) for i, when in lines)
        yield Page(refs, str(at))


def history(client: Client, since: datetime) -> Iterator[Page[PastTicket]]:
    """List what became of conversations and customers' tickets; of very many, not all."""
    start = int(since.timestamp())
    seen: set[str] = set()
    for kind in PER_SEARCH:
        try:
            for number, body in enumerate(_search(client, kind, "created_at", start), 1):
                found = [one for one in _past(body) if one.created_at >= since]
                yield Page(tuple(one for one in found if one.id not in seen), None)
                # A conversation that was turned into a ticket may be found as both.
                seen |= {one.id for one in found}
                if number >= MOST_PAGES:
                    break
        except AuthFailed:
            if kind == "conversations":
                raise


def _past(body: dict[str, Any]) -> Iterator[PastTicket]:
    page = wire.read(answers.Threads, body)
    for raw in page.conversations or page.tickets or ():
        if raw.category not in INTERNAL_CATEGORIES and raw.created_at is not None:
            yield past.past_ticket(raw, raw.created_at)


def _changes(client: Client, kind: str, start: int) -> Iterator[tuple[str, int]]:
    for body in _search(client, kind, "updated_at", start):
        page = wire.read(answers.Found, body)
        for line in page.conversations or page.tickets or ():
            if line.category not in INTERNAL_CATEGORIES and line.updated_at:
                yield line.id, int(line.updated_at.timestamp())


def _search(client: Client, kind: str, field: str, start: int) -> Iterator[dict[str, Any]]:
    asked: set[str] = set()
    after: str | None = None
    while True:
        body = client.post(f"{kind}/search", feed.query(field, start, after, PER_SEARCH[kind]))
        yield body
        pages = wire.read(answers.Found, body).pages
        after = pages.starting_after if pages else None
        if after is None:
            return
        # A cursor that comes back would be followed for ever.
        if after in asked:
            raise VendorBroken(f"Intercom's search of {kind} does not move on")
        asked.add(after)
