from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from app.pipeline.language import language_in, language_of, name_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Guten Tag, ich kann mich nicht einloggen", "de"),
        ("Wie exportiere ich meine Kundenliste nach Excel? Danke", "de"),
        ("Hola, no puedo entrar en mi cuenta. ¿Me pueden ayudar?", "es"),
        ("Bonjour, je voudrais exporter mes données", "fr"),
        ("パスワードを忘れてしまいました。どうすればいいですか", "ja"),
        ("How can I invite a teammate to my studio, please?", "en"),
        ("Hi, our studio is called 'Töpferhaus am Markt', how do I change the name?", "en"),
        ("The mail said 'Ihre Rechnung ist da': where do I find my invoices in English?", "en"),
    ],
)
def test_a_sentence_is_enough(text: str, code: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(
    "text", ["", "refund", "ok danke", "kiln 4 offline!!", "12:30 / 14:00", "👍"]
)
def test_what_is_too_short_has_no_language(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Tom Berger, Ada Okafor, Jürgen Müller, Søren Kierkegaard",
        "const x = await fetch(url, {method: 'POST'}); return x.json()",
        "https://example.com/hilfe/wie-kann-ich-meine-rechnung-herunterladen-und-bezahlen",
        "Can I pay with Überweisung or SEPA Lastschrift please",
        "Lorem ipsum dolor sit amet consectetur adipiscing elit",  # Latin, surely
    ],
)
def test_names_code_and_addresses_have_no_language(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize(
    ("locale", "code"),
    [("pt-br", "pt"), ("zh-CN", "zh"), ("nb_NO", "no"), ("fil", "tl"), ("de", "de"), ("", "")],
)
def test_a_locale_has_the_language_that_texts_are_found_to_be_in(locale: str, code: str) -> None:
    assert language_in(locale) == code


def test_languages_have_names() -> None:
    assert (name_of("de"), name_of("xx")) == ("German", "xx")


@pytest.mark.reference
def test_english_customers_are_not_taken_for_foreigners(shared: Path) -> None:
    wrong, seen = [], 0
    for file in sorted((shared / "data" / "triage").glob("*/*dev*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in lines][:600]
        seen += len(texts)
        wrong += [text for text in texts if language_of(text) not in {"en", None}]
    assert seen > 1000
    assert wrong == []
