"""The demo's report counts what is in the ledger, and believes the helpdesk more than us."""

from __future__ import annotations

import pytest

from app.demo.score import NAMES, Score, cites, count, draft_of, outcomes_of, percentile
from app.domain import Outcome
from app.ledger.runs import Run
from tests.app.demo import samples
from tests.app.demo.samples import (
    ASKED_BACK,
    DRAFTED,
    HANDED_OFF,
    HANDED_OFF_BARE,
    SENT,
    SILENT,
    SKIPPED,
    UNDECIDED,
)

DRAFT = samples.draft()


@pytest.mark.parametrize(
    ("run", "notes", "outcome"),
    [
        (DRAFTED, 1, Outcome.DRAFT),
        (DRAFTED, 0, Outcome.FAILED),  # we say that we wrote, and nothing is there
        (DRAFTED, 2, Outcome.FAILED),  # written twice
        (HANDED_OFF, 1, Outcome.HANDOFF),
        (HANDED_OFF, 0, Outcome.FAILED),
        (ASKED_BACK, 1, Outcome.CLARIFIED),
        (SENT, 0, Outcome.REPLY),
        (SILENT, 0, Outcome.SILENT),
        (SILENT, 1, Outcome.FAILED),  # silence has no note
        (SKIPPED, 0, Outcome.SKIPPED),
        (SKIPPED, 1, Outcome.FAILED),
        (UNDECIDED, 0, Outcome.FAILED),
        (None, 0, Outcome.FAILED),
        (None, 1, Outcome.FAILED),
    ],
)
def test_an_outcome_holds_only_if_the_helpdesk_shows_it(
    run: Run | None, notes: int, outcome: Outcome
) -> None:
    assert outcomes_of({"1": run}, {"1": notes}) == {"1": outcome}


def test_a_ticket_whose_notes_were_not_counted_has_none() -> None:
    assert outcomes_of({"1": DRAFTED, "2": SILENT}, {}) == {
        "1": Outcome.FAILED,
        "2": Outcome.SILENT,
    }


@pytest.mark.parametrize(
    ("run", "has_draft"),
    [
        (DRAFTED, True),
        (SENT, True),
        (HANDED_OFF, True),
        (HANDED_OFF_BARE, False),
        (ASKED_BACK, False),
        (SKIPPED, False),
        (UNDECIDED, False),
        (None, False),
    ],
)
def test_the_draft_of_a_run(run: Run | None, has_draft: bool) -> None:
    assert draft_of(run) == (DRAFT if has_draft else None)


@pytest.mark.parametrize(
    ("run", "articles", "found"),
    [
        (DRAFTED, ["91"], True),
        (SENT, ["90", "91"], True),
        (DRAFTED, ["90"], False),
        (DRAFTED, [], False),
        (HANDED_OFF, ["91"], False),  # nobody was given it as an answer
        (samples.LEARNED, ["e1"], False),  # an example is no article
        (None, ["91"], False),
    ],
)
def test_a_citation_counts_in_a_draft_only(
    run: Run | None, articles: list[str], found: bool
) -> None:
    assert cites(run, articles) is found


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 50, None),
        ([1.23456], 95, 1.235),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([1.0, 2.0], 50, 1.5),
        ([float(n) for n in range(101)], 95, 95.0),
        ([5.0] * 7, 95, 5.0),
    ],
)
def test_percentiles(values: list[float], share: int, expected: float | None) -> None:
    assert percentile(values, share) == expected


def test_every_outcome_has_its_place_in_the_report() -> None:
    outcomes = count([Outcome.DRAFT, Outcome.DRAFT, Outcome.FAILED])
    report = Score("zendesk", 3, outcomes, 1, 2, [1.0, 3.0]).as_json()
    assert set(NAMES) == set(Outcome)
    assert {name: report[name] for name in NAMES.values()} == {
        **dict.fromkeys(NAMES.values(), 0),
        "drafts": 2,
        "failed": 1,
    }
    assert sum(outcomes.values()) == report["tickets"] == 3
    assert (report["learned"], report["answered_from_learned"]) == (1, 2)
    assert (report["webhook_to_note_p50_s"], report["webhook_to_note_p95_s"]) == (2.0, 2.9)
    assert "with_relevant" not in report, "the company's tickets say it in another way"


def test_own_data_is_judged_by_what_is_relevant() -> None:
    report = Score("zendesk", 2, {}, 0, 0, [], cited_relevant=1, with_relevant=2).as_json()
    assert (report["cited_relevant"], report["with_relevant"]) == (1, 2)
    assert report["webhook_to_note_p95_s"] is None
    assert "expected" not in report, "nothing is expected of own questions"


def test_how_many_tickets_got_what_they_should_is_told() -> None:
    report = Score("zendesk", 3, {}, 0, 0, [], as_expected=2, expected=3).as_json()
    assert (report["as_expected"], report["expected"]) == (2, 3)


def test_a_learned_draft_is_told_from_one_out_of_the_articles() -> None:
    learned, plain = draft_of(samples.LEARNED), draft_of(DRAFTED)
    assert learned is not None
    assert plain is not None
    assert (learned.learned, plain.learned) == (True, False)
