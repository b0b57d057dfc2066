"""Searching the team's knowledge: articles by several signals, examples by their question.

A search reads the generation pointer once; vectors and lexical files both follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.domain import ANYBODY, Asker, Collection, Example, Hit, Passage
from app.extractive.questions import questions_of
from app.knowledge import build, chunk, index, scoring, snapshot
from app.knowledge.catalogue import Catalogue, Mask
from app.knowledge.embed import Embedder
from app.knowledge.examples import Examples, Leads
from app.knowledge.filling import Site
from app.knowledge.index import KnowledgeDown, Vectors
from app.knowledge.remember import Remembered
from app.knowledge.scoring import Scored, Setting
from app.knowledge.snapshot import Snapshot
from app.knowledge.text import searchable
from app.ledger import knowledge, pointers
from app.ledger.knowledge import Generation
from app.ledger.store import Ledger
from app.pipeline import retrieve
from app.pipeline.copies import fold_copies
from app.pipeline.language import language_in, language_of
from app.pipeline.queries import Query, queries_of, query
from app.pipeline.retrieve import Ranked, Signals

__all__ = ["KnowledgeBase", "KnowledgeDown", "KnowledgeStatus"]

LANGUAGE_SAMPLE = 100  # articles that are read to learn the languages of a help centre: 30 ms
_READ_AGAIN = 8  # passages whose sentences an extractive answer may rank
_RECORDS_SECONDS = 600.0  # how long what agents did with drafts is taken as it was read


@dataclass(frozen=True, slots=True)
class KnowledgeStatus:
    """What can be searched; all zero and ``None`` where no sync has succeeded yet.

    ``live_at`` is in seconds since the epoch.
    """

    generation: int = 0
    articles: int = 0
    passages: int = 0
    live_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Opened:
    """A collection of the live generation; ``store`` names its vectors."""

    helpdesk: str
    collection: Collection
    store: int
    snapshot: Snapshot
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Warm:
    """What searches have opened and found out of live generations; it survives a fork."""

    opened: dict[tuple[str, Collection], _Opened] = field(default_factory=dict)
    languages: dict[str, tuple[int, frozenset[str]]] = field(default_factory=dict)


class KnowledgeBase:
    """The knowledge of all helpdesks, read through the ledger's pointers.

    It is a process's own but for ``warm``. All may raise ``KnowledgeDown`` and ``LedgerDown``.
    """

    def __init__(
        self,
        ledger: Ledger,
        vectors: Vectors,
        lexical_dir: Path,
        embedder: Embedder,
        clock: Callable[[], float],
        *,
        warm: Warm | None = None,
    ) -> None:
        self._ledger = ledger
        self._vectors = vectors
        self._root = lexical_dir
        self._embedder = Remembered(embedder)
        self._examples = Examples(ledger, vectors, self._embedder)
        self._clock = clock
        self._warm = warm or Warm()
        self._moved: dict[str, tuple[float, Mapping[str, float]]] = {}

    def prepare(self, texts: Sequence[str]) -> None:
        """Embed texts ahead of their searches."""
        self._embedder.embed(texts)

    def warm(self, helpdesk: str) -> None:
        """Open what searches of a helpdesk need, as far as its files are on this host.

        A worker does it before it forks; files that lack are made by the first search.
        """
        with self._ledger.read() as connection:
            live = knowledge.live_generation(connection, helpdesk)
        if live is not None:
            for collection in Collection:
                self._at_hand(helpdesk, collection, live)
        self.languages(helpdesk)

    def languages(self, helpdesk: str) -> frozenset[str]:
        """Tell in which languages the articles are written, as codes like ``en``.

        Their locales say so, and the texts: not each team has told its helpdesk what it writes in.
        """
        with self._ledger.read() as connection:
            live = knowledge.live_generation(connection, helpdesk)
            number = live.number if live else 0
            known = self._warm.languages.get(helpdesk)
            if known is None or known[0] != number:
                texts = knowledge.sample_texts(connection, helpdesk, LANGUAGE_SAMPLE)
                spoken = {language_of(text) for text in texts}
                spoken |= {language_in(each) for each in knowledge.locales(connection, helpdesk)}
                known = (number, frozenset(code for code in spoken if code))
                self._warm.languages[helpdesk] = known
        return known[1]

    def search(
        self,
        helpdesk: str,
        question: str | Sequence[Query],
        limit: int = 8,
        asker: Asker = ANYBODY,
        *,
        fold: bool = True,
    ) -> list[Hit]:
        """Find the passages of articles that may answer, best first; at most 3 of one article.

        A text is taken apart into what it asks; queries are asked as they stand. Nothing is found
        that the asker may not read, or (where their language is known) in another language.
        Of copies one is kept; without ``fold`` all of them.
        ``hit.parts["answerable"]`` says in 0..1 how likely there is an answer at all.
        """
        opened = self._opened(helpdesk, Collection.PUBLIC)
        if opened is None:
            return []
        shown = opened.catalogue.shown_to(asker)
        return self._found(opened, _queries(question), limit, shown, asker, fold=fold)

    def search_internal(
        self, helpdesk: str, question: str | Sequence[Query], limit: int = 3
    ) -> list[Hit]:
        """Find passages that are for agents' eyes only, as ``search`` finds public ones."""
        opened = self._opened(helpdesk, Collection.INTERNAL)
        if opened is None:
            return []
        everything = np.ones(len(opened.snapshot.facts), dtype=bool)
        return self._found(opened, _queries(question), limit, everything, ANYBODY)

    def search_examples(self, helpdesk: str, question: str, limit: int = 5) -> list[Hit]:
        """Find answers that agents stood behind, by how near their question is."""
        return self._examples.search(helpdesk, question, limit)

    def index_pointers(self, helpdesk: str, rows: Sequence[tuple[str, str, str]]) -> None:
        """Keep questions that are known to lead to an article: id, text and article id of each.

        Doing it again changes nothing. They lift their article in later searches.
        """
        self._examples.point(helpdesk, rows, self._clock())

    def index_example(self, example: Example) -> None:
        """Make an example searchable; doing it again changes nothing."""
        self._examples.add(example)

    def drop_examples(self, helpdesk: str, ids: Sequence[str]) -> None:
        """Take examples out of the search; doing it again changes nothing."""
        self._examples.drop(helpdesk, ids)

    def check_examples(self, helpdesk: str) -> None:
        """See to it that examples that the index has lost are indexed again."""
        self._examples.check(helpdesk)

    def rank_sentences(self, question: str, texts: list[str]) -> list[float]:
        """Compare a question with texts: one cosine each, in -1..1."""
        if not texts:
            return []
        vectors = self._embedder.embed([searchable(text) for text in texts])
        scores = np.clip(vectors @ self._embedder.one(question), -1.0, 1.0)
        return [float(score) for score in scores]

    def status(self, helpdesk: str) -> KnowledgeStatus:
        """Tell what can be searched."""
        with self._ledger.read() as connection:
            live = knowledge.live_generation(connection, helpdesk)
        if live is None:
            return KnowledgeStatus()
        return KnowledgeStatus(live.number, live.articles, live.passages, live.live_at)

    def signals(self, helpdesk: str, text: str) -> tuple[list[str], Signals] | None:
        """Give what a search for a text ranks by, with each row's article id; for measuring."""
        opened = self._opened(helpdesk, Collection.PUBLIC)
        if opened is None:
            return None
        scored = self._scored(opened, [query(text)], opened.catalogue.shown_to(ANYBODY), ANYBODY)
        return [opened.snapshot.articles[row] for row in scored.rows], scored.signals[0]

    def _opened(self, helpdesk: str, collection: Collection) -> _Opened | None:
        """Open the live generation, restoring its files where this host lacks them."""
        with self._ledger.read() as connection:
            live = knowledge.live_generation(connection, helpdesk)
        if live is None:
            return None
        opened = self._at_hand(helpdesk, collection, live)
        if opened is None:
            opened = self._keep_open(helpdesk, collection, *self._restored(helpdesk, collection))
        if not opened.snapshot.ids:
            return None
        if opened.snapshot.embedder != self._embedder.name:
            raise KnowledgeDown(
                f"{helpdesk} was indexed with {opened.snapshot.embedder}, but EMBEDDINGS is "
                f"{self._embedder.name}: run `understudy kb sync`."
            )
        return opened

    def _at_hand(self, helpdesk: str, collection: Collection, live: Generation) -> _Opened | None:
        """Open a generation whose files are on this host, if it is not open already."""
        opened = self._warm.opened.get((helpdesk, collection))
        if opened is not None and opened.snapshot.number == live.number:
            return opened
        found = snapshot.open_snapshot(self._root, helpdesk, live.number, collection)
        return None if found is None else self._keep_open(helpdesk, collection, live, found)

    def _keep_open(
        self, helpdesk: str, collection: Collection, live: Generation, found: Snapshot
    ) -> _Opened:
        opened = _Opened(helpdesk, collection, live.store, found, Catalogue(found))
        self._warm.opened[helpdesk, collection] = opened
        return opened

    def _restored(self, helpdesk: str, collection: Collection) -> tuple[Generation, Snapshot]:
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
            with self._ledger.read() as connection:
                kept = frozenset(knowledge.kept_generations(connection, helpdesk))
            # As a sync keeps them: one may be about to switch to what it has just built.
            snapshot.drop_generations(self._root, helpdesk, kept, self._clock())
            opened = snapshot.open_snapshot(self._root, helpdesk, before.number, collection)
            if opened is not None:
                return before, opened
        raise KnowledgeDown(f"The search files of {helpdesk} cannot be made at {self._root}.")

    def _found(
        self,
        opened: _Opened,
        queries: Sequence[Query],
        limit: int,
        shown: Mask,
        asker: Asker,
        *,
        fold: bool = True,
    ) -> list[Hit]:
        live = opened.snapshot
        if not queries or not shown.any():
            return []
        scored = self._scored(opened, queries, shown, asker)
        if not scored.rows.size:
            return []
        mixes, wanted = scored.mixes(queries), 2 * limit  # more than is wanted: copies fold
        while True:
            hits = self._read(live, scored, retrieve.rank(mixes, wanted))
            kept = fold_copies(hits) if fold else hits
            if len(kept) >= limit or len(hits) < wanted:
                break
            wanted *= 2
        kept = kept[:limit]
        for hit in kept[:_READ_AGAIN]:
            self._remember_sentences(live, hit.passage)
        return kept

    def _read(self, live: Snapshot, scored: Scored, ranked: Sequence[Ranked]) -> list[Hit]:
        ids = [live.ids[scored.rows[entry.row]] for entry in ranked]
        with self._ledger.read() as connection:
            passages = knowledge.passages_by_id(connection, ids)
        return [
            Hit(passages[one], entry.score, entry.similarity, entry.parts)
            for one, entry in zip(ids, ranked, strict=True)
            if one in passages
        ]

    def _scored(
        self, opened: _Opened, queries: Sequence[Query], shown: Mask, asker: Asker
    ) -> Scored:
        vectors = self._embedder.embed(scoring.texts_of(queries))
        public = opened.collection is Collection.PUBLIC
        setting = Setting(
            shown,
            opened.catalogue.lift_for(asker),
            opened.catalogue.numbers,
            self._examples.leads(opened.helpdesk, vectors) if public else Leads(),
            self._records(opened.helpdesk) if public else {},
            asker.language,
        )
        name = index.chunks_name(opened.helpdesk, opened.store, opened.collection)
        return scoring.score(
            opened.snapshot, queries, vectors, setting,
            lambda vector, wanted: [one for one, _ in self._vectors.query(name, vector, wanted)],
        )  # fmt: skip

    def _records(self, helpdesk: str) -> Mapping[str, float]:
        """Say by how much each passage's record moves it; read anew every ten minutes."""
        known = self._moved.get(helpdesk)
        now = self._clock()
        if known is None or now - known[0] > _RECORDS_SECONDS:
            with self._ledger.read() as connection:
                found = pointers.records(connection, helpdesk)
            known = (now, {one: retrieve.record_lift(*counts) for one, counts in found.items()})
            self._moved[helpdesk] = known
        return known[1]

    def _remember_sentences(self, live: Snapshot, passage: Passage) -> None:
        # An extractive answer ranks the sentences of what was found: they are embedded already.
        vectors = live.sentence_vectors(live.rows[passage.id])
        sentences = chunk.sentences(passage.text)
        if len(vectors) == len(sentences):
            self._embedder.learn([searchable(one) for one in sentences], vectors)


def _queries(question: str | Sequence[Query]) -> Sequence[Query]:
    """Take a text apart into what it asks."""
    if not isinstance(question, str):
        return question
    asked = (text for part in questions_of(question) for text in part.queries)
    return queries_of(question, asked) or [query(question)]
