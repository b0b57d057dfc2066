"""What is searched for, and how the findings of several queries become one list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.pipeline.queries import MOST_QUERIES, join_hits, queries_of, query, said_before
from connectors.types import Message, Person, Role, Status, Ticket
from tests.app.pipeline.samples import make_hit, make_passage

EXPORT = replace(make_hit(make_passage()), score=1.0, similarity=0.8)
INVOICE = replace(make_hit(make_passage(id="a2#0", origin="a2")), score=2.0, similarity=0.3)


def test_the_whole_comes_first_and_nothing_twice() -> None:
    message = "Where is  Export?\nWhat does it cost?"
    whole = "Where is Export? What does it cost?"
    found = queries_of(message, ["Where is Export?", "", whole])
    assert found == [query(whole), query("Where is Export?")]
    assert queries_of("", []) == []


def test_a_long_message_is_searched_for_a_few_times_only() -> None:
    assert len(queries_of("all", map(str, range(20)))) == MOST_QUERIES


def test_what_stood_before_counts_only_together_with_the_message() -> None:
    (found,) = queries_of("And in Chrome?", [], before="How do I print?\n")
    (last, share), (both, rest) = found.texts
    assert (last, both) == ("And in Chrome?", "How do I print? And in Chrome?")
    assert share > rest > 0
    assert share + rest == 1
    assert queries_of("Hello", [], before=" Hello") == [query("Hello")]
    assert queries_of("", [], before="How do I print?") == []


def test_what_files_say_is_searched_for_beside_all_questions() -> None:
    found = queries_of("all", map(str, range(20)), also="error 0x1f")
    assert found[-1] == query("error 0x1f")
    assert len(found) == MOST_QUERIES + 1


def test_each_passage_stands_once_at_its_best() -> None:
    better = replace(EXPORT, score=3.0, similarity=0.5, parts={"z_over": 15.0})
    first, second = join_hits([[INVOICE, EXPORT], [better]], 8)
    assert (first.passage.id, first.score, first.similarity) == ("a1#0", 3.0, 0.8)
    assert first.parts == {"z_over": 15.0}  # of the query that gave the score
    assert second == INVOICE


def test_no_more_than_asked_for() -> None:
    assert join_hits([[EXPORT, INVOICE]], 1) == [INVOICE]
    assert join_hits([], 8) == []


START = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
MAYA, TOM = Person("7", role=Role.CUSTOMER), Person("8", role=Role.AGENT)


def ticket(*said: tuple[Person, str], public: bool = True) -> Ticket:
    messages = tuple(
        Message(str(place), who, public or who is TOM, text, START + timedelta(minutes=place))
        for place, (who, text) in enumerate(said)
    )
    return Ticket("1", "Printing", Status.OPEN, "r", MAYA, messages)


@pytest.mark.parametrize(
    ("said", "before"),
    [
        (((MAYA, "How do I print?"),), ""),
        (((MAYA, "Print?"), (TOM, "Press P."), (MAYA, "And in Chrome?")), "Print?"),
        # What stands in a row with the message is part of it already.
        (((MAYA, "How do I print?"), (MAYA, "And in Chrome?")), ""),
        (
            ((MAYA, "Hello"), (TOM, "Hi"), (MAYA, "Print?"), (TOM, "Press P."), (MAYA, "In"),
             (MAYA, "Chrome?")),
            "Print?",
        ),
    ],
)  # fmt: skip
def test_what_the_customer_said_before_is_the_last_thing_that_got_an_answer(
    said: tuple[tuple[Person, str], ...], before: str
) -> None:
    found = ticket(*said)
    assert said_before(found, found.messages[-1]) == before


def test_what_was_said_before_comes_without_quotes() -> None:
    quoting = "How do I print?\n\nOn Mon, Mar 2, 2026 at 9:00 AM Tom <t@a.example> wrote:\n> Hello"
    found = ticket((MAYA, quoting), (TOM, "Press P."), (MAYA, "And in Chrome?"))
    assert said_before(found, found.messages[-1]) == "How do I print?"
