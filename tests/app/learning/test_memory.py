"""Which answers are worth keeping."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain import Citation, Draft, Example, Outcome, Signal, SignalKind, Source
from app.learning.memory import TEACHING, article_taught, example_from_reply

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


KEPT, EDITED, REWRITTEN = SignalKind.KEPT, SignalKind.EDITED, SignalKind.REWRITTEN
EXPORT = Citation("p1", Source.ARTICLE, "a1", "Export")
EXPORT_TOO = Citation("p2", Source.ARTICLE, "a1", "Export")
THEMES = Citation("p3", Source.ARTICLE, "a2", "Themes")
EARLIER = Citation("e1", Source.EXAMPLE, "e1", "Answer by Tom")


@pytest.mark.parametrize(
    ("cited", "kind", "share", "article"),
    [
        ((EXPORT,), KEPT, 1.0, "a1"),
        ((EXPORT, EXPORT_TOO), KEPT, 0.95, "a1"),
        ((EXPORT,), EDITED, 0.8, "a1"),
        ((EXPORT,), EDITED, 0.5, ""),  # half of it is gone: who knows why
        ((EXPORT,), REWRITTEN, 0.1, ""),
        ((EXPORT, THEMES), KEPT, 1.0, ""),
        ((EXPORT, EARLIER), KEPT, 1.0, ""),
        ((EARLIER,), KEPT, 1.0, ""),
        ((), KEPT, 1.0, ""),
    ],
)
def test_a_draft_that_was_sent_shows_which_article_answers(
    cited: tuple[Citation, ...], kind: SignalKind, share: float, article: str
) -> None:
    draft = Draft("Hi, press Export.", cited, 0.5)
    assert article_taught(draft, Signal("r1", kind, "m1", "Tom", share)) == article
    assert article_taught(None, Signal("r1", kind, "m1", "Tom", share)) == ""
