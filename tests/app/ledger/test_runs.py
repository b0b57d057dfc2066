"""A run goes forward only, one step at a time, and only by who holds the ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import insert, select, update

from app.domain import (
    Citation,
    Draft,
    Hit,
    Outcome,
    Passage,
    Reason,
    RunKey,
    RunState,
    SaveDraft,
    Source,
    Triage,
    Trigger,
)
from app.ledger import leases, run_states, runs
from app.ledger.leases import Lease, LeaseLost
from app.ledger.run_states import Plan, WrongState
from app.ledger.runs import Run
from app.ledger.store import Ledger
from app.ledger.tables import runs as table
from app.ledger.tables import tickets
from connectors.types import Change, Priority, Receipt
from tests.app.fakes import HELPDESK, START, Clock

TICKET = "4812"
KEY = RunKey(HELPDESK, TICKET, "m1")
WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
PASSAGE = Passage("p1", Source.ARTICLE, "kb-1", "Exporting", "Open Settings.", "https://a", WHEN)
DRAFT = Draft(
    text="Open **Settings** → „Data“. 🎉",
    citations=(Citation("p1", Source.ARTICLE, "kb-1", "Exporting", "https://a", WHEN),),
    confidence=0.75,
    parts={"similarity": 0.5},
    not_covered=("the encoding",),
)
PLAN = Plan(
    triage=Triage("How?", escalate=(Reason("vip", "A VIP"),), priority=Priority.HIGH, tried=("x",)),
    evidence=(Hit(PASSAGE, 3.25, 0.5, {"bm25": 1.5}),),
    decision=SaveDraft(DRAFT, (Reason("draft", "ANSWER_MODE is draft"),)),
    outcome=Outcome.DRAFT,
    revision="r1",
    change=Change(note="<p>Hi</p>", tags=frozenset({"a", "b"}), priority=Priority.HIGH, group="G"),
    reasons=(Reason("draft", "ANSWER_MODE is draft"),),
    timings={"triage": 1.5},
)
RECEIPT = Receipt(note_id="n1", reply_id="r1", revision="r2", fallbacks=("no group",))


def begin(ledger: Ledger, run_id: str = "aa01", key: RunKey = KEY, now: float = START) -> Run:
    # The lease of the key's ticket, straight from its row: some tests hold it already.
    with ledger.write() as connection:
        connection.execute(
            insert(tickets)
            .prefix_with("OR IGNORE")
            .values(helpdesk=key.helpdesk, ticket_id=key.ticket_id, lease_until=0.0, fence=0)
        )
        fence = connection.execute(
            select(tickets.c.fence).where(
                tickets.c.helpdesk == key.helpdesk, tickets.c.ticket_id == key.ticket_id
            )
        ).scalar_one()
    lease = Lease(key.helpdesk, key.ticket_id, fence)
    return run_states.begin(ledger, run_id, key, lease, due_at=now, announced_at=now - 1, now=now)


@contextmanager
def holding(ledger: Ledger, clock: Clock | None = None) -> Iterator[Lease]:
    with leases.lease(ledger, HELPDESK, TICKET, 10, clock or Clock()) as held:
        yield held


def put_into(ledger: Ledger, run: Run, state: RunState) -> Run:
    """Set a state past all rules, as a starting point."""
    with ledger.write() as connection:
        connection.execute(update(table).where(table.c.id == run.id).values(state=state.value))
    return replace(run, state=state)


def again(ledger: Ledger, run: Run) -> Run:
    found = runs.get(ledger, run.id)
    assert found is not None
    return found


def skip(ledger: Ledger, run: Run, held: Lease) -> Run:
    reasons = (Reason("closed", "The ticket is closed"),)
    return run_states.skip(
        ledger, run, held, outcome=Outcome.SKIPPED, reasons=reasons, now=START + 1
    )


def finish(ledger: Ledger, run: Run, held: Lease) -> Run:
    return run_states.finish(ledger, run, held, RECEIPT, timings={"write": 2.0}, now=START + 1)


Move = Callable[[Ledger, Run, Lease], Run]
MOVES: dict[str, Move] = {
    "plan": lambda ledger, run, held: run_states.plan(ledger, run, held, PLAN, START + 1),
    "start": lambda ledger, run, held: run_states.start_applying(ledger, run, held, START + 1),
    "finish": finish,
    "skip": skip,
    "fail": lambda ledger, run, _: run_states.fail(ledger, run, "no", START + 1),
    "postpone": lambda ledger, run, _: run_states.postpone(
        ledger, run, START + 60, "wait", START + 1
    ),
}
# state -> move -> where it leads; what is not here is refused.
LEADS_TO = {
    RunState.BEGUN: {"plan": RunState.PLANNED, "postpone": RunState.BEGUN},
    RunState.PLANNED: {
        "plan": RunState.PLANNED,
        "start": RunState.APPLYING,
        "postpone": RunState.PLANNED,
    },
    RunState.APPLYING: {
        "start": RunState.APPLYING,
        "finish": RunState.APPLIED,
        "postpone": RunState.APPLYING,
    },
}
for leads in LEADS_TO.values():
    leads.update(skip=RunState.SKIPPED, fail=RunState.FAILED)


@pytest.mark.parametrize(("state", "move"), list(product(RunState, MOVES)))
def test_a_run_goes_only_where_the_states_allow(ledger: Ledger, state: RunState, move: str) -> None:
    run = put_into(ledger, begin(ledger), state)
    target = LEADS_TO.get(state, {}).get(move)
    before = again(ledger, run)
    with holding(ledger) as held:
        if target is not None:
            moved = MOVES[move](ledger, run, held)
            assert moved.state is target
            assert moved == again(ledger, run)
            assert moved.updated_at == START + 1
            return
        with pytest.raises(WrongState, match=f"Run {run.id} is already {state}"):
            MOVES[move](ledger, run, held)
    assert again(ledger, run) == before, "a refused move changes nothing"
    assert runs.receipt_ids(ledger, HELPDESK, TICKET) == {}


@pytest.mark.parametrize(
    ("state", "move"),
    [
        (RunState.BEGUN, "plan"),
        (RunState.PLANNED, "start"),
        (RunState.APPLYING, "finish"),
        (RunState.BEGUN, "skip"),
    ],
)
def test_who_lost_the_ticket_moves_nothing(ledger: Ledger, state: RunState, move: str) -> None:
    clock = Clock()
    run = put_into(ledger, begin(ledger), state)
    before = again(ledger, run)
    with holding(ledger, clock) as stale:
        clock.pass_by(1000)
        with holding(ledger, clock), pytest.raises(LeaseLost):
            MOVES[move](ledger, run, stale)
    assert again(ledger, run) == before
    assert runs.receipt_ids(ledger, HELPDESK, TICKET) == {}


def test_a_whole_run_is_read_back_as_it_was_thought(ledger: Ledger) -> None:
    begun = begin(ledger)
    with holding(ledger) as held:
        planned = run_states.plan(ledger, begun, held, PLAN, START + 1)
        assert planned.triage == PLAN.triage
        assert planned.evidence == PLAN.evidence
        assert planned.decision == PLAN.decision
        assert planned.change == PLAN.change
        assert (planned.question, planned.revision) == ("How?", "r1")
        applying = run_states.start_applying(ledger, planned, held, START + 2)
        run_states.finish(ledger, applying, held, RECEIPT, timings={"write": 2.0}, now=START + 3)
    found = again(ledger, begun)
    assert found == replace(
        applying,
        state=RunState.APPLIED,
        receipt=RECEIPT,
        timings={"triage": 1.5, "write": 2.0},
        updated_at=START + 3,
    )
    assert (found.attempts, found.outcome, found.announced_at) == (1, Outcome.DRAFT, START - 1)
    assert found.finished


def test_a_new_run_knows_nothing_yet(ledger: Ledger) -> None:
    run = begin(ledger)
    assert run == Run(
        id="aa01",
        key=KEY,
        state=RunState.BEGUN,
        due_at=START,
        announced_at=START - 1,
        created_at=START,
        updated_at=START,
        attempts=0,
    )
    assert not run.finished


def test_a_message_has_one_run_for_each_trigger(ledger: Ledger) -> None:
    first = begin(ledger, "aa01")
    assert begin(ledger, "bb02", now=START + 9) == first
    redo = begin(ledger, "cc03", RunKey(HELPDESK, TICKET, "m1", Trigger.REDO))
    assert redo.id == "cc03"
    assert len(runs.listed(ledger)) == 2


@pytest.mark.parametrize("state", RunState)
def test_a_newer_message_ends_what_was_not_written(ledger: Ledger, state: RunState) -> None:
    older = put_into(ledger, begin(ledger, "aa01"), state)
    begin(ledger, "bb02", RunKey(HELPDESK, TICKET, "m2"), now=START + 5)
    found = again(ledger, older)
    if state not in runs.UNWRITTEN:
        # What may have been written already must be looked for, whoever writes next.
        assert found.state is state
        return
    assert (found.state, found.outcome) == (RunState.SKIPPED, Outcome.SKIPPED)
    assert found.reasons == (
        Reason("superseded", "The customer wrote again; run bb02 answers both"),
    )


def test_a_newer_message_ends_nothing_elsewhere(ledger: Ledger) -> None:
    others = [
        begin(ledger, "aa01", RunKey(HELPDESK, "4813", "m1")),
        begin(ledger, "bb02", RunKey("zendesk-eu", TICKET, "m1")),
    ]
    begin(ledger, "cc03", RunKey(HELPDESK, TICKET, "m2"))
    assert [again(ledger, other).state for other in others] == [RunState.BEGUN] * 2


def test_beginning_the_same_run_again_ends_no_newer_one(ledger: Ledger) -> None:
    begin(ledger, "aa01")
    newer = begin(ledger, "bb02", RunKey(HELPDESK, TICKET, "m2"))
    begin(ledger, "cc03")
    assert again(ledger, newer).state is RunState.BEGUN


def test_what_we_wrote_is_ours_from_the_receipt_on(ledger: Ledger) -> None:
    run = put_into(ledger, begin(ledger), RunState.APPLYING)
    with holding(ledger) as held:
        finish(ledger, run, held)
    assert runs.receipt_ids(ledger, HELPDESK, TICKET) == {"n1": "aa01", "r1": "aa01"}
    assert runs.receipt_ids(ledger, "zendesk-eu", TICKET) == {}
    assert runs.receipt_ids(ledger, HELPDESK, "4813") == {}
    assert runs.written_at(ledger, HELPDESK) == {"aa01": START + 1}


def test_a_receipt_that_is_known_already_changes_nothing(ledger: Ledger) -> None:
    for run_id, message in (("aa01", "m1"), ("bb02", "m2")):
        run = begin(ledger, run_id, RunKey(HELPDESK, TICKET, message))
        with holding(ledger) as held:
            assert finish(ledger, put_into(ledger, run, RunState.APPLYING), held).finished
    assert runs.receipt_ids(ledger, HELPDESK, TICKET) == {"n1": "aa01", "r1": "aa01"}


def test_attempts_count_each_try_once(ledger: Ledger) -> None:
    run = begin(ledger)
    run = run_states.postpone(ledger, run, START, "away", START)
    assert (run.attempts, run.error) == (1, "away")
    with holding(ledger) as held:
        run = run_states.plan(ledger, run, held, PLAN, START)
        run = run_states.start_applying(ledger, run, held, START)
    assert run.attempts == 2
    # The attempt was counted when it began.
    assert run_states.postpone(ledger, run, START, "away", START).attempts == 2


def test_a_run_is_due_when_its_time_has_come_and_nobody_holds_its_ticket(ledger: Ledger) -> None:
    run = begin(ledger)
    late = begin(ledger, "bb02", RunKey(HELPDESK, "4813", "m1"), now=START + 5)
    assert runs.unfinished(ledger, START - 1) == []
    assert runs.unfinished(ledger, START + 5) == [run.id, late.id]
    with holding(ledger):
        assert runs.unfinished(ledger, START + 5) == [late.id]
    for state in RunState:
        put_into(ledger, run, state)
        found = run.id in runs.unfinished(ledger, START)
        assert found is (state in runs.UNFINISHED)


def test_a_ticket_is_at_rest_when_all_its_runs_are(ledger: Ledger) -> None:
    assert runs.at_rest(ledger, HELPDESK) == set()
    first = begin(ledger)
    with holding(ledger) as held:
        skip(ledger, first, held)
    assert runs.at_rest(ledger, HELPDESK) == {TICKET}
    assert runs.at_rest(ledger, "zendesk-eu") == set()
    second = begin(ledger, "bb02", RunKey(HELPDESK, TICKET, "m2"))
    assert runs.at_rest(ledger, HELPDESK) == set()
    run_states.fail(ledger, second, "no", START)
    assert runs.at_rest(ledger, HELPDESK) == {TICKET}


def test_a_run_is_found_by_the_beginning_of_its_id(ledger: Ledger) -> None:
    begin(ledger, "aa01")
    begin(ledger, "aa02", RunKey(HELPDESK, "4813", "m1"))
    one = runs.find(ledger, "aa02")
    assert one is not None
    assert one.id == "aa02"
    assert runs.find(ledger, "aa") is None, "two begin like that"
    assert runs.find(ledger, "%02") is None, "a wildcard is no beginning"
    assert runs.find(ledger, "bb") is None
    assert runs.get(ledger, "aa0") is None, "a job names a run whole"
    assert runs.get(ledger, "aa02") == one


def test_runs_are_listed_newest_first_and_by_ticket(ledger: Ledger) -> None:
    for number, key in enumerate(
        [KEY, RunKey(HELPDESK, "4813", "m1"), RunKey("zendesk-eu", TICKET, "m1")]
    ):
        begin(ledger, f"aa0{number}", key, now=START + number)

    def ids(helpdesk: str | None = None, ticket: str | None = None) -> list[str]:
        return [run.id for run in runs.listed(ledger, helpdesk, ticket)]

    assert ids() == ["aa02", "aa01", "aa00"]
    assert ids(HELPDESK) == ["aa01", "aa00"]
    assert ids(None, TICKET) == ["aa02", "aa00"]
    assert ids(HELPDESK, TICKET) == ["aa00"]
    assert [run.id for run in runs.listed(ledger, limit=1)] == ["aa02"]


def test_a_worker_that_slept_through_its_lease_begins_nothing(ledger: Ledger) -> None:
    with holding(ledger) as stale:
        pass
    with holding(ledger):
        newer = begin(ledger, "bb02", replace(KEY, message_id="m2"))
    with pytest.raises(LeaseLost):
        run_states.begin(ledger, "aa01", KEY, stale, due_at=START, announced_at=START, now=START)
    assert runs.get(ledger, newer.id) == newer
