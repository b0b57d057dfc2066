"""Every test belongs to exactly one tier, and the script that runs all checks runs every tier."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.gates.source import ROOT
from tests.tiers import FOLDERS, MARKS, OPT_IN, TIERS, tier_of, tiers_in

CONFTEST = """
from pathlib import Path
from tests.tiers import OPT_IN, TIERS, Tiers

def pytest_addoption(parser):
    parser.addoption("--tier", choices=(*TIERS, *OPT_IN))

def pytest_configure(config):
    config.pluginmanager.register(Tiers(Path(__file__).parent, config.getoption("tier")))
"""
INI = "[pytest]\naddopts = --strict-markers\nmarkers =\n" + "".join(
    f"    {name}\n" for name in sorted({*TIERS, *OPT_IN, *MARKS})
)
MIXED = """
import pytest

def test_unit(): pass

@pytest.mark.journey
def test_journey(): pass

@pytest.mark.parametrize("way", ["one", pytest.param("other", marks=pytest.mark.reference)])
def test_both(way): pass
"""
WHOLE = "import pytest\npytestmark = pytest.mark.reference\ndef test_described(): pass\n"
PLAIN = "def test_plain(): pass\n"
BROKEN = "raise RuntimeError('this file was imported')\n"


def lay_out(pytester: pytest.Pytester, files: Mapping[str, str]) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makeini(INI)
    for name, text in files.items():
        (pytester.path / name).parent.mkdir(parents=True, exist_ok=True)
        (pytester.path / name).write_text(text)


def run_tier(pytester: pytest.Pytester, tier: str | None) -> tuple[int, str]:
    chosen = ["--tier", tier] if tier else []
    result = pytester.runpytest_inprocess("-vp", "no:cacheprovider", *chosen)
    return int(result.ret), result.stdout.str() + result.stderr.str()


def test_each_tier_runs_its_own_and_imports_nothing_else(pytester: pytest.Pytester) -> None:
    files = {
        "app/test_mixed.py": MIXED,
        "connectors/test_whole.py": WHOLE,
        "connectors/contract/test_plain.py": PLAIN,
        "browser/conftest.py": BROKEN,
        "journeys/test_broken.py": BROKEN,
    }
    lay_out(pytester, files)
    code, unit = run_tier(pytester, "unit")
    assert code == 0, unit
    assert re.findall(r"::(\S+) PASSED", unit) == ["test_unit", "test_both[one]"]
    code, contract = run_tier(pytester, "contract")
    assert code == 0, contract
    ran = ["test_both[other]", "test_described", "test_plain"]
    assert sorted(re.findall(r"::(\S+) PASSED", contract)) == ran


def test_what_is_opt_in_runs_only_where_it_is_chosen(pytester: pytest.Pytester) -> None:
    reaching = f"import pytest\npytestmark = pytest.mark.live\n{PLAIN}"
    hidden = {"live/conftest.py": BROKEN, "live/test_real.py": BROKEN}
    lay_out(pytester, {"test_plain.py": PLAIN, **hidden})
    for tier in (None, "unit"):
        code, output = run_tier(pytester, tier)
        assert code == 0, output
        assert re.findall(r"::(\S+) PASSED", output) == ["test_plain"]
    lay_out(pytester, {"live/conftest.py": "", "live/test_real.py": reaching})
    code, output = run_tier(pytester, "live")
    assert code == 0, output
    assert re.findall(r"(\S+)::(\S+) PASSED", output) == [("live/test_real.py", "test_plain")]


def test_a_test_whose_tier_its_file_does_not_show_fails_every_run(
    pytester: pytest.Pytester,
) -> None:
    hidden = "import pytest\nname = 'journey'\n@getattr(pytest.mark, name)\ndef test_it(): pass\n"
    lay_out(pytester, {"test_hidden.py": hidden})
    code, output = run_tier(pytester, "unit")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "test_hidden.py::test_it is of the tier journey" in output


def test_every_file_of_tests_is_read_by_some_tier_and_every_tier_has_tests() -> None:
    tests = ROOT / "tests"
    read = set()
    for path in tests.rglob("*_test*.py"):
        assert path.name.startswith("test_"), f"{path}: pytest would not look here"
    for path in tests.rglob("test_*.py"):
        folder = path.parent.relative_to(tests).as_posix()
        found = tiers_in(folder, path.read_text(encoding="utf-8"))
        assert found
        read |= found
    assert read == {*TIERS, *OPT_IN}
    assert all((tests / folder).is_dir() for folder in FOLDERS)


@pytest.mark.parametrize(
    ("folder", "marks", "tier"),
    [
        ("app/web", [], "unit"),
        ("app/web", ["parametrize", "journey"], "journey"),
        ("app", ["reference"], "contract"),
        ("connectors/sandbox", [], "contract"),
        ("connectors/sandbox", ["journey", "reference"], "journey"),
        ("connectors/contract/more", [], "contract"),
        ("connectors/contracts", [], "unit"),
        ("journeys", [], "journey"),
        ("browser", ["browser"], "browser"),
        ("live", ["live"], "live"),
    ],
)
def test_a_mark_says_more_than_a_folder(folder: str, marks: list[str], tier: str) -> None:
    assert tier_of(folder, marks) == tier


def test_the_script_runs_every_tier_once() -> None:
    script = (ROOT / "deploy" / "test.sh").read_text(encoding="utf-8")
    assert re.findall(r'(?m)^tier (\w+) .*"\$@"$', script) == list(TIERS)
