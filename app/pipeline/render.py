"""Write a decision down as the change an agent will see: a note, a reply, tags, routing.

The reply comes first, ready to copy, with one line above it; what explains it stands below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from app.domain import (
    Band,
    Citation,
    Clarify,
    Decision,
    Draft,
    HandOff,
    Handoff,
    Pointer,
    Reason,
    SaveDraft,
    Send,
    Skip,
)
from app.pipeline import context
from app.pipeline.compose import band_of
from app.pipeline.decide import MAY_ASK
from app.pipeline.safe_html import clean, disarm, escape, link, markdown_html
from connectors.types import Change, Feature, Priority, Status, Ticket

# The tag by which an agent asks that the draft goes out as it stands.
SEND_TAG = "understudy_send"
# The tag by which an agent tells that a draft was wrong.
BAD_TAG = "understudy_bad"
# It cannot have meant a draft that is only now being written.
_STALE = frozenset({SEND_TAG})
# What the guard found: an agent reads it before the draft, not after.
_WARNINGS = frozenset({"unsupported", "link", "email", "phone", "secret"})
# Here a quoted article is no help at all, however well it fits.
_NO_GUESS = frozenset({"account_security", "anger", "legal"})
# For the record only: in each note they would be noise, or are said by another line.
_UNSAID = frozenset(
    {"mode", "not_covered", "incomplete", "warnings", "restricted", "translated", MAY_ASK}
)
_ORDER = tuple(Priority)
LONGEST_TAG = 32


def render(
    decision: Decision,
    ticket: Ticket,
    supports: frozenset[Feature],
    now: datetime,
    *,
    doubt: str = "",
    internal: Sequence[Pointer] = (),
) -> Change:
    """Turn a decision into what is written into the ticket; nothing said gives an empty change.

    ``doubt`` says in a sentence why a reply of ours may not reach the customer. ``internal`` is
    what agents alone may look into: named in notes, and never in a reply.
    """
    for_you = _for_you_only(internal)
    match decision:
        case Send(draft):
            return Change(
                reply=clean(markdown_html(draft.text)),
                tags=frozenset({"understudy_reply"}) | _learned(draft),
                status=Status.PENDING,
            )
        case SaveDraft(draft, reasons):
            return Change(
                note=_note(*_draft_note(draft, reasons, now), for_you, _right_wrong(ticket, doubt)),
                tags=frozenset({"understudy_draft"}) | _learned(draft),
                untag=_STALE,
            )
        case Clarify():
            return _clarify(decision, ticket, doubt, for_you)
        case HandOff(handoff, reasons):
            change = _hand_off(handoff, ticket, supports)
            note = _note(*_handoff_note(handoff, reasons, ticket, now), for_you)
            return replace(change, note=note)
        case Skip(silent=True):
            return Change(tags=frozenset({"understudy_silent"}))
        case Skip():
            return Change()


def age(then: datetime, now: datetime) -> str:
    """Say how long ago something was, as people do."""
    days = max(0, (now - then).days)
    if days < 1:
        return "today"
    for size, name in ((365, "year"), (30, "month"), (7, "week"), (1, "day")):
        if days >= size:
            count = days // size
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    raise AssertionError("unreachable")


def _note(*lines: str) -> str:
    return disarm(clean("\n".join(line for line in lines if line)))


def _lines(**said: str) -> str:
    """Write labelled lines as one paragraph, without those that have nothing to say."""
    rows = [
        f"<strong>{label.replace('_', ' ').strip().capitalize()}</strong> {text}"
        for label, text in said.items()
        if text
    ]
    return f"<p>{'<br>'.join(rows)}</p>" if rows else ""


def _body(text: str) -> str:
    return f'<div class="understudy-draft">\n{markdown_html(text)}\n</div>'


def _draft_note(draft: Draft, reasons: Sequence[Reason], now: datetime) -> list[str]:
    warned = [escape(reason.text) for reason in reasons if reason.code in _WARNINGS]
    # A draft that an agent must look over is not called well supported in the same breath.
    verdict = f"<strong>check first:</strong> {'; '.join(warned)}" if warned else ""
    return [
        f"<p><strong>Draft reply</strong> · {verdict or band_of(draft.confidence).value}</p>",
        _body(draft.text),
        "<hr>",
        _lines(
            from_=_sources(draft.citations, now),
            only_for=_only_for(draft),
            translated=_translated(draft),
            why=_why(reasons),
            not_covered=_plain_list(draft.not_covered),
        ),
    ]


def _only_for(draft: Draft) -> str:
    """Warn an agent that not everybody may read what a draft says."""
    whom = dict.fromkeys(citation.only_for for citation in draft.citations if citation.only_for)
    return f"{escape('; '.join(whom))}: look who is in copy before you send it" if whom else ""


def _translated(draft: Draft) -> str:
    return f"from {escape(draft.translated_from)}, by a machine" if draft.translated_from else ""


def _for_you_only(internal: Sequence[Pointer]) -> str:
    """Name what agents alone may look into: by its title and address, never by its text."""
    named = dict.fromkeys(link(each.title, each.url) for each in internal)
    return _lines(for_you_only=" · ".join(named))


def _right_wrong(ticket: Ticket, doubt: str) -> str:
    if not ticket.tags_shown:
        # A tag would be set in vain there.
        return (
            "<p><strong>Right?</strong> Send it as it stands or edit it: I learn from what you "
            "send. <strong>Wrong?</strong> Just send what is right.</p>"
        )
    may = f" (it may not reach the customer: {escape(doubt.rstrip('.'))})" if doubt else ""
    return (
        f"<p><strong>Right?</strong> Tag <code>{SEND_TAG}</code> and it goes out as it "
        f"stands{may}, or edit and send it yourself: I learn from what you send. "
        "<strong>Wrong?</strong> Just send what is right. "
        f"Or tag <code>{BAD_TAG}</code>.</p>"
    )


def not_sent_note(reasons: Iterable[Reason]) -> str:
    """Write the note for an agent who asked in vain that a draft is sent."""
    said = "; ".join(escape(reason.text.rstrip(".")) for reason in reasons)
    return _note("<p><strong>Not sent</strong></p>", f"<p>{said}.</p>")


def _plain_list(items: Iterable[str]) -> str:
    *first, last = [escape(item) for item in items] or [""]
    return "; ".join([*(item.rstrip(".") for item in first), last])


def _why(reasons: Iterable[Reason]) -> str:
    said = [r.text for r in reasons if r.code not in _WARNINGS and r.code not in _UNSAID]
    return "; ".join(escape(text) for text in said)


def _sources(citations: Iterable[Citation], now: datetime) -> str:
    """Name each article or answer once, however many of its passages are cited."""
    sources: dict[tuple[str, str], str] = {}
    for citation in citations:
        name = link(citation.title or citation.origin_id, citation.url)
        updated = citation.updated_at
        dated = f" (updated {age(updated, now)})" if updated and not _is_answer(citation) else ""
        sources.setdefault((citation.source, citation.origin_id), name + dated)
    return " · ".join(sources.values())


def _is_answer(citation: Citation) -> bool:
    return citation.source == "example"


def _learned(draft: Draft) -> frozenset[str]:
    return frozenset({"understudy_learned"}) if draft.learned else frozenset()


def _clarify(decision: Clarify, ticket: Ticket, doubt: str, for_you: str) -> Change:
    tags = frozenset({"understudy_clarify"})
    if any(reason.code == MAY_ASK for reason in decision.reasons):
        return Change(
            reply=clean(markdown_html(decision.question)), tags=tags, status=Status.PENDING
        )
    note = _note(
        "<p><strong>Question to ask</strong> · not enough to answer yet</p>",
        _body(decision.question),
        "<hr>",
        _lines(why=_why(decision.reasons)),
        for_you,
        _right_wrong(ticket, doubt),
    )
    return Change(note=note, tags=tags, untag=_STALE)


def _hand_off(handoff: Handoff, ticket: Ticket, supports: frozenset[Feature]) -> Change:
    """Say how a handoff is routed; its note is another matter."""
    tags = {"understudy_handoff", _tag("why", handoff.reason.code)}
    priority, group = _raised(handoff.priority, ticket), handoff.group
    if priority and Feature.PRIORITY not in supports:
        # A tag for what every ticket has would be noise.
        tags |= {_tag("priority", priority.value)} - {_tag("priority", Priority.NORMAL.value)}
        priority = None
    if group and Feature.GROUPS not in supports:
        tags.add(_tag("group", group))
        group = None
    return Change(
        tags=frozenset(tags),
        priority=priority,
        group=group,
        # A person must see it: what waits for the customer, or lies with the bot, nobody looks at.
        status=None if ticket.status is Status.OPEN else Status.OPEN,
        release=True,
    )


def _raised(wanted: Priority | None, ticket: Ticket) -> Priority | None:
    # Somebody may have set a higher one already: we never lower it.
    if wanted and ticket.priority and _ORDER.index(wanted) <= _ORDER.index(ticket.priority):
        return None
    return wanted


def _handoff_note(
    handoff: Handoff, reasons: Sequence[Reason], ticket: Ticket, now: datetime
) -> list[str]:
    wanted = f" · {handoff.priority.value} priority" if handoff.priority else ""
    why = dict.fromkeys([handoff.reason.text, *(reason.text for reason in reasons)])
    return [
        f"<p><strong>For a person</strong>{wanted}</p>",
        _lines(
            wants=escape(handoff.summary),
            why_you=_plain_list(why),
            next=escape(handoff.next_step),
        ),
        "<hr>",
        _lines(
            already_tried=_plain_list(handoff.tried),
            who=" · ".join(context.who(ticket)),
            wrote_from=" · ".join(context.where(ticket)),
            ticket=" · ".join(context.of_ticket(ticket)),
            attached=" · ".join(context.attached(ticket, handoff.files)),
        ),
        *([] if handoff.reason.code in _NO_GUESS else _would_have_said(handoff.draft, now)),
    ]


def _would_have_said(draft: Draft | None, now: datetime) -> list[str]:
    # Beside somebody who is angry, afraid or important anything but a sure answer is noise.
    if draft is None or band_of(draft.confidence) is not Band.WELL:
        return []
    return [
        f"<p><strong>I would have answered</strong> · {band_of(draft.confidence).value}</p>",
        f"<blockquote>\n{_body(draft.text)}\n</blockquote>",
        _lines(
            from_=_sources(draft.citations, now),
            only_for=_only_for(draft),
            not_covered=_plain_list(draft.not_covered),
        ),
    ]


def _tag(about: str, name: str) -> str:
    # Zendesk lets no spaces through and Freshdesk no more than 32 characters: alike everywhere.
    slug = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "other"
    return f"understudy_{about}_{slug}"[:LONGEST_TAG].rstrip("_")
