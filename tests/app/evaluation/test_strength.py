"""The baselines are as strong as those that were measured when the data was collected.

A weak opponent proves nothing. The figures stand in ``../shared/data/README.md``, over all
answerable questions of a set: recall@1, recall@5, MRR@10. The other sets, and cosine over the
manual, take longer than a test should: they come out as strong, too.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest

from app.evaluation.baselines import baselines
from app.evaluation.data import EvalSet, load_set
from app.evaluation.report import scores_of
from app.evaluation.systems import evaluate
from app.knowledge.embed import load_embedder
from tests.app.evaluation.test_systems import nobody

pytestmark = pytest.mark.reference

SLACK = 0.01
MEASURED = {
    "emanual_s10": {
        "bm25": (0.70, 0.92, 0.79),
    },
    "covid_faq": {
        "bm25": (0.64, 0.85, 0.73),
        "dense": (0.77, 0.95, 0.84),
        "rrf": (0.74, 0.92, 0.82),
    },
}
QUALITIES = ("recall@1", "recall@5", "mrr@10")


def whole_set(folder: Path) -> EvalSet:
    """Join the parts of a set; what has no answer is left out."""
    parts = [
        load_set(folder / "articles.jsonl.gz", questions)
        for questions in sorted(folder.glob("questions.*.jsonl.gz"))
    ]
    asked = tuple(one for part in parts for one in part.questions if one.relevant)
    return dataclasses.replace(parts[0], questions=asked)


@pytest.mark.parametrize("name", MEASURED)
def test_baselines_are_as_strong_as_they_were_measured(
    shared: Path, tmp_path: Path, name: str
) -> None:
    data = whole_set(shared / "data" / "retrieval" / name)
    systems = baselines(MEASURED[name], load_embedder("minilm", tmp_path), tmp_path)
    evaluation = evaluate(data, systems, time.perf_counter, nobody)
    for system, figures in MEASURED[name].items():
        scores = scores_of(evaluation, system)
        for quality, figure in zip(QUALITIES, figures, strict=True):
            assert scores.mean(quality) >= figure - SLACK, (system, quality)
