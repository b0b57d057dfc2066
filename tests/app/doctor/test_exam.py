"""An exam says what it found; one that cannot be carried out ends no other, and shows no secret."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.doctor.exam import (
    HERE,
    Exam,
    State,
    TookTooLong,
    carried_out,
    span,
    state_of,
    summary,
    within,
)
from app.ledger.store import LedgerDown
from connectors.errors import Unreachable
from connectors.setup import Finding

FINE = Finding("a", ok=True, message="Fine.")


@pytest.mark.parametrize(
    ("finding", "state"),
    [
        (FINE, State.OK),
        (Finding("a", ok=True, message="Fine.", remedy="Better so."), State.NOTE),
        (Finding("a", ok=False, message="Bad.", remedy="Mend it."), State.MEND),
        (Finding("a", ok=False, message="Bad."), State.MEND),
    ],
)
def test_what_works_with_a_remedy_is_a_note(finding: Finding, state: State) -> None:
    assert state_of(finding) is state


def failing(error: Exception) -> Exam:
    def findings() -> Iterator[Finding]:
        yield FINE
        raise error

    return Exam(HERE, "thing", findings)


@pytest.mark.parametrize("error", [LedgerDown("The ledger is away"), Unreachable("No answer")])
def test_a_fault_that_speaks_is_quoted_and_what_was_found_before_it_stays(
    error: Exception,
) -> None:
    first, second = carried_out(failing(error))
    assert first == FINE
    assert second == Finding("thing", ok=False, message=f"It could not be checked: {error}")


def test_a_bug_is_told_by_its_place_and_never_in_its_own_words() -> None:
    _, found = carried_out(failing(KeyError("invented-secret")))
    assert not found.ok
    assert "KeyError (test_exam.py, line " in found.message
    assert "invented-secret" not in found.message + found.remedy


def test_what_takes_too_long_is_given_up() -> None:
    begun = time.monotonic()
    with pytest.raises(TookTooLong, match="No answer within 0 s"):
        within(0.05, lambda: time.sleep(1))
    assert time.monotonic() - begun < 0.9


def test_what_is_waited_for_comes_out_as_it_is() -> None:
    assert within(5, lambda: 7) == 7
    with pytest.raises(TimeoutError, match="its own"):
        within(5, lambda: (_ for _ in ()).throw(TimeoutError("its own")))


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ([State.OK], "1 check: all is well."),
        ([State.OK, State.OK], "2 checks: all is well."),
        ([State.OK, State.NOTE], "2 checks: all is well, 1 note."),
        ([State.MEND, State.NOTE, State.NOTE], "3 checks: 1 thing to mend, 2 notes."),
    ],
)
def test_the_last_line_sums_up(states: list[State], line: str) -> None:
    assert summary(states) == line


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 seconds"), (1, "1 second"), (90, "1 minute"), (7300, "2 hours"), (9e5, "10 days")],
)
def test_times_are_told_as_people_do(seconds: float, told: str) -> None:
    assert span(seconds) == told
