"""Freshdesk's pages: a bare list, and a ``Link`` header where there is more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Response, jsonify, request

from connectors.freshdesk.sandbox.errors import Flaw, invalid
from connectors.sandbox.caller import whole_number

_USUAL, _MOST = 30, 100
_DEEPEST = 300
Item = TypeVar("Item")


def page_of(items: Sequence[Item], *, deepest: int | None = None) -> tuple[Sequence[Item], str]:
    """Cut the page that the query asks for; with it comes the ``Link`` header, or ""."""
    flaws: list[Flaw] = []
    size = _positive("per_page", _USUAL, flaws)
    if size > _MOST:
        told = f"It should be a Positive Integer less than or equal to {_MOST}"
        flaws.append(Flaw("per_page", told))
    number = _positive("page", 1, flaws)
    if deepest is not None and number > deepest:
        # As recorded (airbytehq/airbyte, source-freshdesk/unit_tests).
        told = (
            f"You cannot access tickets beyond the {deepest}th page. "
            "Please provide a smaller page number."
        )
        flaws.append(Flaw("page", told))
    if flaws:
        raise invalid(flaws)
    start = (number - 1) * size
    more = start + size < len(items)
    return items[start : start + size], _link(number + 1) if more else ""


def tickets_page(items: Sequence[Item]) -> tuple[Sequence[Item], str]:
    """Cut a page out of the list of tickets, which ends after 300 pages."""
    return page_of(items, deepest=_DEEPEST)


def answer(items: Sequence[Any], link: str) -> Response:
    """A page as it is answered."""
    told = jsonify(list(items))
    if link:
        told.headers["Link"] = link
    return told


def _link(number: int) -> str:
    kept = {**request.args.to_dict(), "page": number}
    return f'<{request.base_url}?{urlencode(kept)}>; rel="next"'


def _positive(name: str, usual: int, flaws: list[Flaw]) -> int:
    given = request.args.get(name)
    if given is None:
        return usual
    number = whole_number(given)
    if number:
        return number
    flaws.append(Flaw(name, "It should be a/an Positive Integer", "datatype_mismatch"))
    return usual
