"""What goes wrong: the sandbox's faults and our own, drawn for each ticket by itself.

So a ticket meets the same faults in the same order of its calls, whatever befalls the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from random import Random
from typing import Any, Literal, get_args
from zlib import crc32

from connectors.sandbox.faults import Call, Fault, FaultKind, Faults

OwnKind = Literal[
    "process_killed",  # at any call or commit, without a word
    "job_lost",  # by the broker
    "job_doubled",
    "broker_down",  # while a webhook comes in
    "ledger_down",  # while a webhook comes in
    "shared_forgotten",  # a value of the store that processes share
]
OWN: tuple[OwnKind, ...] = get_args(OwnKind)
# Each kind's ways to go wrong have a part of its share. A caller waits 30 s for an answer.
WAYS: dict[FaultKind, tuple[dict[str, Any], ...]] = {
    "rate_limited": ({}, {"retry_after": 30}, {"retry_after": None}, {"plain": True}),
    "server_error": ({}, {"status": 503}),
    "unanswered": ({}, {"seconds": 40.0}),
    "conflict": ({},),
    "late_effect": ({}, {"seconds": 45.0}, {"seconds": 20.0, "drop_after": 2.0}),
    "lost_answer": ({}, {"answer": "error", "status": 502}, {"answer": "hold", "seconds": 40.0}),
    "truncated": ({},),
    "tags_in_between": ({}, {"add": ("vip-case",), "remove": ("mobile",)}),
    "agent_in_between": ({},),
    "customer_in_between": ({},),
    "ticket_gone_in_between": tuple({"to": to} for to in ("closed", "merged", "deleted", "spam")),
    "duplicate_delivery": ({},),
    "lost_delivery": ({},),
    "late_delivery": ({}, {"seconds": 300.0}),
    "disordered_delivery": ({},),
}


class Chances(Faults):
    """The faults of one soak. ``says`` words what a customer says in between."""

    says: Callable[[int], str]

    def __init__(self, kinds: Collection[FaultKind], share: float, seed: int) -> None:
        super().__init__()
        self.calm = False
        self.injected: Counter[str] = Counter()
        self._kinds, self._share, self._seed = kinds, share, seed
        self._by_ticket: dict[int, Faults] = {}
        self._turns: Counter[tuple[str, int]] = Counter()

    def take(self, kinds: Collection[FaultKind], call: Call) -> Fault | None:
        """Find a fault of the ticket that a call is about."""
        if self.calm:
            return None
        number = call.ticket or 0
        if number not in self._by_ticket:
            self._by_ticket[number] = self._planned(number)
        fault = self._by_ticket[number].take(kinds, call)
        if fault is None:
            return None
        self.injected[fault.kind] += 1
        if fault.kind == "customer_in_between":
            return replace(fault, text=self.says(number))
        return fault

    def hits(self, kind: OwnKind, ticket: int = 0) -> bool:
        """Draw whether one of our own faults happens now."""
        turn = self._turns[kind, ticket]
        self._turns[kind, ticket] += 1
        hit = not self.calm and self.draw(kind, ticket, turn).random() < self._share
        self.injected[kind] += hit
        return hit

    def draw(self, *of: object) -> Random:
        """Give numbers that depend on the seed and on what they are for."""
        return Random("/".join(str(each) for each in (self._seed, *of)))

    def _planned(self, number: int) -> Faults:
        faults = Faults()
        for fault in self._ways(number):
            faults.add(fault)
        return faults

    def _ways(self, number: int) -> Iterator[Fault]:
        for kind in self._kinds:
            ways = WAYS[kind]
            for place, way in enumerate(ways):
                seed = crc32(f"{self._seed}/{number}/{place}".encode())
                share = self._share / len(ways)
                yield Fault(id=0, kind=kind, count=None, share=share, seed=seed, **way)
