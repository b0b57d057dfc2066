"""The ledger's part in what leads a search: past questions of articles, and passages' records.

Every function takes an open connection; those that write belong in ``Ledger.write``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from app.as_json import from_json
from app.domain import Decision, SignalKind, draft_of
from app.ledger.lessons import CANDIDATE
from app.ledger.tables import examples, runs, signals

_MANY = 500  # ids in one statement: SQLite once allowed no more than 999 variables
_NEWEST = 5000  # verdicts that count: what agents thought of a text years ago says little
# What becomes of a draft, as a verdict on what it rests on. An edited one is neither.
_VERDICTS = {SignalKind.KEPT: 1, SignalKind.REWRITTEN: -1, SignalKind.DISCARDED: -1}


@dataclass(frozen=True, slots=True)
class Pointed:
    """A question of the past, and the article that answers it."""

    id: str
    text: str
    article_id: str


def keep(
    connection: Connection, helpdesk: str, rows: Sequence[Pointed], now: float
) -> list[Pointed]:
    """Keep questions without an answer of their own; one that is there is pointed anew.

    Gives those that count: what was retired, perhaps since a person took it out, stays so.
    """
    kept = []
    for row in rows:
        known = select(examples.c.state).where(examples.c.id == row.id)
        state = connection.scalar(known)
        if state not in (None, CANDIDATE):
            continue
        kept.append(row)
        if state is None:
            # There is neither a ticket nor a reply: the id stands for both.
            connection.execute(
                insert(examples).values(
                    id=row.id, helpdesk=helpdesk, ticket_id=row.id, message_id=row.id,
                    question=row.text, answer="", agent="", state=CANDIDATE, indexed=False,
                    times_kept=0, created_at=now, article_id=row.article_id,
                )
            )  # fmt: skip
        else:
            connection.execute(
                update(examples)
                .where(examples.c.id == row.id, examples.c.helpdesk == helpdesk)
                .values(question=row.text, article_id=row.article_id)
            )
    return kept


def mark_indexed(connection: Connection, ids: Sequence[str]) -> None:
    """Note that the vectors of examples are in the index."""
    for part in _portions(ids):
        connection.execute(update(examples).where(examples.c.id.in_(part)).values(indexed=True))


def pointed_articles(connection: Connection, helpdesk: str) -> frozenset[str]:
    """Name the articles that any question leads to."""
    query = select(examples.c.article_id).where(
        examples.c.helpdesk == helpdesk,
        examples.c.indexed.is_(True),
        examples.c.state == CANDIDATE,
        examples.c.article_id.is_not(None),
    )
    return frozenset(connection.execute(query.distinct()).scalars())


def leads(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Name the article that each of some examples leads to, where it leads to one."""
    found: dict[str, str] = {}
    for part in _portions(ids):
        query = select(examples.c.id, examples.c.article_id).where(
            examples.c.id.in_(part),
            examples.c.state == CANDIDATE,
            examples.c.article_id.is_not(None),
        )
        found |= {row.id: row.article_id for row in connection.execute(query)}
    return found


def records(connection: Connection, helpdesk: str) -> dict[str, tuple[int, int]]:
    """Count by passage how many drafts that cite it were kept, and how many were thrown away."""
    query = (
        select(signals.c.kind, runs.c.decision)
        .join(runs, runs.c.id == signals.c.run_id)
        .where(runs.c.helpdesk == helpdesk, signals.c.kind.in_([one.value for one in _VERDICTS]))
        .order_by(signals.c.created_at.desc())
        .limit(_NEWEST)
    )
    kept: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for row in connection.execute(query):
        draft = draft_of(from_json(Decision, row.decision)) if row.decision else None
        count = kept if _VERDICTS[SignalKind(row.kind)] > 0 else lost
        count.update({one.passage_id for one in draft.citations} if draft else ())
    return {one: (kept[one], lost[one]) for one in kept.keys() | lost.keys()}


def _portions(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(ids), _MANY):
        yield ids[start : start + _MANY]
