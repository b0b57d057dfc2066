"""Searching the team's knowledge: articles by several signals, examples by their question.

A search reads the generation pointer once; vectors and lexical files both follow from it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain import Collection, Example, Hit, Passage, Source
from app.knowledge import build, chunk, index, snapshot
from app.knowledge.embed import Embedder
from app.knowledge.filling import Site
from app.knowledge.index import KnowledgeDown, Vectors
from app.knowledge.snapshot import Snapshot
from app.knowledge.text import searchable
from app.ledger import knowledge
from app.ledger.knowledge import Generation
from app.ledger.store import Ledger
from app.pipeline import retrieve
from app.pipeline.language import language_in, language_of
from app.pipeline.retrieve import Signals

__all__ = ["KnowledgeBase", "KnowledgeDown", "KnowledgeStatus"]

Array = NDArray[np.float32]
Rows = NDArray[np.int64]

MAX_QUESTION = 8000  # characters; the model reads about 1,000 of them
LANGUAGE_SAMPLE = 100  # articles that are read to learn the languages of a help centre: 30 ms
CANDIDATES = 200  # chunks from each half of the search, in a large collection
_CACHED_VECTORS = 8192  # 12 MB at 384 numbers


@dataclass(frozen=True, slots=True)
class KnowledgeStatus:
    """What can be searched; all zero and ``None`` where no sync has succeeded yet.

    ``live_at`` is in seconds since the epoch.
    """

    generation: int = 0
    articles: int = 0
    passages: int = 0
    live_at: float | None = None


class KnowledgeBase:
    """The knowledge of all helpdesks, read through the ledger's pointers.

    Build it before a fork if you like: files are memory-mapped, connections made in the child.
    Everything may raise ``KnowledgeDown`` and ``LedgerDown``.
    """

    def __init__(
        self,
        ledger: Ledger,
        vectors: Vectors,
        lexical_dir: Path,
        embedder: Embedder,
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._vectors = vectors
        self._root = lexical_dir
        self._embedder = embedder
        self._clock = clock
        self._open: dict[tuple[str, Collection], Snapshot] = {}
        self._languages: dict[str, tuple[int, frozenset[str]]] = {}
        self._cache: OrderedDict[bytes, Array] = OrderedDict()

    def prepare(self, question: str) -> None:
        """Embed a question ahead of its searches."""
        self._embedded([question[:MAX_QUESTION]])

    def warm(self, helpdesk: str) -> None:
        """Open what searches of a helpdesk need; a worker does it before it forks."""
        for collection in Collection:
            self._snapshot(helpdesk, collection)
        self.languages(helpdesk)

    def languages(self, helpdesk: str) -> frozenset[str]:
        """Tell in which languages the articles are written, as codes like ``en``.

        Their locales say so, and the texts: not each team has told its helpdesk what it writes in.
        """
        with self._ledger.read() as connection:
            live = knowledge.live_generation(connection, helpdesk)
            number = live.number if live else 0
            known = self._languages.get(helpdesk)
            if known is None or known[0] != number:
                texts = knowledge.sample_texts(connection, helpdesk, LANGUAGE_SAMPLE)
                spoken = {language_of(text) for text in texts}
                spoken |= {language_in(each) for each in knowledge.locales(connection, helpdesk)}
                known = (number, frozenset(code for code in spoken if code))
                self._languages[helpdesk] = known
        return known[1]

    def search(
        self,
        helpdesk: str,
        question: str,
        limit: int = 8,
        *,
        collection: Collection = Collection.PUBLIC,
    ) -> list[Hit]:
        """Find the passages of articles that may answer, best first; at most 3 of one article."""
        live, store = self._snapshot(helpdesk, collection)
        if live is None or not live.ids:
            return []
        name = index.chunks_name(helpdesk, store, collection)
        rows, signals = self._signals(name, live, question)
        # Nobody is known to be let in.
        shown = np.array([not live.facts[live.article_rows[row]].restricted for row in rows])
        if not shown.any():
            return []
        rows, signals = rows[shown], signals.only(np.flatnonzero(shown))
        ranked = retrieve.rank(signals, limit)
        ids = [live.ids[rows[entry.row]] for entry in ranked]
        with self._ledger.read() as connection:
            passages = knowledge.passages_by_id(connection, ids)
        hits = []
        for entry, passage_id in zip(ranked, ids, strict=True):
            if passage_id in passages:
                self._remember_sentences(live, passages[passage_id])
                hits.append(Hit(passages[passage_id], entry.score, entry.similarity, entry.parts))
        return hits

    def search_examples(self, helpdesk: str, question: str, limit: int = 5) -> list[Hit]:
        """Find answers that agents stood behind, by how near their question is."""
        with self._ledger.read() as connection:
            if not knowledge.has_indexed_examples(connection, helpdesk):
                return []
        name = index.examples_name(helpdesk)
        if self._vectors.embedder(name) != self._embedder.name:
            return []  # from another model; they come back as they are indexed again
        # Retired examples keep their vectors: ask for more than is wanted.
        found = self._vectors.query(name, self._question(question), 2 * limit + 10)
        with self._ledger.read() as connection:
            examples = knowledge.usable_examples(connection, [one for one, _ in found])
        pairs = [(examples[one], cosine) for one, cosine in found if one in examples]
        return [_example_hit(example, cosine) for example, cosine in pairs[:limit]]

    def index_example(self, example: Example) -> None:
        """Make an example searchable; doing it again changes nothing."""
        name = index.examples_name(example.helpdesk)
        present = self._vectors.embedder(name)
        if present not in (None, self._embedder.name):
            # The ledger first: a crash in between leaves examples to index, never lost ones.
            with self._ledger.write() as connection:
                knowledge.forget_indexed(connection, example.helpdesk)
            self._vectors.drop(name)
            present = None
        if present is None:
            self._vectors.create(name, self._embedder.name)
        self._vectors.upsert(name, [example.id], self._question(example.question)[None, :])
        with self._ledger.write() as connection:
            knowledge.mark_indexed(connection, example.id)

    def drop_examples(self, helpdesk: str, ids: Sequence[str]) -> None:
        """Take examples out of the search; doing it again changes nothing."""
        self._vectors.delete(index.examples_name(helpdesk), ids)
        with self._ledger.write() as connection:
            knowledge.mark_dropped(connection, ids)

    def rank_sentences(self, question: str, texts: list[str]) -> list[float]:
        """Compare a question with texts: one cosine each, in -1..1."""
        if not texts:
            return []
        vectors = self._embedded([searchable(text) for text in texts])
        scores = np.clip(vectors @ self._question(question), -1.0, 1.0)
        return [float(score) for score in scores]

    def status(self, helpdesk: str) -> KnowledgeStatus:
        """Tell what can be searched."""
        with self._ledger.read() as connection:
            live = knowledge.live_generation(connection, helpdesk)
        if live is None:
            return KnowledgeStatus()
        return KnowledgeStatus(live.number, live.articles, live.passages, live.live_at)

    def signals(self, helpdesk: str, question: str) -> tuple[list[str], Signals] | None:
        """Give what a search ranks by, with each row's article id; for measuring."""
        live, store = self._snapshot(helpdesk, Collection.PUBLIC)
        if live is None or not live.ids:
            return None
        rows, signals = self._signals(index.chunks_name(helpdesk, store), live, question)
        return [live.articles[row] for row in rows], signals

    def _snapshot(self, helpdesk: str, collection: Collection) -> tuple[Snapshot | None, int]:
        """Open the live generation, restoring its files where this host lacks them.

        Gives its store of vectors, too.
        """
        with self._ledger.read() as connection:
            live = knowledge.live_generation(connection, helpdesk)
        if live is None:
            return None, 0
        opened = self._open.get((helpdesk, collection))
        if opened is None or opened.number != live.number:
            opened = snapshot.open_snapshot(self._root, helpdesk, live.number, collection)
            if opened is None:
                opened, live = self._restored(helpdesk, collection)
            self._open[helpdesk, collection] = opened
        if opened.ids and opened.embedder != self._embedder.name:
            raise KnowledgeDown(
                f"{helpdesk} was indexed with {opened.embedder}, but EMBEDDINGS is "
                f"{self._embedder.name}: run `understudy kb sync`."
            )
        return opened, live.store

    def _restored(self, helpdesk: str, collection: Collection) -> tuple[Snapshot, Generation]:
        """Make this host's files anew. The ledger is read until pointer and passages agree."""
        for _ in range(3):
            with self._ledger.read() as connection:
                before = knowledge.live_generation(connection, helpdesk)
            if before is None:
                continue
            site = Site(
                helpdesk, before.number, before.store, self._root, self._ledger, self._vectors
            )
            if not build.restore(site):
                continue
            kept = frozenset((before.number, before.number - 1))
            snapshot.drop_generations(self._root, helpdesk, kept, self._clock())
            opened = snapshot.open_snapshot(self._root, helpdesk, before.number, collection)
            if opened is not None:
                return opened, before
        raise KnowledgeDown(f"The search files of {helpdesk} cannot be made at {self._root}.")

    def _signals(self, name: str, live: Snapshot, question: str) -> tuple[Rows, Signals]:
        """Score the chunks: all of them, or the candidates of a large collection.

        Gives the snapshot's rows that were scored, and their signals. ``name`` is the collection
        of their vectors.
        """
        vector = self._question(question)
        words, grams = live.lexical.scores(question)
        if live.chunks is None or live.sentences is None:
            return self._cascade(name, live, vector, words, grams)
        sentences = retrieve.best_by_group(live.sentences @ vector, live.owners, len(live.ids))
        signals = Signals(live.article_rows, live.chunks @ vector, sentences, words, grams)
        return np.arange(len(live.ids)), signals

    def _cascade(
        self, name: str, live: Snapshot, vector: Array, words: Array, grams: Array
    ) -> tuple[Rows, Signals]:
        """Let both halves propose chunks, then look at the sentences of the best."""
        near = self._vectors.query(name, vector, CANDIDATES)
        proposed = {live.rows[one] for one, _ in near if one in live.rows}
        for scores in (words, grams):
            best = np.argpartition(-scores, min(CANDIDATES, len(scores) - 1))[:CANDIDATES]
            proposed |= {int(row) for row in best if scores[row] > 0}
        rows = np.array(sorted(proposed), dtype=np.int64)
        cosines = live.chunk_vectors(rows) @ vector
        articles = snapshot.number_by_first_sight([live.article_rows[row] for row in rows])
        signals = Signals(articles, cosines, cosines, words[rows], grams[rows])
        final = retrieve.finalists(signals)
        kept = signals.only(final)
        found = [live.sentence_vectors(row) @ vector for row in rows[final]]
        best_sentences = np.array([one.max(initial=-1.0) for one in found], dtype=np.float32)
        return rows[final], Signals(
            kept.article, kept.chunk, best_sentences, kept.words, kept.grams
        )

    def _question(self, question: str) -> Array:
        vector: Array = self._embedded([question[:MAX_QUESTION]])[0]
        return vector

    def _embedded(self, texts: Sequence[str]) -> Array:
        """Embed texts, those seen lately from memory."""
        keys = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts]
        missing = {
            key: text for key, text in zip(keys, texts, strict=True) if key not in self._cache
        }
        fresh = dict(zip(missing, self._embedder.embed(list(missing.values())), strict=True))
        found = np.stack([fresh[key] if key in fresh else self._cache[key] for key in keys])
        for key in keys:
            self._remember(key, fresh.get(key))
        return found

    def _remember(self, key: bytes, vector: Array | None) -> None:
        if vector is not None:
            self._cache[key] = vector
        if key in self._cache:
            self._cache.move_to_end(key)
        while len(self._cache) > _CACHED_VECTORS:
            self._cache.popitem(last=False)

    def _remember_sentences(self, live: Snapshot, passage: Passage) -> None:
        # An extractive answer ranks the sentences of what was found: they are embedded already.
        vectors = live.sentence_vectors(live.rows[passage.id])
        sentences = chunk.sentences(passage.text)
        if len(vectors) == len(sentences):
            for sentence, vector in zip(sentences, vectors, strict=True):
                key = hashlib.sha256(searchable(sentence).encode()).digest()
                self._remember(key, vector)


def _example_hit(example: Example, cosine: float) -> Hit:
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
