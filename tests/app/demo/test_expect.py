"""A demo is held to what the company's tickets say should happen, and says where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.demo.company import DemoExpectation, DemoTicket
from app.demo.expect import Judgement, complaints, judge
from app.domain import Outcome, SaveDraft, Source
from app.ledger.runs import Run
from connectors.types import Change
from tests.app.demo import samples
from tests.app.demo.samples import (
    ASKED_BACK,
    DRAFTED,
    HANDED_OFF,
    LEARNED,
    SILENT,
    SKIPPED,
    citing,
    draft,
)

# Which id each of our articles has in the helpdesk.
IDS = {"export": "91", "invite": "92"}
EXAMPLE_ONLY = samples.run(SaveDraft(draft("x", citing("91", Source.EXAMPLE))))
NOTED = replace(DRAFTED, change=Change(note="<p>For you only: Goodwill</p>"))
TOLD = replace(DRAFTED, change=Change(note="Goodwill", reply="Goodwill"))
BOTH = samples.run(SaveDraft(draft("x", citing("91"), citing("92"))))


def said(run: Run | None, outcome: Outcome, expected: dict[str, object]) -> list[str]:
    expectation = DemoExpectation.model_validate(expected)
    return list(complaints(DemoTicket(id="t1", text="?", expect=expectation), run, outcome, IDS))


@pytest.mark.parametrize(
    ("run", "outcome", "expected"),
    [
        (DRAFTED, Outcome.DRAFT, {"outcome": "draft"}),
        (DRAFTED, Outcome.DRAFT, {"outcome": "draft", "article": ["invite", "export"]}),
        (BOTH, Outcome.DRAFT, {"outcome": "draft", "article": ["invite", "export"], "every": True}),
        (ASKED_BACK, Outcome.CLARIFIED, {"outcome": "clarified"}),
        (DRAFTED, Outcome.DRAFT, {"outcome": "draft", "says": "Settings", "says_not": "Alt"}),
        (HANDED_OFF, Outcome.HANDOFF, {"outcome": "handoff", "reason": "billing"}),
        (HANDED_OFF, Outcome.HANDOFF, {"outcome": "handoff", "article": ["invite"]}),
        (SKIPPED, Outcome.SKIPPED, {"outcome": "skipped", "reason": "bounce"}),
        (SILENT, Outcome.SILENT, {"outcome": "silent"}),
        (NOTED, Outcome.DRAFT, {"outcome": "draft", "note_says": "Goodwill"}),
        (LEARNED, Outcome.DRAFT, {"outcome": "draft", "learned_from": "t0", "says": "Alt"}),
        (LEARNED, Outcome.DRAFT, {"outcome": "draft", "learned_from": "t0", "article": ["export"]}),
    ],
)
def test_what_came_as_it_should_is_no_cause_for_complaint(
    run: Run, outcome: Outcome, expected: dict[str, object]
) -> None:
    assert said(run, outcome, expected) == []


@pytest.mark.parametrize(
    ("run", "outcome", "expected", "complaint"),
    [
        (SILENT, Outcome.SILENT, {"outcome": "draft"}, "t1: should be draft, is silent"),
        (DRAFTED, Outcome.FAILED, {"outcome": "draft"}, "t1: should be draft, is failed"),
        (None, Outcome.FAILED, {"outcome": "silent"}, "t1: should be silent, is failed"),
        (
            HANDED_OFF,
            Outcome.HANDOFF,
            {"outcome": "handoff", "reason": "legal"},
            "t1: should be because of legal, is ['billing']",
        ),
        (
            DRAFTED,
            Outcome.DRAFT,
            {"outcome": "draft", "article": ["invite"]},
            "t1: should cite invite",
        ),
        (
            DRAFTED,
            Outcome.DRAFT,
            {"outcome": "draft", "article": ["invite", "export"], "every": True},
            "t1: should cite invite",
        ),
        (
            EXAMPLE_ONLY,
            Outcome.DRAFT,
            {"outcome": "draft", "article": ["export"]},
            "t1: should cite export",
        ),
        (
            DRAFTED,
            Outcome.DRAFT,
            {"outcome": "draft", "says": "Alt"},
            "t1: should say 'Alt'",
        ),
        (
            DRAFTED,
            Outcome.DRAFT,
            {"outcome": "draft", "says_not": "Settings"},
            "t1: should not say 'Settings'",
        ),
        (
            DRAFTED,
            Outcome.DRAFT,
            {"outcome": "draft", "note_says": "Goodwill"},
            "t1: its note should say 'Goodwill'",
        ),
        (
            TOLD,
            Outcome.DRAFT,
            {"outcome": "draft", "note_says": "Goodwill"},
            "t1: should say 'Goodwill' to agents alone",
        ),
        (
            DRAFTED,
            Outcome.DRAFT,
            {"outcome": "draft", "learned_from": "t0"},
            "t1: should be answered from what t0 taught",
        ),
    ],
)
def test_what_did_not_is_said_in_a_sentence(
    run: Run | None, outcome: Outcome, expected: dict[str, object], complaint: str
) -> None:
    assert said(run, outcome, expected) == [complaint]


def test_several_complaints_come_together() -> None:
    expected: dict[str, object] = {"outcome": "draft", "article": ["invite"], "says": "Alt"}
    found = said(DRAFTED, Outcome.DRAFT, expected)
    assert found == ["t1: should cite invite", "t1: should say 'Alt'"]


def test_nothing_is_expected_of_somebodys_own_tickets() -> None:
    assert list(complaints(DemoTicket(id="t1", text="?"), None, Outcome.FAILED, IDS)) == []


def expecting(name: str, **expected: object) -> DemoTicket:
    return DemoTicket(id=name, text="?", expect=DemoExpectation.model_validate(expected))


def judged(*tickets: DemoTicket, run: Run = DRAFTED, outcome: Outcome = Outcome.DRAFT) -> Judgement:
    runs, outcomes = {one.id: run for one in tickets}, {one.id: outcome for one in tickets}
    return judge(tickets, runs, outcomes, IDS)


def test_what_is_known_to_fall_short_is_counted_but_not_wrong() -> None:
    known = expecting("t1", outcome="handoff", falls_short="no rule says so yet")
    found = judged(known, expecting("t2", outcome="draft"))
    assert (found.expected, found.as_expected, found.wrong, found.better) == (2, 1, (), ())
    assert found.shortfalls == ("t1: should be handoff, is draft (known: no rule says so yet)",)


def test_what_no_longer_falls_short_is_told() -> None:
    found = judged(expecting("t1", outcome="draft", falls_short="it was too far away"))
    assert (found.as_expected, found.wrong, found.shortfalls) == (1, (), ())
    assert found.better == ("t1: no longer falls short (it was too far away)",)


def test_a_failed_run_is_wrong_whatever_was_known() -> None:
    known = expecting("t1", outcome="handoff", falls_short="no rule says so yet")
    found = judged(known, outcome=Outcome.FAILED)
    assert (found.as_expected, found.shortfalls) == (0, ())
    assert found.wrong == ("t1: should be handoff, is failed",)


def test_several_faults_of_one_ticket_are_one_ticket() -> None:
    ticket = expecting("t1", outcome="draft", article=["invite"], says="Alt")
    found = judged(ticket, DemoTicket(id="own", text="?"))
    assert (found.expected, found.as_expected) == (1, 0)
    assert found.wrong == ("t1: should cite invite", "t1: should say 'Alt'")


def test_a_ticket_that_nobody_looked_at_is_wrong() -> None:
    found = judge([expecting("t1", outcome="silent")], {}, {}, IDS)
    assert found.wrong == ("t1: should be silent, is failed",)
