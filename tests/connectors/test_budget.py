"""The shared rate budget: one pause for all processes, room left for people, and no deadlock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connectors.budget import Budget, Headers
from connectors.errors import RateLimited
from connectors.http import HelpdeskSession
from connectors.shared import PrivateStore

BASE = "https://acme.example"
NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
# Freshdesk tells no reset; Intercom tells a moment, and its budget is for ten seconds.
MINUTE = Headers("x-ratelimit-total", "x-ratelimit-remaining")
SLICE = Headers("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", window=10.0)


class Clock:
    """A clock that moves only when something sleeps."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> PrivateStore:
    return PrivateStore(lambda: clock().timestamp())


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def process(store: PrivateStore, clock: Clock, name: str = "acme") -> HelpdeskSession:
    """Build a session as another process of the same installation would."""
    return HelpdeskSession(
        BASE,
        None,
        vendor="Acme",
        sleep=clock.sleep,
        now=clock,
        budget=Budget(store, name, MINUTE),
    )


def told(total: int, remaining: int) -> dict[str, str]:
    return {"X-RateLimit-Total": str(total), "X-RateLimit-Remaining": str(remaining)}


class TestRefused:
    def test_after_a_429_no_process_calls_until_the_pause_is_over(
        self, mock: responses.RequestsMock, store: PrivateStore, clock: Clock
    ) -> None:
        mock.get(f"{BASE}/x", status=429, headers={"Retry-After": "35"})
        with pytest.raises(RateLimited):
            process(store, clock).get(f"{BASE}/x")
        clock.now += timedelta(seconds=5)
        for method in ("get", "put"):
            with pytest.raises(RateLimited, match="30 s are left") as caught:
                getattr(process(store, clock), method)(f"{BASE}/x")
            assert caught.value.retry_after == pytest.approx(30)
            assert not caught.value.unsure
        assert len(mock.calls) == 1

    def test_when_it_is_over_calls_go_out_again(
        self, mock: responses.RequestsMock, store: PrivateStore, clock: Clock
    ) -> None:
        mock.put(f"{BASE}/x", status=429, headers={"Retry-After": "35"})
        mock.put(f"{BASE}/x", json={})
        with pytest.raises(RateLimited):
            process(store, clock).put(f"{BASE}/x")
        clock.now += timedelta(seconds=35)
        assert process(store, clock).put(f"{BASE}/x").ok

    def test_a_read_waits_a_short_pause_out(
        self, mock: responses.RequestsMock, store: PrivateStore, clock: Clock
    ) -> None:
        mock.get(f"{BASE}/x", status=429, headers={"Retry-After": "4"})
        mock.get(f"{BASE}/x", json={})
        assert process(store, clock).get(f"{BASE}/x").ok
        assert clock.slept == [4.0]

    def test_a_429_that_names_no_time_means_the_whole_window(
        self, mock: responses.RequestsMock, store: PrivateStore, clock: Clock
    ) -> None:
        mock.get(f"{BASE}/x", status=429)
        with pytest.raises(RateLimited) as caught:
            process(store, clock).get(f"{BASE}/x")
        assert 55 < (caught.value.retry_after or 0) <= 60
        assert len(mock.calls) == 1

    def test_another_account_goes_on(
        self, mock: responses.RequestsMock, store: PrivateStore, clock: Clock
    ) -> None:
        mock.put(f"{BASE}/x", status=429, headers={"Retry-After": "35"})
        mock.put(f"{BASE}/x", json={})
        with pytest.raises(RateLimited):
            process(store, clock).put(f"{BASE}/x")
        assert process(store, clock, "acme-eu").put(f"{BASE}/x").ok

    def test_an_absurd_pause_is_cut(self, store: PrivateStore) -> None:
        budget = Budget(store, "acme", MINUTE)
        budget.learn(429, {"Retry-After": "99999999"}, NOW)
        assert budget.pause(NOW) == 3600


class TestHeadroom:
    def test_the_last_tenth_is_left_to_others_until_the_minute_is_over(
        self, mock: responses.RequestsMock, store: PrivateStore, clock: Clock
    ) -> None:
        mock.put(f"{BASE}/x", json={}, headers=told(200, 20))
        mock.put(f"{BASE}/x", json={}, headers=told(200, 19))
        mock.put(f"{BASE}/x", json={}, headers=told(200, 199))
        process(store, clock).put(f"{BASE}/x")
        process(store, clock).put(f"{BASE}/x")
        with pytest.raises(RateLimited) as caught:
            process(store, clock).put(f"{BASE}/x")
        assert caught.value.retry_after == 60
        clock.now += timedelta(seconds=60)
        assert process(store, clock).put(f"{BASE}/x").ok
        assert len(mock.calls) == 3

    def test_who_waited_and_finds_it_low_again_goes_on_for_it_is_others_who_use_it(
        self, store: PrivateStore
    ) -> None:
        budget = Budget(store, "acme", MINUTE)
        budget.learn(200, told(200, 5), NOW)
        later = NOW + timedelta(seconds=60)
        for second in range(50):
            moment = later + timedelta(seconds=second)
            assert budget.pause(moment) == 0
            budget.learn(200, told(200, 5), moment)

    def test_after_a_fresh_minute_room_is_left_again(self, store: PrivateStore) -> None:
        budget = Budget(store, "acme", MINUTE)
        budget.learn(200, told(200, 5), NOW)
        later = NOW + timedelta(seconds=60)
        budget.learn(200, told(200, 199), later)
        budget.learn(200, told(200, 5), later)
        assert budget.pause(later) == 60

    def test_a_plan_without_an_api_is_left_to_its_own_refusal(self, store: PrivateStore) -> None:
        budget = Budget(store, "acme", MINUTE)
        budget.learn(403, told(0, 0), NOW)
        assert budget.pause(NOW) == 0

    def test_a_reset_that_is_told_shortens_the_pause(self, store: PrivateStore) -> None:
        budget = Budget(store, "acme", SLICE)
        reset = str(int(NOW.timestamp()) + 4)
        budget.learn(
            200,
            {"X-RateLimit-Limit": "160", "X-RateLimit-Remaining": "3", "X-RateLimit-Reset": reset},
            NOW,
        )
        assert budget.pause(NOW) == pytest.approx(4)

    @pytest.mark.parametrize("headers", [{}, {"X-RateLimit-Remaining": "0"}, told(200, 20)])
    def test_without_need_nobody_waits(self, store: PrivateStore, headers: dict[str, str]) -> None:
        budget = Budget(store, "acme", MINUTE)
        budget.learn(200, headers, NOW)
        assert budget.pause(NOW) == 0

    def test_a_store_that_forgets_costs_a_pause_and_nothing_else(self) -> None:
        class Forgetful(PrivateStore):
            def put(self, name: str, value: str, seconds: float) -> None:
                """Forget at once."""

        budget = Budget(Forgetful(), "acme", MINUTE)
        budget.learn(429, {"Retry-After": "35"}, NOW)
        assert budget.pause(NOW) == 0


@given(st.integers(1, 700), st.data())
def test_work_gets_done_on_every_plan_whatever_others_use(total: int, data: st.DataObject) -> None:
    """Twenty calls of ours in a row are through within minutes, with no call beyond the limit."""
    clock = Clock()
    budget = Budget(PrivateStore(lambda: clock().timestamp()), "acme", MINUTE)
    minute, used = 0, 0
    for _ in range(20):
        for _ in range(400):
            if not budget.pause(clock()):
                break
            clock.now += timedelta(seconds=1)
        else:
            pytest.fail("deadlock")
        since = int((clock() - NOW).total_seconds()) // 60
        if since != minute:
            minute, used = since, data.draw(st.integers(0, total - 1))
        if used >= total:
            budget.learn(429, {"Retry-After": str(60 - clock().second)}, clock())
            continue
        used += 1
        budget.learn(200, told(total, total - used), clock())
    assert (clock() - NOW).total_seconds() <= 60 * 41


@given(
    st.integers(100, 599),
    st.dictionaries(
        st.sampled_from(["X-RateLimit-Total", "X-RateLimit-Remaining", "Retry-After"]), st.text()
    ),
)
def test_no_header_breaks_the_budget(status: int, headers: dict[str, str]) -> None:
    budget = Budget(PrivateStore(), "acme", MINUTE)
    budget.learn(status, headers, NOW)
    assert 0 <= budget.pause(NOW) <= 3600


@pytest.mark.parametrize(
    ("headroom", "remaining", "waits"), [(0.0, 1, False), (0.1, 39, True), (0.5, 199, True)]
)
def test_the_share_that_is_left_to_people_is_as_it_was_set(
    headroom: float, remaining: int, waits: bool, store: PrivateStore
) -> None:
    budget = Budget(store, "acme", MINUTE, headroom)
    headers = {"X-RateLimit-Total": "400", "X-RateLimit-Remaining": str(remaining)}
    budget.learn(200, headers, NOW)
    assert (budget.pause(NOW) > 0) is waits


def test_headers_may_be_spelt_in_several_ways(store: PrivateStore, clock: Clock) -> None:
    older = Headers("rate-limit-total", "rate-limit-remaining", "rate-limit-reset")
    budget = Budget(store, "acme", MINUTE, spellings=(older,))
    headers = {"Rate-Limit-Total": "200", "Rate-Limit-Remaining": "3", "Rate-Limit-Reset": "12"}
    assert budget.remaining(headers) == 3
    assert budget.remaining(told(200, 5) | headers) == 5
    assert budget.remaining({}) is None
    budget.learn(200, headers, NOW)
    assert budget.pause(NOW) == 12
