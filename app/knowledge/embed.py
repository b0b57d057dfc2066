"""Turning texts into vectors: the built-in model, or any that LangChain can reach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

BUILT_IN = "minilm"
_REMOTE_BATCH = 100  # texts in one request; the smallest cap among the providers is 96 to 128
_REMOTE_CHARACTERS = 8000  # about 2,000 tokens: the smallest input limit among the providers


class EmbedderUnavailable(RuntimeError):
    """The embedding model of the settings cannot be used; the message says what to do."""


class Embedder(Protocol):
    """A model that turns texts into unit vectors.

    ``name`` stands with the vectors in the index: vectors of different models do not compare.
    """

    @property
    def name(self) -> str:
        """The setting that chose this model."""

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""

    def embed(self, texts: Sequence[str]) -> Array:
        """Embed texts as unit vectors, one row each; an empty text is allowed."""


def load_embedder(setting: str, cache_dir: Path) -> Embedder:
    """Load ``minilm``, or ``provider:model`` through LangChain; raises ``EmbedderUnavailable``."""
    if setting in ("", BUILT_IN):
        from app.knowledge.minilm import MiniLM, WeightsMissing  # noqa: PLC0415 (heavy)

        try:
            return MiniLM(cache_dir)
        except WeightsMissing as error:
            raise EmbedderUnavailable(str(error)) from error
    return LangChainEmbedder(setting, _langchain_model(setting))


class LangChainEmbedder:
    """Any LangChain ``Embeddings``, brought to unit length."""

    def __init__(self, name: str, model: Any) -> None:
        self.name = name
        self._model = model
        self._dimension = 0

    @property
    def dimension(self) -> int:
        """How many numbers a vector has; asks the provider once."""
        if not self._dimension:
            self._dimension = self.embed(["dimension"]).shape[1]
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Array:
        """Embed texts in requests of 100; the provider's errors pass through."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _REMOTE_BATCH):
            # Providers refuse an empty input; a full stop says as little.
            batch = [
                text[:_REMOTE_CHARACTERS].strip() or "."
                for text in texts[start : start + _REMOTE_BATCH]
            ]
            vectors += self._model.embed_documents(batch)
        if not vectors:
            return np.zeros((0, self._dimension), dtype=np.float32)
        return unit(np.asarray(vectors, dtype=np.float32))


def unit(vectors: Array) -> Array:
    """Bring rows to length 1; a row of zeros stays."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Array = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
    return scaled


def _langchain_model(setting: str) -> Any:
    provider, separator, model = setting.partition(":")
    if not (separator and provider and model):
        raise EmbedderUnavailable(
            f"EMBEDDINGS={setting!r} is neither 'minilm' nor 'provider:model', "
            "for example 'openai:text-embedding-3-small'."
        )
    from langchain.embeddings import init_embeddings  # noqa: PLC0415 (heavy)

    try:
        return init_embeddings(setting)
    except ImportError as error:
        package = "langchain-" + provider.replace("_", "-")
        raise EmbedderUnavailable(
            f"EMBEDDINGS={setting!r} needs a package that is not installed: "
            f"run `pip install {package}`."
        ) from error
    except Exception as error:  # each provider raises its own class for a missing key
        raise EmbedderUnavailable(f"EMBEDDINGS={setting!r} cannot be used: {error}") from error
