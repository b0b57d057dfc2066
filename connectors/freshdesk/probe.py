"""What a Freshdesk set-up lacks: a few reads, each turned into a finding for the admin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.errors import HelpdeskError
from connectors.freshdesk import wire
from connectors.freshdesk.client import Client
from connectors.probing import reads, secret_set
from connectors.setup import Finding

GLOBAL = 1  # ticket_scope; 2 is the agent's groups, 3 the agent's own tickets
COLLABORATOR = "collaborator"
SHORTEST_SECRET = 20


def bot_agent(client: Client) -> list[Finding]:
    """Tell from whom the notes will come, what that agent may see, and which plan answers."""
    check = "freshdesk agent"
    try:
        agent = wire.read(wire.Agent, client.get("agents/me"))
        headers = client.headers_of("agents/me")
    except HelpdeskError as error:
        remedy = "Check FRESHDESK_URL and FRESHDESK_API_KEY; a Free plan has no API at all."
        return [Finding(check, ok=False, message=str(error), remedy=remedy)]
    who = f"The bot writes as {agent.contact.name or agent.id}."
    found = Finding(check, ok=True, message=who)
    if agent.type == COLLABORATOR:
        remedy = "Use the key of a support agent: a collaborator cannot reply in public."
        found = Finding(check, ok=False, message=who, remedy=remedy)
    elif agent.ticket_scope not in (GLOBAL, None):
        message = f"{who} It does not see all tickets."
        remedy = "Give that agent global access (Admin > Agents > ticket scope)."
        found = Finding(check, ok=False, message=message, remedy=remedy)
    return [found, rate(headers.get("X-RateLimit-Total", ""))]


def rate(total: str) -> Finding:
    """Tell how many calls a minute the plan has for all tools together."""
    check = "freshdesk rate limit"
    if not re.fullmatch(r"\d{1,9}", total, re.ASCII):
        return Finding(check, ok=True, message="Freshdesk does not tell its rate limit.")
    message = f"The account has {int(total)} API calls a minute, shared with all other tools."
    remedy = "Choose a plan with an API (Growth or higher)."
    return Finding(check, ok=int(total) > 0, message=message, remedy="" if int(total) else remedy)


def listing(client: Client, now: datetime) -> Finding:
    """Tell whether changed tickets can be listed."""
    since = (now - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return reads(
        "freshdesk change feed",
        lambda: client.headers_of(f"tickets?updated_since={since}&per_page=1"),
        "Changed tickets can be listed.",
        "Let the bot's agent view tickets; until then a lost webhook is not noticed and nothing "
        "is learned from what agents send.",
    )


def groups(client: Client) -> Finding:
    """Tell whether groups can be found by name."""
    return reads(
        "freshdesk groups",
        lambda: client.headers_of("groups?per_page=1"),
        "Groups can be read.",
        "Give the bot's agent a role that may view groups; until then a handoff stays in the "
        "group where it is.",
    )


def help_centre(client: Client) -> Finding:
    """Tell whether articles can be read."""
    return reads(
        "freshdesk solutions",
        lambda: client.headers_of("solutions/categories?per_page=1"),
        "The solutions can be read.",
        "Give the bot's agent a role that may view solutions; until then answers come from other "
        "sources only.",
    )


def webhook_secret(secrets: Sequence[str]) -> Finding:
    """Tell whether webhooks can be verified at all, and whether the secret can be guessed."""
    check = "freshdesk webhook secret"
    if secrets and min(map(len, secrets)) < SHORTEST_SECRET:
        return Finding(
            check,
            ok=False,
            message="A webhook secret is short: nothing else protects the webhooks' address.",
            remedy=f"Use {SHORTEST_SECRET} random characters or more.",
        )
    return secret_set(
        check,
        "webhook secret",
        bool(secrets),
        "Invent a long random one, set it as FRESHDESK_WEBHOOK_SECRET, and put it into the header "
        "X-Understudy-Secret of your webhook rules.",
    )
