"""HTML, plain text and Markdown: what is shown is always cleaned here first."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import Literal

import nh3
from markdown_it import MarkdownIt

Format = Literal["html", "markdown", "text"]

_BLOCKS = frozenset(
    {"p", "div", "section", "article", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"ul", "ol", "table", "tr", "dl", "dt", "dd"}
)
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "th": {"colspan"}, "td": {"colspan"}}
_DRAFT_ATTRIBUTES = {**_ATTRIBUTES, "div": {"class"}}
_SCHEMES = {"http", "https", "mailto"}


def clean(html: str, *, classes: bool = False) -> str:
    """Remove whatever could act: scripts, handlers, styles; ``classes`` keeps those of divs."""
    attributes = _DRAFT_ATTRIBUTES if classes else _ATTRIBUTES
    cleaned: str = nh3.clean(html, attributes=attributes, url_schemes=_SCHEMES)
    return cleaned


def html_of_text(text: str) -> str:
    """Turn typed text into paragraphs, as a helpdesk's composer does."""
    paragraphs = re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n"))
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs if part)


def html_of_markdown(text: str) -> str:
    """Render Markdown; HTML inside it is shown, not obeyed."""
    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return rendered


def html_of(body: str, format_: Format) -> str:
    """Turn a body in any of the three formats into clean HTML."""
    if format_ == "markdown":
        body = html_of_markdown(body)
    elif format_ == "text":
        body = html_of_text(body)
    return clean(body)


class _Plain(HTMLParser):
    """Writes down the text of a page: a line for each block, a mark for each list item."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        if tag == "li":
            self.parts.append("\n" + self._bullet())
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append("\n\n---\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        words = re.sub(r"\s+", " ", data)
        if words == " " and (not self.parts or self.parts[-1].endswith("\n")):
            return  # the white space between two blocks
        self.parts.append(words)

    def _bullet(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "


def text_of_html(html: str) -> str:
    """Read a page's plain text."""
    parser = _Plain()
    parser.feed(html)
    parser.close()
    text = "".join(parser.parts)
    # A paragraph inside a list item belongs on its bullet's line.
    text = re.sub(r"(^|\n)((?:-|\d+\.) )\s+", r"\1\2", text)
    text = re.sub(r"[ \t]+\n|\n[ \t]+", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
