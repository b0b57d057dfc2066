"""Leases: a ticket is worked on by one worker at a time.

A lease is short and renewed while its worker lives, so that a killed one blocks nobody for long,
however long a look may take. Each new lease raises the ticket's fence; a worker that was only
asleep finds its own outdated and cannot write any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.ledger.store import Ledger, LedgerDown
from app.ledger.tables import tickets

# The ticket of a killed worker is free again after this many seconds. A renewal may fail twice
# before the lease is lost; most looks end before the first.
LEASE_SECONDS = 15.0
RENEW_SECONDS = 4.0


class Busy(RuntimeError):
    """Another worker holds this ticket."""


class LeaseLost(RuntimeError):
    """Our lease ran out and somebody else took the ticket over; stop without writing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one ticket."""

    helpdesk: str
    ticket_id: str
    fence: int

    def check(self, connection: Connection) -> None:
        """Make sure, inside a write transaction, that the ticket is still ours.

        Raises ``LeaseLost``.
        """
        # Locked to the end of the transaction: on Postgres writers do not wait for each other.
        fence = connection.execute(
            select(tickets.c.fence).where(_is(self.helpdesk, self.ticket_id)).with_for_update()
        ).scalar_one()
        if fence != self.fence:
            raise LeaseLost(f"Ticket {self.ticket_id} was taken over by another worker")


@contextmanager
def lease(
    ledger: Ledger, helpdesk: str, ticket_id: str, seconds: float, clock: Callable[[], float]
) -> Iterator[Lease]:
    """Hold a ticket, for ``seconds`` at most; raises ``Busy`` where somebody else does."""
    now = clock()
    held = _take(ledger, helpdesk, ticket_id, min(seconds, LEASE_SECONDS), now)
    done = Event()
    keeper = Thread(target=_keep, args=(ledger, held, now + seconds, clock, done), daemon=True)
    keeper.start()
    try:
        yield held
    finally:
        done.set()
        keeper.join()
        _release(ledger, held)


def note_seen(ledger: Ledger, held: Lease, seen_at: float, requester_id: str) -> None:
    """Remember the ticket's own time of change, so that a sweep need not read it again."""
    # A look reads a ticket twice. What is known already costs no waiting for the disk.
    news = or_(
        tickets.c.seen_at.is_distinct_from(seen_at),
        tickets.c.requester_id.is_distinct_from(requester_id),
    )
    with ledger.write() as connection:
        connection.execute(
            update(tickets)
            .where(_is(held.helpdesk, held.ticket_id), news)
            .values(seen_at=seen_at, requester_id=requester_id)
        )


def seen_at(connection: Connection, helpdesk: str, ticket_id: str) -> float:
    """Tell up to which time of change a ticket was read; 0 for never."""
    found = connection.execute(
        select(tickets.c.seen_at).where(_is(helpdesk, ticket_id))
    ).scalar_one_or_none()
    return found or 0.0


def last_seen(ledger: Ledger, helpdesk: str, limit: int) -> list[str]:
    """Name the tickets that changed last, of those that were read."""
    query = (
        select(tickets.c.ticket_id)
        .where(tickets.c.helpdesk == helpdesk, tickets.c.seen_at.is_not(None))
        .order_by(tickets.c.seen_at.desc())
        .limit(limit)
    )
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def held(table: Table, now: float) -> ColumnElement[bool]:
    """Say, as a condition on a table of things with tickets, that somebody works on the ticket."""
    return exists().where(
        tickets.c.helpdesk == table.c.helpdesk,
        tickets.c.ticket_id == table.c.ticket_id,
        tickets.c.lease_until > now,
    )


def _take(ledger: Ledger, helpdesk: str, ticket_id: str, seconds: float, now: float) -> Lease:
    until = now + seconds
    with ledger.write() as connection:
        _ensure_row(connection, helpdesk, ticket_id)
        taken = connection.execute(
            update(tickets)
            .where(_is(helpdesk, ticket_id), tickets.c.lease_until <= now)
            .values(lease_until=until, fence=tickets.c.fence + 1)
        )
        if taken.rowcount == 0:
            raise Busy(f"Ticket {ticket_id} is being worked on")
        fence = connection.execute(
            select(tickets.c.fence).where(_is(helpdesk, ticket_id))
        ).scalar_one()
    return Lease(helpdesk, ticket_id, fence)


def _ensure_row(connection: Connection, helpdesk: str, ticket_id: str) -> None:
    known = connection.execute(
        select(tickets.c.fence).where(_is(helpdesk, ticket_id))
    ).scalar_one_or_none()
    if known is not None:
        return
    try:
        with connection.begin_nested():
            connection.execute(
                insert(tickets).values(
                    helpdesk=helpdesk, ticket_id=ticket_id, lease_until=0.0, fence=0
                )
            )
    except IntegrityError:
        return  # another worker was quicker: its row serves


def _keep(ledger: Ledger, held: Lease, end: float, clock: Callable[[], float], done: Event) -> None:
    while not done.wait(RENEW_SECONDS):
        try:
            if not _renew(ledger, held, min(clock() + LEASE_SECONDS, end)):
                return  # somebody else has it: the next write of ours will be refused
        except LedgerDown:
            continue


def _renew(ledger: Ledger, held: Lease, until: float) -> bool:
    with ledger.write() as connection:
        renewed = connection.execute(
            update(tickets)
            .where(_is(held.helpdesk, held.ticket_id), tickets.c.fence == held.fence)
            .values(lease_until=until)
        )
    return renewed.rowcount > 0


def _release(ledger: Ledger, held: Lease) -> None:
    with ledger.write() as connection:
        connection.execute(
            update(tickets)
            .where(_is(held.helpdesk, held.ticket_id), tickets.c.fence == held.fence)
            .values(lease_until=0.0)
        )


def _is(helpdesk: str, ticket_id: str) -> ColumnElement[bool]:
    return and_(tickets.c.helpdesk == helpdesk, tickets.c.ticket_id == ticket_id)
