"""Setting up for real: from credentials alone to a helpdesk whose webhooks arrive, and back.

Each kind stands on a sandbox of its own that sends webhooks nowhere yet. What a helpdesk lets no
app create, rules and subscriptions, is done as an admin would do it: the sandbox is started again
with the address and the secret that set-up told of.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from app.ledger import baselines
from app.ledger.store import Ledger, sqlite_url
from app.ledger.tables import deliveries
from app.processes import answers, free_port
from app.settings import read_environ
from app.supervisor import Child, Supervisor
from connectors import KINDS, connect
from connectors.config import variable_prefix
from connectors.setup import Done
from tests.journeys.stage import family, nothing_left, until

pytestmark = pytest.mark.journey

# Which kinds let an app create webhooks; at the others people do it.
CREATES_WEBHOOKS = {"zendesk"}
# Calls that only read, whatever their method: logging in, and searching.
READS = re.compile(r"(GET|HEAD) .*|POST (/oauth/tokens|/\w+/search)")
# What is told to a sandbox in place of hands.
SECRETS = ("WEBHOOK_SECRET", "CLIENT_SECRET")


@dataclass
class Account:
    """A helpdesk with customers, and an admin who sets it up from a terminal."""

    kind: str
    folder: Path
    port: int = field(default_factory=free_port)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env_file(self) -> Path:
        return self.folder / f"{self.kind}.env"

    def begin(self) -> None:
        """Write down the credentials, and no more than an admin has at first."""
        facade = import_module(f"{KINDS[self.kind]}.sandbox")
        lines = [f"HELPDESKS={self.kind}", f"DATA_DIR={self.folder / 'data'}"]
        for name, value in facade.sandbox_environ(self.kind, self.address).items():
            lines.append(f"#{name}=" if name.endswith("_WEBHOOK_SECRET") else f"{name}={value}")
        self.env_file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        self.files["begin"] = self.env_file.read_text(encoding="utf-8")

    def settings(self) -> dict[str, str]:
        return read_environ({}, self.env_file)

    def sandbox(self, webhooks: str = "") -> Child:
        """The sandbox; what is in it outlives its process."""
        secrets = {}
        if webhooks:
            prefix, found = variable_prefix(self.kind), self.settings()
            secrets = {f"SANDBOX_{n}": found[prefix + n] for n in SECRETS if prefix + n in found}
        return Child(
            name=f"sandbox of {self.kind}",
            argv=(
                *(sys.executable, "-m", "connectors.sandbox", "--helpdesk", self.kind),
                *("--port", str(self.port), "--data", str(self.folder / self.kind)),
                *("--webhook-url", webhooks),
            ),
            environ={**os.environ, **secrets},
            ready=lambda: answers(f"{self.address}/sandbox/health"),
            log_file=self.folder / f"{self.kind}.log",
        )

    def setup(self, run: str, *args: str) -> None:
        """Run ``understudy setup``; keeps what it told, called and wrote, under a name."""
        before = len(self._log())
        command = (sys.executable, "-m", "app.cli", "--env-file", str(self.env_file), "setup")
        ended = subprocess.run(
            (*command, self.kind, "--json", *args),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        told = json.loads((ended.stdout.splitlines() or ["{}"])[-1])
        self.told[run] = {"code": ended.returncode, "said": ended.stderr, "steps": [], **told}
        self.calls[run] = self._log()[before:]
        self.files[run] = self.env_file.read_text(encoding="utf-8")

    def marks(self, run: str) -> set[str]:
        """How the steps of a run ended; it must have gone well."""
        told = self.told[run]
        assert (told["code"], told["failed"]) == (0, 0), told
        return {step["done"] for step in told["steps"]}

    def writes(self, run: str) -> list[str]:
        """The calls of a run that may have changed something."""
        return [call for call in self.calls[run] if not READS.fullmatch(call)]

    def write_in(self, text: str) -> str:
        """A customer writes in; returns the ticket's id."""
        requester = {"name": "Maya Lopes", "email": "maya@customers.example"}
        body = {"subject": text, "text": text, "requester": requester}
        answer = requests.post(f"{self.address}/sandbox/tickets", json=body, timeout=10)
        assert answer.ok, answer.text
        return str(answer.json()["id"])

    def _log(self) -> list[str]:
        found = requests.get(f"{self.address}/sandbox/calls", timeout=10).json()["calls"]
        return [f"{call['method']} {call['path'].partition('?')[0]}" for call in found]


@dataclass
class Office:
    """The machine that Understudy runs on."""

    folder: Path
    accounts: Mapping[str, Account]
    port: int = field(default_factory=free_port)
    left_by_plan: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def setup(self, run: str, *args: str) -> None:
        """Set all helpdesks up at once."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda each: each.setup(run, *args), self.accounts.values()))

    def web(self) -> Child:
        """The web process, with what stands in the settings files by now."""
        settings: dict[str, str] = {}
        for account in self.accounts.values():
            settings |= account.settings()
        # No store runs: a webhook is kept all the same.
        nowhere = {"REDIS_URL": "unix:///nowhere", "CHROMA_URL": "http://127.0.0.1:1"}
        own = {**nowhere, "WEB_PORT": str(self.port), "WEB_WORKERS": "1"}
        return Child(
            name="web",
            argv=(sys.executable, "-m", "app.cli", "--env-file", os.devnull, "run", "web"),
            environ={**os.environ, **settings, **own, "HELPDESKS": ",".join(self.accounts)},
            stage=1,
            ready=lambda: answers(f"{self.url}/healthz"),
            log_file=self.folder / "web.log",
        )

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        ledger = Ledger(sqlite_url(self.folder / "data" / "ledger.db"))
        try:
            yield ledger
        finally:
            ledger.close()

    def announced(self, kind: str) -> set[str]:
        """The tickets of which a webhook came in, was verified and kept."""
        query = select(deliveries.c.ticket_id).where(deliveries.c.helpdesk == kind)
        with self.ledger() as ledger, ledger.read() as connection:
            return set(connection.scalars(query))


@contextmanager
def running(children: Sequence[Child]) -> Iterator[None]:
    supervisor = Supervisor()
    with nothing_left() as started:
        try:
            supervisor.start(children)
            yield
        finally:
            started.update(family(supervisor))
            supervisor.stop()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """All helpdesks after a dry run, after setting up, and once more; then the web process runs."""
    folder = tmp_path_factory.mktemp("office")
    made = Office(folder, {kind: Account(kind, folder) for kind in KINDS})
    accounts = made.accounts.values()
    for account in accounts:
        account.begin()
    with running([account.sandbox() for account in accounts]):
        for account in accounts:
            account.write_in("Before anything was set up")
        made.setup("plan", "--url", made.url, "--save", "--dry-run")
        made.left_by_plan = [entry.name for entry in folder.iterdir()]
        made.setup("first", "--url", made.url, "--save")
        made.setup("again", "--save")
    hooks = {kind: f"{made.url}/webhooks/{kind}" for kind in KINDS if kind not in CREATES_WEBHOOKS}
    sandboxes = [account.sandbox(hooks.get(account.kind, "")) for account in accounts]
    with running([*sandboxes, made.web()]):
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_reads_and_writes_nothing_anywhere(office: Office, kind: str) -> None:
    account = office.accounts[kind]
    assert account.marks("plan") <= {"kept", "would create", "would change", "by hand"}
    assert account.calls["plan"], "it looked at the helpdesk"
    assert account.writes("plan") == []
    assert account.files["plan"] == account.files["begin"]
    assert "data" not in office.left_by_plan


@pytest.mark.parametrize("kind", KINDS)
def test_setting_up_saves_what_it_learned_and_takes_figures(office: Office, kind: str) -> None:
    account = office.accounts[kind]
    assert "created" in account.marks("first")
    settings = account.settings()
    assert settings["PUBLIC_URL"] == office.url
    secrets = [settings.get(variable_prefix(kind) + name, "") for name in SECRETS]
    assert any(secrets), "webhooks can be verified"
    assert not [each for each in secrets if each and each in json.dumps(account.told["first"])]
    assert account.told["first"]["baseline"]["figures"]["tickets"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_setting_up_again_changes_nothing(office: Office, kind: str) -> None:
    account = office.accounts[kind]
    assert account.marks("again") <= {"kept", "by hand"}
    assert account.writes("again") == []
    assert account.files["again"] == account.files["first"]
    assert account.told["again"]["baseline"] == account.told["first"]["baseline"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_ticket_is_announced_where_set_up_said_and_verified_by_what_it_saved(
    office: Office, kind: str
) -> None:
    ticket_id = office.accounts[kind].write_in("After it was set up")
    until(lambda: ticket_id in office.announced(kind), 20, f"webhook of {ticket_id}")
    forged = requests.post(f"{office.url}/webhooks/{kind}", data=b"{}", timeout=5)
    assert forged.status_code == 401


@pytest.mark.parametrize("kind", KINDS)
def test_taking_down_leaves_nothing_of_ours_and_keeps_the_record(office: Office, kind: str) -> None:
    account = office.accounts[kind]
    account.setup("down", "--remove", "--yes")
    assert account.marks("down") <= {"removed", "absent", "by hand"}
    assert [call for call in account.writes("down") if not call.startswith("DELETE ")] == []
    assert account.files["down"] == account.files["first"]
    connector = connect(kind, account.settings())
    hook = f"{office.url}/webhooks/{kind}"
    left = list(connector.take_down(hook, dry_run=True))
    assert not [step for step in left if step.done is Done.WOULD_REMOVE]
    with office.ledger() as ledger:
        assert len(baselines.listed(ledger, kind)) == 1
