"""Attempts to write that fail: what the next one must look for, and what is no failure."""

from __future__ import annotations

import pytest

from app import put_off, refusals, worker
from app.domain import RunState
from app.ledger import runs
from app.ledger.runs import Run
from connectors.errors import (
    AuthFailed,
    HelpdeskError,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
    VendorBroken,
)
from tests.app.fakes import Desk

QUESTION = "How do I export all projects?"


def only_run(desk: Desk) -> Run:
    (run,) = runs.listed(desk.services.ledger)
    return run


@pytest.mark.parametrize(
    ("error", "unsure"),
    [
        (Unreachable("No answer in time"), True),
        (VendorBroken("A proxy's page"), True),
        (RateLimited("Too many calls", retry_after=3), False),
        (AuthFailed("The token has ended"), False),
    ],
)
def test_only_an_attempt_that_may_have_written_makes_the_next_one_look_for_what_it_wrote(
    desk: Desk, error: HelpdeskError, unsure: bool
) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def refuse() -> None:
        desk.helpdesk.before_write = lambda: None
        raise error

    desk.helpdesk.before_write = refuse
    worker.handle(desk.services, desk.announce(ticket))
    desk.clock.pass_by(refusals.REST + put_off.BEHIND)
    worker.work(desk.services, only_run(desk).id)
    assert desk.helpdesk.again == [False, unsure]
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_what_was_unsure_once_stays_so_until_it_is_settled(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    faults: list[HelpdeskError] = [Unreachable("No answer"), RateLimited("Too many calls")]

    def refuse() -> None:
        if faults:
            raise faults.pop(0)

    desk.helpdesk.before_write = refuse
    worker.handle(desk.services, desk.announce(ticket))
    for _ in range(2):
        desk.clock.pass_by(120)
        worker.work(desk.services, only_run(desk).id)
    assert desk.helpdesk.again == [False, True, True]


@pytest.mark.parametrize("ended", ["close", "solve"])
def test_a_write_that_is_refused_because_the_ticket_has_ended_is_no_failure(
    desk: Desk, ended: str
) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def refuse() -> None:
        getattr(desk.helpdesk, ended)(ticket)
        raise Rejected("This conversation is archived and takes no changes")

    desk.helpdesk.before_write = refuse
    worker.handle(desk.services, desk.announce(ticket))
    run = only_run(desk)
    assert (run.state, run.reasons[-1].code) == (RunState.SKIPPED, f"{ended}d")


def test_a_ticket_that_is_deleted_before_the_write_is_no_failure(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def delete() -> None:
        del desk.helpdesk.tickets[ticket]
        raise NotFound("There is no such ticket")

    desk.helpdesk.before_write = delete
    worker.handle(desk.services, desk.announce(ticket))
    run = only_run(desk)
    assert (run.state, run.error) == (RunState.SKIPPED, None)
    assert run.reasons[-1].code == "gone"


def test_what_a_write_did_not_find_may_be_no_ticket_and_is_tried_again(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def refuse() -> None:
        desk.helpdesk.before_write = lambda: None
        raise NotFound("There is no such group")

    desk.helpdesk.before_write = refuse
    worker.handle(desk.services, desk.announce(ticket))
    run = only_run(desk)
    assert run.state is RunState.APPLYING
    assert "There is no such group" in (run.error or "")
    desk.clock.pass_by(120)
    worker.work(desk.services, run.id)
    assert only_run(desk).state is RunState.APPLIED
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_a_write_that_is_refused_for_another_reason_is_one(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def refuse() -> None:
        raise Rejected("The field Category is required")

    desk.helpdesk.before_write = refuse
    worker.handle(desk.services, desk.announce(ticket))
    run = only_run(desk)
    assert (run.state, run.error) == (RunState.FAILED, "The field Category is required")
