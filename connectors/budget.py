"""One rate budget for all processes of an installation, told by the headers of each answer.

The helpdesk counts by account, not by process: where each worker waited for itself only, the others
would run on into the limit, and refused calls count, too. So a pause lies in the shared store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.http import retry_after
from connectors.shared import Shared

GRAIN = 0.001  # seconds; less is what floats make of the same moment
LONGEST_PAUSE = 3600.0  # a vendor's slip, or a clock that is off, does not silence us for days


@dataclass(frozen=True, slots=True)
class Headers:
    """What a vendor calls its headers, in lower case; ``reset`` is "" where it has none.

    ``window`` is how many seconds the budget is for: the longest that one has to wait for it.
    """

    total: str
    remaining: str
    reset: str = ""
    window: float = 60.0


class Budget:
    """The pauses of one account, kept under a name in the shared store.

    After a 429 nobody calls until the time that the helpdesk asked for is over. When less than
    ``headroom`` (a share of it, left to people and other tools) is left, nobody calls until the
    window is over, once: who has waited for a whole window and finds the budget low again is not
    the one who uses it up, and goes on until the helpdesk itself refuses. So a small budget, and
    one that others eat, still let work be done. ``spellings`` are further names that the same
    headers have.
    """

    def __init__(
        self,
        shared: Shared,
        name: str,
        headers: Headers,
        headroom: float = 0.1,
        *,
        spellings: Sequence[Headers] = (),
    ) -> None:
        self._shared = shared
        self._headroom = headroom
        self._name = f"rate:{name}"
        self._headers = headers
        self._spellings = (headers, *spellings)

    def pause(self, now: datetime, call: str = "") -> float:
        """Tell for how many seconds nobody is to call, whatever the call is."""
        left = (self._until() or 0.0) - now.timestamp()
        return left if left > GRAIN else 0.0

    def learn(self, status: int, headers: Mapping[str, str], now: datetime, call: str = "") -> None:
        """Take note of an answer: of a refusal, and of a budget that runs low."""
        if status == 429:
            asked = retry_after(headers, now)
            self.rest(self._headers.window if asked is None else asked, now)
            return
        lower = {name.lower(): value for name, value in headers.items()}
        total, remaining = self._told(lower)
        # A total of 0 is a plan without an API: the helpdesk's own refusal says it better.
        if not total or remaining is None:
            return
        until = self._until()
        if remaining >= total * self._headroom:
            if until is not None and until <= now.timestamp():
                self._shared.drop(self._name, str(until))
        elif until is None or now.timestamp() >= until + self._headers.window:
            self.rest(self._left(lower, now), now)

    def remaining(self, headers: Mapping[str, str]) -> float | None:
        """Read from an answer's headers how many calls are left; ``None`` where it does not say."""
        return self._told({name.lower(): value for name, value in headers.items()})[1]

    def _told(self, lower: Mapping[str, str]) -> tuple[float | None, float | None]:
        told = [
            (_number(lower.get(s.total)), _number(lower.get(s.remaining))) for s in self._spellings
        ]
        whole = [each for each in told if None not in each]
        half = [each for each in told if each[1] is not None]
        return next(iter([*whole, *half]), (None, None))

    def _left(self, lower: Mapping[str, str], now: datetime) -> float:
        resets = (lower.get(each.reset, "") for each in self._spellings if each.reset)
        named = {"retry-after": next((value for value in resets if value), "")}
        told = retry_after(named, now)
        return self._headers.window if told is None else min(told, self._headers.window)

    def rest(self, seconds: float, now: datetime) -> None:
        """Let nobody call for so many seconds, or for longer where that was agreed before."""
        seconds = min(seconds, LONGEST_PAUSE)
        until = max(now.timestamp() + seconds, self._until() or 0.0)
        # It outlives the pause by a window, to tell who has waited already.
        lifetime = until - now.timestamp() + self._headers.window
        self._shared.put(self._name, str(until), lifetime)

    def _until(self) -> float | None:
        return _number(self._shared.get(self._name))


def _number(text: str | None) -> float | None:
    found = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*", text or "", re.ASCII)
    return float(found[1]) if found else None
