"""All systems are asked the same, by turns; fusion is made of what its halves found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.evaluation.data import EvalArticle, EvalExample, EvalSet
from app.evaluation.systems import BM25, DENSE, OURS, RRF, Found, Progress, evaluate, fuse


class Said:
    """A system that finds what it is told to, while a clock goes on."""

    def __init__(self, clock: Clock, seconds: float, *found: str) -> None:
        self.clock = clock
        self.seconds = seconds
        self.found = Found(tuple((one, 1.0) for one in found), 1.0)
        self.asked: list[str] = []

    def index(
        self, articles: Sequence[EvalArticle], examples: Sequence[EvalExample], progress: Progress
    ) -> None:
        self.clock.now += 10 * self.seconds

    def search(self, text: str) -> Found:
        self.asked.append(text)
        self.clock.now += self.seconds
        return self.found


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def nobody(step: str, done: int, total: int) -> None:
    """Report progress to nobody."""


def test_everybody_is_asked_every_question_in_the_same_words(small: EvalSet) -> None:
    clock = Clock()
    systems = {OURS: Said(clock, 0.003, "a"), BM25: Said(clock, 0.001, "b")}
    evaluation = evaluate(small, systems, clock, nobody)
    texts = [question.text for question in small.questions]
    for system in systems.values():
        assert system.asked[1:] == texts, "after one question to warm up"
    assert evaluation.index_seconds[OURS] == pytest.approx(0.03)
    assert [one.milliseconds for one in evaluation.answers[OURS]] == pytest.approx([3.0] * 5)
    assert list(evaluation.answers) == [OURS, BM25]


def test_fusion_costs_what_both_its_halves_cost(small: EvalSet) -> None:
    clock = Clock()
    systems = {DENSE: Said(clock, 0.005, "a", "b"), BM25: Said(clock, 0.001, "a")}
    evaluation = evaluate(small, systems, clock, nobody)
    answer = evaluation.answers[RRF][0]
    assert answer.milliseconds == pytest.approx(6.0)
    assert [article for article, _ in answer.found.ranking] == ["a", "b"]
    assert answer.found.answerability == pytest.approx(2 / 61)
    assert evaluation.index_seconds[RRF] == pytest.approx(0.06)


def test_reciprocal_ranks_are_added() -> None:
    fused = fuse([(("a", 9.0), ("b", 8.0)), (("b", 0.4), ("c", 0.3))])
    assert [article for article, _ in fused] == ["b", "a", "c"]
    assert [score for _, score in fused] == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62])
    assert fuse([(), ()]) == ()
