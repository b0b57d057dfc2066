from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.retrieve import (
    FINALIST_CHUNKS,
    FINALISTS,
    HITS_PER_ARTICLE,
    Signals,
    best_by_group,
    finalists,
    rank,
)


def signals(
    article: Sequence[int],
    chunk: Sequence[float],
    sentence: Sequence[float] = (),
    words: Sequence[float] = (),
    grams: Sequence[float] = (),
) -> Signals:
    flat = [0.0] * len(article)
    parts = (np.array(part or flat, dtype=np.float32) for part in (chunk, sentence, words, grams))
    return Signals(np.array(article, dtype=np.int64), *parts)


@st.composite
def collections(draw: st.DrawFn) -> Signals:
    size = draw(st.integers(1, 40))
    owners = np.array(draw(st.lists(st.integers(0, 6), min_size=size, max_size=size)))
    _, article = np.unique(owners, return_inverse=True)
    cosines = st.lists(st.floats(-1, 1, width=32), min_size=size, max_size=size)
    weights = st.lists(st.floats(0, 30, width=32), min_size=size, max_size=size)
    return signals(article.tolist(), *map(draw, (cosines, cosines, weights, weights)))


def test_an_article_is_as_good_as_its_best_part() -> None:
    found = rank(signals([0, 0, 1, 2], [0.1, 0.9, 0.5, 0.2], [0.1, 0.9, 0.5, 0.2]), limit=3)
    assert found[0].row == 1
    assert found[0].similarity == pytest.approx(0.9)


def test_a_single_sentence_can_win_over_a_whole_chunk() -> None:
    found = rank(signals([0, 1, 2, 3], [0.5, 0.45, 0.1, 0.1], [0.3, 0.9, 0.1, 0.1]), limit=1)
    assert found[0].row == 1
    assert found[0].similarity == pytest.approx(0.9)
    assert found[0].parts["chunk"] == pytest.approx(0.45)


def test_words_decide_where_vectors_cannot() -> None:
    same = [0.5, 0.5, 0.5]
    found = rank(signals([0, 1, 2], same, same, [0, 7.0, 1.0], [0, 3.0, 1.0]), limit=3)
    assert [entry.row for entry in found] == [1, 2, 0]


def test_evidence_in_two_chunks_of_an_article_adds_up_for_its_best() -> None:
    # Article 0 has the vector in one chunk and the words in another; article 1 is middling.
    found = rank(
        signals([0, 0, 1, 2], [0.9, 0.1, 0.6, 0], [0.9, 0.1, 0.6, 0], [0, 9, 5, 0], [0, 9, 5, 0]),
        limit=4,
    )
    assert found[0].row == 0
    assert found[0].score > max(entry.score for entry in found[1:])


def test_weights_are_seven_to_three() -> None:
    entry = rank(signals([0, 1], [1, 0], [1, 0], [1, 0], [0, 1]), limit=1)[0]
    assert entry.score == pytest.approx(0.7 * 1 + 0.3 * (1 - 1) / 2)
    assert entry.parts["z_chunk"] == pytest.approx(1.0)
    assert entry.parts["z_grams"] == pytest.approx(-1.0)
    assert entry.parts["z_over"] == 2


def test_nothing_to_rank() -> None:
    assert rank(signals([], []), limit=5) == []
    assert rank(signals([0], [1.0]), limit=0) == []


def test_one_article_alone_scores_zero() -> None:
    (only,) = rank(signals([0], [0.8], [0.2]), limit=5)
    assert only.score == 0.0
    assert only.similarity == pytest.approx(0.8)


@given(collections(), st.integers(1, 12))
def test_ranking_keeps_its_promises(given_signals: Signals, limit: int) -> None:
    found = rank(given_signals, limit)
    rows = [entry.row for entry in found]
    owners = [int(given_signals.article[row]) for row in rows]
    assert len(rows) == len(set(rows)) <= limit
    assert max(map(owners.count, owners)) <= HITS_PER_ARTICLE
    scores = [entry.score for entry in found]
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= entry.similarity <= 1 for entry in found)
    assert all(np.isfinite(value) for entry in found for value in entry.parts.values())


@given(collections(), st.floats(0.5, 3), st.floats(-2, 2))
def test_the_scale_of_a_signal_does_not_matter(
    given_signals: Signals, factor: float, shift: float
) -> None:
    moved = (given_signals.words.astype(float) * factor + shift).astype(np.float32)
    other = Signals(
        given_signals.article,
        given_signals.chunk,
        given_signals.sentence,
        moved,
        given_signals.grams,
    )
    first = {entry.row: entry.score for entry in rank(given_signals, 40)}
    second = {entry.row: entry.score for entry in rank(other, 40)}
    for row in first.keys() & second.keys():
        assert first[row] == pytest.approx(second[row], abs=0.02)


def test_finalists_are_two_chunks_of_the_fifteen_best() -> None:
    article = [number // 3 for number in range(90)]
    cosines = [0.9 - 0.01 * (number // 3) - 0.001 * (number % 3) for number in range(90)]
    rows = finalists(signals(article, cosines)).tolist()
    assert len(rows) == FINALISTS * FINALIST_CHUNKS
    assert rows == [number for number in range(45) if number % 3 < 2]


@given(collections())
def test_finalists_are_rows_in_order(given_signals: Signals) -> None:
    rows = finalists(given_signals).tolist()
    assert rows == sorted(set(rows))
    assert set(rows) <= set(range(given_signals.article.size))
    assert rank(given_signals.only(np.array(rows)), 1)


def test_a_part_of_a_collection_numbers_its_articles_anew() -> None:
    part = signals([0, 1, 2, 2], [0.1, 0.2, 0.3, 0.4]).only(np.array([1, 3]))
    assert part.article.tolist() == [0, 1]
    assert part.chunk.tolist() == pytest.approx([0.2, 0.4])


def test_a_group_without_values_gets_the_least_cosine() -> None:
    values = np.array([0.2, -0.5, 0.4], dtype=np.float32)
    best = best_by_group(values, np.array([0, 2, 0]), 4)
    assert best.tolist() == pytest.approx([0.4, -1.0, -0.5, -1.0])
