"""``understudy runs``: the audit record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.as_json import from_json, to_json
from app.cli import example, group
from app.cli.common import said_plainly, services_for
from app.cli.shown import lines_of_decision, lines_of_files, lines_of_hits
from app.domain import Signal, SignalKind, Trigger
from app.ledger import lessons
from app.ledger import runs as ledger_runs
from app.ledger.runs import Run

# By whether the run is over: then nothing was there to read, or it was redacted since.
_NO_QUESTION = {False: "(not read yet)", True: "(nothing kept)"}


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
    """Show one run: what was asked, found, decided, written, and what people made of it.

    The id's beginning will do.
    """
    with said_plainly():
        services = services_for(env_file, helpdesk_needed=False)
        run = ledger_runs.find(services.ledger, run_id)
        if run is None:
            raise click.ClickException(f"No single run begins with {run_id!r}; see runs list")
        signals = lessons.signals_of(services.ledger, run.id)
        if as_json:
            whole = from_json(dict[str, Any], to_json(run))
            told = [from_json(dict[str, Any], to_json(signal)) for signal in signals]
            click.echo(json.dumps({**whole, "signals": told}))
        else:
            click.echo(_page(run, signals))


def _summary(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "helpdesk": run.key.helpdesk,
        "ticket": run.key.ticket_id,
        "message": run.key.message_id,
        "trigger": run.key.trigger.value,
        "state": run.state.value,
        "outcome": run.outcome.value if run.outcome else None,
        "created_at": _time(run.created_at),
        "reasons": [reason.code for reason in run.reasons],
        "error": run.error,
    }


def _line(run: Run) -> str:
    asked = "" if run.key.trigger is Trigger.EVENT else f"[{run.key.trigger.value}] "
    why = asked + (", ".join(reason.code for reason in run.reasons) or (run.error or ""))
    outcome = run.outcome.value if run.outcome else "-"
    where = f"{run.key.helpdesk} #{run.key.ticket_id}"
    return f"{_time(run.created_at)}  {run.id}  {where:<18} {run.state:<9} {outcome:<10} {why}"


def _page(run: Run, signals: Sequence[Signal]) -> str:
    files = run.triage.files if run.triage else ()
    asked = (run.question or _NO_QUESTION[run.finished]).splitlines()
    parts = {
        "Asked": [*asked, *lines_of_files(files)],
        "Found": lines_of_hits(run.evidence),
        "Why": [f"{one.code}: {one.text}".rstrip(": ") for one in run.reasons],
        "Decided": lines_of_decision(run.decision) if run.decision else [],
        "Written": _written(run),
        "What came of it": [_signal(signal) for signal in signals],
        "Time": ["  ".join(f"{name} {ms:.0f} ms" for name, ms in (run.timings or {}).items())],
        "Error": [run.error] if run.error else [],
    }
    lines = [_line(run)]
    for heading, told in parts.items():
        if any(told):
            lines += ["", heading, *(f"  {line}".rstrip() for line in told)]
    return "\n".join(lines)


def _written(run: Run) -> list[str]:
    receipt, change = run.receipt, run.change
    if receipt is None:
        return []
    told = {
        "internal note": receipt.note_id or "",
        "public reply": receipt.reply_id or "",
        "tags": ", ".join(sorted(change.tags)),
        "tags taken off, if set": ", ".join(sorted(change.untag)),
        "priority": change.priority or "",
        "group": change.group or "",
        "status": change.status or "",
        "found": "an earlier attempt had written it" if receipt.found else "",
    }
    lines = [f"{name}: {value}" for name, value in told.items() if value]
    return [*lines, *receipt.fallbacks, *receipt.collisions]


def _signal(signal: Signal) -> str:
    by = f" by {signal.agent}" if signal.agent else ""
    match signal.kind:
        case SignalKind.RATED:
            return f"rated {signal.score or 0.0:.2f} of 1 by the customer ({signal.message_id})"
        case SignalKind.DISCARDED:
            return f"called wrong by the tag {signal.message_id}"
        case _:
            share = f"{signal.kept_share:.0%} of its words"
            return f"{signal.kind.value}{by}: {share} in message {signal.message_id}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
