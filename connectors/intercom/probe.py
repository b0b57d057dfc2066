"""What an Intercom set-up lacks: a few reads, each turned into a finding for the admin."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.errors import HelpdeskError, NotFound
from connectors.intercom import answers, feed, wire
from connectors.intercom.client import HOSTS, Client
from connectors.intercom.messages import is_operator
from connectors.probing import reads, secret_set
from connectors.setup import Finding


def account(client: Client, app_id: str, version: str) -> Finding:
    """Tell which workspace the token is for, and whether address and workspace fit it."""
    check = "intercom workspace"
    try:
        me = wire.read(answers.Admin, client.get("me"))
    except HelpdeskError as error:
        remedy = (
            "Copy the access token from the Developer Hub > your app > Authentication, and set "
            "INTERCOM_URL to your region's address."
        )
        return Finding(check, ok=False, message=str(error), remedy=remedy)
    app = me.app or answers.App()
    region = (app.region or "").upper()
    message = f"Workspace {app.name or '?'} ({app.id_code or '?'}, {region or '?'}), API {version}."
    if app_id and app.id_code and app_id != app.id_code:
        remedy = f"Set INTERCOM_APP_ID to {app.id_code}: every webhook is refused as it is."
        return Finding(check, ok=False, message=message, remedy=remedy)
    host = next((url for url, place in HOSTS.items() if place == region), None)
    if host and client.base_url in HOSTS and client.base_url != host:
        remedy = f"Set INTERCOM_URL to {host}, where this workspace is kept."
        return Finding(check, ok=False, message=message, remedy=remedy)
    return Finding(check, ok=True, message=message)


def teammate(client: Client, admin_id: str) -> Finding:
    """Tell from whom notes and replies will come, and whether mails of theirs are sent."""
    check = "intercom teammate"
    remedy = "Set INTERCOM_ADMIN_ID to the number of a teammate with an inbox seat."
    try:
        admin = wire.read(answers.Admin, client.get(f"admins/{admin_id}"))
    except NotFound:
        message = f"The workspace has no teammate {admin_id}."
        return Finding(check, ok=False, message=message, remedy=remedy)
    except HelpdeskError as error:
        remedy = "Let the app read admins (Developer Hub > your app > Authentication)."
        return Finding(check, ok=False, message=str(error), remedy=remedy)
    who = f"The bot writes as {admin.name or admin_id}."
    if admin.type not in (None, "admin") or is_operator(admin.email):
        # Stored as a comment of a bot, it is never sent: Intercom's description of replies.
        who += " That is Intercom's own bot: what it replies to a mail is not sent to the customer."
        return Finding(check, ok=False, message=who, remedy=remedy)
    if admin.has_inbox_seat is False:
        who += " That teammate has no inbox seat."
        return Finding(check, ok=False, message=who, remedy=remedy)
    return Finding(check, ok=True, message=who)


def help_centre(client: Client) -> Finding:
    """Tell whether articles can be read."""
    return reads(
        "intercom help centre",
        lambda: wire.read(answers.Articles, client.get("articles", {"per_page": 1})),
        "The help centre can be read.",
        "Let the app read and list articles; until then answers come from other sources only.",
    )


def search(client: Client, now: datetime) -> Finding:
    """Tell whether changed conversations can be found."""
    return reads(
        "intercom change feed",
        lambda: _search(client, "conversations", now),
        "Changed conversations can be searched.",
        "Let the app read conversations; until then a lost webhook is not noticed and nothing is "
        "learned from what agents send.",
    )


def tickets(client: Client, now: datetime) -> Finding:
    """Tell whether changed tickets can be found."""
    return reads(
        "intercom tickets",
        lambda: _search(client, "tickets", now),
        "Changed tickets can be searched.",
        "If your team uses tickets, let the app read and write them.",
    )


def client_secret(present: bool) -> Finding:
    """Tell whether webhooks can be verified at all."""
    return secret_set(
        "intercom client secret",
        "client secret",
        present,
        "Copy it from the Developer Hub > your app > Basic information into "
        "INTERCOM_CLIENT_SECRET.",
    )


def _search(client: Client, kind: str, now: datetime) -> object:
    start = int((now - timedelta(minutes=2)).timestamp())
    return wire.read(answers.Found, client.post(f"{kind}/search", feed.query(start, None, 1)))
