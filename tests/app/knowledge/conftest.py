"""A clock, a knowledge base on stand-ins, and a real Chroma server for journeys."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.knowledge.documents import ARTICLES, Listing, documents_from_pages
from app.knowledge.index import Vectors
from app.knowledge.search import KnowledgeBase
from app.knowledge.sync import SyncReport, sync_documents
from app.ledger.store import Ledger
from connectors.articles import Article
from connectors.types import Page
from tests.app.knowledge.fakes import MemoryVectors, TinyEmbedder


@dataclass
class Desk:
    """A helpdesk's articles, and everything that makes them searchable."""

    ledger: Ledger
    root: Path
    vectors: Vectors
    name: str = "zendesk"
    embedder: TinyEmbedder = field(default_factory=TinyEmbedder)
    now: float = 1_000_000.0
    stages: list[tuple[str, int, int]] = field(default_factory=list)

    def sync(self, articles: Sequence[Article], *, allow_empty: bool = False) -> SyncReport:
        pages = [Page((one,), None) for one in articles]
        return sync_documents(
            self.ledger,
            self.name,
            [Listing(ARTICLES, documents_from_pages(pages))],
            self.embedder,
            self.vectors,
            self.root,
            self.clock,
            lambda *stage: self.stages.append(stage),
            allow_empty=allow_empty,
        )

    def clock(self) -> float:
        self.now += 1
        return self.now

    @property
    def knowledge(self) -> KnowledgeBase:
        """A knowledge base as a fresh process has it."""
        return KnowledgeBase(self.ledger, self.vectors, self.root, self.embedder, self.clock)

    def found(self, question: str) -> list[str]:
        return [hit.passage.origin_id for hit in self.knowledge.search(self.name, question)]


@pytest.fixture
def desk(ledger: Ledger, tmp_path: Path) -> Desk:
    return Desk(ledger, tmp_path / "lexical", MemoryVectors())


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def start_chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Server]]:
    """Start Chroma servers on loopback; all of them end with the tests."""
    servers: list[Server] = []

    def start() -> Server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        folder = tmp_path_factory.mktemp("chroma")
        command = Path(sys.executable).parent / "chroma"
        process = subprocess.Popen(
            [command, "run", "--path", folder, "--host", "127.0.0.1", "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        servers.append(Server(f"http://127.0.0.1:{port}", process))
        _wait_until_up(servers[-1])
        return servers[-1]

    yield start
    for server in servers:
        server.process.terminate()
        server.process.wait(timeout=10)


@pytest.fixture(scope="session")
def chroma(start_chroma: Callable[[], Server]) -> Server:
    return start_chroma()


def _wait_until_up(server: Server) -> None:
    for _ in range(300):
        assert server.process.poll() is None, "chroma run ended at once"
        try:
            with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("chroma run did not come up in 30 s")
