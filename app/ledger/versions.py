"""Versions of articles: those that are searchable, those that were, and those a sync prepares.

A version is stored before it is searchable, so that memory stays small and a sync that was killed
finds again what it had. Only ``go_live`` makes it so, together with the pointer of generations.
Every function takes an open connection; those that write belong in ``Ledger.write``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from app.ledger.tables import articles, generations, passages

_MANY = 500  # ids in one statement: SQLite once allowed no more than 999 variables


class GenerationLost(RuntimeError):
    """Another sync took over while this one was building."""


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """The searchable version of an article. ``facts`` is JSON."""

    row: int
    article_id: str
    locale: str
    content_hash: str
    url: str
    facts: str
    source: str
    collection: str


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A piece of an article version, to be stored."""

    id: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article version, to be stored. ``facts`` is JSON."""

    article_id: str
    locale: str
    content_hash: str
    title: str
    text: str
    url: str
    edited_at: float | None
    passages: tuple[NewPassage, ...]
    source: str
    collection: str
    facts: str


@dataclass(frozen=True, slots=True)
class Details:
    """What may change of an article without another version. ``facts`` is JSON."""

    url: str
    edited_at: float | None
    facts: str
    source: str


@dataclass(frozen=True, slots=True)
class PassageVersion:
    """A passage with the version of its article, searchable or not.

    Times are seconds since the epoch: when the version became searchable last, when it ceased to
    be (``None``: it is), and when the team edited it.
    """

    passage_id: str
    helpdesk: str
    article_id: str
    locale: str
    version: str
    source: str
    collection: str
    title: str
    heading: str
    text: str
    url: str
    edited_at: float | None
    live_at: float | None
    retired_at: float | None


def begin_generation(connection: Connection, helpdesk: str, now: float, store: int | None) -> int:
    """Open a generation beside the live one; whatever was left half-built is given up.

    ``store`` names the vectors that it shares; ``None`` gives it a store of its own number.
    """
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
            store=number if store is None else store,
        )
    )
    return number


def unfinished_store(connection: Connection, helpdesk: str) -> int | None:
    """Name the store that the newest generation was filling, if it never went live."""
    table = generations.c
    newest = connection.execute(
        select(table.store, table.live_at)
        .where(table.helpdesk == helpdesk)
        .order_by(table.number.desc())
        .limit(1)
    ).first()
    return None if newest is None or newest.live_at is not None else int(newest.store)


def known_articles(connection: Connection, helpdesk: str) -> list[KnownArticle]:
    """List the searchable articles, in a stable order."""
    table = articles.c
    rows = connection.execute(
        select(
            table.id, table.article_id, table.locale, table.content_hash, table.url, table.facts,
            table.source, table.collection,
        )
        .where(_live(helpdesk))
        .order_by(table.id)
    )  # fmt: skip
    return [KnownArticle(*row) for row in rows]


def stage(connection: Connection, helpdesk: str, article: NewArticle, now: float) -> int:
    """Store a version that is not searchable yet, and name its row.

    One that is known already, since an edit was taken back or a sync was killed, is used again.
    """
    table = articles.c
    known = connection.scalar(
        select(table.id).where(
            table.helpdesk == helpdesk,
            table.article_id == article.article_id,
            table.locale == article.locale,
            table.content_hash == article.content_hash,
        )
    )
    details = Details(article.url, article.edited_at, article.facts, article.source)
    if known is not None:
        _change(connection, int(known), details)
        return int(known)
    version = insert(articles).values(
        helpdesk=helpdesk,
        article_id=article.article_id,
        content_hash=article.content_hash,
        title=article.title,
        text=article.text,
        url=article.url,
        locale=article.locale,
        edited_at=article.edited_at,
        seen_at=now,
        retired_at=now,
        source=article.source,
        collection=article.collection,
        facts=article.facts,
    )
    row = connection.execute(version).inserted_primary_key
    assert row is not None  # noqa: S101 (an insert of one row always has a key)
    pieces = [
        {"id": p.id, "article_row": row[0], "position": i, "heading": p.heading, "text": p.text}
        for i, p in enumerate(article.passages)
    ]
    if pieces:
        connection.execute(insert(passages), pieces)
    return int(row[0])


def go_live(
    connection: Connection,
    helpdesk: str,
    number: int,
    *,
    new: Sequence[int],
    retired: Sequence[int],
    passages: int,
    now: float,
) -> None:
    """Switch to a built generation, with its articles; raises ``GenerationLost``.

    ``new`` and ``retired`` are rows of ``articles``; ``passages`` counts those in the whole.
    """
    table = generations.c
    ours = (table.helpdesk == helpdesk, table.number == number, table.state == "building")
    mine = connection.execute(
        update(generations).where(*ours).values(state="live", passages=passages, live_at=now)
    )
    if mine.rowcount != 1:
        raise GenerationLost(f"Another sync of {helpdesk} took over; this one changed nothing.")
    before = connection.scalar(
        select(table.store).where(
            table.helpdesk == helpdesk, table.state == "live", table.number != number
        )
    )
    connection.execute(
        update(generations)
        .where(table.helpdesk == helpdesk, table.state == "live", table.number != number)
        .values(state="retired")
    )
    for part in _portions(list(retired)):
        connection.execute(update(articles).where(articles.c.id.in_(part)).values(retired_at=now))
    for part in _portions(list(new)):
        connection.execute(
            update(articles).where(articles.c.id.in_(part)).values(retired_at=None, live_at=now)
        )
    _note_indexed(connection, helpdesk, number, before)
    live = select(func.count()).select_from(articles).where(_live(helpdesk))
    connection.execute(
        update(generations)
        .where(table.helpdesk == helpdesk, table.number == number)
        .values(articles=live.scalar_subquery())
    )


def note_details(connection: Connection, changed: Mapping[int, Details]) -> None:
    """Give rows other details than they had."""
    for row, details in changed.items():
        _change(connection, row, details)


def passage_versions(connection: Connection, ids: Sequence[str]) -> dict[str, PassageVersion]:
    """Read passages that were ever searchable, whatever became of their articles."""
    table = articles.c
    query = (
        select(
            passages.c.id, table.helpdesk, table.article_id, table.locale, table.content_hash,
            table.source, table.collection, table.title, passages.c.heading, passages.c.text,
            table.url, table.edited_at, table.live_at, table.retired_at,
        )
        .join_from(passages, articles)
        .where(passages.c.id.in_(ids), table.live_at.is_not(None))
    )  # fmt: skip
    return {row.id: PassageVersion(*row) for row in connection.execute(query)}


def indexed_passages(connection: Connection, helpdesk: str, collection: str) -> int:
    """Count the passages whose vectors the store of the live generation must hold."""
    query = (
        select(func.count())
        .select_from(passages)
        .join(articles)
        .where(
            articles.c.helpdesk == helpdesk, articles.c.indexed,
            articles.c.collection == collection,
        )
    )  # fmt: skip
    return int(connection.scalar(query) or 0)


def dispensable(connection: Connection, helpdesk: str) -> dict[int, str]:
    """List versions that no kept generation finds, by row, with their collections.

    Those that were prepared and never shown, and indexed ones that were retired before the last
    generation that a search may still be reading.
    """
    table = articles.c
    previous = connection.scalar(
        select(func.max(generations.c.live_at)).where(
            generations.c.helpdesk == helpdesk, generations.c.state == "retired"
        )
    )
    old = and_(table.indexed, table.retired_at <= (previous or 0.0))
    rows = connection.execute(
        select(table.id, table.collection).where(
            table.helpdesk == helpdesk, table.retired_at.is_not(None), old | table.live_at.is_(None)
        )
    )
    return {row.id: row.collection for row in rows}


def let_go(connection: Connection, rows: Iterable[int]) -> None:
    """Note that versions have no vectors any more; those that were never shown are deleted."""
    for part in _portions(list(rows)):
        never = select(articles.c.id).where(
            articles.c.id.in_(part),
            articles.c.live_at.is_(None),
            articles.c.retired_at.is_not(None),
        )
        gone = list(connection.scalars(never))
        connection.execute(delete(passages).where(passages.c.article_row.in_(gone)))
        connection.execute(delete(articles).where(articles.c.id.in_(gone)))
        connection.execute(update(articles).where(articles.c.id.in_(part)).values(indexed=False))


def _change(connection: Connection, row: int, details: Details) -> None:
    connection.execute(
        update(articles)
        .where(articles.c.id == row)
        .values(
            url=details.url,
            edited_at=details.edited_at,
            facts=details.facts,
            source=details.source,
        )
    )


def _note_indexed(connection: Connection, helpdesk: str, number: int, before: int | None) -> None:
    """Note whose vectors are in the store: all that is live; in a new store, nothing else."""
    table = generations.c
    store = connection.scalar(
        select(table.store).where(table.helpdesk == helpdesk, table.number == number)
    )
    if store != before:
        connection.execute(
            update(articles).where(articles.c.helpdesk == helpdesk).values(indexed=False)
        )
    connection.execute(
        update(articles).where(_live(helpdesk), ~articles.c.indexed).values(indexed=True)
    )


def _live(helpdesk: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = and_(
        articles.c.helpdesk == helpdesk, articles.c.retired_at.is_(None)
    )
    return found


def _portions(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(ids), _MANY):
        yield ids[start : start + _MANY]
