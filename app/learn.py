"""Reading what agents sent, and keeping what it teaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from app.domain import (
    Clarify,
    Draft,
    RunState,
    Signal,
    SignalKind,
    Skip,
    Source,
    Trigger,
    draft_of,
)
from app.forget import forget_redacted, take_out_retired
from app.knowledge.index import KnowledgeDown
from app.learning.memory import article_taught, example_from_reply
from app.learning.pair import pair_replies
from app.learning.signals import judge_reply
from app.ledger import lessons, runs
from app.ledger.runs import Run
from app.logs import get_logger
from app.pipeline.clean import clean_message
from app.pipeline.compose import near_articles
from app.pipeline.render import BAD_TAG
from app.services import Services
from connectors.errors import HelpdeskError
from connectors.text import text_of_html
from connectors.types import Message, Rating, Status, Ticket

# What is over is rated; before that, asking for ratings is a call for nothing.
_OVER = (Status.SOLVED, Status.CLOSED)

log = get_logger()


def learn_from(
    services: Services, helpdesk: str, ticket: Ticket, ours: Callable[[Message], bool]
) -> None:
    """Pair the replies on a ticket with what we wrote, and keep signals and examples.

    Looking twice keeps nothing twice.
    """
    found = runs.listed(services.ledger, helpdesk, ticket.id)
    forget_redacted(services, helpdesk, ticket, found)
    if any(run.state is RunState.APPLYING for run in found):
        return  # a reply of ours may be there that nothing shows to be ours yet
    finished = [run for run in found if run.finished and run.decision is not None]
    looked = {run.key.message_id: run for run in finished if run.key.trigger is not Trigger.SEND}
    for draft, reply_id, text in _sent_by_tag(finished):
        # What the agent writes after it is conversation, no verdict on the draft.
        looked.pop(draft.key.message_id, None)
        # Who set the tag, no helpdesk tells.
        _keep(services, draft, Signal(draft.id, SignalKind.KEPT, reply_id, "", 1.0), text)
    doubted = _perhaps_answered_by_us(finished)
    for pair in pair_replies(ticket.messages, frozenset(looked) - doubted, ours):
        _keep_reply(services, looked[pair.message_id], pair.reply)
    if BAD_TAG in ticket.tags:
        _discard(services, finished)
    _keep_ratings(services, ticket, finished)


def index_waiting(services: Services, helpdesk: str) -> int:
    """Make examples searchable that are not yet, and drop what is retired; tell how many."""
    take_out_retired(services, helpdesk)
    waiting = lessons.not_indexed(services.ledger, helpdesk)
    for example in waiting:
        services.knowledge.index_example(example)
    return len(waiting)


def _sent_by_tag(finished: Sequence[Run]) -> Iterator[tuple[Run, str, str]]:
    """Find what went out because an agent asked for it: whose draft, the reply's id, its text."""
    notes = {run.receipt.note_id: run for run in finished if run.receipt and run.receipt.note_id}
    for run in finished:
        reply_id = run.receipt.reply_id if run.receipt else None
        draft = notes.get(run.key.message_id) if run.key.trigger is Trigger.SEND else None
        if draft is not None and reply_id is not None:
            yield draft, reply_id, text_of_html(run.change.reply or "", links=True)


def _perhaps_answered_by_us(finished: Sequence[Run]) -> set[str]:
    """Name the messages to which a reply may stand there that is ours, though nothing shows it.

    We gave up on it without knowing whether it had gone out, and it may show later.
    """
    lost = (run for run in finished if run.unsure and run.receipt is None and run.change.reply)
    return {run.change.answers for run in lost if run.change.answers}


def _keep_reply(services: Services, run: Run, reply: Message) -> None:
    text = clean_message(reply).text
    draft = draft_of(run.decision)
    kind, share = judge_reply(draft.text if draft else _question_of(run), text)
    _keep(services, run, Signal(run.id, kind, reply.id, reply.author.name, share), text)


def _keep(services: Services, run: Run, signal: Signal, reply: str) -> None:
    draft = draft_of(run.decision)
    example = example_from_reply(
        example_id=services.new_id(),
        helpdesk=run.key.helpdesk,
        ticket_id=run.key.ticket_id,
        question=run.question,
        reply=reply,
        agent=signal.agent,
        outcome=run.outcome,
        now=datetime.fromtimestamp(services.clock(), UTC),
    )
    # Kept, it is the answer we already know once more, or our own question: no answer at all.
    nothing_new = isinstance(run.decision, Clarify) or (draft is not None and draft.learned)
    if nothing_new and signal.kind is SignalKind.KEPT:
        example = None
    if _for_some_alone(run, draft, signal):
        # The next who asks may be somebody who may not read what this one was told.
        example = None
    cited = draft.citations if draft else ()
    if example is not None:
        cites = tuple({one.origin_id for one in cited if one.source is Source.ARTICLE})
        example = replace(example, article_id=article_taught(draft, signal), cites=cites)
    rests_on = [one.origin_id for one in cited if one.source is Source.EXAMPLE]
    if not lessons.keep(services.ledger, signal, example, rests_on=rests_on, now=services.clock()):
        return
    log.info(
        "learned from a reply",
        run=run.id,
        signal=signal.kind.value,
        kept_share=round(signal.kept_share, 2),
    )
    if example is None or not lessons.is_kept(services.ledger, example.id):
        return
    try:
        services.knowledge.index_example(example)
    except KnowledgeDown as error:
        log.warning("example not searchable yet", example=example.id, error=str(error))


def _for_some_alone(run: Run, draft: Draft | None, signal: Signal) -> bool:
    """Tell whether a reply may say what not everybody may read.

    The draft does; or the agent wrote words of their own where such an article was near enough to
    answer: they may have them from there.
    """
    if draft is not None and draft.restricted:
        return True
    articles = [hit for hit in run.evidence if hit.passage.source is not Source.EXAMPLE]
    own_words = draft is None or signal.kind is not SignalKind.KEPT
    return own_words and any(hit.passage.only_for for hit in near_articles(articles))


def _discard(services: Services, newest_first: Sequence[Run]) -> None:
    """Remember that the newest draft of a ticket was called bad; what came before it was not."""
    drafted = (
        run
        for run in newest_first
        if draft_of(run.decision) and run.receipt and run.key.trigger is not Trigger.SEND
    )
    run = next(drafted, None)
    if run is not None:
        signal = Signal(run.id, SignalKind.DISCARDED, BAD_TAG, "", 0.0)
        lessons.keep(services.ledger, signal, None, rests_on=(), now=services.clock())


def _keep_ratings(services: Services, ticket: Ticket, newest_first: Sequence[Run]) -> None:
    """Keep what the customer said of a ticket that we wrote in, with what we wrote last."""
    wrote = (run for run in newest_first if _said_something(run))
    run = next(wrote, None)
    if run is None:
        return
    known = lessons.ratings_of(services.ledger, run.key.helpdesk, ticket.id)
    for rating in _ratings(services, run, ticket, asking=not known):
        if rating.id in known:
            continue
        signal = Signal(run.id, SignalKind.RATED, rating.id, "", 0.0, rating.score)
        if lessons.keep(services.ledger, signal, None, rests_on=(), now=services.clock()):
            log.info("customer rated", run=run.id, score=rating.score)


def _said_something(run: Run) -> bool:
    said = run.receipt is not None and (run.receipt.note_id or run.receipt.reply_id)
    return bool(said) and not isinstance(run.decision, Skip)  # no word to an agent alone


def _ratings(services: Services, run: Run, ticket: Ticket, *, asking: bool) -> tuple[Rating, ...]:
    if ticket.ratings or not asking or ticket.status not in _OVER:
        return ticket.ratings
    try:
        return services.connector(run.key.helpdesk).ratings(ticket)
    except HelpdeskError as error:
        # No ticket waits for it, and the next look asks again.
        log.warning("ratings not read", error=str(error))
        return ()


def _question_of(run: Run) -> str:
    return run.decision.question if isinstance(run.decision, Clarify) else ""
