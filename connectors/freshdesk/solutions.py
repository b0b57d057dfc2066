"""Listing the help centre: categories, folders inside them and inside each other, then articles.

There is no feed of changed articles, so it is always read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.articles import Article
from connectors.errors import NotFound
from connectors.freshdesk import codes, mapping, wire
from connectors.types import Page

GetAll = Callable[[str], list[Any]]
# path, first page -> (rows, page, whether there may be more)
Pages = Callable[[str, int], Iterator[tuple[list[Any], int, bool]]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder, and whether everybody may look into it and into all that it lies in."""

    id: str
    name: str
    visible: bool


def articles(
    cursor: str | None, get_all: GetAll, pages: Pages, base_url: str
) -> Iterator[Page[Article]]:
    """List all articles; a cursor is a folder and a page of its articles."""
    shelves = list(_shelves(get_all))
    places = {shelf.id: place for place, shelf in enumerate(shelves)}
    folder, _, number = (cursor or "").partition("|")
    start = places.get(folder, 0)
    first = int(number) if folder in places and number.isdecimal() else 1
    if not shelves:
        yield Page((), None)
    for place, shelf in enumerate(shelves[start:], start):
        following = f"{shelves[place + 1].id}|1" if place + 1 < len(shelves) else None
        for rows, page, more in pages(f"solutions/folders/{shelf.id}/articles", first):
            items = tuple(
                mapping.article_from_freshdesk(
                    raw, section=shelf.name, visible=shelf.visible, base_url=base_url
                )
                for raw in wire.read_all(wire.Article, rows)
            )
            yield Page(items, f"{shelf.id}|{page + 1}" if more else following)
        first = 1


def _shelves(get_all: GetAll) -> Iterator[Shelf]:
    for category in wire.read_all(wire.Category, get_all("solutions/categories")):
        listed = get_all(f"solutions/categories/{category.id}/folders")
        yield from _below(wire.read_all(wire.Folder, listed), True, get_all, {})


def _below(
    folders: list[wire.Folder], visible: bool, get_all: GetAll, seen: dict[str, bool]
) -> Iterator[Shelf]:
    # A folder inside another is listed with its parent, and perhaps with the category, too: the
    # parents come first, since they decide who may look into it.
    by_id = {folder.id: folder for folder in folders}
    for folder in sorted(folders, key=lambda item: _depth(item, by_id)):
        if folder.id in seen:
            continue
        parent = folder.parent_folder_id
        # Of a parent that nobody lists, nobody can say that it is open to all.
        above = visible if parent is None else visible and seen.get(parent, False)
        seen[folder.id] = above and folder.visibility == codes.EVERYBODY
        yield Shelf(folder.id, folder.name, seen[folder.id])
        if folder.sub_folders_count:
            inside = _inside(folder.id, get_all)
            yield from _below(inside, seen[folder.id], get_all, seen)


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
