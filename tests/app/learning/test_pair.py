"""A reply belongs to the newest customer message before it, and only people's replies count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.learning.pair import pair_replies
from connectors.types import Message, Person, Role

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def message(number: int, role: Role, *, public: bool = True) -> Message:
    author = Person(id=role.value, role=role)
    return Message(str(number), author, public, f"text {number}", NOW)


def paired(
    *messages: Message, looked_at: str = "1 2 3 4 5 6", ours: str = ""
) -> list[tuple[str, str]]:
    pairs = pair_replies(
        messages, frozenset(looked_at.split()), lambda message: message.id in ours.split()
    )
    return [(pair.message_id, pair.reply.id) for pair in pairs]


CUSTOMER, AGENT, BOT, SYSTEM = Role.CUSTOMER, Role.AGENT, Role.BOT, Role.SYSTEM


def test_a_question_and_its_answer() -> None:
    assert paired(message(1, CUSTOMER), message(2, AGENT)) == [("1", "2")]


def test_three_lines_in_a_row_are_answered_together() -> None:
    lines = [message(n, CUSTOMER) for n in (1, 2, 3)]
    assert paired(*lines, message(4, AGENT)) == [("3", "4")]


def test_our_own_reply_is_no_question_whatever_the_helpdesk_says_of_its_author() -> None:
    talk = (message(1, CUSTOMER), message(2, CUSTOMER), message(3, AGENT))
    assert paired(*talk, ours="2") == [("1", "3")]


def test_only_the_first_reply_counts() -> None:
    assert paired(message(1, CUSTOMER), message(2, AGENT), message(3, AGENT)) == [("1", "2")]


def test_every_turn_has_its_own_pair() -> None:
    talk = (message(1, CUSTOMER), message(2, AGENT), message(3, CUSTOMER), message(4, AGENT))
    assert paired(*talk) == [("1", "2"), ("3", "4")]


def test_our_reply_notes_bots_and_triggers_answer_nothing() -> None:
    talk = (
        message(1, CUSTOMER),
        message(2, AGENT),
        message(3, AGENT, public=False),
        message(4, BOT),
        message(5, SYSTEM),
        replace(message(6, AGENT), automatic=True),
    )
    assert paired(*talk, ours="2") == []


def test_what_was_never_looked_at_is_not_paired() -> None:
    assert paired(message(1, CUSTOMER), message(2, AGENT), looked_at="9") == []


def test_an_agent_who_writes_first_answers_nobody() -> None:
    assert paired(message(1, AGENT), message(2, CUSTOMER)) == []
