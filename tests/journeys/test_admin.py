"""What an admin does while everything runs: asks the doctor, replaces secrets; tokens end as well.

One house with a helpdesk of every kind; the last test replaces its secrets and leaves them so.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from redis import Redis

from app import queues
from app.demo.desk import Desk
from app.domain import RunState
from app.ledger import lessons, verified
from app.processes import broker_socket
from app.shared import PREFIX
from connectors import KINDS, connect, webhook_variable
from connectors.base import Connector
from connectors.setup import Done
from tests.journeys.stage import HELPDESK, House, kill, opened, until

pytestmark = pytest.mark.journey

WRONG = "invented-and-wrong-0123456789"
NEW = "invented-and-new-0123456789abcdef"
KEYS = {"zendesk": "CLIENT_SECRET", "freshdesk": "API_KEY", "intercom": "ACCESS_TOKEN"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("admin") / "stage", *KINDS, JOB_SECONDS="90") as house:
        yield house


def environ_of(house: House, **changes: str) -> dict[str, str]:
    """What an admin's terminal has."""
    return {**house.services.environ, **changes}


def understudy(house: House, *args: str, **changes: str) -> subprocess.Popen[str]:
    """Start a command in an admin's terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "--env-file", os.devnull, *args],
        env=environ_of(house, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def doctor(house: House, *args: str, **changes: str) -> subprocess.CompletedProcess[str]:
    with understudy(house, "doctor", *args, **changes) as process:
        stdout, stderr = process.communicate(timeout=60)
    result = subprocess.CompletedProcess(args, process.returncode, stdout, stderr)
    assert "Traceback" not in result.stderr
    shown = result.stdout + result.stderr
    hidden = [
        value
        for name, value in environ_of(house, **changes).items()
        if name.startswith(tuple(f"{kind.upper()}_" for kind in KINDS))
        and name.endswith(("_SECRET", "_KEY", "_TOKEN"))
    ]
    assert hidden
    assert [value for value in hidden if value in shown] == []
    return result


def to_mend(result: subprocess.CompletedProcess[str]) -> dict[tuple[str, str], str]:
    """What must be mended, by where and what, with its remedy."""
    told = json.loads(result.stdout)
    assert told["ok"] is False
    assert result.returncode == 1
    return {
        (one["where"], one["check"]): f"{one['message']} {one['remedy']}"
        for one in told["checks"]
        if one["state"] == "mend"
    }


def take_down(connector: Connector, url: str) -> None:
    assert Done.FAILED not in {step.done for step in connector.take_down(url)}


@pytest.fixture
def public(house: House) -> Iterator[dict[str, str]]:
    """Every helpdesk is set up to call an address that the doctor is told of, too."""
    with ExitStack() as stack:
        for kind in KINDS:
            connector = house.services.connector(kind)
            url = f"{house.web}/webhooks/{kind}"
            stack.callback(take_down, connector, url)
            assert Done.FAILED not in {step.done for step in connector.set_up(url)}
        yield {"PUBLIC_URL": house.web}


def test_the_doctor_finds_all_well(house: House, public: dict[str, str]) -> None:
    result = doctor(house, **public)
    assert "MEND" not in result.stdout, result.stdout
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    groups = [line for line in lines if not line.startswith(" ")]
    assert groups[:-1] == ["this installation", *KINDS]
    assert ": all is well" in groups[-1]
    for kind in KINDS:
        reached = f"  ok    reach: {house.web}/webhooks/{kind} reaches us"
        assert any(line.startswith(reached) for line in lines)
    assert any("3 workers and the scheduler are alive" in line for line in lines)
    assert sum("3 articles, 3 passages" in line for line in lines) == len(KINDS)


def test_the_doctor_names_each_wrong_key_and_secret_with_its_variable(house: House) -> None:
    keys = {f"{kind.upper()}_{KEYS[kind]}": WRONG for kind in KINDS}
    # The running web process has the right ones, so what we sign is refused there.
    secrets = {webhook_variable(kind): WRONG for kind in KINDS}
    found = to_mend(doctor(house, "--json", **keys, **secrets))
    assert len(found) == 2 * len(KINDS), found
    for kind in KINDS:
        told = found.pop((kind, "reach"))
        assert f"started with another {webhook_variable(kind)} than the one set now" in told
    for (kind, _), told in found.items():
        assert "401" in told
        assert f"{kind.upper()}_" in told
    assert {where for where, _ in found} == set(KINDS)


def test_the_doctor_names_a_web_process_and_a_broker_that_are_gone(
    house: House, public: dict[str, str]
) -> None:
    pids = house.supervisor.pids()
    for name in ("web", "broker"):
        for process in [*psutil.Process(pids[name]).children(), psutil.Process(pids[name])]:
            kill(process.pid)
    broker_socket(house.services.settings).unlink(missing_ok=True)
    try:
        found = to_mend(doctor(house, "--json", **public))
        for kind in KINDS:
            assert "no connection. Start the web process" in found.pop((kind, "reach"))
        ((where, told),) = found.items()
        assert where == ("this installation", "broker")
        assert "does not answer within 3 s." in told
        assert str(house.folder / "logs") in told
    finally:
        until(lambda: is_ready(house), 60, "all is well again")


def is_ready(house: House) -> bool:
    house.supervisor.tend()
    try:
        return requests.get(f"{house.web}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


# Delivery


def test_a_reply_is_proved_to_arrive_and_nobody_learns_from_it(house: House) -> None:
    with ExitStack() as stack:
        tickets = {kind: house.at(kind).write_in() for kind in KINDS}
        tests = {}
        for kind in KINDS:
            argv = ["doctor", "--helpdesk", kind, "--verify-delivery", tickets[kind]]
            more = ("--yes", "--wait", "60s", "--json")
            tests[kind] = stack.enter_context(understudy(house, *argv, *more))
            stack.callback(tests[kind].kill)
        for kind in KINDS:
            desk, ticket_id = house.at(kind).desk, tickets[kind]
            until(lambda: code_on(desk, ticket_id) != "", 20, "the test reply")  # noqa: B023 - called at once
            desk.write(ticket_id, f"It says {code_on(desk, ticket_id).lower()}, I think")
        ledger = house.services.ledger
        for kind in KINDS:
            assert tests[kind].wait(60) == 0, kind
            (proved,) = verified.verified_channels_of(ledger, kind)
            assert proved.ticket_id == tickets[kind]
            house.at(kind).settle(tickets[kind])
            assert lessons.count_examples(ledger, kind) == 0


def code_on(desk: Desk, ticket_id: str) -> str:
    """The code that the customer reads on a ticket; "" before it is there."""
    told = " ".join(message["text"] for message in desk.ticket(ticket_id)["messages"])
    found = re.search(r"answer with this code: (\w+)", told)
    return found[1] if found else ""


# Tokens


@contextmanager
def readers(house: House, ticket_id: str, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that have started, and read a ticket when they are told to."""
    settings = house.services.settings
    environ = environ_of(house, REDIS_URL=settings.redis_url, CHROMA_URL=settings.chroma_url)
    argv = [sys.executable, "-m", "tests.journeys.ticket_reader", HELPDESK, ticket_id]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    argv,
                    env=environ,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(count)
        ]
        for process in started:
            stack.callback(process.kill)
            assert answer_of(process) == "ready"
        yield started


def answer_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def read_at_once(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [answer_of(process) for process in processes] == ["read"] * len(processes)


def logins(house: House) -> int:
    """How often a token was asked for."""
    calls = house.control("GET", "/calls")["calls"]
    return sum(1 for call in calls if call["path"].startswith("/oauth/tokens"))


def spoil_token(house: House, **changes: Any) -> None:
    """Change the token that all processes share: it has ended, or the helpdesk knows it no more."""
    broker = Redis.from_url(house.services.settings.redis_url)
    (name,) = broker.keys(f"{PREFIX}{HELPDESK}-token:*")
    held: Mapping[str, Any] = json.loads(broker.get(name) or "{}")
    assert set(changes) <= set(held)
    broker.set(name, json.dumps({**held, **changes}), keepttl=True)


def test_two_processes_at_once_ask_for_one_new_token(house: House) -> None:
    ticket_id = house.write_in()
    house.settle(ticket_id)
    with readers(house, ticket_id, 2) as two:
        read_at_once(two)
        before = logins(house)
        spoil_token(house, until=(datetime.now(UTC) - timedelta(minutes=1)).isoformat())
        read_at_once(two)
        assert logins(house) == before + 1, "it had ended"
        spoil_token(house, token="revoked")
        read_at_once(two)
        assert logins(house) == before + 2, "it was revoked"
        read_at_once(two)
        assert logins(house) == before + 2, "it is good"


# Secrets


def secret_of(house: House, kind: str) -> str:
    return house.services.environ[webhook_variable(kind)]


def web_with(house: House, **changes: str) -> None:
    """Start the web process again with other settings, as an admin who has changed them."""
    pid = house.supervisor.pids()["web"]
    os.killpg(pid, signal.SIGTERM)
    psutil.Process(pid).wait(20)
    (web,) = (child for child in house.stage.children if child.name == "web")
    house.supervisor.start([replace(web, environ={**web.environ, **changes})])


def ping(house: House, kind: str, secret: str) -> int:
    """What a delivery that the helpdesk signed with this secret is answered."""
    environ = {**house.services.environ, webhook_variable(kind): secret}
    made = connect(kind, environ).ping(datetime.now(UTC))
    return requests.post(
        f"{house.web}/webhooks/{kind}", data=made.body, headers=dict(made.headers), timeout=5
    ).status_code


def attempts(house: House, ticket_id: str) -> list[int]:
    """What our web process answered to the deliveries about a ticket."""
    found = house.control("GET", f"/deliveries?ticket={ticket_id}")["deliveries"]
    return [attempt["status"] for delivery in found for attempt in delivery["attempts"]]


def refused(log: Path) -> set[str]:
    """The variables that refusals in a log told to compare."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return {line["check"] for line in lines if line["event"] == "webhook refused"}


def test_a_webhook_secret_is_replaced_without_losing_a_ticket(house: House) -> None:
    old = {kind: secret_of(house, kind) for kind in KINDS}
    # The new one is set beside the old; the helpdesk still signs with the old.
    web_with(house, **{webhook_variable(kind): f"{NEW},{old[kind]}" for kind in KINDS})
    tickets = {kind: house.at(kind).write_in() for kind in KINDS}
    for kind in KINDS:
        assert (ping(house, kind, NEW), ping(house, kind, old[kind])) == (200, 200)
        assert house.at(kind).settle(tickets[kind]).state is RunState.APPLIED
        assert set(attempts(house.at(kind), tickets[kind])) == {200}
    # The old one is taken away, too early: what is still signed with it is refused.
    web_with(house, **{webhook_variable(kind): NEW for kind in KINDS})
    tickets = {kind: house.at(kind).write_in() for kind in KINDS}
    for kind in KINDS:
        assert (ping(house, kind, NEW), ping(house, kind, old[kind])) == (200, 401)
        desk, ticket_id = house.at(kind), tickets[kind]
        until(lambda: 401 in attempts(desk, ticket_id), 20, "the delivery is refused")  # noqa: B023 - called at once
        services = house.services
        services.enqueue(services.broker, queues.UPKEEP, "sweep_tickets", kind)
    for kind in KINDS:
        assert house.at(kind).settle(tickets[kind]).state is RunState.APPLIED
        assert len(house.at(kind).notes(tickets[kind])) == 1
    log = house.folder / "logs" / "web.log"
    assert refused(log) >= {webhook_variable(kind) for kind in KINDS}
