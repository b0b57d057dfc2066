"""Whose turn it is: the newest customer message that nobody has answered, and when it is ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.pipeline.turns import (
    LETTERS,
    answers_given,
    due_at,
    message_to_answer,
    reason_to_stand_back,
)
from connectors.types import Message, Person, Role, Status, Ticket

START = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
# c: customer, a: agent, b: another bot, s: the system, o: ours (on an agent's key). In capitals:
# internal. The id of a message is its place in the row.
ROLES = {"c": Role.CUSTOMER, "a": Role.AGENT, "b": Role.BOT, "s": Role.SYSTEM, "o": Role.AGENT}


def ticket(row: str, status: Status = Status.OPEN) -> Ticket:
    messages = tuple(
        Message(
            id=str(place),
            author=Person(id=who, role=ROLES[who.lower()]),
            public=who.islower(),
            text="",
            created_at=START + timedelta(minutes=place),
            mark="aa01" if who in "oO" else None,
        )
        for place, who in enumerate(row)
    )
    return Ticket("1", "", status, "r", Person(id="c"), messages)


def ours(message: Message) -> bool:
    return message.mark is not None


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("", None),
        ("c", "0"),
        ("cc", "1"),  # the newest of several lines
        ("ca", None),
        ("cac", "2"),
        ("co", None),  # our reply is an answer, too
        ("coc", "2"),
        ("cO", "0"),  # our note is none: the customer saw nothing
        ("cA", "0"),  # nor is an agent's
        ("cOAc", "3"),
        ("cb", "0"),  # other automations do not take the customer's turn away
        ("cs", "0"),
        ("cab", None),
        ("csc", "2"),
        ("a", None),  # an agent wrote first
        ("ac", "1"),
        ("b", None),
        ("C", None),  # what only agents see is no question
        ("cC", "0"),
    ],
)
def test_the_message_to_answer(row: str, place: str | None) -> None:
    found = message_to_answer(ticket(row), ours)
    assert (found.id if found else None) == place


def test_ours_is_told_by_the_rule_handed_in_and_not_by_the_author() -> None:
    automated = ticket("cb")
    assert message_to_answer(automated, ours) is not None
    assert message_to_answer(automated, lambda message: message.id == "1") is None


def test_ours_is_never_taken_for_a_customers_whatever_the_helpdesk_says() -> None:
    both = ticket("cc")
    assert message_to_answer(both, lambda message: message.id == "1") is None


@pytest.mark.parametrize(
    ("row", "number"), [("", 0), ("c", 0), ("co", 1), ("cO", 0), ("cocaco", 2), ("ca", 0)]
)
def test_answers_are_our_public_replies(row: str, number: int) -> None:
    assert answers_given(ticket(row), ours) == number


@pytest.mark.parametrize(
    ("channel", "wait"),
    [
        *((c, 8.0) for c in ("chat", "native_messaging", "whatsapp", "line", "a_new_one")),
        *((c, 0.0) for c in sorted(LETTERS)),
    ],
)
def test_only_a_chat_is_given_time_for_the_next_line(channel: str, wait: float) -> None:
    (message,) = ticket("c").messages
    assert due_at(message, channel, 8.0) == START.timestamp() + wait


@pytest.mark.parametrize(
    ("row", "place", "status", "code"),
    [
        ("c", "0", Status.OPEN, None),
        ("cO", "0", Status.OPEN, None),
        ("cA", "0", Status.PENDING, None),
        ("c", "0", Status.SOLVED, "solved"),
        ("ca", "0", Status.OPEN, "answered_meanwhile"),
        ("co", "0", Status.OPEN, "answered_meanwhile"),
        ("cc", "0", Status.OPEN, "superseded"),
        ("cac", "0", Status.OPEN, "superseded"),
        ("cc", "1", Status.OPEN, None),
        ("c", "0", Status.CLOSED, "closed"),
        ("c", "0", Status.GONE, "closed"),
        ("ca", "0", Status.CLOSED, "closed"),  # whoever answered, nothing can be written
    ],
)
def test_when_to_stand_back(row: str, place: str, status: Status, code: str | None) -> None:
    reason = reason_to_stand_back(ticket(row, status), place, ours)
    assert (reason.code if reason else None) == code


def test_the_reason_names_the_state_of_the_ticket() -> None:
    reason = reason_to_stand_back(ticket("c", Status.GONE), "0", ours)
    assert reason is not None
    assert reason.text == "The ticket is gone and takes no more notes"
