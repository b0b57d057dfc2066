"""The vector index: Chroma behind a small protocol, by HTTP only.

``chromadb.PersistentClient`` is never used: in several processes readers miss new vectors and
writers lose some, silently. Chroma has no authentication, so it holds ids and vectors and no text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import methodcaller
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from app.domain import Collection

Array = NDArray[np.float32]

# What is for agents alone is kept apart by collection, never by a filter.
_INFIX = {Collection.PUBLIC: "", Collection.INTERNAL: "internal-"}
_BATCH = 1000  # vectors in one request: about 8 MB of JSON
# Sentences are read by id alone: a graph to search them by would cost most of an indexing.
_SEARCHED = {"space": "cosine", "ef_search": 200}
_UNSEARCHED = {"space": "cosine", "max_neighbors": 2, "ef_construction": 2}
_TIMEOUT = 60.0  # seconds; the client's own default is to wait for ever
_STORE = re.compile(r"(?P<helpdesk>.+)-g(?P<number>\d+)-(?:internal-)?(?:chunks|sentences)")


class KnowledgeDown(RuntimeError):
    """The knowledge cannot be searched or written now; trying again later may help."""


class Vectors(Protocol):
    """Named collections of unit vectors, compared by cosine.

    A collection remembers the embedder that its vectors came from. A collection that does not
    exist is empty to readers. Everything raises ``KnowledgeDown`` when the store does not answer.
    """

    def create(self, collection: str, embedder: str) -> None:
        """Make a collection if there is none of this name."""

    def embedder(self, collection: str) -> str | None:
        """Name the embedder of a collection; ``None`` where there is no such collection."""

    def upsert(self, collection: str, ids: Sequence[str], vectors: Array) -> None:
        """Write vectors, replacing those of the same id; the collection must exist."""

    def fetch(self, collection: str, ids: Sequence[str]) -> dict[str, Array]:
        """Read vectors by id; unknown ids are left out."""

    def query(self, collection: str, vector: Array, limit: int) -> list[tuple[str, float]]:
        """Find the nearest ids with their cosines, best first."""

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete vectors by id; unknown ids are none the worse."""

    def count(self, collection: str) -> int:
        """Count the vectors of a collection."""

    def collections(self) -> list[str]:
        """Name all collections."""

    def drop(self, collection: str) -> None:
        """Delete a collection, if it exists."""


def chunks_name(helpdesk: str, store: int, collection: Collection = Collection.PUBLIC) -> str:
    """Name the collection of a store's chunks; ids are passage ids.

    Generations share a store: it may hold more than the live one, whose ids its snapshot knows.
    """
    return f"{helpdesk}-g{store}-{_INFIX[collection]}chunks"


def sentences_name(helpdesk: str, store: int, collection: Collection = Collection.PUBLIC) -> str:
    """Name the collection of a store's sentences; see ``sentence_id``."""
    return f"{helpdesk}-g{store}-{_INFIX[collection]}sentences"


def _is_sentences(name: str) -> bool:
    found = _STORE.fullmatch(name)
    return found is not None and name.endswith("sentences")


def examples_name(helpdesk: str) -> str:
    """Name the collection of the questions of learned examples; ids are example ids."""
    return f"{helpdesk}-examples"


def sentence_id(passage_id: str, number: int) -> str:
    """Name a passage's sentence by its place in ``chunk.sentences(text)``."""
    return f"{passage_id}-{number}"


def drop_stores(vectors: Vectors, helpdesk: str, kept: frozenset[int]) -> None:
    """Delete the collections of all of a helpdesk's stores but those kept."""
    for name in vectors.collections():
        found = _STORE.fullmatch(name)
        if found and found["helpdesk"] == helpdesk and int(found["number"]) not in kept:
            vectors.drop(name)


class ChromaVectors:
    """A Chroma server. The connection is made at first use, and anew after a fork."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None
        self._handles: dict[str, Any] = {}
        self._process = 0

    def create(self, collection: str, embedder: str) -> None:
        """Make a collection if there is none of this name."""
        with _translated(self._url):
            self._handles[collection] = self._connected().get_or_create_collection(
                collection,
                configuration={"hnsw": _UNSEARCHED if _is_sentences(collection) else _SEARCHED},
                metadata={"embedder": embedder},
                embedding_function=None,
            )

    def embedder(self, collection: str) -> str | None:
        """Name the embedder of a collection; ``None`` where there is no such collection."""
        # Not from the handle: another process may have made the collection anew since.
        self._handles.pop(collection, None)
        found: Any = self._on(collection, lambda handle: handle.metadata or {}, {})
        name = found.get("embedder")
        return None if name is None else str(name)

    def upsert(self, collection: str, ids: Sequence[str], vectors: Array) -> None:
        """Write vectors, replacing those of the same id; the collection must exist."""
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            write = methodcaller("upsert", ids=list(ids[part]), embeddings=vectors[part])
            # It answers nothing; an absent collection is told by the odd one out.
            if self._on(collection, write, False) is False:
                raise KnowledgeDown(f"The collection {collection} is gone from Chroma.")

    def fetch(self, collection: str, ids: Sequence[str]) -> dict[str, Array]:
        """Read vectors by id; unknown ids are left out."""
        found: dict[str, Array] = {}
        for start in range(0, len(ids), _BATCH):
            part = list(ids[start : start + _BATCH])
            answer = self._on(
                collection, methodcaller("get", ids=part, include=["embeddings"]), None
            )
            if answer is None:
                return {}
            vectors = np.asarray(answer["embeddings"], dtype=np.float32)
            found |= dict(zip(answer["ids"], vectors, strict=True))
        return found

    def query(self, collection: str, vector: Array, limit: int) -> list[tuple[str, float]]:
        """Find the nearest ids with their cosines, best first."""
        answer = self._on(
            collection,
            lambda h: h.query(
                query_embeddings=[vector.tolist()], n_results=limit, include=["distances"]
            ),
            None,
        )
        if answer is None:
            return []
        pairs = zip(answer["ids"][0], answer["distances"][0], strict=True)
        return [(found, 1.0 - float(distance)) for found, distance in pairs]

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete vectors by id; unknown ids are none the worse."""
        for start in range(0, len(ids), _BATCH):
            self._on(
                collection, methodcaller("delete", ids=list(ids[start : start + _BATCH])), None
            )

    def count(self, collection: str) -> int:
        """Count the vectors of a collection."""
        return int(self._on(collection, lambda handle: handle.count(), 0))

    def collections(self) -> list[str]:
        """Name all collections."""
        with _translated(self._url):
            names: list[str] = []
            while page := self._connected().list_collections(limit=1000, offset=len(names)):
                names += [entry.name for entry in page]
            return names

    def drop(self, collection: str) -> None:
        """Delete a collection, if it exists."""
        self._handles.pop(collection, None)
        self._on(collection, lambda _: self._client.delete_collection(collection), None)
        self._handles.pop(collection, None)

    def _on(self, collection: str, work: Callable[[Any], Any], absent: Any) -> Any:
        """Do something with a collection; where there is none, answer ``absent``.

        Handles are kept, since getting one is a request. One that another process dropped and
        made anew is asked for once more.
        """
        from chromadb.errors import NotFoundError  # noqa: PLC0415 (heavy)

        with _translated(self._url):
            client = self._connected()
            for fresh in (False, True):
                try:
                    if fresh or collection not in self._handles:
                        self._handles[collection] = client.get_collection(
                            collection, embedding_function=None
                        )
                    return work(self._handles[collection])
                except NotFoundError:
                    self._handles.pop(collection, None)
            return absent

    def _connected(self) -> Any:
        if self._client is None or self._process != os.getpid():
            self._handles = {}
            self._client = _client(self._url)
            self._process = os.getpid()
        return self._client


def _client(url: str) -> Any:
    import chromadb  # noqa: PLC0415 (heavy; the web process never needs it)
    from chromadb.config import Settings  # noqa: PLC0415

    parts = urlsplit(url)
    secure = parts.scheme == "https"
    client: Any = chromadb.HttpClient(
        host=parts.hostname or "",
        port=parts.port or (443 if secure else 8000),
        ssl=secure,
        settings=Settings(anonymized_telemetry=False),
    )
    # There is no setting for it, and a server that hangs would hang the worker with it.
    session = getattr(getattr(client, "_server", None), "_session", None)
    if session is not None:
        session.timeout = _TIMEOUT
    return client


@contextmanager
def _translated(url: str) -> Iterator[None]:
    import httpx  # noqa: PLC0415
    from chromadb.errors import ChromaError  # noqa: PLC0415 (heavy)

    try:
        yield
    # The client turns a refused connection into a bare ValueError when it is built.
    except (httpx.HTTPError, ChromaError, OSError, ValueError) as error:
        # The address may bear a password; host and port are enough.
        place = urlsplit(url).netloc.rpartition("@")[2]
        reason = " ".join(str(error).split())[:200]
        raise KnowledgeDown(f"Chroma at {place} does not answer: {reason}") from error
