"""A sync killed anywhere: searches go on, and the next sync makes what a clean one would have.

The kill is as a process's: whatever had an effect is there, and nothing has one afterwards, so
that no lease is given back and no folder cleaned up.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, select

from app.knowledge import build, snapshot
from app.knowledge.index import chunks_name
from app.ledger.store import Ledger, sqlite_url
from app.ledger.tables import articles, passages
from connectors.articles import Article, Audience, Visibility
from tests.app.knowledge.conftest import Desk
from tests.app.knowledge.fakes import MemoryVectors, TinyEmbedder

WORDS = ("zebra", "walrus", "badger", "otter", "falcon", "lizard")


def article(number: int, how: str = "old", **more: Any) -> Article:
    """An article of three sections that all say whether they are old or new."""
    name = WORDS[number]
    body = "".join(
        f"<h2>Part {part}</h2><p>The {name} {how} answer number {part} is here to be found.</p>"
        for part in range(3)
    )
    return Article(str(number), f"About the {name}", body, **more)


BEFORE = tuple(article(number) for number in range(5))
AFTER = (
    article(0, "new"),
    article(1, visibility=Visibility.RESTRICTED, audience=Audience(any_tags=frozenset({"gold"}))),
    article(2, visibility=Visibility.INTERNAL),
    article(4),
    article(5, "new"),
)


class Killed(BaseException):
    """The process is gone: nothing may catch and mend it."""


@dataclass
class Fuse:
    """Ends everything at the n-th effect, and every effect after it."""

    at: int
    effects: int = 0

    def burn(self) -> None:
        self.effects += 1
        if self.effects >= self.at:
            raise Killed


class DyingVectors(MemoryVectors):
    """A store whose writer may die before each write, and right after it."""

    fuse = Fuse(10**9)

    def create(self, collection: str, embedder: str) -> None:
        self.fuse.burn()
        super().create(collection, embedder)

    def upsert(self, collection: str, ids: Sequence[str], vectors: Any) -> None:
        self.fuse.burn()
        super().upsert(collection, ids, vectors)
        self.fuse.burn()

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        self.fuse.burn()
        super().delete(collection, ids)
        self.fuse.burn()

    def drop(self, collection: str) -> None:
        self.fuse.burn()
        super().drop(collection)


class DyingLedger(Ledger):
    """A ledger whose writer may die before a transaction, in it, and right after it."""

    fuse = Fuse(10**9)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.fuse.burn()
        with super().write() as connection:
            yield connection
            self.fuse.burn()
        self.fuse.burn()


class Listening(TinyEmbedder):
    """Remembers which texts were embedded together."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> Any:
        self.calls.append(list(texts))
        return super().embed(texts)


@dataclass
class Scene:
    """A desk that was synced once, to be copied for each killing."""

    folder: Path
    desk: Desk
    copies: int = field(default=0)

    def copy(self) -> Desk:
        self.copies += 1
        target = self.folder / f"copy{self.copies}"
        shutil.copytree(self.folder / "first", target)
        vectors = DyingVectors()
        vectors.named = deepcopy(self.desk.vectors.named)  # type: ignore[attr-defined]
        ledger = DyingLedger(sqlite_url(target / "ledger.db"))
        return Desk(ledger, target / "lexical", vectors, embedder=Listening(), now=2_000_000.0)


@pytest.fixture(params=[5000, 4], ids=["small", "in-parts"])
def scene(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> Scene:
    monkeypatch.setattr(snapshot, "EXACT_LIMIT", request.param)
    monkeypatch.setattr(build, "_BATCH", 2)
    desk = Desk(ledger, tmp_path / "first" / "lexical", MemoryVectors())
    desk.sync(BEFORE)
    with ledger.connect() as connection:
        connection.exec_driver_sql(f"VACUUM INTO '{tmp_path / 'first' / 'ledger.db'}'")
    return Scene(tmp_path, desk)


@contextmanager
def dying(desk: Desk, fuse: Fuse) -> Iterator[None]:
    """All that has an effect is on the fuse, files too."""
    save, replace, remove = np.save, snapshot._replace, shutil.rmtree

    def saving(*arguments: Any, **named: Any) -> None:
        fuse.burn()
        save(*arguments, **named)

    def replacing(*arguments: Any) -> None:
        fuse.burn()
        replace(*arguments)
        fuse.burn()

    def removing(*arguments: Any, **named: Any) -> None:
        fuse.burn()
        remove(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "save", saving)
        patch.setattr(snapshot, "_replace", replacing)
        patch.setattr(shutil, "rmtree", removing)
        patch.setattr(desk.vectors, "fuse", fuse)
        patch.setattr(desk.ledger, "fuse", fuse)
        yield


def searchable(desk: Desk) -> dict[str, set[str]]:
    """What searches find of each article, in public and among what is for agents."""
    knowledge = desk.knowledge
    hits = [
        *knowledge.search(desk.name, "answer number", 30),
        *knowledge.search_internal(desk.name, "answer number", 30),
    ]
    texts = {hit.passage.text for hit in hits}
    return {name: {text for text in texts if f"The {name} " in text} for name in WORDS}


def kept(desk: Desk) -> set[tuple[str, str, str]]:
    """The passages that are searchable, as the ledger says."""
    with desk.ledger.read() as connection:
        rows = connection.execute(
            select(passages.c.id, articles.c.facts, articles.c.collection)
            .join_from(passages, articles)
            .where(articles.c.retired_at.is_(None))
        )
        return {tuple(row) for row in rows}


def try_all(scene: Scene, steps: slice) -> int:
    clean = scene.copy()
    old = searchable(clean)
    counting = Fuse(10**9)
    with dying(clean, counting):
        clean.sync(AFTER)
    new, total = searchable(clean), counting.effects
    assert old != new
    for at in range(1, total + 1)[steps]:
        killed(scene.copy(), at, kept(clean), old, new)
    return total


def killed(desk: Desk, at: int, live: set[tuple[str, str, str]], old: object, new: object) -> None:
    """Kill a sync at an effect, look at what is found, and let the next one finish."""
    embedder = desk.embedder = Listening()
    with dying(desk, Fuse(at)), pytest.raises(Killed):
        desk.sync(AFTER)
    embedded = [text for call in embedder.calls for text in call]
    last = set(embedder.calls[-1]) if embedder.calls else set()
    assert searchable(desk) in (old, new), f"killed at {at}: half of it is searchable"
    embedder.calls.clear()
    desk.now += 60  # the lease of the killed one ends
    desk.sync(AFTER)
    again = {text for call in embedder.calls for text in call} & set(embedded)
    assert again <= last, f"killed at {at}: embedded twice"
    assert (kept(desk), searchable(desk)) == (live, new), f"killed at {at}"
    assert desk.vectors.count(chunks_name(desk.name, 1)) >= 9
    folders = [each.name for each in (desk.root / desk.name).iterdir() if each.name[0] == "g"]
    assert len(folders) <= 2
    desk.ledger.close()


def test_killed_here_and_there_the_next_sync_makes_what_a_clean_one_would(scene: Scene) -> None:
    assert try_all(scene, slice(3, None, 23)) > 40


@pytest.mark.journey
def test_killed_anywhere_the_next_sync_makes_what_a_clean_one_would(scene: Scene) -> None:
    assert try_all(scene, slice(None)) > 40
