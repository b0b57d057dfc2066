"""The product takes part as tickets have it: its own sync, search and examples."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.evaluation.data import EvalArticle, EvalExample
from app.evaluation.ours import HELPDESK, Space, Understudy
from app.ledger.store import Ledger
from tests.app.evaluation.conftest import QUESTIONS, TOPICS, articles
from tests.app.evaluation.test_systems import nobody
from tests.app.knowledge.fakes import MemoryVectors, TinyEmbedder


@pytest.fixture
def ours(ledger: Ledger, tmp_path: Path) -> Understudy:
    return Understudy(Space(ledger, MemoryVectors(), tmp_path, TinyEmbedder(), time.time))


def test_it_finds_what_answers(ours: Understudy) -> None:
    ours.index(articles(), [], nobody)
    for text, relevant in QUESTIONS.items():
        found = ours.search(text)
        assert [found.ranking[0][0]] == relevant or not relevant
        assert found.answerability is not None


def test_ten_articles_are_found_although_long_ones_have_many_passages(ours: Understudy) -> None:
    rows = [
        EvalArticle(
            id=str(number),
            title=f"Export {number}",
            body="\n\n".join(
                f"Step {step} of way {number}. {'Choose the export menu. ' * 30}"
                for step in range(6)
            ),
        )
        for number in range(12)
    ]
    ours.index(rows, [], nobody)
    ids = [article for article, _ in ours.search("How do I export?").ranking]
    assert len(ids) >= 10
    assert len(set(ids)) == len(ids)


def test_articles_come_in_whatever_format_they_have(ours: Understudy) -> None:
    rows = [
        EvalArticle(id="h", title="", body="<p>Choose <b>zebra</b>.</p>", format="html"),
        EvalArticle(id="m", title="", body="# Giraffe\n\nIt is *tall*.", format="markdown"),
        EvalArticle(id="t", title="", body="Lions <are> cats.", format="text"),
    ]
    ours.index(rows, [], nobody)
    for word, article in (("zebra", "h"), ("giraffe", "m"), ("lions", "t")):
        assert ours.search(word).ranking[0][0] == article


def test_an_example_leads_to_its_article(ours: Understudy) -> None:
    text = "Which wine goes with fish?"
    ours.index(articles(), [EvalExample(text=text, article_id="colour")], nobody)
    assert ours.search(text).ranking[0][0] == "colour"


def test_copies_are_ranked_as_the_others_rank_them(ours: Understudy) -> None:
    """Which of two copies counts as relevant is not ours to say."""
    copies = {f"copy-{n}": ("Dolphins", "Dolphins swim in the blue sea.") for n in range(12)}
    ours.index(articles(**copies, **TOPICS), [], nobody)
    found = [article for article, _ in ours.search("Where do dolphins swim?").ranking]
    assert len(found) >= 10
    assert set(found[:10]) <= set(copies)


def test_many_copies_hide_no_other_article(ours: Understudy) -> None:
    copies = {f"copy-{n}": ("Dolphins", "Dolphins swim in the blue sea.") for n in range(40)}
    ours.index(articles(**copies, **TOPICS), [], nobody)
    hits = ours._knowledge.search(HELPDESK, "Where do dolphins swim?", 5)
    assert len({hit.passage.origin_id for hit in hits}) == 5


def test_nothing_that_metadata_says_hides_an_article(ours: Understudy) -> None:
    told: list[dict[str, object]] = [
        {"audience": "admin", "plan": "studio", "visibility": "internal", "restricted": True},
        {"audience": {"roles": ["agent"]}, "locale": 7, "areas": [[1]], "labels": "outdated"},
        {"locale": "xx-nowhere", "pages": ["", "/a*"], "": None},
        {"locale": "de"},
        {},
    ]
    rows = [
        EvalArticle(id=str(n), title="Colours", body=f"The colour is number {n}.", metadata=each)
        for n, each in enumerate(told)
    ]
    ours.index(rows, [], nobody)
    for text in ("Which colour is it?", "Welche Farbe hat das Ding, bitte schön?", "", "?"):
        found = {article for article, _ in ours.search(text).ranking}
        assert found == {str(number) for number in range(len(told))}


def test_an_address_may_be_the_id_however_long(ours: Understudy) -> None:
    """The ledger keeps 64 characters of an id; rankings and examples speak of the whole of it."""
    long = {f"https://help.example/hc/en-us/articles/{n}-{'how-to-' * 20}": n for n in TOPICS}
    rows = articles(**{one: TOPICS[name] for one, name in long.items()})
    dark = next(one for one, name in long.items() if name == "colour")
    text = "Which wine goes with fish?"
    ours.index(rows, [EvalExample(text=text, article_id=dark)], nobody)
    for asked, relevant in QUESTIONS.items():
        first = ours.search(asked).ranking[0][0]
        assert first in long
        assert not relevant or [long[first]] == relevant
    assert ours.search(text).ranking[0][0] == dark
