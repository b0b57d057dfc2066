"""A sandbox on a real port, whose callers and whose waits live in virtual time.

Each request goes through a real socket. What parks is the thread that serves it; its caller waits
at the socket meanwhile. A caller that has waited too long, or whose connection is to be cut, goes
on at that moment, and what it asked for takes effect when it does: later, if need be.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from unittest import mock
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from flask import Flask
from requests.adapters import HTTPAdapter
from rq.timeouts import JobTimeoutException

from tests.chaos.kernel import Kernel, Parked

READ_TIMEOUT = 30.0  # what connectors grant, in seconds
HEADER = "X-Soak-Call"
# Real seconds that nobody is to wait: the virtual time-out comes first.
NEVER = (5.0, 600.0)


@dataclass
class Caller:
    """Who calls: a worker at one of its jobs. ``seen`` tells how far it knows each ticket."""

    name: str
    deadline: datetime
    step: Callable[[], None]  # before and after each call; may raise
    latency: Callable[[], float]
    key: str = ""  # of the change that is being applied
    seen: dict[int, int] = field(default_factory=dict)  # ticket → audits at the last reading


@dataclass
class Hearing:
    """One request while it is served; ``seen`` is what its caller had read of the ticket."""

    caller: Caller
    until: datetime
    ticket: int | None = None
    seen: int = 0
    key: str = ""
    connection: socket.socket | None = None
    waits: bool = True  # the caller still listens
    cut: bool = False  # the sandbox has dropped the connection
    timed_out: bool = False

    def shutdown(self, _how: int) -> None:
        """Stand where the sandbox expects the socket: it is cut when the caller's turn comes."""
        self.cut = True


class Handler(BaseHTTPRequestHandler):
    """Serves many requests on one connection, as the sandbox's own server does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def parse_request(self) -> bool:
        """Read the head of a request; whatever its method, ``do_any`` serves it."""
        parsed = super().parse_request()
        if parsed:
            setattr(self, f"do_{self.command}", self.do_any)
        return parsed

    def do_any(self) -> None:
        """Answer one request in one piece."""
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], info: Any = None) -> Any:
            told[:] = [status, headers]
            return lambda _: None

        body = b"".join(self.server.serve(self._environ(), start))
        status, headers = told
        length = [] if any(n.lower() == "content-length" for n, _ in headers) else [len(body)]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        lines += [f"Content-Length: {each}" for each in length]
        with suppress(OSError):  # the caller may have left
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _environ(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        host, port = self.server.server_address[:2]
        return {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "gunicorn.socket": self.connection,
            **{f"HTTP_{n.upper().replace('-', '_')}": v for n, v in self.headers.items()},
        }

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True

    def __init__(self, serve: Callable[[dict[str, Any], Any], Iterable[bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.serve = serve

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that were cut."""


class Loopback:
    """The way to one façade. ``heard`` is told of each request that was served, with its method."""

    def __init__(self, kernel: Kernel, ticket_of: Callable[[str], int | None]) -> None:
        self._kernel = kernel
        self._ticket_of = ticket_of
        self._here = threading.local()
        self._hearings: dict[str, Hearing] = {}
        self._numbers = 0
        self._server: Server | None = None
        self.heard: Callable[[Hearing, str, int], None] = lambda *_: None
        self._app: Flask | None = None

    # The helpdesk's side

    def open(self, app: Flask) -> str:
        """Serve the app from now on; tells the address."""
        self._app = app
        self._server = server = Server(self._serve)
        threading.Thread(target=server.serve_forever, name="façade", daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    def close(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def hearing(self) -> Hearing | None:
        """The request that this thread serves, if it does."""
        found: Hearing | None = getattr(self._here, "hearing", None)
        return found

    def sleep(self, seconds: float) -> None:
        """Wait as the sandbox does: the caller loses patience, or finds the line cut."""
        hearing = self.hearing
        if hearing is None or not hearing.waits:
            self._kernel.sleep(seconds)
            return
        left = 0.0 if hearing.cut else (hearing.until - self._kernel.now).total_seconds()
        if seconds < left:
            self._kernel.sleep(seconds)
            return
        if left > 0:
            self._kernel.sleep(left)
        hearing.timed_out = not hearing.cut
        parked = self._kernel.wake(seconds - max(left, 0.0), Parked())
        self._dismiss(hearing)
        self._kernel.wait(parked)  # the turn is the caller's now

    def _dismiss(self, hearing: Hearing) -> None:
        hearing.waits = False
        if hearing.connection is not None:
            with suppress(OSError):
                hearing.connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        assert self._app is not None
        hearing = self._hearings.pop(environ.get("HTTP_X_SOAK_CALL", ""), None)
        if hearing is None:  # no worker: setting up, judging
            return self._app(environ, start_response)
        hearing.connection = environ["gunicorn.socket"]
        environ["gunicorn.socket"] = hearing
        self._here.hearing = hearing
        told: list[int] = []

        def start(status: str, headers: list[tuple[str, str]], info: Any = None) -> Any:
            told.append(int(status.partition(" ")[0]))
            return start_response(status, headers, info)

        try:
            answer = list(self._app(environ, start))
            self.heard(hearing, str(environ["REQUEST_METHOD"]), told[-1])
        finally:
            self._here.hearing = None
            if not hearing.waits:
                self._kernel.leave()
        if hearing.cut and hearing.waits:
            self._dismiss(hearing)
        return answer

    # The caller's side

    def call(
        self, caller: Caller, request: requests.PreparedRequest, carry: Callable[[], Any]
    ) -> Any:
        """Carry a worker's request to the helpdesk; raises what ``requests`` would raise."""
        caller.step()
        self.wait(caller, caller.latency())
        self._numbers += 1
        number = str(self._numbers)
        until = min(self._kernel.now + timedelta(seconds=READ_TIMEOUT), caller.deadline)
        ticket = self._ticket_of(urlsplit(request.url or "").path)
        hearing = Hearing(caller, until, ticket, caller.seen.get(ticket or 0, 0), caller.key)
        self._hearings[number] = hearing
        request.headers[HEADER] = number
        try:
            answer = carry()
        except requests.ConnectionError:
            self._in_time(caller)
            if hearing.timed_out:
                raise requests.ReadTimeout("Read timed out.", request=request) from None
            raise
        self._in_time(caller)
        caller.step()
        return answer

    def wait(self, caller: Caller, seconds: float) -> None:
        """Wait as a worker does: RQ ends a job that takes too long, wherever it is."""
        left = (caller.deadline - self._kernel.now).total_seconds()
        self._kernel.sleep(min(seconds, max(left, 0.0)))
        self._in_time(caller)

    def _in_time(self, caller: Caller) -> None:
        if self._kernel.now >= caller.deadline:
            raise JobTimeoutException("The job took too long")


@contextmanager
def connected(line: Loopback, calling: Callable[[], Caller | None]) -> Iterator[None]:
    """Send what this process asks of helpdesks over this line; ``calling`` tells who asks."""
    original = HTTPAdapter.send

    def send(self: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> Any:
        options["timeout"] = NEVER
        caller = calling()
        if caller is None:
            return original(self, request, **options)
        return line.call(caller, request, lambda: original(self, request, **options))

    with (
        mock.patch.object(HTTPAdapter, "send", send),
        # Looked up for every call, in all of the environment; there is no proxy on loopback.
        mock.patch("requests.sessions.get_environ_proxies", return_value={}),
    ):
        yield
