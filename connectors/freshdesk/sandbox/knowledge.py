"""What Freshdesk's API tells of solutions, their languages, and canned responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from connectors.freshdesk.sandbox import canned, solutions
from connectors.freshdesk.sandbox.errors import forbidden, not_found
from connectors.freshdesk.sandbox.paging import answer, page_of
from connectors.freshdesk.sandbox.routing import add_route
from connectors.freshdesk.sandbox.settings import Settings
from connectors.freshdesk.sandbox.shapes import Shape
from connectors.freshdesk.sandbox.validation import query
from connectors.sandbox.edits import stamp
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Article, Reply

_PAGES = ("page", "per_page")


class Knowledge:
    """The reading of what the team wrote down."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self._desk = desk
        self._settings = settings

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        views: dict[str, Callable[..., Any]] = {
            "/settings/helpdesk": self.helpdesk,
            "/solutions/categories": self.categories,
            "/solutions/categories/<int:number>/folders": self.folders,
            "/solutions/folders/<int:number>/subfolders": self.subfolders,
            "/solutions/folders/<int:number>/articles": self.articles,
            "/solutions/folders/<int:number>/articles/<language>": self.translations,
            "/solutions/articles/<int:number>": self.article,
            "/canned_response_folders": self.canned_folders,
            "/canned_response_folders/<int:number>/responses": self.canned_responses,
        }
        for path, view in views.items():
            add_route(blueprint, path, get=view)

    # Help centre

    def helpdesk(self) -> Shape:
        """Answer ``/settings/helpdesk``: the languages; all are shown in the portal."""
        query()
        others = self._languages()
        return {
            "primary_language": solutions.PRIMARY,
            "supported_languages": others,
            "portal_languages": others,
        }

    def _languages(self) -> list[str]:
        articles = self._desk.library.articles()
        return sorted({said.locale for article in articles for said in article.translations})

    def categories(self) -> Response:
        """Answer ``/solutions/categories``."""
        query(*_PAGES)
        return answer(*page_of([solutions.category_shape(self._since())]))

    def folders(self, number: int) -> Response:
        """Answer a category's folders; those inside others are asked for one by one."""
        if number != solutions.CATEGORY_ID:
            raise not_found()
        return self._folders_below(None)

    def subfolders(self, number: int) -> Response:
        """Answer the folders inside a folder."""
        return self._folders_below(self._folder(number))

    def _folders_below(self, parent: solutions.Folder | None) -> Response:
        query(*_PAGES)
        counts = solutions.counts_of(self._desk.library.articles())
        found = [each for each in counts if each.parent == parent]
        page, link = page_of(sorted(found, key=lambda folder: folder.path))
        since = self._since()
        return answer([solutions.folder_shape(each, counts[each], since) for each in page], link)

    def articles(self, number: int) -> Response:
        """Answer a folder's articles, drafts too."""
        query(*_PAGES)
        page, link = page_of(self._in(self._folder(number)))
        author = self._desk.agent.id
        return answer([solutions.article_shape(each, author) for each in page], link)

    def translations(self, number: int, language: str) -> Response:
        """Answer what there is of a folder's articles in a language, drafts too."""
        query(*_PAGES)
        if language not in self._languages():
            raise not_found()
        said = [
            (article, each)
            for article in self._in(self._folder(number))
            for each in article.translations
            if each.locale == language
        ]
        page, link = page_of(said)
        author = self._desk.agent.id
        return answer([solutions.article_shape(one, author, each) for one, each in page], link)

    def article(self, number: int) -> Shape:
        """Answer one article."""
        query()
        found = self._desk.store.get(Article, number)
        if found is None:
            raise not_found()
        return solutions.article_shape(found, self._desk.agent.id)

    def _in(self, folder: solutions.Folder) -> list[Article]:
        every = self._desk.library.articles()
        return [each for each in every if solutions.folder_of(each) == folder]

    def _folder(self, number: int) -> solutions.Folder:
        for folder in solutions.counts_of(self._desk.library.articles()):
            if folder.id == number:
                return folder
        raise not_found()

    # Canned responses

    def canned_folders(self) -> Response:
        """Answer ``/canned_response_folders``."""
        folders = self._canned()
        query(*_PAGES)
        since = self._since()
        found = [canned.folder_shape(name, replies, since) for name, replies in folders.items()]
        return answer(*page_of(found))

    def canned_responses(self, number: int) -> Response:
        """Answer what lies in a folder of canned responses."""
        folders = self._canned()
        query(*_PAGES)
        for name, replies in folders.items():
            if canned.number_of(name) == number:
                return answer(*page_of([canned.response_shape(each) for each in replies]))
        raise not_found()

    def _canned(self) -> dict[str, list[Reply]]:
        # "Only users with admin privileges can access the following APIs." (API page)
        if not self._settings.admin:
            raise forbidden()
        found: dict[str, list[Reply]] = {canned.USUAL: []}  # every account begins with it
        for reply in self._desk.library.replies():
            found.setdefault(canned.folder_of(reply), []).append(reply)
        return found

    def _since(self) -> str:
        return stamp(self._desk.bot.created_at)
