"""A demo is held to what the company's tickets say should happen, and says where it does not."""

from __future__ import annotations

import pytest

from app.demo.company import DemoExpectation, DemoTicket
from app.demo.expect import complaints
from app.domain import Outcome, SaveDraft, Source
from app.ledger.runs import Run
from tests.app.demo import samples
from tests.app.demo.samples import DRAFTED, HANDED_OFF, LEARNED, SILENT, SKIPPED, citing, draft

# Which id each of our articles has in the helpdesk.
IDS = {"export": "91", "invite": "92"}
EXAMPLE_ONLY = samples.run(SaveDraft(draft("x", citing("91", Source.EXAMPLE))))


def said(run: Run | None, outcome: Outcome, expected: dict[str, object]) -> list[str]:
    expectation = DemoExpectation.model_validate(expected)
    return list(complaints(DemoTicket(id="t1", text="?", expect=expectation), run, outcome, IDS))


@pytest.mark.parametrize(
    ("run", "outcome", "expected"),
    [
        (DRAFTED, Outcome.DRAFT, {"outcome": "draft"}),
        (DRAFTED, Outcome.DRAFT, {"outcome": "draft", "article": ["invite", "export"]}),
        (DRAFTED, Outcome.DRAFT, {"outcome": "draft", "says": "Settings", "says_not": "Alt"}),
        (HANDED_OFF, Outcome.HANDOFF, {"outcome": "handoff", "reason": "billing"}),
        (HANDED_OFF, Outcome.HANDOFF, {"outcome": "handoff", "article": ["invite"]}),
        (SKIPPED, Outcome.SKIPPED, {"outcome": "skipped", "reason": "bounce"}),
        (SILENT, Outcome.SILENT, {"outcome": "silent"}),
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
