"""HTML as plain text, for helpdesks that give HTML only: pure, and total on whatever is typed."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

_BLOCKS = frozenset(
    {"p", "div", "section", "article", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"ul", "ol", "table", "tr", "dl", "dt", "dd"}
)
_UNSEEN = frozenset({"script", "style", "head", "title"})
_TAG = re.compile(r"<[^<>]*>")  # from "<" to "<" at most: what is typed may have many
_MARKUP = re.compile(
    r"</?(?:p|br|div|a|ul|ol|li|b|i|u|em|strong|h[1-6]|img|span|pre|code|blockquote|table|tbody|"
    r"tr|td|th|hr|html|body)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)


def is_html(text: str) -> bool:
    """Tell whether a text is HTML, where the helpdesk does not say which of the two it sends."""
    return _MARKUP.search(text) is not None


def text_of_html(html: str, *, links: bool = False) -> str:
    """Read the plain text of HTML; with ``links``, addresses stand behind their labels."""
    parser = _Plain(links=links)
    try:
        parser.feed(html)
        parser.close()
    except AssertionError:  # the parser's own answer to an unfinished "<!["
        return " ".join(unescape(_TAG.sub(" ", html)).split())
    text = "".join(parser.parts)
    # A paragraph inside a list item belongs on its bullet's line.
    text = re.sub(r"(^|\n)((?:-|\d+\.) )\s+", r"\1\2", text)
    text = re.sub(r"[ \t]+\n|\n[ \t]+", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Plain(HTMLParser):
    """Writes down the text of a page: a line for each block, a mark for each list item."""

    def __init__(self, *, links: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._links = links
        self._lists: list[int | None] = []
        self._address = ""
        self._label_from = 0
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "a":
            self._address = dict(attrs).get("href") or ""
            self._label_from = len(self.parts)
        if tag == "li":
            self.parts.append("\n" + self._bullet())
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append("\n\n---\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "a":
            self._name_address()
        if tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        words = re.sub(r"\s+", " ", data)
        if words == " " and (not self.parts or self.parts[-1].endswith(("\n", " "))):
            return  # between two blocks, or behind other white space: it does not show
        self.parts.append(words)

    def _bullet(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "

    def _name_address(self) -> None:
        address, self._address = self._address, ""
        label = "".join(self.parts[self._label_from :])
        if self._links and address.startswith(("http://", "https://")) and address not in label:
            self.parts.append(f" ({address})")
