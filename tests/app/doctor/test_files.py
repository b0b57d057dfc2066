"""Folders of files are looked into, and said to be missing."""

from __future__ import annotations

from pathlib import Path

from app.doctor import files
from app.doctor.exam import State, state_of
from app.doctor.subject import Installation
from app.services import Services
from app.settings import Settings


def test_folders_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb/a.md").write_text("Text.")
    settings = Settings(
        data_dir=tmp_path,
        kb_files=(f"{tmp_path}/kb", f"{tmp_path}/kb/*.pdf"),
        kb_internal_files=(f"{tmp_path}/gone",),
    )
    found = list(files.findings(Installation(Services(settings, {}), up=False)))
    assert [state_of(each) for each in found] == [State.OK, State.NOTE, State.MEND]
    assert found[0].message == f"{tmp_path}/kb: 1 file."
    assert "holds no Markdown" in found[1].remedy
    assert f"{tmp_path}/gone is not there" in found[2].message
    assert "KB_INTERNAL_FILES" in found[2].remedy


def test_what_customers_might_see_by_a_typo_is_said(tmp_path: Path) -> None:
    (tmp_path / "kb/agents").mkdir(parents=True)
    (tmp_path / "kb/agents/a.md").write_text("Text.")
    settings = Settings(
        data_dir=tmp_path,
        kb_files=(f"{tmp_path}/kb",),
        kb_internal_files=(f"{tmp_path}/kb/agnets",),
    )
    *_, last = files.findings(Installation(Services(settings, {}), up=False))
    assert state_of(last) is State.MEND
    assert "customers might be shown files that are for agents alone" in last.message


def test_without_folders_there_is_nothing_to_say(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert list(files.findings(Installation(Services(settings, {}), up=False))) == []
