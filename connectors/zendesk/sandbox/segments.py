"""Who may read an article, as user segments: any of an article's segments lets somebody in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from connectors.sandbox.records import Article, Audience
from connectors.zendesk.sandbox.shapes import Shape

_FIRST = 8_447_200_000_000
STAFF = _FIRST + 1  # built in: agents and managers
_UNREADABLE = _FIRST + 2  # of an article that is restricted to nobody knows whom


def all_segments(articles: Iterable[Article]) -> list[Shape]:
    """The segments that there are: the one for staff, and those of all audiences."""
    made = [each for article in articles for each in segments_of(article.audience)]
    staff = _segment(STAFF, "Agents and admins", user_type="staff", built_in=True)
    return [staff, *{each["id"]: each for each in made}.values()]


def segment_ids(article: Article) -> list[int]:
    """The segments that an article is for; none where it is for everybody."""
    if article.visibility == "internal":
        return [STAFF]
    if article.visibility != "restricted":
        return []
    return [each["id"] for each in segments_of(article.audience)] or [_UNREADABLE]


def segments_of(audience: Audience | None) -> list[Shape]:
    """An audience as user segments: what one of them asks for, it asks for all together."""
    if audience is None:
        return []
    asked: list[dict[str, Any]] = []
    if audience.organization_ids:
        asked.append({"organization_ids": list(audience.organization_ids)})
    if audience.all_tags or audience.any_tags:
        asked.append({"tags": list(audience.all_tags), "or_tags": list(audience.any_tags)})
    if audience.person_ids:
        asked = asked or [{}]
        asked[0]["added_user_ids"] = list(audience.person_ids)
    if audience.verified:
        asked.append({})
    return [_segment(_number(each), _named(each), **each) for each in asked]


def _number(asked: dict[str, Any]) -> int:
    return _FIRST + 100 + crc32(repr(sorted(asked.items())).encode())


def _named(asked: dict[str, Any]) -> str:
    return "Segment of " + ", ".join(sorted(asked)) if asked else "Signed-in users"


def _segment(number: int, name: str, **asked: Any) -> Shape:
    return {
        "id": number,
        "name": name,
        "user_type": "signed_in_users",
        "group_ids": [],
        "organization_ids": [],
        "tags": [],
        "or_tags": [],
        "added_user_ids": [],
        "built_in": False,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        **asked,
    }
