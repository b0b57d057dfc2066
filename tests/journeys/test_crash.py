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
from connectors import KINDS
from connectors.types import EventKind
from tests.journeys.crashing_worker import STEPS, WRITING
from tests.journeys.stage import HELPDESK, QUESTIONS, House, kill, opened, until

pytestmark = pytest.mark.journey

# All steps on one helpdesk; on the others those in which they differ.
CASES = [(HELPDESK, step) for step in STEPS] + [
    (kind, step) for kind in KINDS if kind != HELPDESK for step in WRITING
]
# What the sandbox must do for a step to be met at all.
FAULTS: Mapping[str, Mapping[str, object]] = {
    "while the update is under way": {"kind": "late_effect", "seconds": 2.0},
    "when the answer to the update is lost": {"kind": "lost_answer"},
}


Case = tuple[str, str]  # helpdesk, step


@dataclass
class Wreck:
    """What the killed workers left: a ticket for each case, and whether the worker really died."""

    houses: Mapping[str, House]
    tickets: Mapping[Case, str]
    killed: Mapping[Case, bool]


@pytest.fixture(scope="module")
def wreck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wreck]:
    folder = tmp_path_factory.mktemp("crash") / "stage"
    with opened(folder, *KINDS, doors=False, JOB_SECONDS="15") as house:
        houses = {kind: house.at(kind) for kind in KINDS}
        tickets = {
            (kind, step): houses[kind].write_in(QUESTIONS[number % len(QUESTIONS)])
            for number, (kind, step) in enumerate(CASES)
        }
        for (kind, step), ticket_id in tickets.items():
            if step in FAULTS:
                houses[kind].fault(ticket_id=ticket_id, **FAULTS[step])  # type: ignore[arg-type]
        killed = crash(houses, tickets)
        house.open_doors()
        for (kind, _), ticket_id in tickets.items():
            houses[kind].settle(ticket_id, 60)
        yield Wreck(houses, tickets, killed)


def crash(houses: Mapping[str, House], tickets: Mapping[Case, str]) -> Mapping[Case, bool]:
    """Let a worker die over each ticket; tells where it really did."""
    asked = [
        {"helpdesk": kind, "step": step, "delivery": announce(houses[kind], ticket_id)}
        for (kind, step), ticket_id in tickets.items()
    ]
    services = houses[HELPDESK].services
    ended = subprocess.run(
        [sys.executable, "-m", "tests.journeys.crashing_worker"],
        input="".join(json.dumps(each) + "\n" for each in asked),
        env={
            **services.environ,
            "REDIS_URL": services.settings.redis_url,
            "CHROMA_URL": services.settings.chroma_url,
        },
        stdout=subprocess.PIPE,
        text=True,
        timeout=180,
        check=True,
    )
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    return {(each["helpdesk"], each["step"]): each["killed"] for each in told}


def announce(house: House, ticket_id: str) -> str:
    """Keep an announcement, as the web process would."""
    with house.services.ledger.write() as connection:
        announcement = Announcement(f"crash:{ticket_id}", ticket_id, EventKind.CREATED)
        new = deliveries.record(connection, house.helpdesk, [announcement], time.time())
    return new[0][0]


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_one_note_whenever_the_worker_is_killed(wreck: Wreck, case: Case) -> None:
    assert wreck.killed[case]
    house, ticket_id = wreck.houses[case[0]], wreck.tickets[case]
    assert len(house.notes(ticket_id)) == 1
    assert "understudy_draft" in house.tags(ticket_id)
    (run,) = house.runs(ticket_id)
    assert (run.state, run.outcome) == (RunState.APPLIED, Outcome.DRAFT)
    assert run.receipt is not None
    assert set(runs.receipt_ids(house.services.ledger, house.helpdesk, ticket_id)) == {
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
