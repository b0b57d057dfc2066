"""BM25 over parts: the library's scores, in pieces that are never written again."""

from __future__ import annotations

import random
from pathlib import Path

import bm25s
import numpy as np
import pytest

from app.knowledge import snapshot
from app.knowledge.postings import Postings, write
from connectors.articles import Article
from tests.app.knowledge.conftest import Desk

WORDS = [f"w{number}" for number in range(300)]
FREQUENCIES = [1 / (number + 1) for number in range(300)]


def invented(count: int, seed: int) -> list[list[str]]:
    chance = random.Random(seed)
    return [chance.choices(WORDS, FREQUENCIES, k=chance.randrange(80)) for _ in range(count)]


def test_one_part_scores_as_the_library_does(tmp_path: Path) -> None:
    texts = [*invented(400, 1), []]
    write(tmp_path / "part", texts, 1.2)
    library = bm25s.BM25(k1=1.2, b=0.75)
    library.index(texts, show_progress=False)
    ours = Postings([tmp_path / "part"])
    for question in invented(20, 2):
        known = [word for word in question if word in library.vocab_dict]
        wanted = library.get_scores(known) if known else np.zeros(len(texts))
        np.testing.assert_allclose(ours.scores(question), wanted, atol=1e-4)


def test_parts_score_about_as_the_whole(tmp_path: Path) -> None:
    texts = invented(2400, 3)
    write(tmp_path / "whole", texts, 1.2)
    for number in range(4):
        write(tmp_path / str(number), texts[600 * number : 600 * (number + 1)], 1.2)
    whole = Postings([tmp_path / "whole"])
    parts = Postings([tmp_path / str(number) for number in range(4)])
    for question in invented(20, 4):
        if question:
            np.testing.assert_allclose(
                parts.scores(question), whole.scores(question), rtol=0.05, atol=0.01
            )


def test_a_small_part_takes_its_measure_from_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "large", [["word"] * 100] * 600, 1.2)
    before = Postings([tmp_path / "large"])
    write(tmp_path / "small", [["word"] * 10], 1.2, before.average)
    write(tmp_path / "alone", [["word"] * 10], 1.2)
    with_it = Postings([tmp_path / "large", tmp_path / "small"]).scores(["word"])
    without = Postings([tmp_path / "large", tmp_path / "alone"]).scores(["word"])
    assert with_it[-1] > without[-1], "a short text, among long ones"


def test_no_part_and_no_text_score_nothing(tmp_path: Path) -> None:
    write(tmp_path / "empty", [], 1.2)
    assert Postings([]).scores(["word"]).size == 0
    assert Postings([tmp_path / "empty"]).scores(["word"]).size == 0


# Parts of a generation


@pytest.fixture
def large(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A collection of 40 articles in parts of ten."""
    monkeypatch.setattr(snapshot, "EXACT_LIMIT", 10)
    desk.sync(articles())
    return desk


def articles(**edited: str) -> list[Article]:
    bodies = {f"a{number}": f"<p>The robot number {number} says hello.</p>" for number in range(40)}
    return [Article(one, f"Robot {one}", body) for one, body in {**bodies, **edited}.items()]


def parts(desk: Desk, number: int) -> list[int]:
    opened = snapshot.open_snapshot(desk.root, desk.name, number)
    assert opened is not None
    return [opened.part_size(part) for part in range(len(opened.parts))]


def test_one_changed_article_writes_one_small_part_and_shares_the_others(large: Desk) -> None:
    assert parts(large, 1) == [10, 10, 10, 10]
    large.sync(articles(a7="<p>The robot number 7 sings an aria.</p>"))
    assert parts(large, 2) == [10, 10, 10, 10, 1]
    one, two = (snapshot.path(large.root, large.name, n) / "public/p0/chunks.npy" for n in (1, 2))
    assert one.samefile(two)
    assert large.found("which robot sings an aria")[0] == "a7"
    assert large.found("robot number 7 hello").count("a7") <= 1


def test_small_parts_become_one_before_there_are_too_many(large: Desk) -> None:
    edited = {}
    for number in range(10):
        edited[f"a{number}"] = f"<p>The robot number {number} sings aria {number}.</p>"
        large.sync(articles(**edited))
        assert len(parts(large, number + 2)) <= 4 + 8
    assert large.found("who sings aria 3")[0] == "a3"
    assert sum(parts(large, 11)) < 40 + 10, "what nobody finds any more is let go in time"
