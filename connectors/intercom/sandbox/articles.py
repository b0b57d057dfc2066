"""The help centre as Intercom tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.intercom.sandbox import search
from connectors.intercom.sandbox.errors import invalid
from connectors.intercom.sandbox.look import Look
from connectors.intercom.sandbox.people import APP_ID, Shape, unix
from connectors.intercom.sandbox.tags import tag_list
from connectors.sandbox.records import Article
from connectors.sandbox.text import text_of_html

_USUAL = 25


def article_shape(article: Article, look: Look, base: str, author_id: int) -> Shape:
    """An article; ``url`` is a page that can be read, and drafts have none."""
    parent = article.section_id if article.section else None
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
        "state": "draft" if article.draft else "published",
        "created_at": unix(article.created_at),
        "updated_at": unix(article.updated_at),
        "url": None if article.draft else article.url or f"{base}/hc/articles/{article.id}",
    }
    if look.modern:
        return {
            **shape,
            "body_markdown": text_of_html(article.html),
            "has_unpublished_changes": False,
            "ai_chatbot_availability": not article.draft,
            "ai_copilot_availability": True,
            "help_center_audience": "everyone",
        }
    return {**shape, "parent_id": parent, "parent_type": "collection" if parent else None}


def article_page(
    articles: Sequence[Shape], query: Mapping[str, str], base: str, *, links: bool
) -> Shape:
    """Cut a page by number. ``next`` is an object, as described, or a link.

    Published readers of this endpoint follow ``pages.next`` as an address, so that is offered too.
    """
    size = search.page_size(query.get("per_page", str(_USUAL)))
    number = query.get("starting_after") or query.get("page", "1")
    if not number.isdigit() or int(number) < 1:
        raise invalid("page", "page must be a positive number")
    start = (int(number) - 1) * size
    pages: Shape = {
        "type": "pages",
        "page": int(number),
        "per_page": size,
        "total_pages": max(-(-len(articles) // size), 1),
    }
    if start + size < len(articles):
        after = int(number) + 1
        link = f"{base}/articles?page={after}&per_page={size}"
        pages["next"] = link if links else {"per_page": size, "starting_after": str(after)}
    return {
        "type": "list",
        "pages": pages,
        "total_count": len(articles),
        "data": list(articles[start : start + size]),
    }
