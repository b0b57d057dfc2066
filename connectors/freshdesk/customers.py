"""Who writes in: contacts and companies as our people and accounts, without effects."""

from __future__ import annotations

from datetime import datetime

from connectors.config import ConnectorConfig
from connectors.freshdesk import fields, wire
from connectors.records import iso_time
from connectors.types import Account, Person, Role

SINCE = "customer_since"  # a company's own field, where a team keeps the day
_YES = frozenset({"true", "yes"})


def person_from_freshdesk(
    contact: wire.Contact, requester: wire.Requester, user_id: str, config: ConnectorConfig
) -> Person:
    """Put together who wrote in; a contact knows the tags, ``include`` is always readable."""
    return Person(
        id=user_id or requester.id or "",
        name=contact.name or requester.name,
        email=contact.email or requester.email,
        role=Role.CUSTOMER,
        tags=config.with_vip(contact.tags),
        fields=fields.texts(contact.custom_fields),
        since=contact.created_at,
        verified=contact.active is True,
    )


def account_from_freshdesk(raw: wire.Company, config: ConnectorConfig) -> Account:
    """Turn a company into an account.

    Companies have no tags, so the ones that matter are custom fields: ``tags``, with names
    separated by commas, and ``vip``, a tick box. The plan is the account tier, unless the settings
    name a field for it. The date of renewal is a field like any other.
    """
    custom = fields.texts(raw.custom_fields)
    told = {
        "industry": raw.industry,
        "health_score": raw.health_score,
        "renewal_date": raw.renewal_date,
        **custom,
    }
    tags = {tag.strip() for tag in custom.get("tags", "").split(",") if tag.strip()}
    if custom.get("vip", "").casefold() in _YES or raw.account_tier.casefold() == "vip":
        tags.add("vip")
    own_plan = fields.value_of({**raw.custom_fields, "industry": raw.industry}, config.plan_field)
    return Account(
        id=raw.id,
        name=raw.name,
        plan=own_plan or raw.account_tier,
        tags=config.with_vip(tags),
        fields={name: value for name, value in told.items() if value},
        since=_since(custom) or raw.created_at,
    )


def _since(custom: dict[str, str]) -> datetime | None:
    return iso_time(custom.get(SINCE))
