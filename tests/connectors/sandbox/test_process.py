"""The sandbox as a process: it starts, says so, survives being killed, and ends when told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors import KINDS, connect
from connectors.errors import Conflict
from connectors.types import Change, Priority
from connectors.zendesk.sandbox import sandbox_environ

pytestmark = pytest.mark.journey

TICKET = {"subject": "S", "text": "T", "requester": {"email": "maya@example.com"}}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(data: Path, port: int, *more: str) -> list[str]:
    listen = ["--port", str(port), "--data", str(data)]
    return [sys.executable, "-m", "connectors.sandbox", *listen, *more]


@dataclass
class Runner:
    """Starts sandboxes of one kind on one port and one folder, and ends what it started."""

    data: Path
    port: int
    kind: str = "zendesk"
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(self.data, self.port, "--helpdesk", self.kind, *more),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def listens(self, process: subprocess.Popen[str]) -> bool:
        assert process.stdout is not None
        return process.stdout.readline() == f"Sandbox {self.kind} listens on {self.url}\n"

    def run(self) -> subprocess.Popen[str]:
        process = self.start()
        assert self.listens(process)
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                self.kill(process)
            if process.stdout is not None:
                process.stdout.close()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/sandbox{path}", json=body, timeout=5)
        assert answer.ok, answer.text
        return answer.json()

    def put(self, ticket: dict[str, Any], timeout: float = 5) -> requests.Response:
        pair = ("understudy@sandbox.example/token", "sandbox-api-token")
        url = f"{self.url}/api/v2/tickets/1"
        return requests.put(url, json={"ticket": ticket}, auth=pair, timeout=timeout)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path, free_port())
    yield made
    made.end()


def test_it_continues_after_being_killed_and_ends_when_told(runner: Runner) -> None:
    first = runner.run()
    assert runner.control("POST", "/tickets", TICKET) == {"id": 1}
    runner.kill(first)
    second = runner.run()
    assert runner.control("GET", "/tickets/1")["messages"][0]["text"] == "T"
    begun = time.monotonic()
    second.terminate()
    assert second.wait(5) == 0
    assert time.monotonic() - begun < 2


def test_every_kind_runs_beside_the_others_with_a_folder_of_its_own(tmp_path: Path) -> None:
    runners = [Runner(tmp_path / kind, free_port(), kind) for kind in sorted(KINDS)]
    runners.append(Runner(tmp_path / "second", free_port()))
    try:
        for runner, process in [(each, each.start()) for each in runners]:
            assert runner.listens(process)
        for place, runner in enumerate(runners):
            runner.control("POST", "/tickets", {**TICKET, "subject": f"Number {place}"})
        told = [runner.control("GET", "/tickets")["tickets"] for runner in runners]
        assert [[line["subject"] for line in lines] for lines in told] == [
            [f"Number {place}"] for place in range(len(runners))
        ]
        taken = command(runners[-1].data, free_port())
        ended = subprocess.run(taken, capture_output=True, text=True, timeout=20, check=False)
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
        assert "choose another folder with --data" in ended.stderr
    finally:
        for runner in runners:
            runner.end()


def test_the_connector_cannot_tell(runner: Runner) -> None:
    runner.run()
    runner.control("POST", "/tickets", TICKET)
    article = {"id": "a", "title": "A", "body": "**x**", "format": "markdown", "section": "S"}
    runner.control("PUT", "/articles", [article])
    connector = connect("zendesk", sandbox_environ("zendesk", runner.url))
    assert [finding for finding in connector.probe() if not finding.ok] == []
    (page,) = connector.articles(None)
    assert [(each.title, each.sections) for each in page.items] == [("A", ("General", "S"))]
    change = Change(
        note="<p>Draft</p>",
        tags=frozenset({"understudy_draft"}),
        priority=Priority.HIGH,
        group="Billing",
    )
    receipt = connector.apply(connector.ticket("1"), change, "0123456789abcdef")
    assert (receipt.found, receipt.fallbacks) == (False, ())
    ticket = connector.ticket("1")
    assert (ticket.group, ticket.priority) == ("Billing", Priority.HIGH)
    assert [message.mark for message in ticket.messages] == [None, "0123456789abcdef"]
    assert connector.apply(ticket, change, "0123456789abcdef", again=True).found
    runner.control("POST", "/faults", {"kind": "agent_in_between"})
    with pytest.raises(Conflict):
        connector.apply(ticket, Change(reply="<p>Sent</p>"), "0123456789abcde0")
    assert {ref.id for page in connector.changed(None) for ref in page.items} == {"1"}


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        ended = subprocess.run(
            command(tmp_path, port), capture_output=True, text=True, timeout=20, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be used")
    assert ended.stderr.count("\n") == 1


def test_answers_are_really_lost_and_effects_really_late(runner: Runner) -> None:
    process = runner.run()
    runner.control("POST", "/tickets", TICKET)
    runner.control("POST", "/faults", {"kind": "lost_answer"})
    with pytest.raises(requests.ConnectionError):
        runner.put({"tags": ["lost"]})
    assert runner.control("GET", "/tickets/1")["tags"] == ["lost"]
    runner.control("POST", "/faults", {"kind": "unanswered", "seconds": 0.1})
    with pytest.raises(requests.ConnectionError):
        runner.put({"tags": ["never"]})
    assert runner.control("GET", "/tickets/1")["tags"] == ["lost"]
    runner.control("POST", "/faults", {"kind": "truncated"})
    with pytest.raises(requests.JSONDecodeError):
        runner.put({"tags": ["lost"]}).json()
    runner.control("POST", "/faults", {"kind": "late_effect", "seconds": 0.6})
    with pytest.raises(requests.ReadTimeout):
        runner.put({"tags": ["late"]}, timeout=0.2)
    assert runner.control("GET", "/tickets/1")["tags"] == ["lost"]
    deadline = time.monotonic() + 5
    while runner.control("GET", "/tickets/1")["tags"] != ["late"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    runner.control("POST", "/faults", {"kind": "late_effect", "seconds": 30})
    with pytest.raises(requests.ReadTimeout):
        runner.put({"tags": ["never"]}, timeout=0.2)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)  # even while a request is being held
    process.wait(5)
    assert time.monotonic() - begun < 2
