"""Reading the help centre: all of it, or what changed.

Every language has a listing of its own. What changed is listed in each article's own language, so
the others are read article by article.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from connectors.articles import Article
from connectors.errors import AuthFailed, NotFound, Rejected
from connectors.types import Page
from connectors.zendesk import guide_wire as wire
from connectors.zendesk.pages import Shelves, article_from_zendesk, in_language
from connectors.zendesk.segments import readers
from connectors.zendesk.wire import Get, Meta, Params, read

CHANGES = "help_center/incremental/articles"
SEGMENTS = "help_center/user_segments"

Listed = Callable[[str, Params, str], Iterator[dict[str, Any]]]  # a listing, from a cursor on


class Guide:
    """One reading of the help centre: what it has learned of sections and segments ends with it.

    ``invented`` is a tag that people may bear in our records and not at Zendesk, "" for none.
    """

    def __init__(self, get: Get, pages: Listed, invented: str) -> None:
        self._get = get
        self._pages = pages
        self._invented = invented
        self._known_shelves: dict[str, Shelves] = {}

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the help centre in every language; a cursor is the language and Zendesk's own."""
        at, _, after = (cursor or "").partition("|")
        locales = self._locales
        if cursor and at in locales:
            locales = locales[locales.index(at) :]
        else:
            after = ""  # the cursor of a language that is gone leads nowhere: all is listed anew
        for locale in locales:
            for body in self._pages(_path(locale, "articles"), {}, after):
                page = read(wire.ArticlesPage, body)
                items = tuple(self._article(each, locale) for each in page.articles)
                yield Page(items, _cursor(locales, locale, page.meta))
            after = ""

    def changes(self, since: datetime) -> Iterator[Page[Article]]:
        """List the articles that changed since then, in every language.

        Pages are cut by time, and each begins with the second that the one before ends with. More
        changes in one second than fit a page, an import, leave no way on: then all is listed.
        """
        start, seen = max(int(since.timestamp()), 0), set[tuple[str, datetime | None]]()
        while True:
            page = read(wire.ChangedPage, self._get(CHANGES, {"start_time": start}))
            fresh = [each for each in page.articles if (each.id, each.updated_at) not in seen]
            seen |= {(each.id, each.updated_at) for each in fresh}
            yield Page(tuple(self._in_all_languages(fresh)), None)
            if not page.next_page or not page.articles:
                return
            if page.end_time is None or page.end_time <= start:
                yield from self.articles(None)
                return
            start = page.end_time

    def _article(self, raw: wire.Article, locale: str) -> Article:
        known = self._segments if raw.segments else {}
        may_read = readers(raw.segments, known, self._invented)
        return article_from_zendesk(raw, self._shelves(locale), may_read)

    def _in_all_languages(self, articles: Iterable[wire.Article]) -> Iterator[Article]:
        for raw in articles:
            if self._locales == [""]:
                yield self._article(raw, "")
                continue
            alone = self._locales == [(raw.locale or "").lower()]
            found = () if alone else self._translations(raw)
            others = (in_language(raw, each) for each in found)
            for text in (raw, *others):
                locale = (text.locale or "").lower()
                if locale in self._locales:  # one that was switched off has no listing either
                    yield self._article(text, locale)

    def _translations(self, raw: wire.Article) -> Iterator[wire.Translation]:
        """Read an article's other languages."""
        own = (raw.locale or "").lower()
        try:
            for body in self._pages(f"help_center/articles/{raw.id}/translations", {}, ""):
                listed = read(wire.TranslationsPage, body).translations
                yield from (each for each in listed if each.locale.lower() != own)
        except NotFound:
            return  # taken away since it was listed

    @cached_property
    def _locales(self) -> list[str]:
        """The languages that are switched on; "" alone where Zendesk names none.

        Without a language a listing has each article in its own, in one that was switched off too.
        """
        try:
            listed = read(wire.Locales, self._get("help_center/locales", None)).locales
        except NotFound:
            return [""]
        return [locale.lower() for locale in listed] or [""]

    @cached_property
    def _segments(self) -> Mapping[str, wire.Segment]:
        """Those that we may read; articles for the others are for nobody that we know of."""
        found: dict[str, wire.Segment] = {}
        try:
            for body in self._pages(SEGMENTS, {}, ""):
                found |= {each.id: each for each in read(wire.SegmentsPage, body).user_segments}
        except (AuthFailed, NotFound, Rejected):
            return {}  # a plan or a role without them
        return found

    def _shelves(self, locale: str) -> Shelves:
        if locale not in self._known_shelves:
            sections: dict[str, wire.Section] = {}
            categories: dict[str, str] = {}
            for body in self._pages(_path(locale, "sections"), {"include": "categories"}, ""):
                page = read(wire.SectionsPage, body)
                sections |= {each.id: each for each in page.sections}
                categories |= {each.id: each.name or "" for each in page.categories or ()}
            self._known_shelves[locale] = Shelves(sections, categories)
        return self._known_shelves[locale]


def _path(locale: str, listing: str) -> str:
    return f"help_center/{locale}/{listing}" if locale else f"help_center/{listing}"


def _cursor(locales: list[str], locale: str, meta: Meta) -> str | None:
    if meta.has_more:
        return f"{locale}|{meta.after_cursor}"
    following = locales[locales.index(locale) + 1 :]
    return f"{following[0]}|" if following else None
