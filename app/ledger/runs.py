"""Runs as the ledger holds them: the audit record, and what is still to be done.

How a run moves from state to state stands in ``run_states``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, select

from app.as_json import from_json
from app.domain import Decision, Hit, Outcome, Reason, RunKey, RunState, Triage, Trigger
from app.ledger.leases import held
from app.ledger.store import Ledger
from app.ledger.tables import receipts, runs, tickets
from connectors.types import Change, Receipt

UNWRITTEN = (RunState.BEGUN, RunState.PLANNED)
UNFINISHED = (*UNWRITTEN, RunState.APPLYING)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the ledger holds it; times are seconds since the epoch."""

    id: str
    key: RunKey
    state: RunState
    due_at: float
    announced_at: float | None
    created_at: float
    updated_at: float
    attempts: int
    unsure: bool = False  # an attempt to write it may have taken effect
    bugs: int = 0  # attempts that failed through a fault of our own
    outcome: Outcome | None = None
    question: str = ""
    triage: Triage | None = None
    evidence: tuple[Hit, ...] = ()
    decision: Decision | None = None
    revision: str = ""
    change: Change = field(default_factory=Change)
    receipt: Receipt | None = None
    reasons: tuple[Reason, ...] = ()
    timings: Mapping[str, float] | None = None
    error: str | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in UNFINISHED


def get(ledger: Ledger, run_id: str) -> Run | None:
    """Read one run."""
    with ledger.read() as connection:
        row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
    return run_from_row(row) if row else None


def find(ledger: Ledger, beginning: str) -> Run | None:
    """Read one run by the first characters of its id, if they are enough; reads the whole table."""
    with ledger.read() as connection:
        rows = connection.execute(
            select(runs).where(runs.c.id.startswith(beginning, autoescape=True)).limit(2)
        ).all()
    return run_from_row(rows[0]) if len(rows) == 1 else None


def listed(
    ledger: Ledger,
    helpdesk: str | None = None,
    ticket_id: str | None = None,
    limit: int = 1000,
) -> list[Run]:
    """List runs, newest first."""
    query = select(runs).order_by(runs.c.created_at.desc(), runs.c.id).limit(limit)
    if helpdesk is not None:
        query = query.where(runs.c.helpdesk == helpdesk)
    if ticket_id is not None:
        query = query.where(runs.c.ticket_id == ticket_id)
    with ledger.read() as connection:
        return [run_from_row(row) for row in connection.execute(query)]


def unfinished(ledger: Ledger, now: float, limit: int = 500) -> list[str]:
    """Name the runs that are due, not finished, and that nobody works on, oldest first.

    Ids alone: the reaper asks every second, and a record may be large.
    """
    query = (
        select(runs.c.id)
        .where(runs.c.state.in_(UNFINISHED), runs.c.due_at <= now, ~held(runs, now))
        .order_by(runs.c.due_at)
        .limit(limit)
    )
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def receipt_ids(ledger: Ledger, helpdesk: str, ticket_id: str) -> dict[str, str]:
    """Map the remote ids of what we wrote into a ticket to the run that wrote it."""
    with ledger.read() as connection:
        rows = connection.execute(
            select(receipts.c.message_id, receipts.c.run_id).where(
                receipts.c.helpdesk == helpdesk, receipts.c.ticket_id == ticket_id
            )
        )
        return {row.message_id: row.run_id for row in rows}


def at_rest(ledger: Ledger, helpdesk: str) -> set[str]:
    """Name the tickets that have runs, all of them finished."""
    query = select(runs.c.ticket_id, runs.c.state).where(runs.c.helpdesk == helpdesk)
    seen: set[str] = set()
    busy: set[str] = set()
    with ledger.read() as connection:
        for ticket_id, state in connection.execute(query):
            seen.add(ticket_id)
            if state in UNFINISHED:
                busy.add(ticket_id)
    return seen - busy


def written_at(ledger: Ledger, helpdesk: str) -> dict[str, float]:
    """Tell for each run that wrote something when it did, in seconds since the epoch."""
    query = (
        select(receipts.c.run_id, func.min(receipts.c.written_at))
        .where(receipts.c.helpdesk == helpdesk)
        .group_by(receipts.c.run_id)
    )
    with ledger.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def replies_to(ledger: Ledger, helpdesk: str, requester_id: str, since: float) -> int:
    """Count our public replies to one requester, on all tickets, since a time."""
    query = (
        select(func.count())
        .select_from(receipts)
        .join(
            tickets,
            (tickets.c.helpdesk == receipts.c.helpdesk)
            & (tickets.c.ticket_id == receipts.c.ticket_id),
        )
        .where(
            receipts.c.helpdesk == helpdesk,
            receipts.c.kind == "reply",
            receipts.c.written_at > since,
            tickets.c.requester_id == requester_id,
        )
    )
    with ledger.read() as connection:
        return int(connection.execute(query).scalar_one())


def run_from_row(row: Row[Any]) -> Run:
    """Read a row of the table ``runs``."""

    def read(kind: Any, text: str | None, default: Any = None) -> Any:
        return default if text is None else from_json(kind, text)

    return Run(
        id=row.id,
        key=RunKey(row.helpdesk, row.ticket_id, row.message_id, Trigger(row.trigger)),
        state=RunState(row.state),
        due_at=row.due_at,
        announced_at=row.announced_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        attempts=row.attempts,
        unsure=row.unsure,
        bugs=row.bugs,
        outcome=Outcome(row.outcome) if row.outcome else None,
        question=row.question or "",
        triage=read(Triage, row.triage),
        evidence=read(tuple[Hit, ...], row.evidence, ()),
        decision=read(Decision, row.decision),
        revision=row.revision or "",
        change=read(Change, row.change, Change()),
        receipt=read(Receipt, row.receipt),
        reasons=read(tuple[Reason, ...], row.reasons, ()),
        timings=read(dict[str, float], row.timings),
        error=row.error,
    )
