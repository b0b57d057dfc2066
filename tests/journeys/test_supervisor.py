"""The supervisor: what dies is started again, what must end ends, and nothing outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from app.supervisor import Child, StartFailed, Supervisor
from tests.journeys.stage import House, descendants, kill, nothing_left, until

pytestmark = pytest.mark.journey

SHELL = "/bin/sh"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    before = descendants(os.getpid())
    with nothing_left() as started:
        yield made
        started.update(descendants(os.getpid()) - before)
        made.stop()


def child(name: str, script: str, **more: object) -> Child:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return Child(name, (SHELL, "-c", script), environ, **more)  # type: ignore[arg-type]


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_what_dies_is_started_again_a_little_later_each_time(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    log = tmp_path / "starts"
    supervisor.start([child("short", f"date +%s.%N >> {log}")])
    supervisor.watch(until=lambda: len(lines(log)) >= 4)
    supervisor.stop()
    times = [float(line) for line in lines(log)]
    waits = [after - before for before, after in pairwise(times)]
    assert 0.5 <= waits[0] < 1.0 <= waits[1] < 2.0 <= waits[2] < 3.5


def test_a_child_that_ends_while_starting_is_said_with_its_log(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    log = tmp_path / "bad.log"
    with pytest.raises(StartFailed, match=f"bad ended with code 3; see {log}"):
        supervisor.start([child("bad", "exit 3", ready=lambda: False, log_file=log)])


def test_a_child_that_never_serves_is_given_up_and_ended(supervisor: Supervisor) -> None:
    with pytest.raises(StartFailed, match="deaf did not serve within 1 s"):
        supervisor.start([child("deaf", "sleep 60", ready=lambda: False, patience=1.0)])
    (pid,) = supervisor.pids().values()
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def test_what_was_started_last_ends_first(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "ends"

    def named(name: str, stage: int) -> Child:
        ready = tmp_path / f"{name}-ready"
        script = f"trap 'sleep 0.3; echo {name} >> {log}; exit' TERM; touch {ready}; "
        return child(
            name, f"{script} while :; do sleep 0.05; done", stage=stage, ready=ready.exists
        )

    supervisor.start([named("web", 2), named("store", 0), named("worker", 1)])
    supervisor.stop()
    assert lines(log) == ["web", "worker", "store"]
    assert supervisor.pids() == {}


def test_what_does_not_want_to_end_is_killed_with_all_that_it_started(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.supervisor.STOP_PATIENCE", 0.5)
    ready = tmp_path / "ready"
    # A group of its own, as RQ gives to the process of each job.
    grandchild = "import os,time; os.setpgrp(); time.sleep(60)"
    script = f"trap '' TERM; {sys.executable} -c '{grandchild}' & touch {ready}; wait; sleep 60"
    supervisor.start([child("stubborn", script, ready=ready.exists)])
    (pid,) = supervisor.pids().values()
    started = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    assert len(started) > 1
    time.sleep(0.5)  # so that it has its own group
    supervisor.stop()
    until(lambda: not any(alive(process) for process in started), 5, "all of them ended")


@pytest.mark.skipif(sys.platform != "linux", reason="not Linux: nobody ends orphans there")
def test_a_killed_supervisor_leaves_no_orphans(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = (
        "import os\n"
        "from app.supervisor import Child, Supervisor\n"
        f"argv = ('{SHELL}', '-c', 'echo $$ >> {pids}; exec sleep 60')\n"
        "children = [Child(str(n), argv, dict(os.environ), stage=n) for n in range(2)]\n"
        "supervisor = Supervisor()\n"
        "supervisor.start(children)\n"
        "supervisor.watch()\n"
    )
    killed = subprocess.Popen([sys.executable, "-c", script])
    until(lambda: len(lines(pids)) == 2, 20, "both children run")
    children = [psutil.Process(int(line)) for line in lines(pids)]
    kill(killed.pid)
    killed.wait(5)
    until(lambda: not any(alive(process) for process in children), 5, "the children ended")


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("name", ["web", "scheduler", "chroma", "worker-learning"])
def test_the_house_stands_again_after_any_of_its_processes_was_killed(
    house: House, name: str
) -> None:
    kill(house.supervisor.pids()[name])
    ticket_id = house.write_in()
    house.settle(ticket_id, 60)
    assert len(house.notes(ticket_id)) == 1
    until(lambda: house.tends(name), 30, f"{name} runs again")


def test_the_worker_ends_its_job_before_it_ends(house: House) -> None:
    ticket_id = str(house.next_ticket())
    house.fault("late_effect", ticket_id, seconds=3.0)
    house.write_in()
    until(lambda: any(run.attempts for run in house.runs(ticket_id)), 20, "the update is sent")
    os.kill(house.supervisor.pids()["worker-tickets"], signal.SIGTERM)
    run = house.settle(ticket_id, 20)
    assert run.attempts == 1
    assert run.receipt is not None
    assert not run.receipt.found
