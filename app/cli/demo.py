"""``understudy demo``: everything on one machine, on a helpdesk of its own."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from app.cli import example
from app.cli.common import Progress, said_plainly
from app.demo import company
from app.demo.act import Act, happened
from app.demo.company import DemoArticle, DemoTicket
from app.demo.play import Play
from app.demo.stage import SETTINGS, Stage, set_stage
from app.json_lines import DataError
from app.logs import set_up_logs
from app.supervisor import Supervisor, stopping_on_signals
from app.sweep import sync_knowledge
from connectors import KINDS, kind_of
from connectors.errors import Misconfigured

LAST_PORT = 65535


def _accounts(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    """Read account keys as HELPDESKS has them."""
    given = [key.strip() for key in value.split(",")]
    keys = tuple(KINDS) if given == ["all"] else tuple(dict.fromkeys(given))
    try:
        for key in keys:
            kind_of(key)
    except Misconfigured as error:
        raise click.BadParameter(error.faults[0].removeprefix("HELPDESKS: ")) from None
    return keys


@click.command(
    name="demo",
    epilog=example(
        "understudy demo",
        "understudy demo --helpdesk freshdesk",
        "understudy demo --helpdesk all --exit-when-done",
        "understudy demo --articles kb.jsonl --tickets questions.jsonl.gz --exit-when-done",
    ),
)
@click.option(
    "--helpdesk",
    "helpdesks",
    callback=_accounts,
    default="zendesk",
    show_default=True,
    metavar="KIND[,KIND...]",
    help=f"Whose API the sandbox speaks: {', '.join(KINDS)}, several with commas between them (a "
    "second account of a kind as zendesk-eu), or all.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".data/demo"),
    show_default=True,
    help="Where its state lives; the last demo's state there is removed.",
)
@click.option(
    "--keep",
    is_flag=True,
    help="Keep the last demo's state; customers write only where there are no tickets yet.",
)
@click.option(
    "--port",
    type=click.IntRange(1, LAST_PORT),
    default=8070,
    show_default=True,
    help="Port of the inbox page, on 127.0.0.1; further helpdesks get the ports after it.",
)
@click.option(
    "--exit-when-done",
    is_flag=True,
    help="Play it headless: scripted agents answer; the last line is the result as JSON.",
)
@click.option(
    "--articles",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your own help centre: JSON lines {id, title, body, format?, url?}, .gz accepted.",
)
@click.option(
    "--tickets",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your own questions: JSON lines {id, text, relevant?: [article ids]}, .gz accepted.",
)
@click.option("--limit", type=click.IntRange(1), help="Open only the first so many tickets.")
def command(
    *,
    helpdesks: tuple[str, ...],
    data: Path,
    port: int,
    articles: Path | None,
    tickets: Path | None,
    limit: int | None,
    keep: bool,
    exit_when_done: bool,
) -> None:
    """Watch it work, on a helpdesk of its own and invented customers. Nothing to register.

    Starts a sandbox helpdesk and all of Understudy, reads the help centre, lets customers write,
    and prints the address of the inbox, where you play the agent.
    """
    if (articles is None) != (tickets is None):
        raise click.UsageError("--articles and --tickets go together.")
    if keep and exit_when_done:
        raise click.UsageError("--exit-when-done plays from the beginning: it cannot --keep.")
    if port + len(helpdesks) - 1 > LAST_PORT:
        raise click.UsageError(f"--port: {len(helpdesks)} helpdesks need as many ports from there.")
    set_up_logs("warning", "auto")
    with said_plainly():
        help_centre, customers = _cast(articles, tickets, limit)
        supervisor = Supervisor()
        with stopping_on_signals(supervisor):
            click.echo("Starting a sandbox helpdesk, a broker and a vector store ...", err=True)
            ports = {key: port + place for place, key in enumerate(helpdesks)}
            with set_stage(supervisor, ports, data, keep=keep) as stage:
                wave = [ticket for ticket in customers if ticket.wave == 1]
                plays = _open(stage, help_centre, wave)
                if exit_when_done:
                    raise SystemExit(_headless(plays, customers))
                _interactive(stage, data, sum(len(play.opened) for play in plays))


def _cast(
    articles: Path | None, tickets: Path | None, limit: int | None
) -> tuple[list[DemoArticle], list[DemoTicket]]:
    help_centre = company.load_articles(articles or company.ARTICLES)
    customers = company.load_tickets(tickets or company.TICKETS)[:limit]
    if not customers:
        raise DataError(f"{tickets}: has no question in it.")
    known = {article.id for article in help_centre}
    for ticket in customers:
        unknown = [each for each in ticket.relevant if each not in known]
        if unknown:
            raise DataError(
                f"{tickets}: ticket {ticket.id!r} names the article {unknown[0]!r}, "
                f"which is not in {articles}."
            )
    return help_centre, customers


def _open(
    stage: Stage, help_centre: Sequence[DemoArticle], wave: Sequence[DemoTicket]
) -> list[Play]:
    """Read the help centres, open the doors, and let customers write where none has yet."""
    progress = Progress()
    plays = []
    for key, desk in stage.desks.items():
        fresh = desk.tickets() == 0
        ids = desk.set_articles(help_centre)
        click.echo(f"Reading {len(help_centre)} articles of {key}'s help centre ...", err=True)
        sync_knowledge(stage.services, key, progress)
        progress.close()
        plays.append((Play(stage.services, desk, key, ids, progress, stage.supervisor.tend), fresh))
    click.echo("Starting the web process, the workers and the scheduler ...", err=True)
    stage.open_doors()
    for play, fresh in plays:
        if fresh:
            play.open(wave)
    return [play for play, _ in plays]


def _interactive(stage: Stage, data: Path, opened: int) -> None:
    told = f"{opened} customers have written." if opened else "All is as it was left."
    which = f" --helpdesk {next(iter(stage.desks))}" if len(stage.desks) > 1 else ""
    where = "The inbox:" if len(stage.desks) == 1 else "The inboxes:"
    click.echo(f"\n  {told} {where}\n")
    for key, desk in stage.desks.items():
        click.echo(f"    {desk.url}/  ({key})")
    click.echo(
        "\n  Open a ticket, press Use draft, change it, send it; then write in as another\n"
        "  customer with nearly the same question. Ctrl-C ends the demo.\n"
        "\n  In another terminal, see what is wrong with the articles that it quotes:\n\n"
        f"    understudy --env-file {shlex.quote(str(data / SETTINGS))} kb audit{which}\n"
    )
    stage.supervisor.watch()
    click.echo("Ending ...", err=True)


def _headless(plays: Sequence[Play], customers: Sequence[DemoTicket]) -> int:
    first = [ticket for ticket in customers if ticket.wave == 1]
    second = [ticket for ticket in customers if ticket.wave != 1]
    acts = [Act(play, first, second) for play in plays]
    for act in acts:
        act.begin()
    for act in acts:
        act.go_on()
    reports, passed = {}, True
    for act in acts:
        result, judgement = act.end()
        reports[result.helpdesk] = result.as_json()
        for sentence in (*judgement.wrong, *judgement.shortfalls, *judgement.better):
            click.echo(f"{result.helpdesk}: {sentence}", err=True)
        passed = passed and happened(result) and not judgement.wrong
    only = next(iter(reports.values())) if len(reports) == 1 else None
    click.echo(json.dumps(only or {"helpdesks": reports}))
    return 0 if passed else 1
