from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.demo.company import (
    ARTICLES,
    DataError,
    DemoArticle,
    DemoTicket,
    load_articles,
    load_tickets,
)

ARTICLE = {"id": "a", "title": "T", "body": "B"}


def write(folder: Path, *rows: object, name: str = "rows.jsonl") -> Path:
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def articles() -> dict[str, DemoArticle]:
    return {article.id: article for article in load_articles()}


@pytest.fixture(scope="module")
def tickets() -> dict[str, DemoTicket]:
    return {ticket.id: ticket for ticket in load_tickets()}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (['{"id": '], "line 1: is not JSON"),
        (["[1]"], "line 1: must be a JSON object, not list"),
        ([{"id": "a", "title": "T"}], "line 1: body: Field required"),
        ([ARTICLE, "", {**ARTICLE, "id": ""}], "line 3: id: String should have at least 1"),
        ([ARTICLE, ARTICLE], "line 2: the id 'a' was used on line 1 already"),
        ([{**ARTICLE, "format": "pdf"}], "line 1: format: Input should be 'text', 'markdown' or"),
        ([{**ARTICLE, "title": None}], "line 1: title: Input should be a valid string"),
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


def test_company_has_fifteen_articles_and_twenty_five_tickets(
    articles: dict[str, DemoArticle], tickets: dict[str, DemoTicket]
) -> None:
    assert (len(articles), len(tickets)) == (15, 25)
    assert {article.format for article in articles.values()} == {"html"}
    assert not any(article.url for article in articles.values())
    sizes = [len(article.body) for article in articles.values()]
    assert max(sizes) > 1.8 * min(sizes)
    for mark in ("<ol>", "<table>", "<em>Note:</em>", "<strong>"):
        assert any(mark in article.body for article in articles.values())


def test_tickets_name_articles_and_tickets_that_exist(
    articles: dict[str, DemoArticle], tickets: dict[str, DemoTicket]
) -> None:
    for ticket in tickets.values():
        assert ticket.expect is not None
        assert set(ticket.expect.article) <= set(articles)
        assert bool(ticket.expect.article) == (ticket.expect.outcome == "draft")
        assert bool(ticket.expect.reason) == (ticket.expect.outcome in ("handoff", "skipped"))
        if ticket.expect.learned_from:
            assert tickets[ticket.expect.learned_from].wave < ticket.wave
        if ticket.answer:
            assert bool(ticket.answer.text) == (ticket.answer.uses != "kept")
        assert ticket.requester.email.endswith(".example")


def test_every_kind_of_ticket_is_there(tickets: dict[str, DemoTicket]) -> None:
    expected = [one.expect for one in tickets.values() if one.expect]
    reasons = {one.reason for one in expected}
    assert reasons >= {"anger", "refund", "asks_for_human", "account_security", "vip_at_risk"}
    assert reasons >= {"billing_dispute", "legal", "thanks", "auto_reply", "bounce"}
    assert sum(one.outcome == "draft" for one in expected) >= 10
    assert sum(one.outcome == "silent" for one in expected) == 2  # out of scope, and a vague one
    assert any(len(one.article) == 2 for one in expected)
    texts = [one.text for one in tickets.values()]
    assert any(re.search(r"^On .* wrote:\n\n>", text, re.MULTILINE) for text in texts)
    assert any("\nFrom: " in text and "\nSent: " in text for text in texts)
    assert any(
        one.requester.organization and "vip" in one.requester.organization.tags
        for one in tickets.values()
    )
    assert {one.channel for one in tickets.values()} == {"email", "web", "chat"}
    uses = [one.answer.uses for one in tickets.values() if one.answer]
    assert uses.count("kept") >= 5
    assert uses.count("edited") >= 4


def test_the_lesson_cannot_be_known_from_the_articles(tickets: dict[str, DemoTicket]) -> None:
    (learner,) = [one for one in tickets.values() if one.expect and one.expect.learned_from]
    assert learner.expect is not None
    teacher = tickets[learner.expect.learned_from or ""]
    fact = learner.expect.says
    assert fact
    assert fact not in ARTICLES.read_text(encoding="utf-8")
    assert "Rebuild feed" not in ARTICLES.read_text(encoding="utf-8")
    assert (teacher.wave, learner.wave) == (1, 2)
    assert teacher.answer is not None
    assert teacher.answer.uses == "edited"
    assert fact in teacher.answer.text
    others = [one for one in tickets.values() if one.id != teacher.id]
    assert not any(fact in one.text or fact in one.subject for one in tickets.values())
    assert not any(one.answer and fact in one.answer.text for one in others)
    unrelated = [one for one in others if one.expect and one.expect.says_not == fact]
    assert unrelated
    assert all(one.wave == 2 for one in unrelated)


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_question_without_words_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, {"id": "q", "text": text})
    with pytest.raises(DataError, match="line 1: text: Must not be empty"):
        load_tickets(path)
