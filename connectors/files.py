"""Small files of text that came with a message: a log, a table, an export.

Where a file lies is told by the helpdesk, so its address is data from outside: nothing is read
from a host that is not the account's own or one that the vendor keeps files on, and credentials
go to the account's own origin alone, on every hop. An address may hold a signature that lets
anybody read the file: it is never logged, and no error quotes it.
"""

from __future__ import annotations

import codecs
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

import requests
from requests import PreparedRequest, Response
from urllib3.exceptions import HTTPError

from connectors.config import is_loopback
from connectors.errors import HelpdeskError
from connectors.http import Anonymous, origin
from connectors.types import Attachment

MOST = 256 * 1024  # bytes; of what is longer nothing is read where the helpdesk tells, else the top
HOPS = 3  # redirects
TIMEOUT = (5.0, 10.0)  # seconds: to connect, between two bytes
LONGEST = 20.0  # seconds for all of it: a host that drips keeps no worker
PIECE = 16 * 1024

_TYPES = frozenset(
    f"text/{name}"
    for name in ("plain", "csv", "tab-separated-values", "markdown", "x-markdown", "x-log", "xml")
) | frozenset(
    f"application/{name}"
    for name in ("json", "x-ndjson", "xml", "yaml", "x-yaml", "toml", "csv", "x-log")
)
_ENDINGS = frozenset(
    f".{name}"
    for name in (
        *("txt", "text", "log", "csv", "tsv", "md", "markdown", "json", "jsonl", "ndjson", "xml"),
        *("yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "diff", "patch", "trace"),
    )
)
# Browsers call a table "application/vnd.ms-excel" and a log "application/octet-stream": by its
# ending it may be text whatever its type, but for these.
_NEVER = ("image/", "audio/", "video/", "font/", "text/html")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CHARSETS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252"}
_BINARY = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")  # control characters that no text has
_WIDEST = 4  # bytes of one character


class Files:
    """Reads files of text of one account.

    ``own`` is the session whose credentials the account's own origin may see, ``hosts`` are
    patterns of the vendor's hosts for files, like ``*.zdusercontent.com``. Where the account lies
    on loopback (a sandbox), all of loopback counts as such.
    """

    def __init__(
        self,
        base_url: str,
        own: requests.Session | None,
        hosts: Sequence[str],
        *,
        timeout: tuple[float, float] = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._origin = origin(base_url)
        self._loopback = is_loopback(base_url)
        self._own = own
        self._hosts = tuple(host.lower() for host in hosts)
        self._timeout = timeout
        self._clock = clock

    def text(self, attachment: Attachment, limit: int) -> str:
        """Read at most ``limit`` characters of a small file of text; "" for any other file."""
        if limit <= 0 or attachment.size > MOST or not is_text(attachment):
            return ""
        try:
            with _nothing_logged():
                data, kind = self._read(attachment.url, min(MOST, (limit + 1) * _WIDEST))
        # Whatever goes wrong with a file, the ticket can be answered without it. Errors of
        # credentials are told by the call that reads the ticket.
        except (requests.RequestException, HTTPError, HelpdeskError, ValueError, OSError):
            return ""
        if kind.startswith(_NEVER):  # a login page
            return ""
        return decoded(data, kind)[:limit]

    def _read(self, url: str, most: int) -> tuple[bytes, str]:
        """Read the beginning of a file, and its content type; nothing from where we must not."""
        until = self._clock() + LONGEST
        for _ in range(HOPS + 1):
            request = self._request(url)
            if request is None:
                break
            with self._session.send(
                request, stream=True, timeout=self._timeout, allow_redirects=False
            ) as response:
                if not response.is_redirect:
                    return self._body(response, most, until)
                url = urljoin(request.url or "", response.headers["Location"])
        return b"", ""

    def _request(self, url: str) -> PreparedRequest | None:
        # Two readers of one address may disagree about its host: such addresses are not read.
        if re.search(r"[\s\\\x00-\x20]", url) or "@" in urlsplit(url).netloc:
            return None
        request = requests.Request("GET", url, auth=Anonymous())
        # Asked for as it is: what was packed could unfold to any size.
        request.headers = {"Accept-Encoding": "identity", "User-Agent": "Understudy"}
        prepared = self._session.prepare_request(request)
        # What is checked is the address that is really called.
        where = origin(prepared.url or "")
        if where == self._origin:
            if self._own is not None and self._own.auth:
                prepared.prepare_auth(self._own.auth)
            return prepared
        scheme, host, port = where
        local = self._loopback and is_loopback(prepared.url or "")
        known = any(fnmatchcase(host, pattern) for pattern in self._hosts)
        return prepared if local or (scheme == "https" and port == 443 and known) else None

    def _body(self, response: Response, most: int, until: float) -> tuple[bytes, str]:
        if response.status_code != 200:
            return b"", ""
        data = b""
        for piece in response.iter_content(PIECE):
            data += piece
            if len(data) >= most or self._clock() > until:
                break
        return data[:most], response.headers.get("Content-Type", "").strip().lower()

    @cached_property
    def _session(self) -> requests.Session:
        return _Session()


class _Session(requests.Session):
    """A session that remembers nothing, and follows nothing by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: Response) -> None:
        """Lead nowhere: requests would read a redirect's whole body to look where it leads."""


@contextmanager
def _nothing_logged() -> Iterator[None]:
    """Keep urllib3 from logging addresses: it warns of odd headers, and tells all at DEBUG."""
    loggers = [logging.getLogger(f"urllib3.{name}") for name in ("connection", "connectionpool")]
    for logger in loggers:
        logger.addFilter(_nothing)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False


def is_text(attachment: Attachment) -> bool:
    """Tell whether a file is one of text, by its type or by its name's ending."""
    kind = attachment.content_type.partition(";")[0].strip().lower()
    if kind.startswith(_NEVER):
        return False
    return kind in _TYPES or PurePosixPath(attachment.name.lower()).suffix in _ENDINGS


def decoded(data: bytes, kind: str = "") -> str:
    """Decode the beginning of a text; "" where it is none. ``kind`` is its content type.

    UTF-8 unless a mark or the type says otherwise: a guess would be read as what a customer wrote.
    """
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    charset = re.search(r"charset=\"?([\w-]{1,20})", kind.lower())
    named = _CHARSETS.get(charset[1], "utf-8") if charset else "utf-8"
    decoder = codecs.getincrementaldecoder(_MARKS.get(mark, named))()
    try:
        text = decoder.decode(data)  # half a character at the cut is left out
    except UnicodeDecodeError:
        return ""
    return "" if _BINARY.search(text) else text
