"""Memory: which answers of agents are worth keeping for the next customer."""

from __future__ import annotations

from datetime import datetime

from app.domain import Draft, Example, Outcome, Signal, SignalKind, Source
from app.learning.signals import body_of

# "Done!" answers one customer once; it teaches nothing.
SHORTEST_ANSWER = 40

# An agent who kept so much of a draft's words has not found its article to be the wrong one.
LIGHTLY_EDITED = 0.7

# What was handed to a person was an individual case by rule; its answer is nobody else's.
TEACHING = frozenset({Outcome.DRAFT, Outcome.SILENT, Outcome.CLARIFIED})


def example_from_reply(
    *,
    example_id: str,
    helpdesk: str,
    ticket_id: str,
    question: str,
    reply: str,
    agent: str,
    outcome: Outcome | None,
    now: datetime,
) -> Example | None:
    """Make a candidate example of an agent's reply; ``None`` where it teaches nothing."""
    answer = _unsigned(body_of(reply), agent)
    if outcome not in TEACHING or not question.strip() or len(answer) < SHORTEST_ANSWER:
        return None
    return Example(
        id=example_id,
        helpdesk=helpdesk,
        ticket_id=ticket_id,
        question=question,
        answer=answer,
        agent=agent,
        created_at=now,
    )


def article_taught(draft: Draft | None, signal: Signal) -> str:
    """Name the article that a draft shows to answer its question; "" where it shows no single one.

    The agent sent the draft, or nearly, and all of it rests on this article.
    """
    if draft is None or signal.kind not in (SignalKind.KEPT, SignalKind.EDITED):
        return ""
    if signal.kept_share < LIGHTLY_EDITED:
        return ""
    rests_on = {(one.source, one.origin_id) for one in draft.citations}
    (source, origin), *others = rests_on or {(Source.EXAMPLE, "")}
    return origin if source is Source.ARTICLE and not others else ""


def _unsigned(answer: str, agent: str) -> str:
    """Take the agent's bare name off the end: the next answer is somebody else's."""
    *lines, last = answer.split("\n")
    names = {agent.casefold(), *agent.casefold().split()[:1]}
    return "\n".join(lines).rstrip() if last.strip(" -,.").casefold() in names else answer
