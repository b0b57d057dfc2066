"""What customers said about tickets: the older good-or-bad rating, and answers to surveys. Pure.

An account has one or the other. The older one stands in the ticket. Answers to surveys are a
listing of Guide, which Zendesk's OpenAPI files leave out; what is read of it is what its page on
survey responses and public clients of it agree on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.records import Record, utc
from connectors.types import Rating
from connectors.zendesk import wire

LISTING = "guide/survey_responses"
_SCORES = {"good": 1.0, "bad": 0.0, "neutral": 0.5}
_SATISFACTION = "customer_satisfaction"
_LOWEST, _HIGHEST = 1.0, 5.0  # of a scale that does not tell its ends


class Option(Record):
    """A step of a scale."""

    rating: float | None = None


class Question(Record):
    """What was asked; ``sub_type`` says whether it was about satisfaction."""

    sub_type: str | None = None
    options: tuple[Option, ...] | None = None


class Answer(Record):
    """An answer to one question of a survey: a step of a scale, or words."""

    type: str = ""
    rating: float | None = None
    rating_category: str | None = None
    value: Any = None
    question: Question | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Subject(Record):
    """What a survey was about; of a ticket the id, the name ``zen:ticket:5158``, or both."""

    type: str | None = None
    id: str | None = None
    zrn: str | None = None

    @property
    def name(self) -> str:
        """Its whole name, as far as it is a ticket's."""
        ticket = (self.type or "ticket").endswith("ticket")
        return self.zrn or (f"zen:ticket:{self.id}" if ticket else "")


class Survey(Record):
    """A survey as somebody answered it."""

    id: str
    subjects: tuple[Subject, ...] | None = None
    subject_zrns: tuple[str, ...] | None = None
    answers: tuple[Answer, ...] | None = None


class Surveys(Record):
    """A page of answered surveys."""

    survey_responses: tuple[Survey, ...]


def of_ticket(raw: wire.Ticket) -> tuple[Rating, ...]:
    """Read the older kind of rating; one that was only offered is none.

    Its id stays as it is when the customer changes it, so the verdict is part of ours.
    """
    given = raw.satisfaction_rating
    word = (given.score or "").casefold() if given else ""
    verdict = next((name for name in ("good", "bad") if word.startswith(name)), None)
    if given is None or verdict is None:
        return ()
    return (
        Rating(
            id=f"rating:{given.id or raw.id}:{verdict}",
            score=_SCORES[verdict],
            comment=(given.comment or "").strip(),
            agent_id=raw.assignee_id,
        ),
    )


def of_surveys(
    surveys: Iterable[Survey], ticket_id: str, agent_id: str | None
) -> tuple[Rating, ...]:
    """Read the ratings of one ticket out of answered surveys, whatever else the listing gave."""
    found = (_rating(survey, agent_id) for survey in surveys if _about(survey, ticket_id))
    return tuple(rating for rating in found if rating is not None)


def _about(survey: Survey, ticket_id: str) -> bool:
    """Tell whether a survey says that it is this ticket's: that one asked for it proves nothing."""
    told = {*(survey.subject_zrns or ()), *(each.name for each in survey.subjects or ())}
    return f"zen:ticket:{ticket_id}" in told


def _rating(survey: Survey, agent_id: str | None) -> Rating | None:
    answers = survey.answers or ()
    rated = next((each for each in answers if _is_verdict(each)), None)
    score = _score(rated) if rated else None
    if rated is None or score is None:
        return None
    moment = rated.updated_at or rated.created_at
    return Rating(
        id=f"survey:{survey.id}:{score:.3f}",
        score=score,
        comment="\n".join(filter(None, map(_words, answers))),
        rated_at=utc(moment) if moment else None,
        agent_id=agent_id,
    )


def _is_verdict(answer: Answer) -> bool:
    about = answer.question.sub_type if answer.question else None
    return answer.type == "rating_scale" and about in (_SATISFACTION, None)


def _score(answer: Answer) -> float | None:
    steps = _steps(answer.question.options or () if answer.question else ())
    if answer.rating is not None:
        low, high = (min(steps), max(steps)) if len(set(steps)) > 1 else (_LOWEST, _HIGHEST)
        return min(max((answer.rating - low) / (high - low), 0.0), 1.0)
    return _SCORES.get((answer.rating_category or "").casefold())


def _steps(options: Sequence[Option]) -> list[float]:
    return [option.rating for option in options if option.rating is not None]


def _words(answer: Answer) -> str:
    if answer.type != "open_ended":
        return ""
    value = answer.value.get("text") if isinstance(answer.value, Mapping) else answer.value
    return value.strip() if isinstance(value, str) else ""
