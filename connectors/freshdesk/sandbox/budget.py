"""The account's budget of calls: shown on every answer, kept where the settings say so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from connectors.freshdesk.sandbox.errors import too_many_calls
from connectors.sandbox.metering import LastMinute


def credits_of(path: str, include: str) -> int:
    """The price of a call: 1, and for each include 1 on one ticket and 2 on a list of them.

    As the API page has it; the exact prices of today are not verified.
    """
    each = 2 if path.rstrip("/") == "/api/v2/tickets" else 1
    return 1 + each * len([part for part in include.split(",") if part])


class Budget:
    """Counts the credits of the last minute; all keys of an account and its webhooks share it."""

    def __init__(self, limit: int, enforced: bool) -> None:
        self._limit, self._enforced = limit, enforced
        self._last = LastMinute()

    def spend(self, price: int, at: datetime) -> None:
        """Count a call, be it valid or not; raises 429 where it is too many."""
        wait = self._last.spend(price, at, self._limit if self._enforced else None)
        if wait:
            raise too_many_calls(math.ceil(wait))

    def webhook(self, at: datetime) -> None:
        """Count a webhook that goes out: it draws on the same budget."""
        self._last.spend(1, at)

    def headers(self, price: int, at: datetime) -> Mapping[str, str]:
        """Tell how much is left, as every answer does."""
        return {
            "X-RateLimit-Total": str(self._limit),
            "X-RateLimit-Remaining": str(max(self._limit - self._last.spent(at), 0)),
            "X-RateLimit-Used-CurrentRequest": str(price),
        }
