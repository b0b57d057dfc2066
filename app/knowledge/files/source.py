"""The source ``files``: all configured folders and globs, as one listing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from app.knowledge.documents import FILES, Document, Finding, Gone, Listing, SourceFailed
from app.knowledge.files.describe import document_of, id_of
from app.knowledge.files.isolated import Isolated
from app.knowledge.files.places import MISSING, Found, Place, Told, files_of, is_folder, place_of
from app.knowledge.files.records import (
    GONE,
    LIMITS,
    UNREACHABLE,
    Fault,
    Limits,
    Reading,
    Unreadable,
)

Read = Callable[[Path], Reading]
Opener = Callable[[Limits], AbstractContextManager[Read]]
_MISSING_FAULT = Fault(
    code="missing",
    text=f"{MISSING}. Meanwhile its files stay known, and so does what was deleted elsewhere",
)
_LONGEST_ITEM = 400  # characters of a path, as the ledger's column has it


def listing(
    patterns: Sequence[str],
    internal_patterns: Sequence[str] = (),
    *,
    limits: Limits = LIMITS,
    opener: Opener = Isolated,
) -> Listing:
    """List the team's files, whole: folders, single files, and globs (``**`` for any folders).

    What ``internal_patterns`` name is for agents alone, even where ``patterns`` name it, too. One
    file's text is in memory at a time, read by what ``opener`` opens.

    Where some of the folders are not there, the others are listed as changes alone, so that
    nothing is taken for gone; where none is, and where one breaks off, items raise
    ``SourceFailed``.
    """
    shelves = [(place_of(pattern), False) for pattern in patterns]
    shelves += [(place_of(pattern), True) for pattern in internal_patterns]
    present = [each for each in shelves if is_folder(each[0].root)]
    missing = [place for place, _ in shelves if not is_folder(place.root)]
    items = _items(present, missing, limits, opener)
    return Listing(FILES, items, whole=not missing, how="files")


def _items(
    places: Sequence[tuple[Place, bool]], missing: Sequence[Place], limits: Limits, opener: Opener
) -> Iterator[Document | Gone | Finding]:
    if missing and not places:
        raise SourceFailed(" ".join(f"{place.root} {MISSING}." for place in missing))
    yield from _findings(Told(place.pattern, _MISSING_FAULT) for place in missing)
    found: list[tuple[Found, bool]] = []
    for place, internal in places:
        files, told = files_of(place, limits.files)
        found += [(file, internal) for file in files]
        yield from _findings(told)
    with opener(limits) as read:
        for file, id_, internal in _named(found):
            yield from _read(file, id_, read, internal=internal)


def _named(found: Sequence[tuple[Found, bool]]) -> Iterator[tuple[Found, str, bool]]:
    """Give each file once, with its id; what is anywhere for agents alone is so everywhere."""
    for_agents = {file.real for file, internal in found if internal}
    seen: set[str] = set()
    ids: set[str] = set()
    for file, _ in found:
        if file.real in seen:
            continue
        seen.add(file.real)
        id_ = id_of(file.parts)
        if id_ in ids:
            id_ = id_of(file.parts, apart=str(file.path))
        ids.add(id_)
        yield file, id_, file.real in for_agents


def _read(
    found: Found, id_: str, read: Read, *, internal: bool
) -> Iterator[Document | Gone | Finding]:
    try:
        reading = read(found.path)
    except Unreadable as error:
        if error.fault.code == UNREACHABLE:
            raise SourceFailed(f"{found.path} {error}") from None
        if error.fault.code != GONE:
            yield from _findings([Told(str(found.path), error.fault)])
        elif not is_folder(found.root):  # with all its files
            raise SourceFailed(f"{found.root} vanished while it was read") from None
        return
    document, faults = document_of(reading, found.parts, id_, internal=internal)
    yield from _findings(Told(str(found.path), fault) for fault in faults)
    # A draft is said to be gone, since a listing that is not whole takes nothing else for gone.
    yield Gone(id_) if document is None else document


def _findings(told: Iterable[Told]) -> Iterator[Finding]:
    for each in told:
        path = each.path.encode("utf-8", "replace").decode()
        shown = path if len(path) <= _LONGEST_ITEM else f"…{path[1 - _LONGEST_ITEM :]}"
        yield Finding(shown, each.fault.code, _sentence(each.fault))


def _sentence(fault: Fault) -> str:
    """Say a fault as a sentence; the item that it speaks of stands before it."""
    return f"{fault.text[:1].upper()}{fault.text[1:]}."
