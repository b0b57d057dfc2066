"""Do webhooks arrive? Each way in which they may not has a remedy of its own."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from pathlib import Path
from socket import gaierror
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from requests import PreparedRequest
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, NameResolutionError

from app.doctor import reach
from app.doctor.exam import State, state_of
from app.doctor.reach import CHECK, Reached, Trouble, findings, judged
from app.doctor.subject import Installation
from connectors.setup import Finding
from tests.app.web.support import SECRET, Office

PUBLIC = "https://bot.example.com"
URL = f"{PUBLIC}/webhooks/zendesk"
VARIABLE = "ZENDESK_WEBHOOK_SECRET"


@pytest.mark.parametrize(
    ("seen", "message", "remedy"),
    [
        (Reached(trouble=Trouble.NAME), "the host's name is not known", "DNS"),
        (Reached(trouble=Trouble.TLS, detail="certificate has expired"), "expired", "certificate"),
        (Reached(trouble=Trouble.TIME), "no answer in time", "firewall"),
        (Reached(trouble=Trouble.CONNECTION), "no connection", "understudy up"),
        (Reached(200), "Something else than Understudy", "proxy"),
        (Reached(200, {"kept": 1}), "Something else than Understudy", "proxy"),
        (Reached(301, detail="https://www.example.com"), "https://www.example.com", "PUBLIC_URL"),
        (Reached(302), "to nowhere", "login"),
        (Reached(401, {"error": "the secret is not ours"}), "refuses what we sign", VARIABLE),
        (Reached(401), "asks for a login", "without a login"),
        (Reached(403), "asks for a login", "without a login"),
        (Reached(404), "Nothing is found", "HELPDESKS"),
        (Reached(405), "405, which is not our answer", "proxy"),
        (Reached(502), "answers 502", "WEB_PORT"),
        (Reached(503, {"error": "Cannot be kept"}), "answers 503", "understudy up"),
    ],
)
def test_each_way_not_to_arrive_has_its_remedy(seen: Reached, message: str, remedy: str) -> None:
    found = judged(seen, URL, VARIABLE)
    assert not found.ok
    assert message in found.message
    assert remedy in found.remedy


def test_only_our_own_answer_to_nothing_is_well() -> None:
    assert judged(Reached(200, {"kept": 0}), URL, VARIABLE).ok


def unknown_host() -> requests.ConnectionError:
    pool = HTTPSConnectionPool("bot.example.com")
    reason = NameResolutionError("bot.example.com", HTTPSConnection("bot.example.com"), gaierror())
    return requests.ConnectionError(MaxRetryError(pool, "/", reason))


def expired() -> requests.exceptions.SSLError:
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
    inner.verify_message = "certificate has expired"
    pool = HTTPSConnectionPool("bot.example.com")
    return requests.exceptions.SSLError(MaxRetryError(pool, "/", inner))


@pytest.mark.parametrize(
    ("error", "trouble", "detail"),
    [
        (unknown_host(), Trouble.NAME, ""),
        (expired(), Trouble.TLS, "certificate has expired"),
        (requests.exceptions.SSLError("wrong version"), Trouble.TLS, ""),
        (requests.ConnectTimeout("slow"), Trouble.TIME, ""),
        (requests.ReadTimeout("slow"), Trouble.TIME, ""),
        (requests.ConnectionError("refused"), Trouble.CONNECTION, ""),
    ],
)
def test_why_there_is_no_answer_is_told_apart(
    error: requests.RequestException, trouble: Trouble, detail: str
) -> None:
    with responses.RequestsMock() as mock:
        mock.head(URL, body=error)
        assert reach.reach("HEAD", URL) == Reached(trouble=trouble, detail=detail)


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"[" * 9000, b"[]", b"\xff", b""])
def test_whatever_somebody_else_says_is_none_of_our_answers(body: bytes) -> None:
    with responses.RequestsMock() as mock:
        mock.post(URL, body=body)
        assert reach.reach("POST", URL) == Reached(200)


class Endless(RawIOBase):
    """An answer of which there is always more, or nothing yet and nothing ever."""

    def __init__(self, silent: Event | None = None) -> None:
        self.given = 0
        self.silent = silent

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.silent is not None:
            self.silent.wait(10)
            return 0
        self.given += len(buffer)
        assert self.given < 100 * reach.LONGEST
        return len(buffer)


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with responses.RequestsMock() as mock:
        mock.post(URL, body=BufferedReader(Endless()))
        assert reach.reach("POST", URL) == Reached(200)


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reach, "LONGEST_WAIT", 0.05)
    over = Event()
    with responses.RequestsMock() as mock:
        mock.post(URL, body=BufferedReader(Endless(over)))
        assert reach.reach("POST", URL) == Reached(trouble=Trouble.TIME)
        over.set()


# Against the real web process' code


@pytest.fixture
def line() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def connected(office: Office, line: responses.RequestsMock, url: str = PUBLIC) -> list[str]:
    """Lead an address to the office's web process; returns the methods that arrive."""
    arrived: list[str] = []

    def pass_on(request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        arrived.append(str(request.method))
        body = request.body or b""
        answer = office.client.open(
            urlsplit(str(request.url)).path,
            method=str(request.method),
            headers=dict(request.headers),
            data=body if isinstance(body, bytes) else body.encode(),
        )
        return answer.status_code, {"Content-Type": "application/json"}, answer.data

    for method in ("HEAD", "POST"):
        line.add_callback(method, f"{url}/webhooks/zendesk", pass_on)
    line.assert_all_requests_are_fired = False
    return arrived


def examined(office: Office, *, up: bool = True, **changes: Any) -> Finding:
    services = office.services
    services.settings = services.settings.model_copy(update={"public_url": PUBLIC, **changes})
    (found,) = findings(Installation(services, up=up), "zendesk")
    assert found.check == CHECK
    return found


def test_somebody_elses_page_is_sent_no_secret(
    office: Office, line: responses.RequestsMock
) -> None:
    line.head(URL, content_type="text/html; charset=utf-8")  # a POST would be no known address
    found = examined(office)
    assert not found.ok
    assert "Something else than Understudy" in found.message


def test_a_signed_delivery_that_announces_nothing_is_taken(
    office: Office, line: responses.RequestsMock
) -> None:
    arrived = connected(office, line)
    assert examined(office) == Finding(
        CHECK, ok=True, message=f"{URL} reaches us, and a signed delivery is taken."
    )
    assert arrived == ["HEAD", "POST"]
    assert office.rows() == []


def test_a_web_process_with_another_secret_is_to_be_started_again(
    office: Office, line: responses.RequestsMock, tmp_path: Path
) -> None:
    connected(Office(tmp_path), line)
    services = office.services
    services.environ = {**services.environ, VARIABLE: "another-invented-secret-of-ours"}
    found = examined(office)
    assert not found.ok
    assert VARIABLE in found.remedy
    assert "another-invented-secret" not in str(found)


def test_no_secret_is_sent_to_what_does_not_look_like_us(
    office: Office, line: responses.RequestsMock
) -> None:
    line.head(URL, status=404)
    assert "404" in examined(office).message
    assert [call.request.method for call in line.calls] == ["HEAD"]
    assert SECRET not in json.dumps([dict(call.request.headers) for call in line.calls])


def test_without_a_secret_nothing_can_be_tried(office: Office) -> None:
    services = office.services
    services.environ = {**services.environ, VARIABLE: ""}
    found = examined(office)
    assert state_of(found) is State.NOTE, "the connector's own check is the one that must be mended"
    assert found.remedy == f"Set {VARIABLE}; without it every webhook is refused."


def test_without_an_address_the_web_process_of_this_machine_is_tried(
    office: Office, line: responses.RequestsMock
) -> None:
    connected(office, line, "http://127.0.0.1:8000")
    line.get("http://127.0.0.1:8000/healthz", json={"status": "ok"})
    found = examined(office, public_url="")
    assert found.ok
    assert "Whether the helpdesk reaches it was not tried." in found.message
    assert "PUBLIC_URL" in found.remedy


def test_where_nothing_runs_it_says_what_was_not_tried(
    office: Office, line: responses.RequestsMock
) -> None:
    line.get("http://127.0.0.1:8000/healthz", body=requests.ConnectionError())
    found = examined(office, public_url="")
    assert (found.ok, found.remedy) == (True, "")
    assert found.message.startswith("Not tried: no web process runs here")


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        (requests.ConnectionError(), 0, State.NOTE),
        (None, 502, State.NOTE),
        (None, 404, State.MEND),
        (requests.exceptions.SSLError(), 0, State.MEND),
    ],
)
def test_before_anything_was_started_nobody_can_answer(
    office: Office,
    line: responses.RequestsMock,
    body: Exception | None,
    status: int,
    state: State,
) -> None:
    line.head(URL, **({"body": body} if body else {"status": status}))
    if state is State.NOTE:
        line.get("http://127.0.0.1:8000/healthz", body=requests.ConnectionError())
    found = examined(office, up=False)
    assert state_of(found) is state
    assert ("start understudy up" in found.remedy) is (state is State.NOTE)
