"""Faults on request: what goes wrong next, how often, and for which calls."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from typing import Literal

FaultKind = Literal[
    "rate_limited",
    "server_error",
    "late_effect",
    "lost_answer",
    "agent_in_between",
    "duplicate_delivery",
    "lost_delivery",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that will go wrong ``count`` times.

    ``method``, ``path`` (a pattern like ``*/comments*``), ``ticket`` and ``event`` (part of the
    vendor's event name) narrow it down.
    """

    id: int
    kind: FaultKind
    count: int = 1
    method: str | None = None
    path: str | None = None
    ticket: int | None = None
    event: str | None = None
    status: int = 500  # server_error
    retry_after: int | None = 1  # rate_limited; without it where null
    plain: bool = False  # rate_limited with a body that is no JSON
    seconds: float = 15.0  # late_effect: until it takes effect; lost_answer "hold": until cut
    drop_after: float | None = None  # late_effect: cut the connection before it takes effect
    answer: Literal["drop", "error", "hold"] = "drop"  # lost_answer
    same_second: bool = False  # agent_in_between: the stamp does not move
    text: str = "I have looked into this: it is solved now."  # agent_in_between


@dataclass(frozen=True, slots=True)
class Call:
    """What a fault is matched with."""

    method: str = ""
    path: str = ""
    ticket: int | None = None
    event: str = ""


class Faults:
    """The faults that are still to come; forgotten when the sandbox ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 1
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Plan a fault; gives it its number."""
        with self._lock:
            fault = replace(fault, id=self._next)
            self._next += 1
            self._pending.append(fault)
            return fault

    def pending(self) -> list[Fault]:
        """List what is still to come."""
        with self._lock:
            return list(self._pending)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._pending.clear()

    def take(self, kinds: Collection[FaultKind], call: Call) -> Fault | None:
        """Use up one occurrence of the first planned fault that fits this call."""
        with self._lock:
            for place, fault in enumerate(self._pending):
                if fault.kind in kinds and _fits(fault, call):
                    if fault.count > 1:
                        self._pending[place] = replace(fault, count=fault.count - 1)
                    else:
                        del self._pending[place]
                    return fault
        return None


def _fits(fault: Fault, call: Call) -> bool:
    return (
        (fault.method is None or fault.method.upper() == call.method)
        and (fault.path is None or fnmatch(call.path, fault.path))
        and (fault.ticket is None or fault.ticket == call.ticket)
        and (fault.event is None or fault.event in call.event)
    )
