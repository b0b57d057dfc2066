"""What was read from files, kept on disk, so that a file that did not change is not parsed again.

Who may see a file is no part of it: that is told anew of every file at every sync.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from app.knowledge.files.isolated import Isolated
from app.knowledge.files.records import Answer, Limits, Opener, Reading, Unreadable

_LIBRARIES = ("pypdf", "mammoth", "markdown-it-py", "nh3", "PyYAML", "charset-normalizer")
# Of the file itself; other faults may pass while the file stays as it is.
_LASTING = frozenset({"broken", "empty", "encoding", "encrypted", "no-text", "too-large"})
_SETTLED = 10.0  # seconds; what changed later may change again without a trace in its times
_TABLE = "CREATE TABLE IF NOT EXISTS readings (path BLOB PRIMARY KEY, stamp TEXT, answer BLOB)"


def remembering(path: Path, opener: Opener = Isolated) -> Opener:
    """Read files by ``opener``, those that changed since the last time alone."""
    return partial(Remembered, path, opener)


class Remembered:
    """Reads files; a context manager. ``path`` is the SQLite file, which may be deleted anytime.

    What is wrong with it is no reason to fail: then files are read as if there were none.
    """

    def __init__(
        self,
        path: Path,
        opener: Opener,
        limits: Limits,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._opened = opener(limits)
        self._version = _version(limits)
        self._clock = clock
        self._asked: set[bytes] = set()
        self._kept: sqlite3.Connection | None = None

    def __enter__(self) -> Remembered:
        self._read = self._opened.__enter__()
        with suppress(OSError, sqlite3.Error):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._kept = self._connected()
            except sqlite3.OperationalError:  # another process is at it, or the disk is full
                pass
            except sqlite3.DatabaseError:  # broken, or no database
                for ending in ("", "-wal", "-shm"):
                    Path(f"{self._path}{ending}").unlink(missing_ok=True)
                self._kept = self._connected()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, error, traceback)
        if self._kept is not None:
            with suppress(sqlite3.Error):
                if kind is None:
                    self._forget_others(self._kept)
                self._kept.close()

    def __call__(self, path: Path) -> Reading:
        """Read a file, or give what was read of it. Raises as the reader does."""
        name, stamp = os.fsencode(path), _stamp(path)
        self._asked.add(name)
        answer = self._recall(name, stamp) if stamp else None
        if answer is None:
            answer = self._answer(path)
            if stamp and stamp == _stamp(path) and self._is_settled(path):
                self._keep(name, stamp, answer)
        if answer.fault is not None:
            raise Unreadable(answer.fault.code, answer.fault.text)
        if answer.reading is None:
            raise Unreadable("broken", "gave no answer: save it anew")
        return answer.reading

    def _answer(self, path: Path) -> Answer:
        try:
            return Answer(reading=self._read(path))
        except Unreadable as error:
            if error.fault.code not in _LASTING:
                raise
            return Answer(fault=error.fault)

    def _recall(self, name: bytes, stamp: str) -> Answer | None:
        if self._kept is None:
            return None
        with suppress(sqlite3.Error, zlib.error, ValidationError):
            query = "SELECT answer FROM readings WHERE path = ? AND stamp = ?"
            row = self._kept.execute(query, (name, stamp)).fetchone()
            return Answer.model_validate_json(zlib.decompress(row[0])) if row else None
        return None

    def _keep(self, name: bytes, stamp: str, answer: Answer) -> None:
        if self._kept is not None:
            packed = zlib.compress(answer.model_dump_json().encode(), 1)
            with suppress(sqlite3.Error):
                self._kept.execute(
                    "INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", (name, stamp, packed)
                )

    def _forget_others(self, kept: sqlite3.Connection) -> None:
        names = [
            row for row in kept.execute("SELECT path FROM readings") if row[0] not in self._asked
        ]
        kept.executemany("DELETE FROM readings WHERE path = ?", names)

    def _connected(self) -> sqlite3.Connection:
        kept = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        kept.execute("PRAGMA journal_mode = WAL")
        kept.execute("PRAGMA synchronous = NORMAL")
        kept.execute(_TABLE)
        if kept.execute("PRAGMA user_version").fetchone()[0] != self._version:
            kept.execute("DELETE FROM readings")
            kept.execute(f"PRAGMA user_version = {self._version}")
        return kept

    def _is_settled(self, path: Path) -> bool:
        try:
            state = path.stat()
        except OSError:
            return False
        return self._clock() - max(state.st_mtime, state.st_ctime) > _SETTLED


def _stamp(path: Path) -> str:
    """Say as what a file stands on its disk; "" where that cannot be told."""
    try:
        state = path.stat()
    except OSError:
        return ""
    times = state.st_mtime_ns, state.st_ctime_ns
    return " ".join(map(str, (*times, state.st_size, state.st_ino, state.st_dev)))


def _version(limits: Limits) -> int:
    """Number the readers: other code, libraries or limits read otherwise."""
    digest = hashlib.sha256(f"{sys.version} {asdict(limits)}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}".encode())
    return int.from_bytes(digest.digest()[:4]) >> 1  # SQLite keeps 31 bits
