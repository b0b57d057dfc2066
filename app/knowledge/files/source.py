"""The source ``files``: all configured folders and globs, as one listing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from app.knowledge.documents import (
    FILES,
    PLACE_MISSING,
    Document,
    Finding,
    Gone,
    Listing,
    SourceFailed,
)
from app.knowledge.files.describe import beginning_of, document_of, id_of
from app.knowledge.files.isolated import Isolated
from app.knowledge.files.places import EMPTY, MISSING, Found, Told, is_bare
from app.knowledge.files.readers import says_who_may_read
from app.knowledge.files.records import (
    GONE,
    LIMITS,
    UNREACHABLE,
    Fault,
    Limits,
    Opener,
    Read,
    Unreadable,
)
from app.knowledge.files.shelves import (
    Seen,
    Shelf,
    exposed,
    id_of_lone_file,
    ids_below,
    look_at,
    moved_to_agents,
    shelves_of,
)

Items = Iterator[Document | Gone | Finding]
_LONGEST_ITEM = 400  # characters of a path, as the ledger's column has it
_IF_MEANT = "If it held some, and that is meant: understudy kb sync --allow-empty."
_MOVED = (
    ". As there is a folder of that name among those for agents alone, customers do not see its "
    "pages meanwhile"
)
_UNTOLD = ". As it may say who may read it, customers do not see it until it is mended"


def listing(
    patterns: Sequence[str],
    internal_patterns: Sequence[str] = (),
    *,
    allow_empty: bool = False,
    limits: Limits = LIMITS,
    opener: Opener = Isolated,
) -> Listing:
    """List the team's files, whole: folders, single files, and globs (``**`` for any folders).

    What ``internal_patterns`` name is for agents alone, even where ``patterns`` name it, too. One
    file's text is in memory at a time, read by what ``opener`` opens.

    What cannot be read now keeps its last version: a file, and a folder that is not there, or
    that holds nothing any more (with ``allow_empty``, the latter is believed). Items raise
    ``SourceFailed`` where no folder is there, one breaks off, or customers might be shown what is
    for agents alone.
    """
    shelves = shelves_of(patterns, internal_patterns)
    return Listing(FILES, _items(shelves, limits, opener, allow_empty=allow_empty), how="files")


def _items(shelves: Sequence[Shelf], limits: Limits, opener: Opener, *, allow_empty: bool) -> Items:
    seen = [look_at(shelf, limits.files) for shelf in shelves]
    if danger := exposed(seen):
        raise SourceFailed(danger)
    if shelves and all(one.missing for one in seen):
        raise SourceFailed(" ".join(f"{shelf.place.root} {MISSING}." for shelf in shelves))
    for one in seen:
        yield from _told(one, seen, allow_empty=allow_empty)
    with opener(limits) as read:
        for found, id_, internal in _named(seen):
            yield from _read(found, id_, read, internal=internal)


def _told(one: Seen, seen: Sequence[Seen], *, allow_empty: bool) -> Iterator[Finding]:
    """Tell what is to be known of a shelf, and which of its pages stay though none is listed."""
    shelf, shelves = one.shelf, [each.shelf for each in seen]
    if one.missing:
        moved = moved_to_agents(shelf, seen)
        text = f"{MISSING}{_MOVED if moved else ''}"
        missing = Told(shelf.place.pattern, Fault(code=PLACE_MISSING, text=text))
        yield replace(
            _finding(missing),
            keeps=id_of_lone_file(shelf, shelves),
            keeps_below=ids_below(shelf, shelves),
            keeps_public=not shelf.internal and not moved,
        )
    for told in one.told:
        finding = replace(_finding(told), keeps_public=not shelf.internal)
        if told.below is not None:
            finding = replace(finding, keeps_below=(beginning_of((shelf.tag, *told.below)),))
        elif told.fault.code == EMPTY and not allow_empty and not _in_use(shelf, seen):
            text = f"{finding.text} {_IF_MEANT}"
            finding = replace(finding, text=text, keeps_below=ids_below(shelf, shelves))
        yield finding


def _in_use(shelf: Shelf, seen: Sequence[Seen]) -> bool:
    """Tell whether another pattern finds files where this one finds none: its disk is there."""
    root = shelf.place.root
    return any(file.path.is_relative_to(root) for each in seen for file in each.files)


def _named(seen: Sequence[Seen]) -> Iterator[tuple[Found, str, bool]]:
    """Give each file once, with its id; what is anywhere for agents alone is so everywhere."""
    for_agents = {file.real for one in seen if one.shelf.internal for file in one.files}
    linked = {path for one in seen if one.shelf.internal for path in _linked(one)}
    for_agents |= linked
    behind = tuple(f"{path}{os.sep}" for path in linked)
    listed: set[str] = set()
    ids: set[str] = set()
    for one in seen:
        for file in one.files:
            if file.real in listed:
                continue
            listed.add(file.real)
            id_ = id_of((one.shelf.tag, *file.parts))
            if id_ in ids:
                id_ = id_of((one.shelf.tag, *file.parts), apart=str(file.path))
            ids.add(id_)
            yield file, id_, file.real in for_agents or file.real.startswith(behind)


def _linked(one: Seen) -> Iterator[str]:
    """Tell where links lead that are not followed; one that leads back up means no files there."""
    root = Path(os.path.realpath(one.shelf.place.root))
    for told in one.told:
        if told.leads_to and not root.is_relative_to(told.leads_to):
            yield told.leads_to


def _read(found: Found, id_: str, read: Read, *, internal: bool) -> Items:
    try:
        reading = read(found.path)
    except Unreadable as error:
        if error.fault.code == UNREACHABLE:
            raise SourceFailed(f"{found.path} {error}") from None
        if error.fault.code != GONE:
            yield _unread(found, id_, error.fault, internal=internal)
        elif is_bare(found.root):  # with all its files
            raise SourceFailed(f"{found.root} vanished while it was read") from None
        return
    document, faults = document_of(reading, found.parts, id_, internal=internal)
    yield from (_finding(Told(str(found.path), fault)) for fault in faults)
    if document is None:
        yield Gone(id_)
    else:
        yield replace(document, item=_shown(str(found.path)))


def _unread(found: Found, id_: str, fault: Fault, *, internal: bool) -> Finding:
    """Tell of a file that cannot be read; what customers saw of it stays if nothing forbids it."""
    doubtful = not internal and says_who_may_read(found.path)
    if doubtful:
        fault = fault.model_copy(update={"text": f"{fault.text}{_UNTOLD}"})
    finding = _finding(Told(str(found.path), fault))
    return replace(finding, keeps=(id_,), keeps_public=not internal and not doubtful)


def _finding(told: Told) -> Finding:
    """Say a fault as a sentence; the item that it speaks of stands before it."""
    text = told.fault.text
    return Finding(_shown(told.path), told.fault.code, f"{text[:1].upper()}{text[1:]}.")


def _shown(path: str) -> str:
    path = path.encode("utf-8", "replace").decode()
    return path if len(path) <= _LONGEST_ITEM else f"…{path[1 - _LONGEST_ITEM :]}"
