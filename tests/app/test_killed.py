"""A ticket that kills whoever works on it is given up after a few tries, and no other is."""

from __future__ import annotations

from app import put_off, worker
from app.domain import RunState
from app.ledger import deliveries, runs
from connectors.errors import Unreachable
from tests.app.fakes import Desk

QUESTION = "How do I export all projects?"


def test_an_announcement_that_kills_every_time_is_given_up(desk: Desk) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    for _ in range(put_off.MOST_ATTEMPTS_AT_A_BUG):
        assert deliveries.get(desk.services.ledger, delivery) is not None
        worker.note_killed(desk.services, "handle_delivery", delivery)
    assert deliveries.get(desk.services.ledger, delivery) is None


def test_a_run_that_kills_every_time_fails_and_says_why(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION, channel="chat")
    worker.handle(desk.services, desk.announce(ticket))
    (run,) = runs.listed(desk.services.ledger)
    assert run.state is RunState.BEGUN
    for _ in range(put_off.MOST_ATTEMPTS_AT_A_BUG):
        worker.note_killed(desk.services, "work_run", run.id)
    (ended,) = runs.listed(desk.services.ledger)
    assert ended.state is RunState.FAILED
    assert ended.error == "The process that worked on it was killed"


def test_one_death_delays_and_costs_no_answer(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    delivery = desk.announce(ticket)
    worker.note_killed(desk.services, "handle_delivery", delivery)
    desk.clock.pass_by(2)
    worker.handle(desk.services, delivery)
    assert len(desk.helpdesk.notes(ticket)) == 1
    worker.note_killed(desk.services, "handle_delivery", delivery)
    (run,) = runs.listed(desk.services.ledger)
    assert run.state is RunState.APPLIED


def test_a_death_after_a_long_outage_ends_nothing(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    delivery = desk.announce(ticket)
    for _ in range(put_off.MOST_ATTEMPTS_AT_A_BUG + 1):
        desk.helpdesk.failing = [Unreachable("Zendesk did not answer in time")]
        worker.handle(desk.services, delivery)
    worker.note_killed(desk.services, "handle_delivery", delivery)
    worker.handle(desk.services, delivery)
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_a_death_after_many_refused_writes_ends_no_run(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def away() -> None:
        raise Unreachable("Zendesk did not answer in time")

    desk.helpdesk.before_write = away
    worker.handle(desk.services, desk.announce(ticket))
    (run,) = runs.listed(desk.services.ledger)
    for _ in range(put_off.MOST_ATTEMPTS_AT_A_BUG):
        desk.clock.pass_by(put_off.LONGEST_WAIT)
        worker.work(desk.services, run.id)
    worker.note_killed(desk.services, "work_run", run.id)
    desk.helpdesk.before_write = lambda: None
    desk.clock.pass_by(put_off.LONGEST_WAIT)
    worker.work(desk.services, run.id)
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_what_works_on_no_ticket_is_nobodys_failure(desk: Desk) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    worker.note_killed(desk.services, "sweep_tickets", "zendesk")
    worker.note_killed(desk.services, "work_run", "no-such-run")
    found = deliveries.get(desk.services.ledger, delivery)
    assert found is not None
    assert found.attempts == 0
