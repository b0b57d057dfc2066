"""What an audit reads of the ledger: the live pages, and what was asked since a time."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.as_json import from_json
from app.audit.records import Asked, Page
from app.domain import Collection, Facts, Outcome, SignalKind, Source, Trigger, draft_of
from app.ledger.runs import Run, listed, run_from_row
from app.ledger.store import Ledger
from app.ledger.tables import articles, examples, runs, signals

# Cosine from which the best page of a search is about what was asked; below, it was merely there.
NEAR = 0.4


def live_pages(ledger: Ledger, helpdesk: str) -> list[Page]:
    """List the pages that a search can find, in a stable order."""
    table = articles.c
    query = (
        select(articles)
        .where(table.helpdesk == helpdesk, table.retired_at.is_(None))
        .order_by(table.article_id, table.locale)
    )
    with ledger.read() as connection:
        return [
            Page(
                id=row.article_id,
                title=row.title,
                text=row.text,
                url=row.url,
                locale=row.locale,
                edited_at=row.edited_at,
                source=row.source,
                internal=row.collection == Collection.INTERNAL,
                metadata=from_json(Facts, row.facts).metadata,
            )
            for row in connection.execute(query)
        ]


def asked_since(ledger: Ledger, helpdesk: str, since: float) -> list[Asked]:
    """List what tickets asked since a time, oldest first; of one message the newest look."""
    query = (
        select(runs)
        .where(
            runs.c.helpdesk == helpdesk,
            runs.c.created_at >= since,
            runs.c.outcome.is_not(None),
            runs.c.trigger.in_((Trigger.EVENT.value, Trigger.REDO.value)),
        )
        .order_by(runs.c.created_at, runs.c.id)
    )
    newest: dict[tuple[str, str], Run] = {}
    with ledger.read() as connection:
        for row in connection.execute(query):
            newest[row.ticket_id, row.message_id] = run_from_row(row)
    verdicts = _verdicts(ledger, helpdesk)
    replies = _replies(ledger, helpdesk)
    teachers = _teachers(ledger, helpdesk)
    found = []
    for run in newest.values():
        if run.question and run.outcome not in (Outcome.SKIPPED, Outcome.FAILED):
            kinds = verdicts.get(run.id, frozenset())
            cited = _cited(run) or _behind(ledger, run, teachers, verdicts)
            found.append(_asked(run, kinds, replies.get(run.key.ticket_id, {}), cited))
    return found


def _cited(run: Run) -> tuple[str, ...]:
    """Name the pages that a run's draft cites, each once."""
    draft = draft_of(run.decision)
    cited = (one.origin_id for one in (draft.citations if draft else ()) if _is_page(one.source))
    return tuple(dict.fromkeys(cited))


def _behind(
    ledger: Ledger,
    run: Run,
    teachers: Mapping[str, str],
    verdicts: Mapping[str, frozenset[SignalKind]],
) -> tuple[str, ...]:
    """Name the pages behind an agent's answer: what was kept of a draft from pages is theirs."""
    draft = draft_of(run.decision)
    learned = (one.origin_id for one in (draft.citations if draft else ()))
    for ticket_id in dict.fromkeys(teachers[one] for one in learned if one in teachers):
        for earlier in listed(ledger, run.key.helpdesk, ticket_id):
            stood = verdicts.get(earlier.id, frozenset()) & {SignalKind.KEPT, SignalKind.EDITED}
            if stood and (cited := _cited(earlier)):
                return cited
    return ()


def _asked(
    run: Run, kinds: frozenset[SignalKind], replies: Mapping[str, str], cited: tuple[str, ...]
) -> Asked:
    draft = draft_of(run.decision)
    pages = [hit for hit in run.evidence if _is_page(hit.passage.source)]
    near = [hit.passage.origin_id for hit in pages[:1] if hit.similarity >= NEAR]
    return Asked(
        ticket_id=run.key.ticket_id,
        at=run.created_at,
        question=run.question,
        outcome=run.outcome or Outcome.SKIPPED,
        rests_on=cited,
        nearest=near[0] if near else "",
        not_covered=draft.not_covered if draft else (),
        learned=draft.learned if draft else False,
        signals=kinds,
        reply=replies.get(run.question, ""),
        reasons=tuple(reason.code for reason in run.reasons),
    )


def _is_page(source: Source) -> bool:
    return source is not Source.EXAMPLE


def _verdicts(ledger: Ledger, helpdesk: str) -> dict[str, frozenset[SignalKind]]:
    query = (
        select(signals.c.run_id, signals.c.kind)
        .join(runs, runs.c.id == signals.c.run_id)
        .where(runs.c.helpdesk == helpdesk)
    )
    found: dict[str, frozenset[SignalKind]] = {}
    with ledger.read() as connection:
        for run_id, kind in connection.execute(query):
            found[run_id] = found.get(run_id, frozenset()) | {SignalKind(kind)}
    return found


def _teachers(ledger: Ledger, helpdesk: str) -> dict[str, str]:
    """Map each learned answer to the ticket that taught it."""
    query = select(examples.c.id, examples.c.ticket_id).where(examples.c.helpdesk == helpdesk)
    with ledger.read() as connection:
        return {row.id: row.ticket_id for row in connection.execute(query)}


def _replies(ledger: Ledger, helpdesk: str) -> dict[str, dict[str, str]]:
    """Map each ticket to its questions and the answers that agents sent to them."""
    query = select(examples.c.ticket_id, examples.c.question, examples.c.answer).where(
        examples.c.helpdesk == helpdesk, examples.c.state == "candidate"
    )
    found: dict[str, dict[str, str]] = {}
    with ledger.read() as connection:
        for ticket_id, question, answer in connection.execute(query):
            found.setdefault(ticket_id, {})[question] = answer
    return found


def first_run_at(ledger: Ledger, helpdesk: str) -> float | None:
    """Tell when the first run of a helpdesk began."""
    query = select(runs.c.created_at).where(runs.c.helpdesk == helpdesk)
    with ledger.read() as connection:
        return connection.scalar(query.order_by(runs.c.created_at).limit(1))
