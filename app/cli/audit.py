"""``understudy kb audit``: what is wrong with the knowledge, what it costs, what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category

import click

from app.cli import example
from app.cli.common import Progress, one_helpdesk, said_plainly, services_for

if TYPE_CHECKING:
    from app.audit.records import AuditFinding, Quote
    from app.audit.report import Report

_LONGEST = 240  # characters of a quote in the terminal
_QUOTED = 4
_CODES = frozenset({"Cc", "Cf"})  # control characters, and unseen ones that format


@click.command(
    "audit",
    short_help="Find what is wrong with the knowledge.",
    epilog=example(
        "understudy kb audit",
        "understudy kb audit --html audit.html",
        "understudy kb audit --json | jq '.findings[0]'",
    ),
)
@click.option("--helpdesk", help="Which of HELPDESKS, if there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object (see above).")
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write a page for reading and printing into this file.",
)
@click.option(
    "--check-links",
    is_flag=True,
    help="Also ask each address outside the help centre whether it is still there.",
)
@click.pass_obj
def command(
    env_file: Path,
    helpdesk: str | None,
    html_file: Path | None,
    *,
    as_json: bool,
    check_links: bool,
) -> None:
    """Find outdated, contradicting, doubled, missing, empty and unreadable pages, worst first.

    Each finding has its evidence, how many tickets a month meet it (of the last 90 days), and what
    to do. It reads what the last sync brought, asks the helpdesk nothing, and writes nothing but
    the file that --html names. About a minute for 300 pages.

    --json: {version, helpdesk, at, pages, tickets, months, asked_once, counts, findings: [{kind,
    articles: [id], says, harm_per_month (null: not known yet), advice, evidence: [{article (null: a
    ticket), title, text, marked: [[start, end]], url, edited_at}]}]}. Kinds: contradiction,
    duplicate, outdated, dead_link, gap, empty, thin, wall, title, metadata.

    Exit codes: 0 when the audit ran, whatever it found; 1 if something could not be read.
    """
    from app.audit.page import page_of
    from app.audit.report import as_dict
    from app.audit.take import take

    progress = Progress()
    with said_plainly():
        services = services_for(env_file)
        key = one_helpdesk(services, helpdesk)
        try:
            report = take(services, key, progress, check_links=check_links)
        finally:
            progress.close()
    if html_file is not None:
        _write(html_file, page_of(report))
    if as_json:
        click.echo(json.dumps(as_dict(report)))
    elif html_file is None:
        _show(report)
    else:
        click.echo(f"{_summary(report)} The page is {html_file}.")


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        why = error.strerror or error
        raise click.ClickException(f"{path} cannot be written: {why}.") from None


def _summary(report: Report) -> str:
    counts = ", ".join(
        f"{kind.value.replace('_', ' ')} {count}" for kind, count in report.counts().items()
    )
    known = f"{report.tickets} tickets" if report.tickets else "no tickets yet: harm is not known"
    return f"{report.helpdesk}: {report.pages} pages, {known}. Found: {counts or 'nothing'}."


def _show(report: Report) -> None:
    click.secho(_summary(report), bold=True)
    for finding in report.findings:
        click.echo()
        _show_finding(finding)
    if report.asked_once:
        click.echo(f"\n{report.asked_once} open questions were asked by one customer each.")


def _show_finding(finding: AuditFinding) -> None:
    from app.audit.report import harm_in_words

    kind = finding.kind.value.replace("_", " ").upper()
    click.secho(f"{kind}  ({harm_in_words(finding.harm_per_month)})", bold=True)
    click.echo(f"  {_line(finding.says)}")
    for quote in finding.evidence[:_QUOTED]:
        click.echo(f"    {_line(quote.title)}: {_quoted(quote)}")
    click.echo(f"  To do: {_line(finding.advice)}")


def _quoted(quote: Quote) -> str:
    from app.audit.report import pieces

    text = "".join(f"[{piece}]" if marked else piece for piece, marked in pieces(quote))
    line = _line(text)
    return line if len(line) <= _LONGEST else line[:_LONGEST] + " …"


def _line(text: str) -> str:
    """Make one line of a text; without the codes that move a terminal's cursor or turn its text."""
    plain = "".join(" " if category(one) in _CODES else one for one in text)
    return " ".join(plain.split())
