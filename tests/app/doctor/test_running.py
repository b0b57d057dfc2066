"""What runs: who is missed is named with how to start it, and where nothing runs nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from app import queues
from app.doctor import running
from app.doctor.exam import State, state_of
from app.doctor.running import (
    LONGEST_WAIT,
    served_queues,
    several_hosts,
    sweeps,
    waiting,
    webhooks,
)
from app.doctor.subject import Installation
from app.ledger import cursors, deliveries
from app.ledger.deliveries import Origin
from app.services import Services
from app.settings import Settings
from app.sweep import sweep_tickets
from tests.app.fakes import HELPDESK, Desk
from tests.app.web.test_health import worker_on

ALL = list(queues.QUEUES)
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("served", "alone", "missed"),
    [
        (ALL, False, []),
        (["learning", "upkeep"], False, ["queue tickets"]),
        (ALL, True, ["No scheduler runs"]),
        ([], True, [*ALL, "No scheduler runs"]),
    ],
)
def test_who_is_missing_is_named(served: list[str], alone: bool, missed: list[str]) -> None:
    found = served_queues(served, alone=alone)
    assert found.ok is not bool(missed)
    assert all(each in found.message for each in missed)
    if "queue tickets" in missed:
        assert "understudy run worker --queue tickets" in found.remedy


@pytest.mark.parametrize(
    ("hosts", "notes"), [(set(), 0), ({"here"}, 0), ({"here", "there"}, 1), ({"there"}, 1)]
)
def test_a_ledger_in_a_file_and_workers_elsewhere_is_doubted(hosts: set[str], notes: int) -> None:
    assert len(list(several_hosts(hosts, "here"))) == notes


@pytest.mark.parametrize(
    ("age", "state"),
    [(None, State.OK), (5.0, State.OK), (599.0, State.OK), (601.0, State.MEND)],
)
def test_sweeps_that_have_ceased_are_noticed(age: float | None, state: State) -> None:
    assert state_of(sweeps(age, 60.0)) is state


def came(*tickets: str) -> list[Origin]:
    """What came, newest first, a minute apart; ``~`` marks what only a sweep found."""
    return [
        Origin(each.strip("~"), each.startswith("~"), NOW - 60 * ago)
        for ago, each in enumerate(tickets, start=1)
    ]


@pytest.mark.parametrize(
    ("latest", "state", "said"),
    [
        (came(), State.OK, "None has come yet."),
        (came("1", "~2", "~3"), State.OK, "The last one came 1 minute ago."),
        # One may be lost, and what the bot itself wrote is looked at once more.
        (came("~1", "~4", "~1", "1"), State.OK, "The last one came 4 minutes ago."),
        (came("~4", "~3", "~4", "~2", "1"), State.NOTE, "sweeps alone found 3 tickets,"),
        (came("~1", "~1"), State.NOTE, "None has come yet, and sweeps alone found 1 ticket,"),
    ],
)
def test_webhooks_that_do_not_come_are_noticed(
    latest: list[Origin], state: State, said: str
) -> None:
    found = webhooks(latest, NOW, "FRESHDESK_WEBHOOK_SECRET")
    assert state_of(found) is state
    assert said in found.message
    assert ("FRESHDESK_WEBHOOK_SECRET" in found.remedy) is (state is State.NOTE)


def test_what_a_sweep_found_is_told_from_what_was_announced(desk: Desk) -> None:
    heard, missed = desk.helpdesk.open("Hello?"), desk.helpdesk.open("Anybody there?")
    desk.announce(heard)
    desk.clock.pass_by(60)
    sweep_tickets(desk.services, HELPDESK)
    latest = deliveries.origins(desk.services.ledger, HELPDESK, 50)
    assert (heard, False) in {(each.ticket_id, each.swept) for each in latest}
    assert (missed, True) in {(each.ticket_id, each.swept) for each in latest}


@pytest.mark.parametrize(
    ("age", "state"), [(None, State.OK), (LONGEST_WAIT, State.OK), (3600.0, State.MEND)]
)
def test_tickets_that_nobody_takes_up_are_noticed(age: float | None, state: State) -> None:
    found = waiting(age)
    assert state_of(found) is state
    if age == 3600.0:
        assert "for 1 hour" in found.message


def installation(folder: Path, broker_url: str, *, up: bool) -> Installation:
    settings = Settings(helpdesks=(HELPDESK,), data_dir=folder, redis_url=broker_url)
    return Installation(Services(settings, {}), up=up)


def test_where_nothing_runs_nobody_is_missed(tmp_path: Path, broker_url: str) -> None:
    for url in ("", broker_url):
        (found,) = running.workers(installation(tmp_path, url, up=False))
        assert state_of(found) is State.OK
        assert "understudy up" in found.message


def test_nobody_is_called_missing_who_cannot_be_looked_for(tmp_path: Path) -> None:
    subject = installation(tmp_path, "unix:///nowhere/broker.sock", up=True)
    assert list(running.workers(subject)) == []


def test_under_a_supervisor_everybody_is_expected(tmp_path: Path, broker_url: str) -> None:
    (found,) = running.workers(installation(tmp_path, broker_url, up=True))
    assert state_of(found) is State.MEND


def test_those_who_live_are_found_in_the_broker(tmp_path: Path, broker_url: str) -> None:
    for name in queues.QUEUES:
        worker_on(name, broker_url)
    queues.note_scheduler(Redis.from_url(broker_url))
    (found,) = running.workers(installation(tmp_path, broker_url, up=False))
    assert (found.ok, found.message[:9]) == (True, "3 workers")


def test_what_waits_and_when_was_swept_is_read_from_the_record(desk: Desk, broker_url: str) -> None:
    services = desk.services
    services.settings = services.settings.model_copy(update={"redis_url": broker_url})
    with services.ledger.write() as connection:
        cursors.save(connection, HELPDESK, cursors.TICKETS, "x", desk.clock())
    desk.announce(desk.helpdesk.open("Hello?"))
    desk.clock.pass_by(3600)
    swept, came_last, waits = running.work(Installation(services, up=True), HELPDESK)
    assert "1 hour" in swept.message
    assert came_last.message == "The last one came 1 hour ago."
    assert (waits.ok, "1 hour" in waits.message) == (False, True)
