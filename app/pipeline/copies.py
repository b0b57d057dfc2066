"""Folding copies: the same text found twice takes one place among the hits. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rapidfuzz import fuzz

from app.domain import Hit, Passage

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
    for hit in hits:
        place = next((n for n, one in enumerate(kept) if _are_copies(one.passage, hit.passage)), -1)
        if place < 0:
            kept.append(hit)
        elif (hit.passage.updated_at or _NEVER) > (kept[place].passage.updated_at or _NEVER):
            kept[place] = replace(hit, score=kept[place].score)
    return kept


def _are_copies(one: Passage, other: Passage) -> bool:
    if one.origin_id == other.origin_id:
        return False
    shorter, longer = sorted((len(one.text), len(other.text)))
    if shorter < 0.8 * longer:
        return False
    words, others = _words(one.text), _words(other.text)
    if words == others:
        return True
    same_title = one.title and _words(one.title) == _words(other.title)
    return bool(same_title and shorter >= _SHORT and fuzz.ratio(words, others) >= _ALIKE)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
