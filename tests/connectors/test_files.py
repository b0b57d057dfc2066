"""Files of text: what is read at all, from where, with whose credentials, and how much of it."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests.auth import HTTPBasicAuth

from connectors.errors import AuthFailed
from connectors.files import HOPS, LONGEST, MOST, PIECE, Files, decoded, is_text
from connectors.http import RenewableAuth
from connectors.types import Attachment

BASE = "https://acme.zendesk.com"
OWN = f"{BASE}/attachments/token/abc/?name=error.log"
KEPT = "https://p18.zdusercontent.com/attachment/1/error.log?token=signed"
ELSEWHERE = "https://evil.example/error.log"
TEXT = "2026-11-20 ERROR export failed: quota"


def files(base: str = BASE, clock: Callable[[], float] = lambda: 0.0) -> Files:
    session = requests.Session()
    session.auth = HTTPBasicAuth("bot/token", "invented-token")
    return Files(base, session, ["*.zdusercontent.com"], clock=clock)


def log(url: str = OWN, size: int = 0) -> Attachment:
    return Attachment("error.log", "application/octet-stream", size, url=url)


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def moved(mock: responses.RequestsMock, url: str, to: str, status: int = 302) -> None:
    mock.get(url, status=status, headers={"Location": to})


def authorized(mock: responses.RequestsMock) -> list[bool]:
    return ["Authorization" in call.request.headers for call in mock.calls]


def test_a_file_on_our_own_origin_is_read_with_our_credentials(
    mock: responses.RequestsMock,
) -> None:
    mock.get(OWN, body=TEXT)
    assert files().text(log(), 100) == TEXT
    assert authorized(mock) == [True]


def test_no_more_than_asked_for_comes_back(mock: responses.RequestsMock) -> None:
    mock.get(OWN, body="é" * 50)
    assert files().text(log(), 10) == "é" * 10
    assert files().text(log(), 0) == ""


def test_a_file_on_the_vendors_host_is_read_without_our_credentials(
    mock: responses.RequestsMock,
) -> None:
    mock.get(KEPT, body=TEXT)
    assert files().text(log(KEPT), 100) == TEXT
    assert authorized(mock) == [False]


def test_a_redirect_to_the_vendors_host_takes_no_credentials_along(
    mock: responses.RequestsMock,
) -> None:
    moved(mock, OWN, KEPT)
    mock.get(KEPT, body=TEXT)
    assert files().text(log(), 100) == TEXT
    assert authorized(mock) == [True, False]


def test_a_redirect_home_again_bears_our_credentials_again(mock: responses.RequestsMock) -> None:
    moved(mock, KEPT, OWN)
    mock.get(OWN, body=TEXT)
    assert files().text(log(KEPT), 100) == TEXT
    assert authorized(mock) == [False, True]


def test_a_redirect_may_be_told_without_a_host(mock: responses.RequestsMock) -> None:
    moved(mock, OWN, "/attachments/elsewhere", 307)
    mock.get(f"{BASE}/attachments/elsewhere", body=TEXT)
    assert files().text(log(), 100) == TEXT


@pytest.mark.parametrize(
    "to",
    [
        ELSEWHERE,
        "http://p18.zdusercontent.com/a.log",
        "//evil.example/a.log",
        "file:///etc/passwd",
        "https://[broken/",
        "",
    ],
)
def test_a_redirect_to_any_other_place_ends_the_reading(
    mock: responses.RequestsMock, to: str
) -> None:
    moved(mock, OWN, to)
    assert files().text(log(), 100) == ""
    assert {urlsplit(call.request.url or "").netloc for call in mock.calls} == {"acme.zendesk.com"}


def test_redirects_are_followed_a_few_times_only(mock: responses.RequestsMock) -> None:
    moved(mock, OWN, OWN)
    assert files().text(log(), 100) == ""
    assert len(mock.calls) == HOPS + 1


@pytest.mark.parametrize(
    "url",
    [
        ELSEWHERE,
        "https://zdusercontent.com.evil.example/a.log",
        "https://p18.zdusercontent.com:8443/a.log",
        "http://p18.zdusercontent.com/a.log",
        "http://acme.zendesk.com/a.log",
        "https://acme.zendesk.com:8443/a.log",
        "https://acme.zendesk.com@evil.example/a.log",
        "https://evil.example\\@acme.zendesk.com/a.log",
        "https://acme.zendesk.com\t.evil.example/a.log",
        "https://acme.zendesk.com./a.log",
        "http://127.0.0.1:8080/a.log",
        "http://[fd00::1]/latest/meta-data/",
        "ftp://acme.zendesk.com/a.log",
        "//acme.zendesk.com/a.log",
        "",
    ],
)
def test_nothing_is_asked_of_any_other_host(mock: responses.RequestsMock, url: str) -> None:
    assert files().text(log(url), 100) == ""
    assert len(mock.calls) == 0


@given(
    st.text(max_size=20) | st.sampled_from(["https://acme.zendesk.com", "https://a.example", "//"]),
    st.text(alphabet="@\\/:?#.[]% \t", max_size=4),
    st.text(max_size=20) | st.sampled_from(["acme.zendesk.com/a", "p1.zdusercontent.com/a"]),
)
def test_whatever_the_address_credentials_go_home_only(before: str, odd: str, after: str) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(re.compile(".*"), body=TEXT)
        files().text(log(before + odd + after), 10)
        for call in mock.calls:
            home = (call.request.url or "").startswith(f"{BASE}/")
            assert home or not call.request.headers.get("Authorization")
            host = urlsplit(call.request.url or "").hostname or ""
            assert home or host.endswith(".zdusercontent.com")


@pytest.mark.parametrize(
    ("url", "calls", "bears"),
    [
        ("http://127.0.0.1:9/a.log", 1, [True]),
        ("http://127.0.0.1:10/a.log", 1, [False]),
        ("http://localhost:9/a.log", 1, [False]),
        ("https://evil.example/a.log", 0, []),
        ("http://192.0.2.1/a.log", 0, []),
    ],
)
def test_on_a_loopback_sandbox_all_of_loopback_counts(
    mock: responses.RequestsMock, url: str, calls: int, bears: list[bool]
) -> None:
    mock.get(url, body=TEXT)
    found = files("http://127.0.0.1:9").text(log(url), 100)
    assert (found, len(mock.calls), authorized(mock)) == (TEXT if calls else "", calls, bears)


def test_without_credentials_of_ours_none_are_sent(
    mock: responses.RequestsMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine acme.zendesk.com login someone password invented\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    mock.get(OWN, body=TEXT)
    assert Files(BASE, None, []).text(log(), 100) == TEXT
    assert authorized(mock) == [False]


def test_cookies_are_not_kept(mock: responses.RequestsMock) -> None:
    mock.get(OWN, body=TEXT, headers={"Set-Cookie": "session=1; Domain=zendesk.com; Path=/"})
    reader = files()
    reader.text(log(), 100)
    reader.text(log(), 100)
    assert all("Cookie" not in call.request.headers for call in mock.calls)


def test_every_call_has_a_time_out(mock: responses.RequestsMock) -> None:
    moved(mock, OWN, KEPT)
    mock.get(KEPT, body=TEXT)
    files().text(log(), 100)
    assert all(call.request.req_kwargs["timeout"] for call in mock.calls)  # type: ignore[attr-defined]


class _Refusing(RenewableAuth):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        raise AuthFailed("no OAuth token")

    def renew(self) -> None: ...


def test_what_goes_wrong_is_as_good_as_no_file(mock: responses.RequestsMock) -> None:
    for fault in (requests.ConnectTimeout(), requests.ConnectionError(OWN), ConnectionResetError()):
        mock.get(OWN, body=fault)
        assert files().text(log(), 100) == ""
        mock.remove(responses.GET, OWN)
    session = requests.Session()
    session.auth = _Refusing()
    assert Files(BASE, session, []).text(log(), 100) == ""


@pytest.mark.parametrize("status", [401, 403, 404, 204, 206, 304, 500])
def test_only_a_whole_answer_is_a_file(mock: responses.RequestsMock, status: int) -> None:
    mock.get(OWN, body=TEXT, status=status)
    assert files().text(log(), 100) == ""


def test_a_login_page_is_no_file(mock: responses.RequestsMock) -> None:
    mock.get(OWN, body="<html>Sign in</html>", content_type="text/html; charset=utf-8")
    assert files().text(log(), 100) == ""


def test_a_file_known_to_be_large_is_not_asked_for(mock: responses.RequestsMock) -> None:
    mock.get(OWN, body=TEXT)
    assert files().text(log(size=MOST + 1), 100) == ""
    assert len(mock.calls) == 0
    assert files().text(log(size=MOST), 100) == TEXT


class _Endless(io.RawIOBase):
    """A file that never ends, and counts what was taken of it."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.given += len(buffer)
        buffer[:] = b"a" * len(buffer)
        return len(buffer)


@pytest.mark.parametrize(("limit", "most"), [(100, PIECE), (10_000_000, MOST)])
def test_of_a_file_without_end_the_top_is_read(
    mock: responses.RequestsMock, limit: int, most: int
) -> None:
    endless = _Endless()
    mock.get(OWN, body=io.BufferedReader(endless, 1))
    assert len(files().text(log(), limit)) == min(limit, MOST)
    assert endless.given <= most


def test_a_host_that_drips_is_left_after_a_while(mock: responses.RequestsMock) -> None:
    mock.get(OWN, body=io.BufferedReader(io.BytesIO(b"a" * MOST)))
    ticks = iter([0.0, 1.0, LONGEST + 1])
    assert len(files(clock=lambda: next(ticks)).text(log(), MOST)) == 2 * PIECE


@pytest.mark.parametrize(
    ("name", "kind", "readable"),
    [
        ("error.log", "application/octet-stream", True),
        ("Export.CSV", "application/vnd.ms-excel", True),
        ("notes", "text/plain; charset=utf-8", True),
        ("data.json", "", True),
        ("readme.md", "", True),
        ("report.pdf", "application/pdf", False),
        ("photo.txt", "image/png", False),
        ("page.txt", "text/html", False),
        ("archive.zip", "application/zip", False),
        ("error.log.gz", "application/gzip", False),
        ("log", "", False),
    ],
)
def test_files_of_text_are_told_by_type_or_ending(name: str, kind: str, readable: bool) -> None:
    assert is_text(Attachment(name, kind)) is readable


@pytest.mark.parametrize(
    ("data", "kind", "text"),
    [
        ("Größe".encode(), "", "Größe"),
        ("Größe".encode("utf-8-sig"), "", "Größe"),
        ("Größe".encode("utf-16"), "", "Größe"),
        (b"\xfe\xff" + "Größe".encode("utf-16-be"), "", "Größe"),
        ("Größe".encode("cp1252"), "text/csv; charset=ISO-8859-1", "Größe"),
        ("Größe".encode("cp1252"), "", ""),
        ("Größe".encode()[:3], "", "Gr"),
        (b"\x1b[31mred\x1b[0m\ttab\r\n", "", "\x1b[31mred\x1b[0m\ttab\r\n"),
        (b"PK\x03\x04\x14\x00", "", ""),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "", ""),
        (b"MZ\x90\x00", "", ""),
        (b"", "", ""),
        (
            json.dumps({"a": "ü"}).encode(),
            "application/json; charset=unheard-of",
            '{"a": "\\u00fc"}',
        ),
    ],
)
def test_what_cannot_be_text_is_none(data: bytes, kind: str, text: str) -> None:
    assert decoded(data, kind) == text


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_bytes_and_no_type_break_the_decoding(data: bytes, kind: str) -> None:
    assert "\x00" not in decoded(data, kind)


def test_no_address_is_logged(
    mock: responses.RequestsMock,
) -> None:
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    speaker = logging.getLogger("urllib3.connection")

    def odd(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        speaker.warning("Failed to parse headers (url=%s)", request.url)  # as urllib3 does
        return 200, {}, TEXT

    try:
        moved(mock, OWN, ELSEWHERE)
        mock.add_callback("GET", KEPT, callback=odd)
        files().text(log(), 100)
        assert files().text(log(KEPT), 100) == TEXT
        files().text(log("https://evil.example\\@acme.zendesk.com/a?token=signed"), 100)
        assert heard == []
        speaker.warning("aloud again")
    finally:
        logging.getLogger().removeHandler(handler)
    assert heard == ["aloud again"]
