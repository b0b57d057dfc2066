"""What the web tests share: an application, and Zendesk as its sender."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select
from werkzeug.test import TestResponse

from app.ledger.tables import deliveries
from app.services import Services
from app.settings import Settings
from app.web import create_app
from connectors.signing import hmac_sha256_base64
from tests.app.fakes import Clock

SECRET = "invented-signing-secret"
ADDRESS = "/webhooks/zendesk"
NO_BROKER = "unix:///nowhere/broker.sock"
CREATED: Mapping[str, Any] = {
    "id": "e1",
    "type": "zen:event-type:ticket.created",
    "account_id": "22",
    "detail": {"id": "4812"},
    "event": {},
}
ENVIRON = {
    "ZENDESK_URL": "http://127.0.0.1:1",
    "ZENDESK_CLIENT_ID": "understudy",
    "ZENDESK_CLIENT_SECRET": "invented-client-secret",
    "ZENDESK_WEBHOOK_SECRET": SECRET,
    "ZENDESK_ACCOUNT_ID": "22",
}


class Office:
    """A web process, and Zendesk that calls it."""

    def __init__(self, folder: Path, *, redis_url: str = NO_BROKER, chroma_url: str = "") -> None:
        settings = Settings(
            helpdesks=("zendesk",), data_dir=folder, redis_url=redis_url, chroma_url=chroma_url
        )
        self.clock = Clock()
        self.services = Services(settings, ENVIRON, clock=self.clock)
        self.client = create_app(self.services).test_client()

    def headers(self, body: bytes, secret: str = SECRET, **others: str) -> dict[str, str]:
        """Sign a body as Zendesk does."""
        stamp = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "X-Zendesk-Account-Id": "22",
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            "X-Zendesk-Webhook-Signature": hmac_sha256_base64(secret, stamp.encode() + body),
            **{name.replace("_", "-"): value for name, value in others.items()},
        }

    def post(
        self,
        body: object,
        headers: Mapping[str, str] | None = None,
        *,
        address: str = ADDRESS,
    ) -> TestResponse:
        """Call the webhook; signed, unless headers say otherwise."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = self.headers(raw) if headers is None else headers
        return self.client.post(address, data=raw, headers=dict(signed))

    def rows(self) -> list[Row[Any]]:
        """Read what was kept."""
        with self.services.ledger.read() as connection:
            return list(connection.execute(select(deliveries).order_by(deliveries.c.received_at)))
