"""Zendesk's two ways of paging through a list."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from flask import request

from connectors.sandbox.caller import whole_number
from connectors.sandbox.refusals import ApiError
from connectors.zendesk.sandbox.errors import malformed
from connectors.zendesk.sandbox.shapes import Shape

MOST = 100
_DEEPEST = 100  # pages; beyond them only cursors lead on
Item = TypeVar("Item")


def page_of(
    items: Sequence[Item],
    name: str,
    shape: Callable[[Item], Shape],
    *,
    usual: int = MOST,
    next_on_last_page: bool = True,
) -> Shape:
    """Cut one page out of a list, by cursor where the query has ``page[size]`` or its like.

    Support's lists still give ``links.next`` on the last page, Help Center's give null there.
    """
    query = request.args.to_dict()
    by_cursor = any(key.startswith("page[") for key in query)
    if by_cursor:
        cut, place = _by_cursor(len(items), query, next_on_last_page)
    else:
        cut, place = _by_number(len(items), query, usual)
    return {name: [shape(each) for each in items[cut]], **place}


def _by_cursor(
    count: int, query: Mapping[str, str], next_on_last_page: bool
) -> tuple[slice, Shape]:
    size = min(positive(query.get("page[size]", str(MOST)), "page[size]"), MOST)
    if "page[before]" in query:
        stop = min(_place(query["page[before]"], "page[before]"), count)
        start = max(stop - size, 0)
    else:
        start = _place(query["page[after]"], "page[after]") if "page[after]" in query else 0
        stop = min(start + size, count)
    has_more = stop < count
    after, before = (_cursor(stop), _cursor(start)) if start < stop else (None, None)
    shown = after if has_more or next_on_last_page else None
    kept = {key: value for key, value in query.items() if not key.startswith("page[")}
    kept["page[size]"] = str(size)
    return slice(start, stop), {
        "meta": {"has_more": has_more, "after_cursor": after, "before_cursor": before},
        "links": {
            "prev": _link(kept, "page[before]", before) if before else None,
            "next": _link(kept, "page[after]", shown) if shown else None,
        },
    }


def _by_number(count: int, query: Mapping[str, str], usual: int) -> tuple[slice, Shape]:
    size = min(positive(query.get("per_page", str(usual)), "per_page"), MOST)
    number = positive(query.get("page", "1"), "page")
    if number > _DEEPEST:
        raise _too_deep()
    start, stop = (number - 1) * size, number * size
    kept = {key: value for key, value in query.items() if key != "page"}
    return slice(start, stop), {
        "count": count,
        "page": number,
        "per_page": size,
        "page_count": -(-count // size),
        "next_page": _link(kept, "page", number + 1) if stop < count else None,
        "previous_page": _link(kept, "page", number - 1) if number > 1 else None,
    }


def _link(kept: Mapping[str, str], name: str, place: str | int) -> str:
    return f"{request.base_url}?{urlencode({**kept, name: place})}"


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


def start_time(latest: int) -> int:
    """Read the query's ``start_time``, in seconds; one later than that is refused."""
    start = whole_number(request.args.get("start_time", ""))
    if start is None:
        raise malformed("start_time or cursor is required")
    if start > latest:
        body = {
            "error": "StartTimeTooRecent",
            "description": "Too recent start_time. Use a start_time older than 60 seconds",
        }
        raise ApiError(422, body)
    return start


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"place:{place}".encode()).decode()


def _place(cursor: str, name: str) -> int:
    try:
        found = base64.urlsafe_b64decode(cursor).decode().removeprefix("place:")
    except ValueError:
        found = ""
    place = whole_number(found)
    if place is None:
        raise malformed(f"{name} is not valid")
    return place
