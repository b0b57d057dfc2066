"""Ranking passages: several signals about one question, fused into one order. Pure.

Dense grains (chunks, single sentences) and lexical ones (words, character 4-grams) are scored per
article by its best part, z-scored over the articles and added up. What lifts an article or a
passage beside that (questions known to lead there, who asks, how drafts fared) is added to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from app.pipeline.weights import WEIGHTS, Weights

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

HITS_PER_ARTICLE = 3
# The cascade for large collections: sentences are looked at only here.
FINALISTS = 15  # articles
FINALIST_CHUNKS = 2  # of each
# Over fewer articles a deviation is bounded by sqrt(n - 1) and says little: this lead is assumed.
FEW_ARTICLES = 8
NO_LEAD = 0.75
NO_POINTER = -1.0  # a cosine's least

SIGNALS = ("chunk", "sentence", "words", "grams")


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about each chunk for one question; every array has one entry a chunk.

    ``article`` numbers the chunk's article (0, 1, 2 ... without gaps). ``chunk`` is the cosine of
    the question to the chunk, ``sentence`` the best cosine to a sentence in it; ``words`` and
    ``grams`` are BM25 scores, 0 where nothing matches. ``pointer`` is the best cosine to a question
    of the past that is known to lead to the chunk's article, -1 where there is none; ``lift`` is
    added to the score. Both may be left out.
    """

    article: Rows
    chunk: Floats
    sentence: Floats
    words: Floats
    grams: Floats
    pointer: Floats | None = None
    lift: Floats | None = None

    def only(self, rows: Rows) -> Signals:
        """Keep some chunks, and number their articles anew."""
        _, article = np.unique(self.article[rows], return_inverse=True)
        return Signals(
            article.astype(np.int64),
            self.chunk[rows],
            self.sentence[rows],
            self.words[rows],
            self.grams[rows],
            None if self.pointer is None else self.pointer[rows],
            None if self.lift is None else self.lift[rows],
        )


# Signals of several texts over the same chunks, with the weight of each text: their scores are
# added up. Weights of one mix add up to 1.
Mix = Sequence[tuple[Signals, float]]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A chunk in the order of an answer: its row, its score and what that is made of.

    ``score`` is a weighted sum of standard deviations over the collection's mean; ``similarity``
    is the best cosine of the chunk or of a sentence in it. Among ``parts``, ``z_over`` is how many
    articles the deviations were taken over: what a score means depends on it. ``answerable`` is
    the same for all of one search: how likely the collection holds an answer, in 0..1.
    """

    row: int
    score: float
    similarity: float
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores of one mix: ``own`` by chunk, ``whole`` by article; and what it is mostly about."""

    own: Floats
    whole: Floats
    signals: Signals
    z: list[Floats]


def rank(
    mixes: Sequence[Mix],
    limit: int,
    per_article: int = HITS_PER_ARTICLE,
    weights: Weights = WEIGHTS,
) -> list[Ranked]:
    """Order chunks by score, best first, with at most ``per_article`` of one article.

    Each mix is something asked, over the same chunks; a chunk counts by the mix that it fits best.
    An article's best chunk bears the article's score; a further chunk bears its own.
    """
    if limit < 1 or not mixes or not mixes[0] or not mixes[0][0][0].article.size:
        return []
    scored = [_mixed(mix, weights) for mix in mixes]
    own = np.max([each.own for each in scored], axis=0)
    whole = np.max([each.whole for each in scored], axis=0)
    article = mixes[0][0][0].article
    scores: dict[int, float] = {}
    for number in np.argsort(-whole, kind="stable")[:limit]:
        # Stable sorts: equal scores keep the collection's order on every machine.
        rows = np.flatnonzero(article == number)
        rows = rows[np.argsort(-own[rows], kind="stable")][:per_article]
        scores |= {int(row): float(own[row]) for row in rows} | {int(rows[0]): float(whole[number])}
    best = sorted(scores, key=lambda row: -scores[row])[:limit]
    fits = np.argmax([each.own[best] for each in scored], axis=0)
    near = np.max(
        [np.maximum(one.chunk, one.sentence)[best] for mix in mixes for one, _ in mix], axis=0
    )
    entries = [
        Ranked(row, scores[row], _cosine(cosine), _parts(scored[fit], row))
        for row, fit, cosine in zip(best, fits, near, strict=True)
    ]
    chance = _answerable(scored[0], weights)
    return [replace(each, parts=each.parts | {"answerable": chance}) for each in entries]


def finalists(mixes: Sequence[Mix], weights: Weights = WEIGHTS) -> Rows:
    """Choose the rows of a large collection whose sentences are worth looking at.

    The 2 best chunks of the 15 best articles, judged without ``sentence``.
    """
    blind = [[(replace(one, sentence=one.chunk), share) for one, share in mix] for mix in mixes]
    ranked = rank(blind, FINALISTS * FINALIST_CHUNKS, FINALIST_CHUNKS, weights)
    article = mixes[0][0][0].article
    articles = list(dict.fromkeys(int(article[entry.row]) for entry in ranked))
    kept = set(articles[:FINALISTS])
    rows = [entry.row for entry in ranked if int(article[entry.row]) in kept]
    return np.array(sorted(rows), dtype=np.int64)


def best_by_group(values: Floats, group: Rows, groups: int | None = None) -> Floats:
    """Take the largest value of each group; a group without values gets -1 (a cosine's least)."""
    count = int(group.max(initial=-1)) + 1 if groups is None else groups
    best = np.full(count, -np.inf, dtype=np.float32)
    np.maximum.at(best, group, values)
    best[np.isneginf(best)] = -1.0
    return best


def pointed(signals: Signals, weights: Weights = WEIGHTS) -> Floats:
    """Say by how much past questions lift each article: 0 or more, in deviations.

    An article with such questions is as near as the nearest of them or of its own texts; what
    counts is by how much that is above every text of the articles without any.
    """
    articles = int(signals.article.max(initial=-1)) + 1
    lift = np.zeros(articles, dtype=np.float32)
    if signals.pointer is None or not (signals.pointer > NO_POINTER).any():
        return lift
    pointer = best_by_group(signals.pointer, signals.article)
    sentence = best_by_group(signals.sentence, signals.article)
    known = pointer > NO_POINTER
    gate = weights.pointer_floor
    if not known.all():
        text = np.maximum(sentence, best_by_group(signals.chunk, signals.article))
        gate = max(gate, float(text[~known].max()) + weights.pointer_margin)
    near = np.maximum(pointer, sentence) - gate
    lift[known] = weights.pointer_gain * np.maximum(near[known], 0.0)
    return lift


def record_lift(kept: int, rewritten: int, weights: Weights = WEIGHTS) -> float:
    """Say by how much a passage's record moves it, within ``weights.record`` in either direction.

    ``kept`` and ``rewritten`` count the drafts that rested on it. Few of them say little.
    """
    total = kept + rewritten
    if total == 0:
        return 0.0
    return weights.record * (kept - rewritten) / (total + weights.record_half)


def answerability(
    similarity: float, score: float, over: float, weights: Weights = WEIGHTS
) -> float:
    """Say in 0..1 how likely an answer exists, by the best article of ``over`` many."""
    lead = score / math.log(over) if over >= FEW_ARTICLES else NO_LEAD
    value = weights.near * similarity + weights.lead * lead - weights.answerable_at
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))


def _answerable(scores: _Scores, weights: Weights) -> float:
    """Judge by the message as a whole: of several questions in it, one is near something by chance.

    On mtrag_a, the best of them told unanswerable messages worse (AUROC .80 against .87).
    """
    signals = scores.signals
    here = signals.article == int(scores.whole.argmax())
    near = _cosine(np.maximum(signals.chunk, signals.sentence)[here].max())
    return answerability(near, float(scores.whole.max()), float(scores.whole.size), weights)


def _mixed(mix: Mix, weights: Weights) -> _Scores:
    scored = [_scored(signals, weights) for signals, _ in mix]
    shares = np.array([share for _, share in mix], dtype=np.float32)
    main = scored[int(shares.argmax())]
    own = shares @ np.stack([each.own for each in scored])
    whole = shares @ np.stack([each.whole for each in scored])
    return replace(main, own=own, whole=whole)


def _scored(signals: Signals, weights: Weights) -> _Scores:
    z = _z_scores(signals)
    led = pointed(signals, weights)
    # Where past questions lead to an article, they lift all of its chunks.
    own = _weigh(z, weights) + led[signals.article]
    whole = _weigh([best_by_group(part, signals.article) for part in z], weights) + led
    if signals.lift is not None:
        own += signals.lift
        whole += best_by_group(signals.lift, signals.article)
    return _Scores(own, whole, signals, z)


def by_article(signals: Signals) -> list[Floats]:
    """Give each signal's deviation of each article's best part; what the weights are fitted on."""
    return [best_by_group(part, signals.article) for part in _z_scores(signals)]


def _z_scores(signals: Signals) -> list[Floats]:
    """Put each signal on the scale of the articles: mean 0 and deviation 1 over their best."""
    result = []
    for values in (signals.chunk, signals.sentence, signals.words, signals.grams):
        best = best_by_group(values, signals.article)
        spread = float(best.std())
        # A signal that is the same everywhere says nothing (no word matches, one article only).
        flat = spread < 1e-6
        z = np.zeros_like(values) if flat else (values - best.mean()) / spread
        result.append(z.astype(np.float32))
    return result


def _weigh(z: list[Floats], weights: Weights) -> Floats:
    chunk, sentence, words, grams = z
    total = weights.chunk * chunk + weights.sentence * sentence
    total += weights.words * words + weights.grams * grams
    return total.astype(np.float32)


def _parts(scores: _Scores, row: int) -> dict[str, float]:
    parts = {name: float(getattr(scores.signals, name)[row]) for name in SIGNALS}
    parts |= {f"z_{name}": float(z[row]) for name, z in zip(SIGNALS, scores.z, strict=True)}
    return parts | {"z_over": float(scores.whole.size)}


def _cosine(value: float) -> float:
    return max(-1.0, min(1.0, float(value)))  # rounding may carry it past 1
