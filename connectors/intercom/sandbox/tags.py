"""Tags: the desk knows their names, Intercom wants ids; the book that keeps both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.caller import whole_number
from connectors.sandbox.helpdesk import Helpdesk

_FIRST = 7_522_907


@dataclass(frozen=True, slots=True)
class IntercomTag:
    """A tag of the workspace."""

    id: int
    name: str


class TagBook:
    """The workspace's tags, kept in the desk's store; a name seen first gets an id.

    Made for one answer: it reads the tags once, for one never changes its name or its id.
    """

    def __init__(self, desk: Helpdesk) -> None:
        self._desk = desk
        self._known: dict[str, IntercomTag] = {}

    def all(self) -> list[IntercomTag]:
        """List them, those that are only used somewhere, too."""
        with self._desk.store.transaction():
            for name in {name for ticket in self._desk.tickets() for name in ticket.tags}:
                self.of(name)
            return self._desk.store.all(IntercomTag)

    def of(self, name: str) -> IntercomTag:
        """Find a tag by its name, or add it."""
        key = name.casefold()
        if key not in self._known:
            with self._desk.store.transaction():
                everything = self._desk.store.all(IntercomTag)
                self._known = {tag.name.casefold(): tag for tag in everything}
                if key not in self._known:
                    self._known[key] = IntercomTag(self._next(), name)
                    self._desk.store.put(self._known[key])
        return self._known[key]

    def _next(self) -> int:
        return self._desk.store.next("intercom tag", _FIRST)

    def get(self, identity: str) -> IntercomTag | None:
        """Find a tag by its id."""
        number = whole_number(identity)
        return None if number is None else self._desk.store.get(IntercomTag, number)


def tag_shape(tag: IntercomTag) -> dict[str, Any]:
    """A tag on its own."""
    return {"type": "tag", "id": str(tag.id), "name": tag.name}


def tag_list(tags: Sequence[IntercomTag]) -> dict[str, Any]:
    """The tags of something."""
    return {"type": "tag.list", "tags": [tag_shape(tag) for tag in tags]}
