"""The stage: sandbox helpdesks and all our processes, in a folder of their own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from app.demo.desk import Desk
from app.env_file import EnvFileRefused, write_variables
from app.ledger.migrate import migrate
from app.processes import (
    STORES,
    Endpoints,
    answers,
    app_children,
    choose_endpoints,
    free_port,
    only_supervisor,
    require_port,
    store_children,
    write_endpoints,
)
from app.services import Services
from app.settings import load_settings, make_data_dir
from app.supervisor import Child, Supervisor
from connectors import KINDS, kind_of
from connectors.errors import Misconfigured

# A folder with this file in it is a demo's: it may be emptied for the next one.
MARKER = "this-is-an-understudy-demo"

# Settings of the last demo in its folder, for commands that look into it (--env-file).
SETTINGS = "env"

# Quicker than in production, so that one need not wait while looking on.
HASTE = {"QUIET_SECONDS": "1", "SWEEP_SECONDS": "10", "KB_SYNC_SECONDS": "30"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A running demo; ``services`` are those of the parent process, ``desks`` the sandboxes."""

    services: Services
    desks: Mapping[str, Desk]
    supervisor: Supervisor
    children: tuple[Child, ...]

    def open_doors(self) -> None:
        """Start the web process, the workers and the scheduler."""
        self.supervisor.start(self.children)


def claim_folder(folder: Path) -> None:
    """Make the folder of a demo, or find an earlier one's; raises ``Misconfigured``."""
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise Misconfigured(
                [f"--data: {folder} holds something that is no demo; choose another folder"]
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
    except OSError as error:
        raise Misconfigured([f"--data: {folder} cannot be used ({error.strerror})"]) from None


def empty_folder(folder: Path) -> None:
    """Remove what an earlier demo left, but for the model's graph and the lock that we hold."""
    for entry in folder.iterdir():
        if entry.name in ("cache", "run", MARKER):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


@contextmanager
def set_stage(
    supervisor: Supervisor, ports: Mapping[str, int], folder: Path, *, keep: bool
) -> Iterator[Stage]:
    """Start the stores and a sandbox for each helpdesk account; ends everything afterwards.

    ``ports`` says where each account's inbox listens. Raises ``Misconfigured`` and
    ``StartFailed``.
    """
    for port in ports.values():
        require_port("127.0.0.1", port, "--port")
    claim_folder(folder)
    own = _own_settings(ports, folder)
    environ = _environ(own)
    settings = load_settings(environ)
    make_data_dir(settings)
    with only_supervisor(settings):
        if not keep:
            empty_folder(folder)
        _write_settings(folder / SETTINGS, own)
        migrate(settings.ledger_url)
        endpoints = choose_endpoints(settings)
        log_dir = folder / "logs"
        webhooks = f"http://127.0.0.1:{settings.web_port}/webhooks"
        sandboxes = [_sandbox(key, folder, ports[key], webhooks, environ) for key in ports]
        try:
            supervisor.start([*store_children(settings, endpoints, environ, log_dir), *sandboxes])
            write_endpoints(settings, endpoints)
            yield Stage(
                services=_services(environ, endpoints),
                desks={key: Desk(_address(port)) for key, port in ports.items()},
                supervisor=supervisor,
                children=tuple(app_children(settings, endpoints, environ, log_dir)),
            )
        finally:
            supervisor.stop()


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _own_settings(ports: Mapping[str, int], folder: Path) -> dict[str, str]:
    """What a demo sets whatever the caller's environment says; all secrets are the sandbox's."""
    own = {
        "HELPDESKS": ",".join(ports),
        "DATA_DIR": str(folder.absolute()),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "CHROMA_URL": "",
        "WEB_HOST": "127.0.0.1",
        "WEB_PORT": str(free_port()),
        "WEB_WORKERS": "1",
    }
    for key, port in ports.items():
        facade = import_module(f"{KINDS[kind_of(key)]}.sandbox")
        own |= facade.sandbox_environ(key, _address(port), _secrets(key))
    return own


def _environ(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a demo: the caller's, but for what would reach a real helpdesk."""
    prefixes = tuple(f"{each.upper()}_" for each in KINDS)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    for name, value in HASTE.items():
        environ.setdefault(name, value)
    for name in own:
        environ.pop(f"{name}_FILE", None)  # it would win
    return {**environ, **own, "UNDERSTUDY_ENV_FILE": os.devnull}


def _write_settings(file: Path, own: Mapping[str, str]) -> None:
    """Leave the demo's settings for who looks into it later; raises ``Misconfigured``."""
    try:
        write_variables(file, own)
    except EnvFileRefused as error:
        raise Misconfigured([f"--data: {error}"]) from None


def _secrets(key: str) -> dict[str, str]:
    """Credentials of an account's sandbox: two accounts of one kind must not share them."""
    names = ("CLIENT_SECRET", "API_KEY", "ACCESS_TOKEN", "WEBHOOK_SECRET")
    return {f"SANDBOX_{name}": f"{name.lower().replace('_', '-')}-of-{key}" for name in names}


def _services(environ: Mapping[str, str], endpoints: Endpoints) -> Services:
    settings = load_settings({**environ, **endpoints.environ()})
    return Services(settings, environ)


def _sandbox(key: str, folder: Path, port: int, webhooks: str, environ: Mapping[str, str]) -> Child:
    return Child(
        name=f"sandbox of {key}",
        argv=(
            *(sys.executable, "-m", "connectors.sandbox"),
            *("--helpdesk", kind_of(key), "--port", str(port)),
            *("--data", str(folder / "sandbox" / key)),
            *("--webhook-url", f"{webhooks}/{key}"),
        ),
        environ={**environ, **_secrets(key)},
        stage=STORES,
        ready=lambda: answers(f"{_address(port)}/sandbox/health"),
        log_file=folder / "logs" / f"sandbox-{key}.log",
    )
