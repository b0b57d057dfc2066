"""``understudy kb``: the team's knowledge."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli import audit, example, group, kb_show, kb_status, kb_sync
from app.cli.common import one_helpdesk, said_plainly, searching, services_for
from app.domain import Hit
from connectors.errors import Misconfigured


@group(
    "kb",
    "Bring the team's knowledge up to date, and look into it.",
    'understudy kb search "export my data"',
)
def command() -> None:
    """Hold the commands about knowledge."""


for each in (kb_sync.sync, kb_sync.rebuild, kb_status.status, kb_show.show, audit.command):
    command.add_command(each)


@command.command(
    short_help="Show what would be found for a question.",
    epilog=example(
        'understudy kb search "cancel my plan" --json',
        'understudy kb search "goodwill" --internal',
    ),
)
@click.argument("question")
@click.option("--helpdesk", help="Which of HELPDESKS, if there are several.")
@click.option(
    "--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="How many at most."
)
@click.option("--internal", is_flag=True, help="What is for agents alone, instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def search(
    env_file: Path,
    question: str,
    helpdesk: str | None,
    limit: int,
    *,
    internal: bool,
    as_json: bool,
) -> None:
    """Show what would be found for a question, best first, and learned answers.

    It is asked as by somebody of whom nothing is known: what is restricted does not show.
    """
    with said_plainly():
        if not question.strip():
            raise Misconfigured(["QUESTION: is empty; write what a customer would ask"])
        _search(env_file, question, helpdesk, limit, internal=internal, as_json=as_json)


def _search(
    env_file: Path,
    question: str,
    helpdesk: str | None,
    limit: int,
    *,
    internal: bool,
    as_json: bool,
) -> None:
    with searching(services_for(env_file)) as services:
        key = one_helpdesk(services, helpdesk)
        knowledge = services.knowledge
        find = knowledge.search_internal if internal else knowledge.search
        articles = find(key, question, limit)
        learned = [] if internal else knowledge.search_examples(key, question, limit)
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
        "passage_id": passage.id,
        "source": passage.source.value,
        "title": passage.title,
        "url": passage.url,
        "updated_at": updated.isoformat() if passage.updated_at else None,
        "text": passage.text,
        "score": round(hit.score, 4),
        "similarity": round(hit.similarity, 4),
        "parts": {name: round(value, 4) for name, value in hit.parts.items()},
    }
