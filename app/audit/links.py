"""Dead links: to pages of the help centre that are no longer there, and, if asked, to others.

Only whole addresses can be followed; what a link out of its page was relative to is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from app.audit.records import AuditFinding, Kind, Page
from app.audit.statements import quote_of

Check = Callable[[str], bool]  # whether there is something at an address

# Bounded: a page may hold anything, and no address is this long.
_LINK = re.compile(
    r"\[([^\[\]]{0,500})\]\((https?://[^()\s]{1,1000}(?:\([^()\s]{0,200}\)[^()\s]{0,1000})?)\)"
    r"|(https?://[^\s)>\]]+)"
)
_NUMBER = re.compile(r"(?<!\d)\d{3,}(?!\d)")
_LOCALE = re.compile(r"^[a-z]{2}(?:-[a-z0-9]{2,4})?$")
_AROUND = 80  # characters of a quote on each side of a link


def dead_links(pages: Sequence[Page], check: Check | None = None) -> list[AuditFinding]:
    """Find links that lead nowhere; ``check`` follows those that leave the help centre."""
    known = {_place(page.url) for page in pages if page.url}
    folders = {(host, folder) for host, folder, _ in known}
    answers: dict[str, bool] = {}
    found = []
    for page in pages:
        for address, start, end in links_in(page.text):
            place = _place(address)
            if place[:2] in folders and place[2]:
                dead, whose = place not in known, "a page of your help centre that is not there"
            elif check is not None:
                if address not in answers:
                    answers[address] = check(address)
                dead, whose = not answers[address], "an address that does not answer"
            else:
                continue
            if dead:
                found.append(_finding(page, address, (start, end), whose))
    return found


def links_in(text: str) -> Iterator[tuple[str, int, int]]:
    """List the whole addresses in a text, with where their links stand."""
    for match in _LINK.finditer(text):
        yield (match[2] or match[3]).rstrip(".,;:!?"), match.start(), match.end()


def external_links(pages: Sequence[Page]) -> set[str]:
    """List the addresses that leave the help centre."""
    folders = {_place(page.url)[:2] for page in pages if page.url}
    found = {address for page in pages for address, _, _ in links_in(page.text)}
    return {address for address in found if _place(address)[:2] not in folders}


def _place(address: str) -> tuple[str, str, str]:
    """Bring an address to its host, folder and page: language, slug and fragment do not count."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return address, "", ""
    path = [piece for piece in parts.path.split("/") if piece and not _LOCALE.match(piece)]
    if not path:
        return host, "", ""
    # "articles/360001-how-to-export": the number stays when the title changes.
    number = _NUMBER.match(path[-1])
    return host, "/".join(path[:-1]), number[0] if number else path[-1].casefold()


def _finding(page: Page, address: str, span: tuple[int, int], whose: str) -> AuditFinding:
    begin = max(0, span[0] - _AROUND)
    text = page.text[begin : span[1] + _AROUND]
    return AuditFinding(
        Kind.DEAD_LINK,
        (page.id,),
        f"“{page.title}” links to {whose}: {address}",
        (quote_of(page, text, ((span[0] - begin, span[1] - begin),)),),
        "Link to what took its place, or take the link out.",
    )
