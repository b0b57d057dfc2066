"""Folding copies: the same text found twice takes one place among the hits. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rapidfuzz import fuzz

from app.domain import Hit

# Of 100. Only under one title: pages made from one template ("Parking in Bern", "Parking in
# Basel") are as alike, and each answers a question of its own.
_ALIKE = 90.0
_SHORT = 200  # characters; in a short text one other word is another meaning

_WORD = re.compile(r"\w+")
_NEVER = datetime.min.replace(tzinfo=UTC)


def fold_copies(hits: Sequence[Hit]) -> list[Hit]:
    """Keep one of each group of copies from different articles, at the place of the best.

    Copies have the same words, or nearly so under the same title. The newest is kept, since the
    others were forgotten; where none is known to be newer, the one that fits best.
    """
    kept: list[Hit] = []
    read: list[_Read] = []
    for hit in hits:
        new = _Read(hit.passage.origin_id, _words(hit.passage.title), _words(hit.passage.text))
        place = next((n for n, one in enumerate(read) if _are_copies(one, new)), -1)
        if place < 0:
            kept.append(hit)
            read.append(new)
        elif (hit.passage.updated_at or _NEVER) > (kept[place].passage.updated_at or _NEVER):
            kept[place], read[place] = replace(hit, score=kept[place].score), new
    return kept


@dataclass(frozen=True, slots=True)
class _Read:
    origin_id: str
    title: str
    text: str


def _are_copies(one: _Read, other: _Read) -> bool:
    if one.origin_id == other.origin_id:
        return False
    if one.text == other.text:
        return True
    if not one.title or one.title != other.title or min(len(one.text), len(other.text)) < _SHORT:
        return False
    return fuzz.ratio(one.text, other.text, score_cutoff=_ALIKE) > 0


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
