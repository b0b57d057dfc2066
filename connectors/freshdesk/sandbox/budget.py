"""The account's budget of calls: shown on every answer, kept where the settings say so."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.freshdesk.sandbox.errors import too_many_calls

_WINDOW = timedelta(minutes=1)


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
        self._lock = threading.Lock()
        self._spent: deque[tuple[datetime, int]] = deque()

    def spend(self, price: int, at: datetime) -> None:
        """Count a call, be it valid or not; raises 429 where it is too many."""
        with self._lock:
            self._forget(at)
            if self._enforced and self._used() + price > self._limit:
                first = self._spent[0][0] if self._spent else at
                wait = (first + _WINDOW - at).total_seconds()
                raise too_many_calls(max(math.ceil(wait), 1))
            self._spent.append((at, price))

    def webhook(self, at: datetime) -> None:
        """Count a webhook that goes out: it draws on the same budget."""
        with self._lock:
            self._spent.append((at, 1))

    def headers(self, price: int, at: datetime) -> Mapping[str, str]:
        """Tell how much is left, as every answer does."""
        with self._lock:
            self._forget(at)
            left = max(self._limit - self._used(), 0)
        return {
            "X-RateLimit-Total": str(self._limit),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Used-CurrentRequest": str(price),
        }

    def _used(self) -> int:
        return sum(price for _, price in self._spent)

    def _forget(self, at: datetime) -> None:
        while self._spent and self._spent[0][0] <= at - _WINDOW:
            self._spent.popleft()
