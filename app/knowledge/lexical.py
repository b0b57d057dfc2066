"""The lexical half of a search: BM25 on word stems, and on character 4-grams for typos.

Chroma has no sparse search of its own. The files are derived from the ledger's passages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.knowledge import postings
from app.knowledge.postings import Postings

Array = NDArray[np.float32]

WORDS_K1 = 2.0
GRAMS_K1 = 1.2
GRAM = 4
_WORDS, _GRAMS = "words", "grams"
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
    """Two BM25 indexes over the same texts, memory-mapped from the folders of their parts."""

    def __init__(self, *folders: Path) -> None:
        self._words = Postings([folder / _WORDS for folder in folders])
        self._grams = Postings([folder / _GRAMS for folder in folders])

    @property
    def averages(self) -> tuple[float | None, float | None]:
        """The mean length of texts, in words and in grams."""
        return self._words.average, self._grams.average

    def scores(self, question: str) -> tuple[Array, Array]:
        """Score every text by words and by 4-grams, in the order they were built in."""
        question = question[:MAX_QUESTION]
        return self._words.scores(word_tokens(question)), self._grams.scores(gram_tokens(question))


def build(folder: Path, texts: Sequence[str], before: LexicalIndex | None = None) -> None:
    """Write both indexes of these texts below a folder, as a further part of what is ``before``."""
    words, grams = before.averages if before else (None, None)
    postings.write(folder / _WORDS, (word_tokens(text) for text in texts), WORDS_K1, words)
    postings.write(folder / _GRAMS, (gram_tokens(text) for text in texts), GRAMS_K1, grams)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
