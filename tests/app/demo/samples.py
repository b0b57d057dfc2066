"""Runs that the demo's tests share: one for each way a ticket may end."""

from __future__ import annotations

from app.domain import (
    Citation,
    Clarify,
    Decision,
    Draft,
    HandOff,
    Handoff,
    Reason,
    RunKey,
    RunState,
    SaveDraft,
    Send,
    Skip,
    Source,
    outcome_of,
)
from app.ledger.runs import Run

BILLING = Reason("billing", "A billing dispute")


def citing(origin: str, source: Source = Source.ARTICLE) -> Citation:
    return Citation(f"{origin}#0", source, origin, "A title")


def draft(text: str = "Open Settings.", *citations: Citation) -> Draft:
    return Draft(text, citations or (citing("91"),), 0.5)


def run(decision: Decision | None, *reasons: Reason) -> Run:
    return Run(
        id="aa01",
        key=RunKey("zendesk", "1", "m1"),
        state=RunState.APPLIED,
        due_at=0.0,
        announced_at=0.0,
        created_at=0.0,
        updated_at=0.0,
        attempts=1,
        outcome=outcome_of(decision) if decision is not None else None,
        decision=decision,
        reasons=reasons,
    )


DRAFTED = run(SaveDraft(draft()))
SENT = run(Send(draft()))
HANDED_OFF = run(HandOff(Handoff(BILLING, "She was charged twice", draft=draft())))
HANDED_OFF_BARE = run(HandOff(Handoff(BILLING, "She was charged twice")))
ASKED_BACK = run(Clarify("Which plan?"))
SKIPPED = run(Skip((Reason("bounce", "A bounce"),)), Reason("bounce", "A bounce"))
SILENT = run(Skip((), silent=True))
UNDECIDED = run(None)
LEARNED = run(SaveDraft(draft("Hold Alt.", citing("e1", Source.EXAMPLE))))
