"""What a Zendesk set-up lacks: a few reads, each turned into a finding for the admin."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.errors import HelpdeskError
from connectors.probing import reads, secret_set
from connectors.setup import Finding
from connectors.zendesk import wire
from connectors.zendesk.client import Client, speaking_zenpy

LIGHT_AGENT = 1  # role_type; such users can write internal notes only


def bot_user(client: Client) -> Finding:
    """Tell from whom the notes will come, and whether that user may reply in public."""
    check = "zendesk user"
    remedy = "Check the OAuth client's identifier, secret and scopes (read, tickets:write)."
    try:
        with speaking_zenpy():
            user = wire.read(wire.User, client.zenpy.users.me().to_dict())
    except HelpdeskError as error:
        return Finding(check, ok=False, message=str(error), remedy=remedy)
    # Without valid credentials this address answers 200 with an anonymous user, not 401.
    if not user.id:
        return Finding(check, ok=False, message="Zendesk sees us as anonymous.", remedy=remedy)
    who = f"The bot writes as {user.name or user.id} ({user.role})."
    if user.role not in ("agent", "admin"):
        remedy = "Create the OAuth client as an agent or admin, best as one only for the bot."
        return Finding(check, ok=False, message=who, remedy=remedy)
    if user.role_type == LIGHT_AGENT:
        remedy = "Give the bot's user a full agent's role: a light agent cannot reply in public."
        return Finding(check, ok=False, message=who, remedy=remedy)
    return Finding(check, ok=True, message=who)


def help_centre(client: Client) -> Finding:
    """Tell whether articles can be read."""
    return reads(
        "zendesk help centre",
        lambda: client.get("help_center/articles", {"page[size]": 1}),
        "The help centre can be read.",
        "Activate the help centre (Knowledge), or let the bot's user view it; "
        "until then answers come from other sources only.",
    )


def export(client: Client, now: datetime) -> Finding:
    """Tell whether the change feed can be read; Zendesk documents it for admins only."""
    start = int((now - timedelta(minutes=2)).timestamp())
    return reads(
        "zendesk change feed",
        lambda: client.get("incremental/tickets/cursor", {"start_time": start, "per_page": 1}),
        "The incremental export can be read.",
        "Make the bot's user an admin, or give its role the right to export; until then a lost "
        "webhook is not noticed and nothing is learned from what agents send.",
    )


def webhook_secret(present: bool) -> Finding:
    """Tell whether webhooks can be verified at all."""
    return secret_set(
        "zendesk webhook secret",
        "webhook secret",
        present,
        "Copy it from Admin Center > Apps and integrations > Webhooks > your webhook > "
        "Reveal secret into ZENDESK_WEBHOOK_SECRET.",
    )


def credentials(legacy: bool) -> Finding:
    """Tell how we log in, and until when that works."""
    check = "zendesk credentials"
    if not legacy:
        return Finding(check, ok=True, message="Logs in by OAuth client credentials.")
    return Finding(
        check,
        ok=True,
        message="Logs in with an API token; Zendesk stops all of them on 2027-04-30.",
        remedy="Create an OAuth client and set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET.",
    )
