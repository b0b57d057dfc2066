"""One decision of each kind, as the tests of notes and routing render it."""

from __future__ import annotations

from dataclasses import replace

from app.domain import (
    Clarify,
    Decision,
    FileExcerpt,
    HandOff,
    Handoff,
    Reason,
    SaveDraft,
)
from app.pipeline.render import render
from connectors.types import Attachment, Change, Feature, Priority
from tests.app.pipeline.samples import (
    NOW,
    earlier_answer,
    make_draft,
    make_passage,
    make_ticket,
)

ALL = frozenset(Feature)
ASKED = replace(
    make_ticket(
        attachments=(
            Attachment("error.log", "text/plain"),
            Attachment("screen.png", "image/png", alt="The export page, empty"),
        )
    ),
    fields={"Product": "Studio", "Region": "EU <b>"},
    status_name="Waiting for engineering",
)
LOG = FileExcerpt("error.log", ("ERROR export refused: quota <b>exceeded</b>",))
LEARNED = make_draft(
    passages=(earlier_answer("…"), make_passage()),
    not_covered=("Which encoding does the CSV have?",),
)
WHY = (
    Reason("example", "an agent answered nearly the same question before"),
    Reason("articles", "quoted from one article"),
    Reason("mode", "sending is not switched on for this ticket"),
)
BILLING = Reason("billing", "disputes a charge")
HANDOFF = Handoff(
    reason=BILLING,
    summary="Charged twice: you charged me twice for March, and I cannot export my projects.",
    tried=("the export button on each project", "signing in again"),
    next_step="Check the charge in the billing system before you promise anything.",
    priority=Priority.HIGH,
    group="Billing",
    draft=make_draft(),
    files=(LOG,),
)
DECISIONS: dict[str, Decision] = {
    "draft": SaveDraft(LEARNED, WHY),
    "draft_with_warnings": SaveDraft(
        make_draft(confidence=0.9),
        (*WHY[1:], Reason("link", "a link that no source has: evil.test")),
    ),
    "handoff": HandOff(HANDOFF, (BILLING, Reason("vip", "VIP account, and not happy"))),
    "handoff_bare": HandOff(Handoff(reason=BILLING, summary="Charged twice"), (BILLING,)),
    "clarify": Clarify(
        "So that we can look into it: could you tell us what you did, and what you saw instead?",
        (Reason("vague", "the message says that something is wrong, but not what"),),
    ),
}


def change_of(decision: Decision) -> Change:
    return render(decision, ASKED, ALL, NOW)
