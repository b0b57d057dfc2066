"""The same text found twice takes one place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain import Hit
from app.pipeline.copies import fold_copies
from tests.app.pipeline.samples import make_hit, make_passage

OLD, NEW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
LONG = " ".join(f"Step {number}: open the page and choose entry {number}." for number in range(8))


def hit(
    name: str, text: str, score: float, title: str = "Refunds", at: datetime | None = None
) -> Hit:
    passage = make_passage(id=f"{name}#0", origin=name)
    return replace(make_hit(replace(passage, text=text, title=title, updated_at=at)), score=score)


def kept(*hits: Hit) -> list[tuple[str, float]]:
    return [(one.passage.origin_id, one.score) for one in fold_copies(hits)]


def test_a_copy_takes_no_second_place() -> None:
    copy = hit("b", LONG.upper().replace(":", " -"), 2.0, title="Refunds (copy)")
    assert kept(hit("a", LONG, 3.0), copy, hit("c", "Themes are dark.", 1.0)) == [
        ("a", 3.0),
        ("c", 1.0),
    ]


def test_the_newest_copy_is_kept_at_the_place_of_the_best() -> None:
    assert kept(hit("a", LONG, 3.0, at=OLD), hit("b", LONG, 2.0, at=NEW)) == [("b", 3.0)]
    assert kept(hit("a", LONG, 3.0, at=NEW), hit("b", LONG, 2.0, at=OLD)) == [("a", 3.0)]
    assert kept(hit("a", LONG, 3.0, at=OLD), hit("b", LONG, 2.0)) == [("a", 3.0)]


def test_a_new_version_of_a_page_under_its_old_title_is_a_copy() -> None:
    newer = LONG.replace("entry 7", "entry 9")
    assert kept(hit("a", LONG, 3.0, at=OLD), hit("b", newer, 2.0, at=NEW)) == [("b", 3.0)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Pages of one template: each is about something else.
        (("Parking in Bern", LONG), ("Parking in Basel", LONG.replace("entry 7", "entry 9"))),
        (("Masks", "Should children wear masks?"), ("Masks", "Should travelers wear masks?")),
        (("", LONG), ("", LONG.replace("entry 7", "entry 9"))),
    ],
)
def test_what_is_only_alike_stays(one: tuple[str, str], other: tuple[str, str]) -> None:
    hits = [hit("a", one[1], 2.0, one[0], OLD), hit("b", other[1], 1.0, other[0], NEW)]
    assert kept(*hits) == [("a", 2.0), ("b", 1.0)]


def test_passages_of_one_article_are_no_copies() -> None:
    assert len(fold_copies([hit("a", LONG, 2.0), hit("a", LONG, 1.0)])) == 2
