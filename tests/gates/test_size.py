"""Sizes that keep code readable. The maxima are fenced; medians are for looking at.

A function's length is its lines from ``def`` to its end without the docstring: documenting it never
makes it longer. Nesting counts compound statements inside each other; ``elif`` adds no level, and a
nested function starts again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from tests.gates.source import PACKAGES, Module, modules

MAX_FUNCTION = 60
MAX_FILE = 350
MAX_NESTING = 4
# A longer thing that reads better stays, with its reason: "path" or "path name" -> why.
EXCEPTIONS: Mapping[str, str] = {}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef
# What statements may stand in: nothing counts inside expressions, which are most of a tree.
BODIES = (ast.stmt, ast.excepthandler, ast.match_case)
BLOCKS = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith),
    *(ast.Try, ast.TryStar, ast.Match),
)


def functions(
    tree: ast.AST, outer: str = "", method: bool = False
) -> Iterator[tuple[str, Function, bool]]:
    """Give every function with its dotted name, and whether it is a method."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, FUNCTIONS):
            yield f"{outer}{child.name}", child, method
            yield from functions(child, f"{outer}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{outer}{child.name}.", method=True)
        elif isinstance(child, BODIES):
            yield from functions(child, outer, method)


def length(function: Function) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        doc = function.body[0]
        lines -= (doc.end_lineno or doc.lineno) - doc.lineno + 1
    return lines


def nesting(node: ast.AST, depth: int = 0) -> int:
    deepest = depth
    for name, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for child in children:
            if not isinstance(child, BODIES) or isinstance(child, (*FUNCTIONS, ast.ClassDef)):
                continue
            is_elif = (
                isinstance(node, ast.If)
                and name == "orelse"
                and len(children) == 1
                and isinstance(child, ast.If)
                and child.col_offset == node.col_offset
            )
            step = int(isinstance(child, BLOCKS) and not is_elif)
            deepest = max(deepest, nesting(child, depth + step))
    return deepest


def untyped(function: Function, method: bool) -> list[str]:
    """Name the parameters without a type, and "return"."""
    args = function.args
    plain = [*args.posonlyargs, *args.args]
    if method and plain and plain[0].arg in {"self", "cls"}:
        plain = plain[1:]
    extra = [arg for arg in (args.vararg, args.kwarg) if arg]
    missing = [a.arg for a in [*plain, *args.kwonlyargs, *extra] if a.annotation is None]
    if function.returns is None and function.name != "__init__":
        missing.append("return")
    return missing


def faults(module: Module) -> Iterator[tuple[str, str]]:
    """Give what is too big or untyped in a file, as (what an exception would name, fault)."""
    lines = module.path.read_text(encoding="utf-8").count("\n")
    if lines > MAX_FILE:
        yield module.shown, f"{module.shown}: {lines} lines, more than {MAX_FILE}"
    for name, function, method in functions(module.tree):
        key = f"{module.shown} {name}"
        where = f"{module.shown}:{function.lineno} {name}"
        if (size := length(function)) > MAX_FUNCTION:
            yield key, f"{where}: {size} lines, more than {MAX_FUNCTION}"
        if (levels := nesting(function)) > MAX_NESTING:
            yield key, f"{where}: nested {levels} deep, more than {MAX_NESTING}"
        if missing := untyped(function, method):
            yield key, f"{where}: no type for {', '.join(missing)}"


@cache
def every_fault() -> list[tuple[str, str]]:
    return [fault for module in modules(*PACKAGES, "tests") for fault in faults(module)]


def test_nothing_is_too_big_and_everything_is_typed() -> None:
    assert [text for key, text in every_fault() if key not in EXCEPTIONS] == []


def test_no_exception_outlives_its_reason() -> None:
    assert EXCEPTIONS.keys() <= {key for key, _ in every_fault()}
    assert all(EXCEPTIONS.values())


def only_function(source: str) -> Function:
    return next(functions(ast.parse(source)))[1]


def test_a_docstring_does_not_count() -> None:
    assert (
        length(only_function('def f() -> int:\n    """One.\n\n    Two.\n    """\n    return 1'))
        == 2
    )


@pytest.mark.parametrize(
    ("body", "levels"),
    [
        ("pass", 0),
        ("if a:\n  pass\n elif b:\n  pass\n elif c:\n  pass", 1),
        ("if a:\n  pass\n else:\n  if b:\n   pass", 2),
        ("for a in b:\n  with c:\n   try:\n    pass\n   finally:\n    pass", 3),
        ("while a:\n  def g() -> None:\n   if b:\n    pass", 1),
    ],
)
def test_nesting(body: str, levels: int) -> None:
    assert nesting(only_function(f"def f() -> None:\n {body}")) == levels


def test_missing_types_are_named() -> None:
    assert untyped(only_function("def f(a, b: int, *c, d, **e): pass"), False) == [
        *("a", "d", "c", "e"),
        "return",
    ]
    name, function, method = next(functions(ast.parse("class A:\n def __init__(self): pass")))
    assert name == "A.__init__"
    assert untyped(function, method) == []
