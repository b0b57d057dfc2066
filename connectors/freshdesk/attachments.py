"""Files of messages, without effects: what they are, and where Freshdesk keeps them.

Addresses seen: ``cdn.freshdesk.com`` (a client's sample of a ticket), ``s3.amazonaws.com`` and
``s3-eu-central-1.amazonaws.com`` with the bucket ``cdn.freshdesk.com`` or ``euc-cdn.freshdesk.com``
first in the path, and ``attachment.freshdesk.com/inline/...`` for pictures within a text (public
pages of portals). How long a signed one lives is not known: they are read when they are needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from urllib.parse import urlsplit

from connectors.freshdesk import wire
from connectors.types import Attachment

HOSTS = ("*.freshdesk.com", "s3.amazonaws.com", "s3[.-]??-*-?.amazonaws.com")
MOST_PICTURES = 20
_BUCKET = re.compile(r"/(?:[a-z]{2,5}-)?cdn\.freshdesk\.com/")
_OWN = re.compile(r"(?:.+\.)?freshdesk\.com")


def kept_by_freshdesk(attachment: Attachment) -> bool:
    """Tell whether a file lies where Freshdesk keeps them: S3 is everybody's, a bucket is not."""
    host, path = _place(attachment.url)
    return not host.endswith(".amazonaws.com") or _BUCKET.match(path) is not None


def attachments(files: Sequence[wire.File], html: str) -> tuple[Attachment, ...]:
    """List the files of a message, and the pictures of its text that are no files of their own."""
    pictures = dict(_pictures(html))
    listed = [
        Attachment(
            file.name,
            file.content_type,
            file.size or 0,
            pictures.pop(file.attachment_url, ""),
            file.attachment_url,
        )
        for file in files
    ]
    # What lies elsewhere came with a signature or a newsletter, and is nothing that they show us.
    inline = [
        Attachment(alt or "picture in the text", "image/*", alt=alt, url=url)
        for url, alt in pictures.items()
        if _OWN.fullmatch(_place(url)[0])
    ]
    return (*listed, *inline[:MOST_PICTURES])


def _place(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.path
    except ValueError:
        return "", ""


def _pictures(html: str) -> Iterator[tuple[str, str]]:
    if "<img" not in html.lower():
        return
    reader = _Images(convert_charrefs=True)
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:  # the parser's own answer to an unfinished "<!["
        pass
    yield from reader.found


class _Images(HTMLParser):
    found: list[tuple[str, str]]

    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self.found = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "img" and told.get("src"):
            self.found.append((told["src"] or "", " ".join((told.get("alt") or "").split())[:300]))
