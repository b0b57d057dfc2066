"""Shelves: the configured places, who may look at them, and what the pages on them are called."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.knowledge.files.describe import beginning_of, id_of
from app.knowledge.files.places import Found, Place, Told, files_of, is_folder, place_of

PUBLIC, INTERNAL = "KB_FILES", "KB_INTERNAL_FILES"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A configured place. ``tag`` begins the ids of its pages: the name of its folder."""

    place: Place
    tag: str
    internal: bool

    @property
    def setting(self) -> str:
        """The setting that names it."""
        return INTERNAL if self.internal else PUBLIC


@dataclass(frozen=True, slots=True)
class Seen:
    """A shelf with its files, and what an admin should know of it; it may be ``missing``."""

    shelf: Shelf
    missing: bool = False
    files: tuple[Found, ...] = ()
    told: tuple[Told, ...] = ()


def shelves_of(patterns: Sequence[str], internal_patterns: Sequence[str]) -> list[Shelf]:
    """Name the shelves; a second folder of a name gets a tag of its own."""
    # Agents' shelves are walked last: what comes into one meanwhile is then not taken for public.
    given = [(each, False) for each in patterns] + [(each, True) for each in internal_patterns]
    places = [(place_of(pattern), internal) for pattern, internal in given]
    tags: dict[Path, str] = {}
    for place, _ in places:
        tag = place.root.name or "files"
        if tag in tags.values():
            tag += f"~{hashlib.sha256(os.fsencode(place.root)).hexdigest()[:6]}"
        tags.setdefault(place.root, tag)
    return [Shelf(place, tags[place.root], internal) for place, internal in places]


def look_at(shelf: Shelf, most: int) -> Seen:
    """Walk through a shelf; one that is not there holds nothing. Raises ``SourceFailed``."""
    if not is_folder(shelf.place.root):
        return Seen(shelf, missing=True)
    files, told = files_of(shelf.place, most)
    return Seen(shelf, files=tuple(files), told=tuple(told))


def exposed(seen: Sequence[Seen]) -> str:
    """Say what must not be read, lest customers see what is for agents alone; "" if all is well.

    So it is where a shelf for agents holds nothing (a typo, a share that is not mounted), and one
    for everybody may hold the same files: it lies above, below, or has a folder of that name.
    """
    for empty in seen:
        if empty.files or not empty.shelf.internal:
            continue
        for other in seen:
            if not other.shelf.internal and _may_hold(other, empty.shelf.place.root):
                what = "is not there" if empty.missing else "matches no file"
                return (
                    f"{INTERNAL} names {empty.shelf.place.pattern}, which {what}, while {PUBLIC} "
                    f"names {other.shelf.place.pattern}: customers might be shown files that are "
                    "for agents alone, so no file is read, and what was known stays as it was. "
                    f"Bring it back, correct it, or take it out of {INTERNAL}."
                )
    return ""


def _may_hold(public: Seen, root: Path) -> bool:
    mine, theirs = (Path(os.path.realpath(each)) for each in (public.shelf.place.root, root))
    if mine.is_relative_to(theirs) or theirs.is_relative_to(mine):
        return True
    return _has_folder(public, root.name)


def moved_to_agents(missing: Shelf, seen: Sequence[Seen]) -> bool:
    """Tell whether a public folder that is not there may lie among those for agents alone now."""
    return not missing.internal and any(
        one.shelf.internal and _has_folder(one, missing.place.root.name) for one in seen
    )


def _has_folder(seen: Seen, name: str) -> bool:
    return any(name in file.parts[:-1] for file in seen.files)


def ids_below(shelf: Shelf, shelves: Sequence[Shelf]) -> tuple[str, ...]:
    """Tell how the ids of a shelf's pages begin, from whichever shelf they were named."""
    return tuple(beginning_of(way) for way in _ways(shelf, shelves))


def id_of_lone_file(shelf: Shelf, shelves: Sequence[Shelf]) -> tuple[str, ...]:
    """Tell what its one page may be called, where what is not there was a file."""
    return tuple(id_of(way) for way in _ways(shelf, shelves) if len(way) > 1)


def _ways(shelf: Shelf, shelves: Sequence[Shelf]) -> Iterator[tuple[str, ...]]:
    root = shelf.place.root
    yield (shelf.tag,)
    tags = {each.place.root: each.tag for each in shelves}
    if root.parent.name not in tags.values():  # where it was a file, its folder gave the name
        tags.setdefault(root.parent, root.parent.name)
    for above, tag in tags.items():
        if above != root and root.is_relative_to(above):
            yield (tag, *root.relative_to(above).parts)
