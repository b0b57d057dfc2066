"""Refused credentials: said once and loudly, no other account is held up, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app import jobs, put_off, refusals, worker
from app.domain import RunState
from app.ledger import deliveries, runs
from app.ledger.deliveries import Announcement, Delivery
from app.scheduler import run_scheduler
from connectors.base import Connector
from connectors.errors import AuthFailed, Forbidden, HelpdeskError, Misconfigured, Unreachable
from connectors.types import EventKind
from tests.app.fakes import Desk, DeskServices, FakeHelpdesk

QUESTION = "I want to speak to a human, please."  # gets a note, whatever the knowledge says
FIRST, SECOND = "zendesk", "zendesk-eu"
WRONG_KEY = AuthFailed("Zendesk answered 401: invalid_token")


@dataclass
class Refusing(FakeHelpdesk):
    """A helpdesk that can refuse whoever calls, for as long as it is told to."""

    refuses: Exception | None = None
    forbidden: dict[str, HelpdeskError] = field(default_factory=dict)
    feed_reads: int = 0

    def ticket(self, ticket_id: str) -> Any:
        if self.refuses or ticket_id in self.forbidden:
            self.reads += 1
            raise self.refuses or self.forbidden[ticket_id]
        return super().ticket(ticket_id)

    def changed(self, cursor: str | None) -> Any:
        self.feed_reads += 1
        if self.refuses:
            raise self.refuses
        return super().changed(cursor)


class TwoServices(DeskServices):
    """Two accounts behind one ledger."""

    accounts: Mapping[str, Refusing]

    def connector(self, helpdesk: str) -> Connector:
        found = self.accounts[helpdesk]
        if isinstance(found.refuses, Misconfigured):
            raise found.refuses
        return found


@dataclass
class Two:
    """Two accounts, and what befalls them."""

    desk: Desk
    services: TwoServices

    def __getitem__(self, account: str) -> Refusing:
        return self.services.accounts[account]

    def announce(self, account: str, ticket_id: str) -> str:
        with self.services.ledger.write() as connection:
            item = Announcement(f"{ticket_id}-{self.now}", ticket_id, EventKind.CREATED)
            ((delivery, _),) = deliveries.record(connection, account, [item], self.now)
        return delivery

    def asked(self, account: str, text: str = QUESTION) -> str:
        """A customer writes in, the webhook comes, a worker looks; returns the ticket's id."""
        ticket_id = self[account].open(text)
        worker.handle(self.services, self.announce(account, ticket_id))
        return ticket_id

    @property
    def now(self) -> float:
        return self.desk.clock()

    def waiting(self, account: str) -> list[Delivery]:
        found = deliveries.unfinished(self.services.ledger, self.now + 1e9)
        return [each for each in found if each.helpdesk == account]

    def work_off(self) -> None:
        """Do what is due now, as the reaper and a worker would."""
        for delivery in deliveries.unfinished(self.services.ledger, self.now):
            worker.handle(self.services, delivery.id)
        for run_id in runs.unfinished(self.services.ledger, self.now):
            worker.work(self.services, run_id)


@pytest.fixture
def two(tmp_path: Path, broker_url: str) -> Iterator[Two]:
    desk = Desk.at(tmp_path, quiet=0)
    settings = desk.services.settings.model_copy(
        update={"redis_url": broker_url, "helpdesks": (FIRST, SECOND)}
    )
    services = TwoServices(settings, {}, clock=desk.clock, new_id=desk.services.new_id)
    services.vectors.named.update(desk.services.vectors.named)
    services.accounts = {FIRST: Refusing(desk.clock), SECOND: Refusing(desk.clock)}
    yield Two(desk, services)
    services.let_go()
    desk.services.let_go()


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
            two.desk.clock.pass_by(refusals.REST)
            two.work_off()
            if fault is WRONG_KEY:
                assert two[SECOND].reads == 1 + number
    assert errors(logs) == [], "it was said before"
    assert len(two.waiting(SECOND)) == 4, "more often than any other fault is put up with"


def test_what_waited_is_done_as_soon_as_the_credentials_are_right_again(two: Two) -> None:
    two[SECOND].refuses = WRONG_KEY
    tickets = [two.asked(SECOND) for _ in range(4)]
    two.desk.clock.pass_by(refusals.REST)
    two.work_off()
    two[SECOND].refuses = None
    two.desk.clock.pass_by(refusals.REST)
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
    two.desk.clock.pass_by(refusals.REST)
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
    worker.handle(two.services, delivery)
    worker.handle(two.services, delivery)
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
    two.desk.clock.pass_by(refusals.REST)
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
