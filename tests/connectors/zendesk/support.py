"""What the Zendesk tests share: fixtures, signed deliveries, a clock that can be set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import responses
from requests import PreparedRequest

from connectors.config import read_config
from connectors.signing import hmac_sha256_base64
from connectors.types import WebhookRequest
from connectors.zendesk import Zendesk, ZendeskConfig, connect

BASE = "https://acme.zendesk.com"
API = f"{BASE}/api/v2"
SECRET = "invented-signing-secret=="
NOW = datetime(2026, 11, 20, 10, 20, 5, tzinfo=UTC)
LATER = "Fri, 20 Nov 2026 10:20:05 GMT"  # well after the fixtures' last change
KEY = "00000000000000aa"
ENVIRON = {
    "ZENDESK_URL": BASE,
    "ZENDESK_CLIENT_ID": "understudy",
    "ZENDESK_CLIENT_SECRET": "invented-client-secret",
    "ZENDESK_WEBHOOK_SECRET": SECRET,
}


def config(**settings: str) -> ZendeskConfig:
    """The account's settings; what is given stands in for variables without their prefix."""
    named = {f"ZENDESK_{name.upper()}": value for name, value in settings.items()}
    return read_config(ZendeskConfig, "zendesk", {**ENVIRON, **named})


def fixture(name: str) -> Any:
    path = Path(__file__).parent / "fixtures" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


class Clock:
    """A clock that moves only when something sleeps."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def zendesk(clock: Clock | None = None, /, **environ: str) -> Zendesk:
    connector = connect("zendesk", {**ENVIRON, **environ})
    if clock:
        connector = Zendesk(connector._config, sleep=clock.sleep, now=clock)
    return connector


def delivery(
    body: object, *, secret: str = SECRET, at: datetime = NOW, **headers: str
) -> WebhookRequest:
    """Build a delivery, pretty-printed as Zendesk's are, and signed."""
    raw = body if isinstance(body, bytes) else json.dumps(body, indent=3).encode()
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return WebhookRequest(
        method="POST",
        headers={
            "x-zendesk-account-id": "22129848",
            "x-zendesk-webhook-invocation-id": "01HANA2B5D5W9XSJS3NE5SQA1J",
            "x-zendesk-webhook-signature-timestamp": stamp,
            "x-zendesk-webhook-signature": hmac_sha256_base64(secret, stamp.encode() + raw),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        body=raw,
        received_at=NOW,
    )


def serve_token(mock: responses.RequestsMock) -> None:
    mock.post(f"{BASE}/oauth/tokens", json=fixture("token"), status=201)


def serve_ticket(
    mock: responses.RequestsMock,
    tickets: Iterable[tuple[dict[str, Any], str]] | None = None,
    comments: list[dict[str, Any]] | None = None,
) -> None:
    """Serve a ticket: each reading the next (answer, Date); its comments on two pages."""
    for body, date in tickets or [(fixture("ticket"), LATER)]:
        mock.get(f"{API}/tickets/5158", json=body, headers={"Date": date})
    address = f"{API}/tickets/5158/comments"
    if comments is not None:
        mock.get(address, json={**fixture("comments_last"), "comments": comments})
        return
    pages = {None: fixture("comments_first"), "aCursor==": fixture("comments_last")}
    mock.add_callback("GET", address, callback=paged(pages))


def paged(
    pages: dict[str | None, Any],
) -> Callable[[PreparedRequest], tuple[int, dict[str, str], str]]:
    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        params: dict[str, str] = request.params  # type: ignore[attr-defined]
        body = pages[params.get("page[after]")]
        return 200, {"Content-Type": "application/json"}, json.dumps(body)

    return answer


def sent(mock: responses.RequestsMock, method: str) -> list[dict[str, Any]]:
    """List the JSON bodies sent to tickets with a method."""
    return [
        json.loads(call.request.body or "{}")
        for call in mock.calls
        if call.request.method == method and "/tickets/" in (call.request.url or "")
    ]
