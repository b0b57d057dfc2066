"""The sandbox's records as Zendesk's REST API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.edits import stamp
from connectors.sandbox.records import (
    Attachment,
    Audit,
    FieldChange,
    Group,
    Message,
    Organization,
    Origin,
    Person,
    Ticket,
)
from connectors.sandbox.text import text_of_html

BRAND_ID = 8_447_346_621_300
FORM_ID = 8_447_346_621_301
PERMISSION_GROUP_ID = 8_447_346_621_302
LOCALE = "en-us"
FILES_AT_MOST = 100  # of one message
# With custom statuses activated every ticket has one; these are what Zendesk brings along.
STATUS_IDS = {
    name: 84_473_466_213_100 + place
    for place, name in enumerate(("new", "open", "pending", "hold", "solved"))
}
_SATISFIED = 0.5
_NO_FIELDS = {"merged_into", "spam"}  # Zendesk's tickets have no such field to be changed
_ROLES = {"customer": "end-user", "agent": "agent", "bot": "admin"}  # its maker is an admin

Shape = dict[str, Any]


def via(origin: Origin) -> Shape:
    """How something came in."""
    if origin.automatic:
        trigger = {"id": 35079792, "title": "Automatic message", "deleted": False}
        return {"channel": "rule", "source": {"from": trigger, "to": {}, "rel": "trigger"}}
    return {"channel": origin.channel, "source": {"from": {}, "to": {}, "rel": None}}


def status_of(ticket: Ticket) -> str:
    """The status that is shown; marking a ticket as spam deletes it."""
    return "deleted" if ticket.spam else ticket.status


def is_comment(message: Message) -> bool:
    """Whether it is among a ticket's comments: an answer to a survey is kept elsewhere."""
    return message.kind != "feedback"


def ticket_shape(ticket: Ticket, base: str) -> Shape:
    """A ticket, without its comments."""
    first = ticket.messages[0]
    fields = [{"id": int(key), "value": value} for key, value in ticket.custom_fields.items()]
    return {
        "url": f"{base}/api/v2/tickets/{ticket.id}.json",
        "id": ticket.id,
        "external_id": None,
        "via": via(ticket.origin),
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "generated_timestamp": int(ticket.updated_at.timestamp()),
        "type": None,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": first.text,
        "priority": ticket.priority,
        "status": status_of(ticket),
        "recipient": "support@sandbox.example",
        "requester_id": ticket.requester_id,
        "submitter_id": ticket.requester_id,
        "assignee_id": ticket.assignee_id,
        "organization_id": ticket.organization_id,
        "group_id": ticket.group_id,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "problem_id": None,
        "has_incidents": False,
        "is_public": any(message.public for message in ticket.messages),
        "due_at": None,
        "tags": list(ticket.tags),
        "custom_fields": fields,
        "satisfaction_rating": _satisfaction(ticket),
        "sharing_agreement_ids": [],
        "custom_status_id": STATUS_IDS.get(ticket.status),
        "fields": fields,
        "followup_ids": [],
        "ticket_form_id": FORM_ID,
        "brand_id": BRAND_ID,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
        "support_type": "agent",
    }


def _satisfaction(ticket: Ticket) -> Shape:
    """The older kind of rating: the customer's last word, good or bad."""
    if not ticket.ratings:
        return {"score": "unoffered"}
    last = ticket.ratings[-1]
    score = "good" if last.score > _SATISFIED else "bad"
    return {"id": last.id, "score": score, "comment": last.comment}


def html_body(html: str) -> str:
    """Wrap a comment's HTML as Zendesk hands it out."""
    return f'<div class="zd-comment" dir="auto">{html}</div>'


def metadata_shape(origin: Origin, custom: Mapping[str, Any]) -> Shape:
    """What Zendesk notes about the caller, with what the caller noted itself."""
    system = {
        "client": origin.client,  # echoes the User-Agent
        "ip_address": "127.0.0.1",
        "location": "Loopback",
        "latitude": 0.0,
        "longitude": 0.0,
    }
    return {"system": system, "custom": dict(custom)}


def comment_shape(message: Message, base: str) -> Shape:
    """A comment."""
    return {
        "id": message.id,
        "type": "Comment",
        "author_id": message.author_id,
        "body": message.text,
        "html_body": html_body(message.html),
        "plain_body": text_of_html(message.html),
        "public": message.public,
        "attachments": attachments_shape(message, base),
        "audit_id": message.audit_id,
        "via": via(message.origin),
        "created_at": stamp(message.created_at),
        "metadata": metadata_shape(message.origin, message.metadata),
    }


def attachments_shape(message: Message, base: str) -> list[Shape]:
    """A message's files."""
    numbered = enumerate(message.attachments, start=message.id * FILES_AT_MOST)
    return [_attachment(number, file, base) for number, file in numbered]


def _attachment(number: int, file: Attachment, base: str) -> Shape:
    address = f"{base}/attachments/token/{number}/?{urlencode({'name': file.name})}"
    return {
        "url": f"{base}/api/v2/attachments/{number}.json",
        "id": number,
        "file_name": file.name,
        "content_url": address,
        "mapped_content_url": address,
        "content_type": file.content_type,
        "size": file.size,
        "inline": False,
        "deleted": False,
        "malware_access_override": False,
        "malware_scan_result": "malware_not_found",
        "thumbnails": [],
    }


def audit_shape(ticket: Ticket, audit: Audit, base: str) -> Shape:
    """An edit with its events; the first one of a ticket creates its fields."""
    events: list[Shape] = []
    # The newest is what a write is answered with, so that is where the search begins.
    said = (each for each in reversed(ticket.messages) if each.id == audit.message_id)
    message = next(said, None)
    if message is not None and is_comment(message):
        kept = comment_shape(message, base)
        del kept["created_at"], kept["metadata"], kept["via"]
        events.append(kept)
    if ticket.audits and audit.id == ticket.audits[0].id:
        events += _created(ticket, audit)
    events += [_change(change) for change in audit.changes if change.field not in _NO_FIELDS]
    return {
        "id": audit.id,
        "ticket_id": ticket.id,
        "created_at": stamp(audit.created_at),
        "author_id": audit.author_id,
        "metadata": metadata_shape(audit.origin, audit.metadata),
        "events": events,
        "via": via(audit.origin),
    }


def _created(ticket: Ticket, audit: Audit) -> list[Shape]:
    values = {"subject": ticket.subject, "status": "new", "requester_id": str(ticket.requester_id)}
    return [
        {"id": audit.id * 10 + place, "type": "Create", "field_name": name, "value": value}
        for place, (name, value) in enumerate(values.items())
    ]


def _change(change: FieldChange) -> Shape:
    return {
        "id": change.id,
        "type": "Change",
        "field_name": change.field,
        "value": _told(change.value),
        "previous_value": _told(change.previous),
    }


def _told(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return list(value)
    return None if value is None else str(value)  # ids too are strings in audits


def user_shape(person: Person, base: str) -> Shape:
    """A user, as an admin sees them."""
    return {
        "id": person.id,
        "url": f"{base}/api/v2/users/{person.id}.json",
        "name": person.name,
        "email": person.email,
        "created_at": stamp(person.created_at),
        "updated_at": stamp(person.created_at),
        "time_zone": "UTC",
        "iana_time_zone": "Etc/UTC",
        "phone": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": person.organization_id,
        "role": _ROLES[person.role],
        "verified": person.verified,
        "external_id": None,
        "tags": list(person.tags),
        "alias": "",
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": stamp(person.created_at),
        "signature": "",
        "details": "",
        "notes": "",
        "moderator": person.staff,
        "ticket_restriction": None if person.staff else "requested",
        "only_private_comments": False,
        "restricted_agent": False,
        "suspended": False,
        "user_fields": {},
    }


def organization_shape(organization: Organization, base: str) -> Shape:
    """An organization; its plan and first day are fields of its own, as teams do it."""
    fields = {"plan": organization.plan, "customer_since": organization.customer_since}
    return {
        "url": f"{base}/api/v2/organizations/{organization.id}.json",
        "id": organization.id,
        "name": organization.name,
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "created_at": stamp(organization.created_at),
        "updated_at": stamp(organization.created_at),
        "domain_names": [],
        "details": "",
        "notes": "",
        "group_id": None,
        "tags": list(organization.tags),
        "organization_fields": {name: value for name, value in fields.items() if value},
    }


def group_shape(group: Group, base: str) -> Shape:
    """A group."""
    return {
        "url": f"{base}/api/v2/groups/{group.id}.json",
        "id": group.id,
        "is_public": True,
        "name": group.name,
        "description": "",
        "default": False,
        "deleted": False,
        "created_at": stamp(group.created_at),
        "updated_at": stamp(group.created_at),
    }
