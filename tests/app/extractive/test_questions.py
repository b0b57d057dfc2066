"""Splitting a message into its questions, and the texts that each is searched by."""

from __future__ import annotations

import pytest

from app.extractive.questions import questions_of


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("How do I export?", ["How do I export?"]),
        ("Export does nothing.", ["Export does nothing."]),
        ("Hello! Can you help me? Where is Export?", ["Where is Export?"]),
        ("Where is Export? And what does it cost?", ["Where is Export?", "what does it cost?"]),
        # Two questions in one sentence are two, or the second goes unanswered unseen.
        (
            "Where do I stop it, and until when can we use it?",
            ["Where do I stop it?", "until when can we use it?"],
        ),
        ("How do I sell passes and memberships?", ["How do I sell passes and memberships?"]),
        ("I want to know how and when.", ["I want to know how and when."]),
        ("list in excel?? need there emails til friday", ["list in excel??"]),
        ("", [""]),
    ],
)
def test_questions(message: str, questions: list[str]) -> None:
    assert [asked.text for asked in questions_of(message)] == questions


@pytest.mark.parametrize(
    ("message", "queries"),
    [
        # A hint after the question belongs to it ...
        ("Which colours has the logo? Name both.", ["Which colours has the logo? Name both."]),
        # ... but what is longer than the question drowns it.
        (
            "Where is Export? My accountant needs it by Friday.",
            ["Where is Export? My accountant needs it by Friday.", "Where is Export?"],
        ),
        # A short question that points back takes the sentence before it along; a long one does not.
        (
            "Where is Export? What does it cost?",
            ["Where is Export?", "Where is Export? What does it cost?"],
        ),
        (
            "Where is Export? Can people who are late with paying get a nudge without me writing "
            "to them?",
            [
                "Where is Export?",
                "Can people who are late with paying get a nudge without me writing to them?",
            ],
        ),
    ],
)
def test_queries(message: str, queries: list[str]) -> None:
    assert [query for asked in questions_of(message) for query in asked.queries] == queries
