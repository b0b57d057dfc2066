"""What an admin makes in the sandbox: webhooks, triggers and macros, as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.sandbox.records import Delivery

CONDITIONAL = "conditional_ticket_events"
CALLS = "notification_webhook"


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook; its ``ulid`` is the id that Zendesk shows."""

    id: int
    ulid: str
    name: str
    endpoint: str
    subscriptions: tuple[str, ...]
    secret: str
    created_by: int
    created_at: datetime
    updated_at: datetime
    status: str = "active"
    http_method: str = "POST"
    request_format: str = "json"
    description: str = ""

    @property
    def conditional(self) -> bool:
        """Whether triggers call it; whoever is told of events is called by none."""
        return CONDITIONAL in self.subscriptions

    def sends(self, delivery: Delivery) -> bool:
        """Whether a delivery is this webhook's; several may lead to one address."""
        return delivery.url == self.endpoint and delivery.kind in self.subscriptions


@dataclass(frozen=True, slots=True)
class Rule:
    """What triggers and macros have in common."""

    id: int
    title: str
    actions: tuple[Mapping[str, Any], ...]
    created_at: datetime
    updated_at: datetime
    active: bool = True
    description: str = ""
    restriction: Mapping[str, Any] | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)  # a trigger's

    def bodies_for(self, ulid: str) -> list[str]:
        """The bodies that this trigger sends to a webhook."""
        calls = [each["value"] for each in self.actions if each.get("field") == CALLS]
        return [body for target, body in calls if target == ulid]


@dataclass(frozen=True, slots=True)
class Trigger(Rule):
    """A trigger."""


@dataclass(frozen=True, slots=True)
class Macro(Rule):
    """A macro."""
