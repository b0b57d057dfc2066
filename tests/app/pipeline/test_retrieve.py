from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.retrieve import (
    FINALIST_CHUNKS,
    FINALISTS,
    HITS_PER_ARTICLE,
    Mix,
    Ranked,
    Signals,
    answerability,
    best_by_group,
    finalists,
    pointed,
    rank,
    record_lift,
)
from app.pipeline.weights import WEIGHTS


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


def ranked(given_signals: Signals, limit: int) -> list[Ranked]:
    return rank([alone(given_signals)], limit)


def alone(given_signals: Signals) -> Mix:
    return [(given_signals, 1.0)]


@st.composite
def collections(draw: st.DrawFn) -> Signals:
    size = draw(st.integers(1, 40))
    owners = np.array(draw(st.lists(st.integers(0, 6), min_size=size, max_size=size)))
    _, article = np.unique(owners, return_inverse=True)
    cosines = st.lists(st.floats(-1, 1, width=32), min_size=size, max_size=size)
    weights = st.lists(st.floats(0, 30, width=32), min_size=size, max_size=size)
    return signals(article.tolist(), *map(draw, (cosines, cosines, weights, weights)))


def test_an_article_is_as_good_as_its_best_part() -> None:
    found = ranked(signals([0, 0, 1, 2], [0.1, 0.9, 0.5, 0.2], [0.1, 0.9, 0.5, 0.2]), limit=3)
    assert found[0].row == 1
    assert found[0].similarity == pytest.approx(0.9)


def test_a_single_sentence_can_win_over_a_whole_chunk() -> None:
    found = ranked(signals([0, 1, 2, 3], [0.5, 0.45, 0.1, 0.1], [0.3, 0.9, 0.1, 0.1]), limit=1)
    assert found[0].row == 1
    assert found[0].similarity == pytest.approx(0.9)
    assert found[0].parts["chunk"] == pytest.approx(0.45)


def test_words_decide_where_vectors_cannot() -> None:
    same = [0.5, 0.5, 0.5]
    found = ranked(signals([0, 1, 2], same, same, [0, 7.0, 1.0], [0, 3.0, 1.0]), limit=3)
    assert [entry.row for entry in found] == [1, 2, 0]


def test_evidence_in_two_chunks_of_an_article_adds_up_for_its_best() -> None:
    # Article 0 has the vector in one chunk and the words in another; article 1 is middling.
    found = ranked(
        signals([0, 0, 1, 2], [0.9, 0.1, 0.6, 0], [0.9, 0.1, 0.6, 0], [0, 9, 5, 0], [0, 9, 5, 0]),
        limit=4,
    )
    assert found[0].row == 0
    assert found[0].score > max(entry.score for entry in found[1:])


def test_weights_add_up_and_say_what_a_signal_is_worth() -> None:
    w = WEIGHTS
    assert w.chunk + w.sentence + w.words + w.grams == pytest.approx(1.0)
    entry = ranked(signals([0, 1], [1, 0], [1, 0], [1, 0], [0, 1]), limit=1)[0]
    assert entry.score == pytest.approx(w.chunk + w.sentence + w.words - w.grams)
    assert entry.parts["z_chunk"] == pytest.approx(1.0)
    assert entry.parts["z_grams"] == pytest.approx(-1.0)
    assert entry.parts["z_over"] == 2


def test_nothing_to_rank() -> None:
    assert ranked(signals([], []), limit=5) == []
    assert ranked(signals([0], [1.0]), limit=0) == []


def test_one_article_alone_scores_zero() -> None:
    (only,) = ranked(signals([0], [0.8], [0.2]), limit=5)
    assert only.score == 0.0
    assert only.similarity == pytest.approx(0.8)


@given(collections(), st.integers(1, 12))
def test_ranking_keeps_its_promises(given_signals: Signals, limit: int) -> None:
    found = ranked(given_signals, limit)
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
    first = {entry.row: entry.score for entry in ranked(given_signals, 40)}
    second = {entry.row: entry.score for entry in ranked(other, 40)}
    for row in first.keys() & second.keys():
        assert first[row] == pytest.approx(second[row], abs=0.02)


def test_finalists_are_two_chunks_of_the_fifteen_best() -> None:
    article = [number // 3 for number in range(90)]
    cosines = [0.9 - 0.01 * (number // 3) - 0.001 * (number % 3) for number in range(90)]
    rows = finalists([alone(signals(article, cosines))]).tolist()
    assert len(rows) == FINALISTS * FINALIST_CHUNKS
    assert rows == [number for number in range(45) if number % 3 < 2]


@given(collections())
def test_finalists_are_rows_in_order(given_signals: Signals) -> None:
    rows = finalists([alone(given_signals)]).tolist()
    assert rows == sorted(set(rows))
    assert set(rows) <= set(range(given_signals.article.size))
    assert ranked(given_signals.only(np.array(rows)), 1)


def test_a_part_of_a_collection_numbers_its_articles_anew() -> None:
    part = signals([0, 1, 2, 2], [0.1, 0.2, 0.3, 0.4]).only(np.array([1, 3]))
    assert part.article.tolist() == [0, 1]
    assert part.chunk.tolist() == pytest.approx([0.2, 0.4])


def test_a_group_without_values_gets_the_least_cosine() -> None:
    values = np.array([0.2, -0.5, 0.4], dtype=np.float32)
    best = best_by_group(values, np.array([0, 2, 0]), 4)
    assert best.tolist() == pytest.approx([0.4, -1.0, -0.5, -1.0])


def near(cosines: Sequence[float]) -> Signals:
    return signals(range(len(cosines)), cosines, cosines)


def test_texts_of_a_conversation_are_mixed_as_scores() -> None:
    last, both = near([0.8, 0.1, 0.0, 0.0]), near([0.1, 0.8, 0.0, 0.0])
    assert rank([[(last, 0.7), (both, 0.3)]], 1)[0].row == 0
    assert rank([[(last, 0.3), (both, 0.7)]], 1)[0].row == 1
    one = rank([[(last, 0.7), (both, 0.3)]], 1)[0].score
    assert one < rank([alone(last)], 1)[0].score


def test_each_question_of_a_message_finds_its_own_article() -> None:
    first, second = near([0.8, 0.1, 0.0, 0.0]), near([0.1, 0.8, 0.0, 0.0])
    found = rank([alone(first), alone(second)], 2)
    assert {entry.row for entry in found} == {0, 1}
    assert [entry.similarity for entry in found] == pytest.approx([0.8, 0.8])
    assert [entry.parts["chunk"] for entry in found] == pytest.approx([0.8, 0.8])


def test_a_past_question_leads_to_its_article() -> None:
    texts = near([0.45, 0.5, 0.3, 0.2])
    assert ranked(texts, 1)[0].row == 1
    led = replace(texts, pointer=np.array([0.9, -1, -1, -1], dtype=np.float32))
    assert ranked(led, 1)[0].row == 0


def test_a_past_question_of_a_sibling_does_no_harm() -> None:
    """The right article has no past question yet: it is nearer by its own text than one may be."""
    texts = near([0.3, 0.7, 0.2, 0.1])
    led = replace(texts, pointer=np.array([0.84, -1, -1, -1], dtype=np.float32))
    assert not pointed(led).any()
    assert ranked(led, 4) == ranked(texts, 4)


def test_where_all_articles_have_past_questions_the_nearest_counts() -> None:
    texts = near([0.6, 0.55, 0.5, 0.5])
    led = replace(texts, pointer=np.array([0.4, 0.4, 0.9, 0.5], dtype=np.float32))
    assert ranked(led, 1)[0].row == 2


@given(collections(), st.floats(-1, 1, width=32))
def test_past_questions_only_ever_lift(given_signals: Signals, cosine: float) -> None:
    pointer = np.where(given_signals.article == 0, cosine, -1.0).astype(np.float32)
    lifts = pointed(replace(given_signals, pointer=pointer))
    assert (lifts >= 0).all()
    assert not lifts[1:].any()


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_record_moves_a_passage_within_its_bound(kept: int, rewritten: int) -> None:
    lift = record_lift(kept, rewritten)
    assert abs(lift) <= WEIGHTS.record
    assert np.sign(lift) == np.sign(kept - rewritten)
    assert record_lift(rewritten, kept) == pytest.approx(-lift)


def test_a_record_of_few_drafts_says_little() -> None:
    assert 0 < record_lift(1, 0) < WEIGHTS.record / 8
    assert record_lift(80, 0) > WEIGHTS.record * 0.9


def test_a_lift_moves_an_article_by_just_so_much() -> None:
    texts = near([0.5, 0.49, 0.1, 0.0])
    lifted = replace(texts, lift=np.array([0, 0.5, 0, 0], dtype=np.float32))
    before = {entry.row: entry.score for entry in ranked(texts, 4)}
    after = {entry.row: entry.score for entry in ranked(lifted, 4)}
    assert after[1] - before[1] == pytest.approx(0.5)
    assert after[0] == pytest.approx(before[0])
    assert lifted.only(np.array([1, 2])).lift is not None


@pytest.mark.parametrize(
    ("similarity", "score", "over"), [(0.2, 0.5, 100), (0.45, 2.0, 100), (0.8, 4.0, 100)]
)
def test_answerability_rises_with_nearness_and_lead(
    similarity: float, score: float, over: float
) -> None:
    here = answerability(similarity, score, over)
    assert 0 <= here <= 1
    assert answerability(similarity + 0.1, score, over) > here
    assert answerability(similarity, score + 0.5, over) > here
    assert answerability(similarity, score, over * 10) < here


def test_all_hits_of_a_search_tell_the_same_answerability() -> None:
    clear = ranked(near([0.9, *[0.1] * 40]), 3)
    vague = ranked(near([0.32, *[0.3, 0.25] * 20]), 3)
    assert len({entry.parts["answerable"] for entry in clear}) == 1
    assert clear[0].parts["answerable"] > 0.9
    assert vague[0].parts["answerable"] < 0.2
