"""Sending by tag when things go wrong: nothing twice, and nobody left without a word."""

from __future__ import annotations

from typing import Any

import pytest

from app import worker
from app.domain import RunState, SignalKind, Trigger
from app.ledger import lessons, run_states
from app.pipeline.render import SEND_TAG
from connectors.errors import RateLimited, Rejected, Unreachable
from connectors.types import EventKind, Feature
from tests.app.asking import (
    customer_writes,
    look,
    refusals,
    replies,
    run_of,
    settle,
    tagged,
)
from tests.app.fakes import HELPDESK, Desk


def test_an_answer_that_got_lost_does_not_send_twice(desk: Desk) -> None:
    ticket = tagged(desk)
    desk.helpdesk.lost_answers = [Unreachable("No answer in time")]
    look(desk, ticket)
    desk.clock.pass_by(10)
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1
    run = run_of(desk, ticket, Trigger.SEND)
    assert run.state is RunState.APPLIED
    assert run.receipt is not None
    assert run.receipt.found


def test_a_passing_fault_is_waited_out(desk: Desk) -> None:
    ticket = tagged(desk)

    def refuse() -> None:
        desk.helpdesk.before_write = lambda: None
        raise RateLimited("Too many calls", retry_after=3)

    desk.helpdesk.before_write = refuse
    look(desk, ticket)
    assert replies(desk, ticket) == []
    desk.clock.pass_by(10)
    settle(desk)
    assert len(replies(desk, ticket)) == 1


@pytest.mark.parametrize(
    ("unsure", "told"),
    [
        (False, "It could not be sent (The field Category is required): please send it yourself."),
        (True, "Nobody can tell whether it went out: look at it before you send it again."),
    ],
)
def test_what_the_helpdesk_refuses_for_good_is_told_to_who_asked(
    desk: Desk, unsure: bool, told: str
) -> None:
    ticket = tagged(desk)

    def refuse() -> None:
        desk.helpdesk.before_write = lambda: None
        error = Rejected("The field Category is required.")
        error.unsure = unsure
        raise error

    desk.helpdesk.before_write = refuse
    look(desk, ticket)
    (waiting,) = desk.waiting()
    worker.handle(desk.services, waiting)
    assert refusals(desk, ticket) == [f"Not sent\n\n{told}"]
    assert replies(desk, ticket) == []
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    assert replies(desk, ticket) == []


def test_an_agent_who_takes_the_tag_off_in_time_is_heeded(desk: Desk) -> None:
    ticket = tagged(desk)
    desk.helpdesk.failing = [Unreachable("down")]
    delivery = desk.announce(ticket, EventKind.CHANGED)
    worker.handle(desk.services, delivery)
    desk.helpdesk.untag(ticket, SEND_TAG)
    desk.clock.pass_by(10)
    worker.handle(desk.services, delivery)
    assert replies(desk, ticket) == []


def test_a_run_that_was_begun_is_dropped_when_the_tag_is_taken_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = tagged(desk)

    def fails(_: object) -> str:
        raise Unreachable("down")

    with monkeypatch.context() as patch:
        patch.setattr(desk.helpdesk, "delivery_doubt", fails)
        look(desk, ticket)
    desk.helpdesk.untag(ticket, SEND_TAG)
    desk.clock.pass_by(60)
    settle(desk)
    run = run_of(desk, ticket, Trigger.SEND)
    assert [reason.code for reason in run.reasons] == ["taken_back"]
    assert replies(desk, ticket) == []
    assert refusals(desk, ticket) == []


@pytest.mark.parametrize("atomic", [True, False])
def test_a_tag_taken_off_while_a_fault_is_waited_out_is_heeded_where_only_a_person_can_have(
    desk: Desk, atomic: bool
) -> None:
    if not atomic:
        desk.helpdesk.supports -= {Feature.ATOMIC_WRITE}
    ticket = tagged(desk)

    def refuse() -> None:
        desk.helpdesk.before_write = lambda: None
        raise RateLimited("Too many calls", retry_after=3)

    desk.helpdesk.before_write = refuse
    look(desk, ticket)
    desk.helpdesk.untag(ticket, SEND_TAG)
    desk.clock.pass_by(10)
    settle(desk)
    assert len(replies(desk, ticket)) == (0 if atomic else 1)
    assert refusals(desk, ticket) == []
    if atomic:
        desk.helpdesk.tag(ticket, SEND_TAG)
        look(desk, ticket)
        assert replies(desk, ticket) == []
        assert "The tag was taken off once before" in refusals(desk, ticket)[0]


def test_a_connector_that_took_the_tag_off_before_it_was_overtaken_leaves_nobody_without_a_word(
    desk: Desk,
) -> None:
    ticket = tagged(desk)

    def meanwhile() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.helpdesk.untag(ticket, SEND_TAG)
        customer_writes(desk, ticket)

    desk.helpdesk.before_write = meanwhile
    look(desk, ticket)
    assert replies(desk, ticket) == []
    assert len(refusals(desk, ticket)) == 1


class Death(BaseException):
    """The process dies."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["begin", "plan", "start_applying", "apply", "finish", "keep"])
def test_a_worker_that_dies_at_any_step_sends_once_and_learns_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool
) -> None:
    ticket = tagged(desk)
    owner: Any = {"apply": desk.helpdesk, "keep": lessons}.get(step, run_states)
    genuine = getattr(owner, step)

    def dies(*args: Any, **kwargs: Any) -> Any:
        if after:
            genuine(*args, **kwargs)
        raise Death

    delivery = desk.announce(ticket, EventKind.CHANGED)
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, dies)
        with pytest.raises(Death):
            worker.handle(desk.services, delivery)
    for _ in range(3):
        desk.clock.pass_by(30)
        for waiting in desk.waiting():
            worker.handle(desk.services, waiting)
        settle(desk)
    desk.helpdesk.tag(ticket, "touched")  # our own write is announced, too
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1
    assert refusals(desk, ticket) == []
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert signal.kind is SignalKind.KEPT
    assert SEND_TAG not in desk.helpdesk.tickets[ticket].tags
