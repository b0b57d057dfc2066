"""Tickets that came through a chat: what is among their comments, and what only in their log.

A customer's messages are no comments there; a private comment opens the ticket, in their name. (The
webhooks of a chat's messages are those of comments here, not the ones of messaging.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape

from connectors.sandbox.edits import stamp
from connectors.sandbox.records import Message, Person, Ticket
from connectors.zendesk.sandbox import shapes
from connectors.zendesk.sandbox.shapes import Shape

CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Said:
    """An entry of a chat's log; ``comment`` says that it is among the comments, too."""

    message: Message
    comment: bool


def comments_of(ticket: Ticket, people: Mapping[int, Person]) -> list[Message]:
    """List what is among a ticket's comments, oldest first."""
    said = [each for each in ticket.messages if shapes.is_comment(each)]
    if ticket.origin.channel != CHAT:
        return said
    return [_opening(ticket, people), *(each for each in said if not _in_log_only(each, people))]


def log_of(ticket: Ticket, people: Mapping[int, Person]) -> list[Said]:
    """List a ticket's conversation: its comments and, of a chat, what the customer wrote."""
    there = [Said(message, True) for message in comments_of(ticket, people)]
    if ticket.origin.channel == CHAT:
        said = (each for each in ticket.messages if shapes.is_comment(each))
        there += [Said(each, False) for each in said if _in_log_only(each, people)]
    return sorted(there, key=lambda each: (each.message.created_at, each.message.id))


def entry_shape(said: Said, people: Mapping[int, Person], base: str) -> Shape:
    """An entry of the log."""
    message, author = said.message, people[said.message.author_id]
    text = {"type": "text", "text": message.text}
    html = {"type": "html", "body": shapes.html_body(message.html)}
    kind = "ticket_event" if said.comment else "sunco:conversation_message"
    public = {"public": message.public} if said.comment else {}
    return {
        "id": f"01{message.id:024d}",
        "type": "Comment" if said.comment else "Messaging::ConversationMessage",
        "reference": f"zen:{kind}:{message.id}",
        "created_at": stamp(message.created_at),
        "author": {
            "type": "agent" if author.staff else "user",
            "display_name": author.name,
            "zen:support:user_id": author.id,
        },
        "content": html if said.comment else text,
        "metadata": {**shapes.metadata_shape(message.origin, message.metadata), **public},
        "attachments": shapes.attachments_shape(message, base),
    }


def _in_log_only(message: Message, people: Mapping[int, Person]) -> bool:
    return message.public and not people[message.author_id].staff


def _opening(ticket: Ticket, people: Mapping[int, Person]) -> Message:
    first = ticket.messages[0]
    name, page = people[ticket.requester_id].name, ticket.page_url or "None"
    html = f"<p>Conversation with {escape(name)}</p>\n\n<p>URL: {escape(page)}</p>"
    return replace(
        first,
        id=first.audit_id,
        public=False,
        html=html,
        text=f"Conversation with {name}\n\nURL: {page}",
        attachments=(),
    )
