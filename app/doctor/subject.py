"""What is examined: an installation, as one command finds it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from app.ledger.migrate import current_revision, head_revision
from app.ledger.store import LedgerDown
from app.services import Services


@dataclass(frozen=True)
class Installation:
    """Services, pointed at the stores of a running supervisor where there is one (``up``)."""

    services: Services
    up: bool

    @cached_property
    def has_record(self) -> bool:
        """Whether there is a ledger of this version's shape to read in."""
        try:
            return current_revision(self.services.settings.ledger_url) == head_revision()
        except LedgerDown:
            return False
