"""What came of a demo: counted from the ledger, and checked against the helpdesk itself."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app import domain
from app.domain import Draft, Outcome, SaveDraft, Send, Source
from app.ledger.runs import Run

# How the report names each outcome.
NAMES = {
    Outcome.DRAFT: "drafts",
    Outcome.REPLY: "replies",
    Outcome.CLARIFIED: "clarified",
    Outcome.HANDOFF: "handoffs",
    Outcome.SILENT: "silent",
    Outcome.SKIPPED: "skipped",
    Outcome.FAILED: "failed",
}
NOTED = frozenset({Outcome.DRAFT, Outcome.CLARIFIED, Outcome.HANDOFF})


@dataclass(frozen=True, slots=True)
class Score:
    """The report of a demo; the outcomes add up to ``tickets``."""

    helpdesk: str
    tickets: int
    outcomes: Mapping[Outcome, int]
    learned: int
    answered_from_learned: int
    seconds_to_note: Sequence[float] = field(repr=False)
    cited_relevant: int | None = None
    with_relevant: int | None = None
    as_expected: int | None = None
    expected: int | None = None

    def as_json(self) -> dict[str, object]:
        """Give the report as one JSON object, without what does not apply."""
        report: dict[str, object] = {"helpdesk": self.helpdesk, "tickets": self.tickets}
        report |= {name: self.outcomes.get(outcome, 0) for outcome, name in NAMES.items()}
        report |= {
            "learned": self.learned,
            "answered_from_learned": self.answered_from_learned,
            "webhook_to_note_p50_s": percentile(self.seconds_to_note, 50),
            "webhook_to_note_p95_s": percentile(self.seconds_to_note, 95),
        }
        if self.with_relevant is not None:
            report |= {"cited_relevant": self.cited_relevant, "with_relevant": self.with_relevant}
        if self.expected:
            report |= {"as_expected": self.as_expected, "expected": self.expected}
        return report


def outcomes_of(
    last_runs: Mapping[str, Run | None], notes: Mapping[str, int]
) -> dict[str, Outcome]:
    """Name each ticket's outcome; one whose note is missing or doubled has failed."""
    found: dict[str, Outcome] = {}
    for ticket_id, run in last_runs.items():
        outcome = Outcome.FAILED if run is None or run.outcome is None else run.outcome
        wanted = 1 if outcome in NOTED else 0
        found[ticket_id] = outcome if notes.get(ticket_id, 0) == wanted else Outcome.FAILED
    return found


def count(outcomes: Iterable[Outcome]) -> dict[Outcome, int]:
    """Count outcomes."""
    return dict(Counter(outcomes))


def draft_of(run: Run | None) -> Draft | None:
    """Find the draft that a run wrote, or would have."""
    return None if run is None else domain.draft_of(run.decision)


def cites(run: Run | None, article_ids: Iterable[str]) -> bool:
    """Tell whether a draft was written that cites one of these articles."""
    wanted = frozenset(article_ids)
    if run is None or not isinstance(run.decision, SaveDraft | Send):
        return False
    return any(
        citation.source is Source.ARTICLE and citation.origin_id in wanted
        for citation in run.decision.draft.citations
    )


def percentile(values: Sequence[float], share: int) -> float | None:
    """The value below which ``share`` percent lie (interpolated); ``None`` for no values."""
    if not values:
        return None
    ordered = sorted(values)
    if len(ordered) == 1:
        return round(ordered[0], 3)
    return round(statistics.quantiles(ordered, n=100, method="inclusive")[share - 1], 3)
