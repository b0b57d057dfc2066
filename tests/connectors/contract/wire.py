"""The network of the contract suite: requests reach the sandbox's app within this process.

It stands where ``requests`` hands a prepared request to the socket, so that everything above it
is the connector as it is shipped. It keeps what went over it, and has mishaps when told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask import Flask
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app

from connectors.sandbox.facade import Facade
from tests.connectors.sandbox.conftest import Clock

READ_TIMEOUT = 30.0  # how long a caller waits in vain


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back for a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as it was sent, and what the helpdesk itself answered."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    answer: Answer

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def answer_body(self) -> bytes:
        return self.answer.body


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happens to a request: before it arrives, instead of it, and to its answer.

    ``late`` seconds after it was sent it takes effect all the same; the caller has left by then.
    """

    arrives: bool = True
    answer: Answer | Literal["same", "dropped", "in_vain", "cut", "half"] = "same"
    before: Callable[[], object] = lambda: None
    late: float | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """A request that is still on its way."""

    due: datetime
    request: requests.PreparedRequest


@dataclass
class Line:
    """The way to one helpdesk: its app, and what shall go wrong on the way."""

    app: Flask
    facade: Facade
    clock: Clock
    exchanges: list[Exchange] = field(default_factory=list)
    writes: list[Exchange] = field(default_factory=list)  # since the last ``begin``
    plan: dict[int, Mishap] = field(default_factory=dict)  # of the so-manieth write from now
    reads: list[Mishap] = field(default_factory=list)  # of the next calls that write nothing
    late: list[Late] = field(default_factory=list)
    after_write: Callable[[], object] | None = None  # once, when the next write has arrived
    _sent: int = 0

    def begin(self, plan: Mapping[int, Mishap] | None = None) -> None:
        """Count writes anew, with mishaps for some of them."""
        self.plan, self._sent = dict(plan or {}), 0
        self.writes.clear()
        self.reads.clear()
        self.after_write = None

    def carry(self, request: requests.PreparedRequest) -> Answer:
        """Bring a request to the helpdesk, or not; raises what ``requests`` raises."""
        mishap = self._mishap(request)
        mishap.before()
        if mishap.late is not None:
            due = self.clock() + timedelta(seconds=mishap.late)
            self.late.append(Late(due, request))
        answer = None
        if mishap.arrives and mishap.late is None:
            answer = self._deliver(request)
        return self._bring_back(request, mishap, answer)

    def land(self) -> None:
        """Let take effect what was late and is due by now."""
        due = [each for each in self.late if each.due <= self.clock()]
        self.late = [each for each in self.late if each not in due]
        for each in due:
            self._deliver(each.request)

    def refusal(self, status: int, retry_after: int | None = None) -> Answer:
        """A refusal in the vendor's own words."""
        with self.app.test_request_context():
            told = self.facade.refusal(status, retry_after=retry_after, plain=False)
        return Answer(told.status_code, dict(told.headers), told.get_data())

    def is_write(self, method: str, path: str) -> bool:
        return method not in {"GET", "HEAD"} and self.facade.write(method, path)

    def _mishap(self, request: requests.PreparedRequest) -> Mishap:
        if self.is_write(request.method or "", urlsplit(request.url or "").path):
            self._sent += 1
            return self.plan.pop(self._sent - 1, Mishap())
        return self.reads.pop(0) if self.reads else Mishap()

    def _deliver(self, request: requests.PreparedRequest) -> Answer:
        parts = urlsplit(request.url or "")
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        builder = EnvironBuilder(
            path=parts.path,
            query_string=parts.query,
            base_url=f"{parts.scheme}://{parts.netloc}",
            method=request.method or "GET",
            headers=list(request.headers.items()),
            data=raw,
        )
        socket = Socket()
        environ = {**builder.get_environ(), "gunicorn.socket": socket}
        chunks, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        told = {**dict(headers), "Date": format_datetime(self.clock(), usegmt=True)}
        answer = Answer(int(status.split()[0]), told, b"".join(chunks))
        exchange = Exchange(
            method=request.method or "",
            path=parts.path,
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers=dict(request.headers),
            body=raw,
            answer=answer,
        )
        if not socket.cut:
            self.exchanges.append(exchange)
        if self.is_write(exchange.method, exchange.path) and answer.status < 300:
            self.writes.append(exchange)
            after, self.after_write = self.after_write, None
            if after is not None:
                after()
        if socket.cut:
            raise requests.ConnectionError("the sandbox cut the connection")
        return answer

    def _bring_back(
        self, request: requests.PreparedRequest, mishap: Mishap, answer: Answer | None
    ) -> Answer:
        if isinstance(mishap.answer, Answer):
            return mishap.answer
        if mishap.answer == "dropped":
            raise requests.ConnectionError("Connection aborted.", request=request)
        if answer is None or mishap.answer == "in_vain":
            self.clock.sleep(READ_TIMEOUT)
            raise requests.ReadTimeout("Read timed out.", request=request)
        if mishap.answer == "half":
            return Answer(answer.status, _without_length(answer), _half(answer))
        if mishap.answer == "cut":
            length = {"Content-Length": str(len(answer.body))}
            return Answer(answer.status, {**_without_length(answer), **length}, _half(answer))
        return answer


class Socket:
    """What the sandbox cuts when an answer shall be lost."""

    cut = False

    def shutdown(self, _how: int) -> None:
        self.cut = True


class Wire:
    """All lines, by the host and port that they lead to."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Do what ``HTTPAdapter.send`` does."""
        self.timeouts.append(options.get("timeout"))
        line = self.lines.get(urlsplit(request.url or "").netloc)
        if line is None:
            raise AssertionError(f"{request.method} went to a strange host")
        answer = line.carry(request)
        raw = HTTPResponse(
            body=BytesIO(answer.body),
            headers=answer.headers,
            status=answer.status,
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        return HTTPAdapter().build_response(request, raw)


@contextmanager
def connected(wire: Wire) -> Iterator[Wire]:
    """Let ``requests`` speak over this wire only."""

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> Any:
        return wire.send(request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", send)
        # Looked up for every call, in all of the environment; there is no proxy on this wire.
        patch.setattr("requests.sessions.get_environ_proxies", lambda *_, **__: {})
        yield wire


def _without_length(answer: Answer) -> dict[str, str]:
    return {name: v for name, v in answer.headers.items() if name.lower() != "content-length"}


def _half(answer: Answer) -> bytes:
    return answer.body[: len(answer.body) // 2]


PAGE = Answer(502, {"Content-Type": "text/html"}, b"<html><h1>Bad gateway</h1></html>")
# A few that stand for all others where each call of a change is tried with each.
FEW = (
    "was never answered",
    "took effect, no answer in time",
    "took effect, half an answer",
    "took effect, 500",
    "took effect late, no answer",
    "refused with 429",
)
# Everything that can befall a write, by what one would say of it.
MISHAPS: Mapping[str, Callable[[Line], Mishap]] = {
    "never arrived": lambda _: Mishap(arrives=False, answer="dropped"),
    "was never answered": lambda _: Mishap(arrives=False),
    "took effect, connection dropped": lambda _: Mishap(answer="dropped"),
    "took effect, no answer in time": lambda _: Mishap(answer="in_vain"),
    "took effect, answer cut off": lambda _: Mishap(answer="cut"),
    "took effect, half an answer": lambda _: Mishap(answer="half"),
    "took effect, 500": lambda line: Mishap(answer=line.refusal(500)),
    "took effect, a proxy's page": lambda _: Mishap(answer=PAGE),
    "took effect late, no answer": lambda _: Mishap(late=READ_TIMEOUT + 1),
    "refused with 503": lambda line: Mishap(arrives=False, answer=line.refusal(503)),
    "refused with 429": lambda line: Mishap(arrives=False, answer=line.refusal(429, 7)),
}
