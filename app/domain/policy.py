"""Policy: what admins decide."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.types import Priority


@dataclass(frozen=True, slots=True)
class EscalationRule:
    """A rule that asks for a person, whatever the evidence.

    ``patterns`` are regular expressions, searched without regard to case in the cleaned text.
    """

    code: str
    text: str  # the reason, as an agent reads it
    patterns: tuple[str, ...] = ()
    priority: Priority | None = None
    group: str | None = None
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """What admins decide: which messages need a person, and how often the bot may speak."""

    rules: tuple[EscalationRule, ...] = ()
    max_replies_per_ticket: int = 3
    max_replies_per_requester_a_day: int = 10
