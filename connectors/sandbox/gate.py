"""The gate before the vendor's API: it logs every call and makes the planned faults happen."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, Response, g, request

from connectors.sandbox import between
from connectors.sandbox.between import Meanwhile
from connectors.sandbox.facade import Facade
from connectors.sandbox.faults import Call, Fault, FaultKind, Faults
from connectors.sandbox.helpdesk import Helpdesk

CALLS_KEPT = 5000
_REFUSING: frozenset[FaultKind] = frozenset({"rate_limited", "server_error", "unanswered"})


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
        self._meanwhile = Meanwhile(desk, facade, sleep)

    def guard(self, app: Flask, blueprint: str) -> None:
        """Put the gate before the vendor's routes and no others."""

        @app.before_request
        def before() -> Response | None:
            return self._before() if request.blueprint == blueprint else None

        @app.after_request
        def after(answer: Response) -> Response:
            return self._after(answer) if request.blueprint == blueprint else answer

    def _take(self, kinds: Collection[FaultKind]) -> Fault | None:
        path = request.path
        call = Call(request.method, path, self._facade.ticket_of(path))
        fault = self._faults.take(kinds, call)
        if fault is not None:
            g.setdefault("faults", []).append(fault)
        return fault

    def _before(self) -> Response | None:
        write = self._facade.write(request.method, request.path)
        refused = self._take({*_REFUSING, "conflict"} if write else _REFUSING)
        if refused is not None:
            return self._refuse(refused)
        if not write:
            return None
        late = self._take({"late_effect"})
        if late is not None:
            self._hold(late)
        number = self._facade.ticket_of(request.path)
        if number is not None:
            self._let_people_act(number)
        self._take({"lost_answer"})
        return None

    def _let_people_act(self, number: int) -> None:
        for kind in between.KINDS:
            fault = self._take({kind}) if self._meanwhile.possible(number) else None
            if fault is not None:
                self._meanwhile.act(fault, number)

    def _refuse(self, fault: Fault) -> Response:
        if fault.kind == "unanswered":
            request.get_data()
            self._sleep(fault.seconds)
            return _lost()
        if fault.kind == "conflict":
            return self._facade.conflict() or _lost()
        limited = fault.kind == "rate_limited"
        status, after = (429, fault.retry_after) if limited else (fault.status, None)
        return self._facade.refusal(status, retry_after=after, plain=fault.plain)

    def _hold(self, fault: Fault) -> None:
        request.get_data()  # read it now: the client may be gone when it takes effect
        if fault.drop_after is None or fault.drop_after >= fault.seconds:
            self._sleep(fault.seconds)
            return
        self._sleep(fault.drop_after)
        _cut()
        self._sleep(fault.seconds - fault.drop_after)

    def _after(self, answer: Response) -> Response:
        faults: list[Fault] = g.get("faults", [])
        if faults and faults[-1].kind == "lost_answer":
            answer = self._lose(faults[-1])
        elif answer.is_json and 200 <= answer.status_code < 300 and self._take({"truncated"}):
            whole = answer.get_data()
            answer.set_data(whole[: len(whole) // 2])
        self._calls.add(
            CallRecord(
                at=self._desk.now(),
                method=request.method,
                path=request.full_path.rstrip("?"),
                status=answer.status_code,
                client=request.headers.get("User-Agent", ""),
                fault=", ".join(fault.kind for fault in g.get("faults", [])) or None,
            )
        )
        return answer

    def _lose(self, fault: Fault) -> Response:
        if fault.answer == "error":
            return self._facade.refusal(fault.status, retry_after=None, plain=fault.plain)
        if fault.answer == "hold":
            self._sleep(fault.seconds)
        return _lost()


def _lost() -> Response:
    _cut()
    # Nobody reads this, except where there is no socket to cut: under a test client.
    return Response("The answer was lost on the way.\n", 502)


def _cut() -> None:
    """Drop the connection under the caller's hands."""
    connection: socket.socket | None = request.environ.get("gunicorn.socket")
    if connection is not None:
        with suppress(OSError):  # the client may have left already
            connection.shutdown(socket.SHUT_RDWR)
