"""What the tests of reading share: records in, our words out."""

from __future__ import annotations

from typing import Any

from connectors.config import ConnectorConfig
from connectors.intercom import mapping, wire
from connectors.intercom.people import People
from connectors.types import Message, Ticket
from tests.connectors.intercom.support import CONFIG, fixture

TEAMS = {"5001": "Support", "5002": "Billing"}


def people() -> People:
    companies = wire.read(wire.Companies, fixture("companies")).listed
    tags = wire.read(wire.Tags, fixture("contact_tags")).names
    return People(wire.read(wire.Contact, fixture("contact")), tags, companies)


def mapped(raw: dict[str, Any], known: People | None = None, **settings: str) -> Ticket:
    thread = wire.read(wire.Thread, raw)
    config = ConnectorConfig(url=CONFIG.url, **settings)
    return mapping.ticket_from_intercom(thread, known or People(), TEAMS, config)


def conversation(**changes: Any) -> Ticket:
    return mapped(fixture("conversation") | changes)


def part(**changes: Any) -> Message | None:
    """The message of a conversation's only part."""
    raw = fixture("conversation")
    only = raw["conversation_parts"]["conversation_parts"][2] | changes
    raw["conversation_parts"] = {"conversation_parts": [only], "total_count": 1}
    found = [message for message in mapped(raw).messages if message.id == only["id"]]
    return found[0] if found else None


def by(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": "77", "name": "Somebody", "email": "s@acme.example", **more}
