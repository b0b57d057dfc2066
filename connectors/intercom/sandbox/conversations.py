"""A conversation in Intercom's words: its first message in ``source``, all else in parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from connectors.intercom.sandbox.look import Look, files, html_of
from connectors.intercom.sandbox.measures import rating, statistics, waiting_since
from connectors.intercom.sandbox.parts import HIDDEN, STATES, Part, parts_of
from connectors.intercom.sandbox.people import (
    Shape,
    admin_id,
    author,
    company_shape,
    contact_reference,
    unix,
)
from connectors.intercom.sandbox.tags import tag_shape
from connectors.sandbox.records import FieldChange, Organization, Ticket

MOST_PARTS = 500  # older ones are left out without a word
SNOOZED_UNTIL = f"{HIDDEN}snoozed_until"
_ASSIGNMENTS = {"assignee_id": "admin", "group_id": "team"}
_SAFE = re.compile(r"[^\w ]+")


def conversation(ticket: Ticket, look: Look) -> Shape:
    """A conversation as it is read or written: the newest 500 parts with it."""
    parts = parts_of(ticket, look.people)
    shown = [part_shape(part, look) for part in parts[-MOST_PARTS:]]
    return {**_without_parts(ticket, parts, look), "conversation_parts": part_list(shown)}


def listed(ticket: Ticket, look: Look) -> Shape:
    """A conversation in a list or a search result: without parts."""
    return _without_parts(ticket, parts_of(ticket, look.people), look)


def announced(ticket: Ticket, parts: Sequence[Part], part: Part | None, look: Look) -> Shape:
    """A conversation in a notification: of its parts only the one that caused it."""
    shape = _without_parts(ticket, parts, look)
    shape["conversation_parts"] = part_list([part_shape(part, look)] if part else [])
    return shape


def part_list(parts: Sequence[Shape]) -> Shape:
    """The parts as a list; it counts what it holds."""
    return {
        "type": "conversation_part.list",
        "conversation_parts": list(parts),
        "total_count": len(parts),
    }


def _without_parts(ticket: Ticket, parts: Sequence[Part], look: Look) -> Shape:
    state = STATES[ticket.status]
    waiting = waiting_since(ticket, parts, look.people)
    contact = contact_reference(look.people[ticket.requester_id])
    email = ticket.origin.channel == "email"
    shape: Shape = {
        "type": "conversation",
        "id": str(ticket.id),
        "created_at": unix(ticket.created_at),
        "updated_at": unix(ticket.updated_at),
        "waiting_since": waiting,
        "snoozed_until": snoozed_until(ticket),
        "source": _source(ticket, look),
        "contacts": {"type": "contact.list", "contacts": [contact]},
        "first_contact_reply": {
            "created_at": unix(ticket.created_at),
            "type": "email" if email else "conversation",
            "url": _page(ticket),
        },
        "admin_assignee_id": look.assignee(_admin_number(ticket.assignee_id, look)),
        "team_assignee_id": look.assignee(ticket.group_id),
        "open": state != "closed",
        "state": state,
        "read": waiting is None,
        "tags": applied_tags(ticket, look),
        "priority": _priority(ticket.priority, look),
        "sla_applied": None,
        "statistics": statistics(ticket, parts, look.people),
        "conversation_rating": rating(ticket, look.people),
        "teammates": _teammates(parts, look),
        "title": None if email else ticket.subject,
        "custom_attributes": attributes(ticket),
        "topics": {"type": "topic.list", "topics": [], "total_count": 0},
        "ticket": None,
        "linked_objects": linked(ticket),
        "ai_agent": None,
        "ai_agent_participated": False,
    }
    company = _company(ticket, look)
    if company is not None:
        shape["company"] = company
    if look.modern:
        channel = "email" if email else "messenger"
        shape["sales_agent_participated"] = False
        shape["channel"] = {"initial": channel, "current": channel}
    return shape


def _source(ticket: Ticket, look: Look) -> Shape:
    first = ticket.messages[0]
    email = ticket.origin.channel == "email"
    return {
        "type": "email" if email else "conversation",
        "id": str(first.id),
        "delivered_as": "customer_initiated",
        "subject": ticket.subject if email else "",
        "body": look.body(html_of(first)),
        "author": author(look.people[first.author_id]),  # without the marks of an AI
        "attachments": files(first.attachments, first.id),
        "url": _page(ticket),
        "redacted": first.redacted,
    }


def _page(ticket: Ticket) -> str | None:
    """The page the contact was on; blank for an e-mail, says the description."""
    return None if ticket.origin.channel == "email" else ticket.page_url or None


def _admin_number(number: int | None, look: Look) -> int | None:
    person = look.people.get(number or 0)
    return admin_id(person) if person else None


def _priority(priority: str | None, look: Look) -> str:
    if look.modern:
        return {"normal": "medium", None: "none"}.get(priority, str(priority))
    return "priority" if priority in {"high", "urgent"} else "not_priority"


def snoozed_until(ticket: Ticket) -> int | None:
    """When a held conversation comes back: as was asked for, else a day after it was held."""
    if STATES[ticket.status] != "snoozed":
        return None
    asked = ticket.custom_fields.get(SNOOZED_UNTIL)
    return asked if isinstance(asked, int) else unix(ticket.updated_at + timedelta(days=1))


def attributes(ticket: Ticket) -> dict[str, str]:
    """The custom attributes that somebody set."""
    return {
        name: str(value)
        for name, value in ticket.custom_fields.items()
        if not name.startswith(HIDDEN)
    }


def applied_tags(ticket: Ticket, look: Look) -> Shape:
    """The tags of a ticket, each with when and by whom it was put there."""
    tags = [applied_tag(ticket, name, look) for name in ticket.tags]
    return {"type": "tag.list", "tags": tags}


def applied_tag(ticket: Ticket, name: str, look: Look) -> Shape:
    """A tag with when and by whom it was put on this ticket, where that is known."""
    shape = tag_shape(look.tags.of(name))
    for audit in reversed(ticket.audits):
        for change in audit.changes:
            added = change.field == "tags" and name in change.value
            person = look.people[audit.author_id]
            if added and name not in change.previous and person.staff:
                by = {"type": "admin", "id": str(admin_id(person))}
                return {**shape, "applied_at": unix(audit.created_at), "applied_by": by}
    return shape


def _teammates(parts: Sequence[Part], look: Look) -> Shape:
    """Whoever of the team took part; the service says ``admins``, its description ``teammates``."""
    numbers = dict.fromkeys(part.author_id for part in parts if part.author_id is not None)
    staff = [look.people[number] for number in numbers if look.people[number].staff]
    return {
        "type": "admin.list",
        "admins": [{"type": "admin", "id": str(admin_id(person))} for person in staff],
    }


def _company(ticket: Ticket, look: Look) -> Shape | None:
    found = look.desk.store.get(Organization, ticket.organization_id or 0)
    if found is None:
        return None
    return company_shape(found, look.tags, look.contacts_of[found.id])


def linked(ticket: Ticket) -> Shape:
    """What it was merged into: the secondary one is closed and linked."""
    data = []
    if ticket.merged_into is not None:
        data.append({"type": "conversation", "id": str(ticket.merged_into), "category": None})
    return {"type": "list", "data": data, "total_count": len(data), "has_more": False}


def assigned_to(part: Part, look: Look) -> Shape | None:
    """Whom a part assigned the conversation to."""
    if part.kind not in {"assignment", "assign_and_reopen"}:
        return None
    changes = [part.change] if part.change else part.audit.changes
    for change in changes:
        if change.field in _ASSIGNMENTS:
            return _assignee(change, look)
    return None


def _assignee(change: FieldChange, look: Look) -> Shape:
    kind = _ASSIGNMENTS[change.field]
    if change.value is None:
        return {"type": f"nobody_{kind}", "id": None}
    number = _admin_number(change.value, look) if kind == "admin" else change.value
    return {"type": kind, "id": str(number)}


def part_shape(part: Part, look: Look) -> Shape:
    """One part."""
    message = part.message
    return {
        "type": "conversation_part",
        "id": str(part.id),
        "part_type": part.kind,
        "body": look.body(part.html),
        "created_at": unix(part.at),
        "updated_at": unix(part.at),
        "notified_at": unix(part.at),
        "assigned_to": assigned_to(part, look),
        "author": look.author(part.author_id),
        "attachments": files(message.attachments, message.id) if message else [],
        "external_id": None,
        "redacted": message.redacted if message else False,
        "metadata": {},
        "email_message_metadata": None,
        "state": part.state,
        "tags": [tag_shape(look.tags.of(name)) for name in part.tags],
        "event_details": _details(part),
        "app_package_code": app_code(part),
    }


def app_code(part: Part) -> str | None:
    """The app that wrote a part: what it holds is not documented beyond being there."""
    name = _SAFE.sub(" ", part.audit.origin.client.partition("/")[0]).strip()
    return (name.lower().replace(" ", "-") or "api-app") if part.via_api else None


def _details(part: Part) -> Shape:
    if part.change is None or not part.kind.startswith("conversation_attribute_updated"):
        return {}
    previous = part.change.previous
    value = {"name": str(part.change.value), "previous": previous and str(previous)}
    return {"attribute": {"name": part.change.field}, "value": value}
