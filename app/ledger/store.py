"""Opening the ledger, and the one way to write into it.

SQLite in WAL mode, ``synchronous=FULL`` (``NORMAL`` may lose acknowledged rows at a power cut).
Every write transaction begins with ``BEGIN IMMEDIATE``: a transaction that reads first and then
upgrades fails at once under a second writer, whatever the time-out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, ProgrammingError

PATIENCE = 10.0  # seconds to wait for a locked SQLite ledger
# A webhook that is answered late is lost sooner than one that is refused: Intercom waits 5 s.
WEB_PATIENCE = 3.0


class LedgerDown(RuntimeError):
    """The database cannot be reached or written."""


class Ledger:
    """A database handle. Cheap to build; build one for each process, never across a fork."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self.url = url
        self.engine: Engine = _engine(url, patience)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction; it commits at the end and rolls back on an exception."""
        with self.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection for reading only."""
        with self.connect() as connection:
            yield connection
            connection.rollback()

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open a bare connection: nothing is begun, nothing is committed."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except (IntegrityError, ProgrammingError, DataError):
            raise  # the database is well; what we asked of it was wrong
        except DatabaseError as error:
            # Also where SQLite finds that the file is damaged, which is no OperationalError.
            raise LedgerDown(f"The ledger cannot be used: {error.orig}") from error


def sqlite_url(path: Path) -> str:
    """Name the SQLite database at a path."""
    return f"sqlite:///{path}"


def _engine(url: str, patience: float) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    # Parameters are what customers wrote, and errors are logged.
    # The driver sets busy_timeout from this.
    engine = create_engine(parsed, connect_args={"timeout": patience}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN is deferred; ``Ledger.write`` says BEGIN IMMEDIATE itself.
    connection.isolation_level = None
    cursor = connection.cursor()
    # secure_delete: what is forgotten is not left in the file's free pages (Debian's default).
    wanted = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
    for pragma in wanted:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
