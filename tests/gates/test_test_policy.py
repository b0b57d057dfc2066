"""The rules for tests themselves: no silent skips, no traffic, the same examples in CI."""

from __future__ import annotations

import socket
import time

import pytest
from hypothesis import settings
from pytest_socket import SocketConnectBlockedError

from tests.conftest import CI
from tests.gates.source import ROOT
from tests.skip_policy import is_allowed

POLICY = """
from tests.skip_policy import SkipPolicy

def pytest_configure(config):
    config.pluginmanager.register(SkipPolicy(ci={ci}))
"""


def run_pytest(pytester: pytest.Pytester, *, ci: bool, **files: str) -> tuple[int, str]:
    """Run pytest with the policy on test files of its own; give its exit code and its words."""
    pytester.makeconftest(POLICY.format(ci=ci))
    for name, source in files.items():
        pytester.makepyfile(**{f"test_{name}": f"import pytest\n{source}"})
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    return int(result.ret), result.stdout.str()


def test_unexpected_skips_fail_the_run_and_are_named(pytester: pytest.Pytester) -> None:
    code, output = run_pytest(
        pytester,
        ci=False,
        called="def test_a(): pytest.skip('not today')",
        marked="@pytest.mark.skip\ndef test_b(): pass",
        whole="pytest.importorskip('no_such_module')\ndef test_c(): pass",
        fine="def test_d(): pass",
    )
    assert code == 1, output
    named = output.partition("skipped without leave")[2]
    for name in ("test_called.py::test_a", "test_marked.py::test_b", "test_whole.py"):
        assert name in named
    assert "test_fine.py" not in named


SKIPS = "def test_a(): pytest.skip('no browser: none')\n"
XFAILS = "@pytest.mark.xfail\ndef test_b(): assert False\n"


@pytest.mark.parametrize(
    ("source", "ci", "code"), [(SKIPS + XFAILS, False, 0), (SKIPS, True, 1), (XFAILS, True, 0)]
)
def test_allowed_skips_pass_but_not_in_ci(
    pytester: pytest.Pytester, source: str, ci: bool, code: int
) -> None:
    ended, output = run_pytest(pytester, ci=ci, it=source)
    assert ended == code, output


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
    ci = settings.get_profile("ci")
    assert ci.derandomize
    assert all(settings.get_profile(name).deadline is None for name in ("ci", "dev"))
    for name in ("quick", "long"):
        profile = settings.get_profile(name)
        assert profile.derandomize is settings.get_profile("ci" if CI else "dev").derandomize
        assert profile.deadline is None


def test_properties_of_the_unit_tier_are_tried_at_length_by_the_script() -> None:
    script = (ROOT / "deploy" / "test.sh").read_text(encoding="utf-8")
    assert "--tier unit -m hypothesis --hypothesis-profile long" in script
    few, many = (settings.get_profile(name).max_examples for name in ("quick", "long"))
    assert few * 10 <= many
