"""Measures of retrieval, and how sure they are. Pure.

A ranking is a list of article ids, best first, each once. Recall is by hit: a question counts
where at least one relevant article is among the first k.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DEPTH = 10
RESAMPLES = 5000
_BATCH = 250  # resamples at once: 2 MB at 1,000 questions


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def hit(ranking: Sequence[str], relevant: Set[str], k: int) -> float:
    """Tell whether a relevant article is among the first ``k``: 1 or 0."""
    return float(any(one in relevant for one in ranking[:k]))


def reciprocal_rank(ranking: Sequence[str], relevant: Set[str]) -> float:
    """Give 1/rank of the first relevant article, 0 beyond the first ten."""
    places = (place for place, one in enumerate(ranking[:DEPTH], 1) if one in relevant)
    return 1.0 / next(places, math.inf)


def ndcg(ranking: Sequence[str], relevant: Set[str]) -> float:
    """Give the binary nDCG@10; the ideal has ``min(10, relevant)`` articles in front."""
    gains = (_gain(place) for place, one in enumerate(ranking[:DEPTH], 1) if one in relevant)
    ideal = sum(_gain(place) for place in range(1, min(DEPTH, len(relevant)) + 1))
    return sum(gains) / ideal if ideal else 0.0


def _gain(place: int) -> float:
    return 1.0 / math.log2(place + 1)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Give the chance that a positive score is above a negative one, equal ones as half.

    ``None`` where one of the sides is empty.
    """
    if not positive or not negative:
        return None
    sorted_negative = np.sort(np.array(negative, dtype=np.float64))
    below = np.searchsorted(sorted_negative, positive, side="left")
    not_above = np.searchsorted(sorted_negative, positive, side="right")
    return float((below + not_above).sum() / (2 * len(positive) * len(negative)))


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which ``share`` (0..100) of the values lie; 0 where there are none."""
    return float(np.percentile(values, share)) if len(values) else 0.0


def paired_difference(ours: Sequence[float], theirs: Sequence[float], seed: int) -> Interval:
    """Compare two systems on the same questions: the mean of ``ours - theirs``."""
    difference = np.subtract(ours, theirs, dtype=np.float64)
    if not len(difference):
        return Interval(0.0, 0.0, 0.0)
    means = [difference[rows].mean(axis=1) for rows in _resamples(len(difference), seed)]
    low, high = np.percentile(np.concatenate(means), (2.5, 97.5))
    return Interval(float(difference.mean()), float(low), float(high))


def fewer_errors(ours: Sequence[float], theirs: Sequence[float], seed: int) -> Interval:
    """Tell which share of the other system's errors is gone: ``1 - errors / their errors``.

    Both are 1 where a question was answered right and 0 where not, on the same questions; 0 where
    the other system makes no error.
    """
    wrong, others = 1.0 - np.asarray(ours), 1.0 - np.asarray(theirs)
    if not len(wrong):
        return Interval(0.0, 0.0, 0.0)
    shares = [
        _gone(wrong[rows].sum(axis=1), others[rows].sum(axis=1))
        for rows in _resamples(len(wrong), seed)
    ]
    low, high = np.percentile(np.concatenate(shares), (2.5, 97.5))
    whole = _gone(wrong.sum(keepdims=True), others.sum(keepdims=True))
    return Interval(float(whole[0]), float(low), float(high))


def _gone(errors: Floats, theirs: Floats) -> Floats:
    share: Floats = np.where(theirs > 0, 1.0 - errors / np.maximum(theirs, 1.0), 0.0)
    return share


def _resamples(size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    chance = np.random.default_rng(seed)
    for _ in range(RESAMPLES // _BATCH):
        yield chance.integers(0, size, size=(_BATCH, size))
