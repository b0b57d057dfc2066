"""What became of past tickets: the change feed again, with figures and no text.

A ticket that was created since a moment was changed since then, too: so the feed has all of them,
and rolls over past page 300. Archived tickets (closed ones, after a time that no source tells),
deleted ones and spam are not listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from connectors.errors import AuthFailed, NotFound, VendorBroken
from connectors.freshdesk import codes, ratings, wire
from connectors.freshdesk.feed import Window
from connectors.types import Page, PastTicket, Rating

MOST_PAGES = 300  # of ratings, as of any list; more of them change no share
MOST_LISTED = 10_000  # pages of tickets, a million of them
RATINGS = "surveys/satisfaction_ratings"
# Of a list, this include costs 2 credits a page; the others would cost as much again.
INCLUDE = {"include": "stats"}

Ratings = Mapping[str, Sequence[Rating]]
# path, first page, query -> (rows, page, whether there may be more)
Pages = Callable[[str, int, Mapping[str, str | int]], Iterator[tuple[list[Any], int, bool]]]


def past_tickets(
    since: datetime,
    listed: Iterable[list[Any]],
    pages: Pages,
    scales: Callable[[], ratings.Scales],
) -> Iterator[Page[PastTicket]]:
    """List what became of the tickets that were created since then; ``listed`` has their pages.

    Raises ``VendorBroken`` where there are too many: the newest, which come last, would be missing.
    """
    rated = _rated(since, pages, scales)
    seen: set[str] = set()
    for page, rows in enumerate(listed, start=1):
        if page == MOST_LISTED:
            raise VendorBroken("Freshdesk's listing of tickets has no end")
        lines = wire.read_all(wire.PastLine, rows)
        found = {line.id: line for line in lines if line.created_at >= since}
        new = [line for number, line in found.items() if number not in seen]
        seen.update(found)
        yield Page(tuple(past_from_freshdesk(line, rated.get(line.id, ())) for line in new), None)


def past_from_freshdesk(raw: wire.PastLine, rated: Sequence[Rating]) -> PastTicket:
    """Turn a line of the list into figures. Of reopenings, Freshdesk tells the last alone."""
    stats = raw.stats
    return PastTicket(
        id=raw.id,
        created_at=raw.created_at,
        channel=codes.CHANNELS.get(raw.source or 0, ""),
        replied_at=stats.first_responded_at,
        solved_at=stats.resolved_at or stats.closed_at,
        reopens=int(stats.reopened_at is not None),
        ratings=tuple(rated),
    )


def _rated(
    since: datetime, pages: Pages, scales: Callable[[], ratings.Scales]
) -> dict[str, list[Rating]]:
    """Read the ratings since then, by ticket; none where the plan or the role has none."""
    asked = {"created_since": Window(since).query["updated_since"]}
    found: dict[str, list[Rating]] = {}
    try:
        read = islice(pages(RATINGS, 1, asked), MOST_PAGES)
        listed = [row for rows, _, _ in read for row in rows]
    except (AuthFailed, NotFound):
        return found
    known = scales() if listed else {}
    for raw in wire.read_all(wire.Rating, listed):
        rating = ratings.rating_from_freshdesk(raw, known)
        if rating is not None and raw.ticket_id:
            found.setdefault(raw.ticket_id, []).append(rating)
    return found
