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

from connectors.articles import Article
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

    With the last page of a folder come its translations.
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
        said: dict[str, tuple[str, str]] = {}
        path = f"solutions/folders/{shelf.id}/articles"
        for rows, page, more in reads.pages(path, first):
            there = wire.read_all(wire.Article, rows)
            said |= {raw.id: (raw.title, raw.description) for raw in there}
            items = [article_from_freshdesk(raw, shelf, base_url) for raw in there]
            if said and not more:
                for language in languages:
                    items += _translated(shelf, language, said, reads.get_all, base_url)
            yield Page(tuple(items), f"{shelf.id}|{page + 1}" if more else following)
        first = 1


def shelves_of(get_all: GetAll) -> Iterator[Shelf]:
    """List all folders, those inside others after them."""
    for category in wire.read_all(wire.Category, get_all("solutions/categories")):
        top = Shelf("", (category.name,) if category.name else ())
        listed = get_all(f"solutions/categories/{category.id}/folders")
        yield from _below(wire.read_all(wire.Folder, listed), top, get_all, {})


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


def _below(
    folders: list[wire.Folder], outer: Shelf, get_all: GetAll, seen: dict[str, Shelf]
) -> Iterator[Shelf]:
    # A folder inside another is listed with its parent, and perhaps with the category, too: the
    # parents come first, since they decide who may look into it.
    by_id = {folder.id: folder for folder in folders}
    for folder in sorted(folders, key=lambda item: _depth(item, by_id)):
        if folder.id in seen:
            continue
        parent = folder.parent_folder_id
        # Of a parent that nobody lists, nobody can say that it is open to all.
        holder = outer if parent in (None, outer.id) else seen.get(parent or "", outer.hidden)
        shelf = seen[folder.id] = holder.within(folder)
        yield shelf
        if folder.sub_folders_count:
            yield from _below(_inside(folder.id, get_all), shelf, get_all, seen)


def _depth(folder: wire.Folder, listed: Mapping[str, wire.Folder]) -> int:
    depth = 0
    above = listed.get(folder.parent_folder_id or "")
    while above is not None and depth < len(listed):
        above = listed.get(above.parent_folder_id or "")
        depth += 1
    return depth


def _inside(folder_id: str, get_all: GetAll) -> list[wire.Folder]:
    try:
        return wire.read_all(wire.Folder, get_all(f"solutions/folders/{folder_id}/subfolders"))
    except NotFound:  # gone since it was listed, or an account whose category lists all of them
        return []
