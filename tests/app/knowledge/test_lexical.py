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


def test_where_words_are_not_set_apart_two_signs_are_a_word() -> None:
    assert word_tokens("退款流程 PDF") == ["pdf", "退款", "款流", "流程"]
    assert gram_tokens("退款") == ["退款"]
    assert word_tokens("คืน") == ["คื", "ืน"]


def test_stems_and_commonest_words_are_those_of_the_language() -> None:
    assert word_tokens("die Rechnungen", "de") == word_tokens("eine Rechnung", "de")
    assert word_tokens("las facturas", "es") == word_tokens("la factura", "es")
    assert word_tokens("how to export", "vi") == ["how", "to", "export"]  # no stemmer, no list
    assert word_tokens("how to export") == word_tokens("exporting", "en")


GERMAN = [
    "Hier können Sie alle Ihre Rechnungen herunterladen und an die Buchhaltung senden.",
    "So ändern Sie das Passwort, das Sie beim Anmelden in Ihrem Konto verwenden.",
]
ENGLISH = "Here you can change the password that you use to sign in to your account."


def test_each_text_is_read_in_its_language(tmp_path: Path) -> None:
    build(tmp_path, [*GERMAN, ENGLISH, "PDF"])
    lexicon = LexicalIndex(tmp_path)
    assert lexicon.languages.tolist() == ["de", "de", "en", ""]
    # Too short to be known for German; most texts are.
    assert lexicon.scores("Rechnung")[0].argmax() == 0
    assert lexicon.scores("Rechnung", "de")[0].argmax() == 0
    assert lexicon.scores("passwords", "en")[0].argmax() == 2


def test_a_further_part_is_read_as_the_parts_before_it(tmp_path: Path) -> None:
    build(tmp_path / "a", GERMAN)
    build(tmp_path / "b", ["Rechnungen"], LexicalIndex(tmp_path / "a"))
    both = LexicalIndex(tmp_path / "a", tmp_path / "b")
    assert both.languages.tolist() == ["de", "de", ""]
    assert (both.scores("Rechnung")[0] > 0).tolist() == [True, False, True]
