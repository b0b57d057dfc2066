"""Virtual time for real threads: of all of them one runs at a time, and nobody waits for real.

Whoever sleeps gives its turn away and goes on when the virtual clock has come so far. So hours of
back-off take no time, and the same seed gives the same order of events.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Act = Callable[[], object]


@dataclass(order=True, slots=True)
class Event:
    """Something that is due; what is due at one moment happens in the order of planning."""

    due: datetime
    turn: int
    act: Act = field(compare=False)


class Ended(BaseException):
    """The world is over: a thread that waits for its turn waits in vain."""


class Parked:
    """A thread that waits for its next turn."""

    def __init__(self) -> None:
        self.go = threading.Lock()
        self.go.acquire()


class Kernel:
    """The clock and the list of what is due; ``run`` belongs to one thread, the kernel's own."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._events: list[Event] = []
        self._turns = 0
        self._over = threading.Lock()
        self._over.acquire()
        self._own: threading.Thread | None = None
        self._parked: set[Parked] = set()
        self._closed = False
        self.fault: BaseException | None = None

    def __call__(self) -> datetime:
        """Tell the time as connectors and sandboxes ask for it."""
        return self.now

    def seconds(self) -> float:
        """Tell the time as the app asks for it."""
        return self.now.timestamp()

    def plan(self, seconds: float, act: Act) -> None:
        """Let something happen later, in the kernel's own thread."""
        self._turns += 1
        due = self.now + timedelta(seconds=max(seconds, 0.0))
        heapq.heappush(self._events, Event(due, self._turns, act))

    def sleep(self, seconds: float) -> None:
        """Let others have their turns for so long; a step of the kernel's own only moves on."""
        until = self.now + timedelta(seconds=seconds)
        # Nobody else may run inside a step of the kernel's own, as nobody may inside a transaction;
        # and where nobody else is due, changing threads would only cost time.
        alone = not self._events or self._events[0].due > until
        if alone or threading.current_thread() is self._own:
            self.now = until
            return
        self.park(self.wake(seconds, Parked()))

    def wake(self, seconds: float, parked: Parked) -> Parked:
        """Plan the next turn of a thread that is about to park."""
        self.plan(seconds, lambda: self.hand_over(parked))
        return parked

    def park(self, parked: Parked) -> None:
        """End this thread's turn; returns when somebody has handed the next one over."""
        self._over.release()
        self.wait(parked)

    def wait(self, parked: Parked) -> None:
        """Wait for the next turn, where the present one is somebody else's already."""
        self._parked.add(parked)
        parked.go.acquire()
        self._parked.discard(parked)
        if self._closed:
            raise Ended

    def leave(self) -> None:
        """End this thread's last turn."""
        if not self._closed:
            self._over.release()

    def close(self) -> None:
        """Let all threads end."""
        self._closed = True
        for parked in [*self._parked]:
            parked.go.release()

    def hand_over(self, parked: Parked) -> None:
        """Give a turn to a parked thread, and wait for its end; the kernel's own thread does."""
        parked.go.release()
        self._over.acquire()

    def spawn(self, body: Act, name: str) -> None:
        """Start a thread that has its first turn now; what it raises ends the run."""
        parked = Parked()

        def live() -> None:
            try:
                self.wait(parked)
                body()
            except Ended:
                pass
            except BaseException as error:
                self.fault = self.fault or error
            finally:
                self.leave()

        threading.Thread(target=live, name=name, daemon=True).start()
        self.plan(0.0, lambda: self.hand_over(parked))

    def run(self, going: Callable[[], bool]) -> None:
        """Let happen what is due, one after the other, as long as ``going`` says."""
        self._own = threading.current_thread()
        while self._events and going():
            event = heapq.heappop(self._events)
            self.now = max(self.now, event.due)
            event.act()
            if self.fault is not None:
                raise self.fault
