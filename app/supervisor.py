"""The supervisor: starts our processes in order, restarts what dies, ends them all cleanly.

Small on purpose: systemd, Docker or Kubernetes can take its place (``understudy run web|worker|
scheduler``). Each child has a process group of its own, so that Ctrl-C reaches the supervisor
first and no worker is cut off in the middle of a job.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from app.logs import get_logger

LONGEST_BACKOFF = 30.0
# A child that ran this long had recovered: its next death starts the backoff anew.
STEADY_SECONDS = 60.0
STOP_PATIENCE = 15.0

log = get_logger()


class StartFailed(RuntimeError):
    """A child did not come up; its message is one sentence with where to look."""


@dataclass(frozen=True, slots=True)
class Child:
    """What to run: ``ready`` tells when it serves; ``stage`` orders starting (lowest first)."""

    name: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    stage: int = 0
    ready: Callable[[], bool] = lambda: True
    patience: float = 60.0
    log_file: Path | None = None  # None: our own standard error


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """Runs children until it is told to stop. Not thread-safe."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    stopping: bool = False
    _running: dict[str, _Running] = field(default_factory=dict)

    def start(self, children: Sequence[Child]) -> None:
        """Start children, stage by stage, waiting until each serves; raises ``StartFailed``."""
        for stage in sorted({child.stage for child in children}):
            members = [child for child in children if child.stage == stage]
            for child in members:
                self._running[child.name] = _Running(child, _spawn(child), self.clock())
            for child in members:
                self._wait_for(self._running[child.name])

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restart what dies, until told to stop or ``until`` says so."""
        while not self.stopping and not until():
            self.tend()
            self.sleep(0.2)

    def tend(self) -> None:
        """Look once at every child and restart those whose time has come."""
        now = self.clock()
        for running in self._running.values():
            if running.restart_at is not None:
                if now >= running.restart_at:
                    self._restart(running)
            elif running.process.poll() is not None:
                self._bury(running, now)

    def stop(self) -> None:
        """End all children, last started first; kill what does not end in time."""
        self.stopping = True
        alive = [item for item in self._running.values() if item.process.poll() is None]
        for stage in sorted({item.child.stage for item in alive}, reverse=True):
            members = [item for item in alive if item.child.stage == stage]
            for item in members:
                _signal(item.process, signal.SIGTERM)
            deadline = self.clock() + STOP_PATIENCE
            for item in members:
                self._end(item, deadline)

    def pids(self) -> dict[str, int]:
        """Tell the process id of each running child."""
        return {
            name: item.process.pid
            for name, item in self._running.items()
            if item.process.poll() is None
        }

    def _wait_for(self, running: _Running) -> None:
        child = running.child
        deadline = running.started_at + child.patience
        while not child.ready():
            code = running.process.poll()
            if self.stopping:
                raise StartFailed("Stopped while starting")
            if code is not None:
                raise StartFailed(f"{child.name} ended with code {code}{_where(child)}")
            if self.clock() > deadline:
                raise StartFailed(
                    f"{child.name} did not serve within {child.patience:.0f} s{_where(child)}"
                )
            self.sleep(0.05)

    def _bury(self, running: _Running, now: float) -> None:
        if now - running.started_at > STEADY_SECONDS:
            running.deaths = 0
        wait = min(0.5 * 2**running.deaths, LONGEST_BACKOFF)
        running.deaths += 1
        running.restart_at = now + wait
        log.error(
            f"{running.child.name} ended with code {running.process.returncode}, "
            f"starting it again in {wait:g} s"
        )

    def _restart(self, running: _Running) -> None:
        running.process = _spawn(running.child)
        running.started_at = self.clock()
        running.restart_at = None

    def _end(self, running: _Running, deadline: float) -> None:
        while running.process.poll() is None and self.clock() < deadline:
            self.sleep(0.05)
        if running.process.poll() is None:
            log.warning(f"{running.child.name} did not end in time and is killed")
        # Also what it may have left behind, such as a worker's forked job.
        _signal(running.process, signal.SIGKILL)
        _kill_session(running.process.pid)
        running.process.wait()


@contextmanager
def stopping_on_signals(supervisor: Supervisor) -> Iterator[None]:
    """Make Ctrl-C and SIGTERM ask the supervisor to stop, while the block runs."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        supervisor.stopping = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _spawn(child: Child) -> subprocess.Popen[bytes]:
    output: IO[bytes] | None = None
    if child.log_file is not None:
        child.log_file.parent.mkdir(parents=True, exist_ok=True)
        output = child.log_file.open("ab")
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "app.orphan", str(os.getpid()), *child.argv],
            env=dict(child.environ),
            stdin=subprocess.DEVNULL,
            stdout=output if output is not None else sys.stderr.fileno(),
            stderr=subprocess.STDOUT if output is not None else None,
            start_new_session=True,
        )
    finally:
        if output is not None:
            output.close()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # the group is gone already


def _kill_session(leader: int) -> None:
    """Kill what a child started, in groups of its own too: RQ gives one to each job.

    Where there is no /proc it is left to end by itself.
    """
    for entry in Path("/proc").glob("[0-9]*"):
        # Gone by now, or somebody else's: neither is ours to end.
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(entry.name)) == leader:
                os.kill(int(entry.name), signal.SIGKILL)


def _where(child: Child) -> str:
    return f"; see {child.log_file}" if child.log_file is not None else ""
