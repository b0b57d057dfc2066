"""Composing: what evidence is good enough, who speaks first, and how sure we are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import Band, Draft, Hit, Passage
from app.pipeline.compose import (
    Answer,
    Statement,
    accepted_example,
    band_of,
    compose_draft,
    confidence,
    greeting,
    near_articles,
)
from tests.app.pipeline.samples import earlier_answer, make_hit, make_passage

TOM = "Open Settings, then Data, and choose Export workspace."


def quote_all(question: str, passages: Sequence[Passage]) -> Answer:
    return Answer(tuple(Statement(passage.text, passage.id) for passage in passages))


def quote_first(question: str, passages: Sequence[Passage]) -> Answer:
    return quote_all(question, passages[:1])


def compose(articles: Sequence[Hit] = (), examples: Sequence[Hit] = ()) -> Draft:
    draft = compose_draft("How do I export?", articles, examples, quote_first, "Maya Ortiz")
    assert draft is not None
    return draft


def test_a_draft_greets_quotes_and_cites() -> None:
    draft = compose([make_hit(make_passage())])
    assert draft.text.startswith("Hi Maya,\n\nYou can export all projects in one go.")
    [citation] = draft.citations
    assert (citation.passage_id, citation.title) == ("a1#0", "Exporting your data")
    assert not draft.learned
    assert band_of(draft.confidence) is Band.WELL


def test_without_evidence_nobody_is_asked() -> None:
    def never(question: str, passages: Sequence[Passage]) -> Answer:
        raise AssertionError

    weak = [make_hit(make_passage(), 0.42)]
    assert compose_draft("How?", weak, [], never) is None
    assert compose_draft("How?", [], [], never) is None


def test_an_empty_or_foreign_answer_is_no_draft() -> None:
    hits = [make_hit(make_passage())]
    assert compose_draft("How?", hits, [], lambda *_: Answer(())) is None
    assert compose_draft("How?", hits, [], lambda *_: Answer((Statement("x", "zz"),))) is None


def test_an_earlier_answer_above_the_gate_speaks_first() -> None:
    draft = compose([make_hit(make_passage())], [make_hit(earlier_answer(TOM), 0.9)])
    assert draft.learned
    assert TOM in draft.text
    assert draft.confidence > compose([make_hit(make_passage(), 0.5)]).confidence


@pytest.mark.parametrize(
    ("similarities", "accepted"),
    [
        ([("e1", TOM, 0.84)], None),
        ([("e1", TOM, 0.86)], "e1"),
        ([("e1", TOM, 0.90), ("e2", "Plans are changed under Billing.", 0.86)], None),
        ([("e1", TOM, 0.90), ("e2", "Plans are changed under Billing.", 0.84)], "e1"),
        ([("e2", TOM, 0.89), ("e1", TOM, 0.90)], "e1"),  # the same answer is no rival
        ([], None),
    ],
)
def test_the_gate_of_earlier_answers(
    similarities: list[tuple[str, str, float]], accepted: str | None
) -> None:
    hits = [
        make_hit(earlier_answer(text, id=id_, origin=id_), near) for id_, text, near in similarities
    ]
    found = accepted_example(hits)
    assert (found.passage.id if found else None) == accepted


def scored(near: float, score: float, over: int, origin: str = "a1", number: int = 0) -> Hit:
    passage = make_passage(id=f"{origin}#{number}", origin=origin)
    return Hit(passage, score, near, {"dense": near, "z_over": float(over)})


def test_articles_far_below_the_best_are_left_out() -> None:
    hits = [scored(0.9, 4.5, 100, "a"), scored(0.8, 3, 100, "b"), scored(0.6, 2.2, 100, "c")]
    assert [hit.passage.id for hit in near_articles(hits)] == ["a#0", "b#0"]


@pytest.mark.parametrize(
    ("near", "score", "over", "enough"),
    [
        (0.71, 4.3, 100, True),  # what an answered question looks like, and ...
        (0.48, 2.4, 100, False),  # ... the same where its article is missing
        (0.29, 2.5, 100, False),  # a foreign question
        (0.40, 2.4, 15, True),  # typing errors lower the cosine, but nothing else comes near
        (0.40, 2.4, 100, False),  # the same score says less among more articles
        (0.50, 1.5, 15, False),  # near, but no nearer than others
        (0.34, 9.0, 469, False),  # far ahead of a collection about something else
        (0.62, 3.7, 469, True),
        (0.42, 0.0, 1, False),  # over a few articles a score says nothing: the cosine decides
        (0.44, 0.0, 1, True),
        (0.44, 1.4, 3, True),
        (0.42, 1.4, 3, False),
    ],
)
def test_the_gate_of_articles(near: float, score: float, over: int, *, enough: bool) -> None:
    assert bool(near_articles([scored(near, score, over)])) is enough


def test_what_did_not_come_first_opens_no_gate() -> None:
    first, near = scored(0.4, 2.0, 100, "a"), scored(0.7, 1.9, 100, "b")
    assert near_articles([near])
    assert near_articles([first, near]) == []


def test_all_passages_of_an_article_speak_for_it() -> None:
    # The nearest sentence stands in one chunk, the words in another.
    hits = [scored(0.36, 2.2, 15), scored(0.5, 1.0, 15, number=1)]
    assert not near_articles(hits[:1])
    assert not near_articles(hits[1:])
    assert near_articles(hits) == hits


@given(st.floats(0, 1), st.floats(-1, 6), st.integers(0, 500), st.floats(0, 0.5), st.floats(0, 2))
def test_better_evidence_never_closes_the_gate(
    near: float, score: float, over: int, nearer: float, ahead: float
) -> None:
    if near_articles([scored(near, score, over)]):
        assert near_articles([scored(near + nearer, score + ahead, over)])


def test_a_list_given_item_by_item_stays_one_list() -> None:
    def by_item(question: str, passages: Sequence[Passage]) -> Answer:
        texts = ["Do this:", "1. Open it.", "2. Close it.", "Then wait."]
        return Answer(tuple(Statement(text, passages[0].id) for text in texts))

    draft = compose_draft("How?", [make_hit(make_passage())], [], by_item)
    assert draft is not None
    assert draft.text == "Hi,\n\nDo this:\n\n1. Open it.\n2. Close it.\n\nThen wait."


def test_what_is_left_open_lowers_the_confidence() -> None:
    hits = [make_hit(make_passage())]

    def half(question: str, passages: Sequence[Passage]) -> Answer:
        return Answer(quote_first(question, passages).statements, ("the encoding",))

    draft = compose_draft("Export? Encoding?", hits, [], half)
    assert draft is not None
    assert draft.not_covered == ("the encoding",)
    assert draft.confidence < compose(hits).confidence


def test_an_article_about_as_near_lowers_the_confidence() -> None:
    rival = make_hit(make_passage(id="a2", origin="a2"), 0.79)
    near = make_hit(make_passage())
    assert compose([near, rival]).confidence < compose([near]).confidence


def test_searches_that_disagree_lower_the_confidence() -> None:
    rival = make_hit(make_passage(id="a2", origin="a2"), 0.5, chunk=0.5, words=0.9)
    agreed = make_hit(make_passage(id="a2", origin="a2"), 0.5, chunk=0.5, words=0.1)
    near = make_hit(make_passage(), 0.8, chunk=0.8, words=0.5)
    assert compose([near, rival]).confidence < compose([near, agreed]).confidence


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Maya Ortiz", "Hi Maya,"),
        ("ORTIZ, MAYA", "Hi Maya,"),
        ("maya", "Hi Maya,"),
        ("Dr. Anne-Marie Low", "Hi Anne-Marie,"),
        ("李 明", "Hi,"),
        ("Zoë", "Hi Zoë,"),
        ("maya@globex.test", "Hi,"),
        ("Visitor 4711", "Hi,"),
        ("<b>Maya</b>", "Hi,"),
        ("", "Hi,"),
    ],
)
def test_greeting(name: str, expected: str) -> None:
    assert greeting(name) == expected


SHARE = st.floats(0, 1)
PARTS = ("evidence", "margin", "agreement", "example", "support", "coverage")


@given(st.tuples(*[SHARE] * 6), st.tuples(*[SHARE] * 6))
def test_confidence_never_falls_when_a_part_rises(
    one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    low = dict(zip(PARTS, map(min, one, other), strict=True))
    high = dict(zip(PARTS, map(max, one, other), strict=True))
    assert 0 <= confidence(low) <= confidence(high) <= 1


def test_bands() -> None:
    assert [band_of(value) for value in (0.2, 0.5, 0.9)] == [Band.THIN, Band.PARTLY, Band.WELL]
