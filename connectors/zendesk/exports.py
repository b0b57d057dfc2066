"""Zendesk's incremental export of tickets: what changed, and what became of old tickets.

Ten calls a minute (developer.zendesk.com, incremental exports), a page of a thousand tickets each.
Zendesk withholds the last minute, so that no change overtakes another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import RateLimited, VendorBroken
from connectors.records import Record, utc
from connectors.types import Page, PastTicket, TicketRef
from connectors.zendesk import mapping, messaging, ratings, wire
from connectors.zendesk.wire import Get, Params

PATH = "incremental/tickets/cursor"
BEHIND = timedelta(minutes=2)  # a start time must be at least one minute back
# Who reads the history has no cursor to come back with, so a refusal is waited out: 93 seconds were
# seen in a Retry-After, and no longer wait is the limit's minute.
LONGEST_WAIT = 120.0
WAITS = 3  # for one page

Exports = Iterator[tuple[dict[str, Any], str]]  # a page as it came, and the cursor after it


class Minutes(Record):
    """A span of time, by the calendar or by the team's opening hours."""

    calendar: float | None = None


class Metrics(Record):
    """Figures of one ticket; a chat's first reply is told in seconds, too."""

    ticket_id: str | None = None
    reopens: int | None = None
    solved_at: datetime | None = None
    reply_time_in_minutes: Minutes | None = None
    reply_time_in_seconds: Minutes | None = None

    @property
    def reply_time(self) -> timedelta | None:
        """How long the first answer took."""
        if self.reply_time_in_seconds and self.reply_time_in_seconds.calendar is not None:
            return timedelta(seconds=self.reply_time_in_seconds.calendar)
        if self.reply_time_in_minutes and self.reply_time_in_minutes.calendar is not None:
            return timedelta(minutes=self.reply_time_in_minutes.calendar)
        return None


class PastLine(wire.Ticket):
    """A ticket of the export; Zendesk puts its figures here, or beside the tickets."""

    metric_set: Metrics | None = None


class PastExport(wire.Exported):
    """A page of the export with figures."""

    tickets: tuple[PastLine, ...]
    metric_sets: tuple[Metrics, ...] | None = None


def changed(get: Get, now: datetime, cursor: str | None) -> Iterator[Page[TicketRef]]:
    """List changed tickets to the export's end; a page is handed out even when empty.

    Before Zendesk gave the first cursor, it is ``@`` and the start time; that one is handed out
    before anything is asked, so that the start is not lost where the first call fails. Deleted
    tickets are listed like all others.
    """
    if cursor is None:
        cursor = _start(now - BEHIND)
        yield Page((), cursor)
    for body, after in _pages(get, cursor, {}):
        lines = wire.read(wire.Export, body).tickets
        yield Page(tuple(TicketRef(line.id, utc(line.updated_at)) for line in lines), after)


def history(
    get: Get, sleep: Callable[[float], None], now: datetime, since: datetime
) -> Iterator[Page[PastTicket]]:
    """List what became of the tickets that were created since then, each once.

    The export lists what changed since then, so old tickets are left out. It ends at its own end;
    tickets that change meanwhile come again, and are passed over.
    """
    start = _start(min(since, now - BEHIND))
    patient = _waiting(get, sleep)
    seen: set[str] = set()
    for body, after in _pages(patient, start, {"include": "metric_sets"}):
        page = wire.read(PastExport, body)
        figures = {each.ticket_id: each for each in page.metric_sets or ()}
        fresh = {line.id: line for line in page.tickets if line.id not in seen}
        seen |= fresh.keys()
        past = (_past(line, figures.get(line.id), since) for line in fresh.values())
        yield Page(tuple(one for one in past if one is not None), after)


def _past(line: PastLine, beside: Metrics | None, since: datetime) -> PastTicket | None:
    created_at = utc(line.created_at) if line.created_at else None
    if created_at is None or created_at < since or mapping.is_gone(line):
        return None
    figures = line.metric_set or beside or Metrics()
    took = figures.reply_time
    return PastTicket(
        id=line.id,
        created_at=created_at,
        channel=messaging.channel_of(line),
        replied_at=created_at + took if took is not None else None,
        solved_at=utc(figures.solved_at) if figures.solved_at else None,
        reopens=figures.reopens or 0,
        ratings=ratings.of_ticket(line),
    )


def _pages(get: Get, cursor: str, more: Params) -> Exports:
    """Read the export from a cursor to its end; raises ``VendorBroken`` where it does not end."""
    asked = {cursor}
    while True:
        start: Params = {"start_time": cursor[1:]} if _is_start(cursor) else {"cursor": cursor}
        # Without the scope, tickets that an AI agent handles are left out.
        body = get(PATH, {**start, **more, "support_type_scope": "all"})
        export = wire.read(wire.Exported, body)
        after = export.after_cursor or cursor
        yield body, after
        if export.end_of_stream:
            return
        # Endless exports have been seen in several clients: never ask the same again.
        if after in asked:
            raise VendorBroken("Zendesk's export of tickets does not move on")
        asked.add(after)
        cursor = after


def _waiting(get: Get, sleep: Callable[[float], None]) -> Get:
    def patient(path: str, params: Params | None) -> dict[str, Any]:
        for _ in range(WAITS):
            try:
                return get(path, params)
            except RateLimited as error:
                if error.retry_after is None or error.retry_after > LONGEST_WAIT:
                    raise
                sleep(error.retry_after)
        return get(path, params)

    return patient


def _start(moment: datetime) -> str:
    return f"@{int(moment.timestamp())}"


def _is_start(cursor: str) -> bool:
    return cursor.startswith("@")
