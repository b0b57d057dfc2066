"""Intercom's face on the sandbox: its REST API and its notifications, as a connector meets them.

A sandbox ticket N is conversation ``"N"``; one that came in by the channel ``form`` is a ticket of
the Tickets API instead, whose ``ticket_id`` is another number. Real ids are longer. Both versions,
2.15 and 2.16, are spoken. What it leaves out, or decides where nobody says:

- A desk's status ``closed`` is final and takes no write (422 ``data_invalid``); Intercom has no
  such state and shows it like any closed conversation. Pending is open, hold is snoozed, and
  nothing wakes up by itself. Deleted and spam are 404; merged is closed and linked.
- What is taken out of a conversation's first message, or of a ticket, is not announced.
- Contacts do not reply through the API, and quick replies, the word ``last`` for an id, a reply's
  ``created_at``, tags' other uses, a conversation's ``read`` and ``company_id`` have no effect or
  are refused. A reply or a note leaves a closed conversation closed.
- A deleted tag leaves every ticket; attributes are of contacts or companies, of plain types, and
  nobody fills them in; macros are the desk's saved replies, and those without a text that
  ``SANDBOX_MACROS`` names. Files have no signature.
- Of a restricted article it is told that it is for users, or that there is some rule. Whoever is
  verified is a user, all others are leads, and the workspace uses identity verification.
- ``sort`` in a search is ignored; the newest change comes first, and ``>`` includes its value.
- Every teammate is in every team. There is one ticket type. An attribute exists where
  ``SANDBOX_ATTRIBUTES`` names it.
- ``delivery_attempts`` stays 1 and the ``id`` the same when a notification is repeated. A 429
  delays that notification only, a 410 ends all until the sandbox starts again. A ``ping`` is
  sent at the start only, and no ``HEAD``.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random, SystemRandom

from connectors.config import variable_prefix
from connectors.intercom.sandbox.access import read_settings
from connectors.intercom.sandbox.facade import IntercomFacade
from connectors.intercom.sandbox.people import APP_ID, BOT_ADMIN_ID


def facade(environ: Mapping[str, str], chance: Random | None = None) -> IntercomFacade:
    """Build the façade; ``SANDBOX_*`` variables set its credentials and what it is unsure of."""
    return IntercomFacade(read_settings(environ), chance or SystemRandom())


def sandbox_environ(
    account_key: str, base_url: str, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The variables that point an Intercom connector at a sandbox with the same ``environ``."""
    settings = read_settings(environ or {})
    prefix = variable_prefix(account_key)
    return {
        f"{prefix}URL": base_url.rstrip("/"),
        f"{prefix}ACCESS_TOKEN": settings.access_token,
        f"{prefix}CLIENT_SECRET": settings.client_secret,
        f"{prefix}ADMIN_ID": str(BOT_ADMIN_ID),
        f"{prefix}APP_ID": APP_ID,
        f"{prefix}VERSION": settings.version,
    }
