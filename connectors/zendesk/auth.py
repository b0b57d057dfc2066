"""How we prove who we are to Zendesk: OAuth client credentials, or a legacy API token.

Facts: ``POST /oauth/tokens`` in Zendesk's description of the Support API, and its OAuth migration
guide (no account can create API tokens since 2026-10-27; all stop on 2027-04-30).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.errors import AuthFailed, Rejected, VendorBroken
from connectors.http import HelpdeskSession, RenewableAuth, read_json, utc_now

# One space-separated string: an array yields a token whose every call is answered 403. Reading
# ticket audits needs the global "read" ("tickets:read" is refused); all we write is tickets.
SCOPE = "read tickets:write"
LIFETIME = 3600  # asked for in seconds; 300 to 172800 are allowed, the default may be "never"
MARGIN = timedelta(seconds=60)


class _Token(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    access_token: str = Field(min_length=1)
    expires_in: float | None = None


class ClientCredentials(RenewableAuth):
    """A bearer token that is fetched when first needed and again shortly before it expires.

    Client credentials have no refresh token: one simply asks again, and a token that another
    process holds stays good.
    """

    def __init__(
        self, client_id: str, client_secret: str, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._now = now
        self._token = ""
        self._expires: datetime | None = None
        self._session: HelpdeskSession | None = None
        self._address = ""

    def bind(self, session: HelpdeskSession, base_url: str) -> None:
        """Tell through which session to ask for tokens: the one that will use them."""
        self._session = session
        self._address = f"{base_url}/oauth/tokens"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put a token that is still good on a request."""
        if not self._token or (self._expires and self._now() >= self._expires):
            self._fetch()
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def renew(self) -> None:
        """Drop the token: an admin revoked it, or Zendesk's clock is not ours."""
        self._token = ""

    def _fetch(self) -> None:
        if self._session is None:
            raise AuthFailed("Zendesk OAuth has no session to ask for a token with")
        ask = {"grant_type": "client_credentials", "scope": SCOPE, "expires_in": LIFETIME}
        try:
            response = self._session.post(
                self._address, json={**ask, **self._client}, auth=Anonymous()
            )
        except Rejected as error:
            # A wrong secret or a scope that the client lacks comes as 400 invalid_grant and such.
            raise AuthFailed(f"no OAuth token: {error}") from None
        try:
            token = _Token.model_validate(read_json(response, "Zendesk"))
        except ValidationError:
            raise VendorBroken("Zendesk answered without an access token") from None
        self._token = token.access_token
        self._expires = None
        if token.expires_in:
            lifetime = timedelta(seconds=token.expires_in)
            self._expires = self._now() + max(lifetime - MARGIN, lifetime / 2)


class Anonymous(AuthBase):
    """No credentials, said aloud: with plain ``None`` requests would look into ``~/.netrc``."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Leave the request as it is."""
        return request


def api_token_auth(email: str, api_token: str) -> AuthBase:
    """Build the legacy credentials: basic auth as ``{email}/token``."""
    return HTTPBasicAuth(f"{email}/token", api_token)
