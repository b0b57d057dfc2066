"""What was spent within the last minute, as vendors count calls."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

_WINDOW = timedelta(minutes=1)


class LastMinute:
    """Counts what calls cost; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[tuple[datetime, int]] = deque()
        self._sum = 0

    def spend(self, price: int, at: datetime, most: int | None = None) -> float:
        """Count a call, unless that were more than ``most``.

        Gives 0.0 where it was counted, else the seconds until the oldest call is forgotten.
        """
        with self._lock:
            self._forget(at)
            if most is not None and self._sum + price > most:
                oldest = self._entries[0][0] if self._entries else at
                return (oldest + _WINDOW - at).total_seconds()
            self._entries.append((at, price))
            self._sum += price
            return 0.0

    def spent(self, at: datetime) -> int:
        """Tell what the last minute's calls have cost together."""
        with self._lock:
            self._forget(at)
            return self._sum

    def _forget(self, at: datetime) -> None:
        while self._entries and self._entries[0][0] <= at - _WINDOW:
            self._sum -= self._entries.popleft()[1]
