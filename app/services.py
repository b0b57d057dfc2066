"""The composition root: builds what the shell needs, once for each process.

Nothing is opened before it is used, so that the web process never loads a model and a command
that only reads the ledger starts at once. What must not cross a fork (connections, connectors)
is kept for each process id; what may and is dear to build (the model) is built before the fork.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING, TypeVar, cast

from redis import Redis

from app import queues
from app.domain import Policy
from app.ledger.store import WEB_PATIENCE, Ledger
from app.pipeline.policy import load_policy
from app.settings import Settings, load_settings, make_data_dir, read_environ
from app.shared import open_shared
from connectors import connect
from connectors.base import Connector
from connectors.shared import Shared

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from app.knowledge.embed import Embedder
    from app.knowledge.index import Vectors
    from app.knowledge.search import KnowledgeBase, Warm

Thing = TypeVar("Thing")


class Services:
    """Everything that has an effect, behind names. Tests hand in their own clock and ids."""

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: token_hex(8),
    ) -> None:
        self.settings = settings
        self.environ = environ
        self.clock = clock
        self.new_id = new_id
        self._owned: dict[tuple[int, str], object] = {}

    @property
    def ledger(self) -> Ledger:
        """The database, with connections of this process only."""
        return self._mine("ledger", lambda: Ledger(self.settings.ledger_url))

    @property
    def hasty_ledger(self) -> Ledger:
        """The ledger, for a web process that must not wait."""
        return self._mine("hasty ledger", lambda: Ledger(self.settings.ledger_url, WEB_PATIENCE))

    @property
    def broker(self) -> Redis:
        """The queue's broker, for workers and the scheduler."""
        return self._mine(
            "broker", lambda: queues.connect_broker(self.settings.redis_url, queues.PATIENCE)
        )

    @property
    def hasty_broker(self) -> Redis:
        """The queue's broker, for a web process that must not wait."""
        return self._mine(
            "hasty broker",
            lambda: queues.connect_broker(self.settings.redis_url, queues.WEB_PATIENCE),
        )

    def let_go(self) -> None:
        """Close what this process holds open, so that a fork does not share it."""
        for thing in self._owned.values():
            if isinstance(thing, Ledger):
                thing.close()
        self._owned.clear()

    def connector(self, helpdesk: str) -> Connector:
        """The connector of one account; raises ``Misconfigured``."""
        return self._mine(helpdesk, lambda: connect(helpdesk, self.environ, self.shared))

    @property
    def shared(self) -> Shared:
        """What all processes share beside the ledger; connects when it is first used."""
        return self._mine("shared", lambda: open_shared(self.settings.redis_url))

    @property
    def vectors(self) -> Vectors:
        """The vector store's client."""
        from app.knowledge.index import ChromaVectors

        return self._mine("vectors", lambda: ChromaVectors(self.settings.chroma_url))

    @property
    def knowledge(self) -> KnowledgeBase:
        """The team's knowledge, searchable."""
        from app.knowledge.search import KnowledgeBase

        return self._mine(
            "knowledge",
            lambda: KnowledgeBase(
                self.ledger, self.vectors, self.settings.lexical_dir, self.embedder, self.clock,
                warm=self._warm,
            ),
        )  # fmt: skip

    @cached_property
    def _warm(self) -> Warm:
        from app.knowledge.search import Warm

        return Warm()

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model; its session survives a fork, so workers build it first."""
        from app.knowledge.embed import load_embedder

        return load_embedder(self.settings.embeddings, self.settings.cache_dir)

    @property
    def model(self) -> BaseChatModel:
        """The model that words the answers."""
        from app.llm import open_model

        return self._mine(
            "model", lambda: open_model(self.settings.llm_model, self.knowledge.rank_sentences)
        )

    @cached_property
    def policy(self) -> Policy:
        """What the admin decided; raises ``Misconfigured``."""
        return load_policy(self.settings.policy_file)

    def enqueue(self, broker: Redis, queue: str, function: str, argument: str) -> None:
        """Put a call of ``app.jobs`` into a queue; raises ``redis.RedisError``."""
        patient = queue == queues.UPKEEP
        seconds = queues.UPKEEP_SECONDS if patient else self.settings.job_seconds
        queues.enqueue(broker, queue, function, argument, seconds=seconds)

    def _mine(self, name: str, build: Callable[[], Thing]) -> Thing:
        key = (os.getpid(), name)
        if key not in self._owned:
            self._owned[key] = build()
        return cast("Thing", self._owned[key])


def open_services(env_file: Path | None, environ: Mapping[str, str] | None = None) -> Services:
    """Read the settings and prepare the data folder; raises ``Misconfigured`` with all faults."""
    merged = read_environ(os.environ if environ is None else environ, env_file)
    settings = load_settings(merged)
    make_data_dir(settings)
    return Services(settings, merged)
