"""The web process under gunicorn: where it listens, what it logs, that nothing is left behind."""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests

from app.web import gunicorn_conf

APP = """
import os, time
def app(environ, start):
    if environ["PATH_INFO"] == "/hang":
        time.sleep(60)
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


def read_conf(monkeypatch: pytest.MonkeyPatch, **environ: str) -> dict[str, Any]:
    for name in ("WEB_BIND", "WEB_WORKERS", "PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(gunicorn_conf.__file__)


def test_it_listens_on_loopback_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_conf(monkeypatch)["bind"] == "127.0.0.1:8000"
    assert read_conf(monkeypatch, PORT="9000")["bind"] == "127.0.0.1:9000"
    assert read_conf(monkeypatch, PORT="9000", WEB_BIND="[::]:80")["bind"] == "[::]:80"


def test_the_number_of_processes_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_conf(monkeypatch)["workers"] == 2
    assert read_conf(monkeypatch, WEB_WORKERS="3")["workers"] == 3


def test_gunicorn_takes_every_option_by_its_name() -> None:
    known = import_module("gunicorn.config").make_settings()  # it publishes no types
    names = {name for name in vars(gunicorn_conf) if not name.startswith("_")}
    ours = {"annotations", "os", "Path", "Any", "Literal", "set_up_logs", "read_environ"}
    assert names - ours <= known.keys()


@pytest.mark.journey
def test_gunicorn_serves_with_it_and_says_in_json_that_a_worker_hangs(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    python_path = f"{tmp_path}{os.pathsep}{Path(__file__).parents[3]}"
    gunicorn = Path(sys.executable).with_name("gunicorn")
    process = subprocess.Popen(
        [gunicorn, "-c", "python:app.web.gunicorn_conf", "--timeout", "2", "tiny:app"],
        cwd=tmp_path,
        env={**os.environ, "PORT": str(port), "PYTHONPATH": python_path, "LOG_FORMAT": "json"},
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url)
        # gthread's heartbeat is its main loop's: stop the process as a hung disk would.
        os.kill(int(requests.get(url, timeout=5).text), signal.SIGSTOP)
        time.sleep(4)
        assert requests.get(url, timeout=5).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    lines = [json.loads(line) for line in errors.splitlines()]
    assert any("WORKER TIMEOUT" in line["event"] for line in lines)
    assert not any("Booting" in line["event"] for line in lines)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != "_") == ["tiny.py"]


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            requests.get(url, timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("gunicorn did not start")
