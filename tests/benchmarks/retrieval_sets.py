"""Pool ``understudy evaluate retrieval`` over several sets.

``python -m tests.benchmarks.retrieval_sets ../shared/data/retrieval --split test``

A set is a folder with ``articles.jsonl.gz`` and ``questions.<split>.jsonl.gz``. Pooled are the
questions for which the best baseline of their set (by recall@1) has a wrong article in front.
``--with-examples`` does it again with more and more questions of ``dev`` as examples, for all
systems alike (measured on ``dev``, every second question is one and the others are asked).
``--json`` prints everything as the last line.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.cli.common import Progress
from app.cli.evaluate import evaluate_in, throw_away_space
from app.evaluation import report
from app.evaluation.data import EvalExample, EvalSet, load_set
from app.evaluation.ours import Space
from app.evaluation.report import FIRST, Report
from app.evaluation.systems import OURS
from app.knowledge.embed import Array, Embedder

EXAMPLES = (0, 10, 50, 100, None)  # how many; None: all


class Remembering:
    """An embedding model that knows what it has read: the same pages are indexed many times."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self.dimension = embedder.dimension
        self._embedder = embedder
        self._known: dict[str, Array] = {}

    def embed(self, texts: Sequence[str]) -> Array:
        """Embed texts, those seen before from memory."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, self._embedder.embed(new), strict=True))
        rows = [self._known[text] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dimension)


def main() -> None:
    """Evaluate every set, then pool them."""
    options = _options()
    found: dict[str, Report] = {}
    by_examples: dict[str, list[dict[str, Any]]] = {}
    for folder in sorted(each for each in options.folder.iterdir() if each.is_dir()):
        if options.only and folder.name not in options.only:
            continue
        data = _set(folder, options.split, options.limit)
        if data is None:
            print(f"{folder.name}: has no questions.{options.split}, left out\n", file=sys.stderr)
            continue
        found[folder.name] = _table(folder.name, data, options.seed)
        if options.with_examples:
            by_examples[folder.name] = list(_with_examples(folder, data, options))
    pooled = _pooled(found, options.seed)
    if options.json:
        sets = {name: report.as_json(one) for name, one in found.items()}
        print(json.dumps({"sets": sets, "pooled": pooled, "examples": by_examples}))


def _table(name: str, data: EvalSet, seed: int) -> Report:
    progress = Progress()
    with throw_away_space(None) as space:
        evaluation = evaluate_in(space, data, ["all"], progress)
    progress.close()
    figures = report.report_on(evaluation, seed)
    print("\n".join([name, *report.lines_of(figures), ""]), flush=True)
    return figures


def _with_examples(
    folder: Path, data: EvalSet, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Give recall@1 of ours and of the best baseline at rising numbers of examples."""
    dev = _set(folder, "dev", None)
    if dev is None:
        print(f"{folder.name}: has no questions.dev to take examples from\n", file=sys.stderr)
        return
    past, asked = dev.questions, data.questions
    if options.split == "dev":
        past, asked = past[::2], asked[1::2]
    examples = [EvalExample(text=q.text, article_id=q.relevant[0]) for q in past if q.relevant]
    remembering: Embedder | None = None
    for count in EXAMPLES:
        if count is not None and count >= len(examples):
            continue
        given = dataclasses.replace(data, questions=asked, examples=tuple(examples[:count]))
        with throw_away_space(None) as space:
            remembering = remembering or Remembering(space.embedder)
            yield _compared(dataclasses.replace(space, embedder=remembering), given, options.seed)


def _compared(space: Space, data: EvalSet, seed: int) -> dict[str, Any]:
    progress = Progress()
    figures = report.report_on(evaluate_in(space, data, ["all"], progress), seed)
    progress.close()
    lead = figures.leads[FIRST]
    ours, theirs = (figures.systems[name].mean(FIRST) for name in (OURS, lead.baseline))
    print(
        f"  {len(data.examples):5} examples: {ours:.3f}, {lead.baseline} {theirs:.3f}, "
        f"{lead.lead.value:+.3f} [{lead.lead.low:+.3f}, {lead.lead.high:+.3f}]",
        flush=True,
    )
    return {
        "examples": len(data.examples),
        OURS: round(ours, 4),
        "best_baseline": lead.baseline,
        "recall@1": round(theirs, 4),
    }


def _pooled(found: dict[str, Report], seed: int) -> dict[str, Any]:
    ours: list[float] = []
    theirs: list[float] = []
    ratios: dict[str, float] = {}
    for name, one in found.items():
        best = report.best_baseline(one.systems, FIRST)
        assert best is not None
        ours += one.systems[OURS].each[FIRST]
        theirs += one.systems[best].each[FIRST]
        ratios[name] = one.systems[OURS].mean(FIRST) / max(one.systems[best].mean(FIRST), 1e-9)
    if not ratios:
        raise SystemExit("No set has questions of this part.")
    errors = report.errors_of(ours, theirs, "the best baseline of each set", seed)
    worst = min(ratios, key=lambda name: ratios[name])
    print(f"All sets, {len(ours)} answerable questions. {report.said_of_errors(errors)}")
    print(f"Recall@1 beside the best baseline's, at worst: {ratios[worst]:.3f} ({worst})")
    return {
        "questions": len(ours),
        "wrong_at_1": report.errors_as_json(errors),
        "worst_ratio": {"set": worst, "recall@1": round(ratios[worst], 4)},
    }


def _set(folder: Path, split: str, limit: int | None) -> EvalSet | None:
    questions = folder / f"questions.{split}.jsonl.gz"
    if not questions.exists():
        return None
    return load_set(folder / "articles.jsonl.gz", questions, limit=limit)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--only", action="append", help="this set alone; again for a further one")
    parser.add_argument("--limit", type=int, default=None, help="of questions, of each set")
    parser.add_argument("--with-examples", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print all of it as the last line")
    return parser.parse_args()


if __name__ == "__main__":
    main()
