"""The names of buttons reach the customer exactly as the article writes them."""

# ruff: noqa: RUF001 - quotation marks as people type them

from __future__ import annotations

import html
import re

import pytest

from app import llm
from app.domain import SaveDraft, Send
from app.extractive.model import ExtractiveModel
from app.knowledge import chunk
from app.knowledge.text import readable
from app.pipeline.compose import compose_draft
from app.pipeline.guard import check_draft
from app.pipeline.render import render
from connectors.types import Feature
from tests.app.pipeline.samples import NOW, make_hit, make_passage, make_ticket

QUESTION = "How do I export all my projects in one go?"
ARTICLE = (
    "<h2>Export all projects</h2><p>You can export all projects in one go.</p>"
    "<ol><li>Open {} in the menu on the left.</li><li>Confirm the export with your password.</li>"
    "</ol>"
)


def by_shared_words(question: str, texts: list[str]) -> list[float]:
    wanted = set(re.findall(r"\w+", question.casefold()))
    return [len(wanted & set(re.findall(r"\w+", each.casefold()))) / len(wanted) for each in texts]


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<strong>Export all projects</strong>", "Export all projects"),
        ("<b>Settings → Data</b>", "Settings → Data"),
        ("<strong>Settings</strong> &rarr; <strong>Data</strong>", "Settings → Data"),
        ("<strong>Settings &gt; Data</strong>", "Settings > Data"),
        ("<strong>Export&nbsp;all</strong>", "Export all"),
        ("<strong>Save &amp; close</strong>", "Save & close"),
        ("<strong>“Quick” export…</strong>", "“Quick” export…"),
        ("<strong>Don’t ask again</strong>", "Don’t ask again"),
        ('<strong>"All" projects</strong>', '"All" projects'),
        ("<strong>Export_all*</strong>", "Export_all*"),
        ("<strong>+ New export</strong>", "+ New export"),
        ("<strong> Export all </strong>", "Export all"),
        ("<code>Ctrl+Shift+E</code>", "Ctrl+Shift+E"),
        ('<img alt="The Export button" src="https://cdn.acme.test/e.png">', "The Export button"),
        ("<span class='ui'>Exportieren ▸ Alles</span>", "Exportieren ▸ Alles"),
    ],
)
def test_a_button_is_called_what_the_article_calls_it(markup: str, shown: str) -> None:
    text = readable(ARTICLE.format(markup))
    (piece,) = chunk.chunks(text)
    passage = make_passage(piece.text, heading=piece.heading)
    model = ExtractiveModel(ranker=by_shared_words)
    hit = make_hit(passage, 0.9)
    draft = compose_draft(QUESTION, [hit], [], lambda q, found: llm.answer(model, q, found))
    assert draft is not None
    assert check_draft(draft, [passage]) == ()
    ticket = make_ticket(QUESTION)
    for decision in (SaveDraft(draft), Send(draft)):
        change = render(decision, ticket, frozenset(Feature), NOW)
        written = re.sub(r"<[^>]*>", "", change.note or change.reply or "")
        assert f"Open {shown} in the menu" in html.unescape(written)
