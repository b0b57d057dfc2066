"""Finding the vectors of passages: in files, in the store, or from the embedder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.domain import Collection
from app.knowledge import chunk, index
from app.knowledge.embed import Embedder
from app.knowledge.index import KnowledgeDown, Vectors
from app.knowledge.snapshot import Part, Snapshot
from app.knowledge.text import searchable
from app.ledger.store import Ledger

Array = NDArray[np.float32]
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage as the indexes read it: whole (with its title) and sentence by sentence."""

    id: str
    whole: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """Where a generation is built: its number, its store of vectors, and this host's folder."""

    helpdesk: str
    number: int
    store: int
    root: Path
    ledger: Ledger
    vectors: Vectors


def piece(passage_id: str, title: str, heading: str, text: str) -> Piece:
    """Prepare a passage for indexing. The title stands in front of the whole, not of sentences.

    Vectors are known by the passage's id: where other text comes out, count ``chunk.VERSION`` up.
    """
    last_heading = heading.rpartition(chunk.PATH_SEPARATOR)[2]
    lines = dict.fromkeys((title, last_heading, text))
    whole = searchable("\n".join(line for line in lines if line))
    sentences = tuple(searchable(sentence) for sentence in chunk.sentences(text))
    return Piece(passage_id, whole, sentences)


class Filler:
    """Finds the vectors of pieces; without an embedder, in the store alone."""

    def __init__(
        self, site: Site, collection: Collection, embedder: Embedder | None, *, held: bool = True
    ) -> None:
        self._site = site
        self._vectors = site.vectors
        self._embedder = embedder
        self.held = held
        self._empty: set[str] = set()  # collections in which nothing needs to be looked for
        self.names = (
            index.chunks_name(site.helpdesk, site.store, collection),
            index.sentences_name(site.helpdesk, site.store, collection),
        )

    def prepare(self) -> str:
        """Make sure of the collections; name the embedder of their vectors."""
        if self._embedder is not None:
            for name in self.names:
                self._vectors.create(name, self._embedder.name)
            self._empty = {name for name in self.names if not self._vectors.count(name)}
            return self._embedder.name
        return self._vectors.embedder(self.names[0]) or ""

    def fill(self, pieces: Sequence[Piece], before: Snapshot | None) -> tuple[Array, Array]:
        """Give the vectors of pieces, and of their sentences one after the other."""
        known = _known(pieces, before)
        chunks = self._of(
            self.names[0],
            [(one.id, one.whole) for one in pieces],
            {key: found[0] for key, found in known.items()},
        )
        sentences = self._of(
            self.names[1],
            [(name, text) for one in pieces for name, text in _named(one.id, one.sentences)],
            {name: v for key, (_, rows) in known.items() for name, v in _named(key, rows)},
        )
        return chunks, sentences

    def _of(self, name: str, texts: list[tuple[str, str]], known: dict[str, Array]) -> Array:
        """Give vectors in the order of texts, and see to it that the store has them."""
        ids = [one for one, _ in texts]
        unsure = [one for one in ids if one not in known or not self.held]
        stored = self._vectors.fetch(name, unsure) if unsure and name not in self._empty else {}
        found = {**known, **stored}
        # Chunks overlap, and pages repeat themselves: the same sentence is embedded once.
        unique = list(dict.fromkeys(text for one, text in texts if one not in found))
        if unique:
            if self._embedder is None:
                raise KnowledgeDown(_lost(self._site.helpdesk))
            fresh = dict(zip(unique, self._embedder.embed(unique), strict=True))
            found |= {one: fresh[text] for one, text in texts if one not in found}
        missing = [one for one in unsure if one not in stored]
        if missing:
            rows = np.stack([found[one] for one in missing]).astype(np.float32)
            self._vectors.upsert(name, missing, rows)
        if not ids:
            return np.zeros((0, self._embedder.dimension if self._embedder else 0), np.float32)
        return np.stack([found[one] for one in ids]).astype(np.float32)


class PartOnItsWay:
    """The pieces of a part on its way."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._texts: list[str] = []
        self._owners: list[int] = []
        self._chunks: list[Array] = []
        self._sentences: list[Array] = []

    def add(self, pieces: Sequence[Piece], chunks: Array, sentences: Array) -> None:
        """Add pieces with the vectors that ``Filler.fill`` gave for them."""
        for one in pieces:
            self._owners += [len(self.ids)] * len(one.sentences)
            self.ids.append(one.id)
            self._texts.append(one.whole)
        self._chunks.append(chunks)
        if len(sentences):
            self._sentences.append(sentences)

    def whole(self) -> Part:
        """Give the part as it is to be written."""
        chunks = np.concatenate(self._chunks)
        none = np.zeros((0, chunks.shape[1]), dtype=np.float32)
        sentences = np.concatenate([none, *self._sentences])
        return Part(self.ids, self._texts, chunks, sentences, self._owners)


def _known(pieces: Sequence[Piece], before: Snapshot | None) -> dict[str, tuple[Array, Array]]:
    """Find the vectors that the files of an earlier generation hold, of chunk and sentences."""
    if before is None:
        return {}
    found = {}
    for one in pieces:
        row = before.rows.get(one.id)
        if row is None:
            continue
        sentences = before.sentence_vectors(row)
        if len(sentences) == len(one.sentences):
            found[one.id] = (before.chunk_vectors([row])[0], sentences)
    return found


def _named(passage_id: str, sentences: Iterable[Thing]) -> Iterator[tuple[str, Thing]]:
    for place, sentence in enumerate(sentences):
        yield index.sentence_id(passage_id, place), sentence


def _lost(helpdesk: str) -> str:
    return (
        f"The search index of {helpdesk} lacks vectors; "
        "`understudy kb sync` makes it anew from the help centre."
    )
