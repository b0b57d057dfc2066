"""The change feed's cursor: nothing is missed, nothing is handed out twice, and it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Rejected
from connectors.intercom.feed import OVERLAP, Cursor, query

TIMES = st.integers(min_value=1_000, max_value=2_000)
CHANGES = st.lists(st.tuples(st.sampled_from("abcdef"), TIMES), max_size=12)


def test_a_cursor_is_read_as_it_was_written() -> None:
    for cursor in (Cursor(0), Cursor(1795169000), Cursor(7, {"215": 5, "216": 7})):
        assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "x", "12|a", "12|a:b", "1" * 12, "-1", "1|a:1;b:2", "1|a:12:3", "1|a:1,"]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        Cursor.read(text)


def test_the_search_overlaps_and_does_not_trust_what_greater_means() -> None:
    body = query("updated_at", Cursor(1_000).start, None, 150)
    [changed] = body["query"]["value"]
    assert changed == {"field": "updated_at", "operator": ">", "value": 1_000 - OVERLAP - 1}
    assert "starting_after" not in body["pagination"]
    assert query("updated_at", 5, "abc", 150)["pagination"] == {
        "per_page": 150,
        "starting_after": "abc",
    }


def test_what_was_handed_out_within_the_overlap_is_not_handed_out_again() -> None:
    at = Cursor(1_000)
    lines = at.news([("a", 1_010), ("b", 1_020)])
    at = at.after(lines, started=1_100)
    assert at.news([("a", 1_010), ("b", 1_020)]) == []
    assert at.news([("a", 1_010), ("b", 1_021)]) == [("b", 1_021)]


def test_what_the_index_showed_late_is_found() -> None:
    at = Cursor(1_000).after([("a", 1_100)], started=1_200)
    assert at.news([("a", 1_100), ("late", 1_040)]) == [("late", 1_040)]


def test_a_thread_in_both_searches_is_one_change() -> None:
    # A conversation that was turned into a ticket can be found by either.
    assert Cursor(1_000).news([("a", 1_005), ("a", 1_007)]) == [("a", 1_007)]


def test_a_long_listing_does_not_move_past_its_own_start() -> None:
    # What changed on page two while page one was read is seen by neither, but by the next.
    at = Cursor(1_000).after([("a", 1_500)], started=1_200)
    assert at.since == 1_200


def test_the_cursor_stays_short() -> None:
    at = Cursor(1_000)
    for now in range(1_000, 1_000 + 100 * OVERLAP, OVERLAP):
        at = at.after([(f"t{now}", now)], started=now)
    assert len(at.seen) <= 2


@given(st.lists(CHANGES, max_size=6), st.integers(min_value=1, max_value=3))
def test_every_change_is_handed_out_once_whatever_the_pages(
    rounds: list[list[tuple[str, int]]], size: int
) -> None:
    at = Cursor(1_000)
    desk: dict[str, int] = {}
    told: list[tuple[str, int]] = []
    now = 1_000
    for changes in rounds:
        # A change bears the time at which it happens.
        for name, ahead in changes:
            now += ahead % 7
            desk[name] = now
        found = [(name, when) for name, when in desk.items() if when >= at.start]
        lines = at.news(found)
        assert lines == sorted(lines, key=lambda line: (line[1], line[0]))
        for place in range(0, len(lines), size):
            page = lines[place : place + size]
            at = Cursor.read(str(at.after(page, started=now)))
            told += page
    assert set(desk.items()) <= set(told)
    assert len(told) == len(set(told))


@given(CHANGES.filter(bool), st.integers(min_value=0, max_value=11))
def test_a_listing_that_broke_off_goes_on_where_it_was(
    changes: list[tuple[str, int]], broke_off: int
) -> None:
    start = Cursor(1_000)
    lines = start.news(changes)
    at = start
    for line in lines[:broke_off]:
        at = at.after([line], started=3_000)
    rest = Cursor.read(str(at)).news(changes)
    assert rest == lines[broke_off:]
