"""What an evaluation comes to, as JSON and as a table. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.evaluation import measures
from app.evaluation.measures import DEPTH, Interval
from app.evaluation.systems import OURS, Answered, Evaluation

FIRST = "recall@1"
# What is better when it is larger, with how it is headed in the table.
QUALITIES = {
    FIRST: "R@1",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "mrr@10": "MRR@10",
    "ndcg@10": "nDCG@10",
}
_LABELS = {
    OURS: "Understudy",
    "bm25": "BM25",
    "dense": "cosine",
    "rrf": "rank fusion of both",
    "langchain": "LangChain recipe",
}


@dataclass(frozen=True, slots=True)
class Scores:
    """A system's values on each answerable question, by quality, and its other figures."""

    each: dict[str, list[float]]
    auroc: float | None
    ms_p50: float
    ms_p99: float

    def mean(self, quality: str) -> float:
        """Average a quality over the questions; 0 where there are none."""
        values = self.each[quality]
        return sum(values) / len(values) if values else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Our lead on a quality over the best baseline of it, with a 95 % interval."""

    baseline: str
    lead: Interval


@dataclass(frozen=True, slots=True)
class Errors:
    """Questions that have a wrong article in front; ``fewer`` is a share of the baseline's."""

    baseline: str
    theirs: int
    ours: int
    fewer: Interval


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of an evaluation; without a baseline nothing is compared."""

    articles: int
    questions: int
    unanswerable: int
    examples: int
    index_seconds: dict[str, float]
    systems: dict[str, Scores]
    leads: dict[str, Comparison]
    errors: Errors | None


def report_on(evaluation: Evaluation, seed: int) -> Report:
    """Measure an evaluation; ``seed`` is the bootstrap's."""
    data = evaluation.data
    systems = {name: scores_of(evaluation, name) for name in evaluation.answers}
    baseline = best_baseline(systems, FIRST)
    return Report(
        articles=len(data.articles),
        questions=len(data.questions),
        unanswerable=sum(not question.relevant for question in data.questions),
        examples=len(data.examples),
        index_seconds=dict(evaluation.index_seconds),
        systems=systems,
        leads={
            quality: _compared(systems, best, quality, seed)
            for quality in QUALITIES
            if (best := best_baseline(systems, quality))
        },
        errors=_errors(systems, baseline, seed) if baseline else None,
    )


def scores_of(evaluation: Evaluation, name: str) -> Scores:
    """Measure one system; qualities count answerable questions alone, times all of them."""
    answers = evaluation.answers[name]
    each: dict[str, list[float]] = {quality: [] for quality in QUALITIES}
    sure: dict[bool, list[float]] = {True: [], False: []}
    for question, answered in zip(evaluation.data.questions, answers, strict=True):
        relevant = frozenset(question.relevant)
        sure[bool(relevant)].append(_answerability(answered))
        if not relevant:
            continue
        ranking = [article for article, _ in answered.found.ranking]
        each[FIRST].append(measures.hit(ranking, relevant, 1))
        each["recall@5"].append(measures.hit(ranking, relevant, 5))
        each["recall@10"].append(measures.hit(ranking, relevant, 10))
        each["mrr@10"].append(measures.reciprocal_rank(ranking, relevant))
        each["ndcg@10"].append(measures.ndcg(ranking, relevant))
    times = [answered.milliseconds for answered in answers]
    return Scores(
        each=each,
        auroc=measures.auroc(sure[True], sure[False]),
        ms_p50=measures.percentile(times, 50),
        ms_p99=measures.percentile(times, 99),
    )


def best_baseline(systems: dict[str, Scores], quality: str) -> str | None:
    """Name the strongest of the others; of equal ones the one with the higher MRR@10."""
    others = [name for name in systems if name != OURS]
    return max(
        others,
        key=lambda name: (systems[name].mean(quality), systems[name].mean("mrr@10")),
        default=None,
    )


def errors_of(ours: Sequence[float], theirs: Sequence[float], baseline: str, seed: int) -> Errors:
    """Count errors from recall@1 of each question, ours and a baseline's."""
    wrong, others = (sum(one < 1 for one in values) for values in (ours, theirs))
    return Errors(baseline, others, wrong, measures.fewer_errors(ours, theirs, seed))


def as_json(report: Report) -> dict[str, Any]:
    """Give the promised figures, and what else may be of use."""
    best = report.errors.baseline if report.errors else None
    return {
        "articles": report.articles,
        "questions": report.questions,
        "unanswerable": report.unanswerable,
        "examples": report.examples,
        "index_seconds": round(report.index_seconds[OURS], 2),
        "systems": {name: _figures(report, name) for name in report.systems},
        "best_baseline": best,
        "lead_over_best_baseline": {
            quality: {"baseline": one.baseline, **_rounded(one.lead)}
            for quality, one in report.leads.items()
        },
        "wrong_at_1": errors_as_json(report.errors) if report.errors else None,
    }


def errors_as_json(errors: Errors) -> dict[str, Any]:
    """Give the counts, and the share that is gone with its interval."""
    return {
        "baseline": errors.baseline,
        "theirs": errors.theirs,
        "ours": errors.ours,
        "fewer": _rounded(errors.fewer),
    }


def lines_of(report: Report) -> Iterator[str]:
    """Say it for people: a table, then what the difference comes to."""
    told = f"{report.articles} articles, {report.questions} questions"
    told += f" ({report.unanswerable} unanswerable)" if report.unanswerable else ""
    examples = "1 example" if report.examples == 1 else f"{report.examples} examples"
    yield told + (f", {examples}" if report.examples else "")
    heads = [*QUALITIES.values(), "AUROC", "p50 ms", "p99 ms", "index s"]
    yield f"{'':20}" + "".join(f"{head:>9}" for head in heads)
    for name, scores in report.systems.items():
        cells = [f"{scores.mean(quality):.3f}" for quality in QUALITIES]
        cells.append("-" if scores.auroc is None else f"{scores.auroc:.3f}")
        cells += [f"{scores.ms_p50:.1f}", f"{scores.ms_p99:.1f}"]
        cells.append(f"{report.index_seconds[name]:.1f}")
        yield f"{_LABELS[name]:20}" + "".join(f"{cell:>9}" for cell in cells)
    for quality, one in report.leads.items():
        lead = one.lead
        yield (
            f"{QUALITIES[quality]:>7} over the best baseline ({_LABELS[one.baseline]}): "
            f"{lead.value:+.3f} [{lead.low:+.3f}, {lead.high:+.3f}]"
        )
    if report.errors:
        yield said_of_errors(report.errors)


def said_of_errors(errors: Errors) -> str:
    """Say how many questions have a wrong article in front, beside the best baseline's."""
    fewer = errors.fewer
    name = _LABELS.get(errors.baseline, errors.baseline)
    return (
        f"Wrong in front: {errors.ours}, {name}: {errors.theirs}; "
        f"{fewer.value:.0%} fewer [{fewer.low:.0%}, {fewer.high:.0%}]"
    )


def run_lines(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    """Give each question's rankings, so that anybody can score them.

    ``{"id", "ranking": [[article id, score], ...], "answerability", "baselines": {name: [[article
    id, score], ...]}}``, best first, the first ten; a score compares within its list only, and
    ``answerability`` is null where nothing was found.
    """
    for place, question in enumerate(evaluation.data.questions):
        each = {name: answers[place].found for name, answers in evaluation.answers.items()}
        ours = each.pop(OURS)
        yield {
            "id": question.id,
            "ranking": [list(pair) for pair in ours.ranking[:DEPTH]],
            "answerability": ours.answerability,
            "baselines": {
                name: [list(pair) for pair in found.ranking[:DEPTH]] for name, found in each.items()
            },
        }


def _answerability(answered: Answered) -> float:
    score = answered.found.answerability
    return float("-inf") if score is None else score  # nothing was found: surely no answer


def _compared(systems: dict[str, Scores], best: str, quality: str, seed: int) -> Comparison:
    ours, theirs = systems[OURS].each[quality], systems[best].each[quality]
    return Comparison(best, measures.paired_difference(ours, theirs, seed))


def _errors(systems: dict[str, Scores], baseline: str, seed: int) -> Errors:
    return errors_of(systems[OURS].each[FIRST], systems[baseline].each[FIRST], baseline, seed)


def _figures(report: Report, name: str) -> dict[str, float | None]:
    scores = report.systems[name]
    return {
        **{quality: round(scores.mean(quality), 4) for quality in QUALITIES},
        "answerability_auroc": None if scores.auroc is None else round(scores.auroc, 4),
        "ms_p50": round(scores.ms_p50, 2),
        "ms_p99": round(scores.ms_p99, 2),
        "index_seconds": round(report.index_seconds[name], 2),
    }


def _rounded(interval: Interval) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(interval).items()}
