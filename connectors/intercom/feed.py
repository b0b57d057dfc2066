"""The change feed, without effects: a cursor over searches that promise no order and lag behind.

Intercom has no export of changes. Both searches are asked for what changed since a moment, with an
overlap for what the index showed too late, and the cursor remembers what it handed out within it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import Rejected

# Seconds. How far the index of conversations lags is told nowhere; that of contacts by minutes.
OVERLAP = 120

_SEEN = r"[\w-]{1,40}:\d{1,11}"
_CURSOR = re.compile(rf"(\d{{1,11}})(?:\|({_SEEN}(?:,{_SEEN})*)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to which second all was handed out, and what was, within the overlap: id → its time."""

    since: int
    seen: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read what ``str`` wrote; raises ``Rejected``."""
        found = _CURSOR.fullmatch(text)
        if not found:
            raise Rejected("this is no cursor of Intercom's change feed")
        pairs = (item.split(":") for item in (found[2] or "").split(",") if item)
        return cls(int(found[1]), {name: int(at) for name, at in pairs})

    def __str__(self) -> str:
        seen = ",".join(f"{name}:{at}" for name, at in sorted(self.seen.items()))
        return f"{self.since}|{seen}" if seen else str(self.since)

    @property
    def start(self) -> int:
        """The first second to look at."""
        return max(0, self.since - OVERLAP)

    def news(self, found: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        """Pick what was not handed out yet, each once and as it is by now, oldest change first."""
        newest: dict[str, int] = {}
        for name, at in found:
            newest[name] = max(at, newest.get(name, 0))
        fresh = [
            (name, at)
            for name, at in newest.items()
            # What is older than asked for comes where a search cuts times to days.
            if at >= self.start and self.seen.get(name, -1) < at
        ]
        return sorted(fresh, key=lambda line: (line[1], line[0]))

    def after(self, handed_out: Iterable[tuple[str, int]], started: int) -> Cursor:
        """Move on past what was handed out, in order, but not past the listing's own start.

        What changes while a long listing goes on may jump over it, and is found by the next.
        """
        lines = list(handed_out)
        last = max((at for _, at in lines), default=self.since)
        moved = Cursor(max(self.since, min(last, started)))
        seen = {**self.seen, **dict(lines)}
        kept = {name: at for name, at in seen.items() if at >= moved.start}
        return Cursor(moved.since, kept)


def query(field: str, start: int, after: str | None, per_page: int) -> dict[str, Any]:
    """Build the search for what a time of is in a second or later."""
    pagination: dict[str, Any] = {"per_page": per_page}
    if after:
        pagination["starting_after"] = after
    # ">" is described as "greater or equal" for dates, and is elsewhere taken at its word: one
    # second earlier is right either way.
    wanted = {"field": field, "operator": ">", "value": max(0, start - 1)}
    return {"query": {"operator": "AND", "value": [wanted]}, "pagination": pagination}
