"""What admins see of a Zendesk account: its webhooks, triggers and macros, as they are listed.

Zendesk's OpenAPI files describe triggers and macros. Webhooks have a reference page only
(developer.zendesk.com, api-reference/webhooks/webhooks-api); their ids are ULIDs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.bodies import read_json
from connectors.errors import AuthFailed, VendorBroken
from connectors.records import Record
from connectors.zendesk import wire
from connectors.zendesk.client import Client

CONDITIONAL = "conditional_ticket_events"  # the one subscription of webhooks that triggers call
CALLS = "notification_webhook"  # the action of a trigger that calls a webhook
_NUMBER = re.compile(r"\d{1,19}", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z]{1,40}", re.ASCII)


class Me(wire.User):
    """The user that we act as, as far as it says what we may do."""

    only_private_comments: bool | None = None
    restricted_agent: bool | None = None
    suspended: bool | None = None
    last_login_at: str | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """Who we are, and what the headers of that answer say of our calls."""

    user: Me
    headers: Mapping[str, str]


class Webhook(Record):
    """A webhook. What calls it, events or triggers, is fixed when it is created."""

    id: str
    name: str = ""
    endpoint: str = ""
    status: str | None = None
    subscriptions: tuple[str, ...] | None = None

    @property
    def active(self) -> bool:
        """Whether anything is sent to it."""
        return self.status == "active"

    @property
    def called_by_triggers(self) -> bool:
        """Whether triggers call it; a webhook for events has subscriptions of its own."""
        return CONDITIONAL in (self.subscriptions or ())


class Rule(Record):
    """A trigger or a macro; a macro's ``restriction`` says whose it is, none that it is all's."""

    id: str
    title: str
    active: bool = True
    actions: tuple[wire.Action, ...] = ()
    conditions: Mapping[str, Any] | None = None
    restriction: Mapping[str, Any] | None = None

    @property
    def personal(self) -> bool:
        """Whether it is one agent's own; admins are listed those of all agents."""
        return (self.restriction or {}).get("type") == "User"

    def call_of(self, webhook_id: str) -> str | None:
        """Give the body that this trigger sends to a webhook; ``None`` where it does not."""
        for action in self.actions:
            if action.field == CALLS and isinstance(action.value, list):
                target, *body = [str(part) for part in action.value]
                if target == webhook_id:
                    return body[0] if body else ""
        return None


class _MeAnswer(Record):
    user: Me


class _Webhooks(Record):
    webhooks: tuple[Webhook, ...]


class _Triggers(Record):
    triggers: tuple[Rule, ...]


class _Macros(Record):
    macros: tuple[Rule, ...]


class _Made(Record):
    webhook: Webhook


class Invocation(Record):
    """One delivery with all its attempts; ``status`` is Zendesk's word, like ``success``."""

    id: str
    status: str | None = None
    status_code: int | None = None
    latest_completed_at: str | None = None

    @property
    def trouble(self) -> str:
        """What went wrong: the status that was answered, or Zendesk's word; "" if nothing did."""
        if self.status_code is not None:
            return "" if 200 <= self.status_code < 300 else str(self.status_code)
        word = (self.status or "").casefold()
        return "" if word in ("success", "pending", "") else word

    @property
    def held_back(self) -> bool:
        """Whether Zendesk did not send it, as too much failed or was sent before."""
        word = (self.status or "").casefold()
        return self.status_code is None and ("circuit" in word or "throttle" in word)

    @property
    def unreached(self) -> bool:
        """Whether it was sent and nobody answered."""
        return self.status_code is None and bool(self.trouble) and not self.held_back


class _Invocations(Record):
    invocations: tuple[Invocation, ...]


class _Header(Record):
    key: str = ""
    value: str = ""


class _Request(Record):
    headers: tuple[_Header, ...] = ()


class _Attempt(Record):
    request: _Request = _Request()


class _Attempts(Record):
    attempts: tuple[_Attempt, ...]


class _Secret(Record):
    secret: str = ""


class _SecretAnswer(Record):
    signing_secret: _Secret


def meet(client: Client) -> Met:
    """Tell who we are; raises ``AuthFailed`` where Zendesk takes us for nobody."""
    answer = client.answer("users/me")
    user = wire.read(_MeAnswer, read_json(answer, "Zendesk")).user
    # Without valid credentials this address answers 200 with an anonymous user, not 401.
    if not user.id:
        raise AuthFailed("Zendesk sees us as anonymous")
    return Met(user, answer.headers)


def webhooks(client: Client) -> list[Webhook]:
    """List the account's webhooks."""
    pages = client.pages("webhooks", {})
    return [hook for body in pages for hook in wire.read(_Webhooks, body).webhooks]


def webhook(client: Client, webhook_id: str) -> Webhook:
    """Read one webhook."""
    return wire.read(_Made, client.get(f"webhooks/{path_id(webhook_id)}")).webhook


def create_webhook(client: Client, body: Mapping[str, Any]) -> Webhook:
    """Create a webhook and give it back as it is kept."""
    return wire.read(_Made, client.send("POST", "webhooks", {"webhook": body})).webhook


def signing_secret(client: Client, webhook_id: str) -> str:
    """Read what a webhook's deliveries are signed with."""
    body = client.get(f"webhooks/{path_id(webhook_id)}/signing_secret")
    return wire.read(_SecretAnswer, body).signing_secret.secret


def triggers(client: Client) -> Iterator[Rule]:
    """List the account's triggers."""
    for body in client.pages("triggers", {}):
        yield from wire.read(_Triggers, body).triggers


def macros(client: Client) -> Iterator[Rule]:
    """List the macros that this user may see."""
    for body in client.pages("macros", {}):
        yield from wire.read(_Macros, body).macros


def invocations(client: Client, webhook_id: str, most: int) -> list[Invocation]:
    """List what was sent to a webhook lately, newest first; Zendesk keeps seven days of it."""
    body = client.get(f"webhooks/{path_id(webhook_id)}/invocations", {"page[size]": most})
    found = wire.read(_Invocations, body).invocations
    return sorted(found, key=lambda each: each.latest_completed_at or "", reverse=True)


def account_id(client: Client, webhook_id: str) -> str:
    """Learn the account's number from what was last sent; "" where nothing was."""
    for each in invocations(client, webhook_id, 1):
        path = f"webhooks/{path_id(webhook_id)}/invocations/{path_id(each.id)}/attempts"
        for attempt in wire.read(_Attempts, client.get(path)).attempts:
            for header in attempt.request.headers:
                named = header.key.casefold() == "x-zendesk-account-id"
                if named and _NUMBER.fullmatch(header.value):
                    return header.value
    return ""


def path_id(found: str) -> str:
    """Let an id into an address: it comes out of an answer. Raises ``VendorBroken``."""
    if not _ID.fullmatch(found):
        raise VendorBroken("Zendesk names something by what is no id")
    return found
