"""What is known by its name and asked for by its id: teams and tags; and the tags of tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from connectors.shared import Shared

# A team or tag that is not known may be new; but not each look at a deleted one asks again.
NAMES_SECONDS = 60.0
# How long we know what we tagged a ticket with; a ticket that is older is tagged once more.
TAGGED_SECONDS = 30 * 86_400.0


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


class TicketTags:
    """What we tagged tickets with, kept in the shared store: no record of a ticket tells its tags.

    The store may forget; then a tag is put on once more, which changes nothing.
    """

    def __init__(self, shared: Shared, account: str) -> None:
        self._shared = shared
        self._prefix = f"{account}:tagged:"

    def of(self, ticket_id: str) -> frozenset[str]:
        """Tell what we put on a ticket, in lower case."""
        kept = self._shared.get(self._prefix + ticket_id) or ""
        return frozenset(name for name in kept.split("\n") if name)

    def add(self, ticket_id: str, name: str) -> None:
        """Remember one."""
        self._keep(ticket_id, {*self.of(ticket_id), name.casefold()})

    def drop(self, ticket_id: str, name: str) -> None:
        """Forget one."""
        self._keep(ticket_id, self.of(ticket_id) - {name.casefold()})

    def _keep(self, ticket_id: str, names: Iterable[str]) -> None:
        self._shared.put(self._prefix + ticket_id, "\n".join(sorted(names)), TAGGED_SECONDS)
