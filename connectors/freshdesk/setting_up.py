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
from connectors.freshdesk import wire
from connectors.freshdesk.by_hand import BUTTONS, HEADER, RULES, Button, Rule, numbered
from connectors.freshdesk.client import Client
from connectors.setup import Done, Step

SHORTEST_SECRET = 20  # characters; nothing else protects the webhooks' address
INVENTED_BYTES = 32
SCENARIOS = "scenario_automations"
NOT_READ = "Freshdesk does not show the bot whether that is done: if so, leave it as it is."
REFUSED_KEY = "Check FRESHDESK_URL and FRESHDESK_API_KEY; a Free plan has no API at all."
KEY = "API key"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be set up; ``invent`` makes a secret out of so many random bytes."""

    webhook_url: str
    secrets: Sequence[str]
    invent: Callable[[int], str]
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What Freshdesk lists of one kind; ``None`` where it does not show it to us.

    ``error`` says why, where another try may show it.
    """

    rows: tuple[Mapping[str, Any], ...] | None
    error: str = ""

    @classmethod
    def read(cls, client: Client, path: str) -> Listed:
        """Read a listing that only an admin's key may see."""
        try:
            rows = client.get_all(path)
        except HelpdeskError as error:
            return cls(None, "" if error.permanent else str(error))
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
    key = _key(client)
    yield key
    if key.done is Done.FAILED:
        return
    secret, step = _secret(plan)
    yield step
    listed = rules_of(client)
    for rule in RULES:
        yield _rule(rule, listed[rule.kind], plan.webhook_url, secret)
    scenarios = Listed.read(client, SCENARIOS)
    for button in BUTTONS:
        yield _button(button, scenarios)


def take_down(client: Client, webhook_url: str) -> Iterator[Step]:
    """Tell what is to be deleted by hand; see ``Connector.take_down``.

    A key that is void already is no hindrance: people take these things away.
    """
    listed = rules_of(client)
    for rule in RULES:
        where = "Admin > Workflows > Automations"
        found = _all_of(rule, listed[rule.kind], webhook_url)
        yield _removal(rule.what, rule.name, where, found, listed[rule.kind])
    scenarios = Listed.read(client, SCENARIOS)
    for button in BUTTONS:
        where = "Admin > Agent Productivity > Scenario Automations"
        yield _removal(button.what, button.name, where, scenarios.bearing(_tag(button)), scenarios)


def _key(client: Client) -> Step:
    """Tell whose key it is. Where it is refused, nothing that follows could be trusted."""
    try:
        agent = wire.read(wire.Agent, client.get("agents/me"))
    except HelpdeskError as error:
        return Step(KEY, Done.FAILED, f"{_sentence(error)} {REFUSED_KEY}")
    return Step(KEY, Done.KEPT, f"The bot writes as {agent.contact.name or agent.id}.")


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
    why = "Freshdesk signs nothing, so a long random one proves what it sends."
    if plan.dry_run:
        return "(the secret)", Step(what, Done.WOULD_CREATE, why)
    told = f"{why} It belongs into the rules below and into your settings; keep it for both."
    secret = plan.invent(INVENTED_BYTES)
    return secret, Step(what, Done.CREATED, told, settings={"WEBHOOK_SECRET": secret})


def _rule(rule: Rule, listed: Listed, webhook_url: str, secret: str) -> Step:
    found = ours(rule, listed, webhook_url)
    if found is None:
        return _to_make(rule.what, rule.text(webhook_url, secret), rule.content, listed)
    name = str(found.get("name") or rule.name)[:200]
    if found.get("active") is False:
        told = f'There is such a rule, "{name}", but it is switched off: switch it on.'
        return Step(rule.what, Done.BY_HAND, f"{told} It calls {webhook_url}.")
    return Step(rule.what, Done.KEPT, f'The rule "{name}" calls {webhook_url} already.')


def _button(button: Button, scenarios: Listed) -> Step:
    if scenarios.bearing(_tag(button)):
        return Step(button.what, Done.KEPT, f"There is one that sets {button.tag}.")
    return _to_make(button.what, button.text, button.tag, scenarios)


def _to_make(what: str, lines: str, paste: str, listed: Listed) -> Step:
    if listed.error:
        told = f"{_sentence(listed.error)} Run this again to see whether it is there. If not:"
        return Step(what, Done.FAILED, f"{told}\n{lines}", paste)
    told = lines if listed.rows is not None else f"{lines}\n{NOT_READ}"
    return Step(what, Done.BY_HAND, told, paste)


def _removal(
    what: str, name: str, where: str, found: Sequence[Mapping[str, Any]], listed: Listed
) -> Step:
    if listed.rows is not None and not found:
        return Step(what, Done.ABSENT, "There is none.")
    names = [str(row.get("name") or name)[:200] for row in found] or [name]
    lines = [f'In Freshdesk: {where}: delete "{each}".' for each in names]
    told = numbered(lines)
    return Step(what, Done.BY_HAND, told if found else f"{told}\nIf there is none, all is done.")


def _sentence(error: HelpdeskError | str) -> str:
    return f"{str(error).rstrip('.')}."


def _tag(button: Button) -> str:
    return rf"\b{button.tag}\b"


def _flat(row: Mapping[str, Any]) -> str:
    # The content of a webhook is JSON within JSON, or was read into an object.
    return json.dumps(row, ensure_ascii=False).replace("\\/", "/")
