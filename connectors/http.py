"""The one seam through which every connector talks HTTP.

A session that keeps to one origin, puts a time-out on every call, and speaks in
``connectors.errors``: a caller, or a vendor's client library on top, never sees a 4xx or 5xx, a
redirect, or a body that is not JSON. Reads are tried again a few times; writes never are, since a
write without an answer may have taken effect.
"""

from __future__ import annotations

import random
import re
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from urllib3.exceptions import HTTPError

from connectors.bodies import refused_fields, require_json, sentence
from connectors.errors import (
    AuthFailed,
    Conflict,
    Forbidden,
    HelpdeskError,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
    VendorBroken,
)

TIMEOUT = (5.0, 30.0)  # to connect, between two bytes of the answer
ATTEMPTS = 3  # of one read
LONGEST_WAIT = 10.0  # a longer wait is the caller's to schedule, not a worker's to sleep through

_TRANSIENT = (RateLimited, Unreachable, VendorBroken)
_BY_STATUS: Mapping[int, type[HelpdeskError]] = {
    401: AuthFailed,
    403: Forbidden,
    404: NotFound,
    408: Unreachable,
    409: Conflict,
    410: NotFound,
    429: RateLimited,
}
# Seconds, except that Intercom's X-RateLimit-Reset is a moment (a Unix time).
_RESET_HEADERS = ("ratelimit-reset", "rate-limit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_EPOCH_FROM = 1_000_000_000


def utc_now() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


class RenewableAuth(AuthBase):
    """Credentials that can be fetched anew when the helpdesk says that they have expired."""

    @abstractmethod
    def renew(self) -> None:
        """Forget the present credentials, so that the next call fetches fresh ones."""


class Anonymous(AuthBase):
    """No credentials, said aloud: with plain ``None`` requests would look into ``~/.netrc``."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Leave the request as it is."""
        return request


class RateBudget(Protocol):
    """What a session asks before a call and tells after it; ``connectors.budget`` has one.

    ``call`` is the method and the path, like "GET /api/v2/groups": some calls have limits of
    their own.
    """

    def pause(self, now: datetime, call: str = "") -> float:
        """Tell for how many seconds nobody is to make such a call."""

    def learn(self, status: int, headers: Mapping[str, str], now: datetime, call: str = "") -> None:
        """Take note of an answer."""


class HelpdeskSession(requests.Session):
    """A requests session for one helpdesk account; see the module for what it promises.

    ``authorized`` tells OAuth-aware libraries (zenpy) that the session needs no credentials more.
    ``skew`` is by how many seconds our clock was ahead of the helpdesk's at the last answer that
    told the time, which it does in whole seconds.
    """

    authorized = True

    def __init__(
        self,
        base_url: str,
        auth: AuthBase | None,
        *,
        vendor: str,
        timeout: tuple[float, float] = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
        budget: RateBudget | None = None,
    ) -> None:
        super().__init__()
        # Any retry below this class would send a PUT again after a read time-out.
        adapter = HTTPAdapter(max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        # Helpdesks set session cookies, which would outlive and outrank the credentials.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.auth = auth
        self.headers.update({"User-Agent": "Understudy", "Accept": "application/json"})
        self._origin = origin(base_url)
        self._vendor = vendor
        self._timeout = timeout
        self._sleep = sleep
        self._now = now
        self._chance = chance
        self._budget = budget
        self.skew: float | None = None

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        """Send a request and return its 2xx answer with JSON in it; else raise ``HelpdeskError``.

        Overrides whatever time-out and redirect policy the caller (zenpy: 60 s) asked for. What
        fails of a read is never ``unsure``: it has written nothing.
        """
        kwargs["timeout"] = self._timeout
        kwargs["allow_redirects"] = False
        if request.method not in ("GET", "HEAD"):
            return self._send_once(request, **kwargs)
        retrying = Retrying(
            retry=retry_if_exception(_worth_waiting),
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._send_once, request, **kwargs)
        except HelpdeskError as error:
            error.unsure = False
            raise

    def get_redirect_target(self, resp: Response) -> None:
        """Lead nowhere: requests reads the address even of a redirect that it is not to follow.

        One that is no address would come out as a ``ValueError``.
        """

    def _send_once(self, request: PreparedRequest, **kwargs: Any) -> Response:
        # Addresses of next pages come out of answers: credentials must not go to another host.
        if origin(request.url or "") != self._origin:
            raise VendorBroken(f"{self._vendor} points to another host; nothing was sent there")
        if isinstance(self.auth, RenewableAuth) and "Authorization" in request.headers:
            # An earlier attempt may have renewed them: refused ones sent again would be taken
            # for a refusal of the new.
            request = self.auth(request.copy())
        response = self._exchange(request, **kwargs)
        # A 401 was not carried out, so sending anew is safe for writes too. The call that fetches
        # a token bears none itself.
        expired = response.status_code == 401 and "Authorization" in request.headers
        if expired and isinstance(self.auth, RenewableAuth):
            self.auth.renew()
            response = self._exchange(self.auth(request.copy()), **kwargs)
        raise_for_answer(response, self._vendor, self._now())
        return response

    def _exchange(self, request: PreparedRequest, **kwargs: Any) -> Response:
        call = f"{request.method} {urlsplit(request.url or '').path}"
        left = self._budget.pause(self._now(), call) if self._budget else 0.0
        if left > 0:
            # Nothing is sent: a refused call would cost the budget, too.
            told = f"{self._vendor} is given a pause for the sake of its rate limit"
            raise RateLimited(f"{told}: {left:.0f} s are left", retry_after=left)
        response = self._answer(request, **kwargs)
        at = moment_of(response.headers.get("Date", ""))
        if at is not None:
            self.skew = (self._now() - at).total_seconds()
        if self._budget:
            self._budget.learn(response.status_code, response.headers, self._now(), call)
        return response

    def _answer(self, request: PreparedRequest, **kwargs: Any) -> Response:
        try:
            return super().send(request, **kwargs)
        except requests.Timeout:
            raise Unreachable(f"{self._vendor} did not answer in time") from None
        # Not all that urllib3 and http.client raise is wrapped: a host's name that is too long, a
        # header that cannot be sent. Such messages quote what was to be sent.
        except (requests.RequestException, HTTPError, ValueError) as error:
            kind = type(error).__name__
            raise Unreachable(f"{self._vendor} cannot be reached ({kind})") from None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, HelpdeskError) else None
        if asked is not None:
            return asked
        backoff: float = 0.5 * 2**state.attempt_number * (0.5 + self._chance())
        return backoff


def raise_for_answer(response: Response, vendor: str, now: datetime) -> None:
    """Raise the error that an answer stands for, with the vendor's own sentence in it.

    Pure, and true for all vendors: what differs between them is the body's shape.
    """
    status = response.status_code
    if 200 <= status < 300:
        require_json(response, vendor)
        return
    if 300 <= status < 400:
        raise Rejected(f"{vendor} redirects elsewhere ({status}): check the address in the setting")
    default = VendorBroken if status >= 500 else Rejected
    error = _BY_STATUS.get(status, default)
    told = sentence(response) or "without a reason"
    # Every answer tells when the minute's budget begins anew: a wait only for who has used it up.
    headers = {
        name: value
        for name, value in response.headers.items()
        if status == 429 or name.lower() == "retry-after"
    }
    failure = error(f"{vendor} answered {status}: {told}", retry_after=retry_after(headers, now))
    failure.refused = refused_fields(response)
    raise failure


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read how many seconds to wait: ``Retry-After`` (seconds or a date), else a reset header."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    if "retry-after" in lower:
        waited = _seconds(lower["retry-after"], now)
        if waited is not None:
            return waited
    for name in _RESET_HEADERS:
        if name in lower and (waited := _seconds(lower[name], now)) is not None:
            return waited
    # Zendesk: "zendesk-ratelimit-per-ticket-updates: total=30; remaining=0; resets=468".
    resets = [
        float(found[1])
        for name, value in lower.items()
        if name.startswith("zendesk-ratelimit") and re.search(r"remaining=0\b", value)
        if (found := re.search(r"resets=(\d{1,6})\b", value))
    ]
    return max(resets, default=None)


def _worth_waiting(error: BaseException) -> bool:
    if not isinstance(error, _TRANSIENT):
        return False
    return error.retry_after is None or error.retry_after <= LONGEST_WAIT


def _seconds(value: str, now: datetime) -> float | None:
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", value):
        number = float(value)
        return max(0.0, number - now.timestamp()) if number >= _EPOCH_FROM else number
    moment = moment_of(value)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def moment_of(value: str) -> datetime | None:
    """Read a date as HTTP headers have it."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def origin(url: str) -> tuple[str, str, int | None]:
    """Read where an address leads: scheme, host, port; what is no address leads nowhere."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return ("", "", None)
    return (parts.scheme, (parts.hostname or "").lower(), port)
