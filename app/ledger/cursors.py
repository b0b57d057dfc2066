"""Cursors: how far a listing was read, saved with what it produced."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from app.ledger.store import Ledger
from app.ledger.tables import cursors

TICKETS = "tickets"


def get(ledger: Ledger, helpdesk: str, stream: str) -> str | None:
    """Read where a listing stands; ``None`` before its first page."""
    with ledger.read() as connection:
        return connection.execute(
            select(cursors.c.cursor).where(
                cursors.c.helpdesk == helpdesk, cursors.c.stream == stream
            )
        ).scalar_one_or_none()


def saved_at(ledger: Ledger, helpdesk: str, stream: str) -> float | None:
    """Tell when a listing was last read, in seconds since the epoch."""
    with ledger.read() as connection:
        found: float | None = connection.execute(
            select(cursors.c.updated_at).where(
                cursors.c.helpdesk == helpdesk, cursors.c.stream == stream
            )
        ).scalar_one_or_none()
    return found


def save(
    connection: Connection, helpdesk: str, stream: str, cursor: str | None, now: float
) -> None:
    """Save where a listing stands, in the transaction that keeps what it produced."""
    connection.execute(
        delete(cursors).where(cursors.c.helpdesk == helpdesk, cursors.c.stream == stream)
    )
    connection.execute(
        insert(cursors).values(helpdesk=helpdesk, stream=stream, cursor=cursor, updated_at=now)
    )
