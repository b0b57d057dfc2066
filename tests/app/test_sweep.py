"""Nothing is lost: what the broker forgot, what a dead worker held, what no webhook announced."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as BrokerGone
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from sqlalchemy import Connection, select

from app import queues, worker
from app.ledger import cursors, deliveries, leases, runs
from app.ledger.tables import deliveries as table
from app.sweep import reap, sweep_tickets
from connectors.types import EventKind, Page, TicketRef
from tests.app.fakes import HELPDESK, TOM, Desk

QUESTION = "How do I export all projects?"


@pytest.fixture
def broker(desk: Desk, broker_url: str) -> Redis:
    """A real broker, and a desk whose clock is the broker's: RQ notes times by its own."""
    desk.services.settings = desk.services.settings.model_copy(update={"redis_url": broker_url})
    desk.clock.now = float(int(time.time()))
    return queues.connect_broker(broker_url)


def waiting(broker: Redis) -> dict[str, list[str]]:
    """What lies in each queue, the empty ones left out."""
    lying = {name: queues.queue(name, broker).job_ids for name in queues.QUEUES}
    return {name: ids for name, ids in lying.items() if ids}


def started(broker: Redis, job_id: str, seconds_ago: float) -> None:
    """Make a job look like one that a worker took, and then was killed."""
    job = Job.fetch(job_id, connection=broker, serializer=JSONSerializer)
    broker.lrem(f"rq:queue:{job.origin}", 1, job_id)
    job.prepare_for_execution("worker-that-is-no-more", broker.pipeline())
    job.set_status(JobStatus.STARTED)
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - seconds_ago))
    broker.hset(job.key, mapping={"started_at": at, "last_heartbeat": at, "status": "started"})


# The reaper


def test_what_is_due_and_nobody_carries_is_enqueued_once(desk: Desk, broker: Redis) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    assert reap(desk.services) == 1
    assert reap(desk.services) == 0
    assert waiting(broker) == {"tickets": [f"handle_delivery-{delivery}"]}


def test_what_only_teaches_goes_to_its_own_queue(desk: Desk, broker: Redis) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION), EventKind.AGENT_REPLIED)
    reap(desk.services)
    assert waiting(broker) == {"learning": [f"handle_delivery-{delivery}"]}


def test_what_waits_in_a_long_queue_is_left_there_however_old(desk: Desk, broker: Redis) -> None:
    desk.announce(desk.helpdesk.open(QUESTION))
    reap(desk.services)
    desk.clock.pass_by(100_000)
    assert reap(desk.services) == 0
    assert sum(map(len, waiting(broker).values())) == 1


def test_what_a_worker_has_just_taken_is_left_to_it(desk: Desk, broker: Redis) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    reap(desk.services)
    started(broker, f"handle_delivery-{delivery}", seconds_ago=1)
    assert reap(desk.services) == 0


def test_what_a_killed_worker_held_is_enqueued_again(desk: Desk, broker: Redis) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    reap(desk.services)
    seconds = desk.services.settings.job_seconds + 60
    started(broker, f"handle_delivery-{delivery}", seconds_ago=seconds)
    assert waiting(broker) == {}
    assert reap(desk.services) == 1
    assert waiting(broker) == {"tickets": [f"handle_delivery-{delivery}"]}


def test_a_broker_that_lost_everything_gets_everything_again(desk: Desk, broker: Redis) -> None:
    delivered = [desk.announce(desk.helpdesk.open(QUESTION)) for _ in range(3)]
    reap(desk.services)
    broker.flushall()
    assert reap(desk.services) == 3
    assert sorted(waiting(broker)["tickets"]) == sorted(f"handle_delivery-{i}" for i in delivered)


def test_a_chat_is_taken_up_when_its_quiet_period_is_over(desk: Desk, broker: Redis) -> None:
    ticket = desk.helpdesk.open(QUESTION, channel="chat")
    worker.handle(desk.services, desk.announce(ticket))
    assert reap(desk.services) == 0
    desk.clock.pass_by(8)
    (run,) = runs.listed(desk.services.ledger)
    assert reap(desk.services) == 1
    assert waiting(broker) == {"tickets": [f"work_run-{run.id}"]}


def test_what_somebody_works_on_is_left_alone(desk: Desk, broker: Redis) -> None:
    held = desk.helpdesk.open(QUESTION)
    desk.announce(held)
    free = desk.announce(desk.helpdesk.open(QUESTION))
    with leases.lease(desk.services.ledger, HELPDESK, held, 10, desk.clock):
        assert reap(desk.services) == 1
    assert waiting(broker) == {"tickets": [f"handle_delivery-{free}"]}


def test_what_is_done_or_put_off_is_not_enqueued(desk: Desk, broker: Redis) -> None:
    done, later = (desk.announce(desk.helpdesk.open(QUESTION)) for _ in range(2))
    worker.handle(desk.services, done)
    put_off = deliveries.get(desk.services.ledger, later)
    assert put_off is not None
    deliveries.postpone(desk.services.ledger, put_off, desk.clock() + 30, "away")
    assert reap(desk.services) == 0
    assert waiting(broker) == {}


def test_without_a_broker_nothing_is_marked_as_done(desk: Desk) -> None:
    desk.announce(desk.helpdesk.open(QUESTION))
    with pytest.raises(BrokerGone):
        reap(desk.services)
    assert len(deliveries.unfinished(desk.services.ledger, desk.clock())) == 1


# The sweep


def announced(desk: Desk) -> list[tuple[str, str]]:
    with desk.services.ledger.read() as connection:
        rows = connection.execute(select(table.c.ticket_id, table.c.kind).order_by("ticket_id"))
        return [(row.ticket_id, row.kind) for row in rows]


def cursor(desk: Desk) -> str | None:
    return cursors.get(desk.services.ledger, HELPDESK, cursors.TICKETS)


def test_a_ticket_whose_webhook_never_came_is_answered_all_the_same(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    assert sweep_tickets(desk.services, HELPDESK) == 1
    assert announced(desk) == [(ticket, "changed")]
    (found,) = deliveries.unfinished(desk.services.ledger, desk.clock())
    worker.handle(desk.services, found.id)
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_the_next_sweep_goes_on_where_the_last_one_stood(desk: Desk) -> None:
    desk.helpdesk.open(QUESTION)
    sweep_tickets(desk.services, HELPDESK)
    assert cursor(desk) == str(desk.clock())
    desk.clock.pass_by(60)
    assert sweep_tickets(desk.services, HELPDESK) == 0
    newer = desk.helpdesk.open(QUESTION)
    assert sweep_tickets(desk.services, HELPDESK) == 1
    assert newer in {ticket for ticket, _ in announced(desk)}


def test_what_was_read_since_it_changed_is_not_read_again(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    assert sweep_tickets(desk.services, HELPDESK) == 0
    desk.clock.pass_by(5)
    desk.helpdesk.say(ticket, TOM, "Open Settings.")
    assert sweep_tickets(desk.services, HELPDESK) == 1


def test_a_sweep_that_runs_twice_records_once(desk: Desk) -> None:
    desk.helpdesk.open(QUESTION)
    assert sweep_tickets(desk.services, HELPDESK) == 1
    assert sweep_tickets(desk.services, HELPDESK) == 0
    assert len(announced(desk)) == 1


class Killed(BaseException):
    """The process ends here."""


def test_a_sweep_killed_before_it_saved_its_cursor_recorded_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.helpdesk.open(QUESTION)

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(cursors, "save", die)
    with pytest.raises(Killed):
        sweep_tickets(desk.services, HELPDESK)
    monkeypatch.undo()
    assert (announced(desk), cursor(desk)) == ([], None)
    assert sweep_tickets(desk.services, HELPDESK) == 1


def test_a_sweep_killed_before_it_committed_has_no_cursor_either(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.helpdesk.open(QUESTION)
    save = cursors.save

    def save_and_die(connection: Connection, *rest: str, **_: object) -> None:
        save(connection, HELPDESK, cursors.TICKETS, "far", 0.0)
        raise Killed

    monkeypatch.setattr(cursors, "save", save_and_die)
    with pytest.raises(Killed):
        sweep_tickets(desk.services, HELPDESK)
    assert (announced(desk), cursor(desk)) == ([], None)


def test_each_page_is_kept_before_the_next_is_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (desk.helpdesk.open(QUESTION) for _ in range(2))
    asked: list[str | None] = []

    def changed(since: str | None) -> Iterator[Page[TicketRef]]:
        asked.append(since)
        for number, ticket in enumerate((first, second) if since is None else (second,), start=1):
            updated = desk.helpdesk.tickets[ticket].updated_at
            assert updated is not None
            if since is None and number == 2:
                raise Killed
            yield Page((TicketRef(ticket, updated),), f"page {number}")

    monkeypatch.setattr(desk.helpdesk, "changed", changed)
    with pytest.raises(Killed):
        sweep_tickets(desk.services, HELPDESK)
    assert (announced(desk), cursor(desk)) == ([(first, "changed")], "page 1")
    sweep_tickets(desk.services, HELPDESK)
    assert asked == [None, "page 1"]
    assert announced(desk) == [(first, "changed"), (second, "changed")]
