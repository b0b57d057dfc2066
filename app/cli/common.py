"""What commands share: opening services, saying what is wrong, showing progress."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from redis.exceptions import RedisError
from tqdm import tqdm

from app.ledger.migrate import migrate
from app.logs import set_up_logs
from app.processes import (
    Endpoints,
    choose_endpoints,
    chroma_only,
    running_endpoints,
)
from app.services import Services, open_services
from app.settings import Settings
from app.supervisor import Child, Supervisor
from connectors.errors import HelpdeskError, Misconfigured


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn what may go wrong into sentences and exit codes."""
    try:
        yield
    except Misconfigured as error:
        raise wrong_settings(error) from None
    except HelpdeskError as error:
        raise click.ClickException(str(error)) from None
    except RedisError as error:
        raise click.ClickException(f"The broker cannot be used: {error}") from None
    except Exception as error:
        # Our own errors speak in sentences; anything else is a bug, and its trace is wanted.
        if not type(error).__module__.startswith("app."):
            raise
        raise click.ClickException(str(error)) from None


def wrong_settings(error: Misconfigured) -> SystemExit:
    """List all faults of the settings, or of the command's arguments; exit code 2."""
    of_the_command = all(fault.startswith(("-", "QUESTION")) for fault in error.faults)
    what = "arguments" if of_the_command else "settings"
    click.echo(f"These {what} are wrong; nothing was started:", err=True)
    for fault in error.faults:
        click.echo(f"  - {fault}", err=True)
    if not of_the_command:
        click.echo("What each may be stands in .env.example.", err=True)
    return SystemExit(2)


def require_helpdesk(settings: Settings, env_file: Path) -> None:
    """Raise ``Misconfigured`` where no account is named to work for."""
    if not settings.helpdesks:
        absent = f" ({env_file.name} is not there: copy .env.example to it)"
        said = "HELPDESKS: is empty; name at least one, for example zendesk"
        raise Misconfigured([said + absent * (not env_file.exists())])


def services_for(env_file: Path, *, helpdesk_needed: bool = True) -> Services:
    """Open the services of a command, beside a running supervisor where there is one."""
    os.environ["UNDERSTUDY_ENV_FILE"] = str(env_file.absolute())
    services = open_services(env_file)
    if helpdesk_needed:
        require_helpdesk(services.settings, env_file)
    set_up_logs(services.settings.log_level, services.settings.log_format)
    migrate(services.settings.ledger_url)
    found = running_endpoints(services.settings)
    return with_endpoints(services, found) if found else services


def with_endpoints(services: Services, endpoints: Endpoints) -> Services:
    """Point services at stores that are already running."""
    settings = services.settings
    update: dict[str, str] = {}
    if not settings.redis_url:
        update["redis_url"] = endpoints.redis_url
    if not settings.chroma_url:
        update["chroma_url"] = endpoints.chroma_url
    return Services(settings.model_copy(update=update), services.environ, clock=services.clock)


@contextmanager
def searching(services: Services) -> Iterator[Services]:
    """Make sure that the vector store answers, starting one for the while if none runs."""
    settings: Settings = services.settings
    if settings.chroma_url:
        yield services
        return
    endpoints = choose_endpoints(settings)
    log_dir = settings.data_dir / "logs"
    supervisor = Supervisor()
    try:
        supervisor.start(chroma_only(settings, endpoints, os.environ, log_dir))
        # The store alone: no broker runs, and a command on its own needs none.
        chroma = settings.model_copy(update={"chroma_url": endpoints.chroma_url})
        yield Services(chroma, services.environ, clock=services.clock)
    finally:
        supervisor.stop()


def one_helpdesk(services: Services, asked: str | None) -> str:
    """Choose the helpdesk of a command: the one asked for, or the only one there is."""
    known = services.settings.helpdesks
    if asked is not None and asked not in known:
        raise Misconfigured([f"--helpdesk: {asked!r} is not in HELPDESKS ({', '.join(known)})"])
    if asked is None and len(known) != 1:
        raise Misconfigured([f"--helpdesk: say which one of {', '.join(known)}"])
    return asked or known[0]


class Progress:
    """A progress bar a step, on standard error, and nothing where nobody watches."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._step = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show how far a step is."""
        if step != self._step:
            self.close()
            self._step = step
            self._bar = tqdm(desc=step, total=total, file=sys.stderr, disable=None, leave=False)
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def environ_of_children(env_file: Path) -> Mapping[str, str]:
    """Give children the environment, and the same settings file."""
    return {**os.environ, "UNDERSTUDY_ENV_FILE": str(env_file.absolute())}


def say_started(children: list[Child], pids: Mapping[str, int]) -> None:
    """Tell which processes run."""
    names = ", ".join(f"{child.name} ({pids.get(child.name, '?')})" for child in children)
    click.echo(f"Running: {names}", err=True)
