"""Sections of the help centre: each is known by the way to it, and lies in the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

_FIRST = 8_447_300_000_000


@dataclass(frozen=True, slots=True)
class Section:
    """A section by its path, outermost first; it keeps its id as long as it keeps its name."""

    path: tuple[str, ...]

    @property
    def id(self) -> int:
        """Its number."""
        return _FIRST + crc32("/".join(self.path).encode())

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]

    @property
    def parent(self) -> Section | None:
        """The section that it lies in, ``None`` for an outermost one."""
        return Section(self.path[:-1]) if len(self.path) > 1 else None

    @property
    def line(self) -> Iterator[Section]:
        """All sections from the outermost down to this one."""
        return (Section(self.path[:depth]) for depth in range(1, len(self.path) + 1))


def sections_of(paths: Iterable[tuple[str, ...]]) -> list[Section]:
    """All sections on the way to these, each after the one that it lies in."""
    return list(dict.fromkeys(each for path in paths for each in Section(path).line))
