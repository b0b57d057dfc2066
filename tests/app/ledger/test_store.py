"""The ledger keeps what it said it kept, all of it or none, however many write at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from app.ledger import store
from app.ledger.store import Ledger, LedgerDown, sqlite_url
from app.ledger.tables import cursors
from tests.app.conftest import PREPARE_SQLITE

WRITER = """
import sys
from sqlalchemy import insert, select, func
from app.ledger.store import Ledger
from app.ledger.tables import cursors
ledger, name = Ledger(sys.argv[1]), sys.argv[2]
for number in range(100):
    with ledger.write() as connection:
        # Reads first, as most transactions do: with a deferred BEGIN it would fail at once.
        seen = connection.execute(select(func.count()).select_from(cursors)).scalar_one()
        connection.execute(insert(cursors).values(
            helpdesk=name, stream=str(number), cursor=str(seen), updated_at=0.0))
"""


def rows(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.read() as connection:
        found = connection.execute(select(cursors.c.helpdesk, cursors.c.stream, cursors.c.cursor))
        return [(row.helpdesk, row.stream, row.cursor) for row in found]


def write(ledger: Ledger, stream: str) -> None:
    with ledger.write() as connection:
        connection.execute(
            insert(cursors).values(helpdesk="a", stream=stream, cursor="", updated_at=0.0)
        )


@pytest.mark.journey
def test_two_processes_that_write_at_once_lose_nothing(ledger: Ledger) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, ledger.url, name]) for name in ("a", "b")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    found = rows(ledger)
    assert {(name, stream) for name, stream, _ in found} == {
        (name, str(number)) for name in ("a", "b") for number in range(100)
    }
    # No two of them saw the same state: each waited for the other.
    assert sorted(int(seen) for _, _, seen in found) == list(range(200))


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_a_transaction_that_raises_leaves_nothing(
    ledger: Ledger, error: type[BaseException]
) -> None:
    def fail() -> None:
        with ledger.write() as connection:
            connection.execute(
                insert(cursors).values(helpdesk="a", stream="s", cursor="", updated_at=0.0)
            )
            raise error

    with pytest.raises(error):
        fail()
    assert rows(ledger) == []
    write(ledger, "s")
    assert len(rows(ledger)) == 1


def test_what_is_committed_outlives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_prepare_sqlite", PREPARE_SQLITE)
    with Ledger(sqlite_url(tmp_path / "ledger.db")).read() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    # 2 is FULL: with NORMAL a power cut may take back what was acknowledged.
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_what_customers_wrote_is_in_no_error(ledger: Ledger) -> None:
    write(ledger, "my password is hunter2")
    with pytest.raises(IntegrityError) as caught:
        write(ledger, "my password is hunter2")
    assert "hunter2" not in str(caught.value)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def damaged(path: Path) -> None:
    path.write_bytes(b"something else entirely " * 400)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (a_folder, "unable to open database file"),
        (damaged, "file is not a database"),
        (empty, "no such table: cursors"),
    ],
)
@pytest.mark.parametrize("use", [rows, lambda ledger: write(ledger, "s")])
def test_a_ledger_that_is_down_says_so_in_one_sentence(
    ledger: Ledger, spoil: Callable[[Path], None], says: str, use: Callable[[Ledger], object]
) -> None:
    path = Path(ledger.url.removeprefix(sqlite_url(Path())[:-1]))
    spoil(path)
    with pytest.raises(LedgerDown) as caught:
        use(Ledger(sqlite_url(path)))
    assert str(caught.value) == f"The ledger cannot be used: {says}"
