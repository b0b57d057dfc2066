"""Zendesk's face on the sandbox: its REST API and its event webhooks, as a connector meets them.

What it keeps to is described where it is done; what it leaves out: ticket fields other than
subject, status, priority, tags, group, assignee and custom fields are ignored like unknown keys,
uploads are missing, a search knows two words. A customer's answer to a survey is no comment there,
a forward is a private comment; on which page the customer was, a chat's first line tells, and
nothing else. Spam is a deleted ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random, SystemRandom

from connectors.config import variable_prefix
from connectors.sandbox.variables import positive
from connectors.zendesk.sandbox.access import read_credentials
from connectors.zendesk.sandbox.facade import Account, ZendeskFacade


def facade(environ: Mapping[str, str], chance: Random | None = None) -> ZendeskFacade:
    """Build the façade; ``SANDBOX_*`` variables set its credentials.

    ``SANDBOX_WITHHELD_SECONDS`` is how long the export hides fresh changes: a minute at Zendesk,
    nothing here unless told. Raises ``ValueError`` where that is no number. With
    ``SANDBOX_NO_EVENTS`` webhooks take no subscription to tickets' events, with
    ``SANDBOX_PLAIN_AGENT`` the credentials are no admin's, with ``SANDBOX_NO_SEGMENTS`` they may
    read no user segments, with ``SANDBOX_SURVEYS`` customers rate by answering surveys.
    ``SANDBOX_RATE_LIMIT`` is how many calls a minute are let through; without it all of them.
    """
    withheld = timedelta(seconds=positive(environ, "SANDBOX_WITHHELD_SECONDS") or 0)
    account = Account(
        events=not environ.get("SANDBOX_NO_EVENTS"),
        plain_agent=bool(environ.get("SANDBOX_PLAIN_AGENT")),
        surveys=bool(environ.get("SANDBOX_SURVEYS")),
        segments=not environ.get("SANDBOX_NO_SEGMENTS"),
        limit=positive(environ, "SANDBOX_RATE_LIMIT"),
    )
    return ZendeskFacade(read_credentials(environ), chance or SystemRandom(), withheld, account)


def sandbox_environ(
    account_key: str, base_url: str, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The variables that point a Zendesk connector at a sandbox with the same ``environ``."""
    credentials = read_credentials(environ or {})
    prefix = variable_prefix(account_key)
    return {
        f"{prefix}URL": base_url.rstrip("/"),
        f"{prefix}CLIENT_ID": credentials.client_id,
        f"{prefix}CLIENT_SECRET": credentials.client_secret,
        f"{prefix}WEBHOOK_SECRET": credentials.webhook_secret,
    }
