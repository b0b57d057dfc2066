"""The help centre as Zendesk's Help Center API tells it: articles, sections, who may read them.

Every section lies in a category: of a way to an article that names but one section, the category
is ``General``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request

from connectors.sandbox.caller import base_url
from connectors.sandbox.edits import stamp
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Article, Translation
from connectors.sandbox.sections import Section, sections_of
from connectors.zendesk.sandbox.errors import forbidden, not_found
from connectors.zendesk.sandbox.paging import page_of, start_time
from connectors.zendesk.sandbox.routing import add_route
from connectors.zendesk.sandbox.segments import all_segments, segment_ids
from connectors.zendesk.sandbox.shapes import LOCALE, PERMISSION_GROUP_ID, Shape

_USUAL = "General"
_ARTICLES_PAGE = 30  # what Help Center gives where nothing is asked for
_CHANGES_PAGE = 100


@dataclass(frozen=True, slots=True)
class Text:
    """An article in one language."""

    article: Article
    locale: str
    title: str
    html: str
    draft: bool
    outdated: bool
    edited_at: str


class Guide:
    """The routes. Without ``segments`` nobody is told who belongs to one."""

    def __init__(self, desk: Helpdesk, *, segments: bool) -> None:
        self._desk = desk
        self._segments = segments

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        top = "/help_center"
        views: dict[str, Callable[..., Any]] = {
            "/locales": self.locales,
            "/articles": self.articles,
            "/<locale>/articles": self.articles,
            "/incremental/articles": self.changes,
            "/articles/<int:number>": self.article,
            "/<locale>/articles/<int:number>": self.article,
            "/articles/<int:number>/translations": self.translations,
            "/sections": self.sections,
            "/<locale>/sections": self.sections,
            "/categories": self.categories,
            "/<locale>/categories": self.categories,
            "/user_segments": self.segments,
            "/user_segments/<int:number>": self.segment,
        }
        for path, view in views.items():
            add_route(blueprint, f"{top}{path}", view)

    def _articles(self) -> list[Article]:
        return self._desk.library.articles()

    def _paths(self) -> list[Section]:
        return sections_of(path_of(each) for each in self._articles())

    # Articles

    def locales(self) -> Shape:
        """Answer the help centre's languages."""
        found = {text.locale for each in self._articles() for text in texts_of(each)}
        return {"locales": [LOCALE, *sorted(found - {LOCALE})], "default_locale": LOCALE}

    def articles(self, locale: str = "") -> Shape:
        """Answer the articles that are there in a language; without one, each in its own."""
        texts = [_in(locale.casefold(), each) for each in self._articles()]
        found = [text for text in texts if text is not None]
        return page_of(
            found, "articles", self._shape(), usual=_ARTICLES_PAGE, next_on_last_page=False
        )

    def article(self, number: int, locale: str = "") -> Shape:
        """Answer one article."""
        text = _in(locale.casefold(), self._article(number))
        if text is None:
            raise not_found()
        return {"article": self._shape()(text)}

    def _article(self, number: int) -> Article:
        found = self._desk.store.get(Article, number)
        if found is None:
            raise not_found()
        return found

    def changes(self) -> Shape:
        """Answer the articles that changed since a time, oldest first, each in its own language.

        The next page begins with the second that this one ends with.
        """
        start = start_time(int(self._desk.now().timestamp()))
        changed = sorted(self._articles(), key=lambda each: (each.updated_at, each.id))
        found = [each for each in changed if int(each.updated_at.timestamp()) >= start]
        page = found[:_CHANGES_PAGE]
        if not page:  # as seen in dust-tt/dust pull request 8975
            return {"count": 0, "next_page": None, "end_time": 1, "articles": []}
        end = int(page[-1].updated_at.timestamp())
        more = len(found) > len(page)
        address = f"{base_url()}{request.path}?start_time={end}"
        shape = self._shape()
        return {
            "count": len(found),
            "next_page": address if more else None,
            "end_time": end,
            "articles": [shape(texts_of(each)[0]) for each in page],
        }

    def translations(self, number: int) -> Shape:
        """Answer an article in all its languages, its own among them."""
        base, author = base_url(), self._desk.agent.id
        return page_of(
            texts_of(self._article(number)),
            "translations",
            lambda each: _translation(each, base, author),
            next_on_last_page=False,
        )

    def _shape(self) -> Callable[[Text], Shape]:
        base, author = base_url(), self._desk.agent.id
        return lambda text: _article(text, base, author)

    # Where they lie

    def sections(self, locale: str = LOCALE) -> Shape:
        """Answer the sections, each with what it lies in."""
        base = base_url()
        found = [each for each in self._paths() if each.parent is not None]
        page = page_of(
            found, "sections", lambda each: _section(each, locale, base), next_on_last_page=False
        )
        if "categories" in request.args.get("include", ""):
            wanted = {each["category_id"] for each in page["sections"]}
            page["categories"] = [
                _category(each, locale, base) for each in self._categories() if each.id in wanted
            ]
        return page

    def categories(self, locale: str = LOCALE) -> Shape:
        """Answer the categories."""
        base = base_url()
        return page_of(
            self._categories(),
            "categories",
            lambda each: _category(each, locale, base),
            next_on_last_page=False,
        )

    def _categories(self) -> list[Section]:
        return [each for each in self._paths() if each.parent is None]

    # Who may read them

    def segments(self) -> Shape:
        """Answer the user segments."""
        return page_of(
            self._all_segments(), "user_segments", lambda each: each, next_on_last_page=False
        )

    def segment(self, number: int) -> Shape:
        """Answer one user segment."""
        for each in self._all_segments():
            if each["id"] == number:
                return {"user_segment": each}
        raise not_found()

    def _all_segments(self) -> Sequence[Shape]:
        if not self._segments:
            raise forbidden()
        return all_segments(self._articles())


def path_of(article: Article) -> tuple[str, ...]:
    """The way to an article from its category down."""
    path = article.sections or (_USUAL,)
    return path if len(path) > 1 else (_USUAL, *path)


def texts_of(article: Article) -> list[Text]:
    """An article in all its languages, its own first."""
    own = Text(
        article,
        article.locale or LOCALE,
        article.title,
        article.html,
        draft=not article.published,
        outdated=False,
        edited_at=stamp(article.updated_at),
    )
    return [own, *(_text(article, each) for each in article.translations)]


def _text(article: Article, found: Translation) -> Text:
    return Text(
        article,
        found.locale,
        found.title,
        found.html,
        draft=not (article.published and found.published),
        outdated=found.outdated,
        edited_at=stamp(found.updated_at),
    )


def _in(locale: str, article: Article) -> Text | None:
    texts = texts_of(article)
    if not locale:
        return texts[0]
    return next((each for each in texts if each.locale == locale), None)


def _article(text: Text, base: str, author_id: int) -> Shape:
    article = text.article
    segments = segment_ids(article)
    # Zendesk marks translations; what a team marks as outdated as a whole is outdated in all.
    outdated = [t.locale for t in texts_of(article) if t.outdated or article.outdated]
    return {
        "id": article.id,
        "url": f"{base}/api/v2/help_center/{text.locale}/articles/{article.id}.json",
        "html_url": article.url or f"{base}/hc/articles/{article.id}",
        "author_id": author_id,
        "comments_disabled": False,
        "draft": text.draft,
        "promoted": False,
        "position": 0,
        "vote_sum": 0,
        "vote_count": 0,
        "section_id": Section(path_of(article)).id,
        "created_at": stamp(article.created_at),
        "updated_at": stamp(article.updated_at),
        "edited_at": text.edited_at,
        "name": text.title,
        "title": text.title,
        "source_locale": article.locale or LOCALE,
        "locale": text.locale,
        "outdated": False,  # "Deprecated. Always false", says the description
        "outdated_locales": outdated,
        "user_segment_id": segments[0] if segments else None,
        "user_segment_ids": segments,
        "permission_group_id": PERMISSION_GROUP_ID,
        "content_tag_ids": [],
        "label_names": list(article.labels),
        "body": text.html,
    }


def _translation(text: Text, base: str, author_id: int) -> Shape:
    article = text.article
    number = article.id * 100 + [each.locale for each in texts_of(article)].index(text.locale)
    address = f"{base}/api/v2/help_center/articles/{article.id}/translations/{text.locale}.json"
    return {
        "id": number,
        "url": address,
        "html_url": article.url or f"{base}/hc/articles/{article.id}",
        "source_id": article.id,
        "source_type": "Article",
        "locale": text.locale,
        "title": text.title,
        "body": text.html,
        "outdated": text.outdated or article.outdated,
        "draft": text.draft,
        "created_at": stamp(article.created_at),
        "updated_at": text.edited_at,
        "updated_by_id": author_id,
        "created_by_id": author_id,
    }


def _section(section: Section, locale: str, base: str) -> Shape:
    line = list(section.line)
    parent = section.parent
    return {
        **_place(section, "sections", locale, base),
        "category_id": line[0].id,
        "parent_section_id": parent.id if parent is not None and parent.parent else None,
        "theme_template": "section_page",
    }


def _category(section: Section, locale: str, base: str) -> Shape:
    return _place(section, "categories", locale, base)


def _place(section: Section, kind: str, locale: str, base: str) -> Shape:
    return {
        "id": section.id,
        "url": f"{base}/api/v2/help_center/{locale}/{kind}/{section.id}.json",
        "html_url": f"{base}/hc/{locale}/{kind}/{section.id}",
        "position": 0,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "name": section.name,
        "description": "",
        "locale": locale,
        "source_locale": LOCALE,
        "outdated": False,
    }
