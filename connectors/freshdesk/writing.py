"""One change on its way into a Freshdesk ticket: what is there already, and who else wrote."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape

from connectors.freshdesk import codes
from connectors.freshdesk.client import Client
from connectors.marks import unmarked_reply
from connectors.text import text_of_html
from connectors.types import Change, Message, Status, Ticket
from connectors.writing import by_a_person

CHAT = codes.CHANNELS[codes.WEB_CHAT]
NOTE, REPLY = "note", "reply"


@dataclass
class Writing:
    """One change on its way: what is there already, and what has to be told about it."""

    client: Client
    ticket: Ticket  # the newest reading
    change: Change
    key: str
    note_id: str | None = None
    reply_id: str | None = None
    wrote: bool = False
    collided: bool = False  # somebody else wrote in public meanwhile
    noted_at: datetime | None = None  # when Freshdesk says that our note was written
    untaggable: bool = False  # Freshdesk would not set our tags
    newcomers: frozenset[str] = frozenset()  # tags that others set between our reading and routing
    fallbacks: list[str] = field(default_factory=list)
    collisions: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Find what the key has written already."""
        marked = [message.id for message in self.ticket.messages if message.mark == self.key]
        self.note_id = self.note_id or (marked[0] if marked else self._remembered(NOTE))
        reply = sent_reply(self.ticket, self.change, self.client.people.find_bot())
        self.reply_id = reply.id if reply else self._remembered(REPLY)

    def keep(self, part: str, message_id: str) -> None:
        """Take note of what is written now."""
        self.wrote = True
        self.client.remember(part, self.ticket.id, self.key, message_id)
        if part == NOTE:
            self.note_id = message_id
        else:
            self.reply_id = message_id

    def _remembered(self, part: str) -> str | None:
        return self.client.remembered(part, self.ticket.id, self.key)

    @property
    def note_missing(self) -> bool:
        """Whether the note is still to be written."""
        return self.change.note is not None and self.note_id is None

    @property
    def reply_missing(self) -> bool:
        """Whether the reply is still to be sent."""
        return self.change.reply is not None and self.reply_id is None

    def by_a_person(self, message: Message) -> bool:
        """Tell whether somebody else typed a message."""
        ours = message.mark == self.key or message.id in (self.note_id, self.reply_id)
        return not ours and by_a_person(message)

    def status_code(self, present: int | None) -> dict[str, int | None]:
        """Say which status is to be set, if it is not there already, by whatever name."""
        status = self.change.status
        if status is None:
            return {}
        custom = status is Status.HOLD or (present or 0) >= codes.FIRST_CUSTOM
        names = self.client.people.statuses() if custom else {}
        if present is not None and codes.status_of(present, names) is status:
            return {}
        code = codes.code_of(status, names)
        if code is None:
            self.fallbacks.append(f"Freshdesk has no status for {status}; it stays as it is")
            return {}
        return {"status": code}

    def release(self, responder_id: str | None) -> dict[str, int | None]:
        """Take the ticket from the bot, and from nobody else."""
        ours = self.change.release and responder_id == self.client.people.find_bot()
        return {"responder_id": None} if ours else {}


def sent_reply(ticket: Ticket, change: Change, author_id: str) -> Message | None:
    """Find the reply of a change on a ticket, be it as HTML or, in a chat, as plain text. Pure."""
    found = unmarked_reply(ticket, change, author_id)
    if found is None and change.reply is not None and ticket.channel == CHAT:
        plain = escape(text_of_html(change.reply, links=True))
        found = unmarked_reply(ticket, replace(change, reply=plain), author_id)
    return found
