"""Lexical analysis by language: Snowball's stemmers, and the commonest words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

# The algorithms of Snowball by language code; PyStemmer has those of its version.
_ALGORITHMS = {
    **{"ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german"},
    **{"el": "greek", "en": "english", "es": "spanish", "et": "estonian", "eu": "basque"},
    **{"fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi"},
    **{"hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian"},
    **{"lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish"},
    **{"pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish"},
    **{"ta": "tamil", "tr": "turkish", "yi": "yiddish"},
}
_STOP_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i if in into is it
its me my of on or our s so t that the their then there these they this to was we were what when
where which who why will with would you your
"""
# The lists that bm25s brings along (NLTK's) are named so. Languages without one do with what BM25
# itself takes from words that stand everywhere.
_LISTS = {
    **{"da": "DANISH", "de": "GERMAN", "es": "SPANISH", "fr": "FRENCH", "it": "ITALIAN"},
    **{"nl": "DUTCH", "no": "NORWEGIAN", "pt": "PORTUGUESE", "ru": "RUSSIAN", "sv": "SWEDISH"},
    **{"tr": "TURKISH"},
}
_DEFAULT = "en"


@lru_cache(maxsize=64)
def stemmer(language: str) -> Callable[[list[str]], list[str]] | None:
    """Give what brings words of a language to their stems; ``None`` where nothing does.

    An unknown language ("") is taken for English.
    """
    import Stemmer  # noqa: PLC0415 (only processes that search need it)

    algorithm = _ALGORITHMS.get(language or _DEFAULT, "")
    if algorithm not in Stemmer.algorithms():
        return None
    stem: Callable[[list[str]], list[str]] = Stemmer.Stemmer(algorithm).stemWords
    return stem


@lru_cache(maxsize=64)
def stop_words(language: str) -> frozenset[str]:
    """Give the commonest words of a language, as far as there is a list."""
    if (language or _DEFAULT) == _DEFAULT:
        return frozenset(_STOP_WORDS.split())
    if language not in _LISTS:
        return frozenset()
    import bm25s.stopwords as lists  # noqa: PLC0415 (heavy)

    return frozenset(getattr(lists, f"STOPWORDS_{_LISTS[language]}"))
