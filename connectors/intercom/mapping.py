"""Between Intercom's records and our words, without effects.

Facts: Intercom's OpenAPI files for 2.15 and 2.16, and captured notifications.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from connectors.config import ConnectorConfig
from connectors.intercom import wire
from connectors.intercom.messages import attribute, messages_of
from connectors.intercom.people import People, account_of, named_in, requester_of, text_of
from connectors.intercom.ratings import ratings_of
from connectors.text import is_html, text_of_html
from connectors.types import Priority, Status, Ticket

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
# Files lie under addresses that are signed for a while, in a new way in each answer.
_SIGNED = re.compile(r"""(\b(?:src|href)=(["'])[^"'?]*)\?[^"']*(?=\2)""")


def ticket_from_intercom(
    raw: wire.Thread,
    people: People,
    teams: Mapping[str, str],
    config: ConnectorConfig,
    address: str = "",
) -> Ticket:
    """Turn a conversation, or a ticket, into ours.

    ``teams`` are names by ids, ``config`` says what this team calls its own fields, ``address`` is
    where an agent opens it.
    """
    return Ticket(
        id=raw.id,
        subject=_subject(raw),
        status=status_of(raw),
        revision=_revision(raw),
        requester=requester_of(raw, people, config),
        messages=tuple(messages_of(raw)),
        account=account_of(raw, people, config),
        priority=_PRIORITIES.get(raw.priority or ""),
        tags=raw.tags.names if raw.tags else frozenset(),
        group=teams.get(raw.team_assignee_id or "") or None,
        assignee_id=raw.admin_assignee_id,
        channel=channel_of(raw),
        page_url=_page(raw, people, config.page_field),
        url=address,
        # No call of 2.15 or 2.16 tells the tags of a ticket, only those of a conversation.
        tags_shown=not raw.is_ticket,
        history_cut=len(raw.parts) >= MOST_PARTS or raw.parts_count > len(raw.parts),
        status_name=_status_name(raw),
        fields=_fields(raw, config.shown_fields),
        ratings=ratings_of(raw),
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


def _revision(raw: wire.Thread) -> str:
    """Sum up everything that anybody could have changed; its beginning is the kind, for writing."""
    shown = json.dumps(_lasting(raw.model_dump()), sort_keys=True, default=str)
    digest = hashlib.sha256(shown.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{TICKET if raw.is_ticket else CONVERSATION}-{digest[:32]}"


def _lasting(value: Any) -> Any:
    """Take out of texts what is signed anew for each answer: nobody changed that."""
    if isinstance(value, str):
        return _SIGNED.sub(r"\1", value)
    if isinstance(value, dict):
        return {key: _lasting(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_lasting(each) for each in value]
    return value


def _subject(raw: wire.Thread) -> str:
    given = raw.source.subject if raw.source else ""
    subject = given or raw.title or attribute(raw, "_default_title_")
    # Subjects of mails are HTML, too.
    return " ".join((text_of_html(subject) if is_html(subject) else subject).split())


def channel_of(raw: wire.Thread) -> str:
    """Tell the channel that it goes over by now, in Intercom's word but for its chat."""
    now = raw.channel.get("current") if isinstance(raw.channel, dict) else raw.channel
    word = now if isinstance(now, str) and now else (raw.source.type if raw.source else "")
    word = "_".join((word or "").split()).lower()
    return _CHANNELS.get(word, word)


def _page(raw: wire.Thread, people: People, page_field: str) -> str:
    # Empty for mails, Twitter and bots. The Messenger can fill in attributes of contacts only.
    places = [place.url or "" for place in (raw.source, raw.first_contact_reply) if place]
    told = named_in(page_field, _attributes(raw), people.attributes)
    return next((url for url in (*places, told) if url.startswith(("https://", "http://"))), "")


def _attributes(raw: wire.Thread) -> dict[str, Any]:
    """Gather the attributes of a conversation, and those of the ticket that it is or became."""
    became = (raw.ticket or {}).get("ticket_attributes")
    of_ticket = raw.ticket_attributes or (became if isinstance(became, Mapping) else {})
    return {**(raw.custom_attributes or {}), **of_ticket}


def _fields(raw: wire.Thread, shown: tuple[str, ...]) -> dict[str, str]:
    there = {name.casefold(): name for name in _attributes(raw)}
    named = [there[name.casefold()] for name in shown if name.casefold() in there]
    values = {name: text_of(_attributes(raw)[name]) for name in named}
    return {name: text for name, text in values.items() if text}


def _status_name(raw: wire.Thread) -> str:
    # What became a ticket without leaving the conversation tells its state in places.
    told = raw.ticket_state or (raw.ticket or {}).get("ticket_state")
    label = told.get("internal_label") if isinstance(told, Mapping) else None
    if isinstance(told, wire.State):
        label = told.internal_label
    return label if isinstance(label, str) else ""
