"""Where the sandbox keeps its records: JSON documents in one SQLite file, under one lock."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

_SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
COMMIT;
"""


_LARGEST = 2**63 - 1  # an INTEGER of SQLite


class FolderInUse(Exception):
    """Another sandbox keeps its state there."""


@contextmanager
def held(folder: Path, kind: str) -> Iterator[None]:
    """Keep other processes from the state of this kind in a folder; raises ``FolderInUse``.

    Let go by the end of this process and of those that it forked, however they end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{kind}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(
                f"Another {kind} sandbox keeps its state in {folder}; choose another folder with "
                "--data."
            ) from None
        yield


class Record(Protocol):
    """Any of the frozen records that have an integer id."""

    @property
    def id(self) -> int:
        """The number it is kept under."""


Kept = TypeVar("Kept", bound=Record)


@lru_cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


class Store:
    """Records by their type and id; what is written in one ``transaction`` is kept together."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        # Records are frozen, so one may serve every reader of the same text: reading a long
        # ticket anew after each of its messages takes longer than all the rest.
        self._known: dict[tuple[str, int], tuple[str, Any]] = {}
        # All records of a type, once somebody has asked for all; by id, as they came.
        self._whole: dict[str, dict[int, Any]] = {}
        self._version = 0  # of the file, as others leave it
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Survives being killed, though not a power cut; it is only a sandbox.
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock, and keep all writes or none; may be nested."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._whole.clear()
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def put(self, record: Record) -> None:
        """Keep a record in place of the one with its id."""
        body = _adapter(type(record)).dump_json(record).decode()
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)",
                (type(record).__name__, record.id, body),
            )
            self._known[type(record).__name__, record.id] = (body, record)
            whole = self._whole.get(type(record).__name__)
            if whole is not None:
                whole[record.id] = record

    def get(self, kind: type[Kept], number: int) -> Kept | None:
        """Read one record."""
        if not 0 <= number <= _LARGEST:  # nothing can be kept under it
            return None
        with self._lock:
            row = self._db.execute(
                "SELECT body FROM documents WHERE kind = ? AND id = ?", (kind.__name__, number)
            ).fetchone()
        return None if row is None else self._read(kind, number, row[0])

    def all(self, kind: type[Kept]) -> list[Kept]:
        """Read all records of a type, by id."""
        with self._lock:
            self._notice_others()
            whole: dict[int, Kept] | None = self._whole.get(kind.__name__)
            if whole is None:
                rows = self._db.execute(
                    "SELECT id, body FROM documents WHERE kind = ?", (kind.__name__,)
                ).fetchall()
                whole = {number: self._read(kind, number, body) for number, body in rows}
                self._whole[kind.__name__] = whole
            return [whole[number] for number in sorted(whole)]

    def _notice_others(self) -> None:
        version = int(self._db.execute("PRAGMA data_version").fetchone()[0])
        if version != self._version:  # another connection has written
            self._version = version
            self._whole.clear()

    def _read(self, kind: type[Kept], number: int, body: str) -> Kept:
        text, record = self._known.get((kind.__name__, number), ("", None))
        if text != body:  # not read yet, or its transaction was undone
            record = _adapter(kind).validate_json(body)
            self._known[kind.__name__, number] = (body, record)
        found: Kept = record
        return found

    def remove(self, kind: type[Record], number: int) -> None:
        """Forget one record."""
        with self.transaction():
            self._db.execute(
                "DELETE FROM documents WHERE kind = ? AND id = ?", (kind.__name__, number)
            )
            self._known.pop((kind.__name__, number), None)
            self._whole.get(kind.__name__, {}).pop(number, None)

    def next(self, name: str, first: int = 1) -> int:
        """Count on; a number is never handed out twice, unless its transaction was undone."""
        with self.transaction():
            row = self._db.execute(
                "INSERT INTO counters VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name, first),
            ).fetchone()
        return int(row[0])

    def last(self, name: str) -> int:
        """Tell the number that was handed out last; 0 where none was."""
        with self._lock:
            row = self._db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
