"""What a Zendesk set-up lacks: about twenty reads, each turned into a finding for the admin.

``probe_user`` looks at who we are, ``probe_webhook`` at how events reach us, ``probe_knowledge`` at
what the team wrote down, ``probe_content`` at what we work on. Nothing is written.
"""

from __future__ import annotations

from connectors.errors import HelpdeskError
from connectors.setup import Finding
from connectors.zendesk import admin, probe_content, probe_knowledge, probe_user, probe_webhook
from connectors.zendesk.probe_user import Look


def probe(look: Look) -> list[Finding]:
    """Look at everything; where we are not let in, at what needs no call."""
    found = [
        probe_user.credentials(look.legacy),
        probe_user.webhook_secret(bool(look.secrets)),
    ]
    try:
        met = admin.meet(look.client)
    except HelpdeskError as error:
        return [*found, probe_user.refused(error)]
    found += probe_user.user(look, met)
    found += probe_webhook.arrival(look)
    found += probe_knowledge.knowledge(look)
    found += probe_content.content(look)
    return found
