"""What people bring along: read leniently where nothing is lost, refused in one sentence else."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from app.domain import Resolution
from app.evaluation.data import EvalArticle, EvalSet, document_of, load_set, metadata_from
from app.json_lines import DataError

ARTICLE = {"id": "a", "title": "T", "body": "B"}
QUESTION = {"id": "q", "text": "How?", "relevant": ["a"]}


def write(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def load(
    folder: Path,
    articles: tuple[object, ...] = (ARTICLE,),
    questions: tuple[object, ...] = (QUESTION,),
    examples: tuple[object, ...] | None = None,
    **limits: int,
) -> EvalSet:
    given = None if examples is None else write(folder / "e.jsonl", *examples)
    return load_set(
        write(folder / "a.jsonl", *articles),
        write(folder / "q.jsonl", *questions),
        given,
        limit=limits.get("limit"),
        examples_limit=limits.get("examples_limit"),
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"articles": ("{",)}, "a.jsonl, line 1: is not JSON"),
        ({"articles": (ARTICLE, '{"id":')}, "line 2: is not JSON: Expecting value at column 8."),
        ({"articles": ("[]",)}, "a.jsonl, line 1: must be a JSON object, not list"),
        ({"articles": ("",)}, "a.jsonl: has no article in it"),
        ({"articles": ({"title": "T", "body": "B"},)}, "a.jsonl, line 1: id: Field required"),
        ({"articles": ({"id": "a", "title": "T"},)}, "a.jsonl, line 1: body: Field required"),
        ({"articles": (ARTICLE, ARTICLE)}, "a.jsonl, line 2: the id 'a' was used on line 1"),
        ({"articles": ({**ARTICLE, "format": "pdf"},)}, "line 1: format: Input should be 'text'"),
        ({"questions": ("",)}, "q.jsonl: has no question in it"),
        ({"articles": (f'{{"id": {"9" * 5000}}}',)}, "a.jsonl, line 1: is not JSON"),
        ({"questions": ({"id": "q", "relevant": []},)}, "line 1: text: Field required"),
        ({"questions": ({"id": "q", "text": "x"},)}, "line 1: relevant: Field required"),
        ({"questions": ({**QUESTION, "relevant": "a"},)}, "line 1: relevant: Input should be"),
        ({"questions": (QUESTION, QUESTION)}, "q.jsonl, line 2: the id 'q' was used on line 1"),
        ({"examples": ("",)}, "e.jsonl: has no example in it"),
        ({"examples": ({"text": "x"},)}, "e.jsonl, line 1: article_id: Field required"),
    ],
)
def test_each_fault_is_one_sentence_with_file_and_line(
    tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError) as fault:
        load(tmp_path, **given)
    assert said in str(fault.value)
    assert str(fault.value).endswith(".")
    assert "\n" not in str(fault.value)


def test_what_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(json.dumps(ARTICLE).encode() + b'\n{"id": "\xff"}\n')
    with pytest.raises(DataError, match=r"bad.jsonl, line 2: is not UTF-8"):
        load_set(tmp_path / "bad.jsonl", write(tmp_path / "q.jsonl", QUESTION))


def test_gzipped_files_and_unknown_fields_are_read(tmp_path: Path) -> None:
    articles = tmp_path / "a.jsonl.gz"
    articles.write_bytes(gzip.compress(json.dumps({**ARTICLE, "id": 7, "views": 3}).encode()))
    questions = write(tmp_path / "q.jsonl", {**QUESTION, "relevant": [7], "answer": "So."})
    data = load_set(articles, questions)
    assert data.articles[0].id == "7"
    assert data.questions[0].relevant == ("7",)
    assert data.warnings == ()


def test_a_question_without_words_is_asked_and_an_example_without_them_left_out(
    tmp_path: Path,
) -> None:
    examples = ({"text": " ", "article_id": "a"}, {"text": "x", "article_id": "a"})
    data = load(tmp_path, questions=({**QUESTION, "text": None}, {**QUESTION, "id": 2}),
                examples=examples)  # fmt: skip
    assert [one.text for one in data.questions] == ["", "How?"]
    assert [one.text for one in data.examples] == ["x"]
    assert [warning.partition(": ")[2] for warning in data.warnings] == [
        "1 of the questions have no text (line 1 is the first); they are asked all the same.",
        "1 of the examples have no text (line 1 is the first); these are left out.",
    ]


def test_numbers_are_read_as_text_and_null_as_nothing(tmp_path: Path) -> None:
    """As a table of numbers, with and without gaps, is often written."""
    row = {"id": 7.0, "title": 404, "body": None, "format": None, "url": None}
    data = load(tmp_path, articles=(row,), questions=({**QUESTION, "relevant": [7]},))
    assert data.warnings == ()
    (article,) = data.articles
    assert (article.id, article.title, article.body) == ("7", "404", "")
    assert (article.format, article.url) == ("text", "")


def test_what_no_database_keeps_is_taken_out_of_ids_and_texts_alike(tmp_path: Path) -> None:
    odd = {**ARTICLE, "id": "a\0b\ud800", "title": "half \ud83d", "metadata": {"area\0": ["x\0"]}}
    whole = {**ARTICLE, "id": "smile", "title": "\U0001f600"}
    relevant = ["a\0b\ud800", "smile"]
    data = load(tmp_path, articles=(odd, whole), questions=({**QUESTION, "relevant": relevant},))
    assert [article.id for article in data.articles] == ["ab?", "smile"]
    assert [article.title for article in data.articles] == ["half ?", "\U0001f600"]
    assert data.articles[0].metadata == {"area": ["x"]}
    assert data.warnings == ()


def test_lines_may_end_as_on_windows_and_begin_with_a_mark(tmp_path: Path) -> None:
    rows = [json.dumps({**ARTICLE, "id": number}) for number in range(2)]
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*rows, "", ""]).encode())
    data = load_set(tmp_path / "a.jsonl", write(tmp_path / "q.jsonl", QUESTION))
    assert [article.id for article in data.articles] == ["0", "1"]


def test_an_empty_list_of_relevant_articles_says_unanswerable(tmp_path: Path) -> None:
    data = load(tmp_path, questions=({**QUESTION, "relevant": []},))
    assert data.questions[0].relevant == ()


def test_an_article_that_there_is_not_is_told_and_counts_as_never_found(tmp_path: Path) -> None:
    second = {"id": "r", "text": "Where?", "relevant": ["z", "a", "y"]}
    data = load(tmp_path, questions=(QUESTION, second))
    assert data.questions[1].relevant == ("z", "a", "y")
    (warning,) = data.warnings
    assert warning.startswith(f"{tmp_path / 'q.jsonl'}: 2 of the article ids")
    assert "'z' on line 2 is the first" in warning


def test_an_example_of_an_article_that_there_is_not_is_left_out_aloud(tmp_path: Path) -> None:
    examples = ({"text": "x", "article_id": "a"}, {"text": "y", "article_id": "z"})
    data = load(tmp_path, examples=examples)
    assert [one.text for one in data.examples] == ["x"]
    assert "e.jsonl: 1 of the article ids" in data.warnings[0]


def test_the_first_so_many_are_taken(tmp_path: Path) -> None:
    questions = tuple({**QUESTION, "id": str(number)} for number in range(3))
    examples = tuple({"text": str(number), "article_id": "a"} for number in range(3))
    data = load(tmp_path, questions=questions, examples=examples, limit=2, examples_limit=1)
    assert [one.id for one in data.questions] == ["0", "1"]
    assert [one.text for one in data.examples] == ["0"]
    assert load(tmp_path, examples=examples, examples_limit=0).examples == ()


def test_metadata_says_what_labels_say() -> None:
    found = metadata_from(
        {
            "areas": ["Invoices", "export"],
            "audience": "admin",
            "Plan": "Studio",
            "pages": ["/invoices*"],
            "severity": "high",
            "resolution": "needs action",
            "labels": ["VAT", "outdated"],
            "owner": {"name": "Tom"},
        }
    )
    assert found.areas == ("invoices", "export")
    assert (found.audience, found.plans, found.pages) == (("admin",), ("studio",), ("/invoices*",))
    assert (found.severity, found.resolution) == ("high", Resolution.NEEDS_ACTION)
    assert (found.labels, found.outdated) == (("vat",), True)


@pytest.mark.parametrize("metadata", [None, "x", [1], {"areas": 7, "labels": [None, ""]}])
def test_metadata_that_makes_no_sense_is_passed_over(metadata: object) -> None:
    article = EvalArticle.model_validate({**ARTICLE, "metadata": metadata})
    assert document_of(article).metadata == metadata_from({})


def test_a_document_keeps_format_address_and_locale() -> None:
    row = {**ARTICLE, "format": "html", "url": "https://help.example/a", "metadata": {}}
    document = document_of(EvalArticle.model_validate({**row, "metadata": {"locale": "de"}}))
    assert (document.form, document.url, document.locale) == ("html", row["url"], "de")
