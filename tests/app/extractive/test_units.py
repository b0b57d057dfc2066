"""Cutting: what belongs together is one unit, and nothing is invented."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extractive.units import Kind, cut, sentences

RUN_ON = (
    "Lock screen Set up the lock screen. From Settings, tap Lock screen for the following options: "
    "Clock style: Set the type of the clock. Roaming clock: Show both time zones. Only on some "
    "models. About: View the version."
)


def kinds(text: str, title: str = "") -> list[tuple[Kind, str]]:
    return [(unit.kind, unit.text) for unit in cut(text, title)]


def test_markdown_keeps_its_structure() -> None:
    text = "# Export\n\n## How\n\n1. Open.\n2. Pick:\n   - CSV\n   - JSON\n3. Send.\n\nDone."
    units = cut(text, "Export")
    assert [(unit.kind, unit.marker) for unit in units] == [
        (Kind.HEADING, ""),
        (Kind.STEP, "1."),
        (Kind.STEP, "2."),
        (Kind.ITEM, "   -"),
        (Kind.ITEM, "   -"),
        (Kind.STEP, "3."),
        (Kind.TEXT, ""),
    ]


def test_a_flattened_list_is_found_again() -> None:
    assert kinds(RUN_ON, "Lock screen") == [
        (Kind.STEP, "Set up the lock screen."),
        (Kind.LEAD, "From Settings, tap Lock screen for the following options:"),
        (Kind.ITEM, "Clock style: Set the type of the clock."),
        (Kind.ITEM, "Roaming clock: Show both time zones."),
        (Kind.TEXT, "Only on some models."),
        (Kind.ITEM, "About: View the version."),
    ]


def test_a_lone_sentence_with_a_colon_is_no_list() -> None:
    text = "The studio closes at ten. Plan half an hour: the kiln cools down slowly."
    assert kinds(text) == [
        (Kind.TEXT, "The studio closes at ten."),
        (Kind.TEXT, "Plan half an hour: the kiln cools down slowly."),
    ]


def test_what_a_picture_shows_is_not_quoted() -> None:
    text = "Open the settings.\n\n(picture: The field Late fee: 5 euros)"
    assert kinds(text) == [(Kind.STEP, "Open the settings.")]


def test_flattened_steps_are_found_again() -> None:
    text = "No problem. 1. Go to the page. 2. Click Send. The link is valid for 24 hours."
    assert kinds(text) == [
        (Kind.TEXT, "No problem."),
        (Kind.STEP, "Go to the page."),
        (Kind.STEP, "Click Send."),
        (Kind.TEXT, "The link is valid for 24 hours."),
    ]


def test_a_steps_second_line_belongs_to_it() -> None:
    assert kinds("1. Open it.\n   It is on the left.\n2. Send.") == [
        (Kind.STEP, "Open it. It is on the left."),
        (Kind.STEP, "Send."),
    ]


@pytest.mark.parametrize(
    "block", ["| Plan | Price |\n| --- | --- |\n| Pro | 9 |", "```\nrun it. Then\n  stop\n```"]
)
def test_tables_and_code_stay_as_they_are(block: str) -> None:
    assert kinds(f"Prices are here.\n\n{block}\n\nThat is all.") == [
        (Kind.TEXT, "Prices are here."),
        (Kind.TEXT, block),
        (Kind.TEXT, "That is all."),
    ]


@pytest.mark.parametrize(
    "text", ["For more information, see .", "Location", "NFC and payment", "...", ""]
)
def test_leftovers_answer_nothing(text: str) -> None:
    assert all(unit.kind is Kind.HEADING for unit in cut(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Ask Dr. Low e.g. by mail. She knows.", 2),
        ("Version 2.4 is out. It costs $3.50 a month.", 2),
        ("Geht das? Ja! Über die Einstellungen.", 3),
        ("これは質問です。はい。", 2),
        ("no capitals here. none at all", 1),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@given(st.text(max_size=300), st.text(max_size=30))
def test_any_text_is_cut_and_no_word_is_invented(text: str, title: str) -> None:
    words = set(re.findall(r"\w+", text))
    for unit in cut(text, title):
        assert set(re.findall(r"\w+", unit.text)) <= words
