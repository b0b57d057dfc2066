"""Fit the weights of the search on dev questions of several sets.

``python -m tests.benchmarks.fit_retrieval ../shared/data/retrieval``

A set is a folder with ``articles.jsonl.gz`` and ``questions.<split>.jsonl.gz``; one that the
README beside them calls ``measure_only`` has no part in it. The weights are those under which the
right articles are likeliest, each set counting the same, and which are not far from ``PRIOR``: a
few sets say little of the next one. How strongly they are drawn there is what puts most right
articles in front on sets that are left out in turn; of equals, the stronger. The last line is what
``app.pipeline.weights`` ships.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.cli.evaluate import throw_away_space
from app.evaluation.data import load_set
from app.evaluation.ours import HELPDESK, Understudy
from app.knowledge.search import KnowledgeBase
from app.pipeline.retrieve import SIGNALS, Signals, by_article
from app.pipeline.weights import WEIGHTS

Array = NDArray[np.float64]

# A softmax needs a scale, and nobody ranks by it: each set has the one that suits it best.
SCALES = (1.0, 1.5, 2.0, 3.0)
ROUND_TO = 0.05
# What did best over seven collections, by others than these (see ``app.pipeline.weights``).
PRIOR = np.array([0.35, 0.35, 0.15, 0.15])
# What a squared distance from it costs, in -log of likelihood.
PULLS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
_FIRST_STEP, _LAST_STEP = 0.1, 0.02
_GAIN = 1e-4  # less is no gain


@dataclass(frozen=True, slots=True)
class Fitting:
    """A set's questions: by signal, question and article its deviation; which articles are right.

    Both have one row a question; ``deviations`` is signals x questions x articles.
    """

    deviations: Array
    right: NDArray[np.bool_]

    def surprise(self, weights: Array) -> float:
        """Mean of -log of the likelihood of the right articles."""
        scores = np.tensordot(weights, self.deviations, axes=1)
        return min(self._surprise(scores * scale) for scale in SCALES)

    def recall(self, weights: Array) -> float:
        """Share of the questions with a right article in front."""
        first = np.tensordot(weights, self.deviations, axes=1).argmax(axis=1)
        return float(self.right[np.arange(len(first)), first].mean())

    def _surprise(self, scores: Array) -> float:
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        return float(-np.log((likely * self.right).sum(axis=1) + 1e-9).mean())


def main() -> None:
    """Read every set, fit, print."""
    options = _options()
    kept_out = _measure_only(options.folder)
    sets: dict[str, Fitting] = {}
    for folder in sorted(each for each in options.folder.iterdir() if each.is_dir()):
        questions = folder / f"questions.{options.split}.jsonl.gz"
        if folder.name in kept_out or not questions.exists():
            print(f"{folder.name}: not fitted on", file=sys.stderr)
            continue
        sets[folder.name] = read(folder / "articles.jsonl.gz", questions)
    shipped = np.array([getattr(WEIGHTS, name) for name in SIGNALS])
    pull = _best_pull(sets) if len(sets) > 1 else 0.0
    best = fit(list(sets.values()), pull)
    rounded = np.round(best / ROUND_TO) * ROUND_TO
    print(f"pull {pull:<14} {_named(best)}")
    for title, weights in (("prior", PRIOR), ("shipped", shipped), ("rounded", rounded)):
        for name, one in sets.items():
            print(f"{title:8} {name:12} {_figures(one, weights)}")
    values = ", ".join(f"{name}={value:.2f}" for name, value in zip(SIGNALS, rounded, strict=True))
    print(f"Weights({values})")


def read(articles: Path, questions: Path) -> Fitting:
    """Index a set and score its answerable questions."""
    data = load_set(articles, questions)
    with throw_away_space(None) as space:
        ours = Understudy(space)
        ours.index(data.articles, (), _progress)
        knowledge = KnowledgeBase(
            space.ledger, space.vectors, space.folder / "lexical", space.embedder, space.clock
        )
        answerable = [question for question in data.questions if question.relevant]
        found = [_found(knowledge, one.text, set(one.relevant)) for one in answerable]
    deviations = np.stack([part for part, _ in found], axis=1)
    return Fitting(deviations, np.stack([right for _, right in found]))


def _best_pull(sets: Mapping[str, Fitting]) -> float:
    """Leave each set out in turn, and see which pull serves it best on average."""
    recalls: dict[float, float] = {}
    for pull in PULLS:
        found = {}
        for name, one in sets.items():
            weights = fit([other for key, other in sets.items() if key != name], pull)
            found[name] = one.recall(weights)
            print(f"pull {pull:<4} without {name:12} {_named(weights)}   {_figures(one, weights)}")
        recalls[pull] = round(float(np.mean(list(found.values()))), 4)
        print(f"pull {pull:<4} on sets left out: recall@1 {recalls[pull]:.4f}")
    return max(PULLS, key=lambda pull: (recalls[pull], pull))


def fit(sets: Sequence[Fitting], pull: float) -> Array:
    """Find the weights by trying one coordinate after the other, in ever smaller steps."""

    def surprise(weights: Array) -> float:
        shares = weights / weights.sum()
        away = float(((shares - PRIOR) ** 2).sum())
        return float(np.mean([one.surprise(shares) for one in sets])) + pull * away

    weights = PRIOR.copy()
    least, step = surprise(weights), _FIRST_STEP
    while step > _LAST_STEP:
        moved = False
        for place in range(len(weights)):
            for change in (step, -step):
                tried = weights.copy()
                tried[place] = max(0.0, tried[place] + change)
                value = surprise(tried)
                if value < least - _GAIN:
                    weights, least, moved = tried, value, True
        if not moved:
            step /= 2
    return np.asarray(weights / weights.sum())


def _found(
    knowledge: KnowledgeBase, text: str, relevant: set[str]
) -> tuple[Array, NDArray[np.bool_]]:
    found = knowledge.signals(HELPDESK, text)
    assert found is not None
    names, signals = found
    return np.stack(by_article(signals)).astype(np.float64), _right(names, signals, relevant)


def _right(names: Sequence[str], signals: Signals, relevant: set[str]) -> NDArray[np.bool_]:
    right = np.zeros(int(signals.article.max()) + 1, dtype=bool)
    right[signals.article] = [name in relevant for name in names]
    return right


def _measure_only(folder: Path) -> set[str]:
    """Name the sets that a README calls so, in a row that begins with them."""
    readme = next((one for one in (folder / "README.md", folder.parent / "README.md")
                   if one.is_file()), None)  # fmt: skip
    rows = readme.read_text(encoding="utf-8").splitlines() if readme else []
    return {
        each.name
        for each in folder.iterdir()
        if any(row.startswith("|") and each.name in row and "measure_only" in row for row in rows)
    }


def _named(weights: Array) -> str:
    found: Mapping[str, float] = dict(zip(SIGNALS, weights.tolist(), strict=True))
    return " ".join(f"{name} {value:.3f}" for name, value in found.items())


def _figures(one: Fitting, weights: Array) -> str:
    return f"recall@1 {one.recall(weights):.3f}  surprise {one.surprise(weights):.3f}"


def _progress(stage: str, done: int, total: int) -> None:
    print(f"\r{stage} {done}/{total}   ", end="", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", choices=("dev", "train"), default="dev")
    return parser.parse_args()


if __name__ == "__main__":
    main()
