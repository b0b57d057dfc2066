"""Who may call: OAuth client credentials, and the e-mail/token pairs that are dying out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.sandbox.helpdesk import BOT
from connectors.zendesk.sandbox.errors import (
    expired,
    forbidden,
    unauthenticated,
)

# Invented, and good for nothing but a sandbox on loopback.
_DEFAULTS = {
    "SANDBOX_CLIENT_ID": "understudy-sandbox",
    "SANDBOX_CLIENT_SECRET": "sandbox-client-secret",
    "SANDBOX_EMAIL": BOT[1],
    "SANDBOX_API_TOKEN": "sandbox-api-token",
    "SANDBOX_SCOPES": "",
    "SANDBOX_WEBHOOK_SECRET": "c2FuZGJveC13ZWJob29rLXNlY3JldC1mb3ItbG9vcGJhY2s=",
}
_SHORTEST, _LONGEST, _USUAL = 300, 172_800, 1800


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the sandbox accepts, and what it signs with.

    ``scopes`` are those that the client may ask for, with spaces between them; "" for all.
    """

    client_id: str
    client_secret: str
    email: str
    api_token: str
    scopes: str
    webhook_secret: str


def read_credentials(environ: Mapping[str, str]) -> Credentials:
    """Read ``SANDBOX_*``; what is not set has a default that everybody knows."""
    chosen = {name: environ.get(name) or default for name, default in _DEFAULTS.items()}
    return Credentials(**{name[8:].lower(): value for name, value in chosen.items()})


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to a request for a token."""

    status: int
    body: Mapping[str, Any]


def grant(wanted: Mapping[str, Any], credentials: Credentials, now: datetime) -> Grant:
    """Hand out a token for client credentials."""
    if wanted.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type", "The grant type is not supported.")
    pair = (str(wanted.get("client_id", "")), str(wanted.get("client_secret", "")))
    if not _same(pair, (credentials.client_id, credentials.client_secret)):
        return _refused(401, "invalid_client", "Client authentication failed.")
    seconds = wanted.get("expires_in", _USUAL)
    if not isinstance(seconds, int) or not _SHORTEST <= seconds <= _LONGEST:
        text = f"expires_in must be between {_SHORTEST} and {_LONGEST}"
        return _refused(400, "invalid_request", text)
    scope = wanted.get("scope", "read write")
    allowed = set(credentials.scopes.split())
    if allowed and isinstance(scope, str) and not set(scope.split()) <= allowed:
        text = "The requested scope is invalid, unknown, or malformed."
        return _refused(400, "invalid_scope", text)
    # An array is taken without a word, and yields a token whose every call is 403.
    usable = scope if isinstance(scope, str) else ""
    token = _token(usable, int(now.timestamp()) + seconds, credentials)
    body = {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": seconds}
    return Grant(201, body)


def _refused(status: int, error: str, description: str) -> Grant:
    return Grant(status, {"error": error, "error_description": description})


def check(
    authorization: str, *, method: str, path: str, credentials: Credentials, now: datetime
) -> None:
    """Let a call through or raise what Zendesk answers."""
    kind, _, value = authorization.partition(" ")
    if kind.casefold() == "bearer":
        scope = scope_of(value.strip(), credentials, now)
        if not _covers(scope, method, path):
            raise forbidden()
    elif kind.casefold() != "basic" or not _basic(value.strip(), credentials):
        raise unauthenticated()


def _basic(value: str, credentials: Credentials) -> bool:
    try:
        given = base64.b64decode(value, validate=True).decode()
    except ValueError:
        return False
    user, _, token = given.partition(":")
    return _same((user, token), (f"{credentials.email}/token", credentials.api_token))


# Tokens carry their scope and end, signed: so they outlive a restart without being kept.
def _token(scope: str, ends: int, credentials: Credentials) -> str:
    payload = base64.urlsafe_b64encode(json.dumps([scope, ends]).encode()).decode()
    return f"{payload}.{_seal(payload, credentials)}"


def _seal(payload: str, credentials: Credentials) -> str:
    key = credentials.client_secret.encode()
    return hmac.new(key, payload.encode(), hashlib.sha256).hexdigest()


def scope_of(value: str, credentials: Credentials, now: datetime) -> str:
    """Tell what a token may do; refuses one that is none, or that has expired."""
    payload, _, seal = value.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(payload, credentials).encode()):
        raise expired()
    scope, ends = json.loads(base64.urlsafe_b64decode(payload))
    if now.timestamp() >= ends:
        raise expired()
    return str(scope)


def _covers(scope: str, method: str, path: str) -> bool:
    verb = "read" if method in {"GET", "HEAD"} else "write"
    if path.removesuffix(".json").endswith("/audits"):
        return verb in scope.split()  # audits need the global scope; tickets:read is refused
    resource = path.removeprefix("/api/v2/").partition("/")[0].removesuffix(".json")
    return bool({verb, f"{resource}:{verb}"} & set(scope.split()))


def _same(given: tuple[str, str], right: tuple[str, str]) -> bool:
    return hmac.compare_digest("\0".join(given).encode(), "\0".join(right).encode())
