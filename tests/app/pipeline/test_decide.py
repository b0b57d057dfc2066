"""The order of the rules, as a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain import (
    Clarify,
    Decision,
    Draft,
    EscalationRule,
    HandOff,
    Mode,
    Policy,
    Reason,
    SaveDraft,
    Send,
    Skip,
    Triage,
)
from app.pipeline.decide import MAY_ASK, decide, summary_of
from app.pipeline.vague import asks_nothing_specific
from connectors.types import Attachment, Priority, Ticket
from tests.app.pipeline.samples import earlier_answer, make_draft, make_passage, make_ticket

LEARNED = make_draft(passages=(earlier_answer("…"),))
RESTRICTED = make_draft(confidence=0.9, passages=(replace(make_passage(), only_for="partners"),))
WELL, PARTLY, THIN = (make_draft(confidence=value) for value in (0.9, 0.5, 0.2))
LEAKY = Reason("link", "a link that no source has: evil.test")
UNGROUNDED = Reason("ungrounded", "most of the draft is not in any source")
AUTO = Reason("auto_reply", "an automatic reply")
ANGRY = Reason("anger", "the customer is angry")
BILLING = Reason("billing", "disputes a charge")
ASKED = Triage("How do I export all my projects?")
VAGUE = Triage("Hi, it doesn't work!")
POLICY = Policy(
    rules=(
        EscalationRule("billing", "x", priority=Priority.NORMAL, group="Billing"),
        EscalationRule("anger", "x", priority=Priority.HIGH, next_step="Call them."),
    )
)


def run(  # noqa: PLR0917 - as in `decide`
    triage: Triage = ASKED,
    draft: Draft | None = WELL,
    warnings: tuple[Reason, ...] = (),
    mode: Mode = Mode.SEND,
    ticket: Ticket | None = None,
    replies: int = 0,
) -> Decision:
    return decide(triage, draft, warnings, mode, ticket or make_ticket(), POLICY, replies)


def codes(decision: Decision) -> set[str]:
    return {reason.code for reason in decision.reasons}


@pytest.mark.parametrize(
    ("triage", "draft", "warnings", "mode", "replies", "kind", "code"),
    [
        # Nobody to answer comes before everything, even before a rule for a person.
        (replace(ASKED, skip=(AUTO,), escalate=(ANGRY,)), WELL, (), "send", 0, Skip, "auto_reply"),
        # No confidence overrides a rule that asks for a person.
        (replace(ASKED, escalate=(ANGRY,)), WELL, (), "send", 0, HandOff, "anger"),
        (replace(VAGUE, escalate=(ANGRY,)), None, (), "send", 0, HandOff, "anger"),
        (ASKED, None, (), "send", 0, Skip, "no_evidence"),
        (ASKED, WELL, (), "send", 0, Send, "may_send"),
        (ASKED, WELL, (), "send", 2, Send, "may_send"),
        (ASKED, WELL, (), "send", 3, SaveDraft, "cap"),
        (ASKED, WELL, (LEAKY,), "send", 0, SaveDraft, "link"),
        (ASKED, PARTLY, (), "send", 0, SaveDraft, "band"),
        (ASKED, replace(WELL, not_covered=("the price",)), (), "send", 0, SaveDraft, "incomplete"),
        (ASKED, RESTRICTED, (), "send", 0, SaveDraft, "restricted"),
        (ASKED, replace(WELL, translated_from="English"), (), "send", 0, SaveDraft, "translated"),
        (ASKED, WELL, (), "draft", 0, SaveDraft, "mode"),
        (ASKED, THIN, (), "draft", 0, SaveDraft, "mode"),
        (ASKED, replace(THIN, confidence=0.09), (), "send", 0, Skip, "too_thin"),
        (ASKED, replace(LEARNED, confidence=0.09), (), "draft", 0, SaveDraft, "mode"),
        (VAGUE, replace(THIN, confidence=0.09), (), "draft", 0, Clarify, "vague"),
        (ASKED, WELL, (), "shadow", 0, SaveDraft, "mode"),
        (ASKED, WELL, (UNGROUNDED,), "send", 0, Skip, "ungrounded"),
        (VAGUE, None, (), "draft", 0, Clarify, "vague"),
        (VAGUE, THIN, (), "draft", 0, Clarify, "vague"),
        (VAGUE, WELL, (UNGROUNDED,), "draft", 0, Clarify, "vague"),
        (VAGUE, PARTLY, (), "draft", 0, SaveDraft, "mode"),
    ],
)
def test_the_order(  # noqa: PLR0917 - a table
    triage: Triage,
    draft: Draft | None,
    warnings: tuple[Reason, ...],
    mode: str,
    replies: int,
    kind: type,
    code: str,
) -> None:
    decision = run(triage, draft, warnings, Mode(mode), replies=replies)
    assert isinstance(decision, kind)
    assert code in codes(decision)


def test_silence_is_for_questions_only() -> None:
    unanswered, nobody = run(draft=None), run(replace(ASKED, skip=(AUTO,)))
    assert isinstance(unanswered, Skip)
    assert isinstance(nobody, Skip)
    assert (unanswered.silent, nobody.silent) == (True, False)


def test_a_handoff_gathers_what_every_rule_says() -> None:
    triage = replace(
        ASKED, escalate=(BILLING, ANGRY), tried=("signing in again",), priority=Priority.LOW
    )
    decision = run(triage)
    assert isinstance(decision, HandOff)
    handoff = decision.handoff
    assert handoff.reason == BILLING
    assert decision.reasons == (BILLING, ANGRY)
    assert (handoff.priority, handoff.group) == (Priority.HIGH, "Billing")
    assert (handoff.next_step, handoff.tried) == ("Call them.", ("signing in again",))
    assert handoff.draft is WELL
    assert handoff.summary == "How do I export all my projects?"


def test_a_handoff_never_shows_an_ungrounded_draft() -> None:
    decision = run(replace(ASKED, escalate=(ANGRY,)), warnings=(UNGROUNDED,))
    assert isinstance(decision, HandOff)
    assert decision.handoff.draft is None


def test_every_handoff_has_a_next_step() -> None:
    for code in ("legal", "asks_human", "something_new"):
        decision = run(replace(ASKED, escalate=(Reason(code, "x"),)))
        assert isinstance(decision, HandOff)
        assert decision.handoff.next_step


def test_a_question_is_asked_once_and_in_public_only_where_sending_is_allowed() -> None:
    again = make_ticket(tags=frozenset({"understudy_clarify"}))
    assert isinstance(run(VAGUE, None, ticket=again), Skip)
    assert MAY_ASK in codes(run(VAGUE, None))
    assert MAY_ASK not in codes(run(VAGUE, None, mode=Mode.DRAFT))
    assert MAY_ASK not in codes(run(VAGUE, None, replies=3))


def test_a_question_asks_for_nothing_twice() -> None:
    shown = make_ticket(attachments=(Attachment("screen.png"),))
    known, unknown = run(VAGUE, None, ticket=shown), run(VAGUE, None)
    blind = run(VAGUE, None, ticket=replace(shown, page_url=""))
    assert isinstance(known, Clarify)
    assert isinstance(unknown, Clarify)
    assert isinstance(blind, Clarify)
    assert "error message" in unknown.question
    assert "error message" not in known.question
    assert "which page" in blind.question
    assert "which page" not in known.question


@pytest.mark.parametrize(
    ("text", "vague"),
    [
        ("it doesn't work", True),
        ("Help!!", True),
        ("it doesnt work anymore since today, pls help", True),
        ("Hi, I have a problem with your app. Please fix", True),
        ("It doesn’t work anymore", True),  # noqa: RUF001
        ("my printer doesn't work", False),
        ("error 42", False),
        ("thank you", False),
        ("How do I export?", False),
        ("Es geht nicht", False),
        ("", False),
    ],
)
def test_vague_messages(text: str, vague: bool) -> None:
    assert asks_nothing_specific(text) is vague


def test_a_summary_begins_with_what_is_wanted_not_with_courtesies() -> None:
    ticket = make_ticket(subject="Our renewal")
    question = "Our renewal\nHi team,\n\nwe will leave unless the planner works."
    assert summary_of(ticket, question) == "Our renewal: we will leave unless the planner works."
    assert summary_of(ticket, "Hidden fees make us leave.").endswith("Hidden fees make us leave.")


def test_a_summary_is_short_and_says_nothing_twice() -> None:
    ticket = make_ticket(subject="Charged twice")
    assert summary_of(ticket, "I want it back.") == "Charged twice: I want it back."
    assert summary_of(ticket, "I was charged twice.") == "I was charged twice."
    assert summary_of(ticket, "") == "Charged twice"
    long = summary_of(ticket, "word " * 100)
    assert len(long) <= 240
    assert long.endswith("word…")


@pytest.mark.parametrize("dots", ["...", " ...", "…"])
def test_a_subject_cut_from_the_message_is_not_said_again(dots: str) -> None:
    told = "can I talk to a real person, it is complicated"
    cut = "can I talk to a real person," + dots
    assert summary_of(make_ticket(subject=cut), told) == told
    assert summary_of(make_ticket(subject=cut), f"{cut}\n{told}") == told
    assert summary_of(make_ticket(subject="Hm..."), told) == f"Hm...: {told}"
