"""Building one generation: vectors into the index, lexical files onto this host.

The same pieces, in the same order, go into both halves, so that they always belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.knowledge import chunk, index, snapshot
from app.knowledge.embed import Embedder
from app.knowledge.index import KnowledgeDown, Vectors
from app.knowledge.text import searchable

Array = NDArray[np.float32]
Progress = Callable[[str, int, int], None]

_BATCH = 256  # texts between two reports of progress: three to ten seconds of embedding


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage as the indexes read it: whole (with its title) and sentence by sentence."""

    id: str
    article_id: str
    whole: str
    sentences: tuple[str, ...]


def piece(passage_id: str, article_id: str, title: str, heading: str, text: str) -> Piece:
    """Prepare a passage for indexing. The title stands in front of the whole, not of sentences."""
    last_heading = heading.rpartition(chunk.PATH_SEPARATOR)[2]
    lines = dict.fromkeys((title, last_heading, text))
    whole = searchable("\n".join(line for line in lines if line))
    sentences = tuple(searchable(sentence) for sentence in chunk.sentences(text))
    return Piece(passage_id, article_id, whole, sentences)


def build(
    helpdesk: str,
    number: int,
    pieces: Sequence[Piece],
    *,
    embedder: Embedder,
    vectors: Vectors,
    root: Path,
    source: int | None,
    progress: Progress,
) -> None:
    """Index a generation whole; vectors that ``source`` (a generation) holds are copied.

    Chunks come first: they alone would do for a search, and sentences take long (90/s).
    """
    names = [(name(helpdesk, number), None if source is None else name(helpdesk, source))
             for name in (index.chunks_name, index.sentences_name)]  # fmt: skip
    chunk_ids = [entry.id for entry in pieces]
    sentence_ids, sentence_texts, owners = _sentences(pieces)
    work = ((chunk_ids, [entry.whole for entry in pieces]), (sentence_ids, sentence_texts))
    exact = len(pieces) <= snapshot.EXACT_LIMIT
    arrays: list[Array | None] = []
    for stage, (target, old), (ids, texts) in zip(
        ("chunks", "sentences"), names, work, strict=True
    ):
        vectors.create(target, embedder.name)
        rows = _copied(ids, texts, vectors, embedder, old)
        kept: list[Array] = []
        done = 0
        progress(stage, 0, len(ids))
        for batch in rows:
            vectors.upsert(target, ids[done : done + len(batch)], batch)
            done += len(batch)
            progress(stage, done, len(ids))
            if exact:
                kept.append(batch)
        empty = np.zeros((0, embedder.dimension), dtype=np.float32)
        arrays.append(np.concatenate([empty, *kept]) if exact else None)
    contents = _contents(pieces, embedder.name, arrays[0], arrays[1], owners if exact else [])
    snapshot.write(root, helpdesk, number, contents)


def restore(
    helpdesk: str,
    number: int,
    pieces: Sequence[Piece],
    *,
    vectors: Vectors,
    root: Path,
) -> None:
    """Write a live generation's files on a host that lacks them, with vectors from the index.

    Raises ``KnowledgeDown`` where the index has lost some of them.
    """
    target = index.chunks_name(helpdesk, number)
    embedder = vectors.embedder(target)
    if embedder is None:
        raise KnowledgeDown(_lost(helpdesk))
    exact = len(pieces) <= snapshot.EXACT_LIMIT
    chunks = sentences = None
    owners: list[int] = []
    if exact:
        ids, _, owners = _sentences(pieces)
        chunks = _fetched(helpdesk, vectors, target, [entry.id for entry in pieces])
        sentences = _fetched(helpdesk, vectors, index.sentences_name(helpdesk, number), ids)
    contents = _contents(pieces, embedder, chunks, sentences, owners)
    snapshot.write(root, helpdesk, number, contents)


def complete(helpdesk: str, number: int, pieces: Sequence[Piece], vectors: Vectors) -> bool:
    """Tell whether the index still holds every vector of a generation."""
    sentences = sum(len(entry.sentences) for entry in pieces)
    return (
        vectors.count(index.chunks_name(helpdesk, number)) == len(pieces)
        and vectors.count(index.sentences_name(helpdesk, number)) == sentences
    )


def _sentences(pieces: Sequence[Piece]) -> tuple[list[str], list[str], list[int]]:
    """List all sentences: their ids, their texts, and the number of the piece each is from."""
    rows = [
        (index.sentence_id(entry.id, place), sentence, owner)
        for owner, entry in enumerate(pieces)
        for place, sentence in enumerate(entry.sentences)
    ]
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _copied(
    ids: Sequence[str],
    texts: Sequence[str],
    vectors: Vectors,
    embedder: Embedder,
    old: str | None,
) -> Iterator[Array]:
    """Give the vectors batch by batch: those the old collection has, the others embedded."""
    for start in range(0, len(ids), _BATCH):
        part = slice(start, start + _BATCH)
        known = vectors.fetch(old, ids[part]) if old else {}
        missing = [
            (one, text) for one, text in zip(ids[part], texts[part], strict=True)
            if one not in known
        ]  # fmt: skip
        # Chunks overlap, and pages repeat themselves: the same sentence is embedded once.
        unique = list(dict.fromkeys(text for _, text in missing))
        fresh = dict(zip(unique, embedder.embed(unique), strict=True)) if unique else {}
        known |= {one: fresh[text] for one, text in missing}
        yield np.stack([known[one] for one in ids[part]]).astype(np.float32)


def _fetched(helpdesk: str, vectors: Vectors, collection: str, ids: Sequence[str]) -> Array:
    found = vectors.fetch(collection, ids)
    if len(found) < len(set(ids)):
        raise KnowledgeDown(_lost(helpdesk))
    return np.array([found[one] for one in ids], dtype=np.float32).reshape(len(ids), -1)


def _lost(helpdesk: str) -> str:
    return (
        f"The search index of {helpdesk} lacks vectors; "
        "`understudy kb sync` makes it anew from the help centre."
    )


def _contents(
    pieces: Sequence[Piece],
    embedder: str,
    chunks: Array | None,
    sentences: Array | None,
    owners: Sequence[int],
) -> snapshot.Contents:
    return snapshot.Contents(
        ids=[entry.id for entry in pieces],
        articles=[entry.article_id for entry in pieces],
        texts=[entry.whole for entry in pieces],
        embedder=embedder,
        chunks=chunks,
        sentences=sentences,
        owners=owners,
    )
