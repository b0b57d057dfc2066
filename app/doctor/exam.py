"""An exam: one thing that is tried, what was found, and how that reads."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from connectors.setup import Finding

# Where findings belong that are about no single helpdesk.
HERE = "this installation"
# Errors of ours speak in sentences, and never with a secret in them.
OURS = ("app.", "connectors.")

Thing = TypeVar("Thing")


class State(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    NOTE = "note"  # it works, and something is worth doing all the same
    MEND = "MEND"


@dataclass(frozen=True, slots=True)
class Exam:
    """One thing to try, somewhere; ``name`` is shown while it lasts."""

    where: str
    name: str
    findings: Callable[[], Iterable[Finding]]


class TookTooLong(RuntimeError):
    """Something that was tried had not ended within its time."""


def state_of(finding: Finding) -> State:
    """Tell how a finding is to be taken."""
    if not finding.ok:
        return State.MEND
    return State.NOTE if finding.remedy else State.OK


def carried_out(exam: Exam) -> Iterator[Finding]:
    """Try something; what cannot be tried is a finding too, and ends no other exam."""
    try:
        yield from exam.findings()
    except Exception as error:  # whatever happens, the other exams go on
        yield _unchecked(exam.name, error)


def within(seconds: float, call: Callable[[], Thing]) -> Thing:
    """Wait for a call for so long at most; raises what it raises, or ``TookTooLong``.

    Models have no time-out of their own that all providers know. What goes on after it is over
    ends with the process.
    """
    found: Future[Thing] = Future()

    def work() -> None:
        try:
            found.set_result(call())
        except Exception as error:  # it is raised where it is waited for
            found.set_exception(error)

    # Not a pool's thread: for those Python waits when it ends.
    threading.Thread(target=work, daemon=True).start()
    if not wait([found], seconds).done:
        raise TookTooLong(f"No answer within {seconds:.0f} s")
    return found.result()


def summary(states: Iterable[State]) -> str:
    """Say in a line how it stands."""
    counted = list(states)
    mend, notes = counted.count(State.MEND), counted.count(State.NOTE)
    told = f"{_some(len(counted), 'check')}: "
    if not mend:
        return told + ("all is well" if not notes else f"all is well, {_some(notes, 'note')}") + "."
    return told + f"{_some(mend, 'thing')} to mend, {_some(notes, 'note')}."


def span(seconds: float) -> str:
    """Say how long something lasts, as people do."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return _some(int(seconds // size), name)
    return _some(int(max(0, seconds)), "second")


def _some(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"


def _unchecked(check: str, error: Exception) -> Finding:
    if type(error).__module__.startswith(OURS):
        return Finding(check, ok=False, message=f"It could not be checked: {error}")
    # Not its words: those of a library may quote what it was given, secrets among it.
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "?"
    return Finding(
        check,
        ok=False,
        message=f"It could not be checked: {type(error).__name__} ({place}), a fault of ours.",
        remedy="Report it with this line; the other checks do not depend on it.",
    )
