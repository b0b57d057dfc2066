"""What customers said in surveys, about a teammate or about Fin. Pure.

Facts: Intercom's OpenAPI files for 2.15 and 2.16. A conversation tells its latest rating of each
kind; the records of tickets tell none, though there is a notification that one was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectors.intercom import wire
from connectors.types import Rating

WORST, BEST = 1, 5


def ratings_of(raw: wire.Thread) -> tuple[Rating, ...]:
    """List the ratings of a conversation; that of Fin is nobody's on the team."""
    return tuple(_ratings(raw))


def _ratings(raw: wire.Thread) -> Iterator[Rating]:
    rated = raw.conversation_rating
    if rated is not None and (score := _score(rated.rating)) is not None:
        yield Rating(
            id=_id(raw.id, "conversation", rated.created_at or rated.updated_at, rated.rating),
            score=score,
            comment=(rated.remark or "").strip(),
            rated_at=rated.updated_at,  # created_at is when it was asked for
            agent_id=_teammate(rated.teammate),
        )
    fin = raw.ai_agent
    if fin is not None and (score := _score(fin.rating)) is not None:
        yield Rating(
            id=_id(raw.id, "fin", fin.created_at or fin.updated_at, fin.rating),
            score=score,
            comment=(fin.rating_remark or "").strip(),
            rated_at=fin.updated_at or fin.created_at,
        )


def _score(rating: int | None) -> float | None:
    if rating is None or not WORST <= rating <= BEST:
        return None
    return (rating - WORST) / (BEST - WORST)


def _id(thread: str, what: str, asked: datetime | None, rating: int | None) -> str:
    # By the survey and the number given in it: a remark that follows is no other rating, another
    # number is, and so is the same number in another survey.
    return f"{thread}-{what}-{int(asked.timestamp()) if asked else 0}-{rating}"


def _teammate(rated: wire.Author | None) -> str | None:
    # From 2.17 it may be a workflow.
    return rated.id if rated is not None and rated.type in (None, "admin") else None
