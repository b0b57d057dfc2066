"""The project's files as the gates see them: tracked or about to be, parsed, never imported."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "connectors")
# Alembic executes these, with a connection at hand.
EXECUTED = "app.ledger.migrations."


@dataclass(frozen=True)
class Module:
    """A Python file, by its dotted name (a package is named without ``__init__``)."""

    name: str
    path: Path

    @property
    def shown(self) -> str:
        """The path as people write it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return _parse(self.path)


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=path)


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """All modules below some top folders of the project."""
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(Module(".".join(parts).removesuffix(".__init__"), path))
    return tuple(found)


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that git would publish; in a copy without git, every file but the ignored."""
    listing = subprocess.run(
        # Whichever git is in the path.
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    else:
        paths = list(_walk())
    return tuple(sorted(path for path in paths if path.is_file()))


def _walk() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        # Hidden folders hold environments and caches, but for the one of CI.
        folders[:] = [n for n in folders if n == ".ci" or not n.startswith((".", "__"))]
        yield from (Path(folder) / name for name in names)


def imported_by(module: Module, known: frozenset[str]) -> set[str]:
    """Name what a module imports, wherever in it; for our own, the modules themselves.

    Imports inside functions and under ``TYPE_CHECKING`` count: they are dependencies too.
    """
    package = module.name.split(".")
    if module.path.name != "__init__.py":
        package = package[:-1]
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                inner = f"{stem}.{alias.name}"
                found.add(inner if inner in known else stem)
    return found - {module.name}


@cache
def graph() -> dict[str, set[str]]:
    """What each module of both packages imports."""
    ours = modules(*PACKAGES)
    known = frozenset(module.name for module in ours)
    return {module.name: imported_by(module, known) for module in ours}
