"""What the Intercom tests share: fixtures, signed notifications, a clock, a workspace to read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import responses

from connectors.config import ConnectorConfig
from connectors.intercom import Intercom, connect
from connectors.shared import PrivateStore
from connectors.signing import hmac_sha1_hex
from connectors.types import WebhookRequest

BASE = "https://api.intercom.io"
SECRET = "invented-client-secret"
ADMIN = "7001"
CONVERSATION = "215470000000101"
TICKET = "215470000000202"
CONTACT = "6901f0aa11bb22cc33dd44ee"
STARTED = 1795169000  # the second in which the fixtures' conversation began
NOW = datetime.fromtimestamp(STARTED + 800, UTC)
KEY = "00000000000000aa"
ENVIRON = {
    "INTERCOM_URL": BASE,
    "INTERCOM_ACCESS_TOKEN": "invented-access-token",
    "INTERCOM_CLIENT_SECRET": SECRET,
    "INTERCOM_ADMIN_ID": ADMIN,
    "INTERCOM_APP_ID": "abc123de",
}

CONFIG = ConnectorConfig(url=BASE)


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


def intercom(clock: Clock | None = None, /, **environ: str) -> Intercom:
    connector = connect("intercom", {**ENVIRON, **environ})
    if clock:
        connector = Intercom(connector._config, PrivateStore(), sleep=clock.sleep, now=clock)
    return connector


def delivery(body: object, *, secret: str = SECRET, **headers: str) -> WebhookRequest:
    """Build a notification as Intercom sends it, signed."""
    raw = body if isinstance(body, bytes) else json.dumps(body, indent=1).encode()
    return WebhookRequest(
        method="POST",
        headers={
            "user-agent": "intercom-parrot-service-client/1.0",
            "x-hub-signature": f"sha1={hmac_sha1_hex(secret, raw)}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        body=raw,
        received_at=NOW,
    )


def serve(mock: responses.RequestsMock, conversation: dict[str, Any] | None = None) -> None:
    """Serve a workspace with one conversation, one ticket, and who they are with."""
    missing = fixture("error_not_found")
    mock.get(f"{BASE}/conversations/{CONVERSATION}", json=conversation or fixture("conversation"))
    mock.get(f"{BASE}/conversations/{TICKET}", status=404, json=missing)
    mock.get(f"{BASE}/tickets/{TICKET}", json=fixture("ticket"))
    serve_people(mock)


def serve_people(mock: responses.RequestsMock) -> None:
    mock.get(f"{BASE}/contacts/{CONTACT}", json=fixture("contact"))
    mock.get(f"{BASE}/contacts/{CONTACT}/tags", json=fixture("contact_tags"))
    mock.get(f"{BASE}/contacts/{CONTACT}/companies", json=fixture("companies"))
    mock.get(f"{BASE}/teams", json=fixture("teams"))
    mock.get(f"{BASE}/tags", json=fixture("tags"))
    mock.get(f"{BASE}/me", json=fixture("me"))


def sent(mock: responses.RequestsMock) -> list[tuple[str, str, Any]]:
    """List what was written: method, path, body."""
    return [
        (
            str(call.request.method),
            (call.request.url or "").removeprefix(BASE + "/"),
            json.loads(call.request.body or "null"),
        )
        for call in mock.calls
        if call.request.method != "GET"
    ]


def asked(mock: responses.RequestsMock) -> list[str]:
    """List the paths that were read."""
    paths = [call.request.url or "" for call in mock.calls if call.request.method == "GET"]
    return [path.removeprefix(BASE + "/").partition("?")[0] for path in paths]
