"""Who a conversation is with: the contact and the company, as far as other calls told. Pure.

Facts: Intercom's OpenAPI files for 2.15 and 2.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.config import ConnectorConfig
from connectors.intercom import wire
from connectors.intercom.messages import CUSTOMERS
from connectors.types import Account, Person


@dataclass(frozen=True, slots=True)
class People:
    """Who a conversation is with: what other calls told.

    ``proved`` says that the contact signed in, and that Intercom checks who signs in.
    """

    contact: wire.Contact | None = None
    tags: frozenset[str] = frozenset()
    companies: tuple[wire.Company, ...] = ()
    proved: bool = False

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The contact's own attributes."""
        return (self.contact.custom_attributes or {}) if self.contact else {}


def requester_of(raw: wire.Thread, people: People, config: ConnectorConfig) -> Person:
    """Tell who wrote in; without the contact's record, what the conversation itself tells."""
    if people.contact is not None:
        contact = people.contact
        return Person(
            contact.id,
            contact.name or "",
            contact.email or "",
            tags=config.with_vip(people.tags),
            fields=texts_of(people.attributes),
            since=contact.signed_up_at or contact.created_at,
            verified=people.proved,
        )
    contact_id = raw.contact_id or ""
    author = raw.source.author if raw.source else None
    if author and (author.type or "") in CUSTOMERS:
        return Person(contact_id or author.id or "", author.name or "", author.email or "")
    return Person(contact_id)


def account_of(raw: wire.Thread, people: People, config: ConnectorConfig) -> Account | None:
    """Tell for which company somebody wrote in."""
    companies = (raw.company,) if raw.company else people.companies
    accounts = [account(company, people, config) for company in companies]
    # A contact can belong to several: the one that matters most to the team speaks for them.
    return next((one for one in accounts if one.vip), next(iter(accounts), None))


def account(raw: wire.Company, people: People, config: ConnectorConfig) -> Account:
    """Turn a company into an account, with what is known about it as text."""
    own = raw.custom_attributes or {}
    told = {
        "monthly_spend": raw.monthly_spend,
        "size": raw.size,
        "industry": raw.industry,
        **own,
    }
    # Teams that know their plans by customer and not by company keep them on the contact.
    named = named_in(config.plan_field, own, people.attributes)
    plan = (raw.plan or {}).get("name")
    return Account(
        id=raw.id or "",
        name=raw.name or "",
        plan=named or (plan if isinstance(plan, str) else ""),
        tags=config.with_vip(raw.tags.names if raw.tags else ()),
        fields=texts_of(told),
        since=raw.remote_created_at or raw.created_at,
    )


def named_in(name: str, *places: Mapping[str, Any]) -> str:
    """Find the text of an attribute by its name, whatever its case; "" where none has it."""
    wanted = name.strip().casefold()
    for place in places if wanted else ():
        for known, value in place.items():
            if known.casefold() == wanted and (text := text_of(value)):
                return text
    return ""


def texts_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Write attributes as text, without those that are empty."""
    found = {name: text_of(value) for name, value in values.items()}
    return {name: text for name, text in found.items() if text}


def text_of(value: Any) -> str:
    """Write the value of an attribute as text; several choices one after the other."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(text for each in value if (text := text_of(each)))
    return str(value).strip() if isinstance(value, int | float | str) else ""
