"""What past tickets teach a search: answers that agents gave, and which article answers what.

Both are found by how near their question is, in an index of their own: poured into the articles'
they would hide the articles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.domain import Example, Hit, Passage, Source
from app.knowledge import index
from app.knowledge.index import Vectors
from app.knowledge.remember import Remembered
from app.ledger import knowledge, lessons, pointers
from app.ledger.pointers import Pointed
from app.ledger.store import Ledger

Array = NDArray[np.float32]

# Past questions that are looked at for each text of a search. Retired ones keep their vectors for a
# while, and not each has an answer: so there are more than are wanted.
NEAREST = 100


@dataclass(frozen=True, slots=True)
class Leads:
    """Which articles past questions lead to, and how near these are to each of some texts.

    ``nearest`` has one mapping a text: the best cosine by article id. ``articles`` are all that any
    question leads to.
    """

    articles: frozenset[str] = frozenset()
    nearest: Sequence[Mapping[str, float]] = field(default_factory=tuple)


class Examples:
    """The learned examples of all helpdesks; everything may raise ``KnowledgeDown``."""

    def __init__(self, ledger: Ledger, vectors: Vectors, embedder: Remembered) -> None:
        self._ledger = ledger
        self._vectors = vectors
        self._embedder = embedder

    def search(self, helpdesk: str, question: str, limit: int) -> list[Hit]:
        """Find answers that agents stood behind, by how near their question is.

        Of those whose articles anybody may still read: an answer may quote them.
        """
        (found,) = self._nearest(helpdesk, self._embedder.one(question)[None, :])
        with self._ledger.read() as connection:
            examples = knowledge.usable_examples(connection, helpdesk, [one for one, _ in found])
        pairs = [(examples[one], cosine) for one, cosine in found if one in examples]
        answers = [(example, cosine) for example, cosine in pairs if example.answer]
        return [_hit(example, cosine) for example, cosine in answers[:limit]]

    def leads(self, helpdesk: str, texts: Array) -> Leads:
        """Tell where the past questions near some texts (one vector each) lead to."""
        with self._ledger.read() as connection:
            articles = pointers.pointed_articles(connection, helpdesk)
        if not articles:
            return Leads()
        found = self._nearest(helpdesk, texts)
        with self._ledger.read() as connection:
            ids = list(dict.fromkeys(one for pairs in found for one, _ in pairs))
            leads = pointers.leads(connection, ids)
        nearest: list[dict[str, float]] = []
        for pairs in found:
            best: dict[str, float] = {}
            for one, cosine in pairs:
                if one in leads:
                    best[leads[one]] = max(cosine, best.get(leads[one], -1.0))
            nearest.append(best)
        return Leads(articles, nearest)

    def add(self, example: Example) -> None:
        """Make an example searchable; doing it again changes nothing."""
        self._index(example.helpdesk, [example.id], [example.question])

    def point(self, helpdesk: str, rows: Sequence[tuple[str, str, str]], now: float) -> None:
        """Keep questions that are known to lead to an article: id, text, article id of each."""
        with self._ledger.write() as connection:
            kept = pointers.keep(connection, helpdesk, [Pointed(*row) for row in rows], now)
        self._index(helpdesk, [row.id for row in kept], [row.text for row in kept])

    def drop(self, helpdesk: str, ids: Sequence[str]) -> None:
        """Take examples out of the search; doing it again changes nothing."""
        self._vectors.delete(index.examples_name(helpdesk), ids)
        with self._ledger.write() as connection:
            knowledge.mark_dropped(connection, ids)

    def check(self, helpdesk: str) -> None:
        """Have all indexed again where the index lost some, or was made by another model."""
        expected = lessons.count_examples(self._ledger, helpdesk)
        name = index.examples_name(helpdesk)
        whole = not expected or (
            self._vectors.embedder(name) == self._embedder.name
            and self._vectors.count(name) >= expected
        )
        if not whole:
            self._start_anew(helpdesk)

    def _start_anew(self, helpdesk: str) -> None:
        # The ledger first: a crash in between leaves examples to index, never lost ones.
        with self._ledger.write() as connection:
            knowledge.forget_indexed(connection, helpdesk)
        self._vectors.drop(index.examples_name(helpdesk))

    def _nearest(self, helpdesk: str, texts: Array) -> list[list[tuple[str, float]]]:
        """Find the nearest examples of each vector, retired ones among them."""
        with self._ledger.read() as connection:
            any_there = knowledge.has_indexed_examples(connection, helpdesk)
        name = index.examples_name(helpdesk)
        # From another model, they come back as they are indexed again.
        if not any_there or self._vectors.embedder(name) != self._embedder.name:
            return [[] for _ in texts]
        return [self._vectors.query(name, vector, NEAREST) for vector in texts]

    def _index(self, helpdesk: str, ids: Sequence[str], questions: Sequence[str]) -> None:
        if not ids:
            return
        name = index.examples_name(helpdesk)
        present = self._vectors.embedder(name)
        if present != self._embedder.name:
            self._start_anew(helpdesk)
            self._vectors.create(name, self._embedder.name)
        self._vectors.upsert(name, ids, self._embedder.embed(questions))
        with self._ledger.write() as connection:
            pointers.mark_indexed(connection, ids)


def _hit(example: Example, cosine: float) -> Hit:
    by = f" by {example.agent}" if example.agent else ""  # unknown where a tag sent it
    passage = Passage(
        id=example.id,
        source=Source.EXAMPLE,
        origin_id=example.id,
        title=f"Answer{by} on #{example.ticket_id}",
        text=example.answer,
        updated_at=example.created_at,
    )
    parts = {"cosine": cosine, "times_kept": float(example.times_kept)}
    similarity = max(-1.0, min(1.0, cosine))
    return Hit(passage, similarity, similarity, parts)
