"""The broker dies and its data with it: every webhook is taken, every ticket gets its one note."""

from __future__ import annotations

import os
import shutil
import signal
import time

import pytest
import requests

from app.processes import broker_socket
from tests.journeys.stage import QUESTIONS, House, kill, until

pytestmark = pytest.mark.journey


def test_nothing_is_lost_with_the_broker_and_its_data(house: House) -> None:
    tickets = [house.write_in(QUESTIONS[number % 3]) for number in range(4)]
    lose_the_broker(house)
    tickets += [house.write_in(QUESTIONS[number % 3]) for number in range(8)]
    for ticket_id in tickets:
        assert house.settle(ticket_id, 60).receipt is not None
    assert [len(house.notes(ticket_id)) for ticket_id in tickets] == [1] * len(tickets)
    for ticket_id in tickets:
        (created, *_) = house.control("GET", f"/deliveries?ticket={ticket_id}")["deliveries"]
        assert [attempt["status"] for attempt in created["attempts"]] == [200]
    until(lambda: requests.get(f"{house.web}/readyz", timeout=5).ok, 60, "all is well again")


def lose_the_broker(house: House) -> None:
    """Kill it and empty its folder, before the supervisor can start it again."""
    kill(house.supervisor.pids()["broker"])
    shutil.rmtree(house.folder / "broker" / "appendonlydir")


def test_a_webhook_is_answered_at_once_while_the_broker_is_down(house: House) -> None:
    kill(house.supervisor.pids()["broker"])
    broker_socket(house.services.settings).unlink(missing_ok=True)
    ticket_id = house.write_in()
    assert took(house, ticket_id) < 1
    house.settle(ticket_id, 60)
    assert len(house.notes(ticket_id)) == 1


def test_a_webhook_is_answered_at_once_while_the_broker_hangs(house: House) -> None:
    broker = house.supervisor.pids()["broker"]
    os.kill(broker, signal.SIGSTOP)
    try:
        ticket_id = house.write_in()
        assert took(house, ticket_id) < 1
        time.sleep(6)  # long enough for whoever waits without an end
    finally:
        os.kill(broker, signal.SIGCONT)
    house.settle(ticket_id, 60)
    assert len(house.notes(ticket_id)) == 1


def took(house: House, ticket_id: str) -> float:
    """Seconds until the webhook of a new ticket was answered with 200."""
    path = f"/deliveries?ticket={ticket_id}"

    def answered() -> bool:
        (created, *_) = house.control("GET", path)["deliveries"]
        return [attempt["status"] for attempt in created["attempts"]] == [200]

    return until(answered, 5, "the webhook is answered")
