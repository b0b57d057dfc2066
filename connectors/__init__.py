"""Connectors: one small contract over Zendesk, Freshdesk and Intercom.

A free-standing library: it knows nothing of Understudy's app. ``connect`` builds the connector of
an account; ``base.Connector`` says what it promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from connectors.base import Connector
from connectors.config import ACCOUNT_KEY, variable_prefix
from connectors.errors import Misconfigured
from connectors.shared import Shared

# kind -> the module that has connect(account_key, environ, shared)
KINDS: Mapping[str, str] = {
    "zendesk": "connectors.zendesk",
    "freshdesk": "connectors.freshdesk",
    "intercom": "connectors.intercom",
}


def kind_of(account_key: str) -> str:
    """Tell an account's kind: ``zendesk-eu`` is a ``zendesk``. Raises ``Misconfigured``."""
    kind = account_key.partition("-")[0]
    small = account_key.lower()
    if small != account_key and small.partition("-")[0] in KINDS:
        raise Misconfigured([f"HELPDESKS: {account_key!r} has capital letters; write {small!r}"])
    if not ACCOUNT_KEY.fullmatch(account_key) or kind not in KINDS:
        raise Misconfigured(
            [
                f"HELPDESKS: {account_key!r} is not a helpdesk; write one of {', '.join(KINDS)}, "
                "for a second account of a kind with a suffix like zendesk-eu "
                "(lower-case letters, digits and -)"
            ]
        )
    return kind


def connect(
    account_key: str, environ: Mapping[str, str], shared: Shared | None = None
) -> Connector:
    """Build the connector of one account from its variables; raises ``Misconfigured``.

    Nothing is sent anywhere yet. Without ``shared`` each connector logs in for itself.
    """
    module = import_module(KINDS[kind_of(account_key)])
    connector: Connector = module.connect(account_key, environ, shared)
    return connector


def webhook_variable(account_key: str) -> str:
    """Name the variable with the secret by which an account's webhooks are verified.

    A kind whose vendor calls it something else names it in ``SIGNED_WITH``.
    """
    module = import_module(KINDS[kind_of(account_key)])
    return variable_prefix(account_key) + getattr(module, "SIGNED_WITH", "WEBHOOK_SECRET")
