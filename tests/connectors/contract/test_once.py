"""Once for each key, whatever befalls the calls: never doubled, never lost, never in silence.

Each call that a change takes meets each mishap. Then it is tried again as the worker does it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from connectors.base import Connector
from connectors.errors import (
    Conflict,
    HelpdeskError,
    RateLimited,
    Rejected,
    Unreachable,
    VendorBroken,
)
from connectors.types import Change, Feature, Priority, Receipt, Ticket
from tests.connectors.contract.bench import KEY, Bench, Told, build_bench, later, outcome, persist
from tests.connectors.contract.wire import FEW, MISHAPS, READ_TIMEOUT, Mishap, Wire, connected

NOTE, REPLY = "Draft of an answer", "Open Settings."
CHANGES = {
    "note": Change(note=f"<p>{NOTE}</p>"),
    "reply": Change(reply=f"<p>{REPLY}</p>"),
    "all": Change(
        note=f"<p>{NOTE}</p>",
        reply=f"<p>{REPLY}</p>",
        tags=frozenset({"understudy_sent"}),
        priority=Priority.HIGH,
        group="Billing",
    ),
}
UNCERTAIN = {name for name in MISHAPS if not name.startswith("refused with 429")}


def ask(bench: Bench) -> tuple[int, Ticket]:
    number, ticket_id = bench.opened(tags=["mobile"])
    later(bench, seconds=30)
    return number, bench.connector().ticket(ticket_id)


def answering(ticket: Ticket, change: Change) -> Change:
    return replace(change, answers=ticket.messages[-1].id)


@cache
def calls_of(kind: str, change: Change) -> int:
    """Count the calls that a change takes when all goes well."""
    with TemporaryDirectory() as folder, connected(Wire()) as wire:
        bench = build_bench(kind, Path(folder), wire)
        _, ticket = ask(bench)
        bench.line.begin()
        bench.connector().apply(ticket, answering(ticket, change), KEY)
        bench.sandbox.close()
        return len(bench.line.writes)


def judge(bench: Bench, number: int, change: Change, told: Told) -> None:
    """Whatever went wrong: at most once, and once unless it was said that nobody can know."""
    notes = bench.said(number, NOTE, public=False)
    replies = bench.said(number, REPLY, public=True)
    assert bench.said(number, NOTE, public=True) == 0
    assert notes <= 1
    assert replies <= 1
    marked = Feature.MARKED_REPLY in bench.connector().supports
    if told.receipt is None:
        assert isinstance(told.errors[-1], Rejected)
        assert change.reply is not None
        assert not marked
        return
    assert notes == (change.note is not None)
    assert replies == (change.reply is not None)
    truth = bench.truth(number)
    assert set(truth["tags"]) >= {"mobile", *change.tags}
    after = bench.connector().ticket(told.ticket_id)
    named = {told.receipt.note_id, told.receipt.reply_id} - {None}
    assert named == {message.id for message in after.messages[1:]}


@pytest.mark.parametrize("mishap", FEW)
def test_every_call_may_meet_every_mishap(bench: Bench, mishap: str) -> None:
    change = CHANGES["all"]
    for place in range(calls_of(bench.glue.kind, change)):
        number, ticket = ask(bench)
        wanted = answering(ticket, change)
        bench.line.begin({place: MISHAPS[mishap](bench.line)})
        told = persist(bench, ticket, wanted)
        assert bench.line.plan == {}, "the mishap never happened"
        judge(bench, number, wanted, told)


@pytest.mark.parametrize("mishap", MISHAPS)
def test_an_error_says_whether_something_may_have_been_written(
    bench: Bench, connector: Connector, mishap: str
) -> None:
    _, ticket = ask(bench)
    bench.line.begin({0: MISHAPS[mishap](bench.line)})
    with pytest.raises((RateLimited, Unreachable, VendorBroken)) as caught:
        connector.apply(ticket, CHANGES["note"], KEY)
    assert not caught.value.permanent
    assert caught.value.unsure is (mishap in UNCERTAIN)
    wait = pytest.approx(7, abs=1)  # some vendors tell a moment, in whole seconds
    assert caught.value.retry_after == (wait if mishap == "refused with 429" else None)


def test_a_write_is_never_repeated_by_itself(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    bench.line.begin({0: Mishap(answer="dropped")})
    with pytest.raises(Unreachable):
        connector.apply(ticket, CHANGES["note"], KEY)
    assert len(bench.line.writes) == 1
    assert bench.said(number, NOTE, public=False) == 1


@pytest.mark.parametrize("what", CHANGES)
def test_a_customer_who_writes_meanwhile_does_not_make_it_twice(bench: Bench, what: str) -> None:
    number, ticket = ask(bench)
    change = answering(ticket, CHANGES[what])
    bench.line.begin({0: Mishap(answer="dropped")})
    connector = bench.connector()
    with pytest.raises(Unreachable):
        connector.apply(ticket, change, KEY)
    later(bench, seconds=20)
    bench.say(number, "customer", "Are you there?")
    later(bench, seconds=20)
    connector = bench.connector()
    ticket = connector.ticket(ticket.id)
    found = outcome(lambda: connector.apply(ticket, change, KEY, again=True))
    assert isinstance(found, Receipt | Conflict | Rejected)
    assert bench.said(number, NOTE, public=False) <= 1
    assert bench.said(number, REPLY, public=True) <= 1


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("seconds", [40, 3600])
def test_what_takes_effect_after_we_looked_again_does_not_make_it_twice(
    bench: Bench, what: str, seconds: int
) -> None:
    number, ticket = ask(bench)
    change = answering(ticket, CHANGES[what])
    bench.line.begin({0: Mishap(late=seconds)})
    persist(bench, ticket, change)
    later(bench, hours=2)
    bench.line.land()
    assert bench.said(number, REPLY, public=True) <= 1
    if Feature.CONDITIONAL_WRITE in bench.connector().supports:
        assert bench.said(number, NOTE, public=False) <= 1
        assert bench.said(number, NOTE, public=True) == 0


def test_a_reply_of_which_nobody_knows_is_rejected_or_found_by_its_mark(
    bench: Bench, connector: Connector
) -> None:
    number, ticket = ask(bench)
    change = answering(ticket, CHANGES["reply"])
    bench.line.begin({0: Mishap(arrives=False)})
    told = persist(bench, ticket, change)
    if Feature.MARKED_REPLY in connector.supports:
        assert told.receipt is not None
        assert bench.said(number, REPLY, public=True) == 1
    else:
        assert isinstance(told.errors[-1], Rejected)
        assert bench.said(number, REPLY, public=True) == 0


def test_an_agent_who_makes_our_reply_internal_does_not_make_us_send_it_again(
    bench: Bench, connector: Connector
) -> None:
    number, ticket = ask(bench)
    change = answering(ticket, CHANGES["all"])
    connector.apply(ticket, change, KEY)
    desk = bench.sandbox.desk
    there = desk.ticket(number)
    assert there is not None
    *rest, reply = there.messages
    desk.store.put(replace(there, messages=(*rest, replace(reply, public=False))))
    later(bench, seconds=30)
    told = persist(bench, connector.ticket(ticket.id), change)
    assert bench.said(number, REPLY, public=True) == 0
    assert told.receipt is None or told.receipt.found


def test_reads_are_tried_again_and_then_given_up(bench: Bench, connector: Connector) -> None:
    _, ticket_id = bench.opened()
    connector.ticket(ticket_id)  # has logged in
    bench.line.reads = [Mishap(arrives=False), Mishap(answer="cut")]
    assert connector.ticket(ticket_id).id == ticket_id
    bench.line.reads = [Mishap(arrives=False)] * 30
    with pytest.raises(Unreachable):
        connector.ticket(ticket_id)
    assert bench.clock.slept.count(READ_TIMEOUT) < 12


def test_a_read_that_fails_after_a_write_does_not_hide_it(bench: Bench) -> None:
    """Between note and reply, or when looking whether all was kept."""
    for reads in range(1, 6):
        number, ticket = ask(bench)
        change = answering(ticket, CHANGES["all"])
        connector = bench.connector()
        connector.ticket(ticket.id)  # has logged in
        fine = [Mishap()] * reads
        bench.line.begin()
        bench.line.reads = [*fine, *[Mishap(arrives=False, answer="dropped")] * 3]
        found = outcome(partial(connector.apply, ticket, change, KEY))
        if isinstance(found, HelpdeskError):
            bench.line.begin()
            assert not found.permanent
            later(bench, seconds=60)
            told = persist(bench, bench.connector().ticket(ticket.id), change)
            judge(bench, number, change, told)
        bench.line.begin()
        assert bench.said(number, NOTE, public=False) == 1
