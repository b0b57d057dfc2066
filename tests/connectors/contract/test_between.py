"""Somebody else acts between our reading and our writing, or between two of our calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

import pytest

from connectors.base import Connector
from connectors.errors import Conflict, NotFound, Rejected, Unreachable
from connectors.types import Change, Feature, Receipt, Status, Ticket
from tests.connectors.contract.bench import KEY, Bench, later, outcome
from tests.connectors.contract.test_once import CHANGES, NOTE, REPLY, answering, ask, calls_of
from tests.connectors.contract.wire import Mishap

Deed = Callable[[Bench, int], object]


def merge(bench: Bench, number: int) -> None:
    into = bench.open("The one that stays")
    bench.control("POST", f"/tickets/{number}/merge", {"into": into})


def spam(bench: Bench, number: int) -> None:
    bench.control("POST", f"/tickets/{number}/spam", {"spam": True})


SOMEBODY: dict[str, Deed] = {
    "agent replied": lambda b, n: b.say(n, "agent", "I have solved it."),
    "agent noted": lambda b, n: b.say(n, "agent", "Mine.", public=False),
    "customer wrote": lambda b, n: b.say(n, "customer", "Forget it."),
}
GONE: dict[str, Deed] = {
    "closed": lambda b, n: b.status(n, "closed"),
    "deleted": lambda b, n: b.status(n, "deleted"),
    "merged": merge,
    "spam": spam,
}


def attempt(connector: Connector, ticket: Ticket, change: Change) -> Receipt | Exception:
    return outcome(lambda: connector.apply(ticket, change, KEY))


@pytest.mark.parametrize("who", SOMEBODY)
@pytest.mark.parametrize("what", ["reply", "all"])
def test_who_writes_after_our_reading_is_noticed(bench: Bench, what: str, who: str) -> None:
    number, ticket = ask(bench)
    change = answering(ticket, CHANGES[what])
    later(bench, seconds=3)
    SOMEBODY[who](bench, number)
    later(bench, seconds=3)
    connector = bench.connector()
    outcome = attempt(connector, ticket, change)
    # Between its own note and its reply a connector can look, and what was said must stop it; for
    # a reply alone it may count on the reading's being fresh, and tell afterwards.
    seen = what == "all" and who != "agent noted"
    if Feature.CONDITIONAL_WRITE in connector.supports or seen:
        assert isinstance(outcome, Conflict)
    if isinstance(outcome, Receipt):
        assert outcome.collisions
    else:
        assert isinstance(outcome, Conflict)
        assert bench.said(number, REPLY, public=True) == 0


@pytest.mark.parametrize("who", SOMEBODY)
def test_who_writes_just_before_a_call_of_ours_is_noticed(bench: Bench, who: str) -> None:
    for place in range(calls_of(bench.glue.kind, CHANGES["all"])):
        number, ticket = ask(bench)
        change = answering(ticket, CHANGES["all"])
        connector = bench.connector()

        def act(number: int = number) -> None:
            later(bench, seconds=2)
            SOMEBODY[who](bench, number)
            later(bench, seconds=2)

        bench.line.begin({place: Mishap(before=act)})
        outcome = attempt(connector, ticket, change)
        if Feature.CONDITIONAL_WRITE in connector.supports:
            assert isinstance(outcome, Conflict)
        if isinstance(outcome, Receipt):
            assert outcome.collisions, f"call {place} collided and nobody says so"
        else:
            assert isinstance(outcome, Conflict)
        later(bench, seconds=30)
        bench.line.begin()
        again = attempt(bench.connector(), bench.connector().ticket(ticket.id), change)
        assert isinstance(again, Receipt | Conflict | Rejected)
        assert bench.said(number, NOTE, public=False) <= 1
        assert bench.said(number, REPLY, public=True) <= 1


@pytest.mark.parametrize("who", SOMEBODY)
def test_who_writes_while_a_draft_is_written_is_told(bench: Bench, who: str) -> None:
    change = replace(CHANGES["note"], tags=frozenset({"understudy_draft"}))
    for place in range(calls_of(bench.glue.kind, change)):
        number, ticket = ask(bench)

        def act(number: int = number) -> None:
            later(bench, seconds=2)
            SOMEBODY[who](bench, number)
            later(bench, seconds=2)

        bench.line.begin({place: Mishap(before=act)})
        outcome = attempt(bench.connector(), ticket, answering(ticket, change))
        if isinstance(outcome, Receipt):
            assert outcome.collisions, f"call {place} collided and nobody says so"
        else:
            assert isinstance(outcome, Conflict)


@pytest.mark.parametrize("answer", ["same", "dropped"])
def test_a_customer_who_writes_before_the_status_of_a_reply_is_set_does_not_wait_unseen(
    bench: Bench, answer: Literal["same", "dropped"]
) -> None:
    change = replace(CHANGES["reply"], status=Status.PENDING)
    for place in range(1, calls_of(bench.glue.kind, change)):
        number, ticket = ask(bench)

        def act(number: int = number) -> None:
            later(bench, seconds=2)
            bench.say(number, "customer", "And another thing.")
            later(bench, seconds=2)

        bench.line.begin({place: Mishap(before=act, answer=answer)})
        receipt = bench.connector().apply(ticket, answering(ticket, change), KEY)
        assert receipt.collisions
        assert bench.truth(number)["status"] in {"new", "open"}


@pytest.mark.parametrize("who", SOMEBODY)
def test_who_wrote_before_a_write_without_an_answer_is_told_by_the_next_attempt(
    bench: Bench, who: str
) -> None:
    number, ticket = ask(bench)
    change = answering(ticket, CHANGES["note"])

    def act() -> None:
        later(bench, seconds=2)
        SOMEBODY[who](bench, number)
        later(bench, seconds=2)

    bench.line.begin({0: Mishap(before=act, answer="dropped")})
    assert isinstance(attempt(bench.connector(), ticket, change), Unreachable)
    written = bench.said(number, NOTE, public=False)
    later(bench, seconds=30)
    bench.line.begin()
    connector = bench.connector()
    receipt = connector.apply(connector.ticket(ticket.id), change, KEY, again=True)
    # A conditional write was refused, so the next attempt is the first.
    assert receipt.collisions or not written
    assert written == (Feature.CONDITIONAL_WRITE not in connector.supports)


def test_a_customer_between_note_and_reply_stops_the_reply_or_is_told(bench: Bench) -> None:
    number, ticket = ask(bench)
    change = answering(ticket, CHANGES["all"])
    connector = bench.connector()
    customer = SOMEBODY["customer wrote"]
    # Right after the note has arrived, before whatever is read or written next.
    bench.line.begin()
    bench.line.after_write = lambda: customer(bench, number)
    outcome = attempt(connector, ticket, change)
    if isinstance(outcome, Receipt):
        assert outcome.collisions
    else:
        assert isinstance(outcome, Conflict)
        assert bench.said(number, REPLY, public=True) == 0
    assert bench.said(number, NOTE, public=False) == 1


def test_tags_that_an_agent_sets_just_before_a_call_survive(bench: Bench) -> None:
    tagged = replace(CHANGES["all"], tags=frozenset({"understudy"}))
    for place in range(calls_of(bench.glue.kind, tagged)):
        number, ticket = ask(bench)

        def act(number: int = number) -> None:
            later(bench, seconds=2)
            bench.tag(number, "vip-case")
            later(bench, seconds=2)

        bench.line.begin({place: Mishap(before=act)})
        outcome = attempt(bench.connector(), ticket, answering(ticket, tagged))
        tags = set(bench.truth(number)["tags"])
        if "tags_at_once" not in bench.glue.cannot:
            assert tags >= {"mobile", "vip-case"}, f"lost before call {place}"
        if isinstance(outcome, Receipt):
            assert "understudy" in tags
        else:
            assert isinstance(outcome, Conflict)


@pytest.mark.parametrize("what", ["reply", "all"])
def test_tags_that_an_agent_sets_after_our_reading_survive(bench: Bench, what: str) -> None:
    number, ticket = ask(bench)
    later(bench, seconds=3)
    bench.tag(number, "vip-case", remove=("mobile",))
    later(bench, seconds=3)
    change = replace(CHANGES[what], tags=frozenset({"understudy"}))
    outcome = attempt(bench.connector(), ticket, answering(ticket, change))
    tags = set(bench.truth(number)["tags"])
    if isinstance(outcome, Receipt):
        assert tags == {"vip-case", "understudy"}
    else:
        assert isinstance(outcome, Conflict)
        assert tags == {"vip-case"}


@pytest.mark.parametrize("how", GONE)
@pytest.mark.parametrize("what", ["reply", "all"])
def test_a_ticket_that_takes_no_more_is_refused_and_nothing_is_written(
    bench: Bench, what: str, how: str
) -> None:
    number, ticket = ask(bench)
    later(bench, seconds=3)
    GONE[how](bench, number)
    before = bench.truth(number)["messages_count"]
    later(bench, seconds=30)
    connector = bench.connector()
    bench.line.begin()
    with pytest.raises((NotFound, Rejected)):
        connector.apply(connector.ticket(ticket.id), answering(ticket, CHANGES[what]), KEY)
    assert bench.truth(number)["messages_count"] == before
    assert bench.line.writes == []


@pytest.mark.parametrize("how", GONE)
def test_a_ticket_that_goes_just_before_a_call_takes_no_reply_in_silence(
    bench: Bench, how: str
) -> None:
    for place in range(calls_of(bench.glue.kind, CHANGES["all"])):
        number, ticket = ask(bench)
        connector = bench.connector()

        def act(number: int = number) -> None:
            later(bench, seconds=2)
            GONE[how](bench, number)
            later(bench, seconds=2)

        bench.line.begin({place: Mishap(before=act)})
        outcome = attempt(connector, ticket, answering(ticket, CHANGES["all"]))
        if isinstance(outcome, Receipt):
            assert outcome.collisions or outcome.fallbacks
            assert Feature.CONDITIONAL_WRITE not in connector.supports
        else:
            assert isinstance(outcome, Conflict | NotFound | Rejected)


@pytest.mark.parametrize("how", GONE)
def test_a_draft_on_a_ticket_that_goes_while_it_is_written_has_not_failed(
    bench: Bench, how: str
) -> None:
    change = replace(CHANGES["note"], tags=frozenset({"understudy_draft"}))
    for place in range(1, calls_of(bench.glue.kind, change)):
        number, ticket = ask(bench)

        def act(number: int = number) -> None:
            later(bench, seconds=2)
            GONE[how](bench, number)
            later(bench, seconds=2)

        bench.line.begin({place: Mishap(before=act)})
        receipt = bench.connector().apply(ticket, answering(ticket, change), KEY)
        assert receipt.note_id
        assert receipt.collisions or receipt.fallbacks


def test_a_closed_ticket_says_so_when_it_is_read(bench: Bench, connector: Connector) -> None:
    for how, deed in GONE.items():
        number, ticket = ask(bench)
        deed(bench, number)
        later(bench, seconds=30)
        found = outcome(partial(connector.ticket, ticket.id))
        if isinstance(found, Ticket):
            # Where what is closed, or was merged, still takes a note, it is as good as solved.
            assert not found.writable or (
                how in {"closed", "merged"} and found.status is Status.SOLVED
            )
        else:
            assert isinstance(found, NotFound)
            assert how != "closed"
