"""The HTTP seam: what a caller gets instead of statuses, and what is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest
from urllib3.exceptions import LocationParseError

from connectors import errors
from connectors.http import HelpdeskSession, RenewableAuth, retry_after

BASE = "https://acme.example"
NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def session(slept: list[float]) -> HelpdeskSession:
    return HelpdeskSession(
        BASE, None, vendor="Acme", sleep=slept.append, now=lambda: NOW, chance=lambda: 0.5
    )


@pytest.mark.parametrize(
    ("status", "error", "permanent"),
    [
        (400, errors.Rejected, True),
        (401, errors.AuthFailed, True),
        (403, errors.Forbidden, True),
        (404, errors.NotFound, True),
        (409, errors.Conflict, False),
        (410, errors.NotFound, True),
        (422, errors.Rejected, True),
        (429, errors.RateLimited, False),
        (500, errors.VendorBroken, False),
        (503, errors.VendorBroken, False),
    ],
)
def test_a_status_becomes_the_error_that_says_whether_to_retry(
    mock: responses.RequestsMock,
    session: HelpdeskSession,
    status: int,
    error: type[errors.HelpdeskError],
    permanent: bool,
) -> None:
    mock.put(f"{BASE}/x", status=status, json={"error": "Because"})
    with pytest.raises(error, match=f"Acme answered {status}: Because") as caught:
        session.put(f"{BASE}/x", json={})
    assert type(caught.value) is error
    assert caught.value.permanent is permanent


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_write_is_never_sent_twice(
    mock: responses.RequestsMock, session: HelpdeskSession, slept: list[float], status: int
) -> None:
    mock.put(f"{BASE}/x", status=status, headers={"Retry-After": "1"})
    with pytest.raises(errors.HelpdeskError):
        session.put(f"{BASE}/x", json={})
    assert len(mock.calls) == 1
    assert slept == []


def test_a_write_that_times_out_is_not_sent_again(
    mock: responses.RequestsMock, session: HelpdeskSession
) -> None:
    mock.put(f"{BASE}/x", body=requests.ReadTimeout())
    with pytest.raises(errors.Unreachable, match="in time"):
        session.put(f"{BASE}/x", json={})
    assert len(mock.calls) == 1


def test_a_read_is_tried_again_after_the_time_asked_for(
    mock: responses.RequestsMock, session: HelpdeskSession, slept: list[float]
) -> None:
    mock.get(f"{BASE}/x", status=429, headers={"Retry-After": "7"})
    mock.get(f"{BASE}/x", body=requests.ConnectionError())
    mock.get(f"{BASE}/x", json={"a": 1})
    assert session.get(f"{BASE}/x").json() == {"a": 1}
    assert slept == [7.0, 2.0]


def test_a_read_gives_up_after_three_attempts(
    mock: responses.RequestsMock, session: HelpdeskSession, slept: list[float]
) -> None:
    mock.get(f"{BASE}/x", status=502)
    with pytest.raises(errors.VendorBroken):
        session.get(f"{BASE}/x")
    assert len(mock.calls) == 3
    assert slept == [1.0, 2.0]


@pytest.mark.parametrize("answer", [{"body": requests.ReadTimeout()}, {"status": 503}])
def test_only_what_fails_of_a_write_leaves_open_whether_it_took_effect(
    mock: responses.RequestsMock, session: HelpdeskSession, answer: dict[str, Any]
) -> None:
    mock.get(f"{BASE}/x", **answer)
    mock.put(f"{BASE}/x", **answer)
    with pytest.raises(errors.HelpdeskError) as read:
        session.get(f"{BASE}/x")
    with pytest.raises(errors.HelpdeskError) as write:
        session.put(f"{BASE}/x", json={})
    assert (read.value.unsure, write.value.unsure) == (False, True)


@pytest.mark.parametrize(
    "error", [LocationParseError("acme"), ValueError("Invalid header value b'Bearer secret'")]
)
def test_what_the_libraries_below_raise_is_told_without_what_was_sent(
    mock: responses.RequestsMock, session: HelpdeskSession, error: Exception
) -> None:
    mock.put(f"{BASE}/x", body=error)
    with pytest.raises(errors.Unreachable, match=type(error).__name__) as caught:
        session.put(f"{BASE}/x", json={})
    assert "secret" not in str(caught.value)


def test_a_budget_that_is_not_used_up_delays_nothing(
    mock: responses.RequestsMock, session: HelpdeskSession, slept: list[float]
) -> None:
    budget = {"ratelimit-limit": "700", "ratelimit-remaining": "650", "ratelimit-reset": "42"}
    mock.get(f"{BASE}/x", status=503, headers=budget)
    mock.get(f"{BASE}/x", json={})
    session.get(f"{BASE}/x")
    assert slept == [1.0]
    mock.put(f"{BASE}/x", status=409, headers=budget)
    with pytest.raises(errors.Conflict) as caught:
        session.put(f"{BASE}/x", json={})
    assert caught.value.retry_after is None


def test_a_long_wait_is_left_to_the_caller(
    mock: responses.RequestsMock, session: HelpdeskSession, slept: list[float]
) -> None:
    mock.get(f"{BASE}/x", status=429, headers={"Retry-After": "93"})
    with pytest.raises(errors.RateLimited) as caught:
        session.get(f"{BASE}/x")
    assert caught.value.retry_after == 93
    assert slept == []


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_a_read_that_was_refused_is_not_tried_again(
    mock: responses.RequestsMock, session: HelpdeskSession, status: int
) -> None:
    mock.get(f"{BASE}/x", status=status)
    with pytest.raises(errors.HelpdeskError):
        session.get(f"{BASE}/x")
    assert len(mock.calls) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "12"}, 12),
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After": "Fri, 20 Nov 2026 10:00:30 GMT"}, 30),
        ({"Retry-After": "Fri, 20 Nov 2026 09:00:00 GMT"}, 0),
        ({"Retry-After": "soon", "ratelimit-reset": "41"}, 41),
        ({"RateLimit-Reset": "9"}, 9),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 20)}, 20),
        (
            {"zendesk-ratelimit-per-ticket-updates": "total=30; remaining=0; resets=468"},
            468,
        ),
        ({"zendesk-ratelimit-per-ticket-updates": "total=30; remaining=29; resets=468"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_from_whatever_header_tells(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOW) == seconds


@given(st.dictionaries(st.sampled_from(["Retry-After", "RateLimit-Reset"]), st.text()))
def test_no_header_makes_the_reading_of_waits_fail(headers: dict[str, str]) -> None:
    waited = retry_after(headers, NOW)
    assert waited is None or waited >= 0


def test_a_login_page_with_status_200_is_nonsense(
    mock: responses.RequestsMock, session: HelpdeskSession
) -> None:
    mock.put(f"{BASE}/x", body="<html>Please log in</html>")
    with pytest.raises(errors.VendorBroken, match="without JSON"):
        session.put(f"{BASE}/x", json={})


@pytest.mark.parametrize("address", ["https://evil.example/x", "http://[", "/\xff"])
def test_redirects_are_not_followed(
    mock: responses.RequestsMock, session: HelpdeskSession, address: str
) -> None:
    mock.get(f"{BASE}/x", status=302, headers={"Location": address})
    with pytest.raises(errors.Rejected, match="redirects"):
        session.get(f"{BASE}/x")
    assert len(mock.calls) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://acme.example/x",
        "https://acme.example:8443/x",
        "https://acme.example.evil.example/x",
        "https://acme.example@evil.example/x",
    ],
)
def test_credentials_go_to_the_accounts_own_origin_only(
    mock: responses.RequestsMock, session: HelpdeskSession, url: str
) -> None:
    with pytest.raises(errors.VendorBroken, match="another host"):
        session.get(url)
    assert len(mock.calls) == 0


def test_every_call_has_a_time_out_even_if_the_library_above_asks_for_none(
    mock: responses.RequestsMock, session: HelpdeskSession
) -> None:
    mock.get(f"{BASE}/x", json={})
    session.get(f"{BASE}/x", timeout=None)
    kwargs = mock.calls[0].request.req_kwargs  # type: ignore[attr-defined]
    assert kwargs["timeout"] == (5.0, 30.0)


def test_cookies_of_the_helpdesk_are_not_kept(
    mock: responses.RequestsMock, session: HelpdeskSession
) -> None:
    mock.get(f"{BASE}/x", json={}, headers={"Set-Cookie": "_session=abc; Path=/"})
    session.get(f"{BASE}/x")
    session.get(f"{BASE}/x")
    assert "Cookie" not in mock.calls[1].request.headers


class Numbered(RenewableAuth):
    """Credentials with a number that rises at each renewal."""

    def __init__(self) -> None:
        self.number = 1

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.number}"
        return request

    def renew(self) -> None:
        self.number += 1


def test_expired_credentials_are_renewed_once_and_the_write_goes_through(
    mock: responses.RequestsMock, session: HelpdeskSession
) -> None:
    session.auth = Numbered()
    mock.put(f"{BASE}/x", status=401)
    mock.put(f"{BASE}/x", json={"ok": True})
    session.put(f"{BASE}/x", json={"body": 1})
    assert [call.request.headers["Authorization"] for call in mock.calls] == [
        "Bearer 1",
        "Bearer 2",
    ]
    assert mock.calls[1].request.body == mock.calls[0].request.body


def test_a_reading_tried_again_after_a_renewal_bears_the_new_credentials(
    mock: responses.RequestsMock, session: HelpdeskSession
) -> None:
    session.auth = Numbered()
    mock.get(f"{BASE}/x", status=401)
    mock.get(f"{BASE}/x", status=503)
    mock.get(f"{BASE}/x", json={})
    session.get(f"{BASE}/x")
    sent = [call.request.headers["Authorization"] for call in mock.calls]
    assert sent == ["Bearer 1", "Bearer 2", "Bearer 2"]


@pytest.mark.parametrize(("status", "calls"), [(401, 2), (403, 1)])
def test_credentials_that_stay_refused_are_not_renewed_for_ever(
    mock: responses.RequestsMock, session: HelpdeskSession, status: int, calls: int
) -> None:
    session.auth = Numbered()
    mock.get(f"{BASE}/x", status=status)
    with pytest.raises(errors.AuthFailed):
        session.get(f"{BASE}/x")
    assert len(mock.calls) == calls


@pytest.mark.parametrize(
    ("told", "skew"),
    [("Fri, 20 Nov 2026 10:00:00 GMT", 0.0), ("Fri, 20 Nov 2026 09:58:30 GMT", 90.0), ("?", None)],
)
def test_a_session_knows_by_how_much_our_clock_is_off(
    mock: responses.RequestsMock, session: HelpdeskSession, told: str, skew: float | None
) -> None:
    mock.get(f"{BASE}/x", json={}, headers={"Date": told})
    session.get(f"{BASE}/x")
    assert session.skew == skew
