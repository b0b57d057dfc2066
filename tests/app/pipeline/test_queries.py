"""What is searched for, and how the findings of several queries become one list."""

from __future__ import annotations

from dataclasses import replace

from app.pipeline.queries import MOST_QUERIES, join_hits, queries_of
from tests.app.pipeline.samples import make_hit, make_passage

EXPORT = replace(make_hit(make_passage()), score=1.0, similarity=0.8)
INVOICE = replace(make_hit(make_passage(id="a2#0", origin="a2")), score=2.0, similarity=0.3)


def test_the_whole_comes_first_and_nothing_twice() -> None:
    message = "Where is  Export?\nWhat does it cost?"
    whole = "Where is Export? What does it cost?"
    assert queries_of(message, ["Where is Export?", "", whole]) == [whole, "Where is Export?"]
    assert queries_of("", []) == []


def test_a_long_message_is_searched_for_a_few_times_only() -> None:
    assert len(queries_of("all", map(str, range(20)))) == MOST_QUERIES


def test_each_passage_stands_once_at_its_best() -> None:
    better = replace(EXPORT, score=3.0, similarity=0.5, parts={"z_over": 15.0})
    first, second = join_hits([[INVOICE, EXPORT], [better]], 8)
    assert (first.passage.id, first.score, first.similarity) == ("a1#0", 3.0, 0.8)
    assert first.parts == {"z_over": 15.0}  # of the query that gave the score
    assert second == INVOICE


def test_no_more_than_asked_for() -> None:
    assert join_hits([[EXPORT, INVOICE]], 1) == [INVOICE]
    assert join_hits([], 8) == []
