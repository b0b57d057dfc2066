"""How far the listing of changed tickets was read, without effects.

Freshdesk lists tickets by ``updated_since`` (the bound counts in) in pages by number. Pages shift
while they are read, whenever a ticket of an earlier one is changed and moves to the end; and page
301 is refused. So the next page is asked for by time, from the last stamp on, and by number only
among tickets with one and the same stamp.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.errors import Rejected
from connectors.freshdesk import wire
from connectors.types import TicketRef

LAST_PAGE = 300  # page 301 is answered with 400, as recorded
# A change can become visible after one with a later stamp, and clocks differ: each reading begins
# so far back, and what was handed out already is left out.
OVERLAP = timedelta(seconds=60)
MOST_PAGES = 1000  # of one reading; the next one goes on where it ended
MOST_SEEN = 2000  # in a cursor; whoever is forgotten is announced twice, which does no harm


@dataclass(frozen=True, slots=True)
class Position:
    """The last stamp, and the tickets handed out with a stamp within ``OVERLAP`` before it."""

    at: datetime
    seen: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str) -> Position:
        """Read a cursor of ours; raises ``Rejected``."""
        try:
            kept = json.loads(cursor)
            at = datetime.fromisoformat(kept["at"])
            seen = {
                str(number): at - timedelta(seconds=float(age))
                for number, age in kept["seen"].items()
            }
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise Rejected(f"{cursor[:40]!r} is no cursor of Freshdesk's changed tickets") from None
        if at.tzinfo is None:
            raise Rejected("a cursor of Freshdesk's changed tickets must name a time zone")
        return cls(at, seen)

    @property
    def cursor(self) -> str:
        """Write it down: stamps as seconds before the last one, since there may be many."""
        ages = {number: (self.at - stamp).total_seconds() for number, stamp in self.seen.items()}
        short = {number: int(age) if age.is_integer() else age for number, age in ages.items()}
        return json.dumps({"at": self.at.isoformat(), "seen": short}, separators=(",", ":"))

    def take(self, lines: Sequence[wire.Line]) -> tuple[tuple[TicketRef, ...], Position]:
        """Take note of a page; returns what was not handed out yet, oldest change first."""
        unseen = {
            line.id: line.updated_at for line in lines if self.seen.get(line.id) != line.updated_at
        }
        at = max([self.at, *unseen.values()])
        kept = sorted({**self.seen, **unseen}.items(), key=lambda item: item[1])
        recent = {number: stamp for number, stamp in kept if stamp >= at - OVERLAP}
        cut = dict(list(recent.items())[-MOST_SEEN:])
        refs = sorted(unseen.items(), key=lambda item: item[1])
        return tuple(TicketRef(number, stamp) for number, stamp in refs), Position(at, cut)


@dataclass(frozen=True, slots=True)
class Window:
    """What to ask for: tickets changed since a moment, and which page of them."""

    since: datetime
    page: int = 1

    @classmethod
    def of(cls, position: Position) -> Window:
        """Tell what to ask for first."""
        return cls((position.at - OVERLAP).replace(microsecond=0))

    @property
    def query(self) -> Mapping[str, str]:
        """Write it down as Freshdesk wants it."""
        return {
            # Without it, only tickets created in the last 30 days are listed.
            "updated_since": self.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "order_by": "updated_at",
            "order_type": "asc",
        }

    def after(self, lines: Sequence[wire.Line]) -> Window:
        """Tell what to ask for after a page, so that it never asks the same again."""
        newest = max((line.updated_at for line in lines), default=self.since)
        # The bound has whole seconds.
        newest = newest.replace(microsecond=0)
        if newest > self.since:
            return Window(newest)
        if self.page < LAST_PAGE:
            return Window(self.since, self.page + 1)
        # 30,000 tickets of one second: Freshdesk shows no more of them to anybody, and to stay
        # here would mean never to see another change.
        return Window(self.since + timedelta(seconds=1))
