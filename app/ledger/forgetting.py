"""Forgetting: what was redacted or deleted in the helpdesk leaves no copy in the ledger.

What stays is that there was a run or an example, when, and how it ended: no text of anybody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, case, or_, select, update

from app.as_json import from_json, to_json
from app.domain import Reason, RunState
from app.ledger import deliveries as kept_deliveries
from app.ledger.lessons import RETIRED
from app.ledger.runs import UNFINISHED, UNWRITTEN
from app.ledger.store import Ledger
from app.ledger.tables import deliveries, examples, runs, signals

# Columns of a run that may quote somebody, beside the question and the words of its reasons.
_QUOTES = ("triage", "evidence", "decision", "change")
REDACTED = "redacted"
# A run that is being written still needs what it writes; its turn comes when it is over.
_LET_GO = (*UNWRITTEN, RunState.APPLIED, RunState.SKIPPED, RunState.FAILED)


def forget(
    ledger: Ledger, helpdesk: str, ticket_id: str, run_ids: Iterable[str], reply_ids: Iterable[str]
) -> tuple[list[str], int]:
    """Drop the copies of what runs and replies of one ticket were made from.

    ``reply_ids`` are the remote ids of agents' replies. Examples made from any of them are
    retired, and so is what other runs hold of those. Returns the ids of the examples, which are
    still in the index, and the number of runs that lost something.
    """
    mine = list(run_ids)
    with ledger.write() as connection:
        answered = select(signals.c.message_id).where(signals.c.run_id.in_(mine))
        found = examples.c.message_id.in_(list(reply_ids)) | examples.c.message_id.in_(answered)
        here = (examples.c.helpdesk == helpdesk) & (examples.c.ticket_id == ticket_id)
        retired = _retire(connection, here & found)
        lost = _blank(connection, runs.c.id.in_(mine), question=True)
        lost += _blank_quoting(connection, helpdesk, retired)
        _drop_deliveries(connection, helpdesk, ticket_id)
    return retired, lost


def forget_quoted(ledger: Ledger, helpdesk: str, example_ids: Iterable[str]) -> int:
    """Drop what runs hold of those examples that are retired; tell how many lost something.

    A run that was being written when an example was retired has kept what it quotes.
    """
    which = and_(examples.c.id.in_(list(example_ids)), examples.c.state == RETIRED)
    with ledger.read() as connection:
        retired = list(connection.execute(select(examples.c.id).where(which)).scalars())
    if not retired:
        return 0
    with ledger.write() as connection:
        return _blank_quoting(connection, helpdesk, retired)


def forget_ticket(ledger: Ledger, helpdesk: str, ticket_id: str) -> tuple[list[str], int]:
    """Drop all copies of what stood in a ticket; returns as ``forget`` does."""
    with ledger.read() as connection:
        on_ticket = (runs.c.helpdesk == helpdesk) & (runs.c.ticket_id == ticket_id)
        run_ids = list(connection.execute(select(runs.c.id).where(on_ticket)).scalars())
        replies = select(examples.c.message_id).where(
            examples.c.helpdesk == helpdesk, examples.c.ticket_id == ticket_id
        )
        reply_ids = list(connection.execute(replies).scalars())
    return forget(ledger, helpdesk, ticket_id, run_ids, reply_ids)


def _retire(connection: Connection, which: ColumnElement[bool]) -> list[str]:
    live = which & (examples.c.state != RETIRED)
    ids = list(connection.execute(select(examples.c.id).where(live)).scalars())
    connection.execute(
        update(examples).where(examples.c.id.in_(ids)).values(state=RETIRED, question="", answer="")
    )
    return ids


def _blank_quoting(connection: Connection, helpdesk: str, example_ids: Sequence[str]) -> int:
    if not example_ids:
        return 0
    quoting = or_(*(runs.c.evidence.contains(one, autoescape=True) for one in example_ids))
    return _blank(connection, (runs.c.helpdesk == helpdesk) & quoting, question=False)


def _blank(connection: Connection, which: ColumnElement[bool], *, question: bool) -> int:
    names = (*_QUOTES, "question") if question else _QUOTES
    # A fault's sentence may quote, too. While a run goes on it says what the run waits for.
    told = and_(runs.c.error != REDACTED, runs.c.state.not_in(UNFINISHED))
    holds = or_(told, *(runs.c[name].is_not(None) for name in names))
    query = select(runs.c.id, runs.c.state, runs.c.reasons, runs.c.error, told.label("told")).where(
        which, holds, runs.c.state.in_(_LET_GO)
    )
    found = connection.execute(query).all()
    for row in found:
        reasons = from_json(tuple[Reason, ...], row.reasons) if row.reasons else ()
        bare = to_json(tuple(replace(reason, text="") for reason in reasons))
        values = {"reasons": bare, "error": REDACTED if row.told else row.error}
        if row.state == RunState.PLANNED:
            values["state"] = RunState.BEGUN  # a customer waits: it is thought about once more
        connection.execute(
            update(runs).where(runs.c.id == row.id).values(dict.fromkeys(names) | values)
        )
    return len(found)


def _drop_deliveries(connection: Connection, helpdesk: str, ticket_id: str) -> None:
    over = (kept_deliveries.FAILED, kept_deliveries.QUARANTINED)
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.helpdesk == helpdesk,
            deliveries.c.ticket_id == ticket_id,
            deliveries.c.state.in_(over),
        )
        .values(body=None, error=case((deliveries.c.error.is_not(None), REDACTED)))
    )
