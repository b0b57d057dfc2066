"""A short soak of each helpdesk keeps every promise, and its judge sees where one is broken."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from app.domain import RunState
from connectors import KINDS
from connectors.sandbox.faults import KINDS as KINDS_OF_FAULTS
from connectors.sandbox.records import FieldChange, Message, Ticket
from tests.chaos.chances import OWN
from tests.chaos.judge import judge
from tests.chaos.soak import main, soak
from tests.chaos.verdict import Record, Verdict, Write
from tests.chaos.world import World

pytestmark = pytest.mark.journey

TICKETS = 15


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of lines about faults that were meant."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_whatever_goes_wrong_every_promise_is_kept(kind: str, tmp_path: Path) -> None:
    done = soak(kind, tmp_path, tickets=TICKETS, share=0.1, seed=2)
    assert [each for each in done.verdict.violations if each.kind != "tags_lost_unseen"] == []
    assert done.holds
    # Often an agent is quicker.
    assert done.verdict.notes + done.verdict.replies > TICKETS / 7
    # It did go wrong, in nearly every way that there is, and people did act.
    injected = {fault for fault, count in done.told["faults_injected"].items() if count}
    assert {"process_killed", "rate_limited", "server_error", "unanswered"} <= injected
    assert len(injected) >= (len(OWN) + len(KINDS_OF_FAULTS)) * 0.7
    assert done.told["agents_acted"] > TICKETS / 2


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A small world in which nothing went wrong."""
    world = World("zendesk", tmp_path_factory.mktemp("calm"), share=0.0, seed=3)
    with world.set_up():
        world.run(12)
        found = world.record()
    assert judge(found).holds(conditional=True, tags_at_once=True)
    return found


def noted(record: Record) -> tuple[Ticket, Message]:
    """A ticket that holds a note of ours, and the note."""
    return next(
        (ticket, message)
        for ticket in record.tickets
        for message in ticket.messages
        if message.author_id == record.bot_id and not message.public
    )


def with_ticket(record: Record, ticket: Ticket) -> Record:
    return replace(record, tickets=[ticket if t.id == ticket.id else t for t in record.tickets])


def said_twice(record: Record, *, public: bool) -> Record:
    ticket, note = noted(record)
    again = replace(note, id=note.id + 1, public=public)
    return with_ticket(record, replace(ticket, messages=(*ticket.messages, again)))


def taken_away(record: Record) -> Record:
    ticket = next(each for each in record.tickets if "mobile" in each.tags)
    last = ticket.audits[-1]
    number = last.id + 1
    less = tuple(tag for tag in ticket.tags if tag != "mobile")
    change = FieldChange(number, "tags", ticket.tags, less)
    audit = replace(last, id=number, author_id=record.bot_id, changes=(change,), message_id=None)
    return with_ticket(record, replace(ticket, tags=less, audits=(*ticket.audits, audit)))


def vanished(record: Record) -> Record:
    ticket, note = noted(record)
    kept = tuple(each for each in ticket.messages if each is not note)
    return with_ticket(record, replace(ticket, messages=kept))


def asked_in_vain(record: Record) -> Record:
    ticket, _ = noted(record)
    first = ticket.messages[0]
    asks = replace(first, id=1, text="How do I export? (my note q9999x9)")
    waits = replace(ticket, messages=(*ticket.messages, asks), status="open", spam=False)
    return with_ticket(record, waits)


def talked_over(record: Record) -> Record:
    ticket, note = noted(record)
    ours = next(audit for audit in ticket.audits if audit.message_id == note.id)
    place = ticket.audits.index(ours)
    theirs = replace(ours, id=1, author_id=2, message_id=3)
    audits = (*ticket.audits[:place], theirs, *ticket.audits[place:])
    write = next(each for each in record.writes if each.audit_id == ours.id)
    writes = [Write(write.ticket, ours.id, place, write.key)]
    return replace(with_ticket(record, replace(ticket, audits=audits)), writes=writes)


def failed(record: Record) -> Record:
    first, *others = record.runs
    return replace(record, runs=[replace(first, state=RunState.FAILED, error="Ours"), *others])


BROKEN: dict[str, Callable[[Record], Record]] = {
    "notes_doubled": lambda record: said_twice(record, public=False),
    "public_that_should_be_private": lambda record: said_twice(record, public=True),
    "tags_lost": taken_away,
    "notes_lost": vanished,
    "collisions": talked_over,
    "failed_runs": failed,
    "unfinished": lambda record: replace(record, unfinished=1),
    "given_up": lambda record: replace(record, given_up=1),
}


@pytest.mark.parametrize("promise", BROKEN)
def test_the_judge_sees_a_broken_promise(record: Record, promise: str) -> None:
    verdict = judge(BROKEN[promise](record))
    assert verdict.counts[promise] == 1
    assert not verdict.holds(conditional=True, tags_at_once=True)
    assert not verdict.holds(conditional=False, tags_at_once=False)


def test_a_tag_that_was_lost_unseen_is_told_as_lost() -> None:
    verdict = Verdict(tags_lost=1, tags_lost_unseen=2)
    assert (verdict.told["tags_lost"], verdict.told["tags_lost_unseen"]) == (3, 2)


def test_the_judge_sees_a_customer_who_waits_in_vain(record: Record) -> None:
    assert judge(asked_in_vain(record)).notes_lost == 1


def test_the_same_seed_plays_the_same(tmp_path: Path) -> None:
    first, second = (
        soak("zendesk", tmp_path / name, tickets=2, share=0.2, seed=5) for name in ("a", "b")
    )
    seconds = {"seconds": 0}
    assert first.told | seconds == second.told | seconds


def test_the_last_line_is_the_verdict_and_one_ticket_can_be_played_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["--helpdesk", "zendesk", "--share", "0", "--only", "7", "--json"]
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["tickets"], told["notes_doubled"], told["seed"]) == (1, 0, 1)
