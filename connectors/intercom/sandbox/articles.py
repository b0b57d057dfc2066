"""The help centre as Intercom tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.intercom.sandbox import search
from connectors.intercom.sandbox.errors import invalid
from connectors.intercom.sandbox.look import Look
from connectors.intercom.sandbox.people import APP_ID, Shape, unix
from connectors.intercom.sandbox.tags import tag_list
from connectors.sandbox.caller import whole_number
from connectors.sandbox.records import Article
from connectors.sandbox.sections import Section
from connectors.sandbox.text import text_of_html

# How many the description's examples show where nothing is asked for.
ARTICLES, COLLECTIONS = 25, 20


def article_shape(article: Article, look: Look, base: str, author_id: int) -> Shape:
    """An article; ``url`` is a page that can be read, and drafts have none."""
    parent = section_id(article)
    shape: Shape = {
        "type": "article",
        "id": str(article.id),
        "workspace_id": APP_ID,
        "parent_ids": [parent] if parent else [],
        "tags": tag_list([look.tags.of(label) for label in article.labels]),
        "title": article.title,
        "description": "",
        "body": article.html,
        "author_id": author_id,
        "state": "published" if article.published else "draft",
        "created_at": unix(article.created_at),
        "updated_at": unix(article.updated_at),
        "url": (article.url or f"{base}/hc/articles/{article.id}") if article.published else None,
    }
    if look.modern:
        return {
            **shape,
            "body_markdown": text_of_html(article.html),
            "has_unpublished_changes": False,
            "ai_chatbot_availability": article.published,
            "ai_copilot_availability": True,
            "help_center_audience": "everyone",
        }
    return {**shape, "parent_id": parent, "parent_type": "collection" if parent else None}


def section_id(article: Article) -> int | None:
    """The number of the section that an article lies in, if it lies in any."""
    return Section(article.sections).id if article.sections else None


def collections(articles: Sequence[Article]) -> list[Article]:
    """The first article of each section: a section is a collection, and is known by it."""
    found: dict[int, Article] = {}
    for article in articles:
        if article.section:
            found.setdefault(Section(article.sections).id, article)
    return list(found.values())


def collection_shape(article: Article, order: int) -> Shape:
    """A collection of the help centre; here all are of the first level."""
    return {
        "id": str(section_id(article)),
        "workspace_id": APP_ID,
        "name": article.section,
        "description": None,
        "created_at": unix(article.created_at),
        "updated_at": unix(article.created_at),
        "url": None,
        "icon": "book",
        "order": order,
        "parent_id": None,
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
