"""Decisions: what kind of message it is, and what is to become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from app.domain.evidence import Source
from connectors.types import Priority


class Band(StrEnum):
    """Confidence in words, until it is calibrated."""

    WELL = "well supported"
    PARTLY = "partly supported"
    THIN = "thin"


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
    language: str = ""  # of what is asked, as a code; "" where it is unclear


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that a sentence of the draft rests on.

    ``only_for`` says for whom alone the article is, "" where anybody may read it.
    """

    passage_id: str
    source: Source
    origin_id: str
    title: str
    url: str = ""
    updated_at: datetime | None = None
    only_for: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer in Markdown, with what it rests on.

    ``confidence`` is in 0..1 and not calibrated yet; ``parts`` are the features behind it.
    ``not_covered`` holds what the customer asks and no passage answers. ``translated_from`` names
    the language of the articles where a model put the text into the customer's.
    """

    text: str
    citations: tuple[Citation, ...]
    confidence: float
    parts: Mapping[str, float] = field(default_factory=dict)
    not_covered: tuple[str, ...] = ()
    translated_from: str = ""

    @property
    def learned(self) -> bool:
        """Whether the draft rests on an answer that an agent stood behind."""
        return any(citation.source is Source.EXAMPLE for citation in self.citations)

    @property
    def restricted(self) -> bool:
        """Whether it says something that not everybody may read."""
        return any(citation.only_for for citation in self.citations)


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
