"""Articles are cut where their structure allows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.chunk import CHUNK_SIZE, chunks

FILLER = "This sentence is here to take up room, and it says nothing else at all. "
STEPS = "\n".join(
    f"{number}. Open page {number}.\n   {FILLER * 2}\n   Then press button {number}."
    for number in range(1, 13)
)
HEADER = "| Plan | Seats | Price |\n| --- | --- | --- |"
ROWS = [
    f"| Plan {number} | {number} seats and more of them | {number} euros |" for number in range(60)
]
CODE = [f"row_{number} = fetch({number}, retries={number})" for number in range(60)]


def texts(body: str) -> list[str]:
    return [chunk.text for chunk in chunks(body)]


def test_a_step_is_never_cut() -> None:
    found = texts(f"# Setup\n{FILLER * 8}\n\n{STEPS}")
    assert len(found) > 2
    for number in range(1, 13):
        (whole,) = [text for text in found if f"{number}. Open page {number}." in text]
        assert f"Then press button {number}." in whole


def test_a_table_that_is_cut_repeats_its_header() -> None:
    found = texts("\n".join([FILLER, "", HEADER, *ROWS, "", "Prices are net."]))
    tables = [text for text in found if "Plan 0 " in text or "| Plan" in text]
    assert len(tables) > 2
    assert all(HEADER in text for text in tables)
    assert [row for text in tables for row in text.split("\n") if row in ROWS] == ROWS
    assert found[-1].endswith("Prices are net.")


def test_code_that_is_cut_stays_in_its_fence() -> None:
    found = texts("\n".join(["Run this:", "```python", *CODE, "```", "It prints nothing."]))
    fenced = [text for text in found if "fetch(" in text]
    assert len(fenced) > 1
    assert all(text.count("```") == 2 and "```python" in text for text in fenced)
    assert [line for text in fenced for line in text.split("\n") if line in CODE] == CODE


def test_code_that_fits_is_one_piece_whatever_is_around_it() -> None:
    code = "\n".join(["```", *CODE[:15], "", "# no heading", "```"])
    found = texts(f"{FILLER * 10}\n{code}\n{FILLER * 10}")
    assert sum(code in text for text in found) == 1


def test_a_fence_that_is_never_closed_is_code_to_the_end() -> None:
    found = texts("\n".join(["```", *CODE]))
    assert all(text.startswith("```") and text.endswith("```") for text in found)


LINES = st.sampled_from(
    ["word " * 30, "- item", "  more of it", "1. step", "| a | b |", "| --- | --- |", "```", "~~~",
     "", "x" * 1500, "| " + "y" * 1200 + " |", "# heading"]
)  # fmt: skip


@given(st.lists(LINES, max_size=40))
def test_whatever_the_structure_nothing_is_lost_and_pieces_stay_short(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = chunks(text)
    assert all(len(chunk.text) <= CHUNK_SIZE * 1.1 for chunk in found)
    kept = "".join(char for chunk in found for char in chunk.heading + chunk.text)
    for word in ("item", "step", "heading", "more of it"):
        assert (word in text) <= (word in kept)
    for letter in "xy":
        assert kept.count(letter) >= text.count(letter)
