"""Our words: what Understudy thinks about a ticket, as records that can be stored and replayed.

Everything here is frozen, free of effects, and turns into JSON and back by ``app.as_json``.
"""

from app.domain.decisions import (
    Band,
    Citation,
    Clarify,
    CleanText,
    Decision,
    Draft,
    FileExcerpt,
    HandOff,
    Handoff,
    Outcome,
    Reason,
    SaveDraft,
    Send,
    Skip,
    Triage,
    draft_of,
    outcome_of,
)
from app.domain.evidence import (
    ANYBODY,
    Asker,
    Collection,
    Example,
    Facts,
    Hit,
    Metadata,
    Passage,
    Pointer,
    Resolution,
    Source,
)
from app.domain.policy import (
    EscalationRule,
    Policy,
)
from app.domain.runs import (
    Mode,
    RunKey,
    RunState,
    Trigger,
    is_ours,
)
from app.domain.signals import (
    Signal,
    SignalKind,
)

__all__ = [
    "ANYBODY",
    "Asker",
    "Band",
    "Citation",
    "Clarify",
    "CleanText",
    "Collection",
    "Decision",
    "Draft",
    "EscalationRule",
    "Example",
    "Facts",
    "FileExcerpt",
    "HandOff",
    "Handoff",
    "Hit",
    "Metadata",
    "Mode",
    "Outcome",
    "Passage",
    "Pointer",
    "Policy",
    "Reason",
    "Resolution",
    "RunKey",
    "RunState",
    "SaveDraft",
    "Send",
    "Signal",
    "SignalKind",
    "Skip",
    "Source",
    "Triage",
    "Trigger",
    "draft_of",
    "is_ours",
    "outcome_of",
]
