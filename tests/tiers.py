"""Which tests run together: every test belongs to exactly one tier, by its marks or its folder.

``--tier unit`` runs one of them, and imports only files that may hold such tests. What a file may
hold is read from its text, and every run checks what it collected against it: so no test falls
between the tiers. A tier that is opt-in runs only where it is chosen by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

TIERS = ("unit", "contract", "journey", "browser")
# Real accounts of real helpdesks.
OPT_IN = ("live",)
# A mark says more than a folder; of several marks the first counts.
MARKS: Mapping[str, str] = {
    "browser": "browser",
    "journey": "journey",
    "live": "live",
    "reference": "contract",
}
FOLDERS: Mapping[str, str] = {
    "browser": "browser",
    "journeys": "journey",
    "live": "live",
    "connectors/contract": "contract",
    "connectors/sandbox": "contract",
}
_FOR_ALL = re.compile(r"^pytestmark = pytest\.mark\.(\w+)$", re.MULTILINE)


def tier_of(folder: str, marks: Iterable[str]) -> str:
    """Name the one tier of a test with these marks in this folder below ``tests``."""
    given = set(marks)
    for mark, tier in MARKS.items():
        if mark in given:
            return tier
    above = (tier for top, tier in FOLDERS.items() if f"{folder}/".startswith(f"{top}/"))
    return next(above, "unit")


def tiers_in(folder: str, text: str) -> set[str]:
    """Name the tiers that a file with this text, in this folder below ``tests``, may hold."""
    marked = {tier for mark, tier in MARKS.items() if f"mark.{mark}" in text}
    return marked | {tier_of(folder, _FOR_ALL.findall(text))}


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Tiers:
    """A pytest plugin that gives every test the mark of its tier, and runs the chosen one."""

    root: Path
    chosen: str | None

    @cached_property
    def _known(self) -> dict[Path, set[str]]:
        return {}

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave files alone that hold nothing of the chosen tier."""
        if self.root not in collection_path.parents:
            return None
        if collection_path.is_dir():
            # The conftests of other tiers are costly too.
            files = [*collection_path.rglob("test_*.py")]
            wanted = self.chosen is None and not files
            return None if wanted or any(map(self._wants, files)) else True
        if not collection_path.match("test_*.py") or self._wants(collection_path):
            return None
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Mark every test, and leave out those of other tiers."""
        others = []
        for item in items:
            tier = tier_of(self._folder(item.path), (mark.name for mark in item.iter_markers()))
            if tier not in self._tiers_in(item.path):
                raise pytest.UsageError(
                    f"{item.nodeid} is of the tier {tier}, which its file does not show: "
                    f"a run of that tier would miss it. Name the mark in the file."
                )
            item.add_marker(tier)
            if not self._runs(tier):
                others.append(item)
        if others:
            config.hook.pytest_deselected(items=others)
            left_out = set(others)
            items[:] = [item for item in items if item not in left_out]

    def _runs(self, tier: str) -> bool:
        return tier == self.chosen if self.chosen else tier not in OPT_IN

    def _wants(self, path: Path) -> bool:
        return any(map(self._runs, self._tiers_in(path)))

    def _tiers_in(self, path: Path) -> set[str]:
        if path not in self._known:
            self._known[path] = tiers_in(self._folder(path), path.read_text(encoding="utf-8"))
        return self._known[path]

    def _folder(self, path: Path) -> str:
        return path.parent.relative_to(self.root).as_posix()
