"""Refused credentials: said once and loudly, no other account is held up, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from app import jobs, put_off, refusals, worker
from app.domain import RunState
from app.ledger import runs
from app.scheduler import run_scheduler
from connectors.errors import Forbidden, Misconfigured, Unreachable
from tests.app.refusing import A_WHILE, FIRST, QUESTION, SECOND, WRONG_KEY, Two, two

__all__ = ["two"]


def errors(logs: list[Any]) -> list[Any]:
    return [line for line in logs if line["log_level"] in {"warning", "error"}]


def test_refused_credentials_are_said_once_with_what_to_do(two: Two) -> None:
    two[SECOND].refuses = WRONG_KEY
    with capture_logs() as logs:
        for _ in range(5):
            two.asked(SECOND)
    (line,) = errors(logs)
    assert (line["event"], line["log_level"]) == ("credentials refused", "error")
    assert line["error"] == str(WRONG_KEY)
    assert "ZENDESK_EU_" in line["remedy"]
    assert "doctor --helpdesk zendesk-eu" in line["remedy"]


def test_the_further_tickets_of_a_refused_account_call_nobody(two: Two) -> None:
    two[SECOND].refuses = WRONG_KEY
    for _ in range(5):
        two.asked(SECOND)
    assert two[SECOND].reads == 1
    assert len(two.waiting(SECOND)) == 5


def test_no_other_account_is_held_up(two: Two) -> None:
    two[SECOND].refuses = WRONG_KEY
    two.asked(SECOND)
    ticket_id = two.asked(FIRST)
    assert len(two[FIRST].notes(ticket_id)) == 1


@pytest.mark.parametrize("fault", [WRONG_KEY, Misconfigured(["ZENDESK_EU_URL: is missing"])])
def test_one_job_tries_again_each_while_however_many_wait(two: Two, fault: Exception) -> None:
    two[SECOND].refuses = fault
    for _ in range(4):
        two.asked(SECOND)
    with capture_logs() as logs:
        for number in range(1, put_off.MOST_ATTEMPTS + 2):
            two.desk.clock.pass_by(A_WHILE)
            two.work_off()
            if fault is WRONG_KEY:
                assert two[SECOND].reads == 1 + number
    assert errors(logs) == [], "it was said before"
    assert len(two.waiting(SECOND)) == 4, "more often than any other fault is put up with"


def test_what_waited_is_done_as_soon_as_the_credentials_are_right_again(two: Two) -> None:
    two[SECOND].refuses = WRONG_KEY
    tickets = [two.asked(SECOND) for _ in range(4)]
    two.desk.clock.pass_by(A_WHILE)
    two.work_off()
    two[SECOND].refuses = None
    two.desk.clock.pass_by(A_WHILE)
    two.work_off()
    two.work_off()  # due at once, and not in ten minutes
    assert [len(two[SECOND].notes(each)) for each in tickets] == [1] * 4
    assert refusals.refusal(two.services.shared, SECOND) is None


def test_a_run_in_the_middle_of_its_writing_goes_on_where_it_was(two: Two) -> None:
    def refuse() -> None:
        raise WRONG_KEY

    two[SECOND].before_write = refuse
    ticket_id = two.asked(SECOND)
    two.work_off()
    two.desk.clock.pass_by(A_WHILE)
    two[SECOND].before_write = lambda: None
    two.work_off()
    (run,) = runs.listed(two.services.ledger, SECOND)
    assert run.state is RunState.APPLIED
    assert len(two[SECOND].notes(ticket_id)) == 1


def test_reading_does_not_prove_that_writing_is_allowed_again(two: Two) -> None:
    def refuse() -> None:
        raise Forbidden("Zendesk answered 403: the scope tickets:write is missing")

    two[SECOND].before_write = refuse
    with capture_logs() as logs:
        for _ in range(5):
            two.asked(SECOND)
    told = [line for line in logs if line["log_level"] == "error"]
    assert len(told) == 1
    assert refusals.seconds_to_wait(two.services, SECOND) > 0


def test_one_forbidden_ticket_leaves_the_others_of_its_account_alone(two: Two) -> None:
    hidden = two[SECOND].open(QUESTION)
    two[SECOND].forbidden[hidden] = Forbidden("Zendesk answered 403: not this ticket")
    delivery = two.announce(SECOND, hidden)
    with capture_logs() as logs:
        worker.handle(two.services, delivery)
        worker.handle(two.services, delivery)
    assert {line["event"] for line in errors(logs)} == {"announcement put off"}
    assert refusals.seconds_to_wait(two.services, SECOND) == 0
    ticket_id = two.asked(SECOND)
    assert len(two[SECOND].notes(ticket_id)) == 1


def test_a_ticket_that_stays_forbidden_is_given_up_at_last(two: Two) -> None:
    hidden = two[SECOND].open(QUESTION)
    two[SECOND].forbidden[hidden] = Forbidden("Zendesk answered 403: not this ticket")
    delivery = two.announce(SECOND, hidden)
    for _ in range(put_off.MOST_ATTEMPTS):
        assert two.waiting(SECOND)
        worker.handle(two.services, delivery)
    assert two.waiting(SECOND) == []


def test_an_account_where_nothing_is_allowed_is_left_alone_from_the_second_ticket_on(
    two: Two,
) -> None:
    two[SECOND].refuses = Forbidden("Zendesk answered 403: suspended")
    with capture_logs() as logs:
        for _ in range(6):
            two.asked(SECOND)
    assert two[SECOND].reads == 2
    assert [line["event"] for line in logs if line["log_level"] == "error"] == [
        "credentials refused"
    ]


def test_sweeps_and_syncs_of_a_refused_account_call_nobody_either(two: Two) -> None:
    jobs.bind(two.services)
    two[SECOND].refuses = WRONG_KEY
    with capture_logs() as logs:
        for _ in range(3):
            jobs.sweep_tickets(SECOND)
            jobs.sync_knowledge(SECOND)
    assert [line["event"] for line in errors(logs)] == ["credentials refused"]
    assert two[SECOND].feed_reads == 1
    jobs.sweep_tickets(FIRST)
    assert two[FIRST].feed_reads == 1


def test_a_sweep_that_succeeds_lets_the_tickets_go_on(two: Two) -> None:
    jobs.bind(two.services)
    two[SECOND].refuses = WRONG_KEY
    ticket_id = two.asked(SECOND)
    two[SECOND].refuses = None
    two.desk.clock.pass_by(A_WHILE)
    jobs.sweep_tickets(SECOND)
    two.work_off()
    assert len(two[SECOND].notes(ticket_id)) == 1


def test_settings_that_cannot_be_read_any_more_stop_no_duty_of_another_account(two: Two) -> None:
    jobs.bind(two.services)
    two[SECOND].refuses = Misconfigured(["ZENDESK_EU_CLIENT_SECRET_FILE: cannot be read"])
    with capture_logs() as logs:
        jobs.sweep_tickets(SECOND)
    assert [line["event"] for line in errors(logs)] == ["credentials refused"]
    jobs.sweep_tickets(FIRST)
    assert two[FIRST].feed_reads == 1


def test_whoever_starts_us_anew_is_not_kept_waiting(two: Two) -> None:
    two[SECOND].refuses = WRONG_KEY
    ticket_id = two.asked(SECOND)
    two[SECOND].refuses = None  # mended in the settings
    run_scheduler(two.services, sleep=lambda _: None, going=iter([False]))
    two.work_off()
    assert len(two[SECOND].notes(ticket_id)) == 1


def test_other_faults_are_no_refusal(two: Two) -> None:
    two[SECOND].failing = [Unreachable("No answer in time")]
    two.asked(SECOND)
    assert refusals.refusal(two.services.shared, SECOND) is None
