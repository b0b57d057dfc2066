"""What an admin sets for one workspace."""

from __future__ import annotations

from typing import Literal

from pydantic import SecretStr, field_validator

from connectors.config import NO_SECRET, ConnectorConfig, is_loopback, several
from connectors.intercom.client import HOSTS


class IntercomConfig(ConnectorConfig):
    """One workspace's settings: ``INTERCOM_URL``, token, client secret, and who the bot writes as.

    ``client_secret`` may hold several, separated by commas, so that one can be changed.
    """

    access_token: SecretStr
    client_secret: SecretStr = NO_SECRET
    admin_id: str
    version: Literal["2.15", "2.16"] = "2.15"
    app_id: str = ""

    @field_validator("url")
    @classmethod
    def _region(cls, value: str) -> str:
        if value not in HOSTS and not is_loopback(value):
            raise ValueError(f"must be the address of your region: {', '.join(HOSTS)}")
        return value

    @field_validator("access_token")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        # It goes into a header, which takes neither spaces nor letters beyond ASCII.
        token = value.get_secret_value()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ValueError("is no access token: it has a space or a strange character in it")
        return value

    @field_validator("admin_id")
    @classmethod
    def _number(cls, value: str) -> str:
        if not (value.isascii() and value.isdigit()):
            raise ValueError(
                "must be a teammate's number, as at the end of its address in Settings"
            )
        return value

    @property
    def secrets(self) -> tuple[str, ...]:
        """The client secrets."""
        return several(self.client_secret)
