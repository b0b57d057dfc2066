"""Who should have got what: the company's tickets say it, and a demo is held to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.demo.company import DemoTicket
from app.demo.score import cites, draft_of
from app.domain import HandOff, Outcome
from app.ledger.runs import Run


def complaints(
    ticket: DemoTicket, run: Run | None, outcome: Outcome, article_ids: Mapping[str, str]
) -> Iterable[str]:
    """Say, a sentence each, where a ticket did not get what it should have."""
    expected = ticket.expect
    if expected is None:
        return
    if outcome.value != expected.outcome:
        yield f"{ticket.id}: should be {expected.outcome}, is {outcome.value}"
        return
    if expected.reason and expected.reason not in _codes(run):
        yield f"{ticket.id}: should be because of {expected.reason}, is {_codes(run)}"
    draft = draft_of(run)
    text = draft.text if draft is not None else ""
    if expected.article and expected.learned_from is None:
        wanted = [article_ids[each] for each in expected.article]
        if expected.outcome == "draft" and not cites(run, wanted):
            yield f"{ticket.id}: should cite {', '.join(expected.article)}"
    if expected.says and expected.says not in text:
        yield f"{ticket.id}: should say {expected.says!r}"
    if expected.says_not and expected.says_not in text:
        yield f"{ticket.id}: should not say {expected.says_not!r}"
    if expected.learned_from is not None and not (draft is not None and draft.learned):
        yield f"{ticket.id}: should be answered from what {expected.learned_from} taught"


def _codes(run: Run | None) -> list[str]:
    if run is None:
        return []
    codes = [reason.code for reason in run.reasons]
    if isinstance(run.decision, HandOff):
        codes.append(run.decision.handoff.reason.code)
    return codes
