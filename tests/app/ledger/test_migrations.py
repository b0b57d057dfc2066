"""The ledger's migrations: they lead to the tables, once, whoever starts first, and keep rows."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, DateTime, Float, Integer, LargeBinary, MetaData, Table, text

from app.ledger import migrate as migrating
from app.ledger.migrate import (
    LedgerDamaged,
    LedgerTooNew,
    current_revision,
    head_revision,
    migrate,
)
from app.ledger.store import Ledger, sqlite_url
from app.ledger.tables import metadata

SCRIPTS = Path(migrating.__file__).with_name("migrations")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file behind the ledger's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def schema(path: Path) -> list[tuple[str, str]]:
    with opened(path) as connection:
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        return list(connection.execute(query))


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    walk = ScriptDirectory.from_config(config).walk_revisions()
    return [script.revision for script in walk][::-1]


def differences(url: str) -> list[Any]:
    ledger = Ledger(url)
    with ledger.read() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    ledger.close()
    return list(found)


def test_an_upgrade_from_nothing_equals_the_tables(path: Path) -> None:
    migrate(sqlite_url(path))
    assert differences(sqlite_url(path)) == []


def test_an_upgrade_from_nothing_has_the_constraints_that_create_all_would_make(
    path: Path, tmp_path: Path
) -> None:
    """Alembic's comparison looks at neither primary keys nor nullability of every kind."""
    migrate(sqlite_url(path))
    ledger = Ledger(sqlite_url(tmp_path / "direct.db"))
    metadata.create_all(ledger.engine)
    ledger.close()

    def shape(path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with opened(path) as connection:
            for table in metadata.tables:
                columns = connection.execute(f"PRAGMA table_info({table})")
                found[table] = [tuple(row) for row in columns]
                keys = connection.execute(f"PRAGMA foreign_key_list({table})")
                found[f"{table} keys"] = sorted(tuple(row) for row in keys)
                indexes = connection.execute(f"PRAGMA index_list({table})")
                found[f"{table} indexes"] = sorted((row[1], *row[2:]) for row in indexes)
        return found

    assert shape(path) == shape(tmp_path / "direct.db")


def test_the_comparison_sees_a_difference(path: Path) -> None:
    migrate(sqlite_url(path))
    with opened(path) as connection:
        connection.execute("ALTER TABLE runs ADD COLUMN stray TEXT")
    assert "stray" in str(differences(sqlite_url(path)))


def test_a_second_upgrade_changes_nothing(path: Path) -> None:
    migrate(sqlite_url(path))
    before = schema(path)
    migrate(sqlite_url(path))
    assert schema(path) == before


def test_the_folder_of_the_ledger_is_made(tmp_path: Path) -> None:
    migrate(sqlite_url(tmp_path / "deep" / "er" / "ledger.db"))
    assert (tmp_path / "deep" / "er" / "ledger.db").is_file()


def test_the_current_revision_is_told_and_asking_makes_no_file(path: Path) -> None:
    assert current_revision(sqlite_url(path)) is None
    assert not path.exists()
    migrate(sqlite_url(path))
    assert current_revision(sqlite_url(path)) == head_revision() == revisions()[-1]


def upgrade_when_told(url: str, gate: Any, results: Any) -> None:
    gate.wait(30)
    try:
        migrate(url)
    except BaseException as error:
        results.put(repr(error))
        raise
    results.put("fine")


def test_processes_that_start_at_once_upgrade_once(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    gate, results = context.Barrier(4), context.Queue()
    arguments = (sqlite_url(path), gate, results)
    children = [context.Process(target=upgrade_when_told, args=arguments) for _ in range(4)]
    for child in children:
        child.start()
    outcomes = [results.get(timeout=30) for _ in children]
    for child in children:
        child.join(30)
    assert outcomes == ["fine"] * 4
    assert differences(sqlite_url(path)) == []


def test_a_ledger_from_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    migrate(sqlite_url(path))
    with opened(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerTooNew, match=r"revision 9999.*newer version"):
        migrate(sqlite_url(path))
    assert current_revision(sqlite_url(path)) == "9999"


def filled(column: Any) -> Any:
    """Give any value that fits a column."""
    makers: list[tuple[type[Any], Callable[[], Any]]] = [
        (Boolean, lambda: True),
        (Integer, lambda: 1),
        (Float, lambda: 1.5),
        (DateTime, lambda: datetime(2026, 1, 2, tzinfo=UTC)),
        (LargeBinary, lambda: b"\x00bytes"),
    ]
    for kind, make in makers:
        if isinstance(column.type, kind):
            return make()
    return "x"  # every text column has the same value, so that references fit


def fill(url: str) -> dict[str, dict[str, Any]]:
    """Put one row into every table, whatever tables this revision has."""
    found, rows = MetaData(), {}
    ledger = Ledger(url)
    with ledger.write() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name == "alembic_version":
                continue
            rows[table.name] = {column.name: filled(column) for column in table.columns}
            connection.execute(table.insert().values(rows[table.name]))
    ledger.close()
    return rows


def read_row(url: str, name: str) -> dict[str, Any]:
    ledger = Ledger(url)
    with ledger.read() as connection:
        table = Table(name, MetaData(), autoload_with=connection)
        row = dict(connection.execute(table.select()).one()._mapping)
    ledger.close()
    return row


@pytest.mark.parametrize("start", revisions())
def test_rows_written_at_any_revision_are_kept_on_the_way_to_the_newest(
    path: Path, start: str
) -> None:
    url = sqlite_url(path)
    migrate(url, to=start)
    assert current_revision(url) == start
    rows = fill(url)
    migrate(url)
    assert current_revision(url) == head_revision()
    for name in metadata.tables.keys() & rows.keys():
        kept = read_row(url, name)
        assert rows[name].items() >= {k: v for k, v in kept.items() if k in rows[name]}.items()
        assert kept.keys() == set(metadata.tables[name].columns.keys())


def test_what_was_being_written_at_an_upgrade_counts_as_unsure(path: Path) -> None:
    url = sqlite_url(path)
    migrate(url, to="0001")
    fill(url)
    with opened(path) as connection:
        connection.execute("UPDATE runs SET state = 'applying'")
    migrate(url)
    assert read_row(url, "runs")["unsure"] is True


def copy_of_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upgrade: str) -> None:
    """Pretend that a further revision exists, with this body."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    source = f'from alembic import op\nrevision = "9000"\ndown_revision = "{head_revision()}"\n'
    source += f"def upgrade():\n    {upgrade}\n"
    (tmp_path / "scripts" / "versions" / "9000_later.py").write_text(source)
    monkeypatch.setattr(migrating, "_SCRIPTS", tmp_path / "scripts")


def test_an_upgrade_that_fails_half_way_leaves_the_ledger_as_it_was(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(sqlite_url(path))
    rows, before = fill(sqlite_url(path)), schema(path)
    copy_of_scripts(tmp_path, monkeypatch, "op.drop_table('cursors'); raise ValueError('half')")
    with pytest.raises(ValueError, match="half"):
        migrate(sqlite_url(path))
    assert schema(path) == before
    assert read_row(sqlite_url(path), "cursors") == rows["cursors"]


def test_an_upgrade_that_would_orphan_rows_is_rolled_back(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(sqlite_url(path))
    fill(sqlite_url(path))
    copy_of_scripts(tmp_path, monkeypatch, "op.execute('DELETE FROM runs')")
    with pytest.raises(LedgerDamaged, match="receipts, signals"):
        migrate(sqlite_url(path))
    assert read_row(sqlite_url(path), "runs")["id"] == "x"


def test_a_table_that_others_refer_to_can_be_rebuilt_in_batch_mode(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(sqlite_url(path))
    fill(sqlite_url(path))
    copy_of_scripts(
        tmp_path,
        monkeypatch,
        "with op.batch_alter_table('runs', recreate='always') as b: b.drop_column('error')",
    )
    migrate(sqlite_url(path))
    assert "error" not in read_row(sqlite_url(path), "runs")
    assert read_row(sqlite_url(path), "receipts")["run_id"] == "x"


def test_a_draft_of_the_next_revision_is_written_for_developers(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(sqlite_url(path))
    with opened(path) as connection:
        connection.execute("DROP TABLE cursors")
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    monkeypatch.setattr(migrating, "_SCRIPTS", tmp_path / "scripts")
    migrating.new_revision(sqlite_url(path), "9000", "Cursors again")
    draft = (tmp_path / "scripts" / "versions" / "9000_cursors_again.py").read_text()
    assert draft.startswith('"""Cursors again."""')
    assert "create_table" in draft
    assert compile(draft, "draft", "exec")


def test_the_revisions_form_one_line_and_none_leads_down() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    directory = ScriptDirectory.from_config(config)
    assert len(directory.get_heads()) == len(directory.get_bases()) == 1
    for script in directory.walk_revisions():
        assert not hasattr(script.module, "downgrade"), script.revision


def test_the_ledger_in_memory_needs_no_lock_file() -> None:
    migrate("sqlite://")


def test_the_connection_used_for_an_upgrade_leaves_no_lock(path: Path) -> None:
    migrate(sqlite_url(path))
    ledger = Ledger(sqlite_url(path))
    with ledger.write() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    ledger.close()
