"""Where knowledge comes from: when each source was last heard of, and what was found in it.

Every function takes an open connection; those that write belong in ``Ledger.write``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from app.ledger.tables import articles, knowledge_findings, knowledge_sources, passages

OK, FAILED = "ok", "failed"
_ITEM, _MOST = 400, 1000  # characters of an item's name; findings that are kept of a source


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as its last listings left it; times are seconds since the epoch.

    ``checked_at`` is the last try, ``whole_at`` when all of it was last read to the end, and
    ``told_at`` until when its changes are known, and searchable.
    """

    source: str
    how: str
    state: str
    error: str
    checked_at: float
    whole_at: float | None
    told_at: float | None


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """What an admin should know of a page; ``found_at`` is in seconds since the epoch."""

    source: str
    item: str
    code: str
    text: str
    found_at: float


@dataclass(frozen=True, slots=True)
class Count:
    """How much of a source is searchable."""

    articles: int
    passages: int


def states(connection: Connection, helpdesk: str) -> dict[str, SourceState]:
    """Read the sources that were ever listed, by name."""
    table = knowledge_sources.c
    rows = connection.execute(
        select(
            table.source, table.how, table.state, table.error, table.checked_at, table.whole_at,
            table.told_at,
        )
        .where(table.helpdesk == helpdesk)
        .order_by(table.source)
    )  # fmt: skip
    return {row.source: SourceState(*row) for row in rows}


def save(connection: Connection, helpdesk: str, state: SourceState) -> None:
    """Write a source down as it is now."""
    forget(connection, helpdesk, state.source, findings=False)
    connection.execute(
        insert(knowledge_sources).values(
            helpdesk=helpdesk,
            source=state.source,
            how=state.how,
            state=state.state,
            error=state.error,
            checked_at=state.checked_at,
            whole_at=state.whole_at,
            told_at=state.told_at,
        )
    )


def forget(connection: Connection, helpdesk: str, source: str, *, findings: bool = True) -> None:
    """Forget a source that is not read any more."""
    tables = (knowledge_sources, knowledge_findings) if findings else (knowledge_sources,)
    for table in tables:
        connection.execute(
            delete(table).where(table.c.helpdesk == helpdesk, table.c.source == source)
        )


def findings(connection: Connection, helpdesk: str) -> list[KeptFinding]:
    """List what was found, source by source."""
    table = knowledge_findings.c
    rows = connection.execute(
        select(table.source, table.item, table.code, table.text, table.found_at)
        .where(table.helpdesk == helpdesk)
        .order_by(table.source, table.item, table.code)
    )
    return [KeptFinding(*row) for row in rows]


def replace_findings(
    connection: Connection,
    helpdesk: str,
    source: str,
    found: Iterable[tuple[str, str, str]],
    *,
    now: float,
    items: Iterable[str] | None,
) -> None:
    """Put new findings (item, code, text) in the place of a source's old ones.

    Of ``items`` alone, where they are named. What was found before keeps its time.
    """
    table = knowledge_findings.c
    where = [table.helpdesk == helpdesk, table.source == source]
    if items is not None:
        where.append(table.item.in_([_text(item)[:_ITEM] for item in items]))
    query = select(table.item, table.code, table.found_at).where(*where)
    since = {(row.item, row.code): row.found_at for row in connection.execute(query)}
    connection.execute(delete(knowledge_findings).where(*where))
    # Names of files may hold bytes that are no text.
    kept = {(_text(item)[:_ITEM], code): _text(text) for item, code, text in found}
    rows = [
        {
            "helpdesk": helpdesk,
            "source": source,
            "item": item,
            "code": code,
            "text": text,
            "found_at": since.get((item, code), now),
        }
        for (item, code), text in list(kept.items())[:_MOST]
    ]
    if rows:
        connection.execute(insert(knowledge_findings), rows)


def counts(connection: Connection, helpdesk: str) -> dict[tuple[str, str], Count]:
    """Count what is searchable, by source and collection."""
    live = (articles.c.helpdesk == helpdesk, articles.c.retired_at.is_(None))
    rows = connection.execute(
        select(
            articles.c.source,
            articles.c.collection,
            func.count(articles.c.id.distinct()),
            func.count(passages.c.id),
        )
        .select_from(articles)
        .outerjoin(passages, passages.c.article_row == articles.c.id)
        .where(*live)
        .group_by(articles.c.source, articles.c.collection)
    )
    return {(row[0], row[1]): Count(row[2], row[3]) for row in rows}


def _text(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
