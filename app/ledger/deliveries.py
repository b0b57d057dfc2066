"""Deliveries: what a helpdesk announced, kept before we say that we have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.ledger.leases import held
from app.ledger.store import Ledger
from app.ledger.tables import deliveries as table
from connectors.types import EventKind

RECEIVED, DONE, QUARANTINED, FAILED = "received", "done", "quarantined", "failed"
# How keys begin of what no helpdesk announced: a sweep found it, or we remind ourselves.
SWEPT, OUR_OWN = "sweep:", "not-sent:"
_NO_TICKET = ""  # of an announcement about articles

# All that handling needs: a body may be a megabyte, and the reaper asks every second.
_READ = [
    table.c[name]
    for name in ("id", "helpdesk", "ticket_id", "kind", "received_at", "due_at", "attempts", "bugs")
]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One announcement; ``received_at`` and ``due_at`` are seconds since the epoch."""

    id: str
    helpdesk: str
    ticket_id: str
    kind: EventKind
    received_at: float
    due_at: float
    attempts: int
    bugs: int = 0


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is to be recorded: one event, or something in a body that could not be read."""

    delivery_key: str
    ticket_id: str
    kind: EventKind
    body: bytes | None = None
    quarantined: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """How we learned of a ticket, and when, in seconds since the epoch."""

    ticket_id: str
    swept: bool  # found by a sweep, not announced by a webhook
    received_at: float


def record(
    connection: Connection, helpdesk: str, announcements: Iterable[Announcement], now: float
) -> list[tuple[str, EventKind]]:
    """Insert what is new; return ids and kinds of the rows to be handled. Repeats give no row."""
    new: list[tuple[str, EventKind]] = []
    for item in announcements:
        delivery_id = uuid4().hex
        try:
            with connection.begin_nested():
                connection.execute(
                    insert(table).values(
                        id=delivery_id,
                        helpdesk=helpdesk,
                        delivery_key=item.delivery_key[:200],
                        ticket_id=item.ticket_id,
                        kind=item.kind.value,
                        state=QUARANTINED if item.quarantined else RECEIVED,
                        received_at=now,
                        due_at=now,
                        attempts=0,
                        error=item.error,
                        body=item.body,
                    )
                )
        except IntegrityError:
            continue
        if not item.quarantined:
            new.append((delivery_id, item.kind))
    return new


def get(ledger: Ledger, delivery_id: str) -> Delivery | None:
    """Read a delivery that is still to be handled."""
    with ledger.read() as connection:
        row = connection.execute(
            select(*_READ).where(table.c.id == delivery_id, table.c.state == RECEIVED)
        ).first()
    return _delivery(row) if row else None


def unfinished(ledger: Ledger, now: float, limit: int = 500) -> list[Delivery]:
    """List deliveries that are due and that nobody works on, oldest first."""
    query = (
        select(*_READ)
        .where(table.c.state == RECEIVED, table.c.due_at <= now, ~held(table, now))
        .order_by(table.c.due_at)
        .limit(limit)
    )
    with ledger.read() as connection:
        return [_delivery(row) for row in connection.execute(query)]


def finish(ledger: Ledger, delivery_id: str, now: float, error: str | None = None) -> None:
    """Mark a delivery as handled; what it led to stands in its run, and its body is let go."""
    _update(ledger, delivery_id, state=DONE, done_at=now, error=error, body=None)


def waiting(ledger: Ledger, helpdesk: str, ticket_id: str) -> list[str]:
    """Name the deliveries of a ticket that are still to be handled.

    One edit is announced several times (message, tags, priority), and a reading that begins after
    this shows what all of them announced.
    """
    query = select(table.c.id).where(
        table.c.helpdesk == helpdesk, table.c.ticket_id == ticket_id, table.c.state == RECEIVED
    )
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def finish_all(ledger: Ledger, delivery_ids: Sequence[str], now: float) -> None:
    """Mark deliveries as handled that one reading of their ticket was enough for."""
    with ledger.write() as connection:
        connection.execute(
            update(table)
            .where(table.c.id.in_(delivery_ids), table.c.state == RECEIVED)
            .values(state=DONE, done_at=now, error=None, body=None)
        )


def postpone(
    ledger: Ledger,
    delivery: Delivery,
    due_at: float,
    error: str,
    *,
    tried: bool = True,
    bug: bool = False,
) -> None:
    """Try a delivery again later, after a fault that may pass; ``tried`` counts it.

    ``bug`` says that the fault was our own.
    """
    _update(
        ledger,
        delivery.id,
        due_at=due_at,
        attempts=delivery.attempts + tried,
        bugs=delivery.bugs + bug,
        error=error,
    )


def put_off_all(ledger: Ledger, helpdesk: str, error: str, now: float, wait: float) -> None:
    """Put off for ``wait`` seconds what was put off for this reason; who was behind stays so."""
    with ledger.write() as connection:
        connection.execute(
            update(table)
            .where(
                _waits_for(helpdesk, error),
                table.c.due_at < now + wait,
            )
            .values(due_at=wait + case((table.c.due_at > now, table.c.due_at), else_=now))
        )


def hasten(ledger: Ledger, helpdesk: str, error: str, now: float) -> None:
    """Make due what was put off for this reason: it holds no longer."""
    with ledger.write() as connection:
        connection.execute(
            update(table)
            .where(
                _waits_for(helpdesk, error),
                table.c.due_at > now,
            )
            .values(due_at=now)
        )


def oldest_due(ledger: Ledger, helpdesk: str, now: float) -> float | None:
    """Tell since when the delivery of a ticket has been waiting that is due the longest."""
    query = select(func.min(table.c.due_at)).where(
        table.c.helpdesk == helpdesk,
        table.c.ticket_id != _NO_TICKET,
        table.c.state == RECEIVED,
        table.c.due_at <= now,
    )
    with ledger.read() as connection:
        found: float | None = connection.execute(query).scalar_one()
    return found


def origins(ledger: Ledger, helpdesk: str, limit: int) -> list[Origin]:
    """Tell how we learned of the latest that happened to tickets, newest first."""
    query = (
        select(table.c.ticket_id, table.c.delivery_key, table.c.received_at)
        .where(
            table.c.helpdesk == helpdesk,
            table.c.ticket_id != _NO_TICKET,
            ~table.c.delivery_key.startswith(OUR_OWN),
        )
        .order_by(table.c.received_at.desc())
        .limit(limit)
    )
    with ledger.read() as connection:
        return [
            Origin(row.ticket_id, row.delivery_key.startswith(SWEPT), row.received_at)
            for row in connection.execute(query)
        ]


def fail(ledger: Ledger, delivery_id: str, now: float, error: str) -> None:
    """Give a delivery up, with the reason."""
    _update(ledger, delivery_id, state=FAILED, done_at=now, error=error)


def _waits_for(helpdesk: str, error: str) -> ColumnElement[bool]:
    waits: ColumnElement[bool] = and_(
        table.c.helpdesk == helpdesk, table.c.state == RECEIVED, table.c.error == error
    )
    return waits


def _update(ledger: Ledger, delivery_id: str, **values: object) -> None:
    with ledger.write() as connection:
        connection.execute(
            update(table)
            .where(table.c.id == delivery_id, table.c.state == RECEIVED)
            .values(**values)
        )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        helpdesk=row.helpdesk,
        ticket_id=row.ticket_id,
        kind=EventKind(row.kind),
        received_at=row.received_at,
        due_at=row.due_at,
        attempts=row.attempts,
        bugs=row.bugs,
    )
