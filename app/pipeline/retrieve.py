"""Ranking passages: several signals about one question, fused into one order. Pure.

Dense grains (chunks, single sentences) and lexical ones (words, character 4-grams) are scored per
article by its best part, z-scored over the articles and added up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

# Measured over seven collections; the same for all of them, fitted to none by itself.
DENSE_WEIGHT = 0.7
LEXICAL_WEIGHT = 0.3
HITS_PER_ARTICLE = 3
# The cascade for large collections: sentences are looked at only here.
FINALISTS = 15  # articles
FINALIST_CHUNKS = 2  # of each


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about each chunk for one question; every array has one entry a chunk.

    ``article`` numbers the chunk's article (0, 1, 2 ... without gaps). ``chunk`` is the cosine of
    the question to the chunk, ``sentence`` the best cosine to a sentence in it; ``words`` and
    ``grams`` are BM25 scores, 0 where nothing matches.
    """

    article: Rows
    chunk: Floats
    sentence: Floats
    words: Floats
    grams: Floats

    def only(self, rows: Rows) -> Signals:
        """Keep some chunks, and number their articles anew."""
        _, article = np.unique(self.article[rows], return_inverse=True)
        parts = (part[rows] for part in (self.chunk, self.sentence, self.words, self.grams))
        return Signals(article.astype(np.int64), *parts)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A chunk in the order of an answer: its row, its score and what that is made of.

    ``score`` is a weighted sum of standard deviations over the collection's mean; ``similarity``
    is the best cosine of the chunk or of a sentence in it. Among ``parts``, ``z_over`` is how many
    articles the deviations were taken over: what a score means depends on it.
    """

    row: int
    score: float
    similarity: float
    parts: dict[str, float] = field(default_factory=dict)


def rank(signals: Signals, limit: int, per_article: int = HITS_PER_ARTICLE) -> list[Ranked]:
    """Order chunks by score, best first, with at most ``per_article`` of one article.

    An article's best chunk bears the article's score; a further chunk bears its own.
    """
    if not signals.article.size or limit < 1:
        return []
    z = _z_scores(signals)
    own = _weigh(z)
    whole = _weigh([best_by_group(part, signals.article) for part in z])
    scores: dict[int, float] = {}
    for article in np.argsort(-whole, kind="stable")[:limit]:
        # Stable sorts: equal scores keep the collection's order on every machine.
        rows = np.flatnonzero(signals.article == article)
        rows = rows[np.argsort(-own[rows], kind="stable")][:per_article]
        scores |= {int(row): float(own[row]) for row in rows} | {
            int(rows[0]): float(whole[article])
        }
    best = sorted(scores, key=lambda row: -scores[row])[:limit]
    return [_ranked(signals, row, scores[row], [float(part[row]) for part in z]) for row in best]


def finalists(signals: Signals) -> Rows:
    """Choose the rows of a large collection whose sentences are worth looking at.

    The 2 best chunks of the 15 best articles, judged without ``sentence``.
    """
    blind = replace(signals, sentence=signals.chunk)
    ranked = rank(blind, FINALISTS * FINALIST_CHUNKS, FINALIST_CHUNKS)
    articles = list(dict.fromkeys(int(signals.article[entry.row]) for entry in ranked))
    kept = set(articles[:FINALISTS])
    rows = [entry.row for entry in ranked if int(signals.article[entry.row]) in kept]
    return np.array(sorted(rows), dtype=np.int64)


def best_by_group(values: Floats, group: Rows, groups: int | None = None) -> Floats:
    """Take the largest value of each group; a group without values gets -1 (a cosine's least)."""
    count = int(group.max(initial=-1)) + 1 if groups is None else groups
    best = np.full(count, -np.inf, dtype=np.float32)
    np.maximum.at(best, group, values)
    best[np.isneginf(best)] = -1.0
    return best


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


def _weigh(z: list[Floats]) -> Floats:
    chunk, sentence, words, grams = z
    total = DENSE_WEIGHT * (chunk + sentence) / 2 + LEXICAL_WEIGHT * (words + grams) / 2
    return total.astype(np.float32)


def _ranked(signals: Signals, row: int, score: float, z: list[float]) -> Ranked:
    chunk, sentence = float(signals.chunk[row]), float(signals.sentence[row])
    parts = {
        "chunk": chunk,
        "sentence": sentence,
        "words": float(signals.words[row]),
        "grams": float(signals.grams[row]),
    }
    parts |= {f"z_{name}": value for name, value in zip(tuple(parts), z, strict=True)}
    parts["z_over"] = float(signals.article.max() + 1)
    # Rounding may carry a cosine past 1.
    return Ranked(row, score, max(-1.0, min(1.0, max(chunk, sentence))), parts)
