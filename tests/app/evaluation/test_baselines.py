"""The systems to beat do what people know them for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.evaluation.baselines import Bm25, Dense, LangChainRecipe, _chunks, baselines
from app.evaluation.data import EvalArticle, EvalExample
from app.evaluation.systems import System
from tests.app.evaluation.conftest import QUESTIONS, articles
from tests.app.evaluation.test_systems import nobody
from tests.app.knowledge.fakes import TinyEmbedder

Build = Callable[[Path], System]
BUILDERS: dict[str, Build] = {
    "bm25": lambda _: Bm25(),
    "dense": lambda _: Dense(TinyEmbedder()),
    "langchain": lambda folder: LangChainRecipe(TinyEmbedder(), folder),
}


# Chroma takes a second to import.
@pytest.fixture(
    params=["bm25", "dense", pytest.param("langchain", marks=pytest.mark.journey)],
)
def system(request: pytest.FixtureRequest, tmp_path: Path) -> System:
    return BUILDERS[request.param](tmp_path)


def found(system: System, text: str) -> list[str]:
    return [article for article, _ in system.search(text).ranking]


def test_each_finds_what_shares_words_with_the_question(system: System) -> None:
    system.index(articles(), [], nobody)
    for text, relevant in QUESTIONS.items():
        assert found(system, text)[:1] == relevant or not relevant


def test_scores_fall_and_the_first_is_the_answerability(system: System) -> None:
    system.index(articles(), [], nobody)
    answer = system.search("export a password")
    scores = [score for _, score in answer.ranking]
    assert scores == sorted(scores, reverse=True)
    assert answer.answerability == scores[0]


def test_an_example_is_one_more_chunk_of_its_article(system: System) -> None:
    text = "Which wine goes with fish?"
    system.index(articles(), [EvalExample(text=text, article_id="colour")], nobody)
    assert found(system, text)[0] == "colour"
    assert sorted(found(system, text)) == sorted(set(found(system, text)))


def test_a_long_article_is_found_by_its_end(system: System) -> None:
    body = "Nothing of the kind stands here. " * 80 + "The giraffe eats leaves. " * 30
    system.index([*articles(), EvalArticle(id="long", title="Zebra", body=body)], [], nobody)
    assert found(system, "giraffe leaves")[0] == "long"


def test_the_title_stands_in_front_of_each_chunk_and_never_twice() -> None:
    body = f"Zebra facts. {'Nothing of the kind stands here. ' * 80}"
    chunks = list(_chunks([EvalArticle(id="long", title="Zebra facts", body=body)]))
    assert len(chunks) == 3
    for article, text in chunks:
        assert article == "long"
        assert text.startswith("Zebra facts")
        assert text.count("Zebra") == 1
        assert len(text) <= 1000 + len("Zebra facts\n")


def test_bm25_finds_nothing_where_no_word_matches() -> None:
    system = Bm25()
    system.index(articles(), [], nobody)
    for text in ("Zebra", "the of", ""):
        assert system.search(text).ranking == ()
        assert system.search(text).answerability is None


def test_bm25_stems_in_the_language_of_the_articles() -> None:
    german = articles(
        rechnung=("Rechnungen ändern", "Die Anschrift auf den Rechnungen ändern Sie im Konto."),
        konto=("Konto löschen", "Ein Konto wird nach dreißig Tagen endgültig gelöscht."),
    )
    system = Bm25()
    system.index(german, [], nobody)
    assert found(system, "Wo ist meine Rechnung?") == ["rechnung"]


def test_articles_without_a_word_do_no_harm() -> None:
    for build in (Bm25, lambda: Dense(TinyEmbedder())):
        system: System = build()
        system.index(articles(empty=("", ""), other=("", "  ")), [], nobody)
        assert system.search("anything").ranking == ()


def test_fusion_brings_its_halves_along(tmp_path: Path) -> None:
    assert list(baselines(["rrf"], TinyEmbedder(), tmp_path)) == ["bm25", "dense"]
    assert list(baselines([], TinyEmbedder(), tmp_path)) == []
