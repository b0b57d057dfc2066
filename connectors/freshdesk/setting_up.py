"""Setting a Freshdesk account up, and taking that down: what is there, and what is left to do.

Nothing is written: rules and scenarios are made by hand (see ``by_hand``), tags come into being
when they are set. Where the key may read them, rules that are there already are left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import HelpdeskError
from connectors.freshdesk.by_hand import BUTTONS, HEADER, RULES, Button, Rule, numbered
from connectors.freshdesk.client import Client
from connectors.setup import Done, Step

SHORTEST_SECRET = 20  # characters; nothing else protects the webhooks' address
INVENTED_BYTES = 32
SCENARIOS = "scenario_automations"
NOT_READ = "Freshdesk does not show the bot whether that is done: if so, leave it as it is."


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be set up; ``invent`` makes a secret out of so many random bytes."""

    webhook_url: str
    secrets: Sequence[str]
    invent: Callable[[int], str]
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What Freshdesk lists of one kind, as text; ``None`` where the key may not read it."""

    rows: tuple[Mapping[str, Any], ...] | None

    @classmethod
    def read(cls, client: Client, path: str) -> Listed:
        """Read a listing that only an admin's key may see."""
        try:
            rows = client.get_all(path)
        except HelpdeskError:
            return cls(None)
        return cls(tuple(row for row in rows if isinstance(row, dict)))

    def bearing(self, *patterns: str) -> list[Mapping[str, Any]]:
        """Find those in which all of these can be found, wherever and however they are kept."""
        found = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
        return [row for row in self.rows or () if all(each.search(_flat(row)) for each in found)]


def calling(webhook_url: str) -> str:
    """Make the pattern of an address of ours."""
    return rf"{re.escape(webhook_url.rstrip('/'))}/?(?![\w-])"


def rules_of(client: Client) -> dict[int, Listed]:
    """Read the automation rules, by type."""
    kinds = sorted({rule.kind for rule in RULES})
    return {kind: Listed.read(client, f"automations/{kind}/rules") for kind in kinds}


def ours(rule: Rule, listed: Listed, webhook_url: str) -> Mapping[str, Any] | None:
    """Find the rule that does what this one is for: it calls our address and says this event."""
    found = _all_of(rule, listed, webhook_url)
    return next(iter(sorted(found, key=lambda row: row.get("active") is False)), None)


def _all_of(rule: Rule, listed: Listed, webhook_url: str) -> list[Mapping[str, Any]]:
    # The content may be kept as an object, as text, or as text within text.
    return listed.bearing(calling(webhook_url), rf"\bevent\W{{1,20}}{rule.event}\b")


def set_up(client: Client, plan: Plan) -> Iterator[Step]:
    """Tell each step; see ``Connector.set_up``."""
    secret, step = _secret(plan)
    yield step
    listed = rules_of(client)
    for rule in RULES:
        yield _rule(rule, listed[rule.kind], plan.webhook_url, secret)
    scenarios = Listed.read(client, SCENARIOS)
    for button in BUTTONS:
        yield _button(button, scenarios)


def take_down(client: Client, webhook_url: str) -> Iterator[Step]:
    """Tell what is to be deleted by hand; see ``Connector.take_down``."""
    listed = rules_of(client)
    for rule in RULES:
        where = "Admin > Workflows > Automations"
        found = _all_of(rule, listed[rule.kind], webhook_url)
        yield _removal(rule.what, rule.name, where, found, listed[rule.kind])
    scenarios = Listed.read(client, SCENARIOS)
    for button in BUTTONS:
        where = "Admin > Agent Productivity > Scenario Automations"
        yield _removal(button.what, button.name, where, scenarios.bearing(_tag(button)), scenarios)


def _secret(plan: Plan) -> tuple[str, Step]:
    what = "webhook secret"
    if plan.secrets and min(map(len, plan.secrets)) < SHORTEST_SECRET:
        told = (
            f"It is short: use {SHORTEST_SECRET} random characters or more, here and in the rules."
        )
        return plan.secrets[0], Step(what, Done.BY_HAND, told)
    if plan.secrets:
        told = f"Already set. Rules send it in the header {HEADER}."
        return plan.secrets[0], Step(what, Done.KEPT, told)
    told = "Freshdesk signs nothing: a long random secret is what proves a delivery."
    if plan.dry_run:
        return "(the secret)", Step(what, Done.WOULD_CREATE, told)
    secret = plan.invent(INVENTED_BYTES)
    return secret, Step(what, Done.CREATED, told, settings={"WEBHOOK_SECRET": secret})


def _rule(rule: Rule, listed: Listed, webhook_url: str, secret: str) -> Step:
    found = ours(rule, listed, webhook_url)
    if found is None:
        told = rule.text(webhook_url, secret)
        if listed.rows is None:
            told = f"{told}\n{NOT_READ}"
        return Step(rule.what, Done.BY_HAND, told, paste=rule.content)
    name = str(found.get("name") or rule.name)[:200]
    if found.get("active") is False:
        told = f'There is such a rule, "{name}", but it is switched off: switch it on.'
        return Step(rule.what, Done.BY_HAND, f"{told} It calls {webhook_url}.")
    return Step(rule.what, Done.KEPT, f'The rule "{name}" calls {webhook_url} already.')


def _button(button: Button, scenarios: Listed) -> Step:
    if scenarios.bearing(_tag(button)):
        return Step(button.what, Done.KEPT, f"There is one that sets {button.tag}.")
    told = button.text if scenarios.rows is not None else f"{button.text}\n{NOT_READ}"
    return Step(button.what, Done.BY_HAND, told, paste=button.tag)


def _removal(
    what: str, name: str, where: str, found: Sequence[Mapping[str, Any]], listed: Listed
) -> Step:
    if listed.rows is not None and not found:
        return Step(what, Done.ABSENT, "There is none.")
    names = [str(row.get("name") or name)[:200] for row in found] or [name]
    lines = [f'In Freshdesk: {where}: delete "{each}".' for each in names]
    told = numbered(lines)
    return Step(what, Done.BY_HAND, told if found else f"{told}\nIf there is none, all is done.")


def _tag(button: Button) -> str:
    return rf"\b{button.tag}\b"


def _flat(row: Mapping[str, Any]) -> str:
    # The content of a webhook is JSON within JSON, or was read into an object.
    return json.dumps(row, ensure_ascii=False).replace("\\/", "/")
