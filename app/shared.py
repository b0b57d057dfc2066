"""What all processes of one installation share and may lose: access tokens, kept in the broker.

Sharing saves work and nothing depends on it. While the broker is away each process does for itself,
and no ticket fails for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import LockError, RedisError
from redis.lock import Lock
from redis.retry import Retry

from app.logs import get_logger
from connectors.shared import PrivateStore, Shared

PREFIX = "understudy:shared:"
# Seconds that one call may take, and that a broker is left alone after it failed.
PATIENCE = 1.0
REST = 30.0

# Checked and deleted in one step: between the two another process may put a newer value there.
DROP = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""

Thing = TypeVar("Thing")

log = get_logger()


def open_shared(redis_url: str) -> Shared:
    """Share through a broker; where none is known (a command on its own), with nobody."""
    if not redis_url:
        return PrivateStore()
    broker: Redis = Redis.from_url(
        redis_url,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        # Once more at once: a connection that lay idle may have been closed by the broker.
        retry=Retry(NoBackoff(), 1),
    )
    return RedisShared(broker)


class RedisShared:
    """A ``connectors.shared.Shared`` in Redis or Valkey; its first use connects."""

    def __init__(self, broker: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._broker = broker
        self._clock = clock
        self._resting_until: float | None = None

    def get(self, name: str) -> str | None:
        """Give what lies under a name, unless it has expired."""
        found = self._try(lambda: self._broker.get(PREFIX + name), None)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else None

    def put(self, name: str, value: str, seconds: float) -> None:
        """Keep a value for so long."""
        lifetime = max(1, int(seconds * 1000))
        self._try(lambda: self._broker.set(PREFIX + name, value, px=lifetime), None)

    def drop(self, name: str, value: str) -> None:
        """Forget a name if it still holds this value."""
        self._try(lambda: self._broker.eval(DROP, 1, PREFIX + name, value), None)

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """Keep other processes out; who has waited for so long goes on without the lock.

        It also ends after so long by itself, for its holder may have been killed.
        """
        lock = self._try(lambda: self._acquire(name, seconds), None)
        try:
            yield
        finally:
            if lock is not None:
                self._try(lambda: _release(lock), None)

    def _acquire(self, name: str, seconds: float) -> Lock | None:
        lock = Lock(
            self._broker,
            f"{PREFIX}{name}:lock",
            timeout=seconds,
            blocking_timeout=seconds,
            sleep=0.05,
        )
        return lock if lock.acquire() else None

    def _try(self, call: Callable[[], Thing], otherwise: Thing) -> Thing:
        now = self._clock()
        if self._resting_until is not None and now < self._resting_until:
            return otherwise
        try:
            return call()
        except RedisError as error:
            if self._resting_until is None:
                log.warning("broker is away, nothing is shared", error=type(error).__name__)
            self._resting_until = self._clock() + REST
            return otherwise


def _release(lock: Lock) -> None:
    # Held for too long, it has passed to another: there is nothing to give back.
    with suppress(LockError):
        lock.release()
