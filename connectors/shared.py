"""What all processes of one installation share and may lose: access tokens, and such."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Shared(Protocol):
    """A small store that all processes of one installation share: access tokens, and such.

    It may forget anything at any time, and never raises: who finds nothing in it does without.
    """

    def get(self, name: str) -> str | None:
        """Give what lies under a name, unless it has expired."""

    def put(self, name: str, value: str, seconds: float) -> None:
        """Keep a value for so long."""

    def drop(self, name: str, value: str) -> None:
        """Forget a name if it still holds this value, and not what somebody put there since."""

    def lock(self, name: str, seconds: float) -> AbstractContextManager[None]:
        """Keep other processes out; who has waited for so long goes on without the lock.

        What it guards is done twice rarely, not never, and must bear that.
        """


class PrivateStore:
    """A ``Shared`` of one process: what a connector uses that was given none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[str | None, float]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def get(self, name: str) -> str | None:
        """Give what lies under a name, unless it has expired."""
        value, until = self._kept.get(name, (None, 0.0))
        return value if self._clock() < until else None

    def put(self, name: str, value: str, seconds: float) -> None:
        """Keep a value for so long."""
        self._kept[name] = (value, self._clock() + seconds)

    def drop(self, name: str, value: str) -> None:
        """Forget a name if it still holds this value."""
        if self.get(name) == value:
            self._kept.pop(name, None)

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """Keep other threads out for at most so long."""
        lock = self._locks.setdefault(name, threading.Lock())
        held = lock.acquire(timeout=seconds)
        try:
            yield
        finally:
            if held:
                lock.release()
