"""What ``SANDBOX_*`` variables say about the account: its key, its budget, its rules."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.freshdesk.sandbox.errors import unauthenticated
from connectors.sandbox.variables import choice, flag, positive

STYLES = ("json", "zulip", "form", "xml", "broken")
AUTHS = ("header", "basic")
USUAL_LIMIT = 5000  # a minute; the largest plan has 700, but a demo must not have to wait
# Invented, and good for nothing but a sandbox on loopback.
_KEY, _SECRET = "sandbox-freshdesk-key", "sandbox-freshdesk-webhook-secret"


@dataclass(frozen=True, slots=True)
class Settings:
    """The account as its admin has set it up; ``limit`` is kept only where it is ``enforced``."""

    api_key: str = _KEY
    webhook_secret: str = _SECRET
    limit: int = USUAL_LIMIT
    enforced: bool = False
    style: str = "json"
    auth: str = "header"
    update_rule: bool = False
    rules_see_bot: bool = False
    admin: bool = True
    closing_needs_category: bool = False


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the variables; raises ``ValueError`` with the name of the one that is wrong."""
    limit = positive(environ, "SANDBOX_RATE_LIMIT")
    return Settings(
        api_key=environ.get("SANDBOX_API_KEY") or _KEY,
        webhook_secret=environ.get("SANDBOX_WEBHOOK_SECRET") or _SECRET,
        limit=limit or USUAL_LIMIT,
        enforced=limit is not None,
        style=choice(environ, "SANDBOX_WEBHOOK_STYLE", STYLES),
        auth=choice(environ, "SANDBOX_WEBHOOK_AUTH", AUTHS),
        update_rule=flag(environ, "SANDBOX_UPDATE_RULE"),
        rules_see_bot=flag(environ, "SANDBOX_RULES_SEE_BOT"),
        admin=not flag(environ, "SANDBOX_PLAIN_AGENT"),
        closing_needs_category=flag(environ, "SANDBOX_CLOSING_NEEDS_CATEGORY"),
    )


def check_key(authorization: str, settings: Settings) -> None:
    """Let a call through or raise 401: the API key is the user, the password is anything."""
    kind, _, value = authorization.partition(" ")
    try:
        user, colon, _ = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        raise unauthenticated() from None
    known = hmac.compare_digest(user.encode(), settings.api_key.encode())
    if kind.casefold() != "basic" or not colon or not known:
        raise unauthenticated()
