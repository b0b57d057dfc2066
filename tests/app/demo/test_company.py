from __future__ import annotations

import gzip
import json
import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.demo.company import load_articles, load_gaps, load_tickets
from app.json_lines import DataError

ARTICLE = {"id": "a", "title": "T", "body": "B"}


def write(folder: Path, *rows: object, name: str = "rows.jsonl") -> Path:
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (['{"id": '], "line 1: is not JSON"),
        (["[1]"], "line 1: must be a JSON object, not list"),
        ([{"id": "a", "title": "T"}], "line 1: body: Field required"),
        ([ARTICLE, "", {**ARTICLE, "id": ""}], "line 3: id: String should have at least 1"),
        ([ARTICLE, ARTICLE], "line 2: the id 'a' was used on line 1 already"),
        ([{**ARTICLE, "visibility": "x"}], "line 1: visibility: Input should be 'public' or"),
        ([{**ARTICLE, "format": "pdf"}], "line 1: format: Input should be 'text', 'markdown' or"),
        ([{**ARTICLE, "title": None}], "line 1: title: Input should be a valid string"),
        ([{**ARTICLE, "updated": "soon"}], "line 1: updated: Input should be a valid date"),
        ([{**ARTICLE, "flaws": [{"kind": "ugly"}]}], "line 1: flaws.0.kind: Input should be"),
    ],
)
def test_fault_of_an_article_is_one_sentence_with_file_and_line(
    tmp_path: Path, rows: list[object], message: str
) -> None:
    path = write(tmp_path, *rows)
    with pytest.raises(DataError) as fault:
        load_articles(path)
    assert str(fault.value).startswith(f"{path}, {message}")
    assert str(fault.value).endswith(".")
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "1"}, "text: Field required"),
        ({"id": "1", "text": "x", "wave": 3}, "wave: Input should be 1 or 2"),
        ({"id": "1", "text": "x", "expect": {"outcome": "won"}}, "expect.outcome: Input should"),
        (
            {"id": "1", "text": "x", "expect": {"outcome": "draft", "typo": 1}},
            "expect.typo: Extra inputs are not permitted",
        ),
        ({"id": "1", "text": "x", "requester": "Maya"}, "requester: Input should be"),
        ({"id": "1", "text": "x", "page": "settings"}, "page: String should match pattern"),
        ({"id": "1", "text": "x", "attachments": [{"name": ""}]}, "attachments.0.name: String"),
        (
            {"id": "1", "text": "x", "requester": {"organization": {"name": "A", "since": 1}}},
            "requester.organization.since: Extra inputs are not permitted",
        ),
    ],
)
def test_fault_of_a_ticket_names_the_field(tmp_path: Path, row: object, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"line 1: {message}")):
        load_tickets(write(tmp_path, row))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        load_articles(tmp_path / "none.jsonl")
    (tmp_path / "a.jsonl").write_bytes(b'{"id": "\xff"}')
    with pytest.raises(DataError, match="line 1: is not UTF-8"):
        load_articles(tmp_path / "a.jsonl")
    (tmp_path / "a.gz").write_bytes(b"no gzip")
    with pytest.raises(DataError, match="is not a whole gzip file"):
        load_articles(tmp_path / "a.gz")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b'{"id": "a"}' * 999)[:-9])
    with pytest.raises(DataError, match="is not a whole gzip file"):
        load_articles(tmp_path / "b.gz")


def test_anybodys_own_data_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl.gz"
    lines = '\ufeff{"id": 7, "text": "How?", "relevant": [1, "b"], "other": true}\n\n'
    path.write_bytes(gzip.compress(lines.encode()))
    assert [(one.id, one.relevant) for one in load_tickets(path)] == [("7", ("1", "b"))]
    assert load_articles(write(tmp_path, ARTICLE))[0].format == "text"
    assert load_articles(write(tmp_path, "")) == []


def test_records_are_frozen() -> None:
    with pytest.raises(ValidationError):
        setattr(load_articles()[0], "title", "other")  # noqa: B010 - mypy knows it is frozen


@pytest.mark.reference
def test_public_sets_are_read(shared: Path) -> None:
    folder = shared / "data" / "retrieval" / "workarena"
    assert len(load_articles(folder / "articles.jsonl.gz")) == 100
    assert load_tickets(folder / "questions.dev.jsonl.gz")[0].relevant


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_question_without_words_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, {"id": "q", "text": text})
    with pytest.raises(DataError, match="line 1: text: Must not be empty"):
        load_tickets(path)


def test_a_picture_needs_no_words(tmp_path: Path) -> None:
    path = write(tmp_path, {"id": "q", "text": "", "attachments": [{"name": "screen.png"}]})
    (ticket,) = load_tickets(path)
    assert (ticket.text, ticket.attachments[0].name) == ("", "screen.png")


def test_of_a_time_only_the_day_counts(tmp_path: Path) -> None:
    row = {**ARTICLE, "updated": "2026-03-02T08:15:00Z", "labels": ["faq"], "section": "Shop"}
    (article,) = load_articles(write(tmp_path, row))
    assert (article.updated, article.labels, article.section) == (
        date(2026, 3, 2),
        ("faq",),
        "Shop",
    )


def test_a_gap_names_who_asked(tmp_path: Path) -> None:
    gap = {"id": "g", "topic": "Prices", "tickets": ["t1"]}
    assert load_gaps(write(tmp_path, gap))[0].tickets == ("t1",)
    with pytest.raises(DataError, match="line 1: tickets: Tuple should have at least 1"):
        load_gaps(write(tmp_path, {**gap, "tickets": []}))
