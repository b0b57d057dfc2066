"""The search files of a host: made anew where they lack, whatever others do at the same time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.knowledge import snapshot
from app.knowledge.index import KnowledgeDown
from app.ledger import versions
from connectors.articles import Article
from tests.app.knowledge.conftest import Desk


@pytest.fixture
def filled(desk: Desk) -> Desk:
    desk.sync((Article("1", "Exporting data", "<p>Choose Export workspace, then wait.</p>"),))
    return desk


def test_a_disk_that_takes_no_files_is_said_and_tried_again(filled: Desk) -> None:
    shutil.rmtree(filled.root)
    filled.root.write_text("no folder")
    with pytest.raises(KnowledgeDown, match="cannot be made"):
        filled.found("export workspace")
    with pytest.raises(KnowledgeDown, match="cannot be made"):
        filled.sync((Article("2", "Themes", "<p>Dark or light.</p>"),))
    filled.root.unlink()
    assert filled.found("export workspace")[0] == "1"


def test_files_that_go_while_they_are_looked_at_are_no_fault(filled: Desk) -> None:
    home = snapshot.path(filled.root, filled.name, 1).parent
    (home / ".g9.gone").symlink_to(home / "nowhere")  # listed, but no longer there to look at
    (home / "g9").mkdir()
    snapshot.drop_generations(filled.root, filled.name, frozenset({1}), filled.clock())
    assert not (home / "g9").exists()
    assert (home / "g1").exists()


def test_of_two_that_make_the_same_files_at_once_one_is_left_whole(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = snapshot.path(filled.root, filled.name, 1)
    (folder / "public" / "manifest.json").unlink()
    rename = Path.rename

    def beaten(source: Path, target: Path) -> Path:
        if source == folder:  # somebody else is putting it aside
            shutil.rmtree(folder)
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", beaten)
    assert filled.found("export workspace")[0] == "1"


def test_what_a_sync_has_just_built_is_not_cleared_away(filled: Desk) -> None:
    with filled.ledger.write() as connection:
        number = versions.begin_generation(connection, filled.name, filled.clock(), 1)
    built = snapshot.path(filled.root, filled.name, number)
    built.mkdir()
    shutil.rmtree(snapshot.path(filled.root, filled.name, 1))
    assert filled.found("export workspace")[0] == "1"
    assert built.exists()
