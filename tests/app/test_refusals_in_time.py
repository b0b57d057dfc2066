"""Refused accounts as time goes by: who tries for all of them, and what does not stop them all."""

from __future__ import annotations

from app import jobs, put_off, refusals, worker
from app.ledger import deliveries
from connectors.errors import Forbidden, Unreachable
from tests.app.refusing import A_WHILE, QUESTION, SECOND, WRONG_KEY, Two, two

__all__ = ["two"]


def test_whoever_only_reads_does_not_use_up_the_try_of_those_who_write(two: Two) -> None:
    """Else an account with enough new tickets would be left alone for ever."""
    settings = two.services.settings.model_copy(update={"quiet_seconds": 8.0})
    two.services.settings = settings

    def refuse() -> None:
        raise Forbidden("Zendesk answered 403: the scope tickets:write is missing")

    two[SECOND].before_write = refuse
    for _ in range(3):
        two.asked(SECOND)
    two.desk.clock.pass_by(10)
    two.work_off()
    assert refusals.seconds_to_wait(two.services, SECOND) > 0
    two[SECOND].before_write = lambda: None  # allowed by now
    jobs.bind(two.services)
    for _ in range(2 * int(refusals.REST) // 100):
        two.asked(SECOND)
        two.desk.clock.pass_by(100)
        jobs.sweep_tickets(SECOND)
        two.work_off()
    assert refusals.refusal(two.services.shared, SECOND) is None
    assert two[SECOND].writes


def test_tickets_that_are_forbidden_for_themselves_do_not_hold_up_all_others_for_ever(
    two: Two,
) -> None:
    two[SECOND].refuses = Forbidden("Zendesk answered 403: suspended")
    hidden = [two.asked(SECOND) for _ in range(2)]
    ticket_id = two.asked(SECOND)
    two[SECOND].refuses = None
    two[SECOND].forbidden = {each: Forbidden("Zendesk answered 403: private") for each in hidden}
    for _ in range(3):
        for seconds in (refusals.REST, put_off.BEHIND):
            two.desk.clock.pass_by(seconds)
            two.work_off()
    assert len(two[SECOND].notes(ticket_id)) == 1


def test_a_clock_that_was_set_back_does_not_leave_an_account_alone_for_so_long(two: Two) -> None:
    two[SECOND].refuses = WRONG_KEY
    two.asked(SECOND)
    two.desk.clock.pass_by(-86_400)
    assert refusals.seconds_to_wait(two.services, SECOND) == 0
    assert refusals.seconds_to_wait(two.services, SECOND) == refusals.REST


def test_however_many_wait_they_cost_no_job_each_whenever_it_is_tried_again(two: Two) -> None:
    two[SECOND].refuses = WRONG_KEY
    for _ in range(6):
        two.asked(SECOND)
    two.desk.clock.pass_by(A_WHILE)
    oldest, second, *others = deliveries.unfinished(two.services.ledger, two.now)
    assert len(others) == 4
    worker.handle(two.services, oldest.id)  # tries, for all of them
    worker.handle(two.services, second.id)
    assert deliveries.unfinished(two.services.ledger, two.now) == []


def test_two_tickets_that_stay_forbidden_do_not_stop_their_account_time_after_time(
    two: Two,
) -> None:
    hidden = [two[SECOND].open(QUESTION) for _ in range(2)]
    two[SECOND].forbidden = {each: Forbidden("Zendesk answered 403: private") for each in hidden}
    for ticket_id in hidden:
        worker.handle(two.services, two.announce(SECOND, ticket_id))
    jobs.bind(two.services)
    left_alone = 0
    for _ in range(4 * 60):
        two.desk.clock.pass_by(60)
        jobs.sweep_tickets(SECOND)
        two.work_off()
        found = refusals.refusal(two.services.shared, SECOND)
        left_alone += found is not None and found.until > 0
    # Once when they were first seen, once when a sweep announced them anew.
    assert left_alone * 60 <= 2 * refusals.REST


def test_tries_that_a_long_refusal_cost_are_given_back(two: Two) -> None:
    def refuse() -> None:
        raise WRONG_KEY

    two[SECOND].before_write = refuse
    ticket_id = two.asked(SECOND)
    for _ in range(put_off.MOST_ATTEMPTS + 2):
        two.desk.clock.pass_by(A_WHILE)
        two.work_off()
    two[SECOND].before_write = lambda: None
    refusals.try_again(two.services)
    two[SECOND].failing = [Unreachable("No answer in time")]
    for _ in range(4):
        two.work_off()
        two.desk.clock.pass_by(60)
    assert len(two[SECOND].notes(ticket_id)) == 1
