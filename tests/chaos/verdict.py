"""What a soak leaves behind, and what is counted in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from app.ledger.runs import Run
from connectors.sandbox.records import Ticket
from connectors.types import Change


@dataclass(frozen=True, slots=True)
class Write:
    """One edit that the bot made: ``seen`` counts the audits that its worker had read before."""

    ticket: int
    audit_id: int
    seen: int
    key: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a soak leaves behind.

    ``unfinished`` counts deliveries and runs that nobody ended, ``given_up`` deliveries that were.
    """

    tickets: Sequence[Ticket]
    bot_id: int
    runs: Sequence[Run]
    writes: Sequence[Write]
    changes: Mapping[str, Change]  # that connectors were asked to write, by their keys
    errors: Mapping[str, str]  # what they raised last
    unfinished: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be, on one ticket."""

    ticket: int
    kind: str
    text: str


@dataclass
class Verdict:
    """The counts of a soak; what is above ``tags_repaired`` must be zero, on any helpdesk."""

    notes_lost: int = 0
    notes_doubled: int = 0
    notes_unknown: int = 0
    public_that_should_be_private: int = 0
    replies_lost: int = 0
    replies_doubled: int = 0
    tags_lost: int = 0
    tags_missing: int = 0  # of ours, and nobody says so
    failed_runs: int = 0
    unfinished: int = 0
    given_up: int = 0
    tags_repaired: int = 0
    # Set in the moment of an update that replaces all: see ``holds``. ``told`` adds them to the
    # lost ones, which they are.
    tags_lost_unseen: int = 0
    # The same words for two messages, sent once: without a mark one run finds the other's.
    replies_shared: int = 0
    tags_revived: int = 0  # an agent took one away between reading and writing
    collisions: int = 0
    collisions_reported: int = 0
    replies_in_doubt: int = 0  # said aloud and never sent again
    notes: int = 0
    replies: int = 0
    silent: int = 0
    violations: list[Violation] = field(default_factory=list, repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """All counts by their names."""
        found = asdict(self)
        del found["violations"]
        return found

    @property
    def told(self) -> dict[str, int]:
        """The counts as a reader takes them: a tag that was lost unseen was lost."""
        return {**self.counts, "tags_lost": self.tags_lost + self.tags_lost_unseen}

    def holds(self, *, conditional: bool, tags_at_once: bool) -> bool:
        """Whether the promises were kept.

        ``conditional`` helpdesks let nobody act in between. Where tags are not ``tags_at_once``,
        those that somebody sets in the very moment of our update cannot be kept, nor be told.
        """
        names = list(self.counts)
        zero = names[: names.index("tags_repaired")]
        if conditional:
            zero += ["collisions", "replies_in_doubt", "tags_repaired", "tags_revived"]
        if tags_at_once:
            zero.append("tags_lost_unseen")
        kept = not any(self.counts[name] for name in zero)
        return kept and self.collisions == self.collisions_reported
