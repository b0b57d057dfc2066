"""Tell in which language a text is written, where that is beyond doubt."""

from __future__ import annotations

import re
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# Of 19,000 English questions with four words or more (the public sets used for triage, retrieval
# and tone) none was taken for another language at this probability; the surest mistake had .75.
_SURE = 0.85
_FEWEST_WORDS = 4
_READ = 2000  # characters
# A word, or two signs of a script that puts no spaces between words.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}|[^\W\d_\u3040-\u30ff\u3400-\u9fff]{2,}")
# Creoles that the model takes short English sentences for ("how do I get direct deposit"), and
# what it and help centres name differently.
_ALIKE = {"pcm": "en", "jam": "en", "nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl"}


def language_of(text: str) -> str | None:
    """Name the language of a text by its code (``de``), ``None`` where it is too short or unclear.

    What counts is the text as a whole: a foreign name or sentence in it does not. A language that
    has no name here is mostly a mistake, or none at all, like code and strokes of keys.
    """
    text = text[:_READ]
    if len(_WORD.findall(text)) < _FEWEST_WORDS:
        return None
    code, probability = _model().classify(text)
    code = _ALIKE.get(code, code)
    return code if probability >= _SURE and code in _NAMES else None


def language_in(locale: str) -> str:
    """Name the language of a locale like ``pt-br``; "" where it is empty."""
    code = re.split("[-_]", locale.lower())[0]
    return _ALIKE.get(code, code)


def main_of(languages: frozenset[str]) -> str:
    """Choose which of the articles' languages to translate into: English, else the first by code.

    English is what models and the search know best. ``languages`` must not be empty.
    """
    return "en" if "en" in languages else min(languages)


def name_of(code: str) -> str:
    """Name a language as an agent would: German, or the bare code of a rarer one."""
    return _NAMES.get(code, code)


_NAMES = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "th": "Thai",
    "tl": "Filipino",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


@lru_cache(maxsize=1)
def _model() -> LanguageIdentifier:
    # Half a second to load; workers do it before they fork.
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
