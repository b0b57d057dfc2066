"""HTML, plain text and Markdown: what is shown is always cleaned here first."""

from __future__ import annotations

import re
from html import escape
from typing import Literal

import nh3
from markdown_it import MarkdownIt

from connectors.text import text_of_html

__all__ = ["Format", "clean", "html_of", "html_of_markdown", "html_of_text", "text_of_html"]

Format = Literal["html", "markdown", "text"]

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
