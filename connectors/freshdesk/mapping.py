"""Between Freshdesk's records and our words, without effects.

Facts: answers recorded from live accounts (tickets, conversations, companies).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectors.freshdesk import codes, wire
from connectors.freshdesk.attachments import attachments
from connectors.marks import mark_in_note
from connectors.text import text_of_html
from connectors.types import Account, Message, Person, Role, Status, Ticket

DESCRIPTION = "description"  # the id of a ticket's first message, which is no conversation there
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class People:
    """Who is who around a ticket, as far as we may know it.

    ``agents`` are those looked up; a name may be "" where the key may not read agents. ``bot_id``
    is the agent whose key we use.
    """

    requester: Person
    bot_id: str = ""
    agents: Mapping[str, Person] = field(default_factory=dict)

    def is_agent(self, user_id: str) -> bool:
        """Tell whether a user is known to be an agent."""
        return bool(user_id) and (user_id == self.bot_id or user_id in self.agents)


def ticket_from_freshdesk(
    raw: wire.Ticket,
    conversations: Sequence[wire.Conversation],
    people: People,
    *,
    base_url: str,
    account: Account | None = None,
    group: str | None = None,
    statuses: Mapping[int, str] | None = None,
    page_url: str = "",
    shown: Mapping[str, str] | None = None,
    archived: bool = False,
) -> Ticket:
    """Turn a ticket with its conversations into ours; ``shown`` are its fields for agents."""
    names = statuses or {}
    status = Status.CLOSED if archived else codes.status_of(raw.status, names)
    # Deleted and spam tickets keep their status. A ticket merged into another is closed.
    if raw.deleted or raw.spam:
        status = Status.GONE
    return Ticket(
        id=raw.id,
        subject=raw.subject,
        status=status,
        revision=revision(raw, conversations),
        requester=people.requester,
        messages=messages_from_freshdesk(raw, conversations, people),
        account=account,
        priority=codes.PRIORITIES.get(raw.priority or 0),
        tags=frozenset(raw.tags),
        group=group,
        assignee_id=raw.responder_id,
        channel=codes.CHANNELS.get(raw.source or 0, ""),
        page_url=page_url,
        url=f"{base_url}/a/tickets/{raw.id}",
        status_name=names.get(raw.status or 0, ""),
        fields=shown or {},
        created_at=raw.created_at,
        updated_at=raw.updated_at,
    )


def messages_from_freshdesk(
    raw: wire.Ticket, conversations: Sequence[wire.Conversation], people: People
) -> tuple[Message, ...]:
    """List the description and the conversations, oldest first."""
    first = _description(raw, people)
    listed = sorted(conversations, key=lambda item: item.created_at or _BEGINNING)
    messages = [message_from_freshdesk(item, people) for item in listed]
    if raw.source == codes.WEB_CHAT:
        # Seen live: such a ticket repeats its description as a conversation. The description's id
        # is kept, for it was there first and may be worked on; the rest is the better record.
        copies = [m for m in messages if m.public and _repeats(m, first)]
        for copy in copies[:1]:
            messages.remove(copy)
            first = replace(copy, id=DESCRIPTION, created_at=first.created_at)
    return (first, *messages)


def message_from_freshdesk(raw: wire.Conversation, people: People) -> Message:
    """Turn a conversation into a message."""
    role = author_role(raw, people)
    private = not raw.incoming if raw.private is None else raw.private
    text = _text(raw.body, raw.body_text)
    return Message(
        id=raw.id,
        author=_author(raw.user_id or "", role, people),
        # A forward goes to an outsider, whatever it says of itself: it is no answer to a customer.
        public=not private and raw.source != codes.FORWARD,
        text=text,
        html=raw.body,
        created_at=raw.created_at or _BEGINNING,
        mark=mark_in_note(text) if _may_be_ours(raw, role) else None,
        automatic=role is Role.SYSTEM or _by_machine(raw),
        attachments=attachments(raw.attachments, raw.body),
    )


def author_role(raw: wire.Conversation, people: People) -> Role:
    """Tell who wrote a conversation.

    ``incoming`` means "created from outside", but a caller may set it on notes, and connectors do
    (a published Zapier script). So an agent is an agent whatever it says.
    """
    user = raw.user_id or ""
    # What a customer wrote into a survey is recorded as incoming, yet is no message to answer.
    if raw.source == codes.FEEDBACK or _by_machine(raw):
        return Role.SYSTEM
    if user and user == people.requester.id:
        # An agent may be a requester, too, and then answers somebody else's question as an agent.
        if people.is_agent(user) and not raw.incoming:
            return Role.AGENT
        # A customer cannot write privately: a tool put that there in the customer's name.
        return Role.SYSTEM if raw.private else Role.CUSTOMER
    if people.is_agent(user):
        return Role.AGENT
    if raw.incoming:
        # Somebody in copy; or an outsider, whose reply to a forward comes in privately.
        return Role.SYSTEM if raw.private else Role.CUSTOMER
    # Not from outside: an agent, perhaps one who left, or whom our key may not read.
    return Role.AGENT if user else Role.SYSTEM


def revision(raw: wire.Ticket, conversations: Sequence[wire.Conversation]) -> str:
    """Name a state of a ticket by all that we can see of it.

    ``updated_at`` has whole seconds and so cannot do it alone. Due times are left out: they change
    by themselves, and are null for seconds after an update; addresses of files, for each reading
    may sign them anew.
    """
    unsure: dict[str, Any] = {"requester": True, "attachments": {"__all__": {"attachment_url"}}}
    seen = raw.model_dump_json(exclude=unsure)
    said = [(item.id, item.updated_at, item.private) for item in conversations]
    digest = hashlib.sha256(f"{seen}{said}".encode("utf-8", "backslashreplace")).hexdigest()
    return f"{raw.updated_at.isoformat() if raw.updated_at else ''}/{digest[:24]}"


def _description(raw: wire.Ticket, people: People) -> Message:
    author = people.requester
    if raw.source == codes.OUTBOUND:
        # Such a ticket was begun by an agent, who is not named; whoever has it is the best guess.
        author = _author(raw.responder_id or "", Role.AGENT, people)
    return Message(
        id=DESCRIPTION,
        author=author,
        public=True,
        text=_text(raw.description, raw.description_text),
        html=raw.description,
        created_at=raw.created_at or _BEGINNING,
        attachments=attachments(raw.attachments, raw.description),
    )


def _author(user_id: str, role: Role, people: People) -> Person:
    if user_id and user_id == people.requester.id:
        return replace(people.requester, role=role)
    known = people.agents.get(user_id)
    return replace(known, role=role) if known else Person(user_id, role=role)


def _by_machine(raw: wire.Conversation) -> bool:
    return raw.automation_id is not None or bool(raw.auto_response)


def _may_be_ours(raw: wire.Conversation, role: Role) -> bool:
    # A forward quotes the notes of a ticket, and an outsider's reply quotes the forward.
    staff = role is Role.AGENT and raw.private is True and not raw.incoming
    return staff and raw.source in (codes.NOTE, None)


def _text(html: str, text: str) -> str:
    # Recorded: `body_text` has blanks where the HTML has line breaks, so quotes and lists are lost.
    return text_of_html(html) if html.strip() else text.strip()


def _repeats(one: Message, first: Message) -> bool:
    """Whether the words are the same; where there are none, the files."""
    words = re.findall(r"\w+", one.text)
    if words != re.findall(r"\w+", first.text):
        return False
    return bool(words) or (bool(one.attachments) and _named(one) == _named(first))


def _named(message: Message) -> list[tuple[str, int]]:
    # Not by their addresses: each reading may sign them anew.
    return [(file.name, file.size) for file in message.attachments]
