"""What the tests of reading share: records in, our words out."""

from __future__ import annotations

from typing import Any

from connectors.intercom import mapping, wire
from connectors.types import Message, Ticket
from tests.connectors.intercom.support import fixture

TEAMS = {"5001": "Support", "5002": "Billing"}


def people() -> mapping.People:
    companies = wire.read(wire.Companies, fixture("companies")).data or ()
    tags = wire.read(wire.Tags, fixture("contact_tags")).names
    return mapping.People(wire.read(wire.Contact, fixture("contact")), tags, companies)


def mapped(raw: dict[str, Any], known: mapping.People | None = None) -> Ticket:
    thread = wire.read(wire.Thread, raw)
    return mapping.ticket_from_intercom(thread, known or mapping.People(), TEAMS)


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
