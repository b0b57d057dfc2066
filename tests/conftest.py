"""What all tests share: tiers, the skip policy, hypothesis' profiles, and what lies outside.

Sockets are blocked but for loopback and unix sockets (``addopts`` in ``pyproject.toml``).
"""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from tests.skip_policy import SkipPolicy
from tests.tiers import OPT_IN, TIERS, Tiers

pytest_plugins = ["pytester"]  # for tests of what tests must keep to

MEMORY = Path("/dev/shm")
ROOM = 1 << 30  # bytes; a run of the unit tier uses a quarter of it
SHARED = Path(__file__).resolve().parents[2] / "shared"
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# A slow machine is not a bug: no deadlines. In CI the same examples every time: a red run there
# is about the change it ran on.
settings.register_profile("dev", deadline=None, max_examples=25, print_blob=True)
settings.register_profile(
    "ci", deadline=None, max_examples=50, derandomize=True, database=None, print_blob=True
)
settings.load_profile("ci" if CI else "dev")
# The unit tier tries a few; deploy/test.sh has its properties tried at length beside it.
settings.register_profile("quick", settings(), max_examples=10)
settings.register_profile("long", settings(), max_examples=200)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a tier be chosen."""
    parser.addoption("--tier", choices=(*TIERS, *OPT_IN), help="run the tests of this tier only")


def pytest_configure(config: pytest.Config) -> None:
    """Have skipped tests watched, and every test in its tier."""
    gc.disable()  # while files are imported; from then on see below
    tier = config.getoption("tier")
    if tier == "unit" and not config.getoption("--hypothesis-profile", None):
        settings.load_profile("quick")
    if tier in {"unit", "contract"} and _has_room(MEMORY):
        # Their thousands of small files took a tenth of the time on a disk.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    config.pluginmanager.register(SkipPolicy(ci=CI), "skip-policy")
    config.pluginmanager.register(Tiers(Path(__file__).parent, tier), "tiers")


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM


def pytest_collection_finish() -> None:
    """Never look for rubbish among what was imported: that took a quarter of the unit tier."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)
    gc.enable()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vendor descriptions and public data sets that lies beside the project."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside the project: vendor descriptions and data sets are needed")
    return SHARED


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for Playwright's ``executable_path``."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    pytest.skip("no browser: install Chromium (Debian: apt-get install chromium)")
