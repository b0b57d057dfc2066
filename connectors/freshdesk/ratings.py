"""What customers told a survey, without effects.

A rating is a number from -103 (worst) over 100 (neutral) to 103 (best); which of the seven a survey
offers, it says itself (recorded: ``accepted_ratings``). With three steps, 103 is as good as with
seven; so a rating's place among those that were offered counts, where that can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.freshdesk import wire
from connectors.types import Rating

WORST_TO_BEST = (-103, -102, -101, 100, 101, 102, 103)
DEFAULT = "default_question"

# Survey -> its default question's id, and the numbers that it offers.
Scales = Mapping[str, tuple[str, Sequence[int]]]


def scales_of(surveys: Sequence[wire.Survey]) -> dict[str, tuple[str, list[int]]]:
    """Read which question of each survey counts, and what may be answered to it."""
    found = {}
    for survey in surveys:
        ranked = sorted(survey.questions, key=lambda question: question.default is not True)
        for question in ranked[:1]:
            offered = sorted({code for code in question.accepted_ratings if code in WORST_TO_BEST})
            found[survey.id] = (question.id or DEFAULT, offered)
    return found


def rating_from_freshdesk(raw: wire.Rating, scales: Scales) -> Rating | None:
    """Turn a survey's answer into a rating; ``None`` where it has no number that we know.

    A customer may change an answer, which keeps its id: so the number is a part of ours.
    """
    question, offered = scales.get(raw.survey_id or "", (DEFAULT, ()))
    given = dict(_numbers(raw.ratings))
    code = given.get(DEFAULT, given.get(question))
    if code is None:
        code = next(iter(given.values()), None)
    score = _score(code, offered)
    if score is None:
        return None
    return Rating(
        id=f"{raw.id}:{code}",
        score=score,
        comment=raw.feedback,
        rated_at=raw.updated_at or raw.created_at,
        agent_id=raw.agent_id,
    )


def _score(code: int | None, offered: Sequence[int]) -> float | None:
    scale = offered if code in offered and len(offered) > 1 else WORST_TO_BEST
    return scale.index(code) / (len(scale) - 1) if code in scale and code is not None else None


def _numbers(ratings: Any) -> Iterator[tuple[str, int]]:
    """Read question → number, from an object (recorded) or an array (tap-freshdesk's schema)."""
    if isinstance(ratings, list):
        for item in ratings:
            if isinstance(item, dict):
                yield from _entry(item)
    elif isinstance(ratings, dict):
        for question, code in ratings.items():
            if isinstance(code, int) and not isinstance(code, bool):
                yield str(question), code


def _entry(item: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Read one of an array: what asks and what answers, or an object of its own."""
    codes = [item.get(name) for name in ("rating", "value", "score")]
    code = next((each for each in codes if isinstance(each, int)), None)
    if code is None:
        yield from _numbers(dict(item))
        return
    names = [item.get(name) for name in ("question_id", "question", "id", "name")]
    question = next((each for each in names if each is not None), DEFAULT)
    yield str(question), code
