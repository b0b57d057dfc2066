"""The world of one soak: a sandbox with its customers and agents, and Understudy at work on it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import queues, scheduler
from app.domain import Mode
from app.ledger import cursors, deliveries, leases, runs
from app.ledger.migrate import migrate
from app.ledger.tables import cursors as cursors_table
from app.ledger.tables import deliveries as deliveries_table
from app.ledger.tables import runs as runs_table
from app.settings import Settings
from app.sweep import sync_knowledge
from app.web import create_app
from connectors import KINDS
from connectors.sandbox.app import Sandbox, build
from connectors.sandbox.couriers import Answer
from connectors.sandbox.faults import KINDS as FAULT_KINDS
from connectors.sandbox.records import Happening
from tests.chaos.broker import Broker
from tests.chaos.chances import Chances
from tests.chaos.kernel import Kernel
from tests.chaos.loopback import Hearing, Loopback, connected
from tests.chaos.people import People
from tests.chaos.processes import Company, Keeper, SoakServices
from tests.chaos.verdict import Record, Write
from tests.chaos.workers import Worker, calling

START = datetime(2026, 11, 21, 8, 0, 0, 250_000, tzinfo=UTC)
CREWS = {queues.TICKETS: 3, queues.LEARNING: 2, queues.UPKEEP: 1}
TICK_SECONDS = 10.0
ARRIVAL_SECONDS = 20.0  # between two tickets, on average
QUIET_SECONDS = 240.0  # some sweeps
LOOK_SECONDS = 30.0  # between two looks whether all is quiet
LONGEST = 60 * 86_400.0  # virtual seconds after which something must be stuck


class World:
    """Everything that a soak needs; ``run`` plays it, ``record`` tells what came of it."""

    def __init__(self, kind: str, folder: Path, *, share: float, seed: int) -> None:
        self.kind = kind
        self.kernel = Kernel(START)
        self._tickets_of: dict[tuple[str, str], int] = {}
        self.writes: list[Write] = []
        self.calls = 0
        self.deeds: Counter[str] = Counter()
        module = import_module(f"{KINDS[kind]}.sandbox")
        rng = random.Random(f"{seed}/façade")
        facade = module.facade({}, rng)
        possible = [each for each in FAULT_KINDS if each != "conflict" or _conflicts(facade)]
        self.chances = Chances(possible, share, seed)
        self.line = Loopback(self.kernel, facade.ticket_of)
        self.line.heard = self._heard
        self.sandbox: Sandbox = build(
            kind,
            facade,
            folder / "sandbox",
            f"http://127.0.0.1:9/webhooks/{kind}",
            now=self.kernel,
            sleep=self.line.sleep,
            send=self._deliver,
            faults=self.chances,
        )
        self.desk = self.sandbox.desk
        announce = self.desk.listener
        self.desk.listener = lambda happenings: self._happened(happenings, announce)
        self.people = People(self.desk, facade, self.kernel, self.chances, self.deeds)
        self.chances.says = self.people.question
        self.url = self.line.open(self.sandbox.app)
        environ = module.sandbox_environ(kind, self.url, {})
        settings = Settings(
            helpdesks=(kind,),
            data_dir=folder,
            answer_mode=Mode.SEND,
            redis_url="unix:///nowhere.sock",
            kb_sync_seconds=86_400,
        )
        self.broker = Broker(self.kernel, self.chances, self._ticket_of)
        self.company = Company(
            settings, environ, kind, self.kernel, self.chances, self.broker, self.line
        )
        # Processes that nobody kills: the web, the scheduler, and whoever looks on.
        self.web = SoakServices(self.company)
        self._client: FlaskClient = create_app(self.web).test_client()
        self.workers = [
            Worker(self.company, queue, number, self._ticket_of)
            for queue, crew in CREWS.items()
            for number in range(crew)
        ]
        self._pumping = False
        self._bot_id = self.desk.bot.id
        self._mail = False  # whether webhooks are still to be delivered
        self._quiet = (0, 0.0)  # the helpdesk's last change, and since when nothing is to do
        self._finished = False
        self.stuck = False

    # Playing it

    @contextmanager
    def set_up(self) -> Iterator[None]:
        """Put virtual time under the app, and fill the help centre."""
        random.seed(self.chances.draw("random").random())  # of back-offs
        self.chances.calm = True
        with ExitStack() as stack:
            stack.enter_context(connected(self.line, calling(self.workers)))
            stack.enter_context(
                mock.patch.object(queues, "is_carried", lambda broker, *of: broker.carries(*of))
            )
            keeper = lambda target, args, daemon: Keeper(self.kernel, args)  # noqa: E731
            stack.enter_context(mock.patch.object(leases, "Thread", keeper))
            try:
                migrate(self.company.settings.ledger_url)
                self.people.furnish()
                sync_knowledge(self.web, self.kind)
                self.chances.calm = False
                yield
            finally:
                self._stop()

    def run(
        self, tickets: int, *, first: int = 1, progress: Callable[[], object] = lambda: None
    ) -> None:
        """Let so many tickets come in, and everything go its way to the end.

        ``first`` is the number of the first one: what befalls a ticket depends on its number.
        """
        rng = self.chances.draw("arrivals")
        while self._next_number() < first:
            self.desk.store.next("ticket")
        left = tickets

        def arrive() -> None:
            nonlocal left
            self.people.write_in(self._next_number())
            left -= 1
            progress()
            if left:
                self.kernel.plan(rng.expovariate(1 / ARRIVAL_SECONDS), arrive)

        self.kernel.plan(0.0, arrive)
        for worker in self.workers:
            self.kernel.spawn(worker.body, worker.name)
        duties = scheduler.duties(self.web)

        def tick() -> None:
            scheduler.tick(self.web, duties)
            self.kernel.plan(TICK_SECONDS, tick)

        def look() -> None:
            self._look(bool(left))
            self.kernel.plan(LOOK_SECONDS, look)

        self.kernel.plan(0.0, tick)
        self.kernel.plan(LOOK_SECONDS, look)
        self.kernel.run(lambda: not self._finished)

    def record(self) -> Record:
        """Tell what is there at the end."""
        return Record(
            tickets=self.desk.tickets(),
            bot_id=self.desk.bot.id,
            runs=runs.listed(self.web.ledger, self.kind, limit=1_000_000),
            writes=self.writes,
            changes=self.company.changes,
            errors=self.company.errors,
            unfinished=sum(self._unfinished()),
            given_up=self._deliveries(deliveries.FAILED),
        )

    @property
    def seconds(self) -> float:
        """How long it has taken in virtual time."""
        return (self.kernel.now - START).total_seconds()

    def _stop(self) -> None:
        self.kernel.close()
        self.line.close()
        self.web.let_go()
        self.sandbox.store.close()

    def _next_number(self) -> int:
        return self.desk.store.last("ticket") + 1

    def _look(self, more: bool) -> None:
        """End when all is done and swept: first while things go wrong, then while none does."""
        if self.seconds > LONGEST:
            self.stuck = self._finished = True
        sequence = self.desk.store.last("sequence")
        busy = more or self.people.to_come or self._mail or self._unfinished() != (0, 0)
        if busy or sequence != self._quiet[0]:
            self._quiet = (sequence, self.kernel.seconds())
        elif self._swept_at() > self._quiet[1] + QUIET_SECONDS:
            self._finished = self.chances.calm
            self.chances.calm = True
            self._quiet = (sequence, self.kernel.seconds())

    def _swept_at(self) -> float:
        query = select(cursors_table.c.updated_at).where(cursors_table.c.stream == cursors.TICKETS)
        with self.web.ledger.read() as connection:
            return float(connection.execute(query).scalar_one_or_none() or 0.0)

    def _unfinished(self) -> tuple[int, int]:
        query = select(func.count()).where(runs_table.c.state.in_(runs.UNFINISHED))
        with self.web.ledger.read() as connection:
            of_runs = int(connection.execute(query).scalar_one())
        return self._deliveries(deliveries.RECEIVED), of_runs

    def _deliveries(self, state: str) -> int:
        query = select(func.count()).where(deliveries_table.c.state == state)
        with self.web.ledger.read() as connection:
            return int(connection.execute(query).scalar_one())

    # What happens

    def _happened(self, happenings: Sequence[Happening], announce: Callable[..., object]) -> None:
        announce(happenings)
        hearing = self.line.hearing
        first = happenings[0]
        if hearing is not None and first.audit.author_id == self._bot_id:
            key = hearing.key
            self.writes.append(Write(first.ticket.id, first.audit.id, hearing.seen, key))
        if not self._pumping:
            self._pumping = self._mail = True
            self.kernel.plan(0.0, self._pump)

    def _pump(self) -> None:
        """Deliver what is due, and come back when the next is."""
        self._pumping = False
        wait = self.sandbox.couriers.deliver_due()
        self._mail = wait is not None
        if wait is not None:
            self.kernel.plan(wait, self._pump)

    def _deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        path = url.partition("//")[2].partition("/")[2]
        answer = self._client.post(f"/{path}", data=body, headers=dict(headers))
        wait = answer.headers.get("Retry-After", "")
        return Answer(answer.status_code, float(wait) if wait.isdigit() else None)

    def _heard(self, hearing: Hearing, method: str, status: int) -> None:
        self.calls += 1
        if hearing.ticket is None or method != "GET" or status != 200:
            return
        ticket = self.desk.ticket(hearing.ticket)
        if ticket is not None:
            hearing.caller.seen[ticket.id] = len(ticket.audits)

    def _ticket_of(self, function: str, argument: str) -> int:
        """Tell which ticket a job is about, 0 for none."""
        table = {"handle_delivery": deliveries_table, "work_run": runs_table}.get(function)
        if table is None:
            return 0
        key = (function, argument)
        if key not in self._tickets_of:
            with self.web.ledger.read() as connection:
                query = select(table.c.ticket_id).where(table.c.id == argument)
                found = connection.execute(query).scalar_one_or_none()
            self._tickets_of[key] = int(found) if found and found.isdigit() else 0
        return self._tickets_of[key]


def _conflicts(facade: Any) -> bool:
    with Flask("asking").app_context():
        return facade.conflict() is not None
