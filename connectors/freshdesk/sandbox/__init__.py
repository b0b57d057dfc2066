"""Freshdesk's face on the sandbox: its REST API v2 and the webhooks of its automation rules.

What it keeps to is described where it is done; most of it is from the official API page (a copy
of late 2025) and from recorded answers. What it leaves out: ticket creation, search, bulk
calls, forwarding, merging, summaries, watchers, time entries, forms, discussions
and uploads (``multipart/form-data``). Automation rules and scenarios answer 403, as they do to
whoever is no admin: nobody has recorded how they look. An update takes
subject, type, status, priority, agent, group, tags and custom fields, and refuses what else
Freshdesk would take. The limits per endpoint within the account's budget are not kept.

Nobody has verified, and the sandbox assumes: tickets are archived 120 days after they were closed,
and their own address answers 404 from then on; closed tickets take notes, replies and updates; spam
and deleted ones answer 405 to notes and replies as they do to updates, and stay readable, with
``deleted: true``; a reply changes no status; a category lists only the folders right below it;
errors but the recorded ones have these words. From the sandbox's core comes what Freshdesk does
not do by itself: an unassigned ticket that an agent resolves becomes that agent's, and a
customer's reply to a closed ticket is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random, SystemRandom

from connectors.config import variable_prefix
from connectors.freshdesk.sandbox.canned import USUAL
from connectors.freshdesk.sandbox.facade import FreshdeskFacade
from connectors.freshdesk.sandbox.settings import read_settings
from connectors.freshdesk.sandbox.shapes import PAGE_FIELD


def facade(environ: Mapping[str, str], chance: Random | None = None) -> FreshdeskFacade:
    """Build the façade; ``SANDBOX_*`` variables are the account's settings.

    Raises ``ValueError`` with the name of the variable that is wrong.
    """
    return FreshdeskFacade(read_settings(environ), chance or SystemRandom())


def sandbox_environ(
    account_key: str, base_url: str, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The variables that point a Freshdesk connector at a sandbox with the same ``environ``."""
    settings = read_settings(environ or {})
    prefix = variable_prefix(account_key)
    return {
        f"{prefix}URL": base_url.rstrip("/"),
        f"{prefix}API_KEY": settings.api_key,
        f"{prefix}WEBHOOK_SECRET": settings.webhook_secret,
        f"{prefix}PAGE_FIELD": PAGE_FIELD,
        f"{prefix}CANNED_FOLDERS": USUAL,
    }
