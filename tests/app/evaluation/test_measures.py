"""Measures against values worked out by hand, and what must hold for any ranking."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.measures import (
    auroc,
    fewer_errors,
    hit,
    ndcg,
    paired_difference,
    percentile,
    reciprocal_rank,
)

IDS = [str(number) for number in range(15)]
RANKINGS = st.permutations(IDS)
RELEVANT = st.frozensets(st.sampled_from([*IDS, "elsewhere"]), min_size=1)


@pytest.mark.parametrize(
    ("relevant", "first", "five", "rank", "gain"),
    [
        ({"0"}, 1, 1, 1.0, 1.0),
        ({"1"}, 0, 1, 1 / 2, 1 / math.log2(3)),
        ({"5"}, 0, 0, 1 / 6, 1 / math.log2(7)),
        ({"9"}, 0, 0, 1 / 10, 1 / math.log2(11)),
        ({"10"}, 0, 0, 0.0, 0.0),
        ({"elsewhere"}, 0, 0, 0.0, 0.0),
        # Two relevant, on the second and fourth place.
        ({"1", "3"}, 0, 1, 1 / 2, (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))),
        # One of two found: the ideal has both in front.
        ({"0", "elsewhere"}, 1, 1, 1.0, 1 / (1 + 1 / math.log2(3))),
    ],
)
def test_measures_of_a_ranking(
    relevant: set[str], first: float, five: float, rank: float, gain: float
) -> None:
    assert hit(IDS, relevant, 1) == first
    assert hit(IDS, relevant, 5) == five
    assert reciprocal_rank(IDS, relevant) == pytest.approx(rank)
    assert ndcg(IDS, relevant) == pytest.approx(gain)


def test_more_relevant_articles_than_ten_can_still_be_ranked_ideally() -> None:
    assert ndcg(IDS, {*IDS, "elsewhere"}) == pytest.approx(1.0)


@given(RANKINGS, RELEVANT)
def test_measures_lie_between_0_and_1_and_agree(ranking: list[str], relevant: set[str]) -> None:
    hits = [hit(ranking, relevant, k) for k in (1, 5, 10)]
    assert hits == sorted(hits)
    assert 0 <= ndcg(ranking, relevant) <= 1 + 1e-9
    assert hits[0] <= reciprocal_rank(ranking, relevant) <= hits[2]
    assert (ndcg(ranking, relevant) > 0) == bool(hits[2])


def test_auroc_counts_pairs_and_equal_ones_as_half() -> None:
    assert auroc([3.0, 2.0], [1.0]) == 1.0
    assert auroc([1.0], [1.0, 1.0]) == 0.5
    # 3 > 2, 3 > 1, 2 = 2, 2 > 1: three pairs and a half of four.
    assert auroc([3.0, 2.0], [2.0, 1.0]) == 0.875
    assert auroc([1.0], [float("-inf")]) == 1.0
    assert auroc([], [1.0]) is auroc([1.0], []) is None


SCORES = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=8)


@given(SCORES, SCORES)
def test_auroc_turned_round_is_the_rest(positive: list[float], negative: list[float]) -> None:
    there, back = auroc(positive, negative), auroc(negative, positive)
    assert there is not None
    assert back is not None
    assert 0 <= there <= 1
    assert there + back == pytest.approx(1.0)


def test_percentiles() -> None:
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0
    assert percentile([], 99) == 0.0


def test_a_lead_on_every_question_is_sure() -> None:
    lead = paired_difference([1.0] * 30, [0.0] * 30, seed=1)
    assert (lead.value, lead.low, lead.high) == (1.0, 1.0, 1.0)


def test_an_interval_is_about_as_wide_as_chance_is() -> None:
    # Differences of +1 and -1 in equal number: the mean of 100 has a deviation of 0.1.
    lead = paired_difference([1.0, 0.0] * 50, [0.0, 1.0] * 50, seed=1)
    assert lead.value == 0.0
    assert lead.low == pytest.approx(-0.196, abs=0.02)
    assert lead.high == pytest.approx(0.196, abs=0.02)


def test_the_same_seed_gives_the_same_interval() -> None:
    ours, theirs = [1.0, 0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0, 1.0]
    assert paired_difference(ours, theirs, 7) == paired_difference(ours, theirs, 7)
    assert fewer_errors(ours, theirs, 7) == fewer_errors(ours, theirs, 7)


def test_fewer_errors_is_the_share_of_theirs_that_is_gone() -> None:
    # They err on four of six, we on one of these and on one that they had right.
    ours = [1.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    theirs = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    fewer = fewer_errors(ours, theirs, seed=1)
    assert fewer.value == 0.5
    assert fewer.low <= fewer.value <= fewer.high


def test_where_nobody_errs_nothing_is_fewer() -> None:
    assert fewer_errors([1.0] * 4, [1.0] * 4, seed=1).value == 0.0
    assert fewer_errors([0.0] * 4, [1.0] * 4, seed=1).value == 0.0
    assert fewer_errors([], [], seed=1).value == paired_difference([], [], seed=1).value == 0.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_intervals_hold_their_value(pairs: list[tuple[bool, bool]]) -> None:
    ours, theirs = ([float(pair[side]) for pair in pairs] for side in (0, 1))
    lead = paired_difference(ours, theirs, seed=3)
    assert -1 <= lead.low <= lead.value + 1e-9
    assert lead.value - 1e-9 <= lead.high <= 1
    assert fewer_errors(ours, theirs, seed=3).high <= 1
