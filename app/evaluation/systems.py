"""Asking several systems the same questions, and taking the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.evaluation.data import EvalArticle, EvalExample, EvalSet

Progress = Callable[[str, int, int], None]
Ranking = tuple[tuple[str, float], ...]  # article ids with scores, best first, each article once

OURS = "understudy"
BM25, DENSE, RRF, LANGCHAIN = BASELINES = ("bm25", "dense", "rrf", "langchain")
HALVES = (BM25, DENSE)
RRF_K = 60
_WARM_UP = "Is everything loaded?"


@dataclass(frozen=True, slots=True)
class Found:
    """What a system finds for a question.

    ``answerability`` is larger the likelier it is that there is an answer at all, on a scale of
    the system's own; ``None`` where nothing was found.
    """

    ranking: Ranking
    answerability: float | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What was found for a question, and in how many milliseconds."""

    found: Found
    milliseconds: float


class System(Protocol):
    """A way to find articles."""

    def index(
        self,
        articles: Sequence[EvalArticle],
        examples: Sequence[EvalExample],
        progress: Progress,
    ) -> None:
        """Make articles searchable, with past questions that are known to lead to them."""

    def search(self, text: str) -> Found:
        """Find at least ten articles, if there are so many."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What became of a set: by system, its index time and its answer to each question in order."""

    data: EvalSet
    index_seconds: Mapping[str, float]
    answers: Mapping[str, Sequence[Answered]]


def evaluate(
    data: EvalSet,
    systems: Mapping[str, System],
    clock: Callable[[], float],
    progress: Progress,
) -> Evaluation:
    """Index a set with each system and ask all of them each question, by turns.

    Where both halves of reciprocal rank fusion take part, so does the fusion: its time is that of
    both and of fusing. ``clock`` gives seconds.
    """
    index_seconds: dict[str, float] = {}
    for name, system in systems.items():
        started = clock()
        system.index(data.articles, data.examples, _named(name, progress))
        index_seconds[name] = clock() - started
        system.search(_WARM_UP)
    if set(HALVES) <= set(systems):
        index_seconds[RRF] = sum(index_seconds[half] for half in HALVES)
    answers: dict[str, list[Answered]] = {
        name: [] for name in (OURS, *BASELINES) if name in index_seconds
    }
    for place, question in enumerate(data.questions):
        progress("questions", place, len(data.questions))
        for name, answered in _asked(question.text, systems, clock).items():
            answers[name].append(answered)
    return Evaluation(data, index_seconds, answers)


def fuse(rankings: Sequence[Ranking]) -> Ranking:
    """Fuse rankings by reciprocal rank: the sum of 1 / (60 + rank) over them."""
    total: dict[str, float] = {}
    for ranking in rankings:
        for place, (article, _) in enumerate(ranking, 1):
            total[article] = total.get(article, 0.0) + 1.0 / (RRF_K + place)
    return tuple(sorted(total.items(), key=lambda pair: -pair[1]))


def top_score(ranking: Ranking) -> Found:
    """Give a ranking with its first score as the answerability."""
    return Found(ranking, ranking[0][1] if ranking else None)


def _asked(
    text: str, systems: Mapping[str, System], clock: Callable[[], float]
) -> dict[str, Answered]:
    answers: dict[str, Answered] = {}
    for name, system in systems.items():
        started = clock()
        found = system.search(text)
        answers[name] = Answered(found, 1000 * (clock() - started))
    if set(HALVES) <= set(systems):
        halves = [answers[half] for half in HALVES]
        started = clock()
        fused = top_score(fuse([half.found.ranking for half in halves]))
        own = 1000 * (clock() - started)
        answers[RRF] = Answered(fused, own + sum(half.milliseconds for half in halves))
    return answers


def _named(name: str, progress: Progress) -> Progress:
    return lambda step, done, total: progress(f"{name}: {step}", done, total)
