"""``understudy run``: one process, for other supervisors."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from pathlib import Path

import click

from app import queues
from app.cli import example, group
from app.cli.common import said_plainly, services_for
from app.processes import authority
from app.services import Services
from connectors.errors import Misconfigured


@group("run", "Run one process, for systemd, Docker or Kubernetes.", "understudy run web")
def command() -> None:
    """Hold the commands of one process each."""


@command.command(epilog=example("understudy run web"))
@click.pass_obj
def web(env_file: Path) -> None:
    """Take webhooks in (gunicorn on WEB_HOST and WEB_PORT)."""
    with said_plainly():
        settings = _services(env_file).settings
    os.environ.update(REDIS_URL=settings.redis_url, CHROMA_URL=settings.chroma_url)
    gunicorn = str(Path(sys.executable).parent / "gunicorn")
    os.environ["WEB_BIND"] = authority(settings)
    os.environ["WEB_WORKERS"] = str(settings.web_workers)
    argv = [gunicorn, "--config", "python:app.web.gunicorn_conf", "app.web:create_app()"]
    os.execv(gunicorn, argv)  # noqa: S606 - no shell: this process becomes gunicorn


@command.command(epilog=example("understudy run worker --queue tickets"))
@click.option(
    "--queue",
    "name",
    type=click.Choice(queues.QUEUES),
    required=True,
    help="The one queue that this worker serves; run more of them for more throughput.",
)
@click.pass_obj
def worker(env_file: Path, name: str) -> None:
    """Work on the jobs of one queue."""
    with said_plainly():
        from app.worker_process import run_worker

        run_worker(_services(env_file), name)


@command.command(
    short_help="Enqueue what is due: retries, sweeps, syncs.",
    epilog=example("understudy run scheduler"),
)
@click.pass_obj
def scheduler(env_file: Path) -> None:
    """Enqueue what is due: quiet periods over, retries, sweeps, syncs."""
    from app.scheduler import run_scheduler

    with said_plainly():
        services = _services(env_file)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        run_scheduler(services, sleep=time.sleep, going=itertools.repeat(True))


def _services(env_file: Path) -> Services:
    services = services_for(env_file)
    settings = services.settings
    missing = [
        f"{name}: is empty, and no supervisor runs in DATA_DIR; name the one to use"
        for name, value in (("REDIS_URL", settings.redis_url), ("CHROMA_URL", settings.chroma_url))
        if not value
    ]
    if missing:
        raise Misconfigured(missing)
    return services
