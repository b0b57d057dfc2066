"""``understudy doctor``: try the credentials of each helpdesk and say what the set-up lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from app.cli import example
from app.cli.common import said_plainly, services_for
from app.services import Services
from connectors.errors import HelpdeskError
from connectors.setup import Finding


@click.command(
    name="doctor",
    short_help="Try each helpdesk and model; say what to mend.",
    epilog=example("understudy doctor", "understudy doctor --json"),
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(env_file: Path, *, as_json: bool) -> None:
    """Try each helpdesk and the models for real; exit code 1 where something must be mended.

    Changes nothing.
    """
    with said_plainly():
        services = services_for(env_file)
        found = {key: _probe(services, key) for key in services.settings.helpdesks}
        found["models"] = [
            _opens("EMBEDDINGS", services.settings.embeddings, lambda: services.embedder),
            _opens("LLM_MODEL", services.settings.llm_model, lambda: _model(services)),
        ]
    if as_json:
        click.echo(json.dumps({key: [asdict(one) for one in each] for key, each in found.items()}))
    else:
        for key, findings in found.items():
            click.secho(key, bold=True)
            for finding in findings:
                click.echo(_line(finding))
    if not all(finding.ok for findings in found.values() for finding in findings):
        raise SystemExit(1)


def _probe(services: Services, helpdesk: str) -> list[Finding]:
    try:
        return services.connector(helpdesk).probe()
    except HelpdeskError as error:
        return [Finding("reach", ok=False, message=str(error))]


def _opens(variable: str, named: str, open_it: Callable[[], object]) -> Finding:
    """Open a model as a worker would; a provider is not asked anything."""
    try:
        open_it()
    except Exception as error:
        if not type(error).__module__.startswith("app."):
            raise  # a bug; ours speak in sentences
        return Finding(variable, ok=False, message=str(error))
    said = f"{named} can be opened." if named else "None is set: answers are quoted from articles."
    return Finding(variable, ok=True, message=said)


def _model(services: Services) -> object:
    from app.llm import open_model

    return open_model(
        services.settings.llm_model, lambda _question, sentences: [0.0] * len(sentences)
    )


def _line(finding: Finding) -> str:
    mark = "ok  " if finding.ok else "MEND"
    remedy = f"\n        {finding.remedy}" if finding.remedy and not finding.ok else ""
    return f"  {mark}  {finding.check}: {finding.message}{remedy}"
