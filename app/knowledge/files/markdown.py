"""Markdown, rendered as a reader of it would see it; what follows takes HTML apart anyway."""

from __future__ import annotations

import html
import re
from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.knowledge.files.encodings import text_of
from app.knowledge.files.fields import front_matter
from app.knowledge.files.records import Reading

_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)[\s/>]")
_OTHER_TAGS = {"button", "input", "label", "select", "option", "script", "style", "iframe", "main"}
_HEADING_TOKENS = 3  # its opening, what stands in it, its end
_KNOWN_TAGS = frozenset(nh3.ALLOWED_TAGS | _OTHER_TAGS | {"section", "font", "video", "svg"})


def read_markdown(data: bytes) -> Reading:
    """Read a Markdown file: front matter, first heading, text with HTML inside it."""
    text, faults = text_of(data)
    fields, text = front_matter(text)
    tokens = _parser().parse(text)
    heading, opens = _heading(tokens)
    if opens and fields.values.get("title", (heading,)) == (heading,):
        tokens = tokens[_HEADING_TOKENS:]  # a title stands above its text, not in it
    parser = _parser()
    return Reading(
        text=parser.renderer.render(tokens, parser.options, {}),
        form="html",
        title=heading,
        fields=dict(fields.values),
        faults=(*faults, *fields.faults),
        guarded=fields.guarded,
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.add_render_rule("html_inline", _inline_html)
    return parser


def _inline_html(
    _renderer: Any,
    tokens: Sequence[Token],
    place: int,
    _options: Any,
    _env: MutableMapping[str, Any],
) -> str:
    """Keep what only looks like a tag: in "Enter <your name>" it is meant to be read."""
    content = tokens[place].content
    tag = _TAG.match(content)
    return html.escape(content) if tag and tag[1].lower() not in _KNOWN_TAGS else content


def _heading(tokens: Sequence[Token]) -> tuple[str, bool]:
    """Find the first heading, and tell whether the text begins with it, as its title."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            return _words(tokens[place + 1]), place == 0 and token.tag == "h1"
    return "", False


def _words(inline: Token) -> str:
    spoken = ("text", "code_inline", "softbreak", "image")
    parts = (child.content or " " for child in inline.children or () if child.type in spoken)
    return " ".join("".join(parts).split())
