"""Our words: what Understudy thinks about a ticket, as records that can be stored and replayed.

Everything here is frozen, free of effects, and turns into JSON and back by ``app.as_json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from connectors.types import Message, Priority


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


class Band(StrEnum):
    """Confidence in words, until it is calibrated."""

    WELL = "well supported"
    PARTLY = "partly supported"
    THIN = "thin"


class Source(StrEnum):
    """Where a passage comes from."""

    ARTICLE = "article"
    EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, or a learned example, that can be quoted.

    ``origin_id`` is the article's or example's id; ``sentences`` are ``text`` cut up, in order.
    """

    id: str
    source: Source
    origin_id: str
    title: str
    text: str
    url: str = ""
    updated_at: datetime | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, with the parts of its score.

    ``score`` orders hits and is comparable within one search only; ``similarity`` is the best
    cosine between the question and the passage (its chunk or any of its sentences), in -1..1.
    """

    passage: Passage
    score: float
    similarity: float
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CleanText:
    """What a customer really wrote, and what was taken off."""

    text: str
    quoted: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided: a stable code for the record, a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class FileExcerpt:
    """What a customer's text file says: its most telling lines, errors first."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Triage:
    """What kind of message this is, before any evidence is looked up.

    ``skip`` reasons mean that nobody should be answered; ``escalate`` reasons mean a person.
    """

    question: str
    skip: tuple[Reason, ...] = ()
    escalate: tuple[Reason, ...] = ()
    priority: Priority | None = None
    tried: tuple[str, ...] = ()  # what the customer says was already tried
    files: tuple[FileExcerpt, ...] = ()  # what stands in the files that came with it


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that a sentence of the draft rests on."""

    passage_id: str
    source: Source
    origin_id: str
    title: str
    url: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer in Markdown, with what it rests on.

    ``confidence`` is in 0..1 and not calibrated yet; ``parts`` are the features behind it.
    ``not_covered`` holds what the customer asks and no passage answers.
    """

    text: str
    citations: tuple[Citation, ...]
    confidence: float
    parts: Mapping[str, float] = field(default_factory=dict)
    not_covered: tuple[str, ...] = ()

    @property
    def learned(self) -> bool:
        """Whether the draft rests on an answer that an agent stood behind."""
        return any(citation.source is Source.EXAMPLE for citation in self.citations)


@dataclass(frozen=True, slots=True)
class Handoff:
    """What a person needs to take over without asking the customer anything twice."""

    reason: Reason
    summary: str
    tried: tuple[str, ...] = ()
    next_step: str = ""
    priority: Priority | None = None
    group: str | None = None
    draft: Draft | None = None  # what the bot would have said
    files: tuple[FileExcerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """Answer in public."""

    draft: Draft
    reasons: tuple[Reason, ...] = ()
    kind: Literal["send"] = "send"


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """Leave a draft for an agent, as an internal note."""

    draft: Draft
    reasons: tuple[Reason, ...] = ()
    kind: Literal["draft"] = "draft"


@dataclass(frozen=True, slots=True)
class Clarify:
    """Ask the customer for what is missing (as a draft, unless sending is allowed)."""

    question: str
    reasons: tuple[Reason, ...] = ()
    kind: Literal["clarify"] = "clarify"


@dataclass(frozen=True, slots=True)
class HandOff:
    """Give the ticket to a person, with everything known."""

    handoff: Handoff
    reasons: tuple[Reason, ...] = ()
    kind: Literal["handoff"] = "handoff"


@dataclass(frozen=True, slots=True)
class Skip:
    """Say nothing. ``silent``: there was a question, but no evidence and no rule for a person."""

    reasons: tuple[Reason, ...]
    silent: bool = False
    kind: Literal["skip"] = "skip"


Decision = Send | SaveDraft | Clarify | HandOff | Skip


class Outcome(StrEnum):
    """How a run ended, as the reports count it."""

    DRAFT = "draft"
    REPLY = "reply"
    CLARIFIED = "clarified"
    HANDOFF = "handoff"
    SILENT = "silent"
    SKIPPED = "skipped"
    FAILED = "failed"


def outcome_of(decision: Decision) -> Outcome:
    """Name what a decision comes to once it is carried out."""
    match decision:
        case Send():
            return Outcome.REPLY
        case SaveDraft():
            return Outcome.DRAFT
        case Clarify():
            return Outcome.CLARIFIED
        case HandOff():
            return Outcome.HANDOFF
        case Skip(silent=True):
            return Outcome.SILENT
        case Skip():
            return Outcome.SKIPPED


def draft_of(decision: Decision | None) -> Draft | None:
    """Find the draft in a decision: the one to write, or what a handoff would have said."""
    match decision:
        case Send(draft=draft) | SaveDraft(draft=draft):
            return draft
        case HandOff(handoff=handoff):
            return handoff.draft
        case _:
            return None


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


@dataclass(frozen=True, slots=True)
class Example:
    """A customer's question with the answer that an agent stood behind."""

    id: str
    helpdesk: str
    ticket_id: str
    question: str
    answer: str
    agent: str
    created_at: datetime
    times_kept: int = 0


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
