"""Somebody holds the ledger (a backup, a stuck process): slow, but nothing is lost or doubled."""

from __future__ import annotations

import time

import pytest
import requests

from tests.journeys.stage import House, until

pytestmark = pytest.mark.journey


def statuses(house: House, ticket_id: str) -> list[int | None]:
    """What the first webhook of a ticket was answered, attempt by attempt."""
    (created, *_) = house.control("GET", f"/deliveries?ticket={ticket_id}")["deliveries"]
    return [attempt["status"] for attempt in created["attempts"]]


def test_a_ledger_that_is_held_for_seconds_delays_and_loses_nothing(house: House) -> None:
    before = house.supervisor.pids()
    with house.services.ledger.write():
        tickets = [house.write_in() for _ in range(6)]
        time.sleep(2)
        assert [statuses(house, ticket_id) for ticket_id in tickets] == [[]] * 6
    for ticket_id in tickets:
        house.settle(ticket_id, 60)
        assert statuses(house, ticket_id) == [200]
        assert len(house.notes(ticket_id)) == 1
    assert house.supervisor.pids() == before


def test_a_ledger_that_is_held_for_longer_is_said_so_that_the_helpdesk_sends_again(
    house: House,
) -> None:
    with house.services.ledger.write():
        ticket_id = house.write_in()
        took = until(lambda: statuses(house, ticket_id) != [], 12, "the webhook is answered")
        # Less than the five seconds after which Intercom hangs up.
        assert took < 5
        assert statuses(house, ticket_id) == [409]
        assert requests.get(f"{house.web}/healthz", timeout=2).ok
    house.settle(ticket_id, 60)
    assert statuses(house, ticket_id)[-1] == 200
    assert len(house.notes(ticket_id)) == 1
