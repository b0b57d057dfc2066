"""``understudy demo``: everything on one machine, on a helpdesk of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from app.cli import example
from app.cli.common import Progress, said_plainly
from app.demo import company, lesson
from app.demo.company import DemoArticle, DemoTicket
from app.demo.expect import complaints
from app.demo.play import Play
from app.demo.stage import Stage, set_stage
from app.domain import Outcome
from app.logs import set_up_logs
from app.supervisor import Supervisor, stopping_on_signals
from app.sweep import sync_knowledge
from connectors import KINDS


@click.command(
    name="demo",
    epilog=example(
        "understudy demo",
        "understudy demo --exit-when-done",
        "understudy demo --articles kb.jsonl --tickets questions.jsonl.gz --exit-when-done",
    ),
)
@click.option(
    "--helpdesk",
    type=click.Choice(list(KINDS)),
    default="zendesk",
    show_default=True,
    help="Whose API the sandbox speaks.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".data/demo"),
    show_default=True,
    help="Where its state lives; the last demo's state there is removed.",
)
@click.option("--keep", is_flag=True, help="Keep the last demo's state and open no new tickets.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8070,
    show_default=True,
    help="Port of the inbox page, on 127.0.0.1.",
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
    helpdesk: str,
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
        raise click.UsageError("--keep opens no tickets, so --exit-when-done has none to play.")
    set_up_logs("warning", "auto")
    with said_plainly():
        help_centre, customers = _cast(articles, tickets, limit)
        supervisor = Supervisor()
        with stopping_on_signals(supervisor):
            click.echo("Starting a sandbox helpdesk, a broker and a vector store ...", err=True)
            with set_stage(supervisor, helpdesk, data, port, keep=keep) as stage:
                play, ids = _open(stage, help_centre)
                fresh = not keep or stage.desk.tickets() == 0
                wave = [ticket for ticket in customers if ticket.wave == 1]
                if fresh:
                    play.open(wave)
                if exit_when_done:
                    raise SystemExit(_headless(play, customers, ids))
                _interactive(stage, port, wave if fresh else [])


def _cast(
    articles: Path | None, tickets: Path | None, limit: int | None
) -> tuple[list[DemoArticle], list[DemoTicket]]:
    help_centre = company.load_articles(articles or company.ARTICLES)
    customers = company.load_tickets(tickets or company.TICKETS)[:limit]
    if not customers:
        raise company.DataError(f"{tickets}: has no question in it.")
    known = {article.id for article in help_centre}
    for ticket in customers:
        unknown = [each for each in ticket.relevant if each not in known]
        if unknown:
            raise company.DataError(
                f"{tickets}: ticket {ticket.id!r} names the article {unknown[0]!r}, "
                f"which is not in {articles}."
            )
    return help_centre, customers


def _open(stage: Stage, help_centre: Sequence[DemoArticle]) -> tuple[Play, dict[str, str]]:
    progress = Progress()
    ids = stage.desk.set_articles(help_centre)
    click.echo(f"Reading {len(help_centre)} articles of the help centre ...", err=True)
    sync_knowledge(stage.services, stage.helpdesk, progress)
    progress.close()
    click.echo("Starting the web process, the workers and the scheduler ...", err=True)
    stage.open_doors()
    play = Play(stage.services, stage.desk, stage.helpdesk, progress, stage.supervisor.tend)
    return play, ids


def _interactive(stage: Stage, port: int, opened: Sequence[DemoTicket]) -> None:
    click.echo(f"\n  {len(opened)} customers have written. The inbox: http://127.0.0.1:{port}/\n")
    click.echo(
        "  Open a ticket, press Use draft, change it, send it; then write in as another customer\n"
        "  with the same question in other words. Ctrl-C ends the demo.\n"
    )
    stage.supervisor.watch()
    click.echo("Ending ...", err=True)


def _headless(play: Play, customers: Sequence[DemoTicket], ids: dict[str, str]) -> int:
    first = [ticket for ticket in customers if ticket.wave == 1]
    second = [ticket for ticket in customers if ticket.wave != 1]
    play.wait_for_answers()
    before = play.signals()
    answered = first
    if not any(ticket.answer for ticket in first):
        taught, again = lesson.improvise(first, play)
        answered, second = [taught], [again]
    replies = play.agents_answer(answered)
    play.wait_for_lessons(replies, before)
    play.open(second)
    play.wait_for_answers()
    customers = [*first, *second]
    result = play.score(customers, ids)
    outcomes = play.outcomes()
    wrong = [
        complaint
        for ticket in customers
        for complaint in complaints(
            ticket, play.last_run(ticket), outcomes[play.opened[ticket.id]], ids
        )
    ]
    for complaint in wrong:
        click.echo(complaint, err=True)
    click.echo(json.dumps(result.as_json()))
    happened = (
        not result.outcomes.get(Outcome.FAILED)
        and result.learned > 0
        and result.answered_from_learned > 0
    )
    return 0 if happened and not wrong else 1
