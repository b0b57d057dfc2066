"""What the Freshdesk tests share: fixtures, deliveries, a clock, and a Freshdesk that remembers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses
from requests import PreparedRequest

from connectors.freshdesk import Freshdesk, connect
from connectors.shared import PrivateStore, Shared
from connectors.types import WebhookRequest

BASE = "https://acme.freshdesk.com"
API = f"{BASE}/api/v2"
SECRET = "invented-webhook-secret-of-some-length"
NOW = datetime(2026, 11, 20, 10, 20, 5, tzinfo=UTC)
KEY = "00000000000000aa"
MAYA, TOM, BOT = 67000000001, 67000000002, 67000000003
ENVIRON = {
    "FRESHDESK_URL": BASE,
    "FRESHDESK_API_KEY": "invented-api-key",
    "FRESHDESK_WEBHOOK_SECRET": SECRET,
}

Answer = tuple[int, dict[str, str], str]
Trouble = Callable[[str, str], Answer | Exception | None]


def fixture(name: str) -> Any:
    path = Path(__file__).parent / "fixtures" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


class Clock:
    """A clock that moves only when something sleeps; ``then`` happens at the first sleep."""

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        self.now = NOW
        self.slept: list[float] = []
        self.then = then

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        then, self.then = self.then, None
        if then:
            then()


def freshdesk(
    clock: Clock | None = None, shared: Shared | None = None, /, **environ: str
) -> Freshdesk:
    clock = clock or Clock()
    config = connect("freshdesk", {**ENVIRON, **environ})._config
    store = PrivateStore(lambda: clock().timestamp()) if shared is None else shared
    return Freshdesk(config, store, sleep=clock.sleep, now=clock)


def delivery(body: object, at: datetime = NOW, /, **headers: str) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest("POST", named or {"x-understudy-secret": SECRET}, raw, at)


def json_answer(body: object, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(body)


def conversation(number: int, user: int, text: str, at: str, **changes: object) -> dict[str, Any]:
    raw: dict[str, Any] = fixture("conversations")[0]
    stamp = f"2026-11-20T{at}Z"
    raw |= {"id": 67000001000 + number, "user_id": user, "created_at": stamp, "updated_at": stamp}
    return raw | {"body": f"<div>{text}</div>", "body_text": text} | changes


class Account:
    """A Freshdesk account: one ticket that can be read and written, and who belongs to it.

    ``trouble`` is asked before each call (method, path) and may answer in its place; ``meanwhile``
    happens after each call.
    """

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.ticket: dict[str, Any] = fixture("ticket")
        self.conversations: list[dict[str, Any]] = fixture("conversations")[:3]
        self.calls: list[tuple[str, str, Any]] = []
        self.trouble: Trouble = lambda method, path: None
        self.meanwhile: Trouble = lambda method, path: None
        self.records: dict[str, Any] = {
            "agents/me": fixture("agent_me"),
            f"agents/{TOM}": fixture("agent"),
            f"contacts/{MAYA}": fixture("contact"),
            "companies/67000000401": fixture("company"),
            "groups": fixture("groups"),
            "ticket_fields": fixture("ticket_fields"),
        }
        for method in ("GET", "POST", "PUT", "DELETE"):
            mock.add_callback(method, re.compile(rf"{re.escape(API)}/.*"), callback=self._answer)

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        return [call for call in self.calls if call[0] != "GET"]

    def count(self, path: str) -> int:
        return sum(1 for _, called, _ in self.calls if called == path)

    def _answer(self, request: PreparedRequest) -> Answer:
        parts = urlsplit(request.url or "")
        path = parts.path.removeprefix("/api/v2/")
        method = str(request.method)
        body = json.loads(request.body) if request.body else None
        self.calls.append((method, path, body))
        trouble = self.trouble(method, path)
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is not None:
            return trouble
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        found = self._read(path, page) if method == "GET" else self._write(path, body)
        after = self.meanwhile(method, path)
        if isinstance(after, Exception):
            raise after
        return after or found

    def _read(self, path: str, page: int) -> Answer:
        if path == "tickets/5158":
            return json_answer(self.ticket)
        if path == "tickets/5158/conversations":
            return json_answer(self.conversations[100 * (page - 1) : 100 * page])
        if path in self.records:
            record = self.records[path]
            return json_answer(record if page == 1 or isinstance(record, dict) else [])
        return 404, {}, ""

    def _write(self, path: str, body: Any) -> Answer:
        if path.endswith("/notes"):
            return self._say(5, body, fixture("note_written"), source=2, private=True)
        if path.endswith("/reply"):
            return self._say(6, body, fixture("reply_written"))
        if path == "tickets/5158":
            self.ticket |= body
            return json_answer(self.ticket)
        return 404, {}, ""

    def _say(self, number: int, body: Any, answer: dict[str, Any], **changes: object) -> Answer:
        raw = conversation(number, BOT, "", f"10:20:0{number}", body=body["body"], **changes)
        self.conversations.append(raw)
        return json_answer(answer, 201)

    def says(self, number: int, user: int, text: str, **changes: object) -> None:
        self.conversations.append(conversation(number, user, text, "10:20:05", **changes))


LOST = requests.ReadTimeout()
