"""Turn text of strangers into HTML that is safe in an agent's inbox.

Drafts are Markdown, everything else is plain text. Nothing here may run, load or pretend.
"""

from __future__ import annotations

import html
import re

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "p", "br", "hr", "div", "small", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol",
    "li", "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_HEADING = re.compile(r"<(/?)h[1-6]>")
# A reference line marks a note as ours; whoever could write one could make us overlook a message.
_REFERENCE = re.compile(r"understudy\s+ref\b(?!\.)", re.IGNORECASE)


def markdown_html(text: str) -> str:
    """Render Markdown: no raw HTML, links to the web only, no pictures, modest headings."""
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    rendered = parser.disable("image").render(_printable(text))
    rendered = _HEADING.sub(lambda tag: "</strong></p>" if tag[1] else "<p><strong>", rendered)
    return disarm(clean(rendered))


def clean(markup: str) -> str:
    """Keep the few tags that a note needs; links open apart and tell nothing about us."""
    return nh3.clean(
        markup,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, "div": {"class"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    ).strip()


def escape(text: str) -> str:
    """Write plain text as HTML, on one line."""
    return disarm(html.escape(" ".join(_printable(text).split())))


def link(text: str, url: str) -> str:
    """Write a link, or only its text where the address is not one of the web."""
    if not re.match(r"https?://[^\s\"'<>]+$", url, re.IGNORECASE):
        return escape(text)
    # Text and address are cleaned once more with the whole note.
    return f'<a href="{html.escape(url)}">{escape(text)}</a>'


def disarm(markup: str) -> str:
    """Break up what would read as our own reference line, however it is marked up."""
    if not _REFERENCE.search(_shown(markup)):
        return markup
    broken = _broken(markup)
    if not _REFERENCE.search(_shown(broken)):
        return broken
    # Spread over tags or entities: the markup goes, the words stay.
    return f"<p>{html.escape(_broken(_shown(markup)))}</p>"


def _shown(markup: str) -> str:
    # Both ways a helpdesk may turn tags into text: into nothing, or into a space.
    plain = html.unescape(nh3.clean(markup, tags=set()))
    spaced = html.unescape(re.sub(r"<[^>]*>", " ", markup))
    return plain if _REFERENCE.search(plain) or not _REFERENCE.search(spaced) else spaced


def _broken(text: str) -> str:
    return _REFERENCE.sub(lambda found: f"{found[0]}.", text)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "div":
        return value if value == "understudy-draft" else None
    return value


def _printable(text: str) -> str:
    # Control characters and the marks that turn writing direction can hide what a line says.
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]", "", text)
