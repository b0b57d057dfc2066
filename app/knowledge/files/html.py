"""HTML pages; scripts and other dangers are taken out later, where all knowledge passes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

from app.knowledge.files.encodings import text_of
from app.knowledge.files.fields import fields_of
from app.knowledge.files.records import Reading

# The standard looks for a declared encoding no further either.
_DECLARES_IN = 1024
_CHARSET = re.compile(rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)
# Enough for any <head> and the first heading.
_LOOKED_AT = 200_000
# Of the site, not of the page; and the title, which is told apart.
_AROUND = {"nav", "footer", "title", "script", "style", "template", "noscript", "svg", "head"}
_TAGS = (nh3.ALLOWED_TAGS | {"section", "main", "button", "dialog"}) - _AROUND


def read_html(data: bytes) -> Reading:
    """Read a web page: its title, its ``<meta>`` tags, and what stands on it, menus aside."""
    declared = _CHARSET.search(data[:_DECLARES_IN])
    text, faults = text_of(data, declared[1].decode("ascii") if declared else "")
    head = _Head()
    head.feed(text[:_LOOKED_AT])
    fields = fields_of(head.said)
    return Reading(
        text=nh3.clean(text, tags=_TAGS, clean_content_tags=_AROUND, link_rel=None),
        form="html",
        title=head.title,
        fields=dict(fields.values),
        faults=(*faults, *fields.faults),
        guarded=fields.guarded,
    )


class _Head(HTMLParser):
    """Collects the title, the first heading, and what a page says of itself."""

    def __init__(self) -> None:
        super().__init__()
        self._found = {"title": "", "h1": ""}
        self.said: list[tuple[str, str]] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"title", "h1"} and not self._found[tag]:
            self._within = tag
        elif tag == "html" and given.get("lang"):
            self.said.append(("locale", given["lang"]))
        elif tag == "link" and given.get("rel", "").lower() == "canonical":
            self.said.append(("url", given.get("href", "")))
        elif tag == "meta" and given.get("name"):
            self.said.append((given["name"], given.get("content", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._within:
            self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within:
            self._found[self._within] += data

    @property
    def title(self) -> str:
        """The page's title, or else its first heading."""
        return next(
            (words for t in ("title", "h1") if (words := " ".join(self._found[t].split()))), ""
        )
