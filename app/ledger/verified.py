"""Channels on which a reply of ours was seen to reach a customer, and what proved it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from app.as_json import to_json
from app.domain import RunState, Trigger
from app.ledger.leases import Lease
from app.ledger.run_states import keep_receipt
from app.ledger.store import Ledger
from app.ledger.tables import runs, verified_channels
from connectors.types import Receipt

LONGEST_CHANNEL = 48  # the column's width


@dataclass(frozen=True, slots=True)
class Verified:
    """A channel that was proved, by which ticket and when (seconds since the epoch)."""

    channel: str
    ticket_id: str
    verified_at: float


def verified_channels_of(ledger: Ledger, helpdesk: str) -> list[Verified]:
    """List the channels of an account on which replies are known to arrive."""
    table = verified_channels.c
    query = (
        select(table.channel, table.ticket_id, table.verified_at)
        .where(table.helpdesk == helpdesk)
        .order_by(table.channel)
    )
    with ledger.read() as connection:
        return [Verified(*row) for row in connection.execute(query)]


def is_verified(ledger: Ledger, helpdesk: str, channel: str) -> bool:
    """Tell whether replies on a channel are known to arrive."""
    table = verified_channels.c
    query = select(table.ticket_id).where(
        table.helpdesk == helpdesk, table.channel == channel[:LONGEST_CHANNEL]
    )
    with ledger.read() as connection:
        return connection.execute(query).first() is not None


def keep(ledger: Ledger, helpdesk: str, channel: str, ticket_id: str, now: float) -> None:
    """Remember that a reply on a channel arrived; a newer proof takes the place of an older."""
    name = channel[:LONGEST_CHANNEL]
    table = verified_channels.c
    with ledger.write() as connection:
        connection.execute(
            delete(verified_channels).where(table.helpdesk == helpdesk, table.channel == name)
        )
        connection.execute(
            insert(verified_channels).values(
                helpdesk=helpdesk, channel=name, ticket_id=ticket_id, verified_at=now
            )
        )


def begin_test(ledger: Ledger, run_id: str, lease: Lease, now: float) -> None:
    """Write down that a test reply is about to be sent.

    As a run that has failed already: no worker is ever to take it up, whatever happens to us.
    """
    with ledger.write() as connection:
        lease.check(connection)
        connection.execute(
            insert(runs).values(
                id=run_id,
                helpdesk=lease.helpdesk,
                ticket_id=lease.ticket_id,
                message_id=run_id,  # it answers no message of a customer's
                trigger=Trigger.TEST.value,
                state=RunState.FAILED.value,
                due_at=now,
                created_at=now,
                updated_at=now,
                attempts=1,
                error="The delivery test was not carried to its end",
            )
        )


def finish_test(ledger: Ledger, run_id: str, lease: Lease, receipt: Receipt, now: float) -> None:
    """Keep what was sent: by its receipt it is known for ours, and nobody learns from it."""
    with ledger.write() as connection:
        connection.execute(
            update(runs)
            .where(runs.c.id == run_id)
            .values(
                state=RunState.APPLIED.value,
                receipt=to_json(receipt),
                error=None,
                updated_at=now,
            )
        )
        if receipt.reply_id is not None:
            keep_receipt(connection, lease, run_id, receipt.reply_id, now, kind="reply")
