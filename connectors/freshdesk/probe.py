"""What a Freshdesk set-up lacks: a few reads, each turned into a finding for the admin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.config import ConnectorConfig
from connectors.errors import HelpdeskError
from connectors.freshdesk import fields, history, probe_knowledge, probe_traffic, wire
from connectors.freshdesk.by_hand import HEADER, RULES
from connectors.freshdesk.client import Client
from connectors.freshdesk.setting_up import (
    REFUSED_KEY,
    SHORTEST_SECRET,
    calling,
    ours,
    rules_of,
)
from connectors.probing import clock, looked, named, reads, secret_set
from connectors.setup import Expected, Finding

GLOBAL = 1  # ticket_scope; 2 is the agent's groups, 3 the agent's own tickets
COLLABORATOR = "collaborator"
SMALL = 100  # calls a minute; one look at a ticket takes about ten
# Of a company, what a plan may be kept in beside fields of a team's own.
_PLANS = frozenset({"", "account_tier", "industry"})


def findings(
    client: Client,
    config: ConnectorConfig,
    secrets: Sequence[str],
    expected: Expected,
    now: datetime,
    *,
    shared: frozenset[str],
) -> list[Finding]:
    """Try all that we rely on; where the key is refused, that is all there is to say.

    ``shared`` names the folders of canned responses that customers are answered from.
    """
    check = "freshdesk agent"
    try:
        agent = wire.read(wire.Agent, client.get("agents/me"))
        headers = client.headers_of("agents/me")
    except HelpdeskError as error:
        return [Finding(check, ok=False, message=str(error), remedy=REFUSED_KEY)]
    return [
        bot_agent(check, agent),
        rate(headers),
        clock("freshdesk clock", "Freshdesk", client.skew),
        listing(client, now),
        groups(client, expected.groups),
        *team_fields(client, config),
        *probe_knowledge.findings(client, shared),
        *customers(client),
        surveys(client, now),
        webhook_secret(secrets),
        *rules(client, expected.webhook_url),
        *probe_traffic.findings(client, agent, expected, now),
    ]


def bot_agent(check: str, agent: wire.Agent) -> Finding:
    """Tell from whom the notes will come, and what that agent may see."""
    who = f"The bot writes as {agent.contact.name or agent.id}."
    if agent.type == COLLABORATOR:
        remedy = "Use the key of a support agent: a collaborator cannot reply in public."
        return Finding(check, ok=False, message=who, remedy=remedy)
    if agent.ticket_scope not in (GLOBAL, None):
        message = f"{who} It does not see all tickets."
        remedy = "Give that agent global access (Admin > Team > Agents > ticket scope)."
        return Finding(check, ok=False, message=message, remedy=remedy)
    return Finding(check, ok=True, message=f"{who} It sees all tickets.")


def rate(headers: Mapping[str, str]) -> Finding:
    """Tell how many calls a minute the plan has for all tools together, and how many are left."""
    check = "freshdesk rate limit"
    total, left = (
        _number(headers.get(f"X-RateLimit-{name}", "")) for name in ("Total", "Remaining")
    )
    if total is None:
        return Finding(check, ok=True, message="Freshdesk does not tell its rate limit.")
    if total == 0:
        message = "The plan has no API calls at all (Free): the bot can neither read nor write."
        remedy = "Choose a plan with an API (Growth or higher)."
        return Finding(check, ok=False, message=message, remedy=remedy)
    message = f"The account has {total} API calls a minute, shared with all other tools."
    if left is not None:
        used = max(0, round(100 * (1 - left / total)))
        message = f"{message} {used}% of this minute's are used."
    remedy = "One look at a ticket takes about ten: expect a few tickets a minute." * (
        total < SMALL
    )
    return Finding(check, ok=True, message=message, remedy=remedy)


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


def groups(client: Client, wanted: Iterable[str]) -> Finding:
    """Tell whether groups can be found by name, and which of those in the rules are not there."""
    check = "freshdesk groups"

    def compare() -> Finding:
        listed = wire.read_all(wire.Group, client.get_all("groups"))
        return named(check, "groups", (group.name for group in listed), wanted)

    return looked(
        check,
        compare,
        "Give the bot's agent a role that may view groups; until then a handoff stays in the "
        "group where it is.",
    )


def team_fields(client: Client, config: ConnectorConfig) -> Iterator[Finding]:
    """Tell whether the fields that the settings name are there."""
    asked = {"FRESHDESK_PAGE_FIELD": (config.page_field,) * bool(config.page_field)}
    asked["FRESHDESK_TICKET_FIELDS"] = config.shown_fields
    yield from _fields_there(client, "ticket_fields", asked, {fields.TYPE, "ticket_type"})
    plan = (config.plan_field,) * (fields.key_of(config.plan_field) not in _PLANS)
    yield from _fields_there(client, "company_fields", {"FRESHDESK_PLAN_FIELD": plan}, set())


def _fields_there(
    client: Client, path: str, asked: Mapping[str, Sequence[str]], usual: set[str]
) -> Iterator[Finding]:
    if not any(asked.values()):
        return
    check = f"freshdesk {path.replace('_', ' ')}"
    try:
        labels = fields.labels_of(wire.read_all(wire.TeamField, client.get_all(path)))
    except HelpdeskError as error:
        remedy = "Whether the fields in your settings are right cannot be told; look at a handoff."
        yield Finding(check, ok=True, message=str(error), remedy=remedy)
        return
    known = usual | {fields.key_of(name) for name in (*labels, *labels.values())}
    for variable, names in asked.items():
        for name in names:
            there = fields.key_of(name) in known
            message = f"{variable} names {name!r}, which is {'there' if there else 'not there'}."
            remedy = "" if there else "Write the field's name as the API has it, like cf_product."
            yield Finding(f"{check}: {name}", ok=there, message=message, remedy=remedy)


def customers(client: Client) -> Iterator[Finding]:
    """Tell whether contacts and companies can be read."""
    for what, lost in (("contacts", "tags and fields"), ("companies", "plan and importance")):
        yield reads(
            f"freshdesk {what}",
            lambda what=what: client.headers_of(f"{what}?per_page=1"),  # type: ignore[misc]
            f"The {what} can be read.",
            f"Give the bot's agent a role that may view {what}; until then nobody knows the "
            f"{lost} of a customer.",
        )


def surveys(client: Client, now: datetime) -> Finding:
    """Tell whether ratings can be read; a plan may have none, and then nothing is wrong."""
    since = (now - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    check = "freshdesk surveys"

    def look() -> Finding:
        client.headers_of(f"{history.RATINGS}?created_since={since}&per_page=1")
        return Finding(check, ok=True, message="Customers' ratings can be read.")

    remedy = "Without them, what customers think of an answer is not counted. All else works."
    return looked(check, look, remedy, ok=True)


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
        "Run understudy setup freshdesk --save, which invents one for FRESHDESK_WEBHOOK_SECRET and "
        f"says how your rules send it, in the header {HEADER}.",
    )


def rules(client: Client, webhook_url: str) -> Iterator[Finding]:
    """Tell which of our rules are there, where the key may read them (an admin's may)."""
    if not webhook_url:
        return
    check = "freshdesk rules"
    listed = rules_of(client)
    if any(each.rows is None for each in listed.values()):
        errors = [each.error for each in listed.values() if each.error]
        refused = "The bot's agent may not read automation rules, so they cannot be checked."
        message = next(iter(errors), refused)
        remedy = (
            "See for yourself that the rules call us: write in as a customer, and look whether a "
            "delivery arrives. To read them, the bot would have to be an admin; better not."
        )
        yield Finding(check, ok=True, message=message, remedy=remedy)
        return
    missing = [rule.name for rule in RULES if ours(rule, listed[rule.kind], webhook_url) is None]
    calls = sum(len(each.bearing(calling(webhook_url))) for each in listed.values())
    if missing and not calls:
        message = f"No automation rule calls {webhook_url}: tickets are found by the sweep only."
        remedy = "Run understudy setup freshdesk, and make the rules that it describes."
        yield Finding(check, ok=False, message=message, remedy=remedy)
        return
    message = f"{calls} automation rules call {webhook_url}."
    remedy = f"Not among them: {', '.join(missing)}." if missing else ""
    yield Finding(check, ok=True, message=message, remedy=remedy)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None
