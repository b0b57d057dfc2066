"""Rendering: what an agent reads, and what nobody can smuggle into it.

Golden notes lie under ``notes/``; delete one and run the tests to write it anew, then read it.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import (
    Clarify,
    Decision,
    Draft,
    FileExcerpt,
    HandOff,
    Handoff,
    Pointer,
    Reason,
    SaveDraft,
    Send,
    Skip,
)
from app.pipeline.decide import MAY_ASK
from app.pipeline.render import _plain_list, age, render
from app.pipeline.safe_html import disarm, escape, link, markdown_html
from connectors.marks import mark_in_note, mark_note
from connectors.types import Attachment, Change, Feature, Priority, Status
from tests.app.pipeline.decisions import (
    ALL,
    ASKED,
    BILLING,
    DECISIONS,
    HANDOFF,
    LEARNED,
    WHY,
    change_of,
)
from tests.app.pipeline.samples import (
    NOW,
    make_citation,
    make_draft,
    make_passage,
    make_ticket,
)

NOTES = Path(__file__).parent / "notes"


def text_of(markup: str) -> str:
    return html.unescape(nh3.clean(markup, tags=set()))


@pytest.mark.parametrize("name", DECISIONS)
def test_notes_read_as_agreed(name: str) -> None:
    note = change_of(DECISIONS[name]).note
    golden = NOTES / f"{name}.html"
    if not golden.exists():
        golden.write_text(f"{note}\n", encoding="utf-8")
        pytest.fail(f"wrote {golden.name}: read it, then run again")
    assert f"{note}\n" == golden.read_text(encoding="utf-8")


def test_the_reply_stands_first_and_ready_to_copy() -> None:
    note = change_of(DECISIONS["draft"]).note or ""
    top, rest = note.split('<div class="understudy-draft">')
    assert text_of(top).strip() == "Draft reply · well supported"
    draft, below = rest.split("</div>\n<hr>")
    assert text_of(draft).split()[:2] == ["Hi", "Maya,"]
    assert "updated 3 weeks ago" in below
    assert "Answer by Tom on #4812 (sent unchanged 6 times)" in below
    assert "sending is not switched on" not in below


@pytest.mark.parametrize("code", ["account_security", "anger", "legal"])
def test_a_handoff_of_the_grave_kind_shows_no_guess_however_sure(code: str) -> None:
    handoff = replace(HANDOFF, reason=Reason(code, "why"), draft=make_draft(confidence=0.95))
    change = render(HandOff(handoff, (handoff.reason,)), make_ticket(), frozenset(Feature), NOW)
    assert "I would have answered" not in (change.note or "")


@pytest.mark.parametrize(("confidence", "shown"), [(0.8, True), (0.5, False)])
def test_a_handoff_shows_what_the_bot_would_say_only_if_it_helps(
    confidence: float, shown: bool
) -> None:
    handoff = replace(HANDOFF, draft=make_draft(confidence=confidence))
    change = render(HandOff(handoff, (BILLING,)), make_ticket(), frozenset(Feature), NOW)
    assert ("I would have answered" in (change.note or "")) is shown


@pytest.mark.parametrize(
    ("decision", "tags"),
    [
        (Send(make_draft()), {"understudy_reply"}),
        (Send(LEARNED), {"understudy_reply", "understudy_learned"}),
        (SaveDraft(make_draft()), {"understudy_draft"}),
        (SaveDraft(LEARNED), {"understudy_draft", "understudy_learned"}),
        (DECISIONS["clarify"], {"understudy_clarify"}),
        (DECISIONS["handoff"], {"understudy_handoff", "understudy_why_billing"}),
        (Skip((BILLING,), silent=True), {"understudy_silent"}),
        (Skip((BILLING,)), set()),
    ],
)
def test_tags(decision: Decision, tags: set[str]) -> None:
    assert change_of(decision).tags == tags


def test_silence_leaves_no_note_and_a_skip_leaves_nothing() -> None:
    assert change_of(Skip((BILLING,), silent=True)).note is None
    assert change_of(Skip((BILLING,))).empty


def test_a_reply_is_the_draft_and_nothing_else() -> None:
    change = change_of(Send(LEARNED, WHY))
    assert change.note is None
    assert change.status is Status.PENDING
    assert change.reply is not None
    assert change.reply.startswith("<p>Hi Maya,</p>")
    assert "Answer by Tom" not in change.reply


def test_a_question_is_sent_only_where_that_is_allowed() -> None:
    asked = Clarify("What did you see?", (Reason(MAY_ASK, "sending is allowed"),))
    change = change_of(asked)
    assert (change.reply, change.note) == ("<p>What did you see?</p>", None)
    assert change.status is Status.PENDING
    quiet = change_of(Clarify("What did you see?"))
    assert quiet.reply is None
    assert quiet.status is None


def test_an_article_cited_twice_is_named_once() -> None:
    cited = tuple(make_passage(id=f"a1#{number}") for number in range(3))
    note = change_of(SaveDraft(make_draft(passages=cited))).note or ""
    assert note.count("Exporting your data") == 1


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-1, "today"),
        (0, "today"),
        (1, "1 day ago"),
        (6, "6 days ago"),
        (22, "3 weeks ago"),
        (45, "1 month ago"),
        (800, "2 years ago"),
    ],
)
def test_age(days: int, said: str) -> None:
    assert age(NOW - timedelta(days=days), NOW) == said


def test_markdown_keeps_line_breaks_and_shouts_less() -> None:
    assert markdown_html("# Big\n\none\ntwo") == "<p><strong>Big</strong></p>\n<p>one<br>\ntwo</p>"


# What a customer, an article or a model might write to get out of its place.
ATTACKS = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[pay](javascript:alert(1))",
    "[pay](JaVaScRiPt&#58;alert(1))",
    "<javascript:alert(1)>",
    "![x](https://evil.test/pixel.gif)",
    "</div><hr><p>From the boss: refund</p>",
    '<div class="understudy-draft">Dear all</div>',
    "Understudy ref 0123456789abcdef",
    "understudy **ref** 0123456789abcdef",
    "Understudy\nref 0123456789abcdef",
    "Underst&#117;dy&nbsp;ref 0123456789abcdef",
    "Understudy\u00a0ref 0123456789abcdef",
    "Understudy [](https://a.test)ref 0123456789abcdef",
    "Understudy <b></b> ref 0123456789abcdef",
    "Under\u202estudy ref 0123456789abcdef",
)
HOSTILE = st.one_of(
    st.text(max_size=80),
    st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=12)), max_size=4).map(" ".join),
)


def hostile_change(text: str, handed_off: bool) -> Change:
    passage = replace(make_passage(title=text, url=f"https://x.test/{text}"), only_for=text)
    draft = Draft(text, (make_citation(passage),), 0.9, not_covered=(text,))
    reason = Reason(text or "x", text)
    customer = replace(ASKED.requester, name=text)
    sent = replace(ASKED.messages[0], attachments=(Attachment(text), Attachment("a.png", alt=text)))
    ticket = replace(
        ASKED,
        channel=text,
        page_url=text,
        requester=customer,
        messages=(sent,),
        fields={text: text},
        status_name=text,
    )
    decision: Decision = SaveDraft(draft, (reason,))
    if handed_off:
        files = (FileExcerpt(text, (text,)),)
        handoff = Handoff(reason, text, (text,), text, Priority.HIGH, text, draft, files)
        decision = HandOff(handoff, (reason,))
    pointer = Pointer(text, text)
    return render(decision, ticket, frozenset(), NOW, doubt=text, internal=(pointer,))


@given(HOSTILE, st.booleans())
def test_nobody_gets_out_of_their_place(text: str, handed_off: bool) -> None:
    change = hostile_change(text, handed_off)
    note = change.note or ""
    tags = re.findall(r"<[^>]*>", note)
    assert {re.sub(r"[</>]|\s.*", "", tag) for tag in tags} <= ALLOWED
    attributes = {name for tag in tags for name in re.findall(r"\s([a-z-]+)=", tag)}
    assert attributes <= {"class", "href", "rel", "start"}
    links = re.findall(r'href="([^"]*)"', note)
    assert all(re.match(r"https?://", address, re.IGNORECASE) for address in links)
    assert sum('class="understudy-draft"' in tag for tag in tags) == 1
    assert note.count("<hr>") >= 1
    assert all(re.fullmatch(r"[a-z0-9_]{1,80}", tag) for tag in change.tags)


ALLOWED = {
    "p", "br", "hr", "div", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


@given(HOSTILE, st.booleans())
def test_nobody_forges_our_mark(text: str, handed_off: bool) -> None:
    note = hostile_change(text, handed_off).note or ""
    for shown in (note, text_of(note), " ".join(text_of(note).split())):
        assert mark_in_note(shown) is None
    spaced = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", note)).split())
    assert mark_in_note(spaced) is None
    assert mark_in_note(mark_note(note, "feedfacefeedface")) == "feedfacefeedface"


@given(HOSTILE)
def test_a_note_is_clean_html_already(text: str) -> None:
    note = hostile_change(text, True).note or ""
    attributes = {"a": {"href"}, "ol": {"start"}, "div": {"class"}}
    rel = "noopener noreferrer nofollow"
    assert nh3.clean(note, tags=ALLOWED, attributes=attributes, link_rel=rel) == note


@given(st.lists(st.from_regex(r"[A-Za-z]{1,9}", fullmatch=True), min_size=1, max_size=30))
def test_the_words_of_a_draft_survive(words: list[str]) -> None:
    text = " ".join(words)
    change = render(SaveDraft(replace(LEARNED, text=text)), ASKED, ALL, NOW)
    shown = text_of(change.note or "").split("Draft reply · well supported")[1]
    assert [word.rstrip(".") for word in shown.split()[: len(words)]] == words


def test_plain_text_and_links() -> None:
    assert escape("a <b>\n & c") == "a &lt;b&gt; &amp; c"
    assert link("a <b>", "javascript:x") == "a &lt;b&gt;"
    assert link("a", "https://x.test/?q=1&r=2") == '<a href="https://x.test/?q=1&amp;r=2">a</a>'
    assert disarm("Understudy refuses") == "Understudy refuses"


def test_things_in_a_row_are_not_ended_twice() -> None:
    assert _plain_list(["I restarted it.", "I waited."]) == "I restarted it; I waited."
    assert _plain_list(["<b>."]) == "&lt;b&gt;."
    assert _plain_list([]) == ""


@pytest.mark.parametrize("name", ["draft", "clarify"])
def test_no_tag_is_asked_for_where_none_can_be_seen(name: str) -> None:
    unseen = replace(ASKED, tags_shown=False)
    note = text_of(render(DECISIONS[name], unseen, ALL, NOW).note or "")
    assert "Right?" in note
    assert "understudy_" not in note
    assert "understudy_send" in text_of(change_of(DECISIONS[name]).note or "")


GUIDE = Pointer("What we refund, and how far", "https://acme.test/internal/12")
FOR_YOU = '<strong>For you only</strong> <a href="https://acme.test/internal/12"'


@pytest.mark.parametrize("name", DECISIONS)
def test_a_note_names_what_is_for_agents_alone_below_the_line(name: str) -> None:
    change = render(DECISIONS[name], ASKED, ALL, NOW, internal=(GUIDE, GUIDE))
    note = change.note or ""
    assert note.count("For you only") == 1
    assert FOR_YOU in note.split("<hr>", 1)[1]
    drafts = re.findall(r'<div class="understudy-draft">.*?</div>', note, re.DOTALL)
    assert all("What we refund" not in draft for draft in drafts)
    assert change_of(DECISIONS[name]) == render(DECISIONS[name], ASKED, ALL, NOW)


@pytest.mark.parametrize(
    "decision",
    [
        Send(LEARNED, WHY),
        Clarify("What did you see?", (Reason(MAY_ASK, "sending is allowed"),)),
        Skip((BILLING,), silent=True),
        Skip((BILLING,)),
    ],
)
def test_what_is_for_agents_alone_is_in_no_reply(decision: Decision) -> None:
    assert render(decision, ASKED, ALL, NOW, internal=(GUIDE,)) == change_of(decision)


def test_a_title_for_agents_alone_is_escaped() -> None:
    hostile = Pointer("<script>x</script>", "javascript:alert(1)")
    note = render(SaveDraft(LEARNED), ASKED, ALL, NOW, internal=(hostile,)).note or ""
    assert "<script" not in note
    assert "javascript:" not in note


@pytest.mark.parametrize("kind", ["draft", "handoff"])
def test_an_agent_is_told_for_whom_alone_a_draft_is(kind: str) -> None:
    passage = replace(make_passage(), only_for="those tagged <partner>")
    draft = make_draft(passages=(passage, make_passage(id="a1#1")))
    decision = SaveDraft(draft) if kind == "draft" else HandOff(replace(HANDOFF, draft=draft), ())
    note = change_of(decision).note or ""
    assert (
        "<strong>Only for</strong> those tagged &lt;partner&gt;: look who is in copy before you "
        "send it"
    ) in note
    assert "Only for" not in (change_of(DECISIONS[kind]).note or "")


def test_a_translated_draft_says_so() -> None:
    draft = replace(make_draft(), translated_from="English")
    note = change_of(SaveDraft(draft)).note or ""
    assert "<strong>Translated</strong> from English, by a machine" in note
