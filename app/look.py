"""One look at one customer message: from a ticket to a plan, written nowhere yet.

The steps are pure and stand in ``app.pipeline``; this file only hands them what they need and
takes their time. ``understudy try`` shows what comes out, ``app.worker`` carries it out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app import llm
from app.domain import (
    ANYBODY,
    Asker,
    Decision,
    Draft,
    Hit,
    Mode,
    Pointer,
    Reason,
    Send,
    Skip,
    Triage,
    outcome_of,
)
from app.extractive.questions import questions_of
from app.foreign import read_foreign, write_foreign
from app.ledger.run_states import Plan
from app.pipeline.asked import STOOD_BEFORE
from app.pipeline.asker import asker_of
from app.pipeline.compose import compose_draft, near_articles
from app.pipeline.decide import decide
from app.pipeline.files import query_of_files, read_files
from app.pipeline.guard import check_draft
from app.pipeline.queries import join_hits, queries_of, said_before
from app.pipeline.render import SEND_TAG, render
from app.pipeline.triage import in_a_row, triage_ticket
from app.services import Services
from connectors.types import Message, Ticket

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from app.knowledge.search import KnowledgeBase

# Passages that are kept as evidence of a run; the answer is made of the best few.
MOST_HITS = 8
MOST_INTERNAL = 3
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
        internal = _for_agents(services.knowledge, helpdesk, thought.question, decision)
        change = render(decision, ticket, connector.supports, now, doubt=doubt, internal=internal)
    return Plan(
        triage=thought.triage,
        evidence=thought.evidence,
        decision=decision,
        outcome=outcome_of(decision),
        revision=ticket.revision,
        change=replace(change, answers=message.id),
        reasons=(*decision.reasons, *_remarks(ticket, internal)),
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
    # In another language than the question, what stood before says nothing to a search.
    before = "" if foreign else said_before(ticket, message)
    asker = asker_of(ticket, foreign.language if foreign else triage.language)
    articles, examples = gather(
        services.knowledge, helpdesk, question, watch, before=before, also=also, asker=asker
    )
    with watch.step("compose"):
        name = ticket.requester.name
        draft, warnings = write(services.model, question, articles, examples, name, page=asker.page)
        if foreign is not None:
            triage, draft = write_foreign(services, triage, draft, warnings, foreign)
    return Thought(triage, question, (*examples, *articles), draft, warnings)


def _for_agents(
    knowledge: KnowledgeBase, helpdesk: str, question: str, decision: Decision
) -> tuple[Pointer, ...]:
    """Find what agents alone may look into, for a note; of its text nothing leaves this function.

    It is looked for when all is decided and worded, so that nothing of it can be in an answer.
    """
    if isinstance(decision, Send | Skip) or not question.strip():
        return ()
    near = near_articles(knowledge.search_internal(helpdesk, question, MOST_HITS))
    found = dict.fromkeys(Pointer(hit.passage.title, hit.passage.url) for hit in near)
    return tuple(found)[:MOST_INTERNAL]


def _remarks(ticket: Ticket, internal: Sequence[Pointer]) -> tuple[Reason, ...]:
    """Say of a ticket what the record must know, beside why something was decided."""
    cut = (HISTORY_CUT,) if ticket.history_cut else ()
    stood = (STOOD_BEFORE,) if SEND_TAG in ticket.tags else ()
    return (*cut, *stood, *(Reason("for_agents", each.title) for each in internal))


def gather(
    knowledge: KnowledgeBase,
    helpdesk: str,
    question: str,
    watch: Stopwatch,
    *,
    before: str = "",
    also: str = "",
    asker: Asker = ANYBODY,
) -> tuple[list[Hit], list[Hit]]:
    """Search articles and earlier answers for a message and for each question in it.

    ``before`` is what the customer had written before; ``also`` is what their files say: found by
    it, but never taken for what they ask. Articles are those that ``asker`` may read.
    """
    asked = (query for part in questions_of(question) for query in part.queries)
    queries = queries_of(question, asked, before, also)
    with watch.step("embed"):
        knowledge.prepare([text for query in queries for text, _ in query.texts])
    with watch.step("search"):
        articles = knowledge.search(helpdesk, queries, MOST_HITS, asker)
        alone = [query.texts[0][0] for query in queries]
        examples = [knowledge.search_examples(helpdesk, text, MOST_HITS) for text in alone]
        return articles, join_hits(examples, MOST_HITS)


def write(
    model: BaseChatModel,
    question: str,
    articles: list[Hit],
    examples: list[Hit],
    requester_name: str = "",
    *,
    page: str = "",
) -> tuple[Draft | None, tuple[Reason, ...]]:
    """Write a draft from what was found, and name what is wrong with it."""
    if not articles and not examples:
        return None, ()
    one_thing = len(questions_of(question)) <= 1
    draft = compose_draft(
        question,
        articles,
        examples,
        lambda asked, passages: llm.answer(model, asked, passages),
        requester_name,
        page=page if one_thing else "",
    )
    if draft is None:
        return None, ()
    return draft, check_draft(draft, [hit.passage for hit in (*examples, *articles)])
