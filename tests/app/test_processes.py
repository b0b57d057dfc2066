"""Which processes there are and where they listen; one supervisor to a folder, and no surprises."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

from app import processes
from app.processes import (
    Endpoints,
    app_children,
    authority,
    broker_socket,
    choose_endpoints,
    only_supervisor,
    require_port,
    running_endpoints,
    store_children,
    write_endpoints,
)
from app.queues import QUEUES
from app.settings import LONGEST_SOCKET_PATH, Settings
from app.supervisor import Supervisor
from connectors.errors import Misconfigured

ENDPOINTS = Endpoints("unix:///a/broker.sock", "http://127.0.0.1:9")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def deep(folder: Path, length: int) -> Path:
    """A data folder whose socket's path has this many bytes."""
    rest = length - len(os.fsencode(folder / "run" / "broker.sock")) - 1
    return folder / ("ü" * (rest // 2) + "x" * (rest % 2))


def test_the_brokers_socket_lies_in_the_data_folder(settings: Settings) -> None:
    assert broker_socket(settings) == settings.data_dir / "run" / "broker.sock"


def test_a_path_too_long_for_a_socket_has_another_place(tmp_path: Path) -> None:
    fits = deep(tmp_path, LONGEST_SOCKET_PATH)
    assert broker_socket(Settings(data_dir=fits)).is_relative_to(fits)
    too_long = deep(tmp_path, LONGEST_SOCKET_PATH + 1)
    path = broker_socket(Settings(data_dir=too_long))
    assert not path.is_relative_to(too_long)
    assert len(os.fsencode(path)) <= LONGEST_SOCKET_PATH
    assert path == broker_socket(Settings(data_dir=too_long)), "the same at the next start"
    assert path != broker_socket(Settings(data_dir=tmp_path / ("x" * 200))), "and nobody else's"


def test_the_broker_that_we_start_answers_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_chroma", lambda *_: None)
    endpoints = choose_endpoints(settings)
    broker, _ = store_children(settings, endpoints, os.environ, settings.data_dir / "logs")
    supervisor = Supervisor()
    try:
        supervisor.start([broker])
        with closing(Redis.from_url(endpoints.redis_url)) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert broker_socket(settings).stat().st_mode & 0o077 == 0, "its owner's alone"
    finally:
        supervisor.stop()


def test_a_folder_of_somebody_else_is_not_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(Misconfigured, match="belongs to somebody else"):
        store_children(settings, ENDPOINTS, {}, None)


def test_what_is_configured_is_used_and_not_started(settings: Settings) -> None:
    own = settings.model_copy(update={"redis_url": "redis://r", "chroma_url": "http://c:8000"})
    assert choose_endpoints(own) == Endpoints("redis://r", "http://c:8000")
    assert store_children(own, ENDPOINTS, {}, None) == []
    names = [child.name for child in store_children(settings, ENDPOINTS, {}, None)]
    assert names == ["broker", "chroma"]


def test_every_queue_has_a_worker_and_the_web_process_comes_last(settings: Settings) -> None:
    children = app_children(settings, ENDPOINTS, {"A": "1"}, None)
    names = [child.name for child in children]
    assert names == [*(f"worker-{name}" for name in QUEUES), "scheduler", "web"]
    assert children[-1].stage == max(child.stage for child in children)
    for child in children:
        assert child.environ == {"A": "1", **ENDPOINTS.environ()}


def test_tickets_may_have_several_workers_and_nothing_else_has(settings: Settings) -> None:
    several = settings.model_copy(update={"ticket_workers": 3})
    names = [child.name for child in app_children(several, ENDPOINTS, {}, None)]
    tickets = ["worker-tickets", "worker-tickets-2", "worker-tickets-3"]
    assert names == [*tickets, "worker-learning", "worker-upkeep", "scheduler", "web"]


# Ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_a_port_in_use_is_said_before_anything_starts(taken: int) -> None:
    with pytest.raises(Misconfigured) as caught:
        require_port("127.0.0.1", taken, "WEB_PORT")
    expected = f"WEB_PORT: 127.0.0.1:{taken} cannot be listened on (Address already in use)"
    assert caught.value.faults == (expected,)


def test_a_free_port_is_left_free() -> None:
    port = processes.free_port()
    for _ in range(2):
        require_port("127.0.0.1", port, "WEB_PORT")


@pytest.mark.parametrize("host", ["203.0.113.7", "2001:db8::1"])
def test_an_address_that_is_not_ours_is_said(host: str) -> None:
    with pytest.raises(Misconfigured, match=f"WEB_PORT: {host}:8000 cannot be listened on"):
        require_port(host, 8000, "WEB_PORT")


@pytest.mark.parametrize(
    ("host", "where"), [("127.0.0.1", "127.0.0.1:8000"), ("::1", "[::1]:8000")]
)
def test_an_ipv6_address_stands_in_brackets(host: str, where: str) -> None:
    assert authority(Settings(web_host=host)) == where


# One supervisor to a folder


def test_a_second_supervisor_is_refused(settings: Settings) -> None:
    with (
        only_supervisor(settings),
        pytest.raises(Misconfigured) as caught,
        only_supervisor(settings),
    ):
        pytest.fail("both hold it")
    expected = (
        f"DATA_DIR: {settings.data_dir} is in use by another supervisor "
        "(up or demo); end that one, or choose another folder"
    )
    assert caught.value.faults == (expected,)
    with only_supervisor(settings):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from app.processes import Endpoints, only_supervisor, write_endpoints
from app.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]))
with only_supervisor(settings):
    write_endpoints(settings, Endpoints("unix:///a/broker.sock", "http://127.0.0.1:9"))
    print("held", flush=True)
    time.sleep(1000)
"""


@pytest.mark.journey
def test_a_killed_supervisor_holds_nothing(settings: Settings) -> None:
    argv = [sys.executable, "-c", HOLDER, str(settings.data_dir)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert running_endpoints(settings) == ENDPOINTS
        with pytest.raises(Misconfigured), only_supervisor(settings):
            pytest.fail("both hold it")
        holder.kill()
    # Its note is still there, and another process may have its number by now.
    assert running_endpoints(settings) is None
    with only_supervisor(settings):
        assert running_endpoints(settings) is None, "the note is an earlier supervisor's"
        write_endpoints(settings, ENDPOINTS)
        assert running_endpoints(settings) == ENDPOINTS


def test_without_a_supervisor_there_are_no_endpoints(settings: Settings) -> None:
    assert running_endpoints(settings) is None
    assert not settings.data_dir.exists(), "looking leaves nothing behind"


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"REDIS_URL": 1}', "\x00"])
def test_a_note_that_is_only_being_written_is_no_note(settings: Settings, note: str) -> None:
    with only_supervisor(settings):
        (settings.data_dir / "run" / "endpoints.json").write_text(note)
        assert running_endpoints(settings) is None
