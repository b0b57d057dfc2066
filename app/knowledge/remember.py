"""Embedding with a memory: a text seen lately is not embedded again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.knowledge.embed import Embedder

Array = NDArray[np.float32]

MAX_TEXT = 8000  # characters; the model reads about 1,000 of them
MOST = 8192  # vectors: 12 MB at 384 numbers


class Remembered:
    """An embedder with the last texts' vectors at hand."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: OrderedDict[bytes, Array] = OrderedDict()

    @property
    def name(self) -> str:
        """The setting that chose the model."""
        return self._embedder.name

    def embed(self, texts: Sequence[str]) -> Array:
        """Embed texts as unit vectors, one row each, in one call for all that are new."""
        keys = [_key(text) for text in texts]
        missing = {
            key: text[:MAX_TEXT]
            for key, text in zip(keys, texts, strict=True)
            if key not in self._known
        }
        fresh = dict(zip(missing, self._embedder.embed(list(missing.values())), strict=True))
        found = np.stack([fresh[key] if key in fresh else self._known[key] for key in keys])
        for key in keys:
            self._keep(key, fresh.get(key))
        return found

    def one(self, text: str) -> Array:
        """Embed one text."""
        vector: Array = self.embed([text])[0]
        return vector

    def learn(self, texts: Sequence[str], vectors: Sequence[Array] | Array) -> None:
        """Take in vectors that are known already."""
        for text, vector in zip(texts, vectors, strict=True):
            self._keep(_key(text), vector)

    def __len__(self) -> int:
        return len(self._known)

    def _keep(self, key: bytes, vector: Array | None) -> None:
        if vector is not None:
            self._known[key] = vector
        if key in self._known:
            self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)


def _key(text: str) -> bytes:
    return hashlib.sha256(text[:MAX_TEXT].encode("utf-8", "replace")).digest()
