"""Read HTML, or plain text with HTML leftovers in it, as lines."""

from __future__ import annotations

import html
import re

_NAMES = (
    "html|head|body|meta|style|script|title|div|p|br|hr|span|font|a|b|i|u|em|strong|small|big|img"
    "|blockquote|pre|code|ul|ol|li|table|tbody|thead|tr|td|th|h[1-6]|center|sub|sup|o:p"
)
# Only known names: "<maya@example.com>" is an address.
_TAG = re.compile(rf"<!--.{{0,500}}?-->|<(/?)({_NAMES})(?:\s[^<>]{{0,2000}})?/?>", re.I | re.S)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_BREAKS = re.compile(r"(?:div|p|br|hr|blockquote|pre|ul|ol|li|table|tr|h[1-6])$", re.IGNORECASE)
_SILENT = ("head", "style", "script", "title")
_DEEPEST = 9  # quotes in quotes: deeper ones look the same


def read_markup(text: str) -> str:
    """Take HTML tags and entities out, and mark what stood in a blockquote with ``>``."""
    if not _TAG.search(text):
        return html.unescape(text) if _ENTITY.search(text) else text
    parts: list[str] = []
    position = depth = silent = 0
    for tag in _TAG.finditer(text):
        if not silent:
            parts.append(_quoted(text[position : tag.start()], depth, parts))
        position = tag.end()
        name, step = (tag[2] or "").lower(), -1 if tag[1] else 1
        silent = max(0, silent + step) if name in _SILENT else silent
        depth = min(_DEEPEST, max(0, depth + step)) if name == "blockquote" else depth
        parts.append(_break(name, bool(tag[1]), parts))
    if not silent:
        parts.append(_quoted(text[position:], depth, parts))
    return html.unescape("".join(parts))


def _break(name: str, closes: bool, parts: list[str]) -> str:
    if not _BREAKS.match(name):
        return " " if name in ("td", "th") else ""
    if name == "p" and closes:
        return "\n\n"
    # <div><br></div> is one empty line, and a source's own line end beside a tag is no second one.
    return "\n" if name == "br" or not _at_line_start(parts) else ""


def _at_line_start(parts: list[str]) -> bool:
    last = next((part for part in reversed(parts[-8:]) if part), "\n")
    return last.rstrip(" ").endswith("\n")


def _quoted(piece: str, depth: int, parts: list[str]) -> str:
    if not depth or not piece.strip():
        return piece
    mark = ">" * depth + " "
    lines = [mark + line if line.strip() else line for line in piece.split("\n")]
    if not _at_line_start(parts):
        lines[0] = lines[0].removeprefix(mark)
    return "\n".join(lines)
