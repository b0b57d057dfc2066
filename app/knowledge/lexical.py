"""The lexical half of a search: BM25 on word stems, and on character 4-grams for typos.

Chroma has no sparse search of its own. The files are derived from the ledger's passages.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

WORDS_K1 = 2.0
GRAMS_K1 = 1.2
LENGTH_PENALTY = 0.75  # b
GRAM = 4
# Of a question; more adds time and no sense. A long mail's point stands in its beginning.
MAX_QUESTION = 4000

_WORD = re.compile(r"\w+")
_STOP_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i if in into is it
its me my of on or our s so t that the their then there these they this to was we were what when
where which who why will with would you your
"""
_STOP = frozenset(_STOP_WORDS.split())


def word_tokens(text: str) -> list[str]:
    """Cut text into stems, without the commonest words."""
    import Stemmer  # noqa: PLC0415 (only processes that search need it)

    words = [word for word in _words(text) if word not in _STOP]
    stems: list[str] = Stemmer.Stemmer("english").stemWords(words)
    return stems


def gram_tokens(text: str) -> list[str]:
    """Cut text into 4-grams that stay within a word; the edges of words count as a character."""
    grams = []
    for word in _words(text):
        edged = f"_{word}_"
        grams += [edged[i : i + GRAM] for i in range(max(1, len(edged) - GRAM + 1))]
    return grams


class LexicalIndex:
    """Two BM25 indexes over the same texts, memory-mapped from a folder."""

    def __init__(self, folder: Path) -> None:
        self._words = _Bm25(folder / "words")
        self._grams = _Bm25(folder / "grams")

    def scores(self, question: str) -> tuple[Array, Array]:
        """Score every text by words and by 4-grams, in the order they were built in."""
        question = question[:MAX_QUESTION]
        return self._words.scores(word_tokens(question)), self._grams.scores(gram_tokens(question))


def build(folder: Path, texts: Sequence[str]) -> None:
    """Write both indexes of these texts below a folder."""
    _Bm25.write(folder / "words", [word_tokens(text) for text in texts], WORDS_K1)
    _Bm25.write(folder / "grams", [gram_tokens(text) for text in texts], GRAMS_K1)


class _Bm25:
    """One index; a folder with ``size`` alone where no text had a token."""

    def __init__(self, folder: Path) -> None:
        self._size = int((folder / "size").read_text())
        self._index: Any = None
        if (folder / "params.index.json").is_file():
            self._index = _bm25s().BM25.load(str(folder), mmap=True, show_progress=False)

    def scores(self, tokens: list[str]) -> Array:
        known = [t for t in tokens if t in self._index.vocab_dict] if self._index else []
        if not known:  # bm25s fails on an empty question
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    @staticmethod
    def write(folder: Path, tokens: list[list[str]], k1: float) -> None:
        folder.mkdir(parents=True)
        (folder / "size").write_text(str(len(tokens)))
        if any(tokens):
            index = _bm25s().BM25(k1=k1, b=LENGTH_PENALTY)
            index.index(tokens, show_progress=False)
            index.save(str(folder), show_progress=False)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _bm25s() -> Any:
    import bm25s  # noqa: PLC0415 (heavy)

    # It sets its own logger to DEBUG and writes a line for every index.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
