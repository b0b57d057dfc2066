"""People, companies, groups and tickets as Freshdesk's API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from connectors.freshdesk.sandbox.codes import (
    EMAIL,
    is_web_chat,
    priority_code,
    source_code,
    status_code,
)
from connectors.sandbox.edits import stamp
from connectors.sandbox.records import Attachment, Group, Message, Organization, Person, Ticket

SUPPORT = "support@sandbox.example"
EMAIL_CONFIG_ID = 8_447_346_621_303
TICKET_TYPE = "ticket_type"  # kept beside the custom fields, which all begin with cf_
PAGE_FIELD, CATEGORY_FIELD = "cf_page_url", "cf_category"

Shape = dict[str, Any]


def agent_shape(person: Person) -> Shape:
    """An agent; the id is the user id that conversations have."""
    return {
        "available": True,
        "occasional": False,
        "id": person.id,
        "ticket_scope": 1,
        "created_at": stamp(person.created_at),
        "updated_at": stamp(person.created_at),
        "last_active_at": stamp(person.created_at),
        "available_since": None,
        "type": "support_agent",
        "contact": {
            "active": True,
            "email": person.email,
            "job_title": None,
            "language": "en",
            "last_login_at": stamp(person.created_at),
            "mobile": None,
            "name": person.name,
            "phone": None,
            "time_zone": "UTC",
            "created_at": stamp(person.created_at),
            "updated_at": stamp(person.created_at),
        },
        "signature": None,
    }


def group_shape(group: Group) -> Shape:
    """A team of agents."""
    return {
        "id": group.id,
        "name": group.name,
        "description": None,
        "escalate_to": None,
        "unassigned_for": None,
        "business_hour_id": None,
        "group_type": "support_agent_group",
        "created_at": stamp(group.created_at),
        "updated_at": stamp(group.created_at),
        "auto_ticket_assign": 0,
    }


def contact_shape(person: Person, company: Organization | None) -> Shape:
    """A customer. Companies have no tags here, so a company's tags are on its people."""
    return {
        "active": person.verified,
        "address": None,
        "description": None,
        "email": person.email,
        "id": person.id,
        "job_title": None,
        "language": "en",
        "mobile": None,
        "name": person.name,
        "phone": None,
        "time_zone": "UTC",
        "twitter_id": None,
        "custom_fields": {},
        "facebook_id": None,
        "created_at": stamp(person.created_at),
        "updated_at": stamp(person.created_at),
        "csat_rating": None,
        "preferred_source": None,
        "company_id": person.organization_id,
        "other_companies": [],
        "unique_external_id": None,
        "twitter_profile_status": False,
        "twitter_followers_count": None,
        "view_all_tickets": False,
        "other_emails": [],
        "tags": list(dict.fromkeys([*person.tags, *(company.tags if company else ())])),
        "avatar": None,
    }


def company_shape(company: Organization) -> Shape:
    """A customer's company; its plan is the account tier, its tags are a field of its own."""
    return {
        "id": company.id,
        "name": company.name,
        "description": None,
        "note": None,
        "domains": [],
        "created_at": stamp(company.created_at),
        "updated_at": stamp(company.created_at),
        "custom_fields": {
            "customer_since": company.customer_since or None,
            "tags": ", ".join(company.tags) or None,
        },
        "health_score": None,
        "account_tier": company.plan or None,
        "renewal_date": None,
        "industry": None,
    }


def custom_fields(ticket: Ticket) -> Shape:
    """The custom fields of this account's tickets; one of them holds the customer's page."""
    kept = ticket.custom_fields
    page = kept.get(PAGE_FIELD, ticket.page_url or None)
    added = {name: kept[name] for name in added_fields(ticket)}
    return {PAGE_FIELD: page, CATEGORY_FIELD: kept.get(CATEGORY_FIELD), **added}


def added_fields(ticket: Ticket) -> list[str]:
    """The names of custom fields that this account has got by setting them on a ticket."""
    usual = {PAGE_FIELD, CATEGORY_FIELD}
    return [name for name in ticket.custom_fields if name.startswith("cf_") and name not in usual]


def listed_ticket(ticket: Ticket) -> Shape:
    """A ticket as the list shows it: without its text and without files."""
    by_mail = source_code(ticket.origin.channel) == EMAIL
    # Lists of addresses are [] or null, as recorded: null where no mail was ever involved.
    nobody: list[str] | None = [] if by_mail else None
    shown: Shape = {
        "cc_emails": nobody,
        "fwd_emails": nobody,
        "reply_cc_emails": nobody,
        "ticket_cc_emails": nobody,
        "fr_escalated": False,
        "spam": ticket.spam,
        "email_config_id": EMAIL_CONFIG_ID if by_mail else None,
        "group_id": ticket.group_id,
        "priority": priority_code(ticket.priority),
        "requester_id": ticket.requester_id,
        "responder_id": ticket.assignee_id,
        "source": source_code(ticket.origin.channel),
        "company_id": ticket.organization_id,
        "status": status_code(ticket.status),
        "subject": ticket.subject,
        "association_type": None,
        "support_email": SUPPORT if by_mail else None,
        "to_emails": [SUPPORT] if by_mail else None,
        "product_id": None,
        "id": ticket.id,
        "type": ticket.custom_fields.get(TICKET_TYPE),
        "due_by": stamp(ticket.created_at + timedelta(days=3)),
        "fr_due_by": stamp(ticket.created_at + timedelta(days=1)),
        "is_escalated": False,
        "custom_fields": custom_fields(ticket),
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "associated_tickets_count": None,
        "tags": list(ticket.tags),
        "nr_due_by": None,
        "nr_escalated": False,
    }
    if ticket.status == "deleted":
        shown["deleted"] = True  # absent otherwise, as recorded
    return shown


def description(ticket: Ticket) -> Shape:
    """The customer's first message, which is no conversation."""
    first = ticket.messages[0]
    told: Shape = {"description": f"<div>{first.html}</div>", "description_text": first.text}
    if is_web_chat(ticket):
        told["structured_description"] = {"description_contents": [_piece(first.text)]}
    return told


def viewed_ticket(ticket: Ticket, base: str) -> Shape:
    """A ticket on its own: with its text and its files."""
    files = attachment_shapes(ticket.messages[0], base, "file_size")
    return {**listed_ticket(ticket), **description(ticket), "attachments": files}


def requester_shape(person: Person) -> Shape:
    """The requester as ``include=requester`` shows them."""
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "mobile": None,
        "phone": None,
    }


def attachment_shapes(message: Message, base: str, size_name: str = "size") -> list[Shape]:
    """The files of a message; their size has two names in Freshdesk's samples."""
    at = stamp(message.created_at)
    return [
        {
            "id": attachment_id(message, place),
            "content_type": file.content_type,
            size_name: file.size,
            "name": file.name,
            "attachment_url": _address(message, place, file, base),
            "created_at": at,
            "updated_at": at,
        }
        for place, file in enumerate(message.attachments)
    ]


def attachment_id(message: Message, place: int) -> int:
    """The number of a file, by its place in its message."""
    return message.id * 100 + place


def _address(message: Message, place: int, file: Attachment, base: str) -> str:
    number = attachment_id(message, place)
    return f"{base}/data/helpdesk/attachments/{number}/original/{quote(file.name)}"


def _piece(text: str) -> Mapping[str, Any]:
    return {"type": "text", "data": {"content": text}}


def structured(text: str) -> Shape:
    """A message of a web chat."""
    return {"body_contents": [_piece(text)]}
