"""A ticket in Intercom's words: its states, its one type, and its parts."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.intercom.sandbox.conversations import (
    MOST_PARTS,
    app_code,
    assigned_to,
    attributes,
    linked,
    snoozed_until,
)
from connectors.intercom.sandbox.look import Look, files, html_of
from connectors.intercom.sandbox.parts import CATEGORIES, STATES, Part, parts_of
from connectors.intercom.sandbox.people import (
    APP_ID,
    Shape,
    admin_id,
    contact_reference,
    hex_id,
    unix,
)
from connectors.sandbox.records import Ticket

TYPE_ID = "2979330"
_STATES = {
    "submitted": ("4517893", "Submitted", "Submitted"),
    "in_progress": ("4517894", "In progress", "In progress"),
    "waiting_on_customer": ("4517895", "Waiting on customer", "Waiting on you"),
    "resolved": ("4517896", "Resolved", "Resolved"),
}
_STATUS_OF = {
    "submitted": "new",
    "in_progress": "open",
    "waiting_on_customer": "pending",
    "resolved": "solved",
}
TITLE, DESCRIPTION = "_default_title_", "_default_description_"
_MADE = 1_767_066_651
_IN_INBOX = 66_040_000  # what the inbox calls a ticket is another number than its id


def status_of_state(identity: str) -> str | None:
    """The desk's status for a ticket state's id."""
    for category, (known, _, _) in _STATES.items():
        if known == identity:
            return _STATUS_OF[category]
    return None


def state_shape(category: str) -> Shape:
    """A ticket state."""
    identity, internal, external = _STATES[category]
    return {
        "type": "ticket_state",
        "id": identity,
        "category": category,
        "internal_label": internal,
        "external_label": external,
    }


def states() -> Shape:
    """All ticket states of the workspace, each with the types that have it."""
    types = {"type": "list", "data": [_type_head()]}
    found = [{**state_shape(name), "archived": False, "ticket_types": types} for name in _STATES]
    return {"type": "list", "data": found}


def _type_head() -> Shape:
    return {
        "type": "ticket_type",
        "id": TYPE_ID,
        "name": "Tickets",
        "description": "A request that takes longer.",
        "icon": "🎟",
        "archived": False,
        "is_internal": False,
        "category": "Customer",
    }


def type_shape(attributes_known: Sequence[str]) -> Shape:
    """The workspace's one ticket type, as the service gives it: a plain list of attributes."""
    names = (TITLE, DESCRIPTION, *attributes_known)
    return {
        **_type_head(),
        "workspace_id": APP_ID,
        "created_at": _MADE,
        "updated_at": _MADE,
        "ticket_type_attributes": {
            "type": "list",
            "data": [_attribute(place, name) for place, name in enumerate(names)],
        },
        "ticket_states": {"type": "list", "data": [state_shape(name) for name in _STATES]},
    }


def _attribute(place: int, name: str) -> Shape:
    return {
        "type": "ticket_type_attribute",
        "id": str(8_514_183 + place),
        "workspace_id": APP_ID,
        "name": name,
        "description": "",
        "data_type": "string",
        "input_options": {"multiline": name == DESCRIPTION},
        "order": place,
        "required_to_create": False,
        "required_to_create_for_contacts": False,
        "visible_on_create": True,
        "visible_to_contacts": True,
        "default": name in {TITLE, DESCRIPTION},
        "ticket_type_id": int(TYPE_ID),
        "archived": False,
        "created_at": _MADE,
        "updated_at": _MADE,
    }


def ticket_shape(ticket: Ticket, look: Look, known: Sequence[str]) -> Shape:
    """A ticket with its newest 500 parts; what the customer wrote first is an attribute."""
    said = look.body(html_of(ticket.messages[0]))
    parts = parts_of(ticket, look.people)[-MOST_PARTS:]
    shown = [part_shape(part, look) for part in parts]
    until = snoozed_until(ticket)
    given = {**dict.fromkeys(known), **attributes(ticket)}
    shape: Shape = {
        "type": "ticket",
        "id": str(ticket.id),
        "ticket_id": str(_IN_INBOX + ticket.id),
        "category": "Customer",
        "ticket_attributes": {
            TITLE: ticket.subject,
            DESCRIPTION: said,
            **given,
        },
        "ticket_state": state_shape(CATEGORIES[ticket.status]),
        "ticket_type": type_shape(known),
        "contacts": {
            "type": "contact.list",
            "contacts": [contact_reference(look.people[ticket.requester_id])],
        },
        "admin_assignee_id": _assignee(_admin(ticket, look), look),
        "team_assignee_id": _assignee(ticket.group_id, look),
        "created_at": unix(ticket.created_at),
        "updated_at": unix(ticket.updated_at),
        "ticket_parts": {
            "type": "ticket_part.list",
            "ticket_parts": shown,
            "total_count": len(shown),
        },
        "open": STATES[ticket.status] != "closed",
        "linked_objects": linked(ticket),
        "is_shared": True,
        "company_id": hex_id(ticket.organization_id) if ticket.organization_id else None,
        "channel": "messenger",
    }
    if until is not None:
        shape["snoozed_until"] = until
    return shape


def _admin(ticket: Ticket, look: Look) -> int | None:
    person = look.people.get(ticket.assignee_id or 0)
    return admin_id(person) if person else None


def _assignee(number: int | None, look: Look) -> int | str:
    """Ids of assignees are strings up to 2.15 and numbers since; nobody is 0 in both."""
    return number or 0 if look.modern else str(number or 0)


def part_shape(part: Part, look: Look) -> Shape:
    """One part of a ticket: what does not apply is left out."""
    who = look.author(part.author_id)
    shape: Shape = {
        "type": "ticket_part",
        "id": str(part.id),
        "part_type": part.kind,
        "created_at": unix(part.at),
        "updated_at": unix(part.at),
        "author": {
            "type": "user" if who["type"] == "lead" else who["type"],
            **{name: who[name] for name in ("id", "name", "email")},
        },
        "attachments": files(part.message.attachments, part.message.id) if part.message else [],
        "redacted": part.message.redacted if part.message else False,
    }
    if part.html is not None:
        shape["body"] = look.body(part.html)
    if part.change is not None and part.change.field == "status":
        shape["previous_ticket_state"] = CATEGORIES[part.change.previous]
        shape["ticket_state"] = CATEGORIES[part.change.value]
    assigned = assigned_to(part, look)
    if assigned is not None:
        shape["assigned_to"] = assigned
    code = app_code(part)
    if code is not None:
        shape["app_package_code"] = code
    return shape
