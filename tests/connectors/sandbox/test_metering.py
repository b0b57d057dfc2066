"""What the last minute has cost: never more than is allowed, and room again when it is said."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.metering import LastMinute
from tests.connectors.sandbox.conftest import START

CALLS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 5)), max_size=30)


@given(CALLS, st.integers(1, 12))
def test_no_minute_holds_more_than_is_allowed(calls: list[tuple[int, int]], most: int) -> None:
    minute, now = LastMinute(), START
    counted = []
    for gap, price in calls:
        now += timedelta(seconds=gap)
        wait = minute.spend(price, now, most)
        if not wait:
            counted.append((now, price))
        recent = sum(cost for at, cost in counted if at > now - timedelta(minutes=1))
        assert minute.spent(now) == recent <= most
        assert wait == 0 or recent + price > most


@given(CALLS)
def test_after_the_wait_the_oldest_call_is_forgotten(calls: list[tuple[int, int]]) -> None:
    minute, now = LastMinute(), START
    for gap, price in calls:
        now += timedelta(seconds=gap)
        minute.spend(price, now)
    before = minute.spent(now)
    wait = minute.spend(1, now, most=0)
    assert 0 < wait <= 60
    after = minute.spent(now + timedelta(seconds=wait))
    assert after < before or before == 0
