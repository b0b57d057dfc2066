"""Reading the help centre: categories, folders inside them and inside each other, then articles.

There is no feed of changed articles, so it is always read whole: a call for the categories, one
for the languages, one for the folders of each category and of each folder that has some, and one
for each hundred articles of a folder, in each language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.articles import Article, line_up
from connectors.errors import Forbidden, NotFound, Rejected
from connectors.freshdesk import wire
from connectors.freshdesk.articles import Shelf, article_from_freshdesk
from connectors.types import Page

SETTINGS = "settings/helpdesk"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?", re.ASCII)
Get = Callable[[str], Any]
GetAll = Callable[[str], list[Any]]
# path, first page -> (rows, page, whether there may be more)
Pages = Callable[[str, int], Iterator[tuple[list[Any], int, bool]]]


@dataclass(frozen=True, slots=True)
class Reads:
    """The calls that reading takes: a record, a whole listing, a listing page by page."""

    get: Get
    get_all: GetAll
    pages: Pages


def articles(cursor: str | None, reads: Reads, base_url: str) -> Iterator[Page[Article]]:
    """List all articles; a cursor is a folder and a page of its articles.

    With the last page of a folder come its translations. So where a listing goes on in the middle
    of one, that folder's first pages are read once more, for what they say is compared.
    """
    shelves = [shelf for shelf in shelves_of(reads.get_all) if not shelf.empty]
    places = {shelf.id: place for place, shelf in enumerate(shelves)}
    folder, _, number = (cursor or "").partition("|")
    start = places.get(folder, 0)
    first = int(number) if folder in places and number.isdecimal() else 1
    if not shelves:
        yield Page((), None)
        return
    languages = _languages(reads.get)
    for place, shelf in enumerate(shelves[start:], start):
        following = f"{shelves[place + 1].id}|1" if place + 1 < len(shelves) else None
        for items, page in _on(shelf, languages, reads, base_url):
            if page is None or page >= first:
                yield Page(tuple(items), following if page is None else f"{shelf.id}|{page + 1}")
        first = 1


def _on(
    shelf: Shelf, languages: tuple[str, ...], reads: Reads, base_url: str
) -> Iterator[tuple[list[Article], int | None]]:
    """Read what stands on a shelf, page by page; the last one has ``None`` for its number."""
    said: dict[str, tuple[str, str]] = {}
    items: list[Article] = []
    before: int | None = None
    for rows, page, _ in reads.pages(f"solutions/folders/{shelf.id}/articles", 1):
        if before is not None:
            yield items, before
        there = wire.read_all(wire.Article, rows)
        said |= {raw.id: (raw.title, raw.description) for raw in there}
        items = [article_from_freshdesk(raw, shelf, base_url) for raw in there]
        before = page
    # Which page is the last shows only now: one without a successor may have been promised one.
    for language in languages if said else ():
        items += _translated(shelf, language, said, reads.get_all, base_url)
    yield items, None


def shelves_of(get_all: GetAll) -> Iterator[Shelf]:
    """List all folders, those inside others too, each as restricted as all that it lies in."""
    for category in wire.read_all(wire.Category, get_all("solutions/categories")):
        top = Shelf("", (category.name,) if category.name else ())
        listed = get_all(f"solutions/categories/{category.id}/folders")
        folders = _with_inner(wire.read_all(wire.Folder, listed), get_all)
        yield from (_shelf(folder, folders, top) for folder in folders.values())


def languages_of(told: wire.HelpdeskSettings) -> tuple[str, ...]:
    """List the languages beside the first that customers are shown."""
    others = (each for each in told.portal_languages if each != told.primary_language)
    # It becomes part of an address.
    return tuple(dict.fromkeys(each for each in others if _LANGUAGE.fullmatch(each)))


def _languages(get: Get) -> tuple[str, ...]:
    try:
        return languages_of(wire.read(wire.HelpdeskSettings, get(SETTINGS)))
    # 403: not our right; 404: a plan without it.
    except (Forbidden, NotFound):
        return ()


def _translated(
    shelf: Shelf,
    language: str,
    said: Mapping[str, tuple[str, str]],
    get_all: GetAll,
    base_url: str,
) -> Iterator[Article]:
    path = f"solutions/folders/{shelf.id}/articles/{language}"
    try:
        rows = wire.read_all(wire.Article, get_all(path))
    except (NotFound, Rejected):  # nobody says what a folder without translations answers
        return
    for raw in rows:
        # Nor whether one without a translation is told in the first language.
        if raw.id in said and said[raw.id] != (raw.title, raw.description):
            yield article_from_freshdesk(raw, shelf, base_url, language)


def _with_inner(listed: list[wire.Folder], get_all: GetAll) -> dict[str, wire.Folder]:
    """Add the folders inside these, at any depth, by id; each knows what it lies in.

    A folder inside another is listed with that one, and perhaps with the category, too: there it
    may not say where it lies.
    """
    found = {folder.id: folder for folder in listed}
    waiting = list(found)
    while waiting:
        outer = waiting.pop(0)
        inside = _inside(outer, get_all) if found[outer].sub_folders_count else []
        for folder in inside:
            if folder.id not in found:
                waiting.append(folder.id)
            known = found.get(folder.id, folder)
            found[folder.id] = known.model_copy(update={"parent_folder_id": outer})
    return found


def _shelf(folder: wire.Folder, folders: Mapping[str, wire.Folder], top: Shelf) -> Shelf:
    line = line_up(folder.id, folders, lambda each: each.parent_folder_id)
    # Of a parent that nobody lists, nobody can say that it is open to all; nor of a ring.
    shelf = top if line[0].parent_folder_id is None else top.hidden
    for each in line:
        shelf = shelf.within(each)
    return shelf


def _inside(folder_id: str, get_all: GetAll) -> list[wire.Folder]:
    try:
        return wire.read_all(wire.Folder, get_all(f"solutions/folders/{folder_id}/subfolders"))
    except NotFound:  # gone since it was listed, or an account whose category lists all of them
        return []
