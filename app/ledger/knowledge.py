"""The ledger's knowledge: article versions, their passages, generations, indexed examples.

Every function takes an open connection; those that write belong in ``Ledger.write``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from app.as_json import from_json
from app.domain import Example, Facts, Passage
from app.ledger.lessons import example_from_row
from app.ledger.tables import articles, examples, generations, passages

_MANY = 500  # ids in one statement: SQLite once allowed no more than 999 variables


class GenerationLost(RuntimeError):
    """Another sync took over while this one was building."""


@dataclass(frozen=True, slots=True)
class Generation:
    """The state of one searchable build; ``live_at`` is in seconds since the epoch."""

    number: int
    articles: int
    passages: int
    live_at: float


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """The newest version of an article, as the last listing left it."""

    row: int
    article_id: str
    locale: str
    content_hash: str
    url: str
    edited_at: float | None


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A piece of an article version, to be stored."""

    id: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article version, to be stored."""

    article_id: str
    locale: str
    content_hash: str
    title: str
    text: str
    url: str
    edited_at: float | None
    passages: tuple[NewPassage, ...]


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage of the live articles, with its article's id and title."""

    id: str
    article_id: str
    title: str
    heading: str
    text: str


def live_generation(connection: Connection, helpdesk: str) -> Generation | None:
    """Read the pointer: the generation that searches use, if there is one yet."""
    row = connection.execute(
        select(generations).where(generations.c.helpdesk == helpdesk, generations.c.state == "live")
    ).first()
    if row is None:
        return None
    return Generation(row.number, row.articles, row.passages, row.live_at)


def kept_generations(connection: Connection, helpdesk: str) -> frozenset[int]:
    """Name the generations whose indexes stay: live, building, and the last that was live.

    The last retired one stays because a search may have read the pointer just before the switch.
    """
    table = generations.c
    rows = connection.execute(
        select(table.number, table.state, table.live_at)
        .where(table.helpdesk == helpdesk)
        .order_by(table.live_at.desc())
    ).all()
    retired = [row.number for row in rows if row.state == "retired" and row.live_at is not None]
    return frozenset([row.number for row in rows if row.state != "retired"] + retired[:1])


def begin_generation(connection: Connection, helpdesk: str, now: float) -> int:
    """Open a generation beside the live one; whatever was left half-built is given up."""
    table = generations.c
    connection.execute(
        update(generations)
        .where(table.helpdesk == helpdesk, table.state == "building")
        .values(state="retired")
    )
    # Numbers are never used again: a killed sync may have left an index under its own.
    newest = connection.scalar(select(func.max(table.number)).where(table.helpdesk == helpdesk))
    number = (newest or 0) + 1
    connection.execute(
        insert(generations).values(
            helpdesk=helpdesk,
            number=number,
            state="building",
            articles=0,
            passages=0,
            created_at=now,
        )
    )
    return number


def known_articles(connection: Connection, helpdesk: str) -> list[KnownArticle]:
    """List the live articles, in a stable order."""
    table = articles.c
    rows = connection.execute(
        select(
            table.id, table.article_id, table.locale, table.content_hash, table.url, table.edited_at
        )
        .where(table.helpdesk == helpdesk, table.retired_at.is_(None))
        .order_by(table.id)
    )
    return [KnownArticle(*row) for row in rows]


def locales(connection: Connection, helpdesk: str) -> set[str]:
    """List the locales of the live articles."""
    table = articles.c
    live = (table.helpdesk == helpdesk, table.retired_at.is_(None))
    return set(connection.scalars(select(table.locale).where(*live).distinct()))


def sample_texts(connection: Connection, helpdesk: str, limit: int) -> list[str]:
    """Give the texts of so many live articles, as if drawn by lot."""
    table = articles.c
    live = (table.helpdesk == helpdesk, table.retired_at.is_(None))
    drawn = select(table.text).where(*live).order_by(table.content_hash).limit(limit)
    return list(connection.scalars(drawn))


def go_live(
    connection: Connection,
    helpdesk: str,
    number: int,
    *,
    new: Iterable[NewArticle],
    retired: Iterable[int],
    counts: tuple[int, int],
    now: float,
) -> None:
    """Switch to a built generation, with its articles; raises ``GenerationLost``.

    ``retired`` are rows of ``articles``; ``counts`` are articles and passages in the whole.
    """
    table = generations.c
    ours = (table.helpdesk == helpdesk, table.number == number, table.state == "building")
    mine = connection.execute(
        update(generations)
        .where(*ours)
        .values(state="live", articles=counts[0], passages=counts[1], live_at=now)
    )
    if mine.rowcount != 1:
        raise GenerationLost(f"Another sync of {helpdesk} took over; this one changed nothing.")
    connection.execute(
        update(generations)
        .where(table.helpdesk == helpdesk, table.state == "live", table.number != number)
        .values(state="retired")
    )
    for part in _portions(list(retired)):
        connection.execute(update(articles).where(articles.c.id.in_(part)).values(retired_at=now))
    for article in new:
        _store(connection, helpdesk, article, now)


def refresh_articles(
    connection: Connection,
    helpdesk: str,
    changed: Mapping[int, tuple[str, float | None]],
    now: float,
) -> None:
    """Note that a listing saw the live articles; ``changed`` gives rows a new address and age."""
    table = articles.c
    connection.execute(
        update(articles)
        .where(table.helpdesk == helpdesk, table.retired_at.is_(None))
        .values(seen_at=now)
    )
    for row, (url, edited_at) in changed.items():
        connection.execute(
            update(articles).where(table.id == row).values(url=url, edited_at=edited_at)
        )


def last_seen(connection: Connection, helpdesk: str) -> float | None:
    """Tell when a listing last saw any of the live articles, in seconds since the epoch."""
    table = articles.c
    found: float | None = connection.scalar(
        select(func.max(table.seen_at)).where(
            table.helpdesk == helpdesk, table.retired_at.is_(None)
        )
    )
    return found


def live_passages(connection: Connection, helpdesk: str) -> list[PassageRow]:
    """List the passages of the live articles, article by article."""
    rows = connection.execute(
        select(
            passages.c.id, articles.c.article_id, articles.c.title, passages.c.heading,
            passages.c.text,
        )
        .join_from(passages, articles)
        .where(articles.c.helpdesk == helpdesk, articles.c.retired_at.is_(None))
        .order_by(articles.c.id, passages.c.position)
    )  # fmt: skip
    return [PassageRow(*row) for row in rows]


def passages_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Passage]:
    """Read passages, of whatever version; unknown ids are left out."""
    found: dict[str, Passage] = {}
    for part in _portions(ids):
        rows = connection.execute(
            select(passages, articles)
            .join_from(passages, articles)
            .where(passages.c.id.in_(part))
            .with_only_columns(
                passages.c.id, passages.c.heading, passages.c.text, articles.c.article_id,
                articles.c.title, articles.c.url, articles.c.edited_at, articles.c.locale,
                articles.c.facts,
            )
        )  # fmt: skip
        found |= {row.id: _passage(row) for row in rows}
    return found


def has_indexed_examples(connection: Connection, helpdesk: str) -> bool:
    """Tell whether there is any example to search in."""
    query = select(examples.c.id).where(examples.c.helpdesk == helpdesk, examples.c.indexed)
    return connection.execute(query.limit(1)).first() is not None


def usable_examples(connection: Connection, ids: Sequence[str]) -> dict[str, Example]:
    """Read examples that are not retired."""
    found: dict[str, Example] = {}
    for part in _portions(ids):
        query = select(examples).where(examples.c.id.in_(part), examples.c.state == "candidate")
        found |= {row.id: example_from_row(row) for row in connection.execute(query)}
    return found


def mark_indexed(connection: Connection, example_id: str) -> None:
    """Note that an example's vector is in the index."""
    connection.execute(update(examples).where(examples.c.id == example_id).values(indexed=True))


def mark_dropped(connection: Connection, ids: Sequence[str]) -> None:
    """Note that the vectors of examples are no longer in the index."""
    connection.execute(update(examples).where(examples.c.id.in_(ids)).values(indexed=False))


def forget_indexed(connection: Connection, helpdesk: str) -> None:
    """Note that no example of a helpdesk is in the index any more."""
    connection.execute(
        update(examples).where(examples.c.helpdesk == helpdesk).values(indexed=False)
    )


def _store(connection: Connection, helpdesk: str, article: NewArticle, now: float) -> None:
    table = articles.c
    # An edit that was taken back: the version is known, and its passages' ids with it.
    known = connection.scalar(
        select(table.id).where(
            table.helpdesk == helpdesk,
            table.article_id == article.article_id,
            table.locale == article.locale,
            table.content_hash == article.content_hash,
        )
    )
    fresh: dict[str, Any] = {
        "url": article.url,
        "edited_at": article.edited_at,
        "seen_at": now,
        "retired_at": None,
    }
    if known is not None:
        connection.execute(update(articles).where(table.id == known).values(**fresh))
        return
    version = insert(articles).values(
        helpdesk=helpdesk,
        article_id=article.article_id,
        content_hash=article.content_hash,
        title=article.title,
        text=article.text,
        locale=article.locale,
        **fresh,
    )
    row = connection.execute(version).inserted_primary_key
    assert row is not None  # noqa: S101 (an insert of one row always has a key)
    pieces = [
        {"id": p.id, "article_row": row[0], "position": i, "heading": p.heading, "text": p.text}
        for i, p in enumerate(article.passages)
    ]
    if pieces:
        connection.execute(insert(passages), pieces)


def _portions(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(ids), _MANY):
        yield ids[start : start + _MANY]


def _passage(row: Row[Any]) -> Passage:
    facts: Facts = from_json(Facts, row.facts)
    return Passage(
        id=row.id,
        source=facts.source,
        origin_id=row.article_id,
        title=row.title,
        text=row.text,
        url=row.url,
        updated_at=None if row.edited_at is None else datetime.fromtimestamp(row.edited_at, UTC),
        heading=row.heading,
        locale=row.locale,
        metadata=facts.metadata,
        only_for=facts.only_for,
    )
