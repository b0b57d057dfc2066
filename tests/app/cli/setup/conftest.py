"""A helpdesk to set up, in memory, and a terminal to do it from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from app.insight.baseline import Baseline
from app.ledger import baselines
from app.ledger.store import Ledger, sqlite_url
from app.services import Services
from app.settings import read_environ
from connectors.base import Connector
from connectors.errors import HelpdeskError
from connectors.setup import Done, Step
from connectors.types import Page, PastTicket
from tests.app.cli.conftest import ZENDESK, Understudy
from tests.app.fakes import Clock, FakeHelpdesk

URL = "https://bot.example.com"
HOOK = f"{URL}/webhooks/zendesk"
SECRET = "invented-signing-secret"
VARIABLE = "ZENDESK_WEBHOOK_SECRET"
CREDENTIALS = "".join(f"{name}={value}\n" for name, value in ZENDESK.items())


@dataclass
class SetUpDesk(FakeHelpdesk):
    """A helpdesk that remembers what was set up, with one thing that only a person can do."""

    there: set[str] = field(default_factory=set)
    secret: str = SECRET
    paste: str = ""
    by_hand: str = "1. Open it.\n2. Paste this."
    broken: HelpdeskError | None = None
    half_way: HelpdeskError | None = None
    called: list[str] = field(default_factory=list)

    def set_up(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        self.called.append(f"set_up {webhook_url}{' dry' if dry_run else ''}")
        settings = {"WEBHOOK_SECRET": self.secret} if self.secret else {}
        if "webhook" in self.there:
            yield Step("webhook", Done.KEPT, settings=settings)
        elif dry_run:
            yield Step("webhook", Done.WOULD_CREATE)
        else:
            self.there.add("webhook")
            yield Step("webhook", Done.CREATED, f"Leads to {webhook_url}.", settings=settings)
        if self.broken:
            raise self.broken
        if self.paste:
            yield Step("rule", Done.BY_HAND, self.by_hand, self.paste)

    def take_down(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        self.called.append(f"take_down {webhook_url}{' dry' if dry_run else ''}")
        if "webhook" not in self.there:
            yield Step("webhook", Done.ABSENT)
        elif dry_run:
            yield Step("webhook", Done.WOULD_REMOVE)
        else:
            self.there.remove("webhook")
            yield Step("webhook", Done.REMOVED)

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        self.called.append("history")
        for half in (self.past[::2], self.past[1::2]):
            yield Page(half, None)
            if self.half_way:
                raise self.half_way


def past(count: int) -> tuple[PastTicket, ...]:
    now = datetime.now(UTC)
    return tuple(
        PastTicket(str(n), now - timedelta(days=n + 0.5), "email", now - timedelta(days=n))
        for n in range(count)
    )


@dataclass
class Terminal:
    """Calls ``understudy setup`` with a settings file of its own."""

    understudy: Understudy
    env_file: Path
    data: Path

    def __call__(self, *args: str, **more: str) -> Result:
        unset = dict.fromkeys(ZENDESK)  # they stand in the file
        own = {**unset, "DATA_DIR": str(self.data), **more}
        return self.understudy("--env-file", str(self.env_file), "setup", *args, **own)

    def json(self, *args: str) -> dict[str, Any]:
        result = self(*args, "--json")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return found

    @property
    def settings(self) -> dict[str, str]:
        return read_environ({}, self.env_file)

    @property
    def kept(self) -> list[Baseline]:
        return baselines.listed(Ledger(sqlite_url(self.data / "ledger.db")), "zendesk")


def done_of(found: dict[str, Any]) -> dict[str, str]:
    return {step["what"]: step["done"] for step in found["steps"]}


def unfolded(text: str) -> str:
    """A page without its line ends: long sentences are folded."""
    return " ".join(text.split())


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def helpdesk(monkeypatch: pytest.MonkeyPatch) -> SetUpDesk:
    made = SetUpDesk(Clock(), past=past(5))

    def connector(_: Services, helpdesk: str) -> Connector:
        return made

    monkeypatch.setattr(Services, "connector", connector)
    return made


@pytest.fixture
def setup(understudy: Understudy, helpdesk: SetUpDesk, migrated: Path, tmp_path: Path) -> Terminal:
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(migrated, data / "ledger.db")
    env_file = tmp_path / ".env"
    env_file.write_text(f"{CREDENTIALS}#{VARIABLE}=\n", encoding="utf-8")
    return Terminal(understudy, env_file, data)
