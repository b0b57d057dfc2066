"""Lessons: what agents did with what we wrote, and the answers they stood behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.domain import Example, Signal, SignalKind
from app.ledger.store import Ledger
from app.ledger.tables import examples, runs, signals

CANDIDATE, RETIRED = "candidate", "retired"


def keep(
    ledger: Ledger, signal: Signal, example: Example | None, *, rests_on: Sequence[str], now: float
) -> bool:
    """Keep a signal and its example in one transaction; tell whether the signal is new.

    ``rests_on`` are ids of examples that the draft was answered from: kept again, they count; and
    the new example may quote what they quote.
    """
    with ledger.write() as connection:
        try:
            with connection.begin_nested():
                connection.execute(
                    insert(signals).values(
                        run_id=signal.run_id,
                        message_id=signal.message_id,
                        kind=signal.kind.value,
                        agent=signal.agent,
                        kept_share=signal.kept_share,
                        score=signal.score,
                        created_at=now,
                    )
                )
        except IntegrityError:
            return False
        if example is not None:
            cites = _cited_by(connection, rests_on).union(example.cites)
            kept = replace(example, cites=tuple(sorted(cites)))
            _keep_example(connection, kept, signal.message_id)
        if signal.kind is SignalKind.KEPT and rests_on:
            connection.execute(
                update(examples)
                .where(examples.c.id.in_(rests_on))
                .values(times_kept=examples.c.times_kept + 1)
            )
    return True


def _keep_example(connection: Connection, example: Example, message_id: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(insert(examples).values(**_row(example, message_id)))
    except IntegrityError:
        # This reply is kept already, as the answer to another message: a helpdesk that shows
        # messages late makes it look so. One answer is one example.
        return


def _cited_by(connection: Connection, ids: Sequence[str]) -> frozenset[str]:
    """Name the articles that the answers of some examples may quote."""
    query = select(examples.c.cites).where(examples.c.id.in_(ids))
    return frozenset(one for cites in connection.scalars(query) for one in json.loads(cites))


def is_kept(ledger: Ledger, example_id: str) -> bool:
    """Tell whether there is such an example."""
    query = select(examples.c.id).where(examples.c.id == example_id)
    with ledger.read() as connection:
        return connection.execute(query).first() is not None


def not_indexed(ledger: Ledger, helpdesk: str, limit: int = 200) -> list[Example]:
    """List examples that a search cannot find yet, oldest first."""
    query = (
        select(examples)
        .where(
            examples.c.helpdesk == helpdesk,
            examples.c.indexed.is_(False),
            examples.c.state == CANDIDATE,
        )
        .order_by(examples.c.created_at)
        .limit(limit)
    )
    with ledger.read() as connection:
        return [example_from_row(row) for row in connection.execute(query)]


def retired_but_indexed(ledger: Ledger, helpdesk: str, limit: int = 200) -> list[str]:
    """Name examples that are retired and whose vectors are still in the index."""
    query = (
        select(examples.c.id)
        .where(
            examples.c.helpdesk == helpdesk,
            examples.c.indexed.is_(True),
            examples.c.state == RETIRED,
        )
        .limit(limit)
    )
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def listed_signals(ledger: Ledger, helpdesk: str) -> list[Signal]:
    """List all signals of a helpdesk, oldest first."""
    query = (
        select(signals)
        .join(runs, runs.c.id == signals.c.run_id)
        .where(runs.c.helpdesk == helpdesk)
        .order_by(signals.c.created_at)
    )
    with ledger.read() as connection:
        return [_signal(row) for row in connection.execute(query)]


def signals_of(ledger: Ledger, run_id: str) -> list[Signal]:
    """List the signals on one run, oldest first."""
    query = select(signals).where(signals.c.run_id == run_id).order_by(signals.c.created_at)
    with ledger.read() as connection:
        return [_signal(row) for row in connection.execute(query)]


def ratings_of(ledger: Ledger, helpdesk: str, ticket_id: str) -> frozenset[str]:
    """Name the ratings of a ticket that are kept."""
    query = (
        select(signals.c.message_id)
        .join(runs, runs.c.id == signals.c.run_id)
        .where(
            runs.c.helpdesk == helpdesk,
            runs.c.ticket_id == ticket_id,
            signals.c.kind == SignalKind.RATED.value,
        )
    )
    with ledger.read() as connection:
        return frozenset(connection.execute(query).scalars())


def count_examples(ledger: Ledger, helpdesk: str) -> int:
    """Count the examples that a search can find."""
    query = (
        select(func.count())
        .select_from(examples)
        .where(
            examples.c.helpdesk == helpdesk,
            examples.c.indexed.is_(True),
            examples.c.state == CANDIDATE,
        )
    )
    with ledger.read() as connection:
        return int(connection.execute(query).scalar_one())


def _signal(row: Row[Any]) -> Signal:
    return Signal(
        run_id=row.run_id,
        kind=SignalKind(row.kind),
        message_id=row.message_id,
        agent=row.agent,
        kept_share=row.kept_share,
        score=row.score,
    )


def _row(example: Example, message_id: str) -> dict[str, object]:
    return {
        "id": example.id,
        "helpdesk": example.helpdesk,
        "ticket_id": example.ticket_id,
        "message_id": message_id,
        "question": example.question,
        "answer": example.answer,
        "agent": example.agent,
        "state": CANDIDATE,
        "indexed": False,
        "times_kept": example.times_kept,
        "created_at": example.created_at.timestamp(),
        "article_id": example.article_id or None,
        "cites": json.dumps(example.cites),
    }


def example_from_row(row: Row[Any]) -> Example:
    """Read a row of the table ``examples``."""
    return Example(
        id=row.id,
        helpdesk=row.helpdesk,
        ticket_id=row.ticket_id,
        question=row.question,
        answer=row.answer,
        agent=row.agent,
        created_at=datetime.fromtimestamp(row.created_at, UTC),
        times_kept=row.times_kept,
        article_id=row.article_id or "",
        cites=tuple(json.loads(row.cites)),
    )
