"""The rules for tests themselves: no silent skips, no traffic, the same examples in CI."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import SocketConnectBlockedError

from tests.skip_policy import is_allowed

ROOT = Path(__file__).resolve().parents[2]


def run_pytest(folder: Path, *, ci: bool, **files: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with the policy on test files of its own."""
    (folder / "conftest.py").write_text(
        "from tests.skip_policy import SkipPolicy\n"
        "def pytest_configure(config):\n"
        f"    config.pluginmanager.register(SkipPolicy(ci={ci}))\n"
    )
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, source in files.items():
        (folder / f"test_{name}.py").write_text(f"import pytest\n{source}\n")
    environ = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environ},
    )


def test_unexpected_skips_fail_the_run_and_are_named(tmp_path: Path) -> None:
    result = run_pytest(
        tmp_path,
        ci=False,
        called="def test_a(): pytest.skip('not today')",
        marked="@pytest.mark.skip\ndef test_b(): pass",
        whole="pytest.importorskip('no_such_module')\ndef test_c(): pass",
        fine="def test_d(): pass",
    )
    assert result.returncode == 1, result.stdout
    named = result.stdout.partition("skipped without leave")[2]
    for name in ("test_called.py::test_a", "test_marked.py::test_b", "test_whole.py"):
        assert name in named
    assert "test_fine.py" not in named


SKIPS = "def test_a(): pytest.skip('no browser: none')\n"
XFAILS = "@pytest.mark.xfail\ndef test_b(): assert False\n"


@pytest.mark.parametrize(
    ("source", "ci", "code"), [(SKIPS + XFAILS, False, 0), (SKIPS, True, 1), (XFAILS, True, 0)]
)
def test_allowed_skips_pass_but_not_in_ci(tmp_path: Path, source: str, ci: bool, code: int) -> None:
    result = run_pytest(tmp_path, ci=ci, it=source)
    assert result.returncode == code, result.stdout


@pytest.mark.parametrize(
    ("reason", "here", "in_ci"),
    [
        ("no ../shared beside the project: needed", True, False),
        ("no browser: install Chromium", True, False),
        ("not Postgres: SQLite has no such lock", True, True),
        ("unconditional skip", False, False),
        ("", False, False),
    ],
)
def test_the_short_list(reason: str, here: bool, in_ci: bool) -> None:
    assert is_allowed(reason, ci=False) is here
    assert is_allowed(reason, ci=True) is in_ci


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])  # reserved for documentation
def test_a_test_that_reaches_out_fails_at_once(host: str) -> None:
    started = time.monotonic()
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection((host, 80), timeout=5)
    assert time.monotonic() - started < 1


def test_loopback_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_unix_sockets_work(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("s") / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen(1)
        client.connect(path)


def test_hypothesis_has_no_deadline_and_is_deterministic_in_ci() -> None:
    profile = settings.get_profile("ci")
    assert profile.derandomize
    assert profile.max_examples <= 100
    assert settings().deadline is None
