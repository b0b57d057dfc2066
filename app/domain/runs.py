"""A run: one look at one customer message, from its beginning to its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors.types import Message


class Mode(StrEnum):
    """How far the bot may go; the global mode is a ceiling."""

    SHADOW = "shadow"  # thinks and records, writes nothing
    DRAFT = "draft"  # writes internal notes
    SEND = "send"  # may reply in public


class RunState(StrEnum):
    """Where a run stands; the last three are final."""

    BEGUN = "begun"
    PLANNED = "planned"
    APPLYING = "applying"
    APPLIED = "applied"
    SKIPPED = "skipped"
    FAILED = "failed"


class Trigger(StrEnum):
    """What made us look at a message."""

    EVENT = "event"
    REDO = "redo"  # an agent asked for another look
    SEND = "send"  # an agent asked that the draft goes out as it stands
    TEST = "test"  # an admin tries whether replies arrive


@dataclass(frozen=True, slots=True)
class RunKey:
    """What makes a run unique: one look at one customer message, for one trigger.

    Of an agent's request to send, ``message_id`` is the note that is to go out, or what stands in
    its way (``app.pipeline.asked``).
    """

    helpdesk: str
    ticket_id: str
    message_id: str
    trigger: Trigger = Trigger.EVENT


def is_ours(message: Message, receipt_ids: frozenset[str]) -> bool:
    """Tell whether we wrote a message: it bears our mark or we hold a receipt for it.

    Never by its author: small teams run the bot on a person's key, and that person is neither
    ignored nor talked over.
    """
    return message.mark is not None or message.id in receipt_ids
