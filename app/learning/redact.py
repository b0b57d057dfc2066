"""Redaction: which of our records were made from what people have taken out since."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.types import Message, Role


def made_from_redacted(messages: Sequence[Message], message_id: str) -> bool:
    """Tell whether a look at a message took in anything that is redacted now.

    A look reads what customers wrote up to that message: what was asked, and what was tried. One
    whose message is no longer there may have read anything.
    """
    ids = [message.id for message in messages]
    read = messages[: ids.index(message_id) + 1] if message_id in ids else messages
    return any(one.redacted and one.author.role is Role.CUSTOMER for one in read)
