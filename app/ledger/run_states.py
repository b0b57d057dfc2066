"""How a run moves from state to state, each written down before the step is taken.

``begun → planned → applying → applied | skipped | failed``. Every change of state names the
states it may come from and, while a ticket is worked on, checks the lease; so a worker that was
overtaken can never undo what another has done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.as_json import to_json
from app.domain import Decision, Hit, Outcome, Reason, RunKey, RunState, Triage, Trigger
from app.ledger.leases import Lease
from app.ledger.runs import UNFINISHED, UNWRITTEN, Run, run_from_row
from app.ledger.store import Ledger
from app.ledger.tables import receipts, runs
from connectors.types import Change, Receipt


class WrongState(RuntimeError):
    """A run is not where a step expects it: somebody else has moved it on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that was thought about a message, kept before the helpdesk is called."""

    triage: Triage
    evidence: Sequence[Hit]
    decision: Decision
    outcome: Outcome
    revision: str
    change: Change
    reasons: tuple[Reason, ...]
    timings: Mapping[str, float]


def begin(
    ledger: Ledger,
    run_id: str,
    key: RunKey,
    lease: Lease,
    *,
    due_at: float,
    announced_at: float,
    now: float,
) -> Run:
    """Begin the run of a message, or return the one there is; unwritten older runs end.

    A customer's newer message supersedes what was not written yet. An agent's request ends nothing
    and is ended by nothing: it is owed a word, whatever the customer wrote.
    """
    with ledger.write() as connection:
        # Whoever slept through its lease has read an older message, and must not end a newer run.
        lease.check(connection)
        row = connection.execute(select(runs).where(_is_key(key))).first()
        if row is None:
            connection.execute(
                insert(runs).values(
                    id=run_id,
                    helpdesk=key.helpdesk,
                    ticket_id=key.ticket_id,
                    message_id=key.message_id,
                    trigger=key.trigger.value,
                    state=RunState.BEGUN.value,
                    due_at=due_at,
                    announced_at=announced_at,
                    created_at=now,
                    updated_at=now,
                    attempts=0,
                )
            )
            if key.trigger is not Trigger.SEND:
                _supersede(connection, key, run_id, now)
            row = connection.execute(select(runs).where(_is_key(key))).one()
    return run_from_row(row)


def plan(ledger: Ledger, run: Run, lease: Lease, made: Plan, now: float) -> Run:
    """Keep what was decided; the helpdesk has not been called yet."""
    return _move(
        ledger,
        run,
        lease,
        UNWRITTEN,
        now,
        state=RunState.PLANNED,
        outcome=made.outcome.value,
        question=made.triage.question,
        triage=to_json(made.triage),
        evidence=to_json(tuple(made.evidence)),
        decision=to_json(made.decision),
        revision=made.revision,
        change=to_json(made.change),
        reasons=to_json(made.reasons),
        timings=to_json(dict(made.timings)),
    )


def start_applying(ledger: Ledger, run: Run, lease: Lease, now: float) -> Run:
    """Say that the helpdesk is about to be called: from here on a mark may be there."""
    return _move(
        ledger,
        run,
        lease,
        (RunState.PLANNED, RunState.APPLYING),
        now,
        state=RunState.APPLYING,
        attempts=run.attempts + 1,
        unsure=True,
    )


def note_refused(ledger: Ledger, run: Run, lease: Lease, now: float) -> Run:
    """Say that the attempt surely wrote nothing; the next need not look for what it wrote."""
    return _move(ledger, run, lease, (RunState.APPLYING,), now, unsure=False)


def finish(
    ledger: Ledger,
    run: Run,
    lease: Lease,
    receipt: Receipt,
    *,
    timings: Mapping[str, float],
    now: float,
) -> Run:
    """Keep the receipt: what we wrote is ours from here on, whoever's key it was written with."""
    with ledger.write() as connection:
        lease.check(connection)
        for kind, message_id in (("note", receipt.note_id), ("reply", receipt.reply_id)):
            if message_id is not None:
                keep_receipt(connection, lease, run.id, message_id, now, kind=kind)
        return _set(
            connection,
            run,
            (RunState.APPLYING,),
            now,
            state=RunState.APPLIED,
            receipt=to_json(receipt),
            timings=to_json({**(run.timings or {}), **timings}),
            error=None,
        )


def skip(
    ledger: Ledger,
    run: Run,
    lease: Lease,
    *,
    outcome: Outcome,
    reasons: Sequence[Reason],
    now: float,
) -> Run:
    """End a run without writing anything, with the reasons."""
    return _move(
        ledger,
        run,
        lease,
        UNFINISHED,
        now,
        state=RunState.SKIPPED,
        outcome=outcome.value,
        reasons=to_json((*run.reasons, *reasons)),
    )


def let_go(ledger: Ledger, run: Run, error: str, now: float) -> Run:
    """End a run whose ticket is not there any more: nothing is to be written, and none failed."""
    gone = Reason("gone", error)
    with ledger.write() as connection:
        return _set(
            connection,
            run,
            UNFINISHED,
            now,
            state=RunState.SKIPPED,
            outcome=Outcome.SKIPPED.value,
            reasons=to_json((*run.reasons, gone)),
        )


def fail(ledger: Ledger, run: Run, error: str, now: float) -> Run:
    """Give a run up, with one sentence why."""
    with ledger.write() as connection:
        return _set(
            connection,
            run,
            UNFINISHED,
            now,
            state=RunState.FAILED,
            outcome=Outcome.FAILED.value,
            error=error,
        )


def postpone(
    ledger: Ledger,
    run: Run,
    due_at: float,
    error: str,
    now: float,
    *,
    tried: bool = True,
    bug: bool = False,
) -> Run:
    """Try a run again later, after a fault that may pass; ``tried`` counts it. Its state stays.

    ``bug`` says that the fault was our own.
    """
    with ledger.write() as connection:
        return _set(
            connection,
            run,
            UNFINISHED,
            now,
            due_at=due_at,
            error=error,
            attempts=run.attempts + (tried and run.state is not RunState.APPLYING),
            bugs=run.bugs + bug,
        )


def put_off_all(ledger: Ledger, helpdesk: str, error: str, now: float, wait: float) -> None:
    """Put off for ``wait`` seconds what was put off for this reason; who was behind stays so."""
    with ledger.write() as connection:
        connection.execute(
            update(runs)
            .where(_waits_for(helpdesk, error), runs.c.due_at < now + wait)
            .values(due_at=wait + case((runs.c.due_at > now, runs.c.due_at), else_=now))
        )


def hasten(ledger: Ledger, helpdesk: str, error: str, now: float) -> None:
    """Make due what was put off for this reason: it holds no longer.

    Tries that the reason cost are given back; two are left, to tell what failed from what is new.
    """
    with ledger.write() as connection:
        connection.execute(
            update(runs)
            .where(_waits_for(helpdesk, error))
            .values(
                due_at=case((runs.c.due_at > now, now), else_=runs.c.due_at),
                attempts=case((runs.c.attempts > 2, 2), else_=runs.c.attempts),
            )
        )


def keep_receipt(
    connection: Connection, lease: Lease, run_id: str, message_id: str, now: float, *, kind: str
) -> None:
    """Keep the remote id of what a run wrote into a ticket: a ``note`` or a ``reply``."""
    try:
        with connection.begin_nested():
            connection.execute(
                insert(receipts).values(
                    helpdesk=lease.helpdesk,
                    message_id=message_id,
                    ticket_id=lease.ticket_id,
                    run_id=run_id,
                    kind=kind,
                    written_at=now,
                )
            )
    except IntegrityError:
        return  # kept by an earlier attempt


def _waits_for(helpdesk: str, error: str) -> ColumnElement[bool]:
    waits: ColumnElement[bool] = and_(
        runs.c.helpdesk == helpdesk, runs.c.state.in_(UNFINISHED), runs.c.error == error
    )
    return waits


def _supersede(connection: Connection, key: RunKey, by: str, now: float) -> None:
    reason = Reason("superseded", f"The customer wrote again; run {by} answers both")
    connection.execute(
        update(runs)
        .where(
            runs.c.helpdesk == key.helpdesk,
            runs.c.ticket_id == key.ticket_id,
            runs.c.id != by,
            runs.c.trigger != Trigger.SEND.value,
            runs.c.state.in_(UNWRITTEN),
        )
        .values(
            state=RunState.SKIPPED.value,
            outcome=Outcome.SKIPPED.value,
            reasons=to_json((reason,)),
            updated_at=now,
        )
    )


def _move(
    ledger: Ledger, run: Run, lease: Lease, allowed: Sequence[RunState], now: float, **values: Any
) -> Run:
    with ledger.write() as connection:
        lease.check(connection)
        return _set(connection, run, allowed, now, **values)


def _set(
    connection: Connection, run: Run, allowed: Sequence[RunState], now: float, **values: Any
) -> Run:
    done = connection.execute(
        update(runs)
        .where(runs.c.id == run.id, runs.c.state.in_(allowed))
        .values(updated_at=now, **values)
    )
    row = connection.execute(select(runs).where(runs.c.id == run.id)).one()
    if done.rowcount == 0:
        raise WrongState(f"Run {run.id} is already {row.state}")
    return run_from_row(row)


def _is_key(key: RunKey) -> ColumnElement[bool]:
    return (
        (runs.c.helpdesk == key.helpdesk)
        & (runs.c.ticket_id == key.ticket_id)
        & (runs.c.message_id == key.message_id)
        & (runs.c.trigger == key.trigger.value)
    )
