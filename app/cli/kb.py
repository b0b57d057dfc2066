"""``understudy kb``: the team's knowledge."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli import audit, example, group
from app.cli.common import Progress, one_helpdesk, said_plainly, searching, services_for
from app.domain import Hit
from app.services import Services
from connectors.errors import HelpdeskError, Misconfigured


@group(
    "kb",
    "Bring the team's knowledge up to date, and look into it.",
    'understudy kb search "export my data"',
)
def command() -> None:
    """Hold the commands about knowledge."""


command.add_command(audit.command)


@command.command(
    short_help="Read the help centres, make them searchable.",
    epilog=example("understudy kb sync", "understudy kb sync --helpdesk zendesk-eu"),
)
@click.option("--helpdesk", help="Which of HELPDESKS; all of them by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a helpdesk.")
@click.option(
    "--allow-empty",
    is_flag=True,
    help="Believe a help centre that lists no public article any more, and forget what was known.",
)
@click.pass_obj
def sync(env_file: Path, helpdesk: str | None, *, as_json: bool, allow_empty: bool) -> None:
    """Read the help centres and make them searchable; what did not change costs nothing."""
    with said_plainly(), searching(services_for(env_file)) as services:
        keys = (one_helpdesk(services, helpdesk),) if helpdesk else services.settings.helpdesks
        done = [_sync(services, key, as_json=as_json, allow_empty=allow_empty) for key in keys]
    if not all(done):
        raise SystemExit(1)


def _sync(services: Services, helpdesk: str, *, as_json: bool, allow_empty: bool) -> bool:
    """Bring one helpdesk's knowledge up to date; one that fails keeps no other from its turn."""
    from app.knowledge.sync import EmptyListing
    from app.sweep import sync_knowledge

    progress = Progress()
    try:
        report = sync_knowledge(services, helpdesk, progress, allow_empty=allow_empty)
    except (HelpdeskError, EmptyListing) as error:
        progress.close()
        named = "" if isinstance(error, EmptyListing) else f"{helpdesk}: "  # it names itself
        click.echo(f"Error: {named}{error}", err=True)
        return False
    progress.close()
    if as_json:
        click.echo(json.dumps({"helpdesk": helpdesk, **report.figures}))
        return True
    click.echo(
        f"{helpdesk}: {report.added} articles added, {report.changed} changed, "
        f"{report.removed} removed, {report.unchanged} unchanged; "
        f"{report.passages} passages searchable"
    )
    return True


@command.command(
    short_help="Show what would be found for a question.",
    epilog=example('understudy kb search "cancel my plan" --json'),
)
@click.argument("question")
@click.option("--helpdesk", help="Which of HELPDESKS, if there are several.")
@click.option(
    "--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="How many at most."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def search(
    env_file: Path, question: str, helpdesk: str | None, limit: int, *, as_json: bool
) -> None:
    """Show what would be found for a question, best first, and learned answers."""
    with said_plainly():
        if not question.strip():
            raise Misconfigured(["QUESTION: is empty; write what a customer would ask"])
        _search(env_file, question, helpdesk, limit, as_json=as_json)


def _search(
    env_file: Path, question: str, helpdesk: str | None, limit: int, *, as_json: bool
) -> None:
    with searching(services_for(env_file)) as services:
        key = one_helpdesk(services, helpdesk)
        articles = services.knowledge.search(key, question, limit)
        learned = services.knowledge.search_examples(key, question, limit)
        if as_json:
            found = {"articles": articles, "learned": learned}
            click.echo(json.dumps({n: [_as_dict(h) for h in hits] for n, hits in found.items()}))
            return
        for hit in articles:
            _show(hit)
        for hit in learned:
            _show(hit)
        if not articles and not learned:
            click.echo("Nothing found; is the knowledge synced (understudy kb sync)?")


def _show(hit: Hit) -> None:
    passage = hit.passage
    click.secho(f"{hit.score:6.2f}  {passage.title}", bold=True, nl=False)
    click.echo(f"  (similarity {hit.similarity:.2f})  {passage.url}")
    click.echo("        " + " ".join(passage.text.split())[:160])


def _as_dict(hit: Hit) -> dict[str, object]:
    passage = hit.passage
    updated = passage.updated_at or datetime.fromtimestamp(0, UTC)
    return {
        "id": passage.origin_id,
        "source": passage.source.value,
        "title": passage.title,
        "url": passage.url,
        "updated_at": updated.isoformat() if passage.updated_at else None,
        "text": passage.text,
        "score": round(hit.score, 4),
        "similarity": round(hit.similarity, 4),
        "parts": {name: round(value, 4) for name, value in hit.parts.items()},
    }
