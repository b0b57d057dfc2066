"""A worker that is killed between any two steps leaves one note behind: not none, and not two."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psutil
import pytest

from app.domain import Outcome, RunState
from app.ledger import deliveries, runs
from app.ledger.deliveries import Announcement
from connectors.types import EventKind
from tests.journeys.crashing_worker import STEPS
from tests.journeys.stage import HELPDESK, QUESTIONS, House, kill, opened, until

pytestmark = pytest.mark.journey

# What the sandbox must do for a step to be met at all.
FAULTS: Mapping[str, Mapping[str, object]] = {
    "while the update is under way": {"kind": "late_effect", "seconds": 2.0},
    "when the answer to the update is lost": {"kind": "lost_answer"},
}


@dataclass
class Wreck:
    """What the killed workers left: a ticket for each step, and whether the worker really died."""

    house: House
    tickets: Mapping[str, str]
    killed: Mapping[str, bool]


@pytest.fixture(scope="module")
def wreck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wreck]:
    folder = tmp_path_factory.mktemp("crash") / "stage"
    with opened(folder, doors=False, JOB_SECONDS="5") as house:
        tickets = {
            step: house.write_in(QUESTIONS[number % len(QUESTIONS)])
            for number, step in enumerate(STEPS)
        }
        for step, fault in FAULTS.items():
            house.fault(ticket_id=tickets[step], **fault)  # type: ignore[arg-type]
        killed = crash(house, tickets)
        house.open_doors()
        for ticket_id in tickets.values():
            house.settle(ticket_id, 60)
        yield Wreck(house, tickets, killed)


def crash(house: House, tickets: Mapping[str, str]) -> Mapping[str, bool]:
    """Let a worker die over each ticket; tells where it really did."""
    asked = [
        {"step": step, "delivery": announce(house, ticket_id)}
        for step, ticket_id in tickets.items()
    ]
    settings = house.services.settings
    ended = subprocess.run(
        [sys.executable, "-m", "tests.journeys.crashing_worker"],
        input="".join(json.dumps(each) + "\n" for each in asked),
        env={
            **house.services.environ,
            "REDIS_URL": settings.redis_url,
            "CHROMA_URL": settings.chroma_url,
        },
        stdout=subprocess.PIPE,
        text=True,
        timeout=90,
        check=True,
    )
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    return {each["step"]: each["killed"] for each in told}


def announce(house: House, ticket_id: str) -> str:
    """Keep an announcement, as the web process would."""
    with house.services.ledger.write() as connection:
        announcement = Announcement(f"crash:{ticket_id}", ticket_id, EventKind.CREATED)
        new = deliveries.record(connection, HELPDESK, [announcement], time.time())
    return new[0][0]


@pytest.mark.parametrize("step", STEPS)
def test_one_note_whenever_the_worker_is_killed(wreck: Wreck, step: str) -> None:
    assert wreck.killed[step]
    ticket_id = wreck.tickets[step]
    assert len(wreck.house.notes(ticket_id)) == 1
    assert "understudy_draft" in wreck.house.tags(ticket_id)
    (run,) = wreck.house.runs(ticket_id)
    assert (run.state, run.outcome) == (RunState.APPLIED, Outcome.DRAFT)
    assert run.receipt is not None
    assert set(runs.receipt_ids(wreck.house.services.ledger, HELPDESK, ticket_id)) == {
        run.receipt.note_id
    }


def processes_of_worker(house: House, queue: str) -> Sequence[psutil.Process]:
    """A running worker and the child that it forked for its job."""
    worker = psutil.Process(house.supervisor.pids()[f"worker-{queue}"])
    return [worker, *worker.children(recursive=True)]


def test_a_ticket_of_a_killed_worker_is_taken_up_within_half_a_minute(house: House) -> None:
    ticket_id = house.write_in()
    house.fault("late_effect", ticket_id, seconds=4.0)
    until(lambda: applying(house, ticket_id), 20, "the update is on its way")
    for process in processes_of_worker(house, "tickets"):
        kill(process.pid)
    killed_at = time.monotonic()
    run = house.settle(ticket_id, 30)
    assert time.monotonic() - killed_at < 30
    assert run.state is RunState.APPLIED
    assert len(house.notes(ticket_id)) == 1


def test_a_killed_job_is_counted_as_a_try_and_holds_up_no_other_ticket(house: House) -> None:
    worker = processes_of_worker(house, "tickets")[0]
    ticket_id = house.write_in()
    # The connector waits two seconds for a fresh ticket to settle: time to be killed in.
    until(lambda: kill_job(house), 20, "the job runs")
    until(lambda: tries(house, ticket_id) == [1], 5, "the try is counted")
    other = house.write_in()
    assert house.settle(other, 20).state is RunState.APPLIED
    house.settle(ticket_id, 40)
    assert len(house.notes(ticket_id)) == 1
    assert worker.is_running()


def tries(house: House, ticket_id: str) -> list[int]:
    far = time.time() + 3600
    waiting = deliveries.unfinished(house.services.ledger, far)
    return [each.attempts for each in waiting if each.ticket_id == ticket_id]


def kill_job(house: House) -> bool:
    jobs = processes_of_worker(house, "tickets")[1:]
    for process in jobs:
        kill(process.pid)
    return bool(jobs)


def applying(house: House, ticket_id: str) -> bool:
    return any(run.state is RunState.APPLYING for run in house.runs(ticket_id))
