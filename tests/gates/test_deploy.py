"""The scripts parse, and what they install is pinned by hash, all of it."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.gates.source import ROOT

DEPLOY = ROOT / "deploy"
LOCKS = sorted(DEPLOY.glob("requirements*.txt"))
PIN = re.compile(r"([a-z0-9][a-z0-9.-]*)==([\w.+!]+)(?: ;.*)?")


def pins(lock: Path) -> dict[str, set[str]]:
    """Give what a lock pins; fails on a line that pins nothing, or has no hash."""
    found: dict[str, set[str]] = {}
    text = re.sub(r"(?m)^ *#.*\n?", "", lock.read_text(encoding="utf-8"))
    for line in text.replace("\\\n", "").splitlines():
        requirement, *hashes = re.split(r" +--hash=sha256:", line.strip())
        match = PIN.fullmatch(requirement.strip())
        assert match, f"{lock.name}: {requirement}"
        assert hashes, f"{lock.name}: {requirement} has no hash"
        found.setdefault(match[1], set()).add(match[2])
    return found


def declared(extra: str | None = None) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {re.split(r"[^A-Za-z0-9._-]", name)[0].lower().replace("_", "-") for name in wanted}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_everything_is_pinned_with_its_hash(lock: Path) -> None:
    assert pins(lock)


def test_the_locks_hold_all_that_the_project_asks_for() -> None:
    run, test = pins(DEPLOY / "requirements.txt"), pins(DEPLOY / "requirements-test.txt")
    assert declared() <= run.keys()
    assert declared("test") | declared("postgres") <= test.keys()


def test_tests_run_on_what_is_installed_for_running() -> None:
    run, test = pins(DEPLOY / "requirements.txt"), pins(DEPLOY / "requirements-test.txt")
    build = pins(DEPLOY / "requirements-build.txt")
    assert {name: test.get(name) for name in (run | build)} == run | build


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_sound_posix_shell(script: Path) -> None:
    subprocess.run(["/bin/sh", "-n", script], check=True)
    text = script.read_text(encoding="utf-8")
    assert "[[" not in text.replace("[[tool", "")
    assert script.name == "common.sh" or "\nset -eu\n" in text


def test_ci_runs_what_people_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "exec sh deploy/test.sh\n" in script.read_text(encoding="utf-8")
