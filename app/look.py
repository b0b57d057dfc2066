"""One look at one customer message: from a ticket to a plan, written nowhere yet.

The steps are pure and stand in ``app.pipeline``; this file only hands them what they need and
takes their time. ``understudy try`` shows what comes out, ``app.worker`` carries it out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app import llm
from app.domain import Decision, Draft, Hit, Mode, Reason, Triage, outcome_of
from app.extractive.questions import questions_of
from app.foreign import read_foreign, write_foreign
from app.ledger.run_states import Plan
from app.pipeline.asked import STOOD_BEFORE
from app.pipeline.compose import compose_draft
from app.pipeline.decide import decide
from app.pipeline.files import query_of_files, read_files
from app.pipeline.guard import check_draft
from app.pipeline.queries import join_hits, queries_of
from app.pipeline.render import SEND_TAG, render
from app.pipeline.triage import in_a_row, triage_ticket
from app.services import Services
from connectors.types import Message, Ticket

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from app.knowledge.search import KnowledgeBase

# Passages that are kept as evidence of a run; the answer is made of the best few.
MOST_HITS = 8
HISTORY_CUT = Reason("history_cut", "The helpdesk gives only the newest messages of this ticket")


@dataclass(frozen=True, slots=True)
class Thought:
    """What came to mind about a message: what was asked for, what was found, what it makes.

    ``question`` is in the articles' language.
    """

    triage: Triage
    question: str
    evidence: tuple[Hit, ...] = ()
    draft: Draft | None = None
    warnings: tuple[Reason, ...] = ()


class Stopwatch:
    """Milliseconds by step, for the audit record."""

    def __init__(self, counter: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = counter
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; steps of one name add up."""
        started = self.seconds()
        try:
            yield
        finally:
            spent = (self.seconds() - started) * 1000
            self.milliseconds[name] = round(self.milliseconds.get(name, 0.0) + spent, 2)


def look(
    services: Services,
    helpdesk: str,
    ticket: Ticket,
    message: Message,
    *,
    mode: Mode,
    replies_so_far: int,
    watch: Stopwatch,
    doubt: str = "",
) -> Plan:
    """Think about a message and return the whole plan; ``mode`` is what this ticket may have.

    ``doubt`` says why a reply may not reach the customer, for the agent who reads the draft.

    Of the helpdesk nothing is asked but what stands in the customer's files.

    Raises ``KnowledgeDown`` or ``ModelFailed`` where what it rests on does not answer.
    """
    with watch.step("triage"):
        languages = services.knowledge.languages(helpdesk)
        triage = triage_ticket(ticket, message, services.policy, languages)
    connector = services.connector(helpdesk)
    if not triage.skip:
        with watch.step("files"):
            files = read_files(in_a_row(ticket, message), connector.file_text, watch.seconds)
            triage = replace(triage, files=files)
    thought = _think(services, helpdesk, ticket, message, triage, watch=watch)
    with watch.step("decide"):
        decision: Decision = decide(
            thought.triage,
            thought.draft,
            thought.warnings,
            mode=mode,
            ticket=ticket,
            policy=services.policy,
            replies_so_far=replies_so_far,
        )
        now = datetime.fromtimestamp(services.clock(), UTC)
        change = render(decision, ticket, connector.supports, now, doubt=doubt)
    return Plan(
        triage=thought.triage,
        evidence=thought.evidence,
        decision=decision,
        outcome=outcome_of(decision),
        revision=ticket.revision,
        change=replace(change, answers=message.id),
        reasons=(*decision.reasons, *_remarks(ticket)),
        timings=watch.milliseconds,
    )


def _think(
    services: Services,
    helpdesk: str,
    ticket: Ticket,
    message: Message,
    triage: Triage,
    *,
    watch: Stopwatch,
) -> Thought:
    """Look for an answer to a message that is nobody's to skip, and word it."""
    if triage.skip or not triage.question.strip():
        return Thought(triage, triage.question)
    with watch.step("triage"):
        foreign = read_foreign(services, helpdesk, ticket, message, triage)
    question = foreign.question if foreign else triage.question
    also = query_of_files(triage.files)
    articles, examples = gather(services.knowledge, helpdesk, question, watch, also)
    with watch.step("compose"):
        name = ticket.requester.name
        draft, warnings = write(services.model, question, articles, examples, name)
        if foreign is not None:
            triage, draft = write_foreign(services, triage, draft, warnings, foreign)
    return Thought(triage, question, (*examples, *articles), draft, warnings)


def _remarks(ticket: Ticket) -> tuple[Reason, ...]:
    """Say of a ticket what the record must know, beside why something was decided."""
    cut = (HISTORY_CUT,) if ticket.history_cut else ()
    return (*cut, *((STOOD_BEFORE,) if SEND_TAG in ticket.tags else ()))


def gather(
    knowledge: KnowledgeBase, helpdesk: str, question: str, watch: Stopwatch, also: str = ""
) -> tuple[list[Hit], list[Hit]]:
    """Search articles and earlier answers for a message and for each question in it.

    ``also`` is what its files say: found by it, but never taken for what the customer asks.
    """
    asked = (query for part in questions_of(question) for query in part.queries)
    queries = [*queries_of(question, asked), *([also] if also else [])]
    with watch.step("embed"):
        for query in queries:
            knowledge.prepare(query)
    with watch.step("search"):
        articles = [knowledge.search(helpdesk, query, MOST_HITS) for query in queries]
        examples = [knowledge.search_examples(helpdesk, query, MOST_HITS) for query in queries]
        return join_hits(articles, MOST_HITS), join_hits(examples, MOST_HITS)


def write(
    model: BaseChatModel,
    question: str,
    articles: list[Hit],
    examples: list[Hit],
    requester_name: str = "",
) -> tuple[Draft | None, tuple[Reason, ...]]:
    """Write a draft from what was found, and name what is wrong with it."""
    if not articles and not examples:
        return None, ()
    draft = compose_draft(
        question,
        articles,
        examples,
        lambda asked, passages: llm.answer(model, asked, passages),
        requester_name,
    )
    if draft is None:
        return None, ()
    return draft, check_draft(draft, [hit.passage for hit in (*examples, *articles)])
