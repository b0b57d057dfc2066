"""The ledger: is it there, of the right shape, and can it be written?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, insert, text

from app.doctor.subject import Installation
from app.ledger.migrate import current_revision, head_revision
from app.ledger.store import Ledger
from app.ledger.tables import cursors
from connectors.setup import Finding

LEAST_FREE = 1 << 30  # bytes
PATIENCE = 5.0  # seconds
CHECK = "ledger"


class _Undo(Exception):
    """Takes a write back that was only tried."""


def findings(subject: Installation) -> Iterator[Finding]:
    """Try the ledger as every process uses it; what is written is taken back."""
    settings = subject.services.settings
    found = current_revision(settings.ledger_url)
    yield _shape(found, head_revision())
    if not settings.database_url:
        yield _room(settings.data_dir)
    if found is None and not settings.database_url:
        return
    with closing(Ledger(settings.ledger_url, PATIENCE)) as ledger:
        yield _written(ledger, empty=found is None)
        if not settings.database_url:
            yield from _journal(ledger)


def _shape(found: str | None, head: str) -> Finding:
    if found is None:
        said = "There is no ledger yet; the first command that needs one makes it."
        return Finding(CHECK, ok=True, message=said)
    if found != head:
        said = f"The ledger is at revision {found}, and this version works with {head}."
        remedy = (
            "The next command that works on it (understudy up, kb sync) upgrades an older one; a "
            "newer one needs the newer version of Understudy that made it."
        )
        return Finding(CHECK, ok=True, message=said, remedy=remedy)
    return Finding(CHECK, ok=True, message=f"The ledger answers, at revision {found}.")


def _written(ledger: Ledger, *, empty: bool) -> Finding:
    try:
        with ledger.write() as connection:
            _write(connection, empty=empty)
            raise _Undo
    except _Undo:
        return Finding("ledger writes", ok=True, message="It can be written (tried, taken back).")


def _write(connection: Connection, *, empty: bool) -> None:
    if empty:
        connection.execute(text("create table understudy_doctor (tried integer)"))
        return
    connection.execute(
        insert(cursors).values(helpdesk="doctor", stream="doctor", cursor=None, updated_at=0.0)
    )


def _journal(ledger: Ledger) -> Iterator[Finding]:
    with ledger.connect() as connection:
        mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())
    if mode != "wal":
        yield Finding(
            "ledger journal",
            ok=False,
            message=f"SQLite's journal mode is {mode}, not wal: readers and writers block.",
            remedy="Put DATA_DIR on a disk of this machine; network file systems have no WAL.",
        )


def _room(folder: Path) -> Finding:
    if not os.access(folder, os.W_OK | os.X_OK):
        said = f"{folder} cannot be written to."
        return Finding("disk", ok=False, message=said, remedy="Give its owner the right to write.")
    free = shutil.disk_usage(folder).free
    said = f"{free / (1 << 30):.1f} GB are free in {folder}."
    remedy = "Make room: where the disk is full, webhooks cannot be kept." * (free < LEAST_FREE)
    return Finding("disk", ok=True, message=said, remedy=remedy)
