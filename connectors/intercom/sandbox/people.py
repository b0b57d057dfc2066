"""Admins, teams, contacts and companies: their ids and their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from connectors.intercom.sandbox.tags import TagBook, tag_list
from connectors.records import iso_time
from connectors.sandbox.records import Group, Organization, Person

Shape = dict[str, Any]
APP_ID = "sandbox"
# Known without asking, so that a connector's settings can name it.
BOT_ADMIN_ID = 991_267_459
# Intercom's own automation, as in a recorded notification.
FIN: Shape = {"type": "bot", "id": "9608808", "name": "Fin", "email": "operator@sandbox.example"}
_HEX_ID = re.compile(r"69[0-9a-f]{22}")
_NEVER = (
    *("owner_id", "signed_up_at", "last_seen_at", "last_replied_at", "last_contacted_at"),
    *("last_email_opened_at", "last_email_clicked_at", "language_override", "browser"),
    *("browser_version", "browser_language", "os", "android_app_name", "android_app_version"),
    *("android_device", "android_os_version", "android_sdk_version", "android_last_seen_at"),
    *("ios_app_name", "ios_app_version", "ios_device", "ios_os_version", "ios_sdk_version"),
    *("ios_last_seen_at", "phone", "avatar"),
)


def unix(moment: datetime) -> int:
    """Write a moment as Intercom does, in seconds."""
    return int(moment.timestamp())


def hex_id(number: int) -> str:
    """Name a contact or a company: 24 hexadecimal digits."""
    return f"69{number:022x}"


def number_of(identity: str) -> int | None:
    """Read an id that ``hex_id`` wrote."""
    return int(identity[2:], 16) if _HEX_ID.fullmatch(identity) else None


def admin_id(person: Person) -> int:
    """Name a teammate; the bot has a number that never changes."""
    return BOT_ADMIN_ID if person.role == "bot" else person.id


def admin_of(people: Iterable[Person], identity: str) -> Person | None:
    """Find a teammate by the id that ``admin_id`` gives."""
    found = (each for each in people if each.staff and str(admin_id(each)) == identity)
    return next(found, None)


def anonymous(person: Person) -> bool:
    """Whether a customer never gave a name."""
    return person.name == person.email


def is_lead(person: Person) -> bool:
    """Whether a customer is no user of the team's product, as who never signed in."""
    return anonymous(person) or not person.verified


def author(person: Person) -> Shape:
    """Who wrote a part of a conversation."""
    if person.staff:
        kind, identity, name = "admin", str(admin_id(person)), person.name
    else:
        kind, identity = "lead" if is_lead(person) else "user", hex_id(person.id)
        name = person.name
    shown = None if not person.staff and anonymous(person) else name
    return {"type": kind, "id": identity, "name": shown, "email": person.email}


def admin_shape(person: Person, teams: Sequence[Group]) -> Shape:
    """A teammate."""
    return {
        "type": "admin",
        "id": str(admin_id(person)),
        "name": person.name,
        "email": person.email,
        "away_mode_enabled": False,
        "away_mode_reassign": False,
        "has_inbox_seat": True,
        "team_ids": [team.id for team in teams],
    }


def me_shape(person: Person, teams: Sequence[Group]) -> Shape:
    """The teammate that the access token belongs to, with the workspace."""
    return {
        **admin_shape(person, teams),
        "avatar": {"type": "avatar", "image_url": None},
        "email_verified": True,
        "app": {
            "type": "app",
            "id_code": APP_ID,
            "name": "Sandbox",
            "region": "US",
            "timezone": "Etc/UTC",
            "created_at": unix(person.created_at),
            "identity_verification": True,
        },
    }


def team_shape(team: Group, staff: Sequence[Person]) -> Shape:
    """A team; the desk keeps no members, so every teammate is one."""
    return {
        "type": "team",
        "id": str(team.id),
        "name": team.name,
        "admin_ids": [admin_id(person) for person in staff],
    }


def contact_reference(person: Person) -> Shape:
    """All that a conversation tells of its contact."""
    external = None if is_lead(person) else str(person.id)
    return {"type": "contact", "id": hex_id(person.id), "external_id": external}


def _beside(person: Person, what: str, data: Sequence[Shape]) -> Shape:
    return {
        "type": "list",
        "data": list(data),
        "url": f"/contacts/{hex_id(person.id)}/{what}",
        "total_count": len(data),
        "has_more": False,
    }


def contact_shape(person: Person, tags: TagBook) -> Shape:
    """A contact; tags and companies are references only."""
    companies = []
    if person.organization_id is not None:
        identity = hex_id(person.organization_id)
        companies = [{"type": "company", "id": identity, "url": f"/companies/{identity}"}]
    owned = [tags.of(name) for name in person.tags]
    tagged = [{"type": "tag", "id": str(tag.id), "url": f"/tags/{tag.id}"} for tag in owned]
    return {
        **contact_reference(person),
        "workspace_id": APP_ID,
        "role": "lead" if is_lead(person) else "user",
        "email": person.email,
        "email_domain": person.email.partition("@")[2],
        "name": None if anonymous(person) else person.name,
        "has_hard_bounced": False,
        "marked_email_as_spam": False,
        "unsubscribed_from_emails": False,
        "created_at": unix(person.created_at),
        "updated_at": unix(person.created_at),
        **dict.fromkeys(_NEVER),
        "custom_attributes": {},
        "tags": _beside(person, "tags", tagged),
        "notes": _beside(person, "notes", []),
        "companies": _beside(person, "companies", companies),
        "location": {"type": "location", "country": None, "region": None, "city": None},
        "social_profiles": {"type": "list", "data": []},
    }


def company_shape(company: Organization, tags: TagBook, users: int) -> Shape:
    """A company; since when it is a customer is told twice, as teams do it."""
    since = company.customer_since
    begun = iso_time(since) if since else None
    plan = {"type": "plan", "id": f"plan_{company.plan}", "name": company.plan}
    return {
        "type": "company",
        "company_id": str(company.id),
        "id": hex_id(company.id),
        "app_id": APP_ID,
        "name": company.name,
        "plan": plan if company.plan else {},
        "remote_created_at": unix(begun or company.created_at),
        "created_at": unix(company.created_at),
        "updated_at": unix(company.created_at),
        "monthly_spend": 0,
        "session_count": 0,
        "user_count": users,
        "tags": tag_list([tags.of(name) for name in company.tags]),
        "segments": {"type": "segment.list", "segments": []},
        "custom_attributes": {"customer_since": since} if since else {},
    }
