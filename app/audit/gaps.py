"""Gaps: what customers ask and no page answers, gathered into topics.

A question is open where the bot stayed silent, where only an agent's earlier reply could answer
it, where part of it was not covered, and where an agent wrote something else than the draft.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.audit.records import Asked, AuditFinding, Kind, Quote
from app.audit.statements import Array, Corpus, Embed
from app.domain import Outcome
from app.pipeline.words import sentences

TOGETHER = 0.5  # mean cosine between two groups from which they ask the same
FEWEST = 2  # tickets: what one customer asked once is no gap yet
MOST = 1500  # open questions that are looked at, the newest ones
_NOT_ASKED = frozenset({"vague", "asked_before"})
_QUOTED = 5
_LONGEST = 200  # characters of a question as a name


@dataclass(frozen=True, slots=True)
class Open:
    """A question that was left open, and the ticket that asked it.

    ``without_page`` says that no page answered it; else an agent wrote something else than the
    draft, which may be the draft's fault.
    """

    text: str
    ticket: Asked
    without_page: bool


def open_questions(asked: Sequence[Asked]) -> list[Open]:
    """Pick what stayed open."""
    found: list[Open] = []
    for ticket in asked:
        silent = ticket.outcome is Outcome.SILENT and not _NOT_ASKED & set(ticket.reasons)
        from_agent = ticket.learned and not ticket.rests_on
        replaced = ticket.outcome is Outcome.DRAFT and ticket.corrected
        if silent or from_agent or replaced:
            found.append(Open(ticket.question, ticket, without_page=silent or from_agent))
        else:
            found += [Open(text, ticket, without_page=True) for text in ticket.not_covered]
    return found[-MOST:]


def gaps(
    corpus: Corpus, asked: Sequence[Asked], embed: Embed
) -> list[tuple[AuditFinding, frozenset[str]]]:
    """Find topics that at least two tickets asked in vain; gives each with its tickets."""
    questions = open_questions(asked)
    if not questions:
        return []
    vectors = embed([" ".join(one.text.split()) for one in questions])
    found = []
    for group in clusters(vectors @ vectors.T):
        members = [questions[place] for place in group]
        tickets = frozenset(one.ticket.ticket_id for one in members)
        if len(tickets) >= FEWEST and any(one.without_page for one in members):
            middle = vectors[group].mean(axis=0)
            found.append((_finding(corpus, members, middle, embed), tickets))
    return found


def clusters(similar: Array) -> list[list[int]]:
    """Join the nearest groups until none is near enough (average linkage); largest first."""
    groups: dict[int, list[int]] = {place: [place] for place in range(len(similar))}
    near = similar.astype(np.float64).copy()
    np.fill_diagonal(near, -2.0)
    while len(groups) > 1:
        one, other = divmod(int(near.argmax()), len(near))
        if near[one, other] < TOGETHER:
            break
        sizes = len(groups[one]), len(groups[other])
        merged = (near[one] * sizes[0] + near[other] * sizes[1]) / sum(sizes)
        gone = near[one] < -1.0
        merged[gone | (near[other] < -1.0)] = -2.0
        near[one, :], near[:, one] = merged, merged
        near[other, :], near[:, other] = -2.0, -2.0
        near[one, one] = -2.0
        groups[one] += groups.pop(other)
    return sorted(groups.values(), key=lambda group: (-len(group), group))


def _finding(corpus: Corpus, members: Sequence[Open], middle: Array, embed: Embed) -> AuditFinding:
    quotes = [Quote("", f"#{one.ticket.ticket_id}", one.text) for one in members[:_QUOTED]]
    replied = next((one.ticket for one in members if one.ticket.reply), None)
    if replied is not None:
        quotes.append(Quote("", f"What an agent answered on #{replied.ticket_id}", replied.reply))
    nearest = _nearest(corpus, middle)
    if nearest is not None:
        quotes.append(nearest)
    advice = "Write a page that answers it"
    if replied is not None:
        advice += ": the agent's answer is a first draft of it"
    return AuditFinding(
        kind=Kind.GAP,
        articles=(nearest.page_id,) if nearest else (),
        says=f"No page answers: “{_typical(members, middle, embed)}”",
        evidence=tuple(quotes),
        advice=f"{advice}." + (f" The nearest page is “{nearest.title}”." if nearest else ""),
    )


def _typical(members: Sequence[Open], middle: Array, embed: Embed) -> str:
    """Find the sentence that says best what all of them ask; rather one that asks."""
    told = [
        " ".join(sentence.split())
        for one in members[:_QUOTED]
        for sentence in sentences(one.text) or [one.text]
    ]
    asking = [one for one in told if one.endswith("?")] or told
    best = asking[int((embed(asking) @ middle).argmax())]
    return best if len(best) <= _LONGEST else best[:_LONGEST] + " …"


def _nearest(corpus: Corpus, vector: Array) -> Quote | None:
    if not corpus.statements:
        return None
    best = int(np.maximum(corpus.alone @ vector, corpus.framed @ vector).argmax())
    return corpus.statements[best].quoted()


def asked_once(asked: Sequence[Asked], told: Iterator[frozenset[str]]) -> int:
    """Count the open questions that no finding tells of: asked by one customer so far."""
    known = frozenset[str]().union(*told)
    return len({one.ticket.ticket_id for one in open_questions(asked)} - known)
