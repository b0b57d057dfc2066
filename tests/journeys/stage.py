"""A whole Understudy on a sandbox helpdesk: real processes, real sockets, a folder of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import psutil
import requests

from app.demo import stage as demo
from app.demo.company import DemoArticle
from app.demo.desk import Desk
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
    "LANDING_SECONDS": "5",
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
    """A running stage, with the hands of customers and agents on one sandbox's control API."""

    stage: demo.Stage
    folder: Path
    helpdesk: str = HELPDESK
    seen: dict[int, str] = field(default_factory=dict)

    def at(self, helpdesk: str) -> House:
        """The same house, with the hands on another of its helpdesks."""
        return House(self.stage, self.folder, helpdesk)

    @property
    def desk(self) -> Desk:
        return self.stage.desks[self.helpdesk]

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
        url = f"{self.desk.url}/sandbox{path}"
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
        return set(self.desk.ticket(ticket_id)["tags"])

    def next_ticket(self) -> int:
        """The id that the sandbox gives to the next ticket; faults are planned on it."""
        return self.desk.tickets() + 1

    def runs(self, ticket_id: str) -> list[Run]:
        return runs.listed(self.services.ledger, self.helpdesk, ticket_id)

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
        found: list[Mapping[str, Any]] = self.desk.ticket(ticket_id)["messages"]
        return found

    def open_doors(self) -> None:
        """Start the web process, the workers and the scheduler."""
        self.stage.open_doors()


@contextmanager
def opened(folder: Path, *helpdesks: str, doors: bool = True, **settings: str) -> Iterator[House]:
    """Run a stage with our articles; everything that was started ends, whatever happens."""
    ports = {helpdesk: free_port() for helpdesk in helpdesks or (HELPDESK,)}
    supervisor = Supervisor()
    with (
        mock.patch.dict(os.environ, {**HASTE, **settings}),
        nothing_left() as started,
        demo.set_stage(supervisor, ports, folder, keep=False) as stage,
    ):
        try:
            for helpdesk, desk in stage.desks.items():
                desk.set_articles(ARTICLES)
                sync_knowledge(stage.services, helpdesk)
            if doors:
                stage.open_doors()
            yield House(stage, folder, next(iter(ports)))
            stage.services.let_go()
        finally:
            started.update(family(supervisor))


def descendants(pid: int) -> set[psutil.Process]:
    """All processes below one."""
    return set(psutil.Process(pid).children(recursive=True))


def family(supervisor: Supervisor) -> set[psutil.Process]:
    """The processes of one house, and none of another that stands beside it."""
    found: set[psutil.Process] = set()
    for pid in supervisor.pids().values():
        with suppress(psutil.NoSuchProcess):
            found |= {psutil.Process(pid)} | descendants(pid)
    return found


@contextmanager
def nothing_left() -> Iterator[set[psutil.Process]]:
    """Kill what is put into the set in the block and still runs."""
    started: set[psutil.Process] = set()
    try:
        yield started
    finally:
        for process in started:
            if process.is_running():  # this one, and no other with the same number
                kill(process.pid)


def kill(pid: int) -> None:
    """SIGKILL one process that we started; one that has ended already will do."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
