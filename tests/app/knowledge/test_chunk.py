from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.chunk import CHUNK_SIZE, SENTENCE_MAX, SENTENCE_MIN, chunks, sentences
from app.knowledge.text import readable

# Words, ends of sentences, line breaks, steps, Chinese, and one word without a space in it.
PIECES = st.sampled_from(
    ["word", "Settings → Data", ".", "!", "1.", "2.", "\n", "\n\n", " ", "。", "e.g.", "y" * 450]
)
TEXTS = st.lists(PIECES, max_size=120).map(" ".join) | st.text(max_size=3000)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(TEXTS)
def test_sentences_lose_nothing_and_stay_short(text: str) -> None:
    cut = sentences(text)
    assert squeezed("".join(cut)) == squeezed(text)
    assert all(0 < len(one) <= SENTENCE_MAX for one in cut)


@given(st.lists(st.sampled_from(["Short one.", "Go!", "This is a sentence of some length."])))
def test_no_sentence_is_too_short_to_mean_something(parts: list[str]) -> None:
    text = " ".join(parts)
    cut = sentences(text)
    assert all(len(one) >= SENTENCE_MIN for one in cut) or len(cut) == 1


@given(TEXTS.map(readable))
def test_chunks_lose_nothing_and_stay_short(text: str) -> None:
    cut = chunks(text)
    assert all(0 < len(one.text) <= CHUNK_SIZE for one in cut)
    kept = squeezed("".join(f"{one.heading}{one.text}" for one in cut)).replace("#", "")
    words = text.replace("#", "").split()
    assert all(word in kept for word in words if len(word) <= CHUNK_SIZE // 3)


@given(st.integers(1, 900))
def test_chunks_without_overlap_join_to_the_text(words: int) -> None:
    text = " ".join(f"w{number}" for number in range(words))
    seen = [word for one in chunks(text) for word in one.text.split()]
    assert list(dict.fromkeys(seen)) == text.split()


def test_neighbouring_chunks_overlap() -> None:
    text = " ".join(f"Sentence number {number} stands here." for number in range(80))
    first, second = chunks(text)[:2]
    shared = second.text[:100]
    assert shared in first.text
    assert second.text.startswith("Sentence number")


def test_chunks_know_the_headings_they_stand_under() -> None:
    text = "Intro\n\n# Export\n\n## CSV\n\nUse commas.\n\n# Import\n\nUse anything."
    assert [(one.heading, one.text) for one in chunks(text)] == [
        ("", "Intro"),
        ("Export > CSV", "Use commas."),
        ("Import", "Use anything."),
    ]


def test_a_heading_without_a_body_is_not_lost() -> None:
    assert [one.text for one in chunks("# Refunds\n\n# Prices\n\n5 €")] == ["Refunds", "5 €"]
    assert [one.text for one in chunks("## Only this")] == ["Only this"]


def test_a_comment_in_code_is_no_heading() -> None:
    text = "```\n# install\nrun\n```"
    assert [(one.heading, one.text) for one in chunks(text)] == [("", text)]


def test_sentences_keep_steps_and_abbreviations_whole() -> None:
    text = (
        "Steps: 1. Open Settings → Data. 2. Choose a format, e.g. CSV. It takes 75. "
        "Done it is, and that is all."
    )
    assert sentences(text) == [
        "Steps: 1. Open Settings → Data.",
        "2. Choose a format, e.g. CSV.",
        "It takes 75. Done it is, and that is all.",
    ]


def test_short_lines_are_joined_line_by_line() -> None:
    assert sentences("1. Open Settings\n2. Choose Data\n3. Press Export and wait for the mail") == [
        "1. Open Settings\n2. Choose Data",
        "3. Press Export and wait for the mail",
    ]


def test_a_run_on_manual_is_cut_at_its_full_stops() -> None:
    text = (
        "Features Wireless PowerShare Wirelessly charge your watch from your device. See . "
        "Wireless PowerShare Meet Bixby Bixby learns what you like to do. See . Bixby Camera"
    )
    assert sentences(text) == [
        "Features Wireless PowerShare Wirelessly charge your watch from your device.",
        "See . Wireless PowerShare Meet Bixby Bixby learns what you like to do. See . Bixby Camera",
    ]


def test_chinese_ends_its_sentences_too() -> None:
    long = "这是一个足够长的句子用来测试分割功能是否正常工作"
    assert sentences(f"{long}呢。{long}吗\uff1f") == [f"{long}呢。", f"{long}吗\uff1f"]


def test_a_sentence_too_long_is_cut_evenly_at_spaces() -> None:
    cut = sentences("word " * 90)
    assert [len(one) for one in cut] == [224, 224]
