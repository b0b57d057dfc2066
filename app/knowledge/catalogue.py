"""What a search knows of a snapshot's articles: who may be shown them, and what moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.domain import Asker, Facts
from app.knowledge.snapshot import Snapshot
from app.pipeline import fit
from app.pipeline.language import language_in

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]


class Catalogue:
    """The articles of a snapshot, by the numbers that ``snapshot.article_rows`` gives them.

    ``numbers`` names those of each article id: a page in several languages has several.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        # Most articles of a help centre share what decides: each kind is judged once a search.
        deciding = [_deciding(facts) for facts in snapshot.facts]
        self._kinds: Sequence[Facts] = list(dict.fromkeys(deciding))
        places = {facts: place for place, facts in enumerate(self._kinds)}
        self._which = np.array([places[facts] for facts in deciding], dtype=np.int64)
        self._languages = _languages(snapshot)
        self.numbers: Mapping[str, Sequence[int]] = _numbers(snapshot)

    def shown_to(self, asker: Asker) -> Mask:
        """Tell of each article whether somebody may be shown it: by right, and by language.

        Where the asker's language is known, an article is shown if its text or its locale is of
        that language, or if neither tells: not each team has told its helpdesk what it writes in.
        """
        shown = self._each([fit.may_read(facts, asker) for facts in self._kinds], bool)
        if asker.language:
            wanted = language_in(asker.language)
            locales = self._each([language_in(facts.locale) for facts in self._kinds], object)
            neither = (locales == "") & (self._languages == "")
            shown &= (locales == wanted) | (self._languages == wanted) | neither
        return shown

    def lift_for(self, asker: Asker) -> Floats:
        """Say of each article by how much it is moved for somebody, in deviations."""
        return self._each([fit.boost(facts, asker) for facts in self._kinds], np.float32)

    def _each(self, values: Sequence[object], kind: type) -> NDArray:  # type: ignore[type-arg]
        return np.array(values, dtype=kind)[self._which]


def _deciding(facts: Facts) -> Facts:
    """Leave out what neither rights nor ``fit.boost`` look at, and what is an article's own."""
    about = replace(facts.metadata, labels=(), severity="", resolution=None)
    return replace(facts, metadata=about, edited_at=None)


def _numbers(snapshot: Snapshot) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    numbers, first = np.unique(snapshot.article_rows, return_index=True)
    for number, row in zip(numbers, first, strict=True):
        found.setdefault(snapshot.articles[row], []).append(int(number))
    return found


def _languages(snapshot: Snapshot) -> NDArray[np.str_]:
    """Tell the language of each article: that of most of its passages, "" where none is clear."""
    read = snapshot.lexical.languages
    found = np.zeros(len(snapshot.facts), dtype=read.dtype)
    most = np.zeros(len(snapshot.facts), dtype=np.int64)
    for code in np.unique(read[read != ""]):
        counts = np.bincount(snapshot.article_rows[read == code], minlength=len(found))
        found[counts > most] = code
        most = np.maximum(most, counts)
    return found
