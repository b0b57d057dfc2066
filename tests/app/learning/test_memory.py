"""Which answers are worth keeping."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain import Example, Outcome
from app.learning.memory import TEACHING, example_from_reply

BODY = "open Settings, hold Alt and press Export; the images come along."
ANSWER = f"Hi Maya,\n\n{BODY}\n\nBest,\nTom"


def made(
    reply: str = ANSWER, outcome: Outcome | None = Outcome.DRAFT, question: str = "How to export?"
) -> Example | None:
    return example_from_reply(
        example_id="e1",
        helpdesk="zendesk",
        ticket_id="1",
        question=question,
        reply=reply,
        agent="Tom",
        outcome=outcome,
        now=datetime(2026, 11, 21, tzinfo=UTC),
    )


def test_the_answer_is_kept_without_what_belongs_to_one_customer() -> None:
    example = made()
    assert example is not None
    assert example.answer == BODY


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("\n\nTom", ""),
        ("\n\n- Tom", ""),
        ("\nTOM.", ""),
        ("\n\nMaya", "\n\nMaya"),  # somebody else may be part of the answer
        ("\n\nAsk for Tom", "\n\nAsk for Tom"),
        (" Tom", " Tom"),
    ],
)
def test_the_agents_own_name_below_the_answer_is_not_kept(end: str, kept: str) -> None:
    example = made(f"Hi Maya,\n\n{BODY}{end}")
    assert example is not None
    assert example.answer == f"{BODY}{kept}"


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_only_what_was_not_an_individual_case_teaches(outcome: Outcome | None) -> None:
    assert (made(outcome=outcome) is not None) == (outcome in TEACHING)


def test_a_word_of_courtesy_teaches_nothing() -> None:
    assert made("Done, have a nice day!") is None


def test_an_answer_without_a_question_teaches_nothing() -> None:
    assert made(question="  ") is None
