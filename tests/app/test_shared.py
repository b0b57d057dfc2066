"""What processes share through a real broker; and that no ticket fails when there is none."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Lock, Thread

import pytest
from redis import Redis
from structlog.testing import capture_logs

from app import shared
from app.services import Services
from app.settings import Settings
from app.shared import REST, RedisShared, open_shared
from connectors import connect
from connectors.base import Connector
from connectors.shared import PrivateStore, Shared

ROOT = Path(__file__).resolve().parents[2]
EXPORT = b'{"tickets": [], "after_cursor": "x", "end_of_stream": true}'
NOWHERE = "unix:///nowhere.sock"


class Zendesk(ThreadingHTTPServer):
    """Hands out numbered tokens, slowly; answers 401 to two at once that bear a revoked one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.counting = Lock()
        self.tokens = 0
        self.revoked: set[str] = set()
        self.both = Barrier(2)
        self.seen: list[str] = []

    @property
    def environ(self) -> dict[str, str]:
        return {
            "ZENDESK_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "ZENDESK_CLIENT_ID": "understudy",
            "ZENDESK_CLIENT_SECRET": "invented-client-secret",
        }


class Handler(BaseHTTPRequestHandler):
    server: Zendesk

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.counting:
            self.server.tokens += 1
            number = self.server.tokens
        time.sleep(0.3)  # long enough for another process to ask as well, were it not kept out
        self._answer(201, b'{"access_token": "token-%d", "expires_in": 3600}' % number)

    def do_GET(self) -> None:
        token = self.headers["Authorization"].removeprefix("Bearer ")
        self.server.seen.append(token)
        if token in self.server.revoked:
            self.server.both.wait(20)
            self._answer(401, b'{"error": "invalid_token"}')
        else:
            self._answer(200, EXPORT)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def desk() -> Iterator[Zendesk]:
    with Zendesk() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.fixture
def broker(broker_url: str) -> Iterator[Redis]:
    with Redis.from_url(broker_url) as broker:
        yield broker


class Worker:
    """A real process that forks for each job."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self.input, self.output = process.stdin, process.stdout
        assert self.hear() == "ready"

    def start_job(self) -> None:
        self.input.write("\n")
        self.input.flush()

    def hear(self) -> str:
        return self.output.readline().strip()


@contextmanager
def workers(count: int, broker_url: str, desk: Zendesk, folder: Path) -> Iterator[list[Worker]]:
    command = [sys.executable, "-m", "tests.app.forking_worker", broker_url, str(folder)]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env={**os.environ, **desk.environ},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(count)
        ]
        for process in processes:
            stack.callback(process.kill)
        yield [Worker(process) for process in processes]


def run_jobs(group: list[Worker]) -> None:
    """Have all of them do one job at the same time."""
    for worker in group:
        worker.start_job()
    assert [worker.hear() for worker in group] == ["done"] * len(group)


@pytest.mark.journey
def test_processes_that_ask_at_once_fetch_one_token_and_renew_it_once(
    broker: Redis, broker_url: str, desk: Zendesk, tmp_path: Path
) -> None:
    with workers(2, broker_url, desk, tmp_path) as group:
        for _ in range(3):
            run_jobs(group)
        assert desk.seen == ["token-1"] * 6
        assert desk.tokens == 1
        desk.revoked.add("token-1")
        run_jobs(group)
        assert sorted(desk.seen[6:]) == ["token-1", "token-1", "token-2", "token-2"]
        run_jobs(group)
        assert desk.tokens == 2


@pytest.mark.journey
def test_a_token_that_expired_in_the_broker_is_fetched_anew(
    broker: Redis, broker_url: str, desk: Zendesk, tmp_path: Path
) -> None:
    with workers(1, broker_url, desk, tmp_path) as group:
        run_jobs(group)
        [key] = broker.keys()
        assert 3530 < broker.ttl(key) <= 3540
        broker.pexpire(key, 1)
        time.sleep(0.05)
        run_jobs(group)
    assert desk.seen == ["token-1", "token-2"]


def test_keys_stand_under_one_prefix_and_hold_no_secret_of_the_client(
    broker: Redis, broker_url: str, desk: Zendesk
) -> None:
    list(helpdesk(desk, open_shared(broker_url)).changed(None))
    [key] = broker.keys()
    assert str(key).startswith("b'understudy:shared:zendesk-token:127.0.0.1:")
    assert "invented-client-secret" not in f"{key!r}{broker.get(key)!r}"


@pytest.mark.journey
class TestWithoutABroker:
    def test_a_helpdesk_is_read_all_the_same_and_it_is_said_once(self, desk: Zendesk) -> None:
        with capture_logs() as logs:
            connector = helpdesk(desk, open_shared(NOWHERE))
            for _ in range(2):
                list(connector.changed(None))
        assert desk.seen == ["token-1", "token-1"]
        assert [(line["log_level"], line["event"]) for line in logs] == [
            ("warning", "broker is away, nothing is shared")
        ]

    def test_a_refused_token_is_renewed_all_the_same(self, desk: Zendesk) -> None:
        connector = helpdesk(desk, open_shared(NOWHERE))
        list(connector.changed(None))
        desk.both = Barrier(1)
        desk.revoked.add("token-1")
        list(connector.changed(None))
        assert desk.seen == ["token-1", "token-1", "token-2"]

    def test_a_broker_that_hangs_is_not_waited_for(
        self, desk: Zendesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared, "PATIENCE", 0.1)
        with listener(tmp_path / "s"):
            connector = helpdesk(desk, open_shared(f"unix://{tmp_path / 's'}"))
            started = time.monotonic()
            list(connector.changed(None))
        assert time.monotonic() - started < 2
        assert desk.seen == ["token-1"]

    def test_a_command_that_knows_of_none_shares_with_nobody(self) -> None:
        assert isinstance(open_shared(""), PrivateStore)

    def test_one_that_came_back_is_used_after_a_rest(self, broker: Redis, broker_url: str) -> None:
        now = [0.0]
        away = Redis.from_url(NOWHERE)
        store = RedisShared(away, clock=lambda: now[0])
        assert store.get("a") is None
        away.connection_pool = broker.connection_pool
        broker.set("understudy:shared:a", "1")
        now[0] = REST - 1
        assert store.get("a") is None
        now[0] = REST
        assert store.get("a") == "1"


class TestStore:
    @pytest.fixture
    def store(self, broker: Redis, broker_url: str) -> Shared:
        return open_shared(broker_url)

    def test_what_one_puts_another_gets_until_it_expires(
        self, store: Shared, broker_url: str
    ) -> None:
        other = open_shared(broker_url)
        assert other.get("a") is None
        store.put("a", "grün", 60)
        assert other.get("a") == "grün"
        store.put("a", "2", 0.05)
        time.sleep(0.1)
        assert other.get("a") is None

    def test_only_the_value_that_was_meant_is_dropped(self, store: Shared) -> None:
        store.put("a", "newer", 60)
        store.drop("a", "older")
        assert store.get("a") == "newer"
        store.drop("a", "newer")
        assert store.get("a") is None

    def test_a_lock_keeps_others_out_and_ends_by_itself(
        self, store: Shared, broker: Redis, broker_url: str
    ) -> None:
        other = open_shared(broker_url)
        started = time.monotonic()
        with store.lock("a", 0.4), other.lock("a", 5):
            waited = time.monotonic() - started
        assert 0.3 < waited < 3
        assert broker.keys() == []
        store.put("b", "a lock that ended is no fault of the broker", 60)
        assert other.get("b")

    def test_who_waited_long_enough_goes_on_and_leaves_the_lock_to_its_holder(
        self, store: Shared, broker: Redis, broker_url: str
    ) -> None:
        with store.lock("a", 5):
            with open_shared(broker_url).lock("a", 0.1):
                pass
            assert broker.keys() == [b"understudy:shared:a:lock"]
        assert broker.keys() == []

    def test_what_fails_under_a_lock_gives_it_back(self, store: Shared, broker: Redis) -> None:
        with pytest.raises(ValueError, match="x"), store.lock("a", 5):
            raise ValueError("x")
        assert broker.keys() == []


def test_building_a_connector_connects_to_nothing(desk: Zendesk, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listener(path) as listening:
        settings = Settings(helpdesks=("zendesk",), redis_url=f"unix://{path}", data_dir=tmp_path)
        services = Services(settings, desk.environ)
        assert services.connector("zendesk").url == desk.environ["ZENDESK_URL"]
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert desk.tokens == 0


def helpdesk(desk: Zendesk, store: Shared) -> Connector:
    return connect("zendesk", desk.environ, store)


@contextmanager
def listener(path: Path) -> Iterator[socket.socket]:
    """Listen on a unix socket and never say a word."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(8)
        yield listening
