"""The demo empties its own folder only, and never reaches a real helpdesk."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.demo import stage
from app.demo.stage import MARKER, claim_folder, empty_folder
from app.settings import load_settings, read_environ
from connectors.config import is_loopback
from connectors.errors import Misconfigured


def contents(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_or_new_folder_is_taken(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "a" / "demo"
    if exists:
        folder.mkdir(parents=True)
    claim_folder(folder)
    assert contents(folder) == {MARKER}


def test_a_folder_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("of a real installation")
    with pytest.raises(Misconfigured, match=r"--data: .* holds something that is no demo"):
        claim_folder(tmp_path)
    assert contents(tmp_path) == {"ledger.db"}
    assert (tmp_path / "ledger.db").read_text() == "of a real installation"


def test_a_marker_must_be_a_file(tmp_path: Path) -> None:
    (tmp_path / MARKER).mkdir()
    with pytest.raises(Misconfigured, match="no demo"):
        claim_folder(tmp_path)


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_what_is_no_folder_is_said(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match=r"--data: .* cannot be used"):
        claim_folder(tmp_path / place)


def test_an_earlier_demo_is_kept_until_it_is_emptied(tmp_path: Path) -> None:
    claim_folder(tmp_path)
    for name in ("ledger.db", "chroma/vectors", "sandbox/tickets.json", "cache/graph", "run/lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    before = contents(tmp_path)
    claim_folder(tmp_path)
    assert contents(tmp_path) == before
    empty_folder(tmp_path)
    # The model's graph takes seconds to make, and the lock is held by us.
    assert contents(tmp_path) == {MARKER, "cache", "cache/graph", "run", "run/lock"}


def test_what_a_link_points_to_is_not_emptied(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "demo", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("")
    claim_folder(folder)
    (folder / "chroma").symlink_to(elsewhere)
    (folder / "broken").symlink_to(tmp_path / "nowhere")
    empty_folder(folder)
    assert contents(folder) == {MARKER}
    assert (elsewhere / "precious").exists()


def test_a_demo_talks_to_its_sandbox_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {
        "HELPDESKS": "zendesk-eu",
        "ZENDESK_URL": "https://acme.zendesk.com",
        "ZENDESK_EMAIL": "maya@acme.example",
        "ZENDESK_API_TOKEN": "invented",
        "ZENDESK_EU_URL": "https://acme-eu.zendesk.com",
        "DATA_DIR": str(tmp_path / "production"),
        "DATABASE_URL": "postgresql+psycopg://u@db/production",
        "REDIS_URL": "redis://production",
        "CHROMA_URL": "http://production",
    }
    real |= {f"{name}_FILE": str(tmp_path / name) for name in real}
    for name, value in real.items():
        monkeypatch.setenv(name, value)
    environ = stage._environ(stage._own_settings({"zendesk": 8070}, tmp_path / "demo"))
    settings = load_settings(environ)
    assert settings.helpdesks == ("zendesk",)
    assert settings.data_dir == tmp_path / "demo"
    assert (settings.database_url, settings.redis_url, settings.chroma_url) == ("", "", "")
    assert is_loopback(environ["ZENDESK_URL"])
    left = {name for name, value in environ.items() if value in set(real.values())}
    assert left == set()


def test_a_demo_is_quick_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEP_SECONDS", "7")
    settings = load_settings(stage._environ(stage._own_settings({"zendesk": 8070}, tmp_path)))
    assert (settings.sweep_seconds, settings.quiet_seconds) == (7.0, 1.0)


def test_a_demo_leaves_its_settings_for_commands_that_look_into_it(tmp_path: Path) -> None:
    folder = tmp_path / "a demo"
    folder.mkdir()
    file = folder / stage.SETTINGS
    stage._write_settings(file, stage._own_settings({"zendesk": 8070, "freshdesk": 8071}, folder))
    settings = load_settings(read_environ({}, file))
    assert settings.helpdesks == ("zendesk", "freshdesk")
    assert settings.data_dir == folder


def test_settings_that_cannot_be_left_are_said(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"--data: .* cannot be written"):
        stage._write_settings(tmp_path / "nowhere" / stage.SETTINGS, {"HELPDESKS": "zendesk"})
