"""Signals: what an agent did with what we wrote."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SignalKind(StrEnum):
    """What an agent did with what we wrote."""

    KEPT = "kept"  # sent as it stood, or nearly
    EDITED = "edited"  # sent with changes
    REWRITTEN = "rewritten"  # sent something else
    DISCARDED = "discarded"  # asked us not to: understudy_bad
    RATED = "rated"  # the customer gave a rating


@dataclass(frozen=True, slots=True)
class Signal:
    """An agent's verdict on a draft, read from what was sent.

    ``kept_share`` is the share of the draft's words that survive in the reply, in 0..1. Of a
    rating, ``message_id`` is the rating's id and ``score`` goes from 0 (worst) to 1 (best).
    """

    run_id: str
    kind: SignalKind
    message_id: str
    agent: str
    kept_share: float
    score: float | None = None
