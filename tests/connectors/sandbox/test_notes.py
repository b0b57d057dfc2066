"""The bot's notes as the vendors keep them: "Use draft" finds the reply in each."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connectors.sandbox.notes import draft_in, note_kind
from connectors.sandbox.records import Message, Person
from connectors.sandbox.text import clean, text_of_html

Keeper = Callable[[str], str]
AT = datetime(2026, 11, 21, tzinfo=UTC)
BOT = Person(1, "Understudy", "understudy@sandbox.example", "bot", AT)
BODY = "<p>Hi Maya,</p>\n<ol>\n<li>Open <strong>Data</strong></li>\n<li>Export</li>\n</ol>"
REPLY = "Hi Maya,\n\n1. Open Data\n2. Export"
MARK = "\n<p><small>Understudy ref 0123456789abcdef</small></p>"

# As ``app.pipeline.render`` writes them and a connector sends them.
DRAFT = (
    '<p><strong>Draft reply</strong> · well supported</p>\n<div class="understudy-draft">\n'
    f"{BODY}\n</div>\n<hr>\n<p><strong>From</strong> an article (updated today)<br>"
    "<strong>Why</strong> quoted</p>\n<p><strong>Right?</strong> Send it.</p>" + MARK
)
QUESTION = DRAFT.replace(
    "Draft reply</strong> · well supported",
    "Question to ask</strong> · not enough to answer yet",
)
HANDOFF = (
    "<p><strong>For a person</strong> · high priority</p>\n<p><strong>Wants</strong> out<br>"
    "<strong>Next</strong> call them</p>\n<hr>\n<p><strong>Who</strong> Maya</p>\n"
)
SURE = (
    HANDOFF + "<p><strong>I would have answered</strong> · well supported</p>\n"
    f'<blockquote>\n<div class="understudy-draft">\n{BODY}\n</div>\n</blockquote>\n'
    "<p><strong>From</strong> an article</p>" + MARK
)


def as_sent(html: str) -> str:
    return html


def without_classes(html: str) -> str:
    """Like the Zendesk and Intercom façades: attributes go, divs stay."""
    return clean(html)


def with_classes(html: str) -> str:
    """Like the Freshdesk façade."""
    return clean(html, classes=True)


def without_divs(html: str) -> str:
    return re.sub(r"\s*</?div[^>]*>\s*", "", clean(html))


def few_tags(html: str) -> str:
    """Neither divs nor rules, and ``b`` for ``strong``: what a messenger may keep."""
    html = re.sub(r"\s*(<hr>|</?blockquote>|</?small>)\s*", "", without_divs(html))
    return html.replace("strong>", "b>")


KEPT = pytest.mark.parametrize(
    "kept", [as_sent, without_classes, with_classes, without_divs, few_tags]
)


def note(html: str) -> Message:
    return Message(7, 8, BOT.id, False, html, text_of_html(html), AT)


@KEPT
@pytest.mark.parametrize("html", [DRAFT, QUESTION, SURE])
def test_the_reply_is_found_however_the_note_is_kept(kept: Keeper, html: str) -> None:
    found = draft_in(note(kept(html)))
    assert found is not None
    assert found.text == REPLY


@KEPT
@pytest.mark.parametrize(
    ("html", "kind"),
    [(DRAFT, "draft"), (QUESTION, "draft"), (HANDOFF, "handoff"), (SURE, "handoff")],
)
def test_the_kind_is_read_from_the_first_line(kept: Keeper, html: str, kind: str) -> None:
    assert note_kind(note(kept(html)), BOT) == kind


@KEPT
def test_a_handoff_without_an_answer_has_no_draft(kept: Keeper) -> None:
    assert draft_in(note(kept(HANDOFF + MARK))) is None


def test_what_a_person_writes_is_no_draft() -> None:
    agent = Person(2, "Tom", "tom@sandbox.example", "agent", AT)
    assert note_kind(note(DRAFT), agent) is None
