"""Reading what agents sent, and keeping what it teaches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from app.domain import Clarify, Signal, SignalKind, Source, draft_of
from app.knowledge.index import KnowledgeDown
from app.learning.memory import example_from_reply
from app.learning.pair import Pair, pair_replies
from app.learning.signals import judge_reply
from app.ledger import lessons, runs
from app.ledger.runs import Run
from app.logs import get_logger
from app.pipeline.clean import clean_message
from app.services import Services
from connectors.types import Message, Ticket

# The tag by which an agent tells that a draft was wrong.
BAD_TAG = "understudy_bad"

log = get_logger()


def learn_from(
    services: Services, helpdesk: str, ticket: Ticket, ours: Callable[[Message], bool]
) -> None:
    """Pair the replies on a ticket with what we wrote, and keep signals and examples.

    Looking twice keeps nothing twice.
    """
    finished = {
        run.key.message_id: run
        for run in runs.listed(services.ledger, helpdesk, ticket.id)
        if run.finished and run.decision is not None
    }
    for pair in pair_replies(ticket.messages, frozenset(finished), ours):
        _keep(services, ticket, finished[pair.message_id], pair)
    if BAD_TAG in ticket.tags:
        _discard(services, list(finished.values()))


def index_waiting(services: Services, helpdesk: str) -> int:
    """Make examples searchable that are not yet; tell how many."""
    waiting = lessons.not_indexed(services.ledger, helpdesk)
    for example in waiting:
        services.knowledge.index_example(example)
    return len(waiting)


def _keep(services: Services, ticket: Ticket, run: Run, pair: Pair) -> None:
    reply = clean_message(pair.reply).text
    draft = draft_of(run.decision)
    kind, share = judge_reply(draft.text if draft else _question_of(run), reply)
    signal = Signal(run.id, kind, pair.reply.id, pair.reply.author.name, share)
    example = example_from_reply(
        example_id=services.new_id(),
        helpdesk=run.key.helpdesk,
        ticket_id=ticket.id,
        question=run.question,
        reply=reply,
        agent=signal.agent,
        outcome=run.outcome,
        now=datetime.fromtimestamp(services.clock(), UTC),
    )
    if draft is not None and draft.learned and kind is SignalKind.KEPT:
        example = None  # it is the one we already know, kept once more
    rests_on = [
        citation.origin_id
        for citation in (draft.citations if draft else ())
        if citation.source is Source.EXAMPLE
    ]
    if not lessons.keep(services.ledger, signal, example, rests_on=rests_on, now=services.clock()):
        return
    log.info("learned from a reply", run=run.id, signal=kind.value, kept_share=round(share, 2))
    if example is None:
        return
    try:
        services.knowledge.index_example(example)
    except KnowledgeDown as error:
        log.warning("example not searchable yet", example=example.id, error=str(error))


def _discard(services: Services, newest_first: list[Run]) -> None:
    """Remember that the newest draft of a ticket was called bad; what came before it was not."""
    drafted = (run for run in newest_first if draft_of(run.decision) and run.receipt)
    run = next(drafted, None)
    if run is not None:
        signal = Signal(run.id, SignalKind.DISCARDED, BAD_TAG, "", 0.0)
        lessons.keep(services.ledger, signal, None, rests_on=(), now=services.clock())


def _question_of(run: Run) -> str:
    return run.decision.question if isinstance(run.decision, Clarify) else ""
