"""``understudy kb show``: a passage as it was when it was cited."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli import example
from app.cli.common import said_plainly, services_for
from app.domain import SaveDraft, Send
from app.ledger import runs, versions
from app.ledger.runs import Run
from app.ledger.versions import PassageVersion
from app.services import Services


@click.command(
    short_help="Show a passage as it was when it was cited.",
    epilog=example("understudy kb show 4f2a9c1e00112233", "understudy kb show PASSAGE --json"),
)
@click.argument("name", metavar="PASSAGE_ID|RUN_ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a passage.")
@click.pass_obj
def show(env_file: Path, name: str, *, as_json: bool) -> None:
    """Show a passage as it was when it was cited, or all that a run cited.

    Every version that was ever searchable is kept.
    """
    with said_plainly():
        services = services_for(env_file, helpdesk_needed=False)
        found = _versions(services, name)
        if not found:
            raise click.ClickException(
                f"There is no passage and no run {name} that cites one; ids of runs are listed by "
                "understudy runs list."
            )
        for one in found:
            click.echo(json.dumps(_as_dict(one)) if as_json else _shown(one))


def _versions(services: Services, name: str) -> list[PassageVersion]:
    with services.ledger.read() as connection:
        found = versions.passage_versions(connection, [name])
    if found:
        return list(found.values())
    run = runs.get(services.ledger, name)
    ids = _cited(run) if run else []
    with services.ledger.read() as connection:
        cited = versions.passage_versions(connection, ids)
    return [cited[one] for one in ids if one in cited]


def _cited(run: Run) -> list[str]:
    match run.decision:
        case Send(draft) | SaveDraft(draft):
            return list(dict.fromkeys(one.passage_id for one in draft.citations))
        case _:
            return []


def _shown(one: PassageVersion) -> str:
    until = "still searchable" if one.retired_at is None else f"until {_time(one.retired_at)}"
    where = " > ".join(part for part in (one.title, one.heading) if part)
    inside = " (for agents alone)" if one.collection == "internal" else ""
    lines = [
        click.style(where, bold=True) + inside,
        f"{one.source} {one.article_id} {one.locale}".rstrip() + f", version {one.version[:12]}",
        f"Searchable from {_time(one.live_at)}, {until}; edited {_time(one.edited_at)}",
    ]
    return "\n".join([*lines, *([one.url] if one.url else []), "", one.text, ""])


def _as_dict(one: PassageVersion) -> dict[str, object]:
    times = {name: _iso(getattr(one, name)) for name in ("live_at", "retired_at", "edited_at")}
    return {**asdict(one), **times, "live": one.retired_at is None}


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "at a time that is not known"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
