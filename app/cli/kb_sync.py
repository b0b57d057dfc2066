"""``understudy kb sync`` and ``kb rebuild``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli import example
from app.cli.common import Progress, one_helpdesk, said_plainly, searching, services_for
from app.services import Services
from connectors.errors import HelpdeskError

if TYPE_CHECKING:
    from app.knowledge.listed import SourceReport
    from app.knowledge.sync import SyncReport

# The lease of a sync that was killed ends by itself in less.
_PATIENCE = 20  # seconds


@click.command(
    short_help="Read all sources of knowledge, make them searchable.",
    epilog=example("understudy kb sync", "understudy kb sync --helpdesk zendesk-eu"),
)
@click.option("--helpdesk", help="Which of HELPDESKS; all of them by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a helpdesk.")
@click.option(
    "--allow-empty",
    is_flag=True,
    help="Believe a source that lists nothing any more, and forget what was known of it.",
)
@click.pass_obj
def sync(env_file: Path, helpdesk: str | None, *, as_json: bool, allow_empty: bool) -> None:
    """Read help centres, saved replies and files; what did not change costs nothing.

    A source that cannot be read keeps what it had, and the exit code is 1. Killed and started
    again, it goes on where it was.
    """
    _all(env_file, helpdesk, as_json=as_json, allow_empty=allow_empty, rebuild=False)


@click.command(
    short_help="Make the whole index anew, while answers go on.",
    epilog=example("understudy kb rebuild --helpdesk zendesk"),
)
@click.option("--helpdesk", help="Which of HELPDESKS; all of them by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a helpdesk.")
@click.pass_obj
def rebuild(env_file: Path, helpdesk: str | None, *, as_json: bool) -> None:
    """Embed everything anew, beside the index that is in use, then switch to it.

    Killed and started again, it goes on where it was.
    """
    _all(env_file, helpdesk, as_json=as_json, allow_empty=False, rebuild=True)


def _all(
    env_file: Path, helpdesk: str | None, *, as_json: bool, allow_empty: bool, rebuild: bool
) -> None:
    with said_plainly(), searching(services_for(env_file)) as services:
        keys = (one_helpdesk(services, helpdesk),) if helpdesk else services.settings.helpdesks
        done = [
            _one(services, key, as_json=as_json, allow_empty=allow_empty, rebuild=rebuild)
            for key in keys
        ]
    if not all(done):
        raise SystemExit(1)


def _one(
    services: Services, helpdesk: str, *, as_json: bool, allow_empty: bool, rebuild: bool
) -> bool:
    """Bring one helpdesk's knowledge up to date; one that fails keeps no other from its turn."""
    progress = Progress()
    try:
        report = _patiently(services, helpdesk, progress, allow_empty=allow_empty, rebuild=rebuild)
    except HelpdeskError as error:
        click.echo(f"Error: {helpdesk}: {error}", err=True)
        return False
    finally:
        progress.close()
    if as_json:
        sources = {each.source: _figures(each) for each in report.sources}
        click.echo(json.dumps({"helpdesk": helpdesk, **report.figures, "sources": sources}))
    else:
        click.echo(f"{helpdesk}: {report.passages} passages searchable")
        for each in report.sources:
            if each.error is None:
                click.echo(f"  {_line(each)}")
    for each in report.sources:
        if each.error is not None:
            click.echo(f"Error: {helpdesk}: {each.source}: {each.error}", err=True)
    return not report.errors


def _patiently(
    services: Services, helpdesk: str, progress: Progress, *, allow_empty: bool, rebuild: bool
) -> SyncReport:
    from app.knowledge.sync import SyncRunning
    from app.sweep import sync_knowledge

    for second in range(_PATIENCE + 1):
        try:
            return sync_knowledge(
                services, helpdesk, progress, allow_empty=allow_empty, rebuild=rebuild
            )
        except SyncRunning:
            if second == _PATIENCE:
                raise
            if not second:
                click.echo(f"{helpdesk}: another sync is running; waiting for it", err=True)
            time.sleep(1)
    raise AssertionError("unreachable")


def _line(report: SourceReport) -> str:
    told = f", {report.findings} to look at (understudy kb status)" if report.findings else ""
    return (
        f"{report.source}: {report.added} added, {report.changed} changed, "
        f"{report.removed} removed, {report.unchanged} unchanged{told}"
    )


def _figures(report: SourceReport) -> dict[str, object]:
    return {
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "findings": report.findings,
        "error": None if report.error is None else str(report.error),
    }
