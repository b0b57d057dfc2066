"""``understudy doctor``: try everything for real, and say what must be mended."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from app.cli import example
from app.cli.common import (
    one_helpdesk,
    require_helpdesk,
    said_plainly,
    services_for,
    with_endpoints,
)
from app.doctor import delivery
from app.doctor.exam import Exam, State, carried_out, span, state_of, summary
from app.doctor.examine import exams
from app.doctor.subject import Installation
from app.logs import set_up_logs
from app.processes import running_endpoints
from app.services import Services, open_services
from connectors.setup import Finding

LONGEST_NUMBER = 6  # digits; what is longer is no time that anybody waits
COLOURS = {State.OK: "green", State.NOTE: "yellow", State.MEND: "red"}


class Duration(click.ParamType[float]):
    """A length of time as people write it: 90s, 10m, 1h; in seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it; a bare number means seconds."""
        text = str(value).strip().lower()
        unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(text[-1:])
        number = text[:-1] if unit else text
        if not number.isdecimal() or len(number) > LONGEST_NUMBER or int(number) == 0:
            self.fail(f"{value!r} is no duration; write 90s, 10m or 1h", param, ctx)
        return int(number) * (unit or 1.0)


@click.command(
    name="doctor",
    short_help="Try everything for real; say what to mend.",
    epilog=example(
        "understudy doctor",
        "understudy doctor --helpdesk zendesk-eu --json",
        "understudy doctor --helpdesk zendesk --verify-delivery 4812",
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--helpdesk", help="Only this account of HELPDESKS.")
@click.option(
    "--verify-delivery",
    "ticket_id",
    metavar="TICKET",
    help="Prove that replies reach the customer on this ticket's channel: writes ONE public reply.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the public reply is written.")
@click.option(
    "--wait",
    "seconds",
    type=Duration(),
    default="10m",
    show_default=True,
    help="How long to wait for the customer's answer, as 90s, 10m or 1h.",
)
@click.pass_obj
def command(
    env_file: Path,
    helpdesk: str | None,
    ticket_id: str | None,
    seconds: float,
    *,
    as_json: bool,
    yes: bool,
) -> None:
    """Try the stores, the models, the processes and each helpdesk for real, and say what to do.

    "ok" is well, "note" works but something is worth doing, "MEND" must be mended. Nothing is
    changed, unless --verify-delivery is given. Exit code 0: all is well (notes allowed), 1:
    something must be mended, or no answer came, 2: settings are wrong (all of them are listed).
    """
    with said_plainly():
        if ticket_id is not None:
            _verify(env_file, helpdesk, ticket_id, seconds, as_json=as_json, yes=yes)
            return
        subject = _installation(env_file)
        if helpdesk is not None:
            one_helpdesk(subject.services, helpdesk)
        report = Report(as_json=as_json)
        for exam in exams(subject, helpdesk):
            report.show(exam)
        report.end()


class Report:
    """The findings as they come; with ``as_json`` all of them at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._watched = not as_json and sys.stdout.isatty()
        self._found: list[tuple[str, Finding]] = []
        self._where = ""

    def show(self, exam: Exam) -> None:
        """Carry an exam out, saying each finding at once."""
        if not self._as_json and exam.where != self._where:
            click.secho(exam.where, bold=True)
        self._where = exam.where
        for finding in self._watching(exam):
            self._found.append((exam.where, finding))
            if not self._as_json:
                _say(finding)

    def end(self) -> None:
        """Sum up; raises ``SystemExit`` with 1 where something must be mended."""
        states = [state_of(finding) for _, finding in self._found]
        if self._as_json:
            checks = [_as_dict(where, finding) for where, finding in self._found]
            click.echo(json.dumps({"ok": State.MEND not in states, "checks": checks}))
        else:
            click.secho(summary(states), bold=True)
        if State.MEND in states:
            raise SystemExit(1)

    def _watching(self, exam: Exam) -> Iterator[Finding]:
        """Show what is being tried, where somebody watches, and take that away again."""
        findings = carried_out(exam)
        while True:
            if self._watched:
                click.echo(f"  ...   {exam.name}", nl=False)
            finding = next(findings, None)
            if self._watched:
                click.echo("\r\033[K", nl=False)
            if finding is None:
                return
            yield finding


def _installation(env_file: Path) -> Installation:
    services = open_services(env_file)
    require_helpdesk(services.settings, env_file)
    set_up_logs("error", services.settings.log_format)  # what is worth saying is a finding
    running = running_endpoints(services.settings)
    return Installation(with_endpoints(services, running) if running else services, bool(running))


def _say(finding: Finding) -> None:
    state = state_of(finding)
    click.secho(f"  {state.value:<6}", fg=COLOURS[state], nl=False)
    click.echo(f"{finding.check}: {finding.message}")
    if finding.remedy:
        click.echo(f"        {finding.remedy}")


def _as_dict(where: str, finding: Finding) -> dict[str, str]:
    return {
        "where": where,
        "check": finding.check,
        "state": state_of(finding).value.lower(),
        "message": finding.message,
        "remedy": finding.remedy,
    }


def _verify(
    env_file: Path, asked: str | None, ticket_id: str, seconds: float, *, as_json: bool, yes: bool
) -> None:
    services = services_for(env_file)
    helpdesk = one_helpdesk(services, asked)
    if not yes:
        click.confirm(
            f"One public reply with a code will be written on ticket {ticket_id} of {helpdesk}, "
            "which its customer can read. Is that you, or somebody who knows of this test?",
            abort=True,
            err=True,
        )
    report = Report(as_json=as_json)
    report.show(
        Exam(helpdesk, "delivery", lambda: [_proved(services, helpdesk, ticket_id, seconds)])
    )
    report.end()


def _proved(services: Services, helpdesk: str, ticket_id: str, seconds: float) -> Finding:
    code = delivery.new_code()
    sent = delivery.send(services, helpdesk, ticket_id, code, time.sleep)
    # The code is shown to nobody here: who knows it has read the message.
    click.echo(
        "Sent. When the message arrives, answer it as the customer, by the same channel, with the "
        f"code in it; within {span(seconds)}.",
        err=True,
    )
    ticket = delivery.wait_for_answer(
        services,
        helpdesk,
        ticket_id,
        sent,
        code,
        seconds=seconds,
        sleep=time.sleep,
        told=_waiting,
    )
    _clear()
    if ticket is None:
        return Finding(
            "delivery",
            ok=False,
            message=f"No answer with the code came within {span(seconds)}.",
            remedy="If the customer got no message, replies do not arrive there: see the "
            "helpdesk's settings of that channel. Until it is proved, the bot leaves drafts.",
        )
    channel = ticket.channel or "this ticket's channel"
    said = f"Replies by {channel} arrive: the customer answered with the code."
    return Finding("delivery", ok=True, message=said)


def _waiting(left: float) -> None:
    _clear(f"Waiting for the answer, {span(left)} left ...")


def _clear(then: str = "") -> None:
    """Put something in the place of what somebody who watches was last told."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{then}", nl=False, err=True)
