"""Reading what the team wrote down: articles in every language, internal ones, macros.

All of it is asked for in the newest version: up to 2.15 no article tells who may read it, and
there are no macros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import TypeVar
from urllib.parse import parse_qsl

from connectors.articles import Article, Visibility
from connectors.errors import AuthFailed, Forbidden, NotFound, VendorBroken
from connectors.intercom import answers, wire
from connectors.intercom.articles import (
    EVERYBODY,
    Sections,
    articles_of,
    canned_from_intercom,
    internal_from_intercom,
    ways_to,
)
from connectors.intercom.client import NEWEST, VENDOR, Client
from connectors.records import path_number
from connectors.types import Page

Listing = TypeVar("Listing", bound=answers.Listing)
Numbered = TypeVar("Numbered", answers.Articles, answers.InternalArticles)

ARTICLES = 50  # on a page
# "When returning 30+ macros, body rendering may be skipped for performance" (description, 2.16).
MACROS = 25
_INTERNAL = "internal?"  # what a cursor begins with that leads to internal articles


def articles(client: Client, cursor: str | None) -> Iterator[Page[Article]]:
    """List the help centre in every language, then internal articles; a cursor is a page's query.

    Without one, what moved while pages were read is among the last of them.
    """
    if cursor is None or not cursor.startswith(_INTERNAL):
        yield from _public(client, cursor)
        cursor = _INTERNAL
    for listing, following in _internal(client, cursor.removeprefix(_INTERNAL)):
        items = tuple(internal_from_intercom(raw) for raw in listing.data)
        yield Page(items, f"{_INTERNAL}{following}" if following is not None else None)


def article_changes(client: Client, since: datetime) -> Iterator[Page[Article]]:
    """List articles that changed since then: mostly one call, for the newest change comes first.

    The stamp that orders them is that of the default language (description, 2.16): another
    language that changed alone is found where its article is on a page that is looked at. In what
    order internal articles come, nobody says: all of them are looked through.
    """
    start = since.replace(microsecond=0)  # stamps are whole seconds
    sections = _once(client)
    for listing, _ in _pages(client, "articles", answers.Articles, ""):
        changed = [raw for raw in listing.data if raw.changed_since(start)]
        yield Page(tuple(one for raw in changed for one in articles_of(raw, sections())), None)
        if any(raw.updated_at is not None and raw.updated_at < start for raw in listing.data):
            break
    for internal, _ in _internal(client, ""):
        newer = (raw for raw in internal.data if not raw.updated_at or raw.updated_at >= start)
        yield Page(tuple(internal_from_intercom(raw) for raw in newer), None)


def canned(client: Client) -> Iterator[Page[Article]]:
    """List the macros that have a text; those without one only do something."""
    for listing, _ in _pages(client, "macros", answers.Macros, "", MACROS):
        read = (_with_text(client, raw) for raw in listing.data or ())
        yield Page(tuple(canned_from_intercom(raw) for raw in read if raw.id and raw.body), None)


def public_articles(client: Client, most_pages: int) -> tuple[int, int, bool]:
    """Count published articles that anybody may read, and that do not say who may.

    Tells, too, whether all pages were looked at.
    """
    public, silent = 0, 0
    for number, (listing, following) in enumerate(
        _pages(client, "articles", answers.Articles, ""), 1
    ):
        audiences = [
            raw.help_center_audience
            for raw in listing.data
            if next(articles_of(raw, {})).visibility is not Visibility.UNPUBLISHED
        ]
        public += audiences.count(EVERYBODY)
        silent += sum(not told for told in audiences)
        if number >= most_pages and following is not None:
            return public, silent, False
    return public, silent, True


def _public(client: Client, cursor: str | None) -> Iterator[Page[Article]]:
    sections = _once(client)
    for listing, following in _whole(client, "articles", answers.Articles, cursor or ""):
        items = [item for raw in listing.data for item in articles_of(raw, sections())]
        yield Page(tuple(items), _INTERNAL if following is None else following)


def _internal(client: Client, query: str) -> Iterator[tuple[answers.InternalArticles, str | None]]:
    listed = _whole(client, "internal_articles", answers.InternalArticles, query)
    try:
        first = next(listed)
    except (Forbidden, NotFound):  # not our right, or a plan without them
        first = answers.InternalArticles(data=()), None
    yield first
    yield from listed


def _whole(
    client: Client, path: str, model: type[Numbered], query: str
) -> Iterator[tuple[Numbered, str | None]]:
    """List articles page by page; from the beginning, all of them.

    Pages are cut by number, and the newest change comes first: an article that is edited
    meanwhile leaves its place for the first page, and behind one that is deleted all move up. So
    where fewer came than there were at any time, they are gone through once more.
    """
    seen: set[str] = set()
    most = 0
    for listing, following in _pages(client, path, model, query):
        seen |= {raw.id for raw in listing.data}
        most = max(most, listing.total_count or 0)
        if following is None and not query and len(seen) < most:
            yield _with(listing, _unseen(client, path, model, seen)), None
        else:
            yield listing, following


def _with(listing: Numbered, more: list[answers.Article | answers.InternalArticle]) -> Numbered:
    return listing.model_copy(update={"data": (*listing.data, *more)})


def _unseen(
    client: Client, path: str, model: type[Numbered], seen: set[str]
) -> list[answers.Article | answers.InternalArticle]:
    """List what was not seen; raises ``VendorBroken`` where much is still missing then."""
    found: dict[str, answers.Article | answers.InternalArticle] = {}
    total = 0
    for listing, _ in _pages(client, path, model, ""):
        found |= {raw.id: raw for raw in listing.data}
        total = listing.total_count or 0
    together = len(seen | found.keys())
    # One that moved again comes next time, and nobody promises what all is counted.
    if total - together > max(1, total // 10):
        raise VendorBroken(f"Intercom lists {together} of {total} articles ({path})")
    return [raw for number, raw in found.items() if number not in seen]


def _pages(
    client: Client, path: str, model: type[Listing], query: str, size: int = ARTICLES
) -> Iterator[tuple[Listing, str | None]]:
    asked = {query}
    while True:
        params: dict[str, str | int] = {**dict(parse_qsl(query)), "per_page": size}
        listing = wire.read(model, client.get(path, params, version=NEWEST))
        following = listing.pages.following if listing.pages else None
        if following is not None and following in asked:
            raise VendorBroken(f"Intercom's listing {path} does not move on")
        yield listing, following
        if following is None:
            return
        query = following
        asked.add(query)


def _with_text(client: Client, raw: answers.Macro) -> answers.Macro:
    """Read a macro by itself where the listing left its text out."""
    if raw.body is None and raw.id:
        with suppress(NotFound):  # gone since it was listed
            path = f"macros/{path_number(raw.id, VENDOR)}"
            return wire.read(answers.Macro, client.get(path, version=NEWEST))
    return raw


def _once(client: Client) -> Callable[[], Sections]:
    """Read the ways to collections when somebody asks for the first time, and keep them."""
    return cache(lambda: _sections(client))


def _sections(client: Client) -> Sections:
    """Read what collections are called; without their names articles are still articles."""
    found: dict[str, answers.Collection] = {}
    with suppress(AuthFailed, NotFound):
        for listing, _ in _pages(client, "help_center/collections", answers.Collections, ""):
            found |= {item.id: item for item in listing.data or ()}
    return ways_to(found)
