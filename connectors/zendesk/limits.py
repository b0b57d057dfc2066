"""Zendesk's rate limits: the account's, and those that some calls have of their own.

developer.zendesk.com, introduction/rate-limits: 200 to 2500 calls a minute by plan; incremental
exports 10 a minute; one ticket 30 updates in ten minutes by one user; all tickets together 100
updates a minute. A narrow limit that is used up is no reason to stop everything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from connectors.budget import Budget, Headers
from connectors.http import retry_after
from connectors.shared import Shared

# Read whatever the case: both were recorded, and the older ones beside them.
ACCOUNT = Headers("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
SPELLINGS = (
    Headers("x-rate-limit", "x-rate-limit-remaining"),
    Headers("rate-limit", "rate-limit-remaining", "rate-limit-reset"),
    Headers("rate-limit-limit", "rate-limit-remaining", "rate-limit-reset"),
)
# "zendesk-ratelimit-per-ticket-updates: total=30; remaining=0; resets=468": of this call alone.
_NARROW = "zendesk-ratelimit"
_USED_UP = re.compile(r"\bremaining=0\b")
_EXPORT = re.compile(r"/incremental/")
_UPDATE = re.compile(r"PUT .*/tickets/(\d+)(?:\.json)?$")


class Limits:
    """What a session asks before each call and tells after it: a ``RateBudget``.

    ``account`` names what is counted together: one Zendesk account.
    """

    def __init__(self, shared: Shared, account: str, headroom: float) -> None:
        self._shared = shared
        self._name = f"zendesk:{account}"
        self._account = Budget(shared, self._name, ACCOUNT, headroom, spellings=SPELLINGS)

    def pause(self, now: datetime, call: str = "") -> float:
        """Tell for how many seconds nobody is to make such a call."""
        narrow = (self._narrow(name).pause(now) for name in limits_of(call))
        return max([self._account.pause(now), *narrow])

    def learn(self, status: int, headers: Mapping[str, str], now: datetime, call: str = "") -> None:
        """Take note of an answer: of a refusal, and of limits that are, or are nearly, used up."""
        named, used_up = limits_of(call), _used_up(headers)
        if status == 429:
            for budget in self._refused_by(named, headers):
                budget.learn(status, headers, now)
            return
        self._account.learn(status, headers, now)
        resets = retry_after(used_up, now)
        if named and resets is not None:
            # It was the last call of its kind: the next one would be refused.
            self._narrow(named[0]).rest(resets, now)

    def _refused_by(self, named: tuple[str, ...], headers: Mapping[str, str]) -> list[Budget]:
        """Find the limit that a call was refused by; none where only the caller has to wait."""
        left = self._account.remaining(headers)
        if named and _used_up(headers):
            return [self._narrow(named[0])]
        if left is None and "export" in named:  # by far the narrowest
            return [self._narrow("export")]
        if not left:  # used up, or not told
            return [self._account]
        # The account has calls left, so it was the limit of such calls, known to us or not.
        return [self._narrow(named[-1])] if named else []

    def _narrow(self, limit: str) -> Budget:
        return Budget(self._shared, f"{self._name}:{limit}", Headers("", ""))


def limits_of(call: str) -> tuple[str, ...]:
    """Name the limits that a call has of its own, the narrowest first. Pure."""
    method, _, path = call.partition(" ")
    if _EXPORT.search(path):
        return ("export",)
    update = _UPDATE.fullmatch(call)
    if update:
        return (f"ticket:{update[1]}", "updates")
    return ("updates",) if method in ("PUT", "POST", "DELETE") and "/tickets/" in path else ()


def _used_up(headers: Mapping[str, str]) -> dict[str, str]:
    """Keep the headers of narrow limits that are used up."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower().startswith(_NARROW) and _USED_UP.search(value)
    }
