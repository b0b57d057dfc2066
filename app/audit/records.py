"""What the audit looks at, and what it finds. Frozen; times are seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.domain import Metadata, Outcome, SignalKind


class Kind(StrEnum):
    """What can be wrong."""

    CONTRADICTION = "contradiction"
    DUPLICATE = "duplicate"
    OUTDATED = "outdated"
    DEAD_LINK = "dead_link"
    GAP = "gap"
    EMPTY = "empty"
    THIN = "thin"
    WALL = "wall"  # a long text without headings, lists or paragraphs
    TITLE = "title"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Page:
    """An article, saved reply or file as the search knows it; ``text`` is plain Markdown."""

    id: str
    title: str
    text: str
    url: str = ""
    locale: str = ""
    edited_at: float | None = None
    source: str = "articles"  # or canned, files
    internal: bool = False
    metadata: Metadata = field(default_factory=Metadata)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one ticket asked, and what became of it.

    ``rests_on`` are the pages that its draft cites, or that are behind the agent's answer which it
    repeats; ``nearest`` is the best one that was found, "" where none was near. ``learned`` says
    that the draft rests on an agent's earlier answer. ``reply`` is what an agent then sent.
    """

    ticket_id: str
    at: float
    question: str
    outcome: Outcome
    rests_on: tuple[str, ...] = ()
    nearest: str = ""
    not_covered: tuple[str, ...] = ()
    learned: bool = False
    signals: frozenset[SignalKind] = frozenset()
    reply: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def corrected(self) -> bool:
        """Whether an agent had to put the draft right."""
        return bool(self.signals & {SignalKind.REWRITTEN, SignalKind.DISCARDED})


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of evidence; ``page_id`` is "" where it is a ticket's.

    ``marked`` are the places (start, end) of ``text`` that matter.
    """

    page_id: str
    title: str
    text: str
    marked: tuple[tuple[int, int], ...] = ()
    url: str = ""
    edited_at: float | None = None


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """Something wrong, with its evidence, its harm and what to do.

    ``harm_per_month`` counts the tickets a month that meet it; ``None`` where no ticket is known
    yet. ``articles`` are ids, the one to act on first.
    """

    kind: Kind
    articles: tuple[str, ...]
    says: str
    evidence: tuple[Quote, ...]
    advice: str
    harm_per_month: float | None = None
