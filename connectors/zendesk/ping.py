"""A delivery of ours to ourselves: shows that webhooks arrive, and announces nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from connectors.errors import BadSignature
from connectors.signing import hmac_sha256_base64
from connectors.types import WebhookRequest

EVENT = "zen:event-type:understudy.ping"  # no event of Zendesk's, so nobody acts on it


def ping(now: datetime, secrets: Sequence[str], account_id: str) -> WebhookRequest:
    """Make the delivery, signed as Zendesk signs; raises ``BadSignature`` without a secret."""
    if not secrets:
        raise BadSignature("there is no webhook secret to sign with")
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"id": f"ping {stamp}", "type": EVENT, "time": stamp, "detail": {}, "event": {}}
    raw = json.dumps({**body, "account_id": account_id} if account_id else body).encode()
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-zendesk-webhook-signature-timestamp": stamp,
        "x-zendesk-webhook-signature": hmac_sha256_base64(secrets[0], stamp.encode() + raw),
    }
    if account_id:
        headers["x-zendesk-account-id"] = account_id
    return WebhookRequest("POST", headers, raw, now)
