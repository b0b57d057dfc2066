"""What may pass is waited out, what cannot is said once, and no announcement is lost."""

from __future__ import annotations

import pytest
from rq.timeouts import JobTimeoutException

from app import put_off, worker
from app.ledger import deliveries, leases, runs
from app.ledger.deliveries import Announcement
from app.ledger.runs import Run
from app.ledger.store import LedgerDown
from connectors.errors import AuthFailed, RateLimited, Rejected, Unreachable
from connectors.types import EventKind, Feature
from tests.app.fakes import HELPDESK, Desk

QUESTION = "How do I export all projects?"


def only_run(desk: Desk) -> Run:
    (run,) = runs.listed(desk.services.ledger)
    return run


def test_a_rate_limit_is_waited_out_as_long_as_the_helpdesk_asks(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.failing = [RateLimited("Too many", retry_after=93)]
    delivery = desk.announce(ticket)
    worker.handle(desk.services, delivery)
    assert deliveries.unfinished(desk.services.ledger, desk.clock() + 92) == []
    (due,) = deliveries.unfinished(desk.services.ledger, desk.clock() + 93)
    assert due.id == delivery
    desk.clock.pass_by(93)
    worker.handle(desk.services, delivery)
    assert len(desk.helpdesk.notes(ticket)) == 1


@pytest.mark.parametrize("asked", [None, 30.0])
def test_a_rate_limit_of_the_account_uses_up_no_tickets_tries(
    desk: Desk, asked: float | None
) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    delivery = desk.announce(ticket)
    for _ in range(put_off.MOST_ATTEMPTS + 1):
        desk.helpdesk.failing = [RateLimited("Too many", retry_after=asked)]
        worker.handle(desk.services, delivery)
        desk.clock.pass_by(asked or put_off.A_MINUTE)
    worker.handle(desk.services, delivery)
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_nor_those_of_a_run(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION, channel="chat")
    worker.handle(desk.services, desk.announce(ticket))
    for _ in range(put_off.MOST_ATTEMPTS + 1):
        desk.clock.pass_by(put_off.A_MINUTE)
        desk.helpdesk.failing = [RateLimited("Too many")]
        worker.work(desk.services, only_run(desk).id)
        assert not only_run(desk).finished
    desk.clock.pass_by(put_off.A_MINUTE)
    worker.work(desk.services, only_run(desk).id)
    assert len(desk.helpdesk.notes(ticket)) == 1


@pytest.mark.parametrize("conditional", [True, False])
def test_a_write_without_an_answer_is_given_time_to_land_unless_a_second_one_is_refused(
    desk: Desk, conditional: bool
) -> None:
    if not conditional:
        desk.helpdesk.supports = frozenset(Feature) - {Feature.CONDITIONAL_WRITE}
    desk.helpdesk.lost_answers = [Unreachable("Zendesk did not answer in time")]
    worker.handle(desk.services, desk.announce(desk.helpdesk.open(QUESTION)))
    wait = only_run(desk).due_at - desk.clock()
    assert (wait >= desk.services.settings.landing_seconds) is not conditional


def test_a_helpdesk_that_asks_for_months_is_asked_again_the_same_day(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.failing = [RateLimited("Too many", retry_after=90 * 86_400)]
    worker.handle(desk.services, desk.announce(ticket))
    assert len(deliveries.unfinished(desk.services.ledger, desk.clock() + 7200)) == 1


def test_no_ticket_is_lost_while_a_secret_is_changed(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    delivery = desk.announce(ticket)
    desk.helpdesk.failing = [AuthFailed("The token was revoked")]
    worker.handle(desk.services, delivery)
    desk.clock.pass_by(10)
    worker.handle(desk.services, delivery)
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_what_the_helpdesk_refuses_for_good_is_not_tried_again(desk: Desk) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    desk.helpdesk.failing = [Rejected("No such field")]
    worker.handle(desk.services, delivery)
    assert deliveries.unfinished(desk.services.ledger, desk.clock() + 1e6) == []


def test_a_body_is_let_go_once_its_announcement_was_handled(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    with desk.services.ledger.write() as connection:
        item = Announcement("key", ticket, EventKind.CREATED, body=b"what the customer wrote")
        ((delivery, _),) = deliveries.record(connection, HELPDESK, [item], desk.clock())
    worker.handle(desk.services, delivery)
    with desk.services.ledger.read() as connection:
        kept = connection.exec_driver_sql("select body from deliveries").scalars().all()
    assert kept == [None]


def test_a_bug_of_ours_loses_no_announcement_and_ends_after_a_few_tries(desk: Desk) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    for _ in range(put_off.MOST_ATTEMPTS_AT_A_BUG):
        assert deliveries.get(desk.services.ledger, delivery) is not None
        desk.helpdesk.failing = [ZeroDivisionError("ours")]
        worker.handle(desk.services, delivery)
    assert deliveries.get(desk.services.ledger, delivery) is None


@pytest.mark.parametrize(
    "error", [JobTimeoutException("Task exceeded maximum timeout value"), LedgerDown("Locked")]
)
def test_a_helpdesk_that_hangs_or_a_ledger_that_is_busy_is_no_bug_of_ours(
    desk: Desk, error: Exception
) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    for _ in range(put_off.MOST_ATTEMPTS_AT_A_BUG):
        desk.helpdesk.failing = [error]
        worker.handle(desk.services, delivery)
    assert deliveries.get(desk.services.ledger, delivery) is not None


def test_a_deleted_ticket_is_done_with(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    delivery = desk.announce(ticket)
    del desk.helpdesk.tickets[ticket]
    worker.handle(desk.services, delivery)
    assert deliveries.get(desk.services.ledger, delivery) is None
    assert runs.listed(desk.services.ledger) == []


def test_a_ticket_that_somebody_works_on_is_left_for_later(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    delivery = desk.announce(ticket)
    with leases.lease(desk.services.ledger, HELPDESK, ticket, 60, desk.clock):
        worker.handle(desk.services, delivery)
        assert desk.helpdesk.reads == 0
    desk.clock.pass_by(2)
    worker.handle(desk.services, delivery)
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_waiting_for_a_busy_ticket_is_not_counted_as_a_failure(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    delivery = desk.announce(ticket)
    with leases.lease(desk.services.ledger, HELPDESK, ticket, 60, desk.clock):
        worker.handle(desk.services, delivery)
    found = deliveries.get(desk.services.ledger, delivery)
    assert found is not None
    assert (found.attempts, found.due_at > desk.clock()) == (0, True)


@pytest.mark.parametrize("attempts", [0, 1, 5, 20])
def test_waits_grow_and_are_bounded(attempts: int) -> None:
    wait = put_off.seconds_between(Unreachable("x"), attempts)
    assert 1.0 <= wait <= put_off.LONGEST_WAIT
    assert wait == min(2.0**attempts, put_off.LONGEST_WAIT)
