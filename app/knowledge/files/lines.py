"""Lines of plain text and of printed pages. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_LONGEST_TITLE = 120
_BULLET = re.compile(r"\s*(?:[-*•‣◦▪–·]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")  # noqa: RUF001 (a dash)
_HYPHEN = re.compile(r"[^\W\d_]-$")
_FEWEST_PAGES = 4  # fewer tell nothing of what stands on every page
_ON_MOST = 0.6
_WRAPPED = 0.75  # of the width of its page: a line that goes on in the next one


def title_line(text: str) -> str:
    """Give a text's first line if it may be a title; "" for a sentence or a long line."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return "" if len(first) > _LONGEST_TITLE or first.endswith((".", ",", ";")) else first


def text_of_pages(pages: Sequence[str]) -> str:
    """Join printed pages: without what stands on all of them, words and lines put together."""
    lined = [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]
    running = _running(lined)
    texts = []
    for lines in lined:
        start = int(bool(lines) and _shape(lines[0]) in running)
        end = len(lines) - int(len(lines) > start and _shape(lines[-1]) in running)
        texts.append("\n".join(_unwrapped(lines[start:end])))
    return "\n\n".join(text for text in texts if text)


def _running(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """Find the headers and footers: edges of most pages that differ in numbers alone."""
    if len(pages) < _FEWEST_PAGES:
        return frozenset()
    edges = Counter(
        shape for lines in pages if lines for shape in {_shape(lines[0]), _shape(lines[-1])}
    )
    return frozenset(shape for shape, count in edges.items() if count >= _ON_MOST * len(pages))


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _unwrapped(lines: Sequence[str]) -> list[str]:
    lengths = sorted(map(len, lines))
    width = lengths[len(lengths) * 4 // 5] if lengths else 0
    joined: list[str] = []
    before = ""
    for line in lines:
        goes_on = len(before) >= _WRAPPED * width and not _BULLET.match(line)
        if joined and _HYPHEN.search(before) and line[:1].islower():
            joined[-1] = joined[-1][:-1] + line
        elif joined and goes_on and (line[:1].islower() or len(before) > 40):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
        before = line
    return joined
