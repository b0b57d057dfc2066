"""Which tests there are by name: what tables of pitfalls are held against."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


@cache
def named_tests(*folders: str) -> frozenset[str]:
    """The names of all tests in these folders below ``tests``."""
    return frozenset(
        node.name
        for folder in folders
        for path in (TESTS / folder).rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )
