"""Between Intercom's records and our words, without effects.

Facts: Intercom's OpenAPI files for 2.15 and 2.16, and captured notifications.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from connectors.intercom import answers, wire
from connectors.intercom.messages import CUSTOMERS, attribute, messages_of
from connectors.text import is_html, text_of_html
from connectors.types import Account, Article, Person, Priority, Status, Ticket

MOST_PARTS = 500  # the API gives the newest ones and drops the others without a word
CONVERSATION = "conversation"
TICKET = "ticket"
_CHANNELS = {"conversation": "chat", "messenger": "chat", "instagram": "messaging"}
_STATES = {"open": Status.OPEN, "snoozed": Status.HOLD, "closed": Status.SOLVED}
_CATEGORIES = {
    "submitted": Status.NEW,
    "in_progress": Status.OPEN,
    "waiting_on_customer": Status.PENDING,
    "resolved": Status.SOLVED,
}
_PRIORITIES = {
    "priority": Priority.HIGH,  # the one that 2.15 has
    "low": Priority.LOW,
    "medium": Priority.NORMAL,
    "high": Priority.HIGH,
    "urgent": Priority.URGENT,
}
# From 2.16 an article says who may read it in the help centre; before, nothing does.
_ANYBODY = frozenset({None, "", "everyone"})


@dataclass(frozen=True, slots=True)
class People:
    """Who a conversation is with: what other calls told."""

    contact: wire.Contact | None = None
    tags: frozenset[str] = frozenset()
    companies: tuple[wire.Company, ...] = ()


def ticket_from_intercom(
    raw: wire.Thread, people: People, teams: Mapping[str, str], address: str = ""
) -> Ticket:
    """Turn a conversation, or a ticket, into ours; ``address`` is where an agent opens it."""
    return Ticket(
        id=raw.id,
        subject=_subject(raw),
        status=status_of(raw),
        revision=_revision(raw),
        requester=_requester(raw, people),
        messages=tuple(messages_of(raw)),
        account=_account(raw, people),
        priority=_PRIORITIES.get(raw.priority or ""),
        tags=raw.tags.names if raw.tags else frozenset(),
        group=teams.get(raw.team_assignee_id or "") or None,
        assignee_id=raw.admin_assignee_id,
        channel=_channel(raw),
        page_url=_page(raw),
        url=address,
        history_cut=len(raw.parts) >= MOST_PARTS or raw.parts_count > len(raw.parts),
        created_at=raw.created_at,
        updated_at=raw.updated_at,
    )


def path_of(ticket: Ticket) -> str:
    """Tell below which address it is read and written, by what its revision begins with."""
    return "tickets" if ticket.revision.startswith(f"{TICKET}-") else "conversations"


def status_of(raw: wire.Thread) -> Status:
    """Tell where it stands; a state that we do not know counts as open, as it can be written to.

    What is closed takes notes and replies, and a customer who writes reopens it: so it is solved.
    """
    if not raw.is_ticket and raw.state in _STATES:
        return _STATES[raw.state]
    if raw.open is False:
        return Status.SOLVED
    if raw.snoozed_until is not None:
        return Status.HOLD
    state = raw.ticket_state
    category = state.category if isinstance(state, wire.State) else state
    return _CATEGORIES.get(category or "", Status.OPEN)


def articles_of(raw: answers.Article, sections: Mapping[str, str]) -> Iterator[Article]:
    """Turn an article into ours, one for each language; drafts and restricted ones are not public.

    The article itself is in its default language; another language gets its name appended to
    the id. ``sections`` are the names of collections.
    """
    main = (raw.default_locale or "").lower()
    yield _article(raw, raw, main, sections)
    for locale, content in (raw.translated_content or {}).items():
        if not isinstance(content, dict) or locale.lower() == main:
            continue
        try:
            translation = answers.Translation.model_validate(content)
        except ValidationError:
            continue
        # Without a default language named, the one that says the same is the article itself.
        if main or (translation.title, translation.body) != (raw.title, raw.body):
            yield _article(raw, translation, locale.lower(), sections)


def _article(
    raw: answers.Article, said: answers.Translation, locale: str, sections: Mapping[str, str]
) -> Article:
    restricted = raw.help_center_audience not in _ANYBODY
    names = [sections[parent] for parent in raw.parents if sections.get(parent)]
    return Article(
        id=raw.id if said is raw else f"{raw.id}-{locale}",
        title=said.title or "",
        html=said.body or "",
        url=said.url or "",
        locale=locale,
        updated_at=said.updated_at,
        public=said.state == "published" and not restricted,
        labels=tuple(sorted(raw.tags.names)) if raw.tags else (),
        section=next(iter(names), ""),
    )


def _requester(raw: wire.Thread, people: People) -> Person:
    if people.contact is not None:
        contact = people.contact
        return Person(contact.id, contact.name or "", contact.email or "", tags=people.tags)
    contact_id = raw.contact_id or ""
    author = raw.source.author if raw.source else None
    if author and (author.type or "") in CUSTOMERS:
        return Person(contact_id or author.id or "", author.name or "", author.email or "")
    return Person(contact_id)


def _account(raw: wire.Thread, people: People) -> Account | None:
    companies = (raw.company,) if raw.company else people.companies
    accounts = [account(company) for company in companies]
    # A contact can belong to several: the one that matters most to the team speaks for them.
    return next((one for one in accounts if one.vip), next(iter(accounts), None))


def account(raw: wire.Company) -> Account:
    """Turn a company into an account, with what is known about it as text."""
    since = raw.remote_created_at
    told: dict[str, Any] = {
        "customer_since": since.date().isoformat() if since else None,
        "monthly_spend": raw.monthly_spend,
        "size": raw.size,
        "industry": raw.industry,
        **(raw.custom_attributes or {}),
    }
    fields = {name: _field(value) for name, value in told.items()}
    plan = (raw.plan or {}).get("name")
    return Account(
        id=raw.id or "",
        name=raw.name or "",
        plan=plan if isinstance(plan, str) and plan else fields.get("plan", ""),
        tags=raw.tags.names if raw.tags else frozenset(),
        fields={name: value for name, value in fields.items() if value},
    )


def _field(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float | str) else ""


def _revision(raw: wire.Thread) -> str:
    """Sum up everything that anybody could have changed; its beginning is the kind, for writing."""
    shown = json.dumps(raw.model_dump(), sort_keys=True, default=str)
    digest = hashlib.sha256(shown.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{TICKET if raw.is_ticket else CONVERSATION}-{digest[:32]}"


def _subject(raw: wire.Thread) -> str:
    given = raw.source.subject if raw.source else ""
    subject = given or raw.title or attribute(raw, "_default_title_")
    # Subjects of mails are HTML, too.
    return " ".join((text_of_html(subject) if is_html(subject) else subject).split())


def _channel(raw: wire.Thread) -> str:
    now = raw.channel.get("current") if isinstance(raw.channel, dict) else raw.channel
    word = now if isinstance(now, str) and now else (raw.source.type if raw.source else "")
    word = "_".join((word or "").split()).lower()
    return _CHANNELS.get(word, word)


def _page(raw: wire.Thread) -> str:
    # Empty for mails, Twitter and bots.
    places = [place.url or "" for place in (raw.source, raw.first_contact_reply) if place]
    return next((url for url in places if url.startswith(("https://", "http://"))), "")
