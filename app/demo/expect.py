"""Who should have got what: the company's tickets say it, and a demo is held to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.demo.company import DemoExpectation, DemoTicket
from app.demo.score import cites, draft_of
from app.domain import HandOff, Outcome
from app.ledger.runs import Run
from connectors.types import Change


@dataclass(frozen=True, slots=True)
class Judgement:
    """How many of the tickets with an expectation got it; the others, a sentence for each fault.

    ``wrong`` fails a demo; ``shortfalls`` are known, and ``better`` no longer fall short.
    """

    expected: int
    as_expected: int
    wrong: tuple[str, ...] = ()
    shortfalls: tuple[str, ...] = ()
    better: tuple[str, ...] = ()


def judge(
    tickets: Sequence[DemoTicket],
    last_runs: Mapping[str, Run | None],
    outcomes: Mapping[str, Outcome],
    article_ids: Mapping[str, str],
) -> Judgement:
    """Hold tickets to what they expect; runs and outcomes are given by the tickets' own ids."""
    wrong: list[str] = []
    shortfalls: list[str] = []
    better: list[str] = []
    failed = 0
    for ticket in tickets:
        if ticket.expect is None:
            continue
        known = ticket.expect.falls_short
        outcome = outcomes.get(ticket.id, Outcome.FAILED)
        found = list(complaints(ticket, last_runs.get(ticket.id), outcome, article_ids))
        failed += bool(found)
        if found and known and outcome is not Outcome.FAILED:
            shortfalls.append(f"{'; '.join(found)} (known: {known})")
        elif known and not found:
            better.append(f"{ticket.id}: no longer falls short ({known})")
        else:
            wrong += found
    expected = sum(ticket.expect is not None for ticket in tickets)
    return Judgement(expected, expected - failed, tuple(wrong), tuple(shortfalls), tuple(better))


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
        cited = [each for each in expected.article if cites(run, [article_ids[each]])]
        lacking = [each for each in expected.article if each not in cited]
        if expected.outcome == "draft" and lacking and (expected.every or not cited):
            yield f"{ticket.id}: should cite {', '.join(lacking)}"
    yield from _words(ticket.id, expected, text, run.change if run else Change())
    if expected.learned_from is not None and not (draft is not None and draft.learned):
        yield f"{ticket.id}: should be answered from what {expected.learned_from} taught"


def _words(ticket_id: str, expected: DemoExpectation, text: str, change: Change) -> Iterator[str]:
    """Hold what was written to the words that are expected of it."""
    if expected.says and expected.says not in text:
        yield f"{ticket_id}: should say {expected.says!r}"
    if expected.says_not and expected.says_not in text:
        yield f"{ticket_id}: should not say {expected.says_not!r}"
    if expected.note_says and expected.note_says not in (change.note or ""):
        yield f"{ticket_id}: its note should say {expected.note_says!r}"
    if expected.note_says and expected.note_says in f"{text}{change.reply}":
        yield f"{ticket_id}: should say {expected.note_says!r} to agents alone"


def _codes(run: Run | None) -> list[str]:
    if run is None:
        return []
    codes = [reason.code for reason in run.reasons]
    if isinstance(run.decision, HandOff):
        codes.append(run.decision.handoff.reason.code)
    return codes
