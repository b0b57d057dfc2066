"""What a helpdesk announced is kept once, and handed out until it is handled."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Row, select

from app.ledger import deliveries, leases
from app.ledger.deliveries import Announcement, Delivery
from app.ledger.store import Ledger
from app.ledger.tables import deliveries as table
from connectors.types import EventKind
from tests.app.fakes import HELPDESK, START, Clock


def announce(
    ledger: Ledger, *keys: str, ticket: str = "1", helpdesk: str = HELPDESK, now: float = START
) -> list[str]:
    with ledger.write() as connection:
        items = [Announcement(key, ticket, EventKind.CREATED, b"{}") for key in keys]
        return [found for found, _ in deliveries.record(connection, helpdesk, items, now)]


def due(ledger: Ledger, now: float = START) -> list[str]:
    return [item.id for item in deliveries.unfinished(ledger, now)]


def get(ledger: Ledger, delivery_id: str) -> Delivery:
    found = deliveries.get(ledger, delivery_id)
    assert found is not None
    return found


def row(ledger: Ledger, delivery_id: str) -> Row[Any]:
    with ledger.read() as connection:
        return connection.execute(select(table).where(table.c.id == delivery_id)).one()


def test_an_announcement_is_given_back_as_it_was_made(ledger: Ledger) -> None:
    (made,) = announce(ledger, "k")
    assert get(ledger, made) == Delivery(made, HELPDESK, "1", EventKind.CREATED, START, START, 0)
    assert row(ledger, made).body == b"{}"


def test_a_repeat_gives_no_row_and_does_not_spoil_what_comes_with_it(ledger: Ledger) -> None:
    first = announce(ledger, "a")
    both = announce(ledger, "a", "b", "b")
    assert len(both) == 1
    assert sorted(due(ledger)) == sorted(first + both)


def test_two_accounts_may_use_one_key(ledger: Ledger) -> None:
    announce(ledger, "k")
    assert announce(ledger, "k", helpdesk="zendesk-eu")


def test_an_endless_key_is_cut_and_still_one(ledger: Ledger) -> None:
    assert announce(ledger, "k" * 300)
    assert announce(ledger, "k" * 300) == []


def test_what_could_not_be_read_is_kept_and_never_handed_out(ledger: Ledger) -> None:
    item = Announcement("k", "1", EventKind.CHANGED, b"{", quarantined=True, error="no JSON")
    with ledger.write() as connection:
        assert deliveries.record(connection, HELPDESK, [item], START) == []
    assert due(ledger) == []
    with ledger.read() as connection:
        kept = connection.execute(select(table)).one()
    assert (kept.state, kept.error, kept.body) == ("quarantined", "no JSON", b"{")


def test_the_oldest_comes_first_and_the_future_not_at_all(ledger: Ledger) -> None:
    later = announce(ledger, "b", now=START + 2)
    first = announce(ledger, "a")
    announce(ledger, "c", now=START + 3)
    assert due(ledger, START + 2) == first + later


def test_no_more_are_handed_out_than_asked_for(ledger: Ledger) -> None:
    announce(ledger, *"abcde")
    assert len(deliveries.unfinished(ledger, START, limit=2)) == 2


def test_a_ticket_that_somebody_holds_is_passed_over(ledger: Ledger) -> None:
    clock = Clock()
    announce(ledger, "a", ticket="1")
    free = announce(ledger, "b", ticket="2")
    with leases.lease(ledger, HELPDESK, "1", 10, clock):
        assert due(ledger) == free
        assert len(due(ledger, START + 11)) == 2, "its holder must be dead by then"
    assert len(due(ledger)) == 2


def test_a_ticket_of_the_same_number_elsewhere_is_another(ledger: Ledger) -> None:
    (made,) = announce(ledger, "a", ticket="1")
    with leases.lease(ledger, "zendesk-eu", "1", 10, Clock()):
        assert due(ledger) == [made]


def test_what_is_put_off_comes_back_at_its_time(ledger: Ledger) -> None:
    (made,) = announce(ledger, "a")
    deliveries.postpone(ledger, get(ledger, made), START + 30, "Zendesk is away")
    assert due(ledger, START + 29) == []
    assert due(ledger, START + 30) == [made]
    again = get(ledger, made)
    assert (again.attempts, again.received_at) == (1, START)
    assert row(ledger, made).error == "Zendesk is away"


@pytest.mark.parametrize("end", ["done", "failed"])
def test_what_has_ended_stays_as_it_ended(ledger: Ledger, end: str) -> None:
    (made,) = announce(ledger, "a")
    stale = get(ledger, made)
    if end == "done":
        deliveries.finish(ledger, made, START + 1)
    else:
        deliveries.fail(ledger, made, START + 1, "no")
    # A job that ran twice ends twice; the first end counts.
    deliveries.postpone(ledger, stale, START + 9, "late")
    deliveries.fail(ledger, made, START + 9, "late")
    deliveries.finish(ledger, made, START + 9, "late")
    found = row(ledger, made)
    assert (found.state, found.done_at) == (end, START + 1)
    assert found.error == ("no" if end == "failed" else None)
    assert deliveries.get(ledger, made) is None
    assert due(ledger, START + 99) == []


def test_an_unknown_delivery_is_none(ledger: Ledger) -> None:
    assert deliveries.get(ledger, "nothing") is None
