"""Bringing a ledger to the shape that this version of the code expects.

Several processes may start at once: one of them upgrades under a lock, the others wait and then
find nothing to do. An upgrade is one transaction, on SQLite too: all revisions or none.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from app.ledger.store import Ledger

HEAD = "head"
_SCRIPTS = Path(__file__).with_name("migrations")
# Any number, as long as nothing else in the same Postgres database locks it.
_ADVISORY_LOCK = 0x756E6465  # "unde"


class LedgerTooNew(RuntimeError):
    """The ledger was upgraded by a newer version of the code than this one."""


class LedgerDamaged(RuntimeError):
    """An upgrade would leave rows that point to nothing; it was rolled back."""


def migrate(url: str, *, to: str = HEAD) -> None:
    """Upgrade a ledger to the newest revision (or the one named), making it if there is none.

    Raises ``LedgerTooNew`` where the ledger is ahead of the code, ``LedgerDown`` where it is no
    ledger, ``OSError`` where its folder cannot be written.
    """
    with _file_lock(url), closing(Ledger(url)) as ledger, _transaction(ledger) as connection:
        config = _config(connection)
        _refuse_newer(connection, config)
        command.upgrade(config, to)
        _check_references(connection)


def current_revision(url: str) -> str | None:
    """Tell which revision a ledger has; ``None`` where it has none yet."""
    path = _sqlite_path(url)
    if path is not None and not path.exists():
        return None  # opening it would leave an empty file behind
    with closing(Ledger(url)) as ledger, ledger.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """Tell which revision this version of the code works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise FileNotFoundError(f"no migrations in {_SCRIPTS}")
    return head


def new_revision(url: str, revision: str, message: str) -> None:
    """Write a draft of the next revision from what differs between a ledger and the tables.

    For developers, with an upgraded ledger and changed tables. Read the draft before it is used:
    a rename looks like a drop and an addition.
    """
    with closing(Ledger(url)) as ledger, ledger.engine.connect() as connection:
        command.revision(_config(connection), message=message, autogenerate=True, rev_id=revision)


def _config(connection: Connection | None = None) -> Config:
    # Built in code, so that an installed package needs no alembic.ini. % is the parser's escape.
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _refuse_newer(connection: Connection, config: Config) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise LedgerTooNew(
            f"The ledger is at revision {found}, which this version of Understudy does not know: "
            "a newer version has upgraded it. Install that version again, or go back to a "
            "backup from before the upgrade."
        )


@contextmanager
def _transaction(ledger: Ledger) -> Iterator[Connection]:
    """Open the one transaction of an upgrade; processes on other hosts wait here (Postgres)."""
    with ledger.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Batch mode drops and renames tables that others refer to, and inside a transaction
            # this pragma does nothing: so off before it begins. Checked before it commits.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return  # it checked all along
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        tables = ", ".join(sorted({str(row[0]) for row in orphans}))
        raise LedgerDamaged(f"Rows of {tables} would point to nothing; nothing was changed.")


@contextmanager
def _file_lock(url: str) -> Iterator[None]:
    """Hold the lock file beside a SQLite database; it goes free when the process dies.

    Not the database's own lock: turning a new file to WAL fails at once while another does it.
    """
    path = _sqlite_path(url)
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.migrate-lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sqlite_path(url: str) -> Path | None:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))
