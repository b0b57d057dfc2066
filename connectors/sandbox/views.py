"""The records as the control API tells them: names instead of bare ids, and nothing left out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.notes import newest_draft, note_kind, waiting_note
from connectors.sandbox.records import Audit, Delivery, Group, Message, Organization, Person, Ticket


def when(moment: datetime) -> str:
    """Write a moment in ISO format."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def ticket_line(ticket: Ticket, desk: Helpdesk) -> dict[str, Any]:
    """A ticket in a list."""
    people = desk.people()
    group = desk.store.get(Group, ticket.group_id) if ticket.group_id else None
    requester = people[ticket.requester_id]
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "tags": list(ticket.tags),
        "group": group.name if group else None,
        "assignee": person(people.get(ticket.assignee_id or 0), desk),
        "requester": person(requester, desk),
        "channel": ticket.origin.channel,
        "page_url": ticket.page_url,
        "spam": ticket.spam,
        "merged_into": ticket.merged_into,
        "created_at": when(ticket.created_at),
        "updated_at": when(ticket.updated_at),
        "messages_count": len(ticket.messages),
        "waiting": waiting_note(ticket, people),
    }


def ticket_whole(ticket: Ticket, desk: Helpdesk) -> dict[str, Any]:
    """A ticket with everything that was said and done on it."""
    people = desk.people()
    draft = newest_draft(ticket, people)
    return {
        **ticket_line(ticket, desk),
        "custom_fields": dict(ticket.custom_fields),
        "draft": draft and {"message": draft.message_id, "html": draft.html, "text": draft.text},
        "messages": [_message(message, people, desk) for message in ticket.messages],
        "audits": [_audit(audit, people, desk) for audit in ticket.audits],
    }


def person(found: Person | None, desk: Helpdesk) -> dict[str, Any] | None:
    """Somebody, with their company."""
    if found is None:
        return None
    company = None
    if found.organization_id is not None:
        company = desk.store.get(Organization, found.organization_id)
    return {
        "id": found.id,
        "name": found.name,
        "email": found.email,
        "role": found.role,
        "organization": company
        and {
            "name": company.name,
            "plan": company.plan,
            "tags": list(company.tags),
            "customer_since": company.customer_since,
        },
    }


def _message(message: Message, people: dict[int, Person], desk: Helpdesk) -> dict[str, Any]:
    author = people[message.author_id]
    return {
        "id": message.id,
        "author": person(author, desk),
        "public": message.public,
        "kind": message.kind,
        "note": note_kind(message, author),
        "attachments": [asdict(file) for file in message.attachments],
        "text": message.text,
        "html": message.html,
        "metadata": dict(message.metadata),
        "channel": message.origin.channel,
        "client": message.origin.client,
        "automatic": message.origin.automatic,
        "created_at": when(message.created_at),
    }


def _audit(audit: Audit, people: dict[int, Person], desk: Helpdesk) -> dict[str, Any]:
    return {
        "id": audit.id,
        "author": person(people[audit.author_id], desk),
        "message": audit.message_id,
        "metadata": dict(audit.metadata),
        "created_at": when(audit.created_at),
        "changes": [
            {"field": each.field, "previous": each.previous, "value": each.value}
            for each in audit.changes
        ],
    }


def delivery(found: Delivery) -> dict[str, Any]:
    """A webhook and what became of it."""
    return {
        "id": found.id,
        "event": found.event,
        "invocation": found.invocation,
        "kind": found.kind,
        "ticket": found.ticket_id,
        "state": found.state,
        "fault": found.fault or None,
        "body": found.body,
        "created_at": when(found.created_at),
        "attempts": [
            {"at": when(each.at), "status": each.status, "error": each.error}
            for each in found.attempts
        ],
    }
