"""Figures: exact where all is known, honest where something still waits, the same anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.as_json import from_json, to_json
from app.insight.baseline import (
    POSITIVE,
    Baseline,
    Spread,
    baseline_of,
    figures_of,
    time_within,
)
from connectors.types import PastTicket, Rating

UNTIL = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=90)
HOUR = 3600.0
TOKYO = timezone(timedelta(hours=9))


def past(
    number: int,
    *,
    days_ago: float = 1,
    replied: float | None = None,
    solved: float | None = None,
    **more: Any,
) -> PastTicket:
    """A ticket created so many days ago, replied to and solved so many hours later."""
    created = UNTIL - timedelta(days=days_ago)

    def later(hours: float | None) -> datetime | None:
        return None if hours is None else created + timedelta(hours=hours)

    return PastTicket(
        str(number), created, replied_at=later(replied), solved_at=later(solved), **more
    )


def rated(*scores: float) -> tuple[Rating, ...]:
    return tuple(Rating(str(number), score) for number, score in enumerate(scores))


# How long it takes


@pytest.mark.parametrize(
    ("took", "median", "p90"),
    [
        ([], None, None),
        ([7], 7, 7),
        ([1, 2], 1, 2),
        ([3, 1, 2], 2, 3),
        ([5] * 9 + [100], 5, 5),
        ([5] * 8 + [100] * 2, 5, 100),
        (list(range(1, 101)), 50, 90),
    ],
)
def test_where_nothing_waits_a_share_lies_within_the_least_time_that_holds_it(
    took: list[float], median: float | None, p90: float | None
) -> None:
    assert (time_within(0.5, took, []), time_within(0.9, took, [])) == (median, p90)


@pytest.mark.parametrize(
    ("took", "waiting", "median"),
    [
        ([10], [5], 10),  # who waited for 5 may still be quicker than half
        ([10], [20], 10),
        ([10], [20, 20], None),  # two of three are known to take longer than 20
        ([1, 2], [50] * 3, None),
        ([1, 2, 60], [50] * 2, 60),
        ([], [50], None),
        # At 2 four of five still take longer (one left the count at 1), at 6 two thirds of those,
        # at 8 half of those: 0.8, 0.53, 0.27.
        ([2, 6, 8], [1, 4, 9], 8),
    ],
)
def test_what_still_waits_counts_as_taking_longer_than_it_has_waited(
    took: list[float], waiting: list[float], median: float | None
) -> None:
    assert time_within(0.5, took, waiting) == median


def slowly(share: float, took: Sequence[float], waiting: Sequence[float]) -> float | None:
    """The estimate as its definition says it: how many are left after each time."""
    left = 1.0
    for time in sorted(set(took)):
        at_risk = [other for other in (*took, *waiting) if other >= time]
        left *= 1 - took.count(time) / len(at_risk)
        if left <= 1 - share + 1e-9:
            return time
    return None


times = st.lists(st.integers(0, 50).map(float), max_size=30)


@given(times, times, st.floats(0.05, 0.95))
def test_it_is_the_estimate_of_kaplan_and_meier(
    took: list[float], waiting: list[float], share: float
) -> None:
    assert time_within(share, took, waiting) == slowly(share, took, waiting)


@given(times, times)
def test_waiting_never_makes_it_quicker_and_more_take_no_less(
    took: list[float], waiting: list[float]
) -> None:
    def sooner(one: float | None, other: float | None) -> bool:
        return other is None or (one is not None and one <= other)

    longest = [50.0] * len(waiting)  # as long as anything took
    assert sooner(time_within(0.5, took, []), time_within(0.5, took, longest))
    assert sooner(time_within(0.5, took, waiting), time_within(0.9, took, waiting))


# What is counted


def test_an_empty_history_has_no_figures_and_fails_nowhere() -> None:
    found = baseline_of([], SINCE, UNTIL)
    assert (found.figures.tickets, found.per_day, found.channels) == (0, 0.0, {})
    assert found.figures.first_reply == found.figures.resolution == Spread(0, None, None)
    shares = (found.figures.reopen_share, found.figures.positive_share, found.figures.mean_score)
    assert shares == (None, None, None)
    assert [week.figures.tickets for week in found.weeks] == [0] * 12


def test_all_unsolved_is_all_backlog_and_no_time() -> None:
    found = figures_of([past(number, days_ago=number) for number in range(1, 6)], UNTIL)
    assert (found.tickets, found.unanswered, found.backlog) == (5, 5, 5)
    assert found.first_reply.median is found.resolution.p90 is None


def test_each_ticket_is_counted_where_it_belongs() -> None:
    found = figures_of(
        [
            past(1, days_ago=9, replied=1, solved=10),
            past(2, days_ago=9, replied=3),
            past(3, days_ago=9, solved=20),  # nobody replied: a phone call, spam
            past(4, days_ago=9),
        ],
        UNTIL,
    )
    assert found.first_reply == Spread(2, 3 * HOUR, None)
    assert (found.unanswered, found.solved_unanswered) == (1, 1)
    assert found.resolution == Spread(2, 20 * HOUR, None)
    assert found.backlog == 2


def test_what_happened_while_we_were_reading_is_not_counted_yet() -> None:
    found = figures_of([past(1, days_ago=1, replied=25, solved=26)], UNTIL)
    assert (found.unanswered, found.backlog) == (1, 1)


def test_an_answer_from_before_the_ticket_took_no_time() -> None:
    found = figures_of([past(1, replied=-5, solved=-5)], UNTIL)
    assert found.first_reply == found.resolution == Spread(1, 0.0, 0.0)


def test_reopened_is_a_share_of_those_ever_solved() -> None:
    found = figures_of(
        [past(1, solved=1, reopens=2), past(2, solved=1), past(3, reopens=1), past(4)], UNTIL
    )
    assert (found.reopened, found.reopen_share) == (2, 2 / 3)


def test_satisfaction_is_a_share_a_mean_and_a_number() -> None:
    found = figures_of(
        [past(1, ratings=rated(1.0, 0.0)), past(2, ratings=rated(0.5)), past(3)], UNTIL
    )
    assert (found.ratings, found.positive_share, found.mean_score) == (3, 1 / 3, 0.5)


@pytest.mark.parametrize("steps", [2, 3, 5, 7])
def test_the_middle_of_no_scale_is_positive_and_what_is_above_it_is(steps: int) -> None:
    scores = [step / (steps - 1) for step in range(steps)]
    assert [score >= POSITIVE for score in scores] == [score > 0.5 for score in scores]


def test_channels_are_counted_largest_first() -> None:
    tickets = [past(n, channel=channel) for n, channel in enumerate(["web", "email", "email", ""])]
    assert list(baseline_of(tickets, SINCE, UNTIL).channels.items()) == [
        *(("email", 2), ("web", 1), ("unknown", 1)),
    ]


# Which tickets


def test_only_what_was_created_in_the_time_asked_for_counts_and_each_once() -> None:
    listed = [
        past(1, days_ago=91),  # a change feed has it, since it changed
        past(2, days_ago=-0.1),
        past(3, days_ago=10),
        past(3, days_ago=10, replied=1),  # listed again, since it changed
        past(4, days_ago=90),
        past(5, days_ago=0),
    ]
    found = baseline_of(listed, SINCE, UNTIL)
    assert (found.figures.tickets, found.figures.first_reply.count) == (3, 1)
    assert found.per_day == pytest.approx(3 / 90)


def test_of_too_many_the_newest_are_counted_and_it_is_said() -> None:
    listed = [past(number, days_ago=number / 10) for number in (*range(60), *range(100, 59, -1))]
    found = baseline_of(listed, SINCE, UNTIL, most=20)
    assert (found.figures.tickets, found.left_out) == (20, 81)
    assert found.since == UNTIL - timedelta(days=1.9)
    assert found.per_day == pytest.approx(20 / 1.9)
    assert found.weeks == ()  # not one whole week is known


@given(st.permutations(range(30)), st.integers(1, 40))
def test_the_order_of_a_listing_changes_nothing(order: list[int], most: int) -> None:
    tickets = [past(n, days_ago=n + 0.5, replied=n % 7, channel="web") for n in range(30)]
    shuffled = [tickets[n] for n in order]
    assert baseline_of(shuffled, SINCE, UNTIL, most) == baseline_of(tickets, SINCE, UNTIL, most)


# Weeks


def test_weeks_are_whole_and_end_when_it_was_taken() -> None:
    listed = [past(n, days_ago=days) for n, days in enumerate((0, 6.9, 7, 7.1, 83.9, 84, 84.1, 90))]
    found = baseline_of(listed, SINCE, UNTIL)
    assert [week.since for week in found.weeks] == [
        UNTIL - timedelta(days=7 * number) for number in range(12, 0, -1)
    ]
    counts = [week.figures.tickets for week in found.weeks]
    assert (counts[0], counts[-2], counts[-1]) == (2, 1, 3)
    assert sum(counts) == 6  # the days before the first whole week are in no week


def test_a_recent_week_does_not_look_quick_for_what_it_has_not_solved_yet() -> None:
    """Each ticket takes ten days: of the last week none is solved, and nothing is said."""
    tickets = [past(n, days_ago=n, solved=240 if n >= 10 else None) for n in range(1, 29)]
    found = baseline_of(tickets, SINCE, UNTIL)
    assert found.weeks[-1].figures.resolution.median is None
    assert found.weeks[-2].figures.resolution.median == 240 * HOUR
    assert found.figures.resolution.median == 240 * HOUR


@given(st.integers(-14 * 60, 14 * 60))
def test_time_zones_change_nothing(minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    tickets = [past(n, days_ago=n * 1.7, replied=n, solved=2 * n) for n in range(1, 30)]
    abroad = [
        PastTicket(
            ticket.id,
            ticket.created_at.astimezone(zone),
            replied_at=ticket.replied_at and ticket.replied_at.astimezone(zone),
            solved_at=ticket.solved_at and ticket.solved_at.astimezone(zone),
        )
        for ticket in tickets
    ]
    here = baseline_of(tickets, SINCE, UNTIL)
    there = baseline_of(abroad, SINCE.astimezone(zone), UNTIL.astimezone(zone))
    assert there == here
    assert to_json(there) == to_json(here)


def test_it_turns_into_json_and_back() -> None:
    tickets = [past(n, days_ago=n, replied=1, solved=2, ratings=rated(1.0)) for n in range(1, 20)]
    found = baseline_of(tickets, SINCE.astimezone(TOKYO), UNTIL.astimezone(TOKYO))
    assert from_json(Baseline, to_json(found)) == found
