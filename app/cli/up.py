"""``understudy up``: everything, under one supervisor."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import example
from app.cli.common import environ_of_children, require_helpdesk, said_plainly, say_started
from app.doctor.models import model_fault
from app.doctor.stores import broker_fault
from app.ledger.migrate import migrate
from app.logs import set_up_logs
from app.processes import (
    app_children,
    authority,
    choose_endpoints,
    only_supervisor,
    require_port,
    store_children,
    write_endpoints,
)
from app.services import Services, open_services
from app.supervisor import StartFailed, Supervisor, stopping_on_signals
from connectors.errors import Misconfigured


@click.command(
    name="up",
    epilog=example("understudy up", "WEB_PORT=9000 understudy --env-file acme.env up"),
)
@click.pass_obj
def command(env_file: Path) -> None:
    """Run Understudy for the helpdesks in your settings, until Ctrl-C.

    Starts the web process, one worker for each queue, the scheduler and, unless REDIS_URL and
    CHROMA_URL name others, an embedded broker and vector store. What dies is started again.
    """
    with said_plainly():
        services = open_services(env_file)
        settings = services.settings
        require_helpdesk(settings, env_file)
        set_up_logs(settings.log_level, settings.log_format)
        require_port(settings.web_host, settings.web_port, "WEB_PORT")
        _look_ahead(services)
        with only_supervisor(settings):
            migrate(settings.ledger_url)
            endpoints = choose_endpoints(settings)
            environ = environ_of_children(env_file)
            # Ours log here, in one form; the stores have banners and words of their own.
            log_dir = settings.data_dir / "logs"
            children = [
                *store_children(settings, endpoints, environ, log_dir),
                *app_children(settings, endpoints, environ, None),
            ]
            supervisor = Supervisor()
            with stopping_on_signals(supervisor):
                try:
                    supervisor.start(children)
                    write_endpoints(settings, endpoints)
                    say_started(children, supervisor.pids())
                    _say_where(authority(settings), settings.helpdesks)
                    supervisor.watch()
                    click.echo("Ending ...", err=True)
                finally:
                    supervisor.stop()


def _look_ahead(services: Services) -> None:
    """Try what every worker needs, so that it is said once, and not by each that dies of it.

    Raises ``Misconfigured`` and ``StartFailed``.
    """
    fault = model_fault(services)
    if fault:
        raise Misconfigured([fault])
    url = services.settings.redis_url
    fault = broker_fault(url) if url else ""
    if fault:
        raise StartFailed(f"{fault} Start it, or mend REDIS_URL; left empty, up runs one itself.")


def _say_where(where: str, helpdesks: tuple[str, ...]) -> None:
    for key in helpdesks:
        click.echo(f"Webhooks for {key}: http://{where}/webhooks/{key}", err=True)
