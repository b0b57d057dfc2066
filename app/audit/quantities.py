"""Quantities in a sentence: a number with its unit, its direction (up to, at least) and its per.

"Within two weeks" and "up to 14 days" come out alike: an upper limit of 1,209,600 seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_DAY = 86_400.0
_TIMES: Mapping[str, float] = {
    "second": 1.0, "sec": 1.0, "minute": 60.0, "min": 60.0, "hour": 3600.0, "hr": 3600.0,
    "day": _DAY, "night": _DAY, "week": 7 * _DAY, "fortnight": 14 * _DAY, "month": 30.4 * _DAY,
    "quarter": 91.3 * _DAY, "year": 365.25 * _DAY,
}  # fmt: skip
_SIZES: Mapping[str, float] = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12}
_LENGTHS: Mapping[str, float] = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3}
_MONEY: Mapping[str, str] = {
    "€": "eur", "eur": "eur", "euro": "eur", "$": "usd", "usd": "usd", "dollar": "usd",
    "£": "gbp", "gbp": "gbp", "pound": "gbp", "chf": "chf",
}  # fmt: skip
_ALONE: Mapping[str, str] = {
    "%": "percent", "percent": "percent", "px": "pixels", "pixel": "pixels",
    "character": "letters", "letter": "letters", "°c": "°c", "°f": "°f", "mah": "mah",
    "cent": "cents",
}  # fmt: skip
_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS: Mapping[str, float] = {
    **{word: float(value) for value, word in enumerate(_SMALL)},
    **{word: 10.0 * value for value, word in enumerate(_TENS, start=2)},
    "hundred": 100.0, "thousand": 1000.0, "half a": 0.5, "half an": 0.5,
}  # fmt: skip
_MANY: Mapping[str, float] = {"": 1.0, "k": 1e3, "t": 1e3, "m": 1e6, "b": 1e9}
_NUMBER = r"\d{1,3}(?:[,\u202f ]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:[.,]\d+)?"
_WORD_NUMBER = "|".join(sorted(_WORDS, key=len, reverse=True))
_UNITS = "|".join(
    sorted({*_TIMES, *_SIZES, *_LENGTHS, *_ALONE, *_MONEY} - {"€", "$", "£"}, key=len, reverse=True)
)
_BETWEEN = r"(?:\s|-|\*)*(?:(?:working|business|calendar|full|more|consecutive|whole)\s+)?"
_QUANTITY = re.compile(
    rf"(?:(?P<sign>[€$£])\s?(?P<sum>{_NUMBER})(?:\s?(?P<many>k|thousand|million|m|billion|bn)\b)?"
    rf"|(?<![\w.,#/:-])(?P<number>{_NUMBER}|\b(?:{_WORD_NUMBER})\b){_BETWEEN}"
    rf"(?:(?P<unit>{_UNITS}|[€$£%])s?(?![\w%]))"
    rf"|(?<![\w.])(?P<only>an?)\s(?P<one>hour|week|fortnight|month|year)\b)",
    re.IGNORECASE,
)
_UPPER = re.compile(
    r"(?:up to|at most|no (?:more|longer|later) than|not more than|max(?:imum|\.)?(?: of)?|within"
    r"|less than|under|below|until|limit(?:ed to| of)?|first)\W*$",
    re.IGNORECASE,
)
_LOWER = re.compile(
    r"(?:at least|no (?:less|fewer|earlier) than|min(?:imum|\.)?(?: of)?|more than|over|from"
    r"|longer than)\W*$",
    re.IGNORECASE,
)
_LATER = re.compile(r"^\W*(?:at most|or less|or fewer|maximum)", re.IGNORECASE)
_MORE = re.compile(r"^\W*(?:or more|or longer|or older|at least|minimum)", re.IGNORECASE)
_PER = re.compile(
    r"^[\s*]*(?:a|an|per|each|every|/)\s?(second|minute|hour|day|week|month|year|person|user|seat"
    r"|teacher|message|ticket|member|device|client|customer)s?\b|^[\s*]*(annually|yearly|monthly)",
    re.IGNORECASE,
)
_PERS = {"annually": "year", "yearly": "year", "monthly": "month"}
_AMOUNT = re.compile(rf"{_NUMBER}|\b(?:{_WORD_NUMBER}|an?)\b", re.IGNORECASE)
_EQUAL = 0.02  # 30 days are a month, 52 weeks a year


# "up to five calendars", "8 team members": the thing that is counted is the unit.
_COUNT = re.compile(
    rf"(?<![\w.,#/:-])(?P<number>{_NUMBER}|\b(?:{_WORD_NUMBER})\b)\s+"
    r"(?P<between>[a-z]{3,}\s+)?(?P<thing>[a-z]{3,}s|people|children)\b(?!\s+of\b)",
    re.IGNORECASE,
)
_NO_THING = frozenset(
    {"times", "steps", "digits", "minutes", "is", "was", "has", "does", "this", "its", "ways"}
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit: ``value`` in the unit's base (seconds, bytes, metres).

    ``start`` and ``end`` are its place in the text; ``unit`` is what it can be compared by.
    """

    value: float
    unit: str
    start: int
    end: int
    direction: str = ""  # "upper", "lower", or "" for exactly
    per: str = ""

    def same(self, other: Quantity) -> bool:
        """Tell whether both say the same amount."""
        largest = max(abs(self.value), abs(other.value))
        return abs(self.value - other.value) <= _EQUAL * largest


def quantities(text: str) -> Iterator[Quantity]:
    """Find the numbers with units in a text; a number without one says too little."""
    end = -1
    for found in _QUANTITY.finditer(text):
        if found["only"] and text[end : found.start()].strip(" *") == "" and end >= 0:
            continue  # "60 days a year": how often, not how long
        end = found.end()
        yield _quantity(text, found.span(), *_read(found))
    for found in _COUNT.finditer(text):
        thing = found["thing"].casefold()
        if _QUANTITY.match(text, found.start()) or thing in _NO_THING:
            continue
        value = _value(found["number"])
        # A bare 2024 is a year, and zero or one of a thing is seldom a limit.
        if value > 1 and not (1900 <= value <= 2100 and found["number"].isdigit()):
            yield _quantity(text, found.span(), value, f"count of {thing}")


def _quantity(text: str, span: tuple[int, int], value: float, unit: str) -> Quantity:
    before, after = text[: span[0]], text[span[1] :]
    if _UPPER.search(before) or _LATER.match(after):
        direction = "upper"
    elif _LOWER.search(before) or _MORE.match(after):
        direction = "lower"
    else:
        direction = ""
    per = _PER.match(after)
    named = (per[1] or _PERS[per[2].casefold()]).casefold() if per else ""
    return Quantity(value, unit, *span, direction, named)


def masked(text: str) -> str:
    """Put a mark in the place of each amount, so that texts are compared by what they speak of."""
    for pattern in (_QUANTITY, _COUNT):
        text = pattern.sub(lambda found: _AMOUNT.sub("some", found[0], count=1), text)
    return text


def _read(found: re.Match[str]) -> tuple[float, str]:
    if found["sign"]:
        many = _MANY[(found["many"] or "")[:1].casefold()]
        return _value(found["sum"]) * many, _MONEY[found["sign"]]
    if found["only"]:
        return _TIMES[found["one"].casefold()], "time"
    unit, value = found["unit"].casefold(), _value(found["number"])
    for name, table in (("time", _TIMES), ("bytes", _SIZES), ("metres", _LENGTHS)):
        if unit in table:
            return value * table[unit], name
    return value, _MONEY.get(unit) or _ALONE[unit]


def _value(text: str) -> float:
    word = _WORDS.get(text.casefold())
    if word is not None:
        return word
    plain = re.sub(r"[\u202f ]|,(?=\d{3}(?:\D|$))", "", text)
    return float(plain.replace(",", "."))
