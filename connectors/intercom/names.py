"""What is known by its name and asked for by its id: teams and tags."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

# A team or tag that is not known may be new; but not each look at a deleted one asks again.
NAMES_SECONDS = 60.0


class Names:
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
