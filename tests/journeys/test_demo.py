"""``understudy demo``: it does what it promises, says what came of it, leaves nothing behind."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import randrange
from typing import Any

import psutil
import pytest

from app.demo.company import load_tickets
from connectors import KINDS
from tests.journeys.stage import QUESTIONS, descendants, kill

pytestmark = pytest.mark.journey

OUTCOMES = {"drafts", "replies", "clarified", "handoffs", "silent", "skipped", "failed"}
SECONDS = {"webhook_to_note_p50_s", "webhook_to_note_p95_s"}
KEYS = {"helpdesk", "tickets", "learned", "answered_from_learned"} | OUTCOMES | SECONDS


class Demo:
    """A running ``understudy demo`` and every process that it ever had."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "app.cli", "demo", *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.ever: set[psutil.Process] = set()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while self.process.poll() is None:
            try:
                self.ever |= descendants(self.process.pid)
            except psutil.NoSuchProcess:
                return
            time.sleep(0.2)

    def ends(self, seconds: float) -> tuple[int, str, str]:
        """Wait for its end: exit code, standard output and standard error."""
        out, err = self.process.communicate(timeout=seconds)
        return self.process.returncode, out, err

    def left(self) -> list[str]:
        """Commands of its processes that run on."""
        return [" ".join(process.cmdline()) for process in self.ever if process.is_running()]


@contextmanager
def demo(*arguments: str) -> Iterator[Demo]:
    running = Demo(*arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            kill(running.process.pid)
        for process in running.ever:
            if process.is_running():  # this one, and no other with the same number
                kill(process.pid)
        running.process.wait(5)


def report_of(out: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(out.splitlines()[-1])
    return report


def arguments_for(folder: Path, *more: str) -> Sequence[str]:
    return ("--data", str(folder), "--port", str(free_ports(1)), *more)


def test_the_company_is_played_to_the_end(tmp_path: Path) -> None:
    with demo(*arguments_for(tmp_path / "demo", "--exit-when-done")) as running:
        code, out, err = running.ends(300)
        report = report_of(out)
        assert code == 0, err
        assert set(report) == KEYS | {"as_expected", "expected"}
        customers = load_tickets()
        assert sum(report[name] for name in OUTCOMES) == report["tickets"] == len(customers)
        known = sum(one.expect is not None and bool(one.expect.falls_short) for one in customers)
        assert report["as_expected"] >= report["expected"] - known
        assert report["failed"] == 0
        assert report["learned"] > 0
        assert report["answered_from_learned"] > 0
        assert 0 < report["webhook_to_note_p50_s"] <= report["webhook_to_note_p95_s"]
        assert running.left() == []


def test_on_every_helpdesk_at_once_the_same_becomes_of_the_same_tickets(tmp_path: Path) -> None:
    every = ("--helpdesk", "all", "--limit", "25", "--exit-when-done")
    with demo("--data", str(tmp_path / "demo"), "--port", str(free_ports(3)), *every) as running:
        code, out, err = running.ends(300)
        assert code == 0, err
        reports = report_of(out)["helpdesks"]
        assert list(reports) == list(KINDS)
        outcomes = [{name: report[name] for name in OUTCOMES} for report in reports.values()]
        assert outcomes == [outcomes[0]] * len(KINDS)
        for report in reports.values():
            assert sum(report[name] for name in OUTCOMES) == report["tickets"] == 25
            assert (report["failed"], report["answered_from_learned"]) == (0, 1)
        assert running.left() == []


def free_ports(count: int) -> int:
    """A port that is free, and those after it.

    Below those that systems hand out by themselves: the next one is not taken by any connection.
    """
    while True:
        first = randrange(20_000, 32_000)
        if all(can_listen(port) for port in range(first, first + count)):
            return first


def can_listen(port: int) -> bool:
    """Tell whether nobody uses a port of loopback."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def own_cast(folder: Path) -> Sequence[str]:
    articles = [
        {
            "id": 1,
            "title": "Export",
            "body": "To export all projects, open Settings, press Export.",
        },
        {"id": 2, "title": "Invite", "body": "To invite a teammate, open Team and press Invite."},
        {"id": 3, "title": "Password", "body": "To reset your password, press Forgot password."},
    ]
    tickets = [
        {"id": number, "text": text, "relevant": [number]}
        for number, text in enumerate(QUESTIONS, start=1)
    ]
    for name, rows in (("articles", articles), ("tickets", tickets)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return (
        *("--articles", str(folder / "articles.jsonl")),
        *("--tickets", str(folder / "tickets.jsonl")),
    )


def test_anybodys_own_questions_are_played_too(tmp_path: Path) -> None:
    own = own_cast(tmp_path)
    with demo(*arguments_for(tmp_path / "demo", "--exit-when-done", *own)) as running:
        code, out, err = running.ends(90)
        report = report_of(out)
        assert code == 0, err
        assert set(report) == KEYS | {"cited_relevant", "with_relevant"}
        assert sum(report[name] for name in OUTCOMES) == report["tickets"] == 4
        assert (report["with_relevant"], report["answered_from_learned"]) == (3, 1)
        assert 0 < report["cited_relevant"] <= 3
        assert running.left() == []


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    own = own_cast(tmp_path)
    with demo(*arguments_for(tmp_path / "demo", *own)) as running:
        assert running.process.stdout is not None
        while "Ctrl-C ends the demo" not in (line := running.process.stdout.readline()):
            assert line, running.ends(5)
        sockets = listening(running.ever)
        assert sockets
        begun = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        code, _, err = running.ends(20)
        assert time.monotonic() - begun < 15
        assert (code, "Traceback" in err) == (0, False)
        assert running.left() == []
        assert not any(accepts(port) for port in sockets)
        assert not (tmp_path / "demo" / "run" / "broker.sock").exists()


def listening(processes: set[psutil.Process]) -> set[int]:
    return {
        connection.laddr.port
        for process in list(processes)
        if process.is_running()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_port_in_use_is_said_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo("--data", str(tmp_path / "demo"), "--port", str(port)) as running:
            code, out, err = running.ends(30)
            assert (code, out, running.left()) == (2, "", [])
            assert f"127.0.0.1:{port} cannot be listened on" in err
            assert "Traceback" not in err
    assert not (tmp_path / "demo").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work", encoding="utf-8")
    with demo(*arguments_for(tmp_path)) as running:
        code, out, err = running.ends(30)
        assert (code, out) == (2, "")
        assert "holds something that is no demo" in err
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "three years of work"
