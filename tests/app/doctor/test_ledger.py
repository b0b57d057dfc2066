"""The ledger is tried as every process uses it, and is afterwards as it was."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from app.doctor import ledger
from app.doctor.exam import State, state_of
from app.doctor.subject import Installation
from app.ledger.migrate import migrate
from app.ledger.store import Ledger, LedgerDown, sqlite_url
from app.services import Services
from app.settings import Settings
from connectors.setup import Finding


def installation(folder: Path) -> Installation:
    return Installation(Services(Settings(data_dir=folder), {}), up=False)


def examined(folder: Path) -> dict[str, Finding]:
    return {found.check: found for found in ledger.findings(installation(folder))}


def test_a_good_ledger_is_well_and_left_as_it_was(migrated: Path, tmp_path: Path) -> None:
    shutil.copy(migrated, tmp_path / "ledger.db")
    found = examined(tmp_path)
    assert {state_of(each) for each in found.values()} == {State.OK}
    assert list(found) == ["ledger", "disk", "ledger writes"]
    opened = Ledger(sqlite_url(tmp_path / "ledger.db"))
    with opened.read() as connection:
        assert connection.exec_driver_sql("select count(*) from cursors").scalar_one() == 0
    opened.close()
    assert installation(tmp_path).has_record


def test_a_ledger_that_is_not_there_yet_is_no_fault_and_not_made(tmp_path: Path) -> None:
    found = examined(tmp_path)
    assert {state_of(each) for each in found.values()} == {State.OK}
    assert "There is no ledger yet" in found["ledger"].message
    assert list(tmp_path.iterdir()) == []
    assert not installation(tmp_path).has_record


def test_an_older_ledger_is_noted_and_not_upgraded(tmp_path: Path) -> None:
    migrate(sqlite_url(tmp_path / "ledger.db"), to="0001")
    found = examined(tmp_path)
    assert state_of(found["ledger"]) is State.NOTE
    assert "is at revision 0001" in found["ledger"].message
    assert "is at revision 0001" in examined(tmp_path)["ledger"].message
    assert not installation(tmp_path).has_record


def test_what_is_no_ledger_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"something else entirely " * 400)
    with pytest.raises(LedgerDown, match="file is not a database"):
        examined(tmp_path)
    assert not installation(tmp_path).has_record


def test_a_disk_that_is_nearly_full_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 1 << 29))
    found = examined(tmp_path)["disk"]
    assert state_of(found) is State.NOTE
    assert found.message.startswith("0.5 GB are free")


def test_a_journal_without_wal_is_to_be_mended(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(migrated, tmp_path / "ledger.db")
    monkeypatch.setattr("app.ledger.store._prepare_sqlite", lambda *_: None)
    opened = Ledger(sqlite_url(tmp_path / "ledger.db"))
    with opened.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    (found,) = ledger._journal(opened)
    opened.close()
    assert state_of(found) is State.MEND
    assert "delete, not wal" in found.message
