"""The help centre as Intercom tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.intercom.sandbox import search
from connectors.intercom.sandbox.errors import invalid
from connectors.intercom.sandbox.look import Look
from connectors.intercom.sandbox.people import APP_ID, Shape, unix
from connectors.intercom.sandbox.tags import tag_list
from connectors.sandbox.caller import whole_number
from connectors.sandbox.records import Article, Audience, Translation
from connectors.sandbox.sections import Section
from connectors.sandbox.text import text_of_html

# How many the description's examples show where nothing is asked for.
ARTICLES, COLLECTIONS = 25, 20
PRIMARY = "en"


def article_shape(article: Article, look: Look, base: str, author_id: int) -> Shape:
    """An article; ``url`` is a page that can be read, and drafts have none."""
    parent = Section(article.sections).id if article.sections else None
    shape: Shape = {
        "type": "article",
        "id": str(article.id),
        "workspace_id": APP_ID,
        "parent_ids": [parent] if parent else [],
        "tags": tag_list([look.tags.of(label) for label in article.labels]),
        "description": "",
        **_content(article, article, base, author_id),
        **_languages(article, base, author_id),
    }
    if look.modern:
        return {
            **shape,
            "body_markdown": text_of_html(article.html),
            "has_unpublished_changes": False,
            "ai_chatbot_availability": article.published,
            "ai_copilot_availability": True,
            "help_center_audience": _audience(article),
        }
    return {**shape, "parent_id": parent, "parent_type": "collection" if parent else None}


def _content(article: Article, said: Article | Translation, base: str, author_id: int) -> Shape:
    published = article.published and (said is article or said.published)
    address = article.url or f"{base}/hc/articles/{article.id}"
    return {
        "title": said.title,
        "body": said.html,
        "author_id": author_id,
        "state": "published" if published else "draft",
        "created_at": unix(article.created_at),
        "updated_at": unix(said.updated_at),
        "url": address if published else None,
    }


def _languages(article: Article, base: str, author_id: int) -> Shape:
    """What only an article in several languages has; the first language is listed, too."""
    if not article.translations:
        return {"default_locale": article.locale} if article.locale else {}
    told: Shape = {"type": "article_translated_content"}
    every: tuple[tuple[str, Article | Translation], ...] = (
        (article.locale or PRIMARY, article),
        *((each.locale, each) for each in article.translations),
    )
    for locale, said in every:
        content = {"type": "article_content", "description": ""}
        content |= _content(article, said, base, author_id)
        if content["url"] is None:
            del content["url"]
        told[locale] = content
    return {"default_locale": article.locale or PRIMARY, "translated_content": told}


def _audience(article: Article) -> str:
    """Who may read it, as far as Intercom says that: of a rule, no more than that there is one."""
    if article.visibility != "restricted":
        return "everyone"
    audience = article.audience
    return "all_users" if audience == Audience(verified=True) else "restricted"


def internal_shape(article: Article, author_id: int) -> Shape:
    """An article for the team alone."""
    return {
        "type": "internal_article",
        "id": str(article.id),
        "title": article.title,
        "body": article.html,
        "owner_id": author_id,
        "author_id": author_id,
        "created_at": unix(article.created_at),
        "updated_at": unix(article.updated_at),
        "locale": article.locale or PRIMARY,
    }


def collection_shape(section: Section, order: int, created_at: datetime) -> Shape:
    """A collection of the help centre."""
    return {
        "id": str(section.id),
        "workspace_id": APP_ID,
        "name": section.name,
        "description": None,
        "created_at": unix(created_at),
        "updated_at": unix(created_at),
        "url": None,
        "icon": "book",
        "order": order,
        "parent_id": str(section.parent.id) if section.parent else None,
        "help_center_id": 79,
    }


def page_by_number(
    items: Sequence[Shape], query: Mapping[str, str], address: str, *, usual: int, links: bool
) -> Shape:
    """Cut a page of the help centre by its number. ``next`` is an object, as described, or a link.

    Published readers of ``/articles`` follow ``pages.next`` as an address, so that is had, too.
    """
    size = search.page_size(query.get("per_page", str(usual)))
    number = whole_number(query.get("starting_after") or query.get("page", "1"))
    if not number:
        raise invalid("page", "page must be a positive number")
    start = (number - 1) * size
    pages: Shape = {
        "type": "pages",
        "page": number,
        "per_page": size,
        "total_pages": max(-(-len(items) // size), 1),
    }
    if start + size < len(items):
        after = number + 1
        link = f"{address}?page={after}&per_page={size}"
        pages["next"] = link if links else {"per_page": size, "starting_after": str(after)}
    return {
        "type": "list",
        "pages": pages,
        "total_count": len(items),
        "data": list(items[start : start + size]),
    }
