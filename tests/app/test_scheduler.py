"""The scheduler asks for everything in time, and a broker that is away stops nothing for good."""

from __future__ import annotations

import time
from itertools import chain, repeat

import pytest
from redis import Redis
from structlog.testing import capture_logs

from app import queues, scheduler
from app.ledger.store import LedgerDown
from app.scheduler import duties, run_scheduler, tick
from app.services import Services
from app.settings import Settings
from tests.app.fakes import Desk

SWEEP, SYNC = "sweep_tickets-zendesk", "sync_knowledge-zendesk"


@pytest.fixture
def broker(desk: Desk, broker_url: str) -> Redis:
    desk.services.settings = desk.services.settings.model_copy(update={"redis_url": broker_url})
    desk.clock.now = time.time()
    return queues.connect_broker(broker_url)


def asked(broker: Redis) -> list[str]:
    """Take what was asked for out of the queues, as workers would that are done with it."""
    found: list[str] = []
    for name in queues.QUEUES:
        queue = queues.queue(name, broker)
        found += queue.job_ids
        queue.empty()  # type: ignore[no-untyped-call]
    return sorted(found)


def test_a_sweep_does_not_wait_behind_a_sync() -> None:
    first, second = duties(Services(Settings(helpdesks=("zendesk",)), {}))
    assert first.queue != second.queue


def test_each_helpdesk_is_swept_and_synced() -> None:
    two = Settings(helpdesks=("zendesk", "zendesk-eu"))
    listed = duties(Services(two, {}))
    found = {(duty.function, duty.helpdesk, duty.seconds) for duty in listed}
    assert found == {
        (function, helpdesk, seconds)
        for helpdesk in ("zendesk", "zendesk-eu")
        for function, seconds in (("sweep_tickets", 60.0), ("sync_knowledge", 900.0))
    }


def test_everything_is_asked_for_at_once_and_then_in_its_time(desk: Desk, broker: Redis) -> None:
    waiting = duties(desk.services)
    tick(desk.services, waiting)
    assert asked(broker) == [SWEEP, SYNC]
    desk.clock.pass_by(59)
    tick(desk.services, waiting)
    assert asked(broker) == []
    desk.clock.pass_by(1)
    tick(desk.services, waiting)
    assert asked(broker) == [SWEEP]
    desk.clock.pass_by(840)
    tick(desk.services, waiting)
    assert asked(broker) == [SWEEP, SYNC]


def test_what_still_waits_is_not_asked_for_twice(desk: Desk, broker: Redis) -> None:
    for _ in range(2):  # two schedulers, or one that was restarted
        tick(desk.services, duties(desk.services))
    assert asked(broker) == [SWEEP, SYNC]


def test_a_tick_enqueues_what_is_due(desk: Desk, broker: Redis) -> None:
    delivery = desk.announce(desk.helpdesk.open("How do I export all projects?"))
    tick(desk.services, [])
    assert queues.queue(queues.TICKETS, broker).job_ids == [f"handle_delivery-{delivery}"]


def test_a_broker_that_is_away_is_waited_for_and_nothing_is_forgotten(
    desk: Desk, broker: Redis, broker_url: str
) -> None:
    waiting = duties(desk.services)
    settings = desk.services.settings
    desk.services.let_go()
    desk.services.settings = settings.model_copy(update={"redis_url": "unix:///nowhere.sock"})
    with capture_logs() as lines:
        tick(desk.services, waiting)
    assert [line["event"] for line in lines] == ["scheduler waits"]
    desk.services.let_go()
    desk.services.settings = settings
    tick(desk.services, waiting)
    assert asked(broker) == [SWEEP, SYNC]


def test_a_ledger_that_is_away_is_waited_for(
    desk: Desk, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = duties(desk.services)

    def fail(_: object) -> int:
        raise LedgerDown("The ledger cannot be used: disk full")

    with monkeypatch.context() as patch:
        patch.setattr(scheduler, "reap", fail)
        tick(desk.services, waiting)
    assert asked(broker) == []
    tick(desk.services, waiting)
    assert asked(broker) == [SWEEP, SYNC]


def test_it_ticks_until_it_is_told_to_stop(desk: Desk, broker: Redis) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        desk.clock.pass_by(60)

    run_scheduler(desk.services, sleep=sleep, going=chain(repeat(True, 3), [False]))
    assert slept == [scheduler.TICK_SECONDS] * 3
    assert asked(broker) == [SWEEP, SYNC]
