"""Stand-ins with the protocols of the real ones: a vector store in memory, a tiny embedder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.knowledge.embed import Array, unit
from app.knowledge.lexical import word_tokens


@dataclass
class Collection:
    embedder: str
    vectors: dict[str, Array] = field(default_factory=dict)


class MemoryVectors:
    """The vector store without a server."""

    def __init__(self) -> None:
        self.named: dict[str, Collection] = {}

    def create(self, collection: str, embedder: str) -> None:
        self.named.setdefault(collection, Collection(embedder))

    def embedder(self, collection: str) -> str | None:
        found = self.named.get(collection)
        return found.embedder if found else None

    def upsert(self, collection: str, ids: Sequence[str], vectors: Array) -> None:
        self.named[collection].vectors.update(zip(ids, vectors, strict=True))

    def fetch(self, collection: str, ids: Sequence[str]) -> dict[str, Array]:
        held = self._held(collection)
        return {one: held[one] for one in ids if one in held}

    def query(self, collection: str, vector: Array, limit: int) -> list[tuple[str, float]]:
        held = self._held(collection)
        scored = [(one, float(other @ vector)) for one, other in held.items()]
        return sorted(scored, key=lambda pair: -pair[1])[:limit]

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        for one in ids:
            self._held(collection).pop(one, None)

    def count(self, collection: str) -> int:
        return len(self._held(collection))

    def collections(self) -> list[str]:
        return list(self.named)

    def drop(self, collection: str) -> None:
        self.named.pop(collection, None)

    def _held(self, collection: str) -> dict[str, Array]:
        found = self.named.get(collection)
        return found.vectors if found else {}


class TinyEmbedder:
    """Bags of stems, thrown into 64 numbers: texts that share words are near."""

    def __init__(self, name: str = "tiny", dimension: int = 64) -> None:
        self.name = name
        self.dimension = dimension
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> Array:
        self.seen += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 0.01
            for token in word_tokens(text):
                digest = hashlib.sha256(f"{self.name}{token}".encode()).digest()
                vectors[row, digest[0] % self.dimension] += 1 if digest[1] % 2 else -1
        return unit(vectors)
