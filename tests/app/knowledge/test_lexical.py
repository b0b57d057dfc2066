from __future__ import annotations

from pathlib import Path

import pytest

from app.knowledge.lexical import LexicalIndex, build, gram_tokens, word_tokens

TEXTS = ["Exporting your projects", "Resetting a password", "", "Invoices and VAT"]


@pytest.fixture
def lexicon(tmp_path: Path) -> LexicalIndex:
    build(tmp_path, TEXTS)
    return LexicalIndex(tmp_path)


def test_words_match_by_their_stem(lexicon: LexicalIndex) -> None:
    words, _ = lexicon.scores("How do I export a project?")
    assert words.argmax() == 0
    assert (words > 0).sum() == 1


def test_typos_match_by_their_4_grams(lexicon: LexicalIndex) -> None:
    words, grams = lexicon.scores("pasword reseting")
    assert words[1] < grams[1]
    assert grams.argmax() == 1


@pytest.mark.parametrize("question", ["", "?!…", "\ud800", "zzzzqqqq", "x" * 50_000])
def test_a_question_that_matches_nothing_scores_nothing(
    lexicon: LexicalIndex, question: str
) -> None:
    words, grams = lexicon.scores(question)
    assert words.tolist() == grams.tolist() == [0.0] * 4


def test_the_commonest_words_count_for_nothing(lexicon: LexicalIndex) -> None:
    assert lexicon.scores("How do I and your the")[0].tolist() == [0.0] * 4


@pytest.mark.parametrize("texts", [[], [""], ["", "?!"]])
def test_texts_without_a_word_make_an_index_too(tmp_path: Path, texts: list[str]) -> None:
    build(tmp_path, texts)
    words, grams = LexicalIndex(tmp_path).scores("anything")
    assert len(words) == len(grams) == len(texts)


def test_grams_stay_within_words_and_know_their_edges() -> None:
    assert gram_tokens("Reset it I") == ["_res", "rese", "eset", "set_", "_it_", "_i_"]


def test_words_lose_case_width_and_the_commonest() -> None:
    assert word_tokens("The \uff25xports of Straße") == ["export", "strass"]
