"""Articles as readable text: HTML becomes plain Markdown, whatever state it is in."""

from __future__ import annotations

import html
import re
from typing import Literal

import markdownify  # type: ignore[import-untyped, unused-ignore]
import nh3

Format = Literal["html", "markdown", "text"]

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "section", "blockquote"),
    *("ul", "ol", "li", "dl", "dt", "dd", "strong", "b", "em", "i", "code", "pre", "a", "img"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"),
}
# nh3 drops these with what they hold; other unknown tags lose the tag and keep the text.
_DROPPED = {"script", "style", "template", "noscript", "svg", "math", "iframe", "object"}
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"alt", "src"},
    "td": {"colspan"},
    "th": {"colspan"},
    "ol": {"start"},
}
# A link out of its page works only when it is absolute; the others keep their words.
_RELATIVE_LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\((?!https?:|mailto:|tel:)[^()\s]*\)")
_IMAGE = re.compile(r'<img(?:\s+(?:alt|src)="[^"]*")*\s*/?>')
_LONE_IMAGE = re.compile(rf"<p>\s*({_IMAGE.pattern})\s*</p>")
_ATTRIBUTE = re.compile(r'(alt|src)="([^"]*)"')
_LONE_MARKDOWN_IMAGE = re.compile(r"(?m)^[ \t]*(!\[[^\[\]\n]+\]\([^()\n]*\))[ \t]*$")
_MARKDOWN_IMAGE = re.compile(r"!\[([^\[\]]*)\]\(([^()\s]*)[^()]*\)")
# One with a query is signed more often than not: another one each time it is read, and soon dead.
_LASTING = re.compile(r"https?://[^()\s?]+")
_LINKED_IMAGE = re.compile(r"\[\s*\[([^\[\]]*)\]\([^()\s]*\)\s*\]\(")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_MARKS = re.compile(r"(?m)^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+|\|?(?:\s*:?-{3,}:?\s*\|)+\s*)|\*\*|`+|\|")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")


def readable(body: str, form: Format = "html") -> str:
    """Turn an article's body into tidy Markdown (or plain text, if that is what it was).

    Images become their alternative text, as a link where they have a lasting address; of one that
    stands alone, the line says that it is a picture. Tables stay tables, scripts and styles go.
    Takes any string and never raises.
    """
    body = encodable(body)
    if form == "html":
        body = _from_html(body)
    if form != "text":
        body = _LONE_MARKDOWN_IMAGE.sub(r"(picture: \1)", body)
        body = _MARKDOWN_IMAGE.sub(_markdown_image, body)
        body = _RELATIVE_LINK.sub(r"\1", _LINKED_IMAGE.sub(r"[\1](", body))
    return tidy(body)


def tidy(text: str) -> str:
    """Normalise whitespace: single spaces, at most one empty line, indentation kept."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = []
    for line in re.split(r"[\n\u2028\u2029\x85]", text.replace("\xa0", " ").expandtabs(4)):
        content = line.lstrip(" ")
        indent = min(len(line) - len(content), 12)
        lines.append(" " * indent + re.sub(r"\s+", " ", content).rstrip())
    joined = "\n".join(line if line.strip() else "" for line in lines)
    return re.sub(r"\n{3,}", "\n\n", joined).strip("\n").rstrip()


def searchable(text: str) -> str:
    """Take Markdown's marks and link addresses off, for embedding and word search only."""
    text = _MARKS.sub(" ", _MARKDOWN_LINK.sub(r"\1", text))
    return re.sub(r"[^\S\n]+", " ", text).strip()


def _from_html(body: str) -> str:
    try:
        clean = nh3.clean(
            body,
            tags=_TAGS,
            clean_content_tags=_DROPPED,
            attributes=_ATTRIBUTES,
            link_rel=None,
        )
        clean = _LONE_IMAGE.sub(_lone_image, clean)
        # Inside a sentence its text needs air on both sides.
        clean = _IMAGE.sub(lambda found: f" {_image(found[0])} ", clean)
        # Markdown escapes ("\_", "\*") would be read by people, not by a renderer.
        converted = markdownify.markdownify(
            clean,
            heading_style="ATX",
            bullets="-",
            escape_asterisks=False,
            escape_underscores=False,
            escape_misc=False,
            table_infer_header=True,
        )
        return str(converted)
    except RecursionError:  # thousands of nested elements: the words alone will do
        return html.unescape(nh3.clean(body, tags=set(), clean_content_tags=_DROPPED))


def _lone_image(found: re.Match[str]) -> str:
    image = _image(found[1])
    return f"<p>(picture: {image})</p>" if image else ""


def _image(tag: str) -> str:
    """Turn a sanitised image into its words, as a link where that works."""
    said = dict(_ATTRIBUTE.findall(tag))
    words, address = said.get("alt", ""), said.get("src", "")
    linked = words.strip() and not set("[]") & set(words) and _LASTING.fullmatch(address)
    return f'<a href="{address}">{words}</a>' if linked else words


def _markdown_image(found: re.Match[str]) -> str:
    words, address = found[1], found[2]
    return f"[{words}]({address})" if words and _LASTING.fullmatch(address) else words


def encodable(text: str) -> str:
    """Take out what no database keeps: NULs, and halves of surrogate pairs, which have no UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
