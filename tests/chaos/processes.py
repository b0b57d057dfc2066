"""Our processes in the soak: the app's own code, on services that live in virtual time and die."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from redis import Redis
from redis.exceptions import ConnectionError as BrokerGone

from app.domain import Policy
from app.knowledge.embed import Embedder
from app.ledger import leases
from app.ledger.leases import LEASE_SECONDS, RENEW_SECONDS, Lease
from app.ledger.store import Ledger, LedgerDown
from app.services import Services
from app.settings import Settings
from connectors.base import Connector
from connectors.errors import HelpdeskError
from connectors.shared import PrivateStore
from connectors.types import Change, Receipt, Ticket
from tests.app.knowledge.fakes import MemoryVectors, TinyEmbedder
from tests.chaos.broker import Broker
from tests.chaos.chances import Chances
from tests.chaos.kernel import Kernel
from tests.chaos.loopback import Caller, Loopback
from tests.connectors.contract.glue import Glue
from tests.connectors.sandbox.conftest import Clock

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from sqlalchemy import Connection

    from app.knowledge.search import KnowledgeBase


class Died(BaseException):
    """The process was killed: nothing of ours catches this."""


class Life:
    """A process, which may be killed at its so-manieth step. Once dead it takes no more steps."""

    def __init__(self) -> None:
        self.dead = False
        self.left: int | None = None

    def step(self) -> None:
        """Go on, or die."""
        if self.left is not None:
            self.left -= 1
            self.dead = self.dead or self.left < 0
        if self.dead:
            raise Died


class MortalLedger(Ledger):
    """A ledger whose process may die before, within and after each transaction.

    All share one engine: each of its own would compile every statement anew.
    """

    def __init__(self, life: Life, shared: Ledger) -> None:
        self.url, self.engine, self.life = shared.url, shared.engine, life

    def close(self) -> None:
        """Leave the connections to the others."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction."""
        self.life.step()
        with super().write() as connection:
            yield connection
            self.life.step()
        self.life.step()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open a connection, unless dead: then nothing is tidied up any more."""
        if self.life.dead:
            raise Died
        with super().connect() as connection:
            yield connection


class IntakeLedger(Ledger):
    """The ledger of the web process, which cannot be written now and then."""

    chances: Chances

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction."""
        if self.chances.hits("ledger_down"):
            raise LedgerDown("The ledger cannot be used: database is locked")
        with super().write() as connection:
            yield connection


class VirtualClock(Clock):
    """The clock of a connector: the kernel's, and waits that are its process's own."""

    def __init__(self, kernel: Kernel, wait: Callable[[float], None]) -> None:
        super().__init__()
        self._kernel, self._wait = kernel, wait

    def __call__(self) -> datetime:
        return self._kernel.now

    def sleep(self, seconds: float) -> None:
        self._wait(seconds)


class SharedStore(PrivateStore):
    """What processes share; it may forget anything at any time, and does."""

    def __init__(self, kernel: Kernel, chances: Chances) -> None:
        super().__init__(kernel.seconds)
        self._kernel, self._chances = kernel, chances
        self._held: set[str] = set()

    def get(self, name: str) -> str | None:
        """Give what lies under a name, or forget it."""
        found = super().get(name)
        if found is not None and self._chances.hits("shared_forgotten"):
            self._kept.pop(name, None)
            return None
        return found

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """Keep others out, who wait in virtual time."""
        waited = 0.0
        while name in self._held and waited < seconds:
            self._kernel.sleep(0.1)
            waited += 0.1
        mine = name not in self._held
        self._held.add(name)
        try:
            yield
        finally:
            if mine:
                self._held.discard(name)


class Watched:
    """A connector that says what it is about to write."""

    def __init__(self, connector: Connector, caller: Caller, company: Company) -> None:
        self._connector, self._caller, self._company = connector, caller, company

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def apply(self, ticket: Ticket, change: Change, key: str, *, again: bool = False) -> Receipt:
        """Note key and change, and apply; the ledger forgets what was redacted since."""
        self._caller.key = key
        self._company.changes[key] = change
        try:
            return self._connector.apply(ticket, change, key, again=again)
        except HelpdeskError as error:
            self._company.errors[key] = str(error)
            raise


@dataclass
class Company:
    """What all processes of the installation have in common."""

    settings: Settings
    environ: Mapping[str, str]
    kind: str
    kernel: Kernel
    chances: Chances
    broker: Broker
    line: Loopback
    vectors: MemoryVectors = field(default_factory=MemoryVectors)
    embedder: Embedder = field(default_factory=TinyEmbedder)
    changes: dict[str, Change] = field(default_factory=dict)  # asked to be written, by their keys
    errors: dict[str, str] = field(default_factory=dict)  # the last of each key
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.glue = Glue.of(self.kind)
        self.shared = SharedStore(self.kernel, self.chances)
        self.ledger = Ledger(self.settings.ledger_url)
        # What is only read, and dear to open: a new process has the same before its eyes.
        self.reader = Reader(self)

    def new_id(self) -> str:
        """Name a run as the app does, by sixteen hexadecimal digits."""
        return f"{next(self._ids):016x}"


class Reader(Services):
    """The services that do not change with the process that uses them."""

    def __init__(self, company: Company, **ids: Callable[[], str]) -> None:
        super().__init__(company.settings, company.environ, clock=company.kernel.seconds, **ids)
        self._company = company

    @property
    def ledger(self) -> Ledger:
        return self._company.ledger

    @property
    def vectors(self) -> MemoryVectors:
        return self._company.vectors

    @property
    def embedder(self) -> Embedder:
        return self._company.embedder


class SoakServices(Reader):
    """The services of one process: all real but for broker, vectors and embeddings."""

    def __init__(self, company: Company, life: Life | None = None, caller: Caller | None = None):
        super().__init__(company, new_id=company.new_id)
        self._life, self._caller = life, caller

    @property
    def ledger(self) -> Ledger:
        return self._mine("ledger", self._open_ledger)

    def _open_ledger(self) -> Ledger:
        if self._life is None:
            return self._company.ledger
        return MortalLedger(self._life, self._company.ledger)

    @property
    def hasty_ledger(self) -> Ledger:
        def build() -> Ledger:
            ledger = IntakeLedger(self.settings.ledger_url)
            ledger.chances = self._company.chances
            return ledger

        return self._mine("hasty ledger", build)

    @property
    def broker(self) -> Redis:
        return cast("Redis", self._company.broker)

    @property
    def hasty_broker(self) -> Redis:
        if self._company.chances.hits("broker_down"):
            raise BrokerGone("Connection refused.")
        return self.broker

    def enqueue(self, broker: Redis, queue: str, function: str, argument: str) -> None:
        self._company.broker.enqueue(queue, function, argument)

    def connector(self, helpdesk: str) -> Connector:
        return self._mine(helpdesk, lambda: self._connect(helpdesk))

    def _connect(self, helpdesk: str) -> Connector:
        company, caller = self._company, self._caller

        def wait(seconds: float) -> None:
            if caller is None:
                company.kernel.sleep(seconds)
            else:
                company.line.wait(caller, seconds)

        clock = VirtualClock(company.kernel, wait)
        made = company.glue.connector(helpdesk, self.environ, clock, company.shared)
        return cast("Connector", Watched(made, caller, company)) if caller else made

    @property
    def policy(self) -> Policy:
        return self._company.reader.policy

    @property
    def knowledge(self) -> KnowledgeBase:
        return self._company.reader.knowledge

    @property
    def model(self) -> BaseChatModel:
        return self._company.reader.model


class Keeper:
    """Renews a lease as ``leases._keep`` does, in virtual time and without a thread."""

    def __init__(self, kernel: Kernel, args: tuple[Any, ...]) -> None:
        self._kernel = kernel
        self._ledger: Ledger = args[0]
        self._lease: Lease = args[1]
        self._end: float = args[2]
        self._done: threading.Event = args[4]

    def start(self) -> None:
        self._kernel.plan(RENEW_SECONDS, self._renew)

    def join(self) -> None:
        """It has no thread that one could wait for."""

    def _renew(self) -> None:
        if self._done.is_set():
            return
        until = min(self._kernel.seconds() + LEASE_SECONDS, self._end)
        with suppress(Died):
            if leases._renew(self._ledger, self._lease, until):
                self.start()
