"""A ticket's messages as Freshdesk's conversations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape

from connectors.freshdesk.sandbox.codes import EMAIL, is_web_chat, source_code
from connectors.freshdesk.sandbox.shapes import (
    SUPPORT,
    Shape,
    attachment_shapes,
    structured,
)
from connectors.sandbox.edits import stamp
from connectors.sandbox.records import Message, Person, Ticket

AUTOMATION_ID = 8_447_346_621_304
REPLY, NOTE, FEEDBACK, FORWARD = 0, 2, 6, 8
_BLOCK = re.compile(r"</?(?:p|div|br|hr|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|pre)\b[^>]*>")
_INLINE = re.compile(r"<[^>]*>")

People = Mapping[int, Person]


def flat_text(html: str) -> str:
    """Read a page as Freshdesk does: a space for each tag of a block or break, and no lines."""
    return unescape(_INLINE.sub("", _BLOCK.sub(" ", html))).replace("\n", " ")


def conversations_of(ticket: Ticket) -> Sequence[Message]:
    """The messages that are conversations: all but the first, which is the description.

    Web chats repeat it (seen live, chatwoot/chatwoot PR 15261).
    """
    return ticket.messages if is_web_chat(ticket) else ticket.messages[1:]


def kind_of(message: Message) -> int:
    """The conversation's ``source``: a public message is a reply unless it was made a note."""
    if message.kind != "message":
        return FEEDBACK if message.kind == "feedback" else FORWARD
    note = not message.public or message.metadata.get("note") is True
    return NOTE if note else REPLY


def incoming(message: Message, people: People) -> bool:
    """Whether it counts as coming from outside; whoever makes a note may say so."""
    return bool(message.metadata.get("incoming", not people[message.author_id].staff))


def conversation_shape(message: Message, ticket: Ticket, people: People, base: str) -> Shape:
    """A conversation as the lists show it."""
    kind, staff = kind_of(message), people[message.author_id].staff
    edited = message.metadata.get("edited_at")
    shown: Shape = {
        "body": body_of(message),
        "body_text": flat_text(message.html).strip(),
        "id": message.id,
        "incoming": incoming(message, people),
        "private": not message.public,
        "user_id": message.author_id,
        "source": kind,
        "category": _category(kind, message, staff),
        **_addresses(kind, message, ticket, people),
        "email_failure_count": None,
        "outgoing_failures": None,
        "thread_id": None,
        "thread_message_id": None,
        "created_at": stamp(message.created_at),
        "updated_at": edited or stamp(message.created_at),
        "last_edited_at": edited,
        "last_edited_user_id": message.metadata.get("edited_by"),
        "attachments": attachment_shapes(message, base),
        **_automation(message, staff),
        "ticket_id": ticket.id,
        "source_additional_info": None,
    }
    if is_web_chat(ticket) and message.public:
        shown["structured_body"] = structured(message.text)
    return shown


def body_of(message: Message) -> str:
    """The body, in the ``div`` that Freshdesk puts around it."""
    return f"<div>{message.html}</div>"


def _category(kind: int, message: Message, staff: bool) -> int:
    if kind == FEEDBACK:
        return 7  # recorded, as 3 for agents' replies and 2 for private notes are
    if not message.public:
        return 2
    return 3 if staff else 1  # 1 is not recorded


def _automation(message: Message, staff: bool) -> Shape:
    ruled = message.origin.automatic and staff
    return {
        "automation_id": AUTOMATION_ID if ruled else None,
        "automation_type_id": 1 if ruled else None,
        "auto_response": message.origin.automatic and not staff,
    }


def _addresses(kind: int, message: Message, ticket: Ticket, people: People) -> Shape:
    """Who it went to: [] and null are mixed as recorded."""
    author, requester = people[message.author_id], people[ticket.requester_id]
    if kind == FEEDBACK:
        return _mail(None, None, None, None)
    if kind == NOTE:
        return _mail(None, list(message.metadata.get("notified", ())), None, None)
    by_mail = source_code(ticket.origin.channel) == EMAIL
    if not author.staff:
        sender = f"{author.name} <{author.email}>" if by_mail else None
        return _mail(None, [SUPPORT] if by_mail else None, sender, None)
    to = ["forwarded@example.org"] if kind == FORWARD else [requester.email]
    return _mail(SUPPORT, to, f"{author.name} <{SUPPORT}>", [])


def _mail(
    support: str | None, to: list[str] | None, sender: str | None, bcc: list[str] | None
) -> Shape:
    return {
        "support_email": support,
        "to_emails": to,
        "from_email": sender,
        "cc_emails": [],
        "bcc_emails": bcc,
    }
