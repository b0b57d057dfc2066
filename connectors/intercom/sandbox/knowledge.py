"""What Intercom's API tells of articles, collections, internal articles and macros."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, request

from connectors.intercom.sandbox import articles as pages
from connectors.intercom.sandbox import macros, search
from connectors.intercom.sandbox.access import Settings
from connectors.intercom.sandbox.errors import bad_version, not_found
from connectors.intercom.sandbox.look import look_at
from connectors.intercom.sandbox.people import Shape, admin_id
from connectors.sandbox.caller import base_url
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Article, Group
from connectors.sandbox.sections import sections_of


class Knowledge:
    """The reading of what the team wrote down."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        views: dict[str, Callable[..., Any]] = {
            "/articles": self.articles,
            "/articles/<int:number>": self.article,
            "/internal_articles": self.internal_articles,
            "/help_center/collections": self.collections,
            "/help_center/collections/<int:number>": self.collection,
            "/macros": self.macros,
            "/macros/<int:number>": self.macro,
        }
        for path, view in views.items():
            blueprint.add_url_rule(path, f"GET {path[1:]}", view, methods=["GET"])

    def _shown(self, *, internal: bool) -> list[Article]:
        """Those for the team alone, or all others; newest change first."""
        found = [
            each
            for each in self._desk.library.articles()
            if (each.visibility == "internal") == internal
        ]
        return sorted(found, key=lambda one: (-one.updated_at.timestamp(), one.id))

    def _shape(self, article: Article) -> Shape:
        look, author = look_at(self._desk, g.version), admin_id(self._desk.agent)
        return pages.article_shape(article, look, base_url(), author)

    def articles(self) -> Shape:
        """Answer ``/articles``: newest change first."""
        found = [self._shape(each) for each in self._shown(internal=False)]
        return self._numbered(found, pages.ARTICLES)

    def internal_articles(self) -> Shape:
        """Answer ``/internal_articles``."""
        author = admin_id(self._desk.agent)
        found = [pages.internal_shape(each, author) for each in self._shown(internal=True)]
        return self._numbered(found, pages.ARTICLES)

    def _numbered(self, items: list[Shape], usual: int) -> Shape:
        address, links = request.base_url, self._settings.page_links
        return pages.page_by_number(items, request.args, address, usual=usual, links=links)

    def article(self, number: int) -> Shape:
        """Answer ``/articles/{id}``; internal ones are none of these."""
        found = self._desk.store.get(Article, number)
        if found is None or found.visibility == "internal":
            raise not_found()
        return self._shape(found)

    def collections(self) -> Shape:
        """Answer ``/help_center/collections``."""
        return self._numbered(self._collections(), pages.COLLECTIONS)

    def _collections(self) -> list[Shape]:
        shown = (each.sections for each in self._shown(internal=False) if each.sections)
        at = self._desk.bot.created_at
        return [
            pages.collection_shape(section, order, at)
            for order, section in enumerate(sections_of(shown))
        ]

    def collection(self, number: int) -> Shape:
        """Answer ``/help_center/collections/{id}``."""
        for shape in self._collections():
            if shape["id"] == str(number):
                return shape
        raise not_found()

    # Macros

    def macros(self) -> Shape:
        """Answer ``GET /macros``, newest change first; people make them, no app does."""
        every = self._macros()
        size = search.page_size(request.args.get("per_page", str(macros.USUAL)))
        after = request.args.get("starting_after")
        start = next((n for n, each in enumerate(every, 1) if each["id"] == after), 0)
        page = every[start : start + size]
        more = start + size < len(every)
        place = {"starting_after": page[-1]["id"]} if more else None
        told = {"type": "pages", "per_page": size, "next": place}
        return {"type": "list", "data": macros.rendered(page), "pages": told}

    def macro(self, number: int) -> Shape:
        """Answer ``GET /macros/{id}``."""
        for each in self._macros():
            if each["id"] == str(number):
                return each
        raise not_found()

    def _macros(self) -> list[Shape]:
        if g.version == "2.15":  # which has none
            raise bad_version()
        at, groups = self._desk.bot.created_at, self._desk.store.all(Group)
        named = enumerate(self._settings.macros)
        bare = [macros.bare_macro(place, name, at) for place, name in named]
        kept = [macros.macro_shape(each, groups) for each in self._desk.library.replies()]
        return sorted([*bare, *kept], key=lambda each: str(each["updated_at"]), reverse=True)
