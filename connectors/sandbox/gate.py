"""The gate before the vendor's API: it logs every call and makes the planned faults happen."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, Response, g, request

from connectors.sandbox.edits import second
from connectors.sandbox.facade import Facade
from connectors.sandbox.faults import Call, Fault, Faults
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.text import html_of_text

CALLS_KEPT = 5000


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call of the vendor's API."""

    at: datetime
    method: str
    path: str
    status: int
    client: str
    fault: str | None = None


class CallLog:
    """The latest calls, oldest first; forgotten when the sandbox ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[CallRecord] = deque(maxlen=CALLS_KEPT)

    def add(self, call: CallRecord) -> None:
        """Note a call."""
        with self._lock:
            self._calls.append(call)

    def all(self) -> list[CallRecord]:
        """List the calls."""
        with self._lock:
            return list(self._calls)


class Gate:
    """Stands before one vendor's blueprint."""

    def __init__(
        self,
        desk: Helpdesk,
        facade: Facade,
        faults: Faults,
        calls: CallLog,
        sleep: Callable[[float], None],
    ) -> None:
        self._desk, self._facade, self._faults = desk, facade, faults
        self._calls, self._sleep = calls, sleep

    def guard(self, app: Flask, blueprint: str) -> None:
        """Put the gate before the vendor's routes and no others."""

        @app.before_request
        def before() -> Response | None:
            return self._before() if request.blueprint == blueprint else None

        @app.after_request
        def after(answer: Response) -> Response:
            return self._after(answer) if request.blueprint == blueprint else answer

    def _before(self) -> Response | None:
        path = request.path
        call = Call(request.method, path, self._facade.ticket_of(path))
        refused = self._faults.take({"rate_limited", "server_error"}, call)
        if refused is not None:
            g.fault = refused
            return self._refuse(refused)
        if not self._facade.write(request.method, path):
            return None
        late = self._faults.take({"late_effect"}, call)
        if late is not None:
            g.fault = late
            self._hold(late)
        between = self._faults.take({"agent_in_between"}, call)
        if between is not None and call.ticket is not None:
            g.fault = between
            self._agent_acts(between, call.ticket)
        lost = self._faults.take({"lost_answer"}, call)
        if lost is not None:
            g.fault = lost
        return None

    def _refuse(self, fault: Fault) -> Response:
        status = 429 if fault.kind == "rate_limited" else fault.status
        after = fault.retry_after if fault.kind == "rate_limited" else None
        return self._facade.refusal(status, retry_after=after, plain=fault.plain)

    def _hold(self, fault: Fault) -> None:
        request.get_data()  # read it now: the client may be gone when it takes effect
        if fault.drop_after is None or fault.drop_after >= fault.seconds:
            self._sleep(fault.seconds)
            return
        self._sleep(fault.drop_after)
        _cut()
        self._sleep(fault.seconds - fault.drop_after)

    def _agent_acts(self, fault: Fault, number: int) -> None:
        ticket = self._desk.ticket(number)
        if ticket is None:
            return
        at = ticket.updated_at if fault.same_second else None
        while at is None and second(self._desk.now()) <= ticket.updated_at:
            self._sleep(0.05)  # so that the stamp, which counts in seconds, does move
        self._desk.say(number, self._desk.agent, html_of_text(fault.text), at=at)

    def _after(self, answer: Response) -> Response:
        fault: Fault | None = g.get("fault")
        if fault is not None and fault.kind == "lost_answer":
            answer = self._lose(fault)
        self._calls.add(
            CallRecord(
                at=self._desk.now(),
                method=request.method,
                path=request.full_path.rstrip("?"),
                status=answer.status_code,
                client=request.headers.get("User-Agent", ""),
                fault=fault.kind if fault else None,
            )
        )
        return answer

    def _lose(self, fault: Fault) -> Response:
        if fault.answer == "error":
            return self._facade.refusal(fault.status, retry_after=None, plain=fault.plain)
        if fault.answer == "hold":
            self._sleep(fault.seconds)
        _cut()
        # Nobody reads this, except where there is no socket to cut: under a test client.
        return Response("The answer was lost on the way.\n", 502)


def _cut() -> None:
    """Drop the connection under the caller's hands."""
    connection: socket.socket | None = request.environ.get("gunicorn.socket")
    if connection is not None:
        with suppress(OSError):  # the client may have left already
            connection.shutdown(socket.SHUT_RDWR)
