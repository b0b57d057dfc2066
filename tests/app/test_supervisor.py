"""Everything starts in order, what dies comes back, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app import supervisor as module
from app.supervisor import (
    LONGEST_BACKOFF,
    STEADY_SECONDS,
    Child,
    StartFailed,
    Supervisor,
    stopping_on_signals,
)

SLEEP = "/bin/sleep"
FOREVER = (SLEEP, "1000")
# Writes when it was asked to end, and ends.
POLITE = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
open(sys.argv[1] + "." + sys.argv[2], "w").close()
time.sleep(1000)
"""
DEAF = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").close()
time.sleep(1000)
"""


class Time:
    """A clock that is moved by hand, and by whoever sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pace = 0.001  # seconds that one sleep really takes: children need some, too

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        time.sleep(self.pace)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def supervisor(clock: Time) -> Iterator[Supervisor]:
    made = Supervisor(clock, clock.sleep)
    yield made
    for pid in made.pids().values():
        os.killpg(pid, signal.SIGKILL)
    made.stop()


def environ() -> Mapping[str, str]:
    return {"PATH": os.environ["PATH"]}


def child(name: str, *argv: str, **rest: object) -> Child:
    return Child(name, argv or FOREVER, environ(), **rest)  # type: ignore[arg-type]


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def kill(supervisor: Supervisor, name: str) -> None:
    os.kill(supervisor.pids()[name], signal.SIGKILL)
    until(lambda: name not in supervisor.pids())


# Starting


def test_a_stage_starts_when_the_one_before_it_serves(supervisor: Supervisor) -> None:
    order: list[str] = []
    asked = iter([False, False, True])

    def stores_ready() -> bool:
        order.append(f"stores? {sorted(supervisor.pids())}")
        return next(asked)

    def web_ready() -> bool:
        order.append(f"web? {sorted(supervisor.pids())}")
        return True

    supervisor.start(
        [
            child("web", stage=2, ready=web_ready),
            child("chroma", stage=0),
            child("broker", stage=0, ready=stores_ready),
        ]
    )
    assert order == ["stores? ['broker', 'chroma']"] * 3 + ["web? ['broker', 'chroma', 'web']"]


def test_a_child_sees_the_environment_it_was_given_and_no_other(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_URL", "https://real.example")
    log = tmp_path / "logs" / "child.log"
    supervisor.start([child("env", "/usr/bin/env", log_file=log)])
    until(lambda: "PATH" in log.read_text())
    assert "real.example" not in log.read_text()


def test_one_that_ends_while_starting_says_where_to_look(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    log = tmp_path / "web.log"
    program = "print('no such module: gunicorn'); raise SystemExit(3)"
    broken = child(
        "web", sys.executable, "-c", program, ready=lambda: False, patience=1e9, log_file=log
    )
    with pytest.raises(StartFailed) as caught:
        supervisor.start([broken])
    assert str(caught.value) == f"web ended with code 3; see {log}"
    assert "no such module" in log.read_text()


def test_one_that_never_serves_is_given_up_in_time(supervisor: Supervisor) -> None:
    with pytest.raises(StartFailed) as caught:
        supervisor.start([child("chroma", ready=lambda: False, patience=2)])
    assert str(caught.value) == "chroma did not serve within 2 s"


def test_who_is_told_to_stop_while_starting_stops(supervisor: Supervisor) -> None:
    def never() -> bool:
        supervisor.stopping = True
        return False

    with pytest.raises(StartFailed, match="Stopped while starting"):
        supervisor.start([child("chroma", ready=never), child("web", stage=1)])
    assert list(supervisor.pids()) == ["chroma"], "the next stage was not begun"


# Restarting


def backoff(supervisor: Supervisor, clock: Time, name: str) -> float:
    """Kill a child and tell how long it takes to come back."""
    kill(supervisor, name)
    supervisor.tend()
    began = clock.now
    while name not in supervisor.pids():
        clock.now += 0.25
        supervisor.tend()
    return clock.now - began


def test_what_dies_comes_back_a_little_later_each_time(supervisor: Supervisor, clock: Time) -> None:
    supervisor.start([child("worker"), child("web")])
    web = supervisor.pids()["web"]
    waits = [backoff(supervisor, clock, "worker") for _ in range(8)]
    assert waits == [0.5, 1, 2, 4, 8, 16, LONGEST_BACKOFF, LONGEST_BACKOFF]
    assert supervisor.pids()["web"] == web, "nobody else was touched"


def test_what_ran_for_long_comes_back_at_once_again(supervisor: Supervisor, clock: Time) -> None:
    supervisor.start([child("worker")])
    for _ in range(4):
        backoff(supervisor, clock, "worker")
    clock.now += STEADY_SECONDS + 1
    assert backoff(supervisor, clock, "worker") == 0.5


def test_watching_ends_when_told(supervisor: Supervisor) -> None:
    supervisor.start([child("worker")])
    first = supervisor.pids()["worker"]
    kill(supervisor, "worker")
    supervisor.watch(until=lambda: supervisor.pids().get("worker", first) != first)
    supervisor.stopping = True
    supervisor.watch()
    assert "worker" in supervisor.pids()


# Stopping


def polite(name: str, stage: int, notes: Path) -> Child:
    return child(
        name,
        *(sys.executable, "-c", POLITE, str(notes), name),
        stage=stage,
        ready=Path(f"{notes}.{name}").exists,
        patience=1e9,
    )


def test_everything_ends_last_started_first(
    supervisor: Supervisor, clock: Time, tmp_path: Path
) -> None:
    clock.pace = 0.02  # on a busy machine a polite child needs a moment
    notes = tmp_path / "notes"
    supervisor.start([polite(name, i, notes) for i, name in enumerate(("broker", "worker", "web"))])
    pids = supervisor.pids()
    supervisor.stop()
    assert notes.read_text().split() == ["web", "worker", "broker"]
    assert supervisor.pids() == {}
    assert all(gone(pid) for pid in pids.values())


def test_what_will_not_end_is_killed(supervisor: Supervisor, clock: Time, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    deaf = child("deaf", sys.executable, "-c", DEAF, str(ready), ready=ready.exists, patience=1e9)
    supervisor.start([deaf])
    (pid,) = supervisor.pids().values()
    began = clock.now
    supervisor.stop()
    assert gone(pid)
    assert clock.now - began >= module.STOP_PATIENCE


def test_what_a_child_left_behind_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"{SLEEP} 1000 & echo $! > {note}.part; mv {note}.part {note}; exec {SLEEP} 1000"
    supervisor.start([child("worker", "/bin/sh", "-c", program, ready=note.exists, patience=1e9)])
    left = int(note.read_text())
    assert not gone(left)
    supervisor.stop()
    until(lambda: gone(left) or is_zombie(left))


def is_zombie(pid: int) -> bool:
    """Where nobody adopts orphans, the dead stay listed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_stopping_twice_or_with_nothing_started_does_no_harm(supervisor: Supervisor) -> None:
    supervisor.stop()
    supervisor.stopping = False
    supervisor.start([child("worker")])
    supervisor.stop()
    supervisor.stop()
    assert supervisor.pids() == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_the_handlers_are_put_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    supervisor = Supervisor()
    with stopping_on_signals(supervisor):
        signal.raise_signal(number)
        assert supervisor.stopping
    assert signal.getsignal(number) is before


ORPHANED = """
import os, subprocess, sys, time
command = [sys.executable, "-m", "app.orphan", str(os.getpid()), "/bin/sleep", "1000"]
child = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
while b"sleep" not in open(f"/proc/{child.pid}/cmdline", "rb").read():
    time.sleep(0.01)
print(child.pid, flush=True)
time.sleep(1000)
"""


def test_children_end_when_the_supervisor_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ORPHANED], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    parent.kill()
    parent.communicate()
    until(lambda: gone(pid) or is_zombie(pid))
