"""The ledger's knowledge: article versions, their passages, generations, indexed examples.

Every function takes an open connection; those that write belong in ``Ledger.write``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select, update

from app.as_json import from_json
from app.domain import Collection, Example, Facts, Passage
from app.ledger.lessons import example_from_row
from app.ledger.tables import articles, examples, generations, passages

_MANY = 500  # ids in one statement: SQLite once allowed no more than 999 variables


@dataclass(frozen=True, slots=True)
class Generation:
    """The state of one searchable build; ``live_at`` is in seconds since the epoch.

    ``store`` is the number under which its vectors lie, which generations share.
    """

    number: int
    articles: int
    passages: int
    live_at: float
    store: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage of an article version, with its article's row, id, title and facts (JSON)."""

    id: str
    article_row: int
    article_id: str
    title: str
    heading: str
    text: str
    facts: str


def live_generation(connection: Connection, helpdesk: str) -> Generation | None:
    """Read the pointer: the generation that searches use, if there is one yet."""
    row = connection.execute(
        select(generations).where(generations.c.helpdesk == helpdesk, generations.c.state == "live")
    ).first()
    if row is None:
        return None
    return Generation(row.number, row.articles, row.passages, row.live_at, row.store)


def kept_generations(connection: Connection, helpdesk: str) -> dict[int, int]:
    """Name the generations whose indexes stay, with their stores.

    Live, building, and the last that was live: a search may have read the pointer just before the
    switch.
    """
    table = generations.c
    rows = connection.execute(
        select(table.number, table.state, table.live_at, table.store)
        .where(table.helpdesk == helpdesk)
        .order_by(table.live_at.desc())
    ).all()
    retired = [row for row in rows if row.state == "retired" and row.live_at is not None]
    kept = [row for row in rows if row.state != "retired"] + retired[:1]
    return {row.number: row.store for row in kept}


def locales(connection: Connection, helpdesk: str) -> set[str]:
    """List the locales of the live articles that customers may read."""
    query = select(articles.c.locale).where(_public(helpdesk))
    return set(connection.scalars(query.distinct()))


def sample_texts(connection: Connection, helpdesk: str, limit: int) -> list[str]:
    """Give the texts of so many live articles that customers may read, as if drawn by lot."""
    table = articles.c
    drawn = select(table.text).where(_public(helpdesk)).order_by(table.content_hash).limit(limit)
    return list(connection.scalars(drawn))


def live_rows(connection: Connection, helpdesk: str, collection: Collection) -> list[int]:
    """List the rows of the searchable articles of a collection, in a stable order."""
    table = articles.c
    query = select(table.id).where(
        table.helpdesk == helpdesk,
        table.retired_at.is_(None),
        table.collection == collection.value,
    )
    return list(connection.scalars(query.order_by(table.id)))


def passage_ids(connection: Connection, rows: Sequence[int]) -> Iterator[tuple[str, int]]:
    """List the passages of article versions, in order: their ids, and the row of each article."""
    for part in _portions(sorted(rows)):
        table = passages.c
        query = select(table.id, table.article_row).where(table.article_row.in_(part))
        for row in connection.execute(query.order_by(table.article_row, table.position)):
            yield row.id, row.article_row


def passages_of(connection: Connection, rows: Sequence[int]) -> list[PassageRow]:
    """Read the passages of article versions, in order."""
    found = connection.execute(
        select(
            passages.c.id, articles.c.id, articles.c.article_id, articles.c.title,
            passages.c.heading, passages.c.text, articles.c.facts,
        )
        .join_from(passages, articles)
        .where(articles.c.id.in_(rows))
        .order_by(articles.c.id, passages.c.position)
    )  # fmt: skip
    return [PassageRow(*row) for row in found]


def names_and_facts(connection: Connection, rows: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Read the article ids and the facts (JSON) of article versions, by row."""
    found: dict[int, tuple[str, str]] = {}
    for part in _portions(rows):
        query = select(articles.c.id, articles.c.article_id, articles.c.facts)
        for row in connection.execute(query.where(articles.c.id.in_(part))):
            found[row.id] = row.article_id, row.facts
    return found


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


def usable_examples(
    connection: Connection, helpdesk: str, ids: Sequence[str]
) -> dict[str, Example]:
    """Read examples that are not retired, and may quote nothing that is not for everybody now.

    What is no longer searchable was withdrawn, perhaps because it was not for everybody.
    """
    found: dict[str, Example] = {}
    for part in _portions(ids):
        query = select(examples).where(examples.c.id.in_(part), examples.c.state == "candidate")
        found |= {row.id: example_from_row(row) for row in connection.execute(query)}
    cited = {key: {*one.cites, one.article_id} - {""} for key, one in found.items()}
    open_now = _open_to_all(connection, helpdesk, sorted(set().union(*cited.values())))
    return {key: one for key, one in found.items() if cited[key] <= open_now}


def _open_to_all(connection: Connection, helpdesk: str, article_ids: Sequence[str]) -> set[str]:
    """Keep those of some articles that anybody may read, in all their languages."""
    table = articles.c
    read: set[str] = set()
    closed: set[str] = set()
    for part in _portions(article_ids):
        query = select(table.article_id, table.collection, table.facts).where(
            table.helpdesk == helpdesk, table.retired_at.is_(None), table.article_id.in_(part)
        )
        for row in connection.execute(query):
            facts: Facts = from_json(Facts, row.facts)
            shut = facts.restricted or row.collection != Collection.PUBLIC.value
            (closed if shut else read).add(row.article_id)
    return read - closed


def mark_dropped(connection: Connection, ids: Sequence[str]) -> None:
    """Note that the vectors of examples are no longer in the index."""
    connection.execute(update(examples).where(examples.c.id.in_(ids)).values(indexed=False))


def forget_indexed(connection: Connection, helpdesk: str) -> None:
    """Note that no example of a helpdesk is in the index any more."""
    connection.execute(
        update(examples).where(examples.c.helpdesk == helpdesk).values(indexed=False)
    )


def _public(helpdesk: str) -> ColumnElement[bool]:
    table = articles.c
    found: ColumnElement[bool] = and_(
        table.helpdesk == helpdesk,
        table.retired_at.is_(None),
        table.collection == Collection.PUBLIC.value,
    )
    return found


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
        locale=facts.locale,
        metadata=facts.metadata,
        only_for=facts.only_for,
    )
