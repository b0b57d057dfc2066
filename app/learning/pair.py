"""Pairing: which reply of an agent answers the message that a run looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.types import Message, Role


@dataclass(frozen=True, slots=True)
class Pair:
    """A customer's message and the first public answer that a person gave to it."""

    message_id: str
    reply: Message


def pair_replies(
    messages: Iterable[Message], looked_at: frozenset[str], ours: Callable[[Message], bool]
) -> list[Pair]:
    """Pair each message that was looked at with the agent's reply to it, if there is one yet.

    A reply belongs to the newest customer message before it; what we wrote, internal notes and
    automations answer nothing. Only the first reply counts: what follows is conversation.
    """
    pairs: list[Pair] = []
    waiting: str | None = None
    for message in messages:
        if not message.public or ours(message):
            continue
        if message.author.role is Role.CUSTOMER:
            waiting = message.id
        elif waiting is not None and _by_person(message):
            if waiting in looked_at:
                pairs.append(Pair(waiting, message))
            waiting = None
    return pairs


def _by_person(message: Message) -> bool:
    return message.author.role is Role.AGENT and not message.automatic
