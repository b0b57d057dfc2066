"""Tickets that came through a messaging channel: their conversation, and what is in doubt. Pure.

Such a conversation is not among the ticket's comments until it is posted there, if it ever is
(support.zendesk.com 5384481026714). ``GET /tickets/{id}/conversation_log`` has it, beside the
comments; its shape is in Zendesk's OpenAPI file, ``ConversationLogObject``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from connectors.records import Record, utc
from connectors.text import text_of_html
from connectors.types import Attachment, Message, Person, Role
from connectors.zendesk import messages, wire
from connectors.zendesk.messages import Cast
from connectors.zendesk.placeholders import whole

# Zendesk's names of channels, as its users list them; whoever writes there waits in a chat window.
_CHANNELS = frozenset(
    {
        *("native_messaging", "chat", "chat_transcript", "whatsapp", "line", "wechat", "telegram"),
        *("viber", "kakaotalk", "instagram_dm", "apple_business_chat", "google_rcs", "sms"),
        *("google_business_messages", "messagebird_sms", "twilio_sms", "mailgun", "any_channel"),
        *("facebook", "twitter", "business_messaging_slack_connect"),
    }
)
_FAMILIES = ("sunshine_conversations", "answer_bot")
_COMMENT = "Comment"
_ROLES = {"user": Role.CUSTOMER, "agent": Role.AGENT, "bot": Role.BOT}
# A transcript that was posted as one comment: "(10:02:11) Maya: Hello".
_LINE = re.compile(r"^\(\d\d?:\d\d(?::\d\d)?(?: [AP]M)?\) ", re.MULTILINE)
_NEWS = re.compile(r"\*\*\* .* \*\*\*\s*\Z")  # "*** Maya joined the chat ***"
_HEADING = 100  # characters that may stand before: "Chat started on 2026-11-20, 09:57 AM (UTC)"
_BEHIND = "|"  # what stands behind the stamp in a revision
_ALIKE = timedelta(minutes=2)  # between a comment and the same words in the log
_DOUBT = (
    "This ticket came through {channel}. How a public API comment reaches a messaging requester "
    "is not verified: Zendesk may keep it in the ticket without showing it in the chat."
)


class Author(Record):
    """Who wrote an entry of the log: a user, an agent or a bot."""

    type: str = ""
    display_name: str | None = None
    user_id: str | None = Field(default=None, alias="zen:support:user_id")
    messaging_id: str | None = Field(default=None, alias="zen:sunco:user_id")


class Entry(Record):
    """An entry of the conversation log; what is in ``content`` depends on its type."""

    id: str
    type: str
    created_at: datetime
    author: Author
    reference: str = ""
    content: Mapping[str, Any] = Field(default_factory=dict)
    attachments: tuple[wire.File, ...] | None = None


class LogPage(wire.Paged):
    """A page of the conversation log."""

    events: tuple[Entry, ...]


def channel_of(raw: wire.Ticket) -> str:
    """Name the channel that a ticket came through; one of messaging where Zendesk says so."""
    channel = messages.channel(raw.via)
    other = raw.from_messaging_channel and not messaging_channel(channel)
    return "native_messaging" if other else channel


def messaging_channel(channel: str) -> bool:
    """Tell by a channel's name whether its customers wait in a chat window."""
    return channel in _CHANNELS or channel.startswith(_FAMILIES)


def delivery_doubt(channel: str) -> str:
    """Say why a reply may not reach the customer; "" where nothing speaks against it."""
    return _DOUBT.format(channel=channel) if messaging_channel(channel) else ""


def revision(updated_at: str, log: Sequence[Entry]) -> str:
    """Make a revision that a chat's next message changes, whether or not it moves the stamp."""
    newest = max(((entry.created_at, entry.id) for entry in log), default=None)
    return f"{updated_at}{_BEHIND}{newest[1]}" if newest else updated_at


def stamp_of(revision: str) -> str:
    """Take the ticket's own stamp out of a revision: it guards a write."""
    return revision.partition(_BEHIND)[0]


def authors(log: Iterable[Entry]) -> set[str]:
    """Name the users of the log that Zendesk knows."""
    return {entry.author.user_id for entry in log if entry.author.user_id}


def with_log(said: Sequence[Message], log: Sequence[Entry], cast: Cast) -> tuple[Message, ...]:
    """Put a conversation's messages among a ticket's comments, in order and each once.

    The comments are what Zendesk guards, and what bears our marks: what is in both is taken from
    them. A comment that only repeats the conversation is left out.
    """
    known = {f"zen:ticket_event:{message.id}" for message in said}
    entries = [entry for entry in log if entry.type != _COMMENT and entry.reference not in known]
    chat = [message for message in _chat(entries, cast) if not _said_again(message, said)]
    kept = [message for message in said if not _transcript_of(message, chat)]
    # Where both have the same moment, what opens the conversation stands first.
    return tuple(sorted([*kept, *chat], key=lambda message: message.created_at))


def _chat(entries: Iterable[Entry], cast: Cast) -> Iterator[Message]:
    for entry in entries:
        html = _string(entry.content, "body") if entry.content.get("type") == "html" else ""
        text = whole(text_of_html(html) if html else _text(entry.content))
        files = messages.attachments(tuple(entry.attachments or ()), html) or _media(entry.content)
        author = _author(entry.author, cast)
        if text or files:
            yield Message(
                id=entry.id,
                author=author,
                public=True,  # the customer sees all of a chat
                text=text.strip(),
                html=html,
                created_at=utc(entry.created_at),
                automatic=author.role in (Role.BOT, Role.SYSTEM),
                redacted=messages.is_redacted(text, html, entry.attachments or ()),
                attachments=files,
            )


def _author(author: Author, cast: Cast) -> Person:
    role = _ROLES.get(author.type.casefold(), Role.SYSTEM)
    known = author.user_id if author.user_id and not author.user_id.startswith("-") else None
    if known is None and role is Role.CUSTOMER:
        known = cast.requester_id  # who has no account yet is who opened the conversation
    found = cast.person(known, role) if known else Person(author.messaging_id or "", role=role)
    return replace(found, name=found.name or author.display_name or "", role=role)


def _text(content: Mapping[str, Any]) -> str:
    """Read the words of an entry, whatever it is: a text, a picture's description, a form."""
    for name in ("text", "altText", "title", "caption", "name"):
        if told := _string(content, name):
            return told
    filled = content.get("fields")  # of a form that the customer was given
    rows = [row for row in filled if isinstance(row, dict)] if isinstance(filled, list) else []
    answers = ((_string(row, "label"), _text({**row, "fields": None})) for row in rows)
    return "\n".join(f"{label}: {answer}" for label, answer in answers if answer)


def _media(content: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Name a file that is told as an address only; it lies on a host that is not the account's."""
    name = _string(content, "mediaUrl").partition("?")[0].rpartition("/")[2]
    return (Attachment(name, _string(content, "mediaType")),) if name else ()


def _string(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _said_again(message: Message, said: Iterable[Message]) -> bool:
    """Tell whether a message of the log is among the comments, too, from the same side."""
    return any(
        other.public
        and _by_customer(other) is _by_customer(message)
        and _words(other.text) == _words(message.text)
        and abs(other.created_at - message.created_at) <= _ALIKE
        for other in said
        if message.text
    )


def _transcript_of(comment: Message, chat: Sequence[Message]) -> bool:
    """Tell whether a comment only repeats what we have message by message.

    Every line of it has to be there, so that nothing is lost; the conversation may have gone on
    since, or have begun before.
    """
    before, *lines = _LINE.split(comment.text)
    if not chat or comment.mark is not None or len(lines) < 2 or len(before) > _HEADING:
        return False
    known = {_words(message.text) for message in chat}
    return all(_words(line.partition(": ")[2]) in known for line in lines if not _NEWS.match(line))


def _by_customer(message: Message) -> bool:
    return message.author.role is Role.CUSTOMER


def _words(text: str) -> str:
    """Read what a text says, however it is marked up: Zendesk rewrites what it posts."""
    return " ".join(re.findall(r"\w+", text.casefold())) or " ".join(text.split())
