"""Scoring the passages of a snapshot for some texts: what the fusion ranks by.

A collection up to the exact limit is compared whole. Above it, each half of the search proposes
candidates, and the sentences of the best decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.knowledge import snapshot
from app.knowledge.catalogue import Floats, Mask
from app.knowledge.examples import Leads
from app.knowledge.snapshot import Snapshot
from app.pipeline import retrieve
from app.pipeline.queries import Query
from app.pipeline.retrieve import Mix, Rows, Signals

# Names the passages nearest to a vector, so many of them; some may not be live.
Nearest = Callable[[Floats, int], Sequence[str]]

CANDIDATES = 200  # chunks from each half of the search, in a large collection
LED = 10  # articles that past questions propose there


@dataclass(frozen=True, slots=True)
class Scored:
    """The snapshot's rows that were scored, and the signals of each text over them."""

    rows: Rows
    signals: Sequence[Signals]

    def mixes(self, queries: Sequence[Query]) -> list[Mix]:
        """Put the signals together as the queries want them; see ``texts_of``."""
        place = {text: number for number, text in enumerate(texts_of(queries))}
        return [[(self.signals[place[text]], share) for text, share in one.texts]
                for one in queries]  # fmt: skip


def texts_of(queries: Sequence[Query]) -> list[str]:
    """List the texts of queries, each once."""
    return list(dict.fromkeys(text for one in queries for text, _ in one.texts))


@dataclass(frozen=True, slots=True)
class Setting:
    """What a search knows beside its texts.

    ``shown`` and ``lift`` have one entry an article of the snapshot: whether it may be shown, and
    what is added to its score; ``numbers`` names an article id's. ``records`` gives what is added
    to the score of a passage. ``language`` is that of the texts, "" where it is not known.
    """

    shown: Mask
    lift: Floats
    numbers: Mapping[str, Sequence[int]]
    leads: Leads
    records: Mapping[str, float]
    language: str = ""


def score(
    live: Snapshot, queries: Sequence[Query], vectors: Floats, setting: Setting, nearest: Nearest
) -> Scored:
    """Score passages for each text of the queries, whose vectors are given in their order."""
    texts = texts_of(queries)
    lexical = [live.lexical.scores(text, setting.language) for text in texts]
    if live.chunks is None or live.sentences is None:
        proposed = _proposed(live, lexical, setting)
        for vector in vectors:
            proposed |= {live.rows[one] for one in nearest(vector, CANDIDATES) if one in live.rows}
        return _cascade(live, queries, vectors, setting=setting, lexical=lexical, proposed=proposed)
    shown = np.flatnonzero(setting.shown[live.article_rows])
    if not shown.size:
        return Scored(shown, [])
    rows = np.arange(len(live.ids))
    chunks, sentences = live.chunks @ vectors.T, live.sentences @ vectors.T
    signals = []
    for place, (words, grams) in enumerate(lexical):
        best = retrieve.best_by_group(sentences[:, place], live.owners, len(live.ids))
        plain = Signals(live.article_rows, chunks[:, place], best, words, grams)
        signals.append(_led(live, plain, rows, setting, place))
    if shown.size < rows.size:
        signals = [one.only(shown) for one in signals]
    return Scored(shown, signals)


def _proposed(
    live: Snapshot, lexical: Sequence[tuple[Floats, Floats]], setting: Setting
) -> set[int]:
    """Name the rows that words, grams and past questions propose."""
    shown = setting.shown[live.article_rows]
    found: set[int] = set()
    for values in (values for pair in lexical for values in pair):
        visible = np.where(shown, values, 0.0)
        best = np.argpartition(-visible, min(CANDIDATES, len(visible) - 1))[:CANDIDATES]
        found |= {int(row) for row in best if visible[row] > 0}
    for near in setting.leads.nearest:
        for name in sorted(near, key=lambda one: -near[one])[:LED]:
            for number in setting.numbers.get(name, ()):
                found |= set(np.flatnonzero(live.article_rows == number).tolist())
    return found


def _cascade(
    live: Snapshot,
    queries: Sequence[Query],
    vectors: Floats,
    *,
    setting: Setting,
    lexical: Sequence[tuple[Floats, Floats]],
    proposed: set[int],
) -> Scored:
    """Compare what was proposed, then look at the sentences of the best."""
    shown = setting.shown[live.article_rows]
    rows = np.array([row for row in sorted(proposed) if shown[row]], dtype=np.int64)
    if not rows.size:
        return Scored(rows, [])
    cosines = live.chunk_vectors(rows) @ vectors.T
    articles = snapshot.number_by_first_sight(live.article_rows[rows].tolist())
    signals = []
    for place, (words, grams) in enumerate(lexical):
        near = cosines[:, place]
        plain = Signals(articles, near, near, words[rows], grams[rows])
        signals.append(_led(live, plain, rows, setting, place))
    final = retrieve.finalists(Scored(rows, signals).mixes(queries))
    found = [live.sentence_vectors(row) @ vectors.T for row in rows[final]]
    best = np.stack([one.max(axis=0, initial=-1.0) for one in found]).astype(np.float32)
    kept = [replace(one.only(final), sentence=best[:, place]) for place, one in enumerate(signals)]
    return Scored(rows[final], kept)


def _led(live: Snapshot, signals: Signals, rows: Rows, setting: Setting, place: int) -> Signals:
    """Add what past questions of a text, and records, say of some rows of the snapshot."""
    owners = live.article_rows[rows]
    lift = setting.lift[owners]
    if setting.records:
        moved = [setting.records.get(live.ids[row], 0.0) for row in rows]
        lift = lift + np.array(moved, dtype=np.float32)
    if not setting.leads.articles:
        return replace(signals, lift=lift)
    pointer = np.full(len(setting.lift), retrieve.NO_POINTER, dtype=np.float32)
    for name in setting.leads.articles:
        for number in setting.numbers.get(name, ()):
            # It has past questions, if none that is near: 0 is more than none.
            pointer[number] = max(setting.leads.nearest[place].get(name, 0.0), 0.0)
    return replace(signals, lift=lift, pointer=pointer[owners])
