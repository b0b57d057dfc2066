"""What is searched for when a customer wrote: their last messages, and each question in the last.

Pasting texts together blurs what they are about; so each is searched for, and scores are mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.domain import Hit
from app.pipeline.clean import clean_message
from app.pipeline.triage import in_a_row
from app.pipeline.weights import WEIGHTS, Weights
from connectors.types import Message, Role, Ticket

# The whole and three questions: more cost time and, in real mails, find nothing new.
MOST_QUERIES = 4
_MOST_BEFORE = 1000  # characters; the vector of a longer text is about nothing in particular


@dataclass(frozen=True, slots=True)
class Query:
    """One thing that is asked: texts whose scores are mixed, with shares that add up to 1."""

    texts: tuple[tuple[str, float], ...]


def query(text: str) -> Query:
    """Ask one text."""
    return Query(((text, 1.0),))


def queries_of(
    message: str,
    questions: Iterable[str],
    before: str = "",
    also: str = "",
    weights: Weights = WEIGHTS,
) -> list[Query]:
    """List what to search for: the message as it stands in its conversation, then its questions.

    ``before`` is what the customer wrote before it (or the subject): it counts only together with
    the message. ``also`` is found by, but never taken for what the customer asks (their files).
    """
    whole, previous = _tidy(message), _tidy(before)
    asked = [text for text in dict.fromkeys(map(_tidy, questions)) if text and text != whole]
    found = []
    if whole and previous and previous != whole:
        share = weights.last_message
        found.append(Query(((whole, share), (f"{previous} {whole}", 1 - share))))
    elif whole:
        found.append(query(whole))
    found += [query(text) for text in asked[: MOST_QUERIES - len(found)]]
    return [*found, query(_tidy(also))] if also.strip() else found


def said_before(ticket: Ticket, message: Message) -> str:
    """Give what the customer wrote last before this message and those in a row with it.

    Cleaned of quotes and signatures; "" where it is their first word.
    """
    first = in_a_row(ticket, message)[0]
    texts = []
    for one in ticket.messages:
        if one.id == first.id:
            break
        if one.public and one.author.role is Role.CUSTOMER:
            texts.append(one)
    return clean_message(texts[-1]).text[:_MOST_BEFORE] if texts else ""


def join_hits(found: Sequence[Sequence[Hit]], limit: int) -> list[Hit]:
    """Join the hits of several searches: each passage once, at its best score and similarity."""
    best: dict[str, Hit] = {}
    for hit in (hit for hits in found for hit in hits):
        known = best.get(hit.passage.id)
        if known is None:
            best[hit.passage.id] = hit
            continue
        higher = max(known, hit, key=lambda one: one.score)
        similarity = max(known.similarity, hit.similarity)
        best[hit.passage.id] = replace(higher, similarity=similarity)
    return sorted(best.values(), key=lambda hit: -hit.score)[:limit]


def _tidy(text: str) -> str:
    return " ".join(text.split())
