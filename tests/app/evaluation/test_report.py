"""What is printed is what was measured, under the promised names."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from app.evaluation.data import EvalArticle, EvalQuestion, EvalSet
from app.evaluation.report import as_json, lines_of, report_on, run_lines
from app.evaluation.systems import Answered, Evaluation, Found

FIGURES = {
    *("recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10"),
    *("answerability_auroc", "ms_p50", "ms_p99"),
}
RELEVANT = (("a",), ("b",), ("c",), ())


def evaluation(**rankings: Sequence[str]) -> Evaluation:
    """Let each system find one word of ids a question; the last question has no answer."""
    questions = tuple(
        EvalQuestion(id=f"q{place}", text="?", relevant=relevant)
        for place, relevant in enumerate(RELEVANT)
    )
    articles = tuple(EvalArticle(id=one, title=one, body="") for one in "abc")
    answers = {
        name: [
            Answered(
                Found(
                    tuple((one, 1.0 / place) for place, one in enumerate(ids, 1)),
                    float(len(ids)) if ids else None,
                ),
                float(number),
            )
            for number, ids in enumerate(found)
        ]
        for name, found in rankings.items()
    }
    return Evaluation(EvalSet(articles, questions), dict.fromkeys(rankings, 2.0), answers)


THREE = evaluation(
    understudy=["a", "bc", "ac", ""],
    bm25=["ba", "ab", "b", "a"],
    rrf=["a", "ab", "b", "a"],
)


def test_the_figures_have_their_promised_names_and_values() -> None:
    told = as_json(report_on(THREE, seed=0))
    assert (told["articles"], told["questions"], told["unanswerable"]) == (3, 4, 1)
    assert told["index_seconds"] == 2.0
    assert set(told["systems"]) == {"understudy", "bm25", "rrf"}
    assert set(told["systems"]["understudy"]) >= FIGURES
    ours = told["systems"]["understudy"]
    assert ours["recall@1"] == pytest.approx(2 / 3, abs=1e-4)
    assert ours["recall@5"] == 1.0
    assert ours["mrr@10"] == pytest.approx(2.5 / 3, abs=1e-4)
    # Answerability is the count of ids here: 1, 2, 2 against nothing found.
    assert ours["answerability_auroc"] == 1.0
    assert told["systems"]["rrf"]["answerability_auroc"] == pytest.approx(2 / 3, abs=1e-4)
    assert (ours["ms_p50"], ours["ms_p99"]) == (1.5, 2.97)
    json.dumps(told, allow_nan=False)


def test_we_are_compared_with_the_best_baseline_only() -> None:
    told = as_json(report_on(THREE, seed=0))
    assert told["best_baseline"] == "rrf"
    lead = told["lead_over_best_baseline"]["recall@1"]
    assert lead["baseline"] == "rrf"
    assert lead["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert lead["low"] <= lead["value"] <= lead["high"]
    wrong = told["wrong_at_1"]
    assert (wrong["theirs"], wrong["ours"], wrong["fewer"]["value"]) == (2, 1, 0.5)


def test_without_baselines_nothing_is_compared() -> None:
    report = report_on(evaluation(understudy=["a", "b", "c", "a"]), seed=0)
    told = as_json(report)
    assert (told["best_baseline"], told["wrong_at_1"]) == (None, None)
    assert told["lead_over_best_baseline"] == {}
    assert len(list(lines_of(report))) == 3


def test_without_unanswerable_questions_there_is_no_auroc() -> None:
    answerable = evaluation(understudy=["a", "b", "c", "a"])
    asked = answerable.data.questions
    data = EvalSet(answerable.data.articles, (*asked[:3], asked[0]))
    report = report_on(Evaluation(data, {"understudy": 1.0}, answerable.answers), seed=0)
    assert as_json(report)["systems"]["understudy"]["answerability_auroc"] is None


def test_where_no_question_has_an_answer_recall_is_nothing() -> None:
    empty = evaluation(understudy=["a"] * 4, bm25=["a"] * 4)
    asked = tuple(one.model_copy(update={"relevant": ()}) for one in empty.data.questions)
    told = Evaluation(EvalSet(empty.data.articles, asked), empty.index_seconds, empty.answers)
    figures = as_json(report_on(told, seed=0))
    assert figures["systems"]["understudy"]["recall@1"] == 0
    json.dumps(figures, allow_nan=False)


def test_the_table_names_each_system_and_the_difference() -> None:
    lines = list(lines_of(report_on(THREE, seed=0)))
    assert lines[0] == "3 articles, 4 questions (1 unanswerable)"
    assert lines[1].split()[:5] == ["R@1", "R@5", "R@10", "MRR@10", "nDCG@10"]
    assert lines[2].split()[:3] == ["Understudy", "0.667", "1.000"]
    assert "R@1 over the best baseline (rank fusion of both): +0.333 [" in lines[5]
    assert lines[-1].startswith("Wrong in front: 1, rank fusion of both: 2; 50% fewer [")


def test_a_run_lets_anybody_score_it_himself() -> None:
    first, *_, last = run_lines(THREE)
    assert first == {
        "id": "q0",
        "ranking": [["a", 1.0]],
        "answerability": 1.0,
        "baselines": {"bm25": [["b", 1.0], ["a", 0.5]], "rrf": [["a", 1.0]]},
    }
    assert (last["ranking"], last["answerability"]) == ([], None)


def test_a_run_holds_ten_articles_of_each() -> None:
    many = "abcdefghijklm"
    line = next(iter(run_lines(evaluation(understudy=[many] * 4, bm25=[many] * 4))))
    assert [one for one, _ in line["ranking"]] == list(many[:10])
    assert len(line["baselines"]["bm25"]) == 10
