"""A whole Understudy on a sandbox helpdesk: real processes, real sockets, a folder of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import psutil
import requests

from app.demo import stage as demo
from app.demo.company import DemoArticle
from app.ledger import runs
from app.ledger.runs import Run
from app.processes import free_port
from app.services import Services
from app.supervisor import Supervisor
from app.sweep import sync_knowledge

HELPDESK = "zendesk"
HASTE = {
    "QUIET_SECONDS": "0",
    "SWEEP_SECONDS": "3600",
    "KB_SYNC_SECONDS": "3600",
    "JOB_SECONDS": "20",
}

EXPORT = DemoArticle(
    id="export",
    title="Export all your projects",
    body="You can export all projects in one go.\n\n1. Open **Settings**.\n"
    "2. Choose **Export workspace**.\n\nThe file arrives by mail within an hour.",
    format="markdown",
)
INVITE = DemoArticle(
    id="invite",
    title="Invite a teammate",
    body="To invite a teammate, open **Team** and press **Invite**. "
    "Your teammate gets a mail with a link that is good for seven days.",
    format="markdown",
)
PASSWORD = DemoArticle(
    id="password",
    title="Reset your password",
    body="To reset your password, choose **Forgot password** on the login page. "
    "We send you a link that is good for one hour.",
    format="markdown",
)
ARTICLES = (EXPORT, INVITE, PASSWORD)
# Questions that those articles answer.
QUESTION = "How do I export all my projects?"
QUESTIONS = (QUESTION, "How can I invite a teammate?", "How do I reset my password?")


def until(done: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for something to become true; tell how long it took, or fail with what was missed."""
    begun = time.monotonic()
    while not done():
        assert time.monotonic() - begun < seconds, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)
    return time.monotonic() - begun


@dataclass
class House:
    """A running stage, with the hands of customers and agents on the sandbox's control API."""

    stage: demo.Stage
    folder: Path
    seen: dict[int, str] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        return self.stage.services

    @property
    def supervisor(self) -> Supervisor:
        return self.stage.supervisor

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.services.settings.web_port}"

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Call the control API."""
        url = f"{self.stage.desk.url}/sandbox{path}"
        answer = requests.request(method, url, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def write_in(self, text: str = QUESTION, **more: object) -> str:
        """A customer writes in; returns the ticket's id."""
        number = len(self.seen) + 1
        requester = {"name": "Maya Lopes", "email": f"maya{number}@customers.example"}
        body = {"subject": "A question", "text": text, "requester": requester, **more}
        ticket_id = str(self.control("POST", "/tickets", body)["id"])
        self.seen[number] = ticket_id
        return ticket_id

    def agent_writes(self, ticket_id: str, text: str, status: str = "solved") -> None:
        """An agent replies in public."""
        body = {"as": "agent", "text": text, "status": status}
        self.control("POST", f"/tickets/{ticket_id}/messages", body)

    def fault(self, kind: str, ticket_id: str | None = None, **more: object) -> None:
        """Make something go wrong on a ticket."""
        about = {"ticket": int(ticket_id)} if ticket_id is not None else {}
        self.control("POST", "/faults", {"kind": kind, **about, **more})

    def notes(self, ticket_id: str) -> list[str]:
        """What the bot wrote on a ticket."""
        return [
            message["text"] for message in self._messages(ticket_id) if message["note"] is not None
        ]

    def tags(self, ticket_id: str) -> set[str]:
        return set(self.stage.desk.ticket(ticket_id)["tags"])

    def next_ticket(self) -> int:
        """The id that the sandbox gives to the next ticket; faults are planned on it."""
        return self.stage.desk.tickets() + 1

    def runs(self, ticket_id: str) -> list[Run]:
        return runs.listed(self.services.ledger, HELPDESK, ticket_id)

    def at_rest(self, ticket_id: str) -> bool:
        """Whether the ticket was looked at and nothing is left to do; tends the children."""
        self.supervisor.tend()
        found = self.runs(ticket_id)
        return bool(found) and all(run.finished for run in found)

    def tends(self, name: str) -> bool:
        """Whether a process runs; tends the children."""
        self.supervisor.tend()
        return name in self.supervisor.pids()

    def settle(self, ticket_id: str, seconds: float = 30) -> Run:
        """Wait until a ticket is at rest; returns its newest run."""
        until(lambda: self.at_rest(ticket_id), seconds, f"ticket {ticket_id} at rest")
        return self.runs(ticket_id)[0]

    def calls(self, ticket_id: str, method: str = "GET") -> list[str]:
        """Paths of the API calls about a ticket, oldest first."""
        marks = (f"/tickets/{ticket_id}/", f"/tickets/{ticket_id}.", f"/tickets/{ticket_id}?")
        return [
            call["path"]
            for call in self.control("GET", "/calls")["calls"]
            if call["method"] == method and any(mark in call["path"] + "?" for mark in marks)
        ]

    def _messages(self, ticket_id: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self.stage.desk.ticket(ticket_id)["messages"]
        return found

    def open_doors(self) -> None:
        """Start the web process, the workers and the scheduler."""
        self.stage.open_doors()


@contextmanager
def opened(folder: Path, *, doors: bool = True, **settings: str) -> Iterator[House]:
    """Run a stage with our articles; everything that was started ends, whatever happens."""
    supervisor = Supervisor()
    before = descendants(os.getpid())
    with (
        mock.patch.dict(os.environ, {**HASTE, **settings}),
        nothing_left(before),
        demo.set_stage(supervisor, HELPDESK, folder, free_port(), keep=False) as stage,
    ):
        stage.desk.set_articles(ARTICLES)
        sync_knowledge(stage.services, HELPDESK)
        if doors:
            stage.open_doors()
        yield House(stage, folder)
        stage.services.let_go()


def descendants(pid: int) -> set[psutil.Process]:
    """All processes below one."""
    return set(psutil.Process(pid).children(recursive=True))


@contextmanager
def nothing_left(before: set[psutil.Process]) -> Iterator[None]:
    """Kill whatever was started in the block and still runs."""
    try:
        yield
    finally:
        for process in descendants(os.getpid()) - before:
            kill(process.pid)


def kill(pid: int) -> None:
    """SIGKILL one process that we started; one that has ended already will do."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
