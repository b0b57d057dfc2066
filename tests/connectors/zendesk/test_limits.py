"""Zendesk's rate limits: a narrow one that is used up stops such calls, and no others."""

from __future__ import annotations

from datetime import timedelta

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connectors import errors
from connectors.config import read_config
from connectors.shared import PrivateStore
from connectors.zendesk import Zendesk, ZendeskConfig
from connectors.zendesk.limits import Limits, limits_of
from tests.connectors.zendesk.support import (
    API,
    ENVIRON,
    NOW,
    Clock,
    fixture,
    sent,
    serve_ticket,
)
from tests.connectors.zendesk.writing import DRAFT, PUT, ticket, updated

READ, EXPORT = "GET /api/v2/groups", "GET /api/v2/incremental/tickets/cursor"
WRITE, OTHER = "PUT /api/v2/tickets/5158.json", "PUT /api/v2/tickets/5159.json"
CALLS = [READ, EXPORT, WRITE, OTHER, "POST /oauth/tokens", "DELETE /api/v2/tickets/1/tags", ""]
LEFT = {"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "600"}
NONE_LEFT = {"ratelimit-limit": "700", "ratelimit-remaining": "0", "Retry-After": "20"}
TICKET_FULL = {"zendesk-ratelimit-per-ticket-updates": "total=30; remaining=0; resets=468"}
EXPORT_FULL = {"Zendesk-RateLimit-Incremental-Exports": "total=10; remaining=0; resets=43"}


def limits(store: PrivateStore | None = None, headroom: float = 0.1) -> Limits:
    shared = PrivateStore(NOW.timestamp) if store is None else store
    return Limits(shared, "acme.zendesk.com", headroom)


def paused(found: Limits) -> dict[str, float]:
    """Which calls have to wait, and for how long."""
    return {call: found.pause(NOW, call) for call in CALLS if found.pause(NOW, call)}


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (READ, ()),
        (EXPORT, ("export",)),
        ("GET /api/v2/help_center/incremental/articles", ("export",)),
        (WRITE, ("ticket:5158", "updates")),
        ("PUT /api/v2/tickets/5158", ("ticket:5158", "updates")),
        ("PUT /api/v2/tickets/5158/tags", ("updates",)),
        ("GET /api/v2/tickets/5158", ()),
        ("POST /oauth/tokens", ()),
        ("", ()),
    ],
)
def test_calls_have_limits_of_their_own(call: str, named: tuple[str, ...]) -> None:
    assert limits_of(call) == named


@pytest.mark.parametrize(
    ("call", "headers", "waiting"),
    [
        (READ, NONE_LEFT, set(CALLS)),
        (WRITE, NONE_LEFT, set(CALLS)),
        (EXPORT, NONE_LEFT, set(CALLS)),
        (READ, {"Retry-After": "20"}, set(CALLS)),  # nothing told: it may be the account
        (WRITE, {"Retry-After": "20"}, set(CALLS)),
        (EXPORT, {"Retry-After": "20"}, {EXPORT}),
        (EXPORT, {**LEFT, "Retry-After": "20"}, {EXPORT}),
        (EXPORT, {**LEFT, **EXPORT_FULL}, {EXPORT}),
        (WRITE, {**LEFT, **TICKET_FULL}, {WRITE}),
        (WRITE, TICKET_FULL, {WRITE}),
        (WRITE, {**LEFT, "Retry-After": "20"}, {WRITE, OTHER, "DELETE /api/v2/tickets/1/tags"}),
        (READ, {**LEFT, "Retry-After": "20"}, set()),  # of that call alone, whatever it is
    ],
)
def test_a_refusal_stops_what_its_limit_is_about(
    call: str, headers: dict[str, str], waiting: set[str]
) -> None:
    found = limits()
    found.learn(429, headers, NOW, call)
    assert set(paused(found)) == waiting


def test_a_tickets_limit_is_waited_for_as_long_as_its_header_says() -> None:
    found = limits()
    found.learn(429, {**LEFT, **TICKET_FULL}, NOW, WRITE)
    assert paused(found) == {WRITE: 468}
    assert found.pause(NOW + timedelta(seconds=468), WRITE) == 0


def test_the_last_update_of_ten_minutes_is_known_to_be_the_last() -> None:
    found = limits()
    found.learn(200, {**LEFT, **TICKET_FULL}, NOW, WRITE)
    assert paused(found) == {WRITE: 468}
    found = limits()
    found.learn(200, {**LEFT, **{k: v.replace("=0", "=1") for k, v in TICKET_FULL.items()}}, NOW)
    assert paused(found) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-rate-limit": "200", "x-rate-limit-remaining": "5"},
        {"RateLimit-Limit": "200", "RateLimit-Remaining": "5", "RateLimit-Reset": "60"},
        {"rate-limit": "200", "rate-limit-remaining": "5", "rate-limit-reset": "60"},
        {"rate-limit-limit": "200", "rate-limit-remaining": "5"},
    ],
)
def test_the_budget_is_read_in_every_spelling(headers: dict[str, str]) -> None:
    found = limits()
    found.learn(200, headers, NOW, READ)
    assert found.pause(NOW, READ) == pytest.approx(60)
    found = limits(headroom=0.0)
    found.learn(200, headers, NOW, READ)
    assert found.pause(NOW, READ) == 0


@given(
    st.sampled_from([200, 204, 401, 404, 422, 429, 500]),
    st.dictionaries(
        st.sampled_from(["Retry-After", "ratelimit-remaining", "zendesk-ratelimit-x", "x"]),
        st.text(max_size=30) | st.sampled_from(["0", "1", "total=1; remaining=0; resets=9"]),
    ),
    st.sampled_from(CALLS) | st.text(max_size=20),
)
def test_no_header_breaks_anything_or_stops_us_for_long(
    status: int, headers: dict[str, str], call: str
) -> None:
    found = limits()
    found.learn(status, headers, NOW, call)
    assert all(0 <= seconds <= 3600 for seconds in paused(found).values())


class TestConnector:
    def made(self, clock: Clock, store: PrivateStore, **settings: str) -> Zendesk:
        read = read_config(ZendeskConfig, "zendesk", {**ENVIRON, **settings})
        return Zendesk(read, store, sleep=clock.sleep, now=clock)

    def test_an_export_that_is_refused_does_not_stop_the_reading_of_tickets(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{API}/incremental/tickets/cursor", status=429, headers={"Retry-After": "50"})
        serve_ticket(mock)
        clock = Clock()
        store = PrivateStore(lambda: clock().timestamp())
        with pytest.raises(errors.RateLimited):
            list(self.made(clock, store).changed("OLD"))
        assert self.made(clock, store).ticket("5158").id == "5158"
        with pytest.raises(errors.RateLimited) as caught:
            list(self.made(clock, store).changed("OLD"))
        assert caught.value.retry_after == pytest.approx(50)

    def test_a_ticket_with_too_many_updates_waits_alone(self, mock: responses.RequestsMock) -> None:
        clock = Clock()
        store = PrivateStore(lambda: clock().timestamp())
        mock.put(PUT, status=429, body="Slow down", headers={**LEFT, **TICKET_FULL})
        other = PUT.replace("5158", "5159")
        body = updated()
        body["ticket"]["id"] = 5159
        mock.put(other, json=body)
        with pytest.raises(errors.RateLimited) as caught:
            self.made(clock, store).apply(ticket(), DRAFT, "0" * 16)
        assert caught.value.retry_after == 468
        self.made(clock, store).apply(ticket(id="5159"), DRAFT, "0" * 16)
        with pytest.raises(errors.RateLimited):
            self.made(clock, store).apply(ticket(), DRAFT, "0" * 16)
        assert len(sent(mock, "PUT")) == 2  # not even tried: a refused call would count, too

    def test_the_headroom_is_the_teams(self, mock: responses.RequestsMock) -> None:
        headers = {"X-Rate-Limit": "200", "X-Rate-Limit-Remaining": "50"}
        mock.replace("GET", f"{API}/groups.json", json=fixture("groups"), headers=headers)
        for share, waits in (("0.2", False), ("0.3", True)):
            clock = Clock()
            store = PrivateStore(lambda now=clock: now().timestamp())  # type: ignore[misc]
            self.made(clock, store, ZENDESK_HEADROOM=share)._client.group_id("Billing")
            found = Limits(store, "acme.zendesk.com", 0.1)
            assert (found.pause(clock(), READ) > 0) is waits
