"""``understudy runs``: the audit record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.as_json import from_json, to_json
from app.cli import example, group
from app.cli.common import said_plainly, services_for
from app.ledger import runs as ledger_runs
from app.ledger.runs import Run


@group("runs", "Read what was done, and why.", "understudy runs list --ticket 4812")
def command() -> None:
    """Hold the commands about runs."""


@command.command("list", epilog=example("understudy runs list --limit 20"))
@click.option("--helpdesk", help="Only this account.")
@click.option("--ticket", help="Only this ticket.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10000),
    default=50,
    show_default=True,
    help="How many at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_(
    env_file: Path, helpdesk: str | None, ticket: str | None, limit: int, *, as_json: bool
) -> None:
    """List runs, newest first."""
    with said_plainly():
        services = services_for(env_file, helpdesk_needed=False)
        found = list(ledger_runs.listed(services.ledger, helpdesk, ticket, limit))
        for run in found:
            click.echo(json.dumps(_summary(run)) if as_json else _line(run))
        if not found and not as_json:
            where = services.settings.database_url and "DATABASE_URL"
            click.echo(f"No runs in {where or services.settings.data_dir}.", err=True)


@command.command(epilog=example("understudy runs show 4f2a9c1e"))
@click.argument("run_id")
@click.option("--json", "as_json", is_flag=True, help="Print the whole record as JSON.")
@click.pass_obj
def show(env_file: Path, run_id: str, *, as_json: bool) -> None:
    """Show one run: what was asked, found, decided and written. The id's beginning will do."""
    with said_plainly():
        services = services_for(env_file, helpdesk_needed=False)
        run = ledger_runs.find(services.ledger, run_id)
        if run is None:
            raise click.ClickException(f"No single run begins with {run_id!r}; see runs list")
        click.echo(to_json(run) if as_json else _page(run))


def _summary(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "helpdesk": run.key.helpdesk,
        "ticket": run.key.ticket_id,
        "message": run.key.message_id,
        "state": run.state.value,
        "outcome": run.outcome.value if run.outcome else None,
        "created_at": _time(run.created_at),
        "reasons": [reason.code for reason in run.reasons],
        "error": run.error,
    }


def _line(run: Run) -> str:
    why = ", ".join(reason.code for reason in run.reasons) or (run.error or "")
    outcome = run.outcome.value if run.outcome else "-"
    where = f"{run.key.helpdesk} #{run.key.ticket_id}"
    return f"{_time(run.created_at)}  {run.id}  {where:<18} {run.state:<9} {outcome:<10} {why}"


def _page(run: Run) -> str:
    lines = [_line(run), "", "Asked", *_indented(run.question or "(not read yet)")]
    if run.evidence:
        lines += ["", "Found"]
    for hit in run.evidence:
        lines.append(f"  {hit.score:6.2f}  {hit.similarity:5.2f}  {hit.passage.title}")
    lines += ["", "Why", *(f"  {reason.code}: {reason.text}" for reason in run.reasons)]
    if run.decision is not None:
        pretty = json.dumps(from_json(dict[str, Any], to_json(run.decision)), indent=2)
        lines += ["", "Decided", *_indented(pretty)]
    if run.receipt is not None:
        lines += ["", "Written", *_indented(to_json(run.receipt))]
    if run.timings:
        spent = "  ".join(f"{name} {value:.0f} ms" for name, value in run.timings.items())
        lines += ["", "Time", f"  {spent}"]
    if run.error:
        lines += ["", "Error", f"  {run.error}"]
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
