"""Zendesk's two ways of paging through a list."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.caller import whole_number
from connectors.zendesk.sandbox.errors import ApiError, malformed

MOST = 100
_DEEPEST = 100  # pages; beyond them only cursors lead on


def page_of(
    items: Sequence[Mapping[str, Any]],
    name: str,
    url: str,
    query: Mapping[str, str],
    *,
    usual: int = MOST,
    next_on_last_page: bool = True,
) -> dict[str, Any]:
    """Cut one page out of a list, by cursor where ``page[size]`` or ``page[after]`` asks for it.

    Support's lists still give ``links.next`` on the last page, Help Center's give null there.
    """
    if "page[size]" in query or "page[after]" in query:
        return _by_cursor(items, name, url, query, next_on_last_page)
    return _by_number(items, name, url, query, usual)


def _by_cursor(
    items: Sequence[Mapping[str, Any]],
    name: str,
    url: str,
    query: Mapping[str, str],
    next_on_last_page: bool,
) -> dict[str, Any]:
    size = min(positive(query.get("page[size]", str(MOST)), "page[size]"), MOST)
    start = _after(query.get("page[after]"))
    page = items[start : start + size]
    has_more = start + size < len(items)
    after = _cursor(start + len(page)) if page else None
    before = _cursor(start) if page else None
    shown = after is not None and (has_more or next_on_last_page)
    kept = {key: value for key, value in query.items() if not key.startswith("page[")}
    kept["page[size]"] = str(size)
    return {
        name: list(page),
        "meta": {"has_more": has_more, "after_cursor": after, "before_cursor": before},
        "links": {
            "prev": f"{url}?{urlencode({**kept, 'page[before]': before})}" if before else None,
            "next": f"{url}?{urlencode({**kept, 'page[after]': after})}" if shown else None,
        },
    }


def _by_number(
    items: Sequence[Mapping[str, Any]], name: str, url: str, query: Mapping[str, str], usual: int
) -> dict[str, Any]:
    size = min(positive(query.get("per_page", str(usual)), "per_page"), MOST)
    number = positive(query.get("page", "1"), "page")
    if number > _DEEPEST:
        raise _too_deep()
    start = (number - 1) * size
    kept = {key: value for key, value in query.items() if key != "page"}

    def link(to: int) -> str:
        return f"{url}?{urlencode({**kept, 'page': to})}"

    return {
        name: list(items[start : start + size]),
        "count": len(items),
        "page": number,
        "per_page": size,
        "page_count": -(-len(items) // size),
        "next_page": link(number + 1) if start + size < len(items) else None,
        "previous_page": link(number - 1) if number > 1 else None,
    }


def _too_deep() -> ApiError:
    detail = f"Pagination is limited to {_DEEPEST} pages. Use cursor pagination instead."
    error = {"code": "InvalidPaginationDepth", "title": "Invalid page parameter", "detail": detail}
    return ApiError(400, {"errors": [error]})


def positive(value: str, name: str) -> int:
    """Read a positive number from the query."""
    number = whole_number(value)
    if not number:
        raise malformed(f"{name} must be a positive number")
    return number


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"place:{place}".encode()).decode()


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("place:"))
    except (ValueError, binascii.Error):
        raise malformed("page[after] is not valid") from None
