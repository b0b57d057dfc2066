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

from app.knowledge import analysis, postings
from app.knowledge.postings import Postings
from app.pipeline.language import language_of

Array = NDArray[np.float32]
Codes = NDArray[np.str_]

WORDS_K1 = 2.0
GRAMS_K1 = 1.2
GRAM = 4
_WORDS, _GRAMS, _LANGUAGES = "words", "grams", "languages.npy"
_CODE = "U3"
# Of a question; more adds time and no sense. A long mail's point stands in its beginning.
MAX_QUESTION = 4000

# Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
_NO_SPACES = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED = re.compile(f"[{_NO_SPACES}]+")
# Vowels that are signs above and below count for no letters: here they do, as Indian ones do.
_WORD = re.compile(rf"[\w\u0900-\u0d7f{_NO_SPACES}]+")


def word_tokens(text: str, language: str = "") -> list[str]:
    """Cut text into stems of its language, without the commonest words.

    Where words are not set apart by spaces, each two neighbouring signs count as one.
    """
    stemmer, stop = analysis.stemmer(language), analysis.stop_words(language)
    plain: list[str] = []
    unspaced: list[str] = []
    for word in _words(text):
        for run in _UNSPACED.findall(word):
            unspaced += _pairs(run)
        plain += [part for part in _UNSPACED.split(word) if part and part not in stop]
    return [*(stemmer(plain) if stemmer else plain), *unspaced]


def gram_tokens(text: str) -> list[str]:
    """Cut text into 4-grams that stay within a word; the edges of words count as a character."""
    grams = []
    for word in _words(text):
        for run in _UNSPACED.findall(word):
            grams += _pairs(run)
        for part in filter(None, _UNSPACED.split(word)):
            edged = f"_{part}_"
            grams += [edged[i : i + GRAM] for i in range(max(1, len(edged) - GRAM + 1))]
    return grams


class LexicalIndex:
    """Two BM25 indexes over the same texts, memory-mapped from the folders of their parts.

    ``languages`` has the language of each text as a code, "" where it is unclear.
    """

    def __init__(self, *folders: Path) -> None:
        self._words = Postings([folder / _WORDS for folder in folders])
        self._grams = Postings([folder / _GRAMS for folder in folders])
        self.languages = np.concatenate(
            [np.zeros(0, dtype=_CODE), *(np.load(folder / _LANGUAGES) for folder in folders)]
        )
        self.main = main_language(self.languages)

    @property
    def averages(self) -> tuple[float | None, float | None]:
        """The mean length of texts, in words and in grams."""
        return self._words.average, self._grams.average

    def scores(self, question: str, language: str = "") -> tuple[Array, Array]:
        """Score every text by words and by 4-grams, in the order they were built in.

        A question of unknown language is read as being of the texts' most frequent one.
        """
        question = question[:MAX_QUESTION]
        tokens = word_tokens(question, language or language_of(question) or self.main)
        return self._words.scores(tokens), self._grams.scores(gram_tokens(question))


def build(folder: Path, texts: Sequence[str], before: LexicalIndex | None = None) -> None:
    """Write both indexes of these texts below a folder, as a further part of what is ``before``."""
    words, grams = before.averages if before else (None, None)
    languages = np.array([language_of(text) or "" for text in texts], dtype=_CODE)
    known = before.languages if before else languages
    main = main_language(known) or main_language(languages)
    tokens = (
        word_tokens(text, str(code) or main) for text, code in zip(texts, languages, strict=True)
    )
    postings.write(folder / _WORDS, tokens, WORDS_K1, words)
    postings.write(folder / _GRAMS, (gram_tokens(text) for text in texts), GRAMS_K1, grams)
    np.save(folder / _LANGUAGES, languages)


def main_language(languages: Codes) -> str:
    """Name the most frequent language, "" where none is known."""
    codes, counts = np.unique(languages[languages != ""], return_counts=True)
    return str(codes[counts.argmax()]) if codes.size else ""


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(max(1, len(run) - 1))]


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
