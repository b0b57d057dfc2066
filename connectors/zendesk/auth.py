"""How we prove who we are to Zendesk: OAuth client credentials, or a legacy API token.

Facts: ``POST /oauth/tokens`` in Zendesk's description of the Support API, and its OAuth migration
guide (no account can create API tokens since 2026-10-27; all stop on 2027-04-30).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.bodies import read_json
from connectors.errors import AuthFailed, Rejected, VendorBroken
from connectors.http import Anonymous, HelpdeskSession, RenewableAuth, utc_now
from connectors.shared import Shared

# One space-separated string: an array yields a token whose every call is answered 403. Reading
# ticket audits needs the global "read" ("tickets:read" is refused); all we write is tickets.
SCOPE = "read tickets:write"
LIFETIME = 3600  # asked for in seconds; 300 to 172800 are allowed, the default may be "never"
MARGIN = timedelta(seconds=60)
# A token without an end is shared for this long: the store is not to hold it for ever.
SHARED_SECONDS = 86_400.0
# One exchange takes well under a second. When it takes longer, a second token does no harm.
LOCK_SECONDS = 10.0


class _Answer(BaseModel):
    """What Zendesk answers to who asks for a token."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    access_token: str = Field(min_length=1)
    expires_in: float | None = None


class _Token(BaseModel):
    """A token as it lies in the shared store; ``until`` is when it is not used any more."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    token: str = Field(min_length=1)
    until: AwareDatetime | None = None


class ClientCredentials(RenewableAuth):
    """A bearer token that all processes share, fetched by one of them when it is needed.

    Zendesk keeps a record of every token, and a worker's process lives for one job only: tokens
    of its own would pile up there. Client credentials have no refresh token: one asks again.
    ``scope`` says what the token may do, in Zendesk's words, ``lifetime`` for how many seconds.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        shared: Shared,
        now: Callable[[], datetime] = utc_now,
        *,
        scope: str = SCOPE,
        lifetime: int = LIFETIME,
    ) -> None:
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._scope = scope
        self._lifetime = lifetime
        self._shared = shared
        self._now = now
        self._stored = ""  # as it lies in the store: renewing drops this and nothing newer
        self._session: HelpdeskSession | None = None
        self._address = ""
        self._name = ""

    def bind(self, session: HelpdeskSession, base_url: str) -> None:
        """Tell through which session to ask for tokens: the one that will use them."""
        self._session = session
        self._address = f"{base_url}/oauth/tokens"
        self._name = token_name(base_url, self._client["client_id"], self._scope)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put a token that is still good on a request."""
        token = self._good(self._stored) or self._look_up() or self._fetch_once()
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    def renew(self) -> None:
        """Drop the token: an admin revoked it, or Zendesk's clock is not ours."""
        self._shared.drop(self._name, self._stored)
        self._stored = ""

    def _look_up(self) -> str:
        stored = self._shared.get(self._name) or ""
        token = self._good(stored)
        if token:
            self._stored = stored
        return token

    def _fetch_once(self) -> str:
        with self._shared.lock(self._name, LOCK_SECONDS):
            # Another process may have fetched one while this one waited for the lock.
            return self._look_up() or self._fetch()

    def _good(self, stored: str) -> str:
        """Read a stored token; "" where there is none that may be used now."""
        if not stored:
            return ""
        try:
            held = _Token.model_validate_json(stored)
        except ValidationError:
            return ""  # left by another version of ours
        return "" if held.until and self._now() >= held.until else held.token

    def _fetch(self) -> str:
        if self._session is None:
            raise AuthFailed("Zendesk OAuth has no session to ask for a token with")
        ask = {
            "grant_type": "client_credentials",
            "scope": self._scope,
            "expires_in": self._lifetime,
        }
        try:
            response = self._session.post(
                self._address, json={**ask, **self._client}, auth=Anonymous()
            )
        except Rejected as error:
            # A wrong secret or a scope that the client lacks comes as 400 invalid_grant and such.
            raise AuthFailed(f"no OAuth token: {error}") from None
        try:
            answer = _Answer.model_validate(read_json(response, "Zendesk"))
        except ValidationError:
            raise VendorBroken("Zendesk answered without an access token") from None
        until, seconds = None, SHARED_SECONDS
        if answer.expires_in:
            lifetime = timedelta(seconds=answer.expires_in)
            usable = max(lifetime - MARGIN, lifetime / 2)
            until, seconds = self._now() + usable, usable.total_seconds()
        self._stored = _Token(token=answer.access_token, until=until).model_dump_json()
        self._shared.put(self._name, self._stored, seconds)
        return answer.access_token


def token_name(base_url: str, client_id: str, scope: str = SCOPE) -> str:
    """Name an account's token in the shared store; the client's secret is no part of it.

    The scope is: after an update that asks for more, an older token must not be used.
    """
    digest = hashlib.sha256(f"{client_id}\n{scope}".encode()).hexdigest()[:16]
    return f"zendesk-token:{urlsplit(base_url).netloc}:{digest}"


def api_token_auth(email: str, api_token: str) -> AuthBase:
    """Build the legacy credentials: basic auth as ``{email}/token``."""
    return HTTPBasicAuth(f"{email}/token", api_token)
