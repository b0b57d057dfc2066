"""What ``understudy setup`` was asked for, and what has happened so far."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from app.as_json import to_json
from app.cli.setup.page import step_lines, summary
from app.cli.setup.settings import secrets_in, veiled
from app.insight.baseline import Baseline
from connectors.config import in_words_of, variable_prefix
from connectors.errors import HelpdeskError
from connectors.setup import Done, Step


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for."""

    env_file: Path
    helpdesk: str
    url: str | None
    dry_run: bool
    remove: bool
    save: bool
    show_secrets: bool
    baseline_only: bool
    no_baseline: bool
    as_json: bool
    yes: bool

    @property
    def baseline(self) -> bool:
        """Whether figures are to be taken."""
        return not (self.no_baseline or self.dry_run or self.remove)


@dataclass
class Record:
    """What has happened so far; says each step at once, unless the end is to be JSON.

    ``secrets`` are texts that are not to be shown, with the variables that hold them.
    """

    asked: Asked
    secrets: dict[str, str]
    shown: bool
    veiled: bool = False  # whether something was not shown
    steps: list[Step] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    baseline: Baseline | None = None

    def take(self, steps: Iterable[Step]) -> None:
        """Take steps as they happen; an error that ends them becomes a step that failed."""
        try:
            for step in steps:
                self._add(step)
        except HelpdeskError as error:
            self._add(Step("helpdesk", Done.FAILED, str(error)))

    def say(self, text: str) -> None:
        """Say something to a person."""
        if not self.asked.as_json:
            click.echo(text)

    def count(self, done: Done) -> int:
        """Count the steps that ended so."""
        return sum(step.done is done for step in self.steps)

    def end(self) -> None:
        """Say how it went, and what is left to do by hand."""
        self.say(f"\n{'Plan' if self.asked.dry_run else 'Done'}: {summary(self.steps)}")
        if self.veiled:
            self.say(
                "\n<NAME> stands for a secret and is not to be pasted: a terminal, or "
                "--show-secrets, shows what is."
            )

    def _add(self, step: Step) -> None:
        prefix = variable_prefix(self.asked.helpdesk)
        for name, value in step.settings.items():
            self.settings[prefix + name] = value
            self.secrets |= secrets_in(prefix + name, value)
        if not self.shown:
            texts = (step.what, step.text, step.paste)
            what, text, paste = (veiled(each, self.secrets) for each in texts)
            self.veiled |= (what, text, paste) != texts
            step = replace(step, what=what, text=text, paste=paste)
        step = replace(step, text=in_words_of(self.asked.helpdesk, step.text))
        self.steps.append(step)
        self.say(step_lines(step))


def result(record: Record, webhook: str) -> Mapping[str, Any]:
    """Put all of it into one object, as ``--json`` prints it."""
    baseline = record.baseline
    return {
        "helpdesk": record.asked.helpdesk,
        "url": webhook,
        "dry_run": record.asked.dry_run,
        "steps": [
            {"what": step.what, "done": step.done.value, "text": step.text, "paste": step.paste}
            for step in record.steps
        ],
        "settings": list(record.settings),
        "baseline": json.loads(to_json(baseline)) if baseline is not None else None,
        "by_hand": record.count(Done.BY_HAND),
        "failed": record.count(Done.FAILED),
    }
