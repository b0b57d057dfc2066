"""Faults on request: what goes wrong next, how often or how likely, and for which calls."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from random import Random
from typing import Literal, get_args

FaultKind = Literal[
    "rate_limited",
    "server_error",
    "unanswered",
    "conflict",
    "late_effect",
    "lost_answer",
    "truncated",
    "tags_in_between",
    "agent_in_between",
    "customer_in_between",
    "ticket_gone_in_between",
    "duplicate_delivery",
    "lost_delivery",
    "late_delivery",
    "disordered_delivery",
]
Gone = Literal["closed", "merged", "deleted", "spam"]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that will go wrong: ``count`` times, or with the probability ``share`` for ever.

    ``method``, ``path`` (a pattern like ``*/comments*``), ``ticket`` and ``event`` (part of the
    vendor's event name) narrow it down. ``met`` counts what fitted so far, ``hits`` what it hit.
    """

    id: int
    kind: FaultKind
    count: int | None = 1  # null with a share
    share: float | None = None
    seed: int = 0  # of the share's draws
    met: int = 0
    hits: int = 0
    method: str | None = None
    path: str | None = None
    ticket: int | None = None
    event: str | None = None
    status: int = 500  # server_error
    retry_after: int | None = 1  # rate_limited; without it where null
    plain: bool = False  # rate_limited with a body that is no JSON
    # late_effect: until it takes effect; unanswered and lost_answer "hold": until cut;
    # late_delivery: until it is sent; disordered_delivery: so long where nothing overtakes it
    seconds: float = 15.0
    drop_after: float | None = None  # late_effect: cut the connection before it takes effect
    answer: Literal["drop", "error", "hold"] = "drop"  # lost_answer
    same_second: bool = False  # …_in_between: the stamp does not move
    text: str = ""  # agent_in_between, customer_in_between; else usual words
    add: tuple[str, ...] = ("agent_was_here",)  # tags_in_between
    remove: tuple[str, ...] = ()  # tags_in_between
    to: Gone = "closed"  # ticket_gone_in_between
    into: int | None = None  # ticket_gone_in_between "merged"; else another of the requester's


@dataclass(frozen=True, slots=True)
class Call:
    """What a fault is matched with."""

    method: str = ""
    path: str = ""
    ticket: int | None = None
    event: str = ""


def chance(seed: int, kind: FaultKind, turn: int) -> float:
    """Draw a number from 0 to 1: the same for the same arguments, on every machine."""
    return Random(f"{seed}/{kind}/{turn}").random()  # noqa: S311 - to be repeated, not secret


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
        """Find the first planned fault that hits this call, and use up one occurrence of it."""
        with self._lock:
            for place, fault in enumerate(self._pending):
                if fault.kind in kinds and _fits(fault, call) and self._meet(place, fault):
                    return fault
        return None

    def _meet(self, place: int, fault: Fault) -> bool:
        hit = _hits(fault)
        met = replace(fault, met=fault.met + 1, hits=fault.hits + hit)
        if met.count is not None and met.hits >= met.count:
            del self._pending[place]
        else:
            self._pending[place] = met
        return hit


def _hits(fault: Fault) -> bool:
    return fault.share is None or chance(fault.seed, fault.kind, fault.met) < fault.share


def _fits(fault: Fault, call: Call) -> bool:
    return (
        (fault.method is None or fault.method.upper() == call.method)
        and (fault.path is None or fnmatch(call.path, fault.path))
        and (fault.ticket is None or fault.ticket == call.ticket)
        and (fault.event is None or fault.event in call.event)
    )
