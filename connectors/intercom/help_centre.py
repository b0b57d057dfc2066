"""Reading the help centre: every article, in every language, and what collections are called."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from connectors.articles import Article
from connectors.errors import AuthFailed, NotFound, VendorBroken
from connectors.intercom import answers, mapping, wire
from connectors.intercom.client import Client
from connectors.types import Page

ARTICLES = 50  # on a page


def articles(client: Client, cursor: str | None) -> Iterator[Page[Article]]:
    """List the help centre in every language; a cursor is the query of a page.

    The newest change comes first: an article that is edited meanwhile leaves its place for
    the first page. So where fewer came than there are, the listing is gone through once more.
    """
    sections = _sections(client)
    seen: set[str] = set()
    total = 0
    for listing, following in _pages(client, cursor or ""):
        total = listing.total_count or 0
        seen |= {raw.id for raw in listing.data}
        missed: list[answers.Article] = []
        if following is None and cursor is None and len(seen) < total:
            missed = [raw for raw in _everything(client) if raw.id not in seen]
        there = (*listing.data, *missed)
        items = [item for raw in there for item in mapping.articles_of(raw, sections)]
        yield Page(tuple(items), following)


def public_articles(client: Client, most_pages: int) -> tuple[int, bool]:
    """Count the articles that anybody may read; and tell whether all pages were looked at."""
    count = 0
    for number, (listing, following) in enumerate(_pages(client, ""), 1):
        found = [next(mapping.articles_of(raw, {})) for raw in listing.data]
        count += sum(article.public for article in found)
        if number >= most_pages and following is not None:
            return count, False
    return count, True


def _pages(client: Client, query: str) -> Iterator[tuple[answers.Articles, str | None]]:
    asked = {query}
    while True:
        params: dict[str, str | int] = {**dict(parse_qsl(query)), "per_page": ARTICLES}
        listing = wire.read(answers.Articles, client.get("articles", params))
        following = listing.pages.following if listing.pages else None
        if following is not None and following in asked:
            raise VendorBroken("Intercom's listing of articles does not move on")
        yield listing, following
        if following is None:
            return
        query = following
        asked.add(query)


def _everything(client: Client) -> Iterator[answers.Article]:
    for listing, _ in _pages(client, ""):
        yield from listing.data


def _sections(client: Client) -> dict[str, str]:
    """Read what collections are called; without their names articles are still articles."""
    names: dict[str, str] = {}
    query: str | None = ""
    asked: set[str] = set()
    while query is not None and query not in asked:
        asked.add(query)
        params: dict[str, str | int] = {**dict(parse_qsl(query)), "per_page": ARTICLES}
        try:
            body = client.get("help_center/collections", params)
        except (AuthFailed, NotFound):
            return names
        page = wire.read(answers.Collections, body)
        names |= {item.id: item.name or "" for item in page.data or ()}
        query = page.pages.following if page.pages else None
    return names
