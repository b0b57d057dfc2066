"""Decide what becomes of a message: the order of the rules, and nothing but that."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.domain import (
    Band,
    Clarify,
    Decision,
    Draft,
    EscalationRule,
    HandOff,
    Handoff,
    Mode,
    Policy,
    Reason,
    SaveDraft,
    Send,
    Skip,
    Source,
    Triage,
)
from app.pipeline.compose import band_of
from app.pipeline.guard import dropped
from app.pipeline.vague import asks_nothing_specific
from connectors.types import Priority, Ticket

# On a ``Clarify``: its question may go to the customer as it stands.
MAY_ASK = "may_ask"

_ORDER = tuple(Priority)

# Below it a draft costs an agent more than it gives. Of the drafts for dev questions of workarena,
# covid_faq and mtrag_a it keeps back 1 of 336 that cite a right article, and 17 of 315 others.
_THINNEST = 0.1

_NEXT_STEP = {
    "human": "Reply in person; the customer does not want to talk to a bot.",
    "billing": "Check the charge in the billing system before you promise anything.",
    "security": "Verify who is writing before you change or tell anything about the account.",
    "legal": "Do not answer on the matter itself: pass it to whoever handles legal requests.",
    "anger": "Reply in person, and soon; say what happens next and when.",
    "language": "Reply in the customer's language; what you send is kept with the question.",
    "unresolved": "Earlier answers did not help: look at the customer's case itself.",
}
# A line of courtesy says nothing about what is wanted.
_GREETING = re.compile(
    r"\A(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten tag|hola)\b"
    r"[^\n.?!]{0,40}?(?:[,!.:]\s+|\n\s*)",
    re.IGNORECASE,
)

_DEFAULT_STEP = "Look at the case and reply in person."


def decide(  # noqa: PLR0917 - in the order in which a run comes to know them
    triage: Triage,
    draft: Draft | None,
    warnings: tuple[Reason, ...],
    mode: Mode,
    ticket: Ticket,
    policy: Policy,
    replies_so_far: int,
) -> Decision:
    """Decide about one customer message; each decision carries its reasons.

    ``mode`` is what this ticket may have (ceiling, topic record and roll-out are applied already);
    with ``SHADOW`` the decision is that of ``DRAFT``, and whoever carries it out writes nothing.
    """
    if triage.skip:
        return Skip(triage.skip)
    shown = None if dropped(warnings) else draft
    if triage.escalate:
        return _hand_off(triage, shown, ticket, policy)
    if asks_nothing_specific(triage.question) and (
        shown is None or band_of(shown.confidence) is Band.THIN
    ):
        return _clarify(ticket, mode, policy, replies_so_far)
    if draft is None:
        return Skip((Reason("no_evidence", "nothing in the knowledge answers this"),), silent=True)
    if shown is None:
        return Skip(warnings, silent=True)
    if shown.confidence < _THINNEST and not shown.learned:
        return Skip((Reason("too_thin", "what was found hardly answers this"),), silent=True)
    reasons = (*_evidence(shown), *warnings)
    held = _held_back(shown, warnings, mode, policy, replies_so_far)
    if held is None:
        return Send(shown, (*reasons, Reason("may_send", "well supported, and sending is allowed")))
    return SaveDraft(shown, (*reasons, held))


def _hand_off(triage: Triage, draft: Draft | None, ticket: Ticket, policy: Policy) -> HandOff:
    codes = [reason.code for reason in triage.escalate]
    rules = [rule for code in codes for rule in policy.rules if rule.code == code]
    first = triage.escalate[0]
    handoff = Handoff(
        reason=first,
        summary=summary_of(ticket, triage.question),
        tried=triage.tried,
        next_step=_next_step(first.code, rules),
        priority=_highest([triage.priority, *(rule.priority for rule in rules)]),
        group=next((rule.group for rule in rules if rule.group), None),
        draft=draft,
        files=triage.files,
    )
    return HandOff(handoff, triage.escalate)


def _next_step(code: str, rules: Sequence[EscalationRule]) -> str:
    own = next((rule.next_step for rule in rules if rule.next_step), "")
    known = next((step for name, step in _NEXT_STEP.items() if name in code), "")
    return own or known or _DEFAULT_STEP


def _highest(priorities: Sequence[Priority | None]) -> Priority | None:
    return max((item for item in priorities if item), key=_ORDER.index, default=None)


def summary_of(ticket: Ticket, question: str, length: int = 240) -> str:
    """Say in one or two lines what the customer wants, in the customer's own words."""
    subject = " ".join(ticket.subject.split())
    told = question.strip()
    if subject and told.casefold().startswith(subject.casefold()):
        told = told[len(subject) :].lstrip()
    if subject.endswith(("...", "…")):  # a chat is titled with its own first words
        begun = subject.rstrip(" .…").casefold()
        subject = "" if " ".join(told.split()).casefold().startswith(begun) else subject
    words = " ".join(_GREETING.sub("", told, count=1).split())
    if subject and subject.casefold() not in words.casefold():
        words = f"{subject}: {words}" if words else subject
    if len(words) <= length:
        return words
    return words[: length - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def _clarify(ticket: Ticket, mode: Mode, policy: Policy, replies_so_far: int) -> Decision:
    vague = Reason("vague", "the message says that something is wrong, but not what")
    if "understudy_clarify" in ticket.tags:
        return Skip((vague, Reason("asked_before", "already asked once")), silent=True)
    may = mode is Mode.SEND and replies_so_far < policy.max_replies_per_ticket
    allowed = (Reason(MAY_ASK, "sending is allowed"),) if may else ()
    return Clarify(_question(ticket), (vague, *allowed))


def _question(ticket: Ticket) -> str:
    where = "" if ticket.page_url else "which page or feature you were using, "
    pictures = any(message.attachments for message in ticket.messages)
    seen = "what you saw instead" + ("" if pictures else " (an error message, word for word)")
    return (
        f"So that we can look into it: could you tell us {where}what you did, "
        f"what you expected, and {seen}?"
    )


def _evidence(draft: Draft) -> tuple[Reason, ...]:
    """Say in a few words what the draft rests on."""
    reasons: list[Reason] = []
    if draft.learned:
        reasons.append(Reason("example", "an agent answered nearly the same question before"))
    articles = {c.origin_id for c in draft.citations if c.source is Source.ARTICLE}
    if articles:
        count = "one article" if len(articles) == 1 else f"{len(articles)} articles"
        reasons.append(Reason("articles", f"quoted from {count}"))
    if draft.parts.get("margin", 1.0) < 0.2 and not draft.learned:
        reasons.append(Reason("close_rival", "another article is about as near"))
    if draft.not_covered:
        reasons.append(Reason("not_covered", "part of the message is left open"))
    return tuple(reasons)


def _held_back(
    draft: Draft, warnings: Sequence[Reason], mode: Mode, policy: Policy, replies_so_far: int
) -> Reason | None:
    """Say why a draft is not sent; ``None`` where it may be."""
    if mode is not Mode.SEND:
        return Reason("mode", "sending is not switched on for this ticket")
    if draft.restricted:
        # Who is in copy, no ticket tells for sure.
        return Reason("restricted", "not sent: it quotes what is not for everybody")
    if draft.translated_from:
        return Reason("translated", "not sent: it is a machine's translation")
    if warnings:
        return Reason("warnings", "not sent: it needs a look first")
    if band_of(draft.confidence) is not Band.WELL:
        return Reason("band", "not sent: not well supported")
    if draft.not_covered:
        return Reason("incomplete", "not sent: it does not cover the whole message")
    if replies_so_far >= policy.max_replies_per_ticket:
        return Reason("cap", "not sent: enough automatic replies on this ticket")
    return None
