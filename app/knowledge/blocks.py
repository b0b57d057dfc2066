"""Cutting Markdown where its structure allows: steps stay whole, tables keep their header. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

_FENCE = re.compile(r"\s*(```+|~~~+)")
_ROW = re.compile(r"\s*\|.*\|\s*$")
_RULE = re.compile(r"\s*\|(?:\s*:?-{2,}:?\s*\|)+\s*$")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+\S")
_INDENTED = re.compile(r"\s{2,}\S")

Split = Callable[[str], list[str]]


class _Kind(Enum):
    PROSE = auto()
    CODE = auto()
    TABLE = auto()
    ITEM = auto()  # of a list, with the lines that belong to it


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring lines of one kind."""

    kind: _Kind
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def cut(text: str, size: int, split: Split) -> list[str]:
    """Cut text into pieces of at most ``size`` characters, between its blocks where that is enough.

    ``split`` cuts prose, and the single step, row or line of code that is too long by itself. A
    table that is cut repeats its header, code that is cut stays in its fence; so pieces can be a
    header, or a fence, longer.
    """
    if len(text) <= size:
        return [text]
    found = list(_blocks(text))
    if all(block.kind is _Kind.PROSE for block in found):
        return split(text)
    pieces: list[str] = []
    joined = ""
    for block in found:
        together = f"{joined}\n{block.text}" if joined else block.text
        if len(together.strip("\n")) <= size:
            joined = together
            continue
        *whole, joined = [joined, *(_parts(block, size, split))]
        pieces += whole
    return [piece.strip("\n") for piece in (*pieces, joined) if piece.strip()]


def _blocks(text: str) -> Iterator[_Block]:
    lines: list[str] = []
    kind = _Kind.PROSE
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            lines.append(line)
            if mark and mark[1].startswith(fence):
                fence = ""
            continue
        new = _kind_of(line, kind)
        # Each step is a block of its own, and so is each fence.
        if new is not kind or mark or (new is _Kind.ITEM and _ITEM.match(line)):
            if lines:
                yield _Block(kind, tuple(lines))
            lines = []
        kind = new
        lines.append(line)
        fence = mark[1] if mark else ""
    if lines:
        yield _Block(kind, tuple(lines))


def _kind_of(line: str, before: _Kind) -> _Kind:
    if _FENCE.match(line):
        return _Kind.CODE
    if _ROW.match(line):
        return _Kind.TABLE
    if _ITEM.match(line) or (before is _Kind.ITEM and _INDENTED.match(line)):
        return _Kind.ITEM
    # An empty line belongs to what is before it: a step may go on behind it.
    return before if before is _Kind.ITEM and not line.strip() else _Kind.PROSE


def _parts(block: _Block, size: int, split: Split) -> list[str]:
    """Cut one block that may be too long."""
    if len(block.text.strip("\n")) <= size:
        return [block.text]
    if block.kind is _Kind.TABLE:
        headed = len(block.lines) > 2 and bool(_RULE.match(block.lines[1]))
        head, rows = (block.lines[:2], block.lines[2:]) if headed else ((), block.lines)
        return _framed(head, rows, (), size, split)
    if block.kind is _Kind.CODE:
        closed = len(block.lines) > 1 and bool(_FENCE.match(block.lines[-1]))
        body = block.lines[1:-1] if closed else block.lines[1:]
        mark = _FENCE.match(block.lines[0])
        return _framed(block.lines[:1], body, (mark[1] if mark else "```",), size, split)
    return split(block.text)


def _framed(
    head: tuple[str, ...], lines: tuple[str, ...], foot: tuple[str, ...], size: int, split: Split
) -> list[str]:
    """Cut between lines, with the same lines before and behind each piece."""
    room = size - sum(len(line) + 1 for line in (*head, *foot))
    if room < size // 4:  # a header as long as that is no header to repeat
        return split("\n".join((*head, *lines, *foot)))
    groups: list[list[str]] = [[]]
    short = (part for line in lines for part in (split(line) if len(line) > room else [line]))
    for line in short:
        if groups[-1] and sum(len(one) + 1 for one in groups[-1]) + len(line) > room:
            groups.append([])
        groups[-1].append(line)
    return ["\n".join((*head, *group, *foot)) for group in groups]
