"""``understudy setup``: create in a helpdesk what can be created, say how to do the rest."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from app.cli import example
from app.cli.common import Progress, said_plainly, with_endpoints
from app.cli.setup.page import baseline_lines
from app.cli.setup.record import Asked, Record, result
from app.cli.setup.settings import (
    WHAT,
    account_secrets,
    by_hand,
    in_place,
    save,
    secrets_in,
    sort_out,
    would_save,
)
from app.env_file import EnvFileRefused, require_writable
from app.ledger import baselines
from app.ledger.migrate import migrate
from app.ledger.store import LedgerDown
from app.logs import set_up_logs
from app.measure import WINDOW, measure
from app.processes import running_endpoints
from app.services import Services
from app.settings import load_settings, make_data_dir, read_environ, split_list
from connectors import kind_of
from connectors.config import read_variables
from connectors.errors import HelpdeskError, Misconfigured
from connectors.setup import Done, Step

BASELINE = "baseline"


@click.command(
    name="setup",
    short_help="Create webhooks and more in a helpdesk; take its figures.",
    epilog=example(
        "understudy setup zendesk --url https://bot.example.com --dry-run",
        "understudy setup zendesk --url https://bot.example.com --save",
        "understudy setup freshdesk-eu --remove",
        "understudy setup intercom --baseline-only --json",
    ),
)
@click.argument("helpdesk")
@click.option(
    "--url",
    help="Where the helpdesk reaches the web process; PUBLIC_URL by default. Webhooks go to "
    "URL/webhooks/HELPDESK.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen; change nothing.")
@click.option("--remove", is_flag=True, help="Take down what an earlier set-up created.")
@click.option("--save", is_flag=True, help="Write what it learns (secrets too) into the env file.")
@click.option(
    "--show-secrets", is_flag=True, help="Print secrets even where the output is no terminal."
)
@click.option(
    "--baseline-only", is_flag=True, help="Only take today's figures, beside those of earlier days."
)
@click.option("--no-baseline", is_flag=True, help="Take no figures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--yes", is_flag=True, help="Ask nothing: remove, and replace other values.")
@click.pass_obj
def command(env_file: Path, /, **options: Any) -> None:
    """Prepare HELPDESK, one of HELPDESKS: create what its API lets an app create, and say how to
    do the rest by hand.

    What is there already is kept, so it can be run again at any time. Then the figures of the last
    90 days are taken, to compare later ones with. Exit code 1 where a step failed.
    """
    asked = Asked(env_file, **options)
    _refuse_contradictions(asked)
    with said_plainly():
        services = _open(asked)
        webhook = _webhook(asked, services)
        shown = asked.show_secrets or shows_secrets()
        record = Record(asked, account_secrets(asked.helpdesk, services.environ), shown)
        if asked.remove:
            _remove(record, services, webhook)
        else:
            _set_up(record, services, webhook)
    if asked.as_json:
        click.echo(json.dumps(result(record, webhook)))
    if record.count(Done.FAILED):
        raise SystemExit(1)


def shows_secrets() -> bool:
    """Tell whether a person sees what is printed: elsewhere it may end in a log."""
    return sys.stdout.isatty()


def _refuse_contradictions(asked: Asked) -> None:
    if asked.remove and (asked.save or asked.baseline_only):
        raise click.UsageError("--remove goes with neither --save nor --baseline-only.")
    if asked.remove and asked.as_json and not (asked.yes or asked.dry_run):
        raise click.UsageError("--remove --json asks nothing: say --yes.")
    others = asked.dry_run or asked.no_baseline or asked.save
    if asked.baseline_only and others:
        raise click.UsageError(
            "--baseline-only goes with none of --dry-run, --no-baseline and --save."
        )


def _open(asked: Asked) -> Services:
    """Open the services for this one account, whatever others lack; writes nothing.

    Raises ``Misconfigured``.
    """
    merged = read_environ(os.environ, asked.env_file)
    values, faults = read_variables(("helpdesks",), merged)
    if faults:
        raise Misconfigured(faults)
    kind_of(asked.helpdesk)
    known = split_list(values.get("helpdesks", ""))
    if known and asked.helpdesk not in known:
        raise Misconfigured(
            [f"HELPDESKS: has no {asked.helpdesk} ({', '.join(known)}); add it there first"]
        )
    own = {"HELPDESKS": asked.helpdesk}
    if asked.url is not None:
        own["PUBLIC_URL"] = asked.url
    environ = {
        name: value for name, value in merged.items() if name.removesuffix("_FILE") not in own
    }
    try:
        settings = load_settings(environ | own)
    except Misconfigured as error:
        faults = _in_words_of(asked, error)
        if not asked.env_file.exists() and not all(fault.startswith("--") for fault in faults):
            told = f"{asked.env_file}: is not there; copy .env.example to it, or say --env-file"
            faults.insert(0, told)
        raise Misconfigured(faults) from None
    set_up_logs(settings.log_level, settings.log_format)
    services = Services(settings, merged)
    found = running_endpoints(settings)
    return with_endpoints(services, found) if found else services


def _in_words_of(asked: Asked, error: Misconfigured) -> list[str]:
    """Name the option where the address is from there, and not the variable."""
    wrong = "PUBLIC_URL:"
    return [
        fault.replace(wrong, "--url:", 1) if asked.url and fault.startswith(wrong) else fault
        for fault in error.faults
    ]


def _webhook(asked: Asked, services: Services) -> str:
    """Name where the helpdesk is to send its webhooks; raises ``Misconfigured``."""
    public = services.settings.public_url
    if public:
        return f"{public}/webhooks/{asked.helpdesk}"
    if asked.baseline_only:
        return ""
    raise Misconfigured(
        ["--url: say where the helpdesk reaches the web process, or set PUBLIC_URL; for example "
         "--url https://bot.example.com"]
    )  # fmt: skip


def _set_up(record: Record, services: Services, webhook: str) -> None:
    asked = record.asked
    _prepare(asked, services)
    connector = services.connector(asked.helpdesk)
    if not asked.baseline_only:
        record.say(f"{asked.helpdesk} at {connector.url}: webhooks go to {webhook}")
        record.take(connector.set_up(webhook, dry_run=asked.dry_run))
        record.take(_settings(record, services))
    if asked.baseline:
        record.take(_take_baseline(record, services))
    elif asked.dry_run and not asked.no_baseline:
        text = f"Figures of the last {WINDOW.days} days would be taken, unless there are some."
        record.take([Step(BASELINE, Done.WOULD_CREATE, text)])
    if record.baseline is not None:
        record.say(f"\n{baseline_lines(record.baseline)}")
    record.end()
    _say_next(record, services)


def _prepare(asked: Asked, services: Services) -> None:
    """Find out what would be in the way, before anything is changed in the helpdesk."""
    if asked.save:
        try:
            require_writable(asked.env_file)
        except EnvFileRefused as error:
            raise Misconfigured(
                [f"--save: {error}; without --save the lines to paste are printed instead"]
            ) from None
    if asked.baseline:
        make_data_dir(services.settings)
        migrate(services.settings.ledger_url)


def _settings(record: Record, services: Services) -> Iterable[Step]:
    """Bring what is to be set into the settings file, or say that it belongs there."""
    asked = record.asked
    in_file = read_environ({}, asked.env_file)
    wanted = {"PUBLIC_URL": services.settings.public_url, **record.settings}
    if not read_variables(("helpdesks",), services.environ)[0]:
        wanted["HELPDESKS"] = asked.helpdesk
    for name, value in wanted.items():
        record.settings.setdefault(name, value)
    settings = sort_out(wanted, in_file, os.environ, str(asked.env_file))
    for setting in settings:
        # Beside the new secret stands the old one.
        record.secrets |= secrets_in(setting.name, setting.value)
    yield from in_place(settings, asked.env_file)
    if not asked.save:
        yield from by_hand(settings, asked.env_file)
    elif asked.dry_run:
        yield from would_save(settings, asked.env_file)
    else:
        yield from save(settings, asked.env_file, lambda name: _may_replace(asked, name))


def _may_replace(asked: Asked, name: str) -> bool:
    if asked.yes or not sys.stdin.isatty():
        return asked.yes
    return click.confirm(f"{asked.env_file} has another {name}. Replace it?", err=True)


def _take_baseline(record: Record, services: Services) -> Iterable[Step]:
    """Take the figures, unless there are some: later ones would be figures with a bot at work."""
    asked = record.asked
    again = f"understudy setup {asked.helpdesk} --baseline-only"
    progress = Progress()
    try:
        kept = baselines.listed(services.ledger, asked.helpdesk)
        if kept and not asked.baseline_only:
            record.baseline = kept[0]
            text = f"Figures of {kept[0].until:%Y-%m-%d} are there. Those of today: {again}"
            yield Step(BASELINE, Done.KEPT, text)
            return
        taken = measure(services, asked.helpdesk, progress)
    except (HelpdeskError, LedgerDown) as error:
        why = str(error).rstrip(".")
        text = f"No figures were kept, for they are not whole: {why}. Try again: {again}"
        yield Step(BASELINE, Done.FAILED, text)
        return
    finally:
        progress.close()
    if not taken.figures.tickets:
        text = f"No ticket was created in the last {WINDOW.days} days. Once there are some: {again}"
        yield Step(BASELINE, Done.BY_HAND, text)
        return
    record.baseline = taken
    text = f"Figures of the last {WINDOW.days} days are kept, to compare later ones with."
    yield Step(BASELINE, Done.CREATED, text)


def _say_next(record: Record, services: Services) -> None:
    asked = record.asked
    news = any(step.what == WHAT and step.done is not Done.KEPT for step in record.steps)
    if news and not asked.dry_run and running_endpoints(services.settings) is not None:
        record.say("\nUnderstudy is running: start it again, so that it reads its settings.")
    if record.count(Done.FAILED):
        record.say("\nMend what failed and run this again: what is done will be kept.")
    elif asked.dry_run:
        record.say("\nNothing was changed. Next: the same without --dry-run")
    elif not asked.baseline_only:
        record.say("\nNext: understudy doctor")


def _remove(record: Record, services: Services, webhook: str) -> None:
    asked = record.asked
    connector = services.connector(asked.helpdesk)
    record.say(f"{asked.helpdesk} at {connector.url}: what was set up for {webhook}")
    asks = not (asked.yes or asked.dry_run)
    record.take(connector.take_down(webhook, dry_run=asks or asked.dry_run))
    if asks and record.count(Done.WOULD_REMOVE):
        if not _confirmed():
            record.say("Nothing was removed.")
            raise SystemExit(1)
        record.say("")
        record.steps.clear()
        record.take(connector.take_down(webhook))
    record.end()
    record.say(f"\nThe ledger and {asked.env_file} stay as they are.")


def _confirmed() -> bool:
    try:
        return click.confirm("Remove this?", err=True)
    except click.Abort:
        click.echo(err=True)  # the question's line has no end yet
        raise Misconfigured(
            ["--remove: asks before it removes; where nobody can answer, say --yes"]
        ) from None
