"""Choosing: whole procedures, the options asked for, and honest gaps."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from app.extractive.choose import Candidate, answer_body, choose
from app.extractive.questions import questions_of

FILLER = "The workspace was redesigned by our friends in Oslo and everybody is happy with it. "
MANUAL = (
    f"{FILLER * 4}\n\n## Export a workspace\n\n1. Open Settings.\n2. Choose Export workspace.\n"
    f"3. Confirm with the password.\n\n## Colours\n\n{FILLER * 4}"
)


def words_of(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"\w{3,}", text.casefold())} - {"the", "how", "can"}


def overlap(question: str, texts: list[str]) -> list[float]:
    wanted = words_of(question)
    return [len(wanted & words_of(text)) / max(1, len(wanted)) for text in texts]


def quoted(question: str, *passages: Candidate) -> list[str]:
    return [quote.text for quote in choose(question, passages, overlap)[0]]


def test_a_procedure_is_quoted_whole_and_in_order() -> None:
    manual = Candidate("m", "Workspace", MANUAL)
    assert quoted("How to confirm the export with a password?", manual) == [
        "1. Open Settings.\n2. Choose Export workspace.\n3. Confirm with the password."
    ]


def test_a_heading_speaks_for_its_steps() -> None:
    assert quoted("export workspace", Candidate("m", "W", MANUAL))[0].startswith("1. Open")


def test_of_a_long_list_only_what_is_asked_for() -> None:
    options = " ".join(f"Option{number}: Does thing {number} for people." for number in range(12))
    text = f"{FILLER}From Settings, tap Screen for the following options: {options} Dark mode: " + (
        "Makes everything black at night. Reset: Start again."
    )
    assert quoted("make everything black at night", Candidate("m", "Screen", text)) == [
        "From Settings, tap Screen for the following options:\n\n"
        "- Dark mode: Makes everything black at night."
    ]


def test_an_options_second_sentence_stays_with_it() -> None:
    text = (
        f"{FILLER * 3}From Settings, tap Fingerprints. Fingerprint unlock: Use a finger to unlock. "
        "Show icon: Show the icon while it is off. Only on the large model. "
        "Always on: Unlock by a touch of the key. Only on the small model. Pay: Buy things. "
        "Shop: Buy more things in shops of the whole world with it."
    )
    assert quoted("unlock by a touch of the key", Candidate("m", "Unlock", text)) == [
        "From Settings, tap Fingerprints.\n\n"
        "- Always on: Unlock by a touch of the key. Only on the small model."
    ]
    [whole] = quoted("fingerprints", Candidate("m", "Unlock", text[len(FILLER) * 3 :]))
    assert "\n- Show icon: Show the icon while it is off. Only on the large model.\n- Alw" in whole


def test_a_short_passage_is_quoted_whole() -> None:
    text = "You can export projects. The file arrives by mail."
    assert quoted("export projects", Candidate("m", "Export", text)) == [text]


def test_each_question_is_answered_or_named() -> None:
    refund = Candidate("r", "Refunds", "Annual plans are refunded within 30 days.")
    cancel = Candidate("c", "Cancel", "Cancel the subscription under Billing.")
    asked = "Are annual plans refunded? How to cancel the subscription? Do you like jazz music?"
    quotes, gaps = choose(asked, [refund, cancel], overlap)
    assert [quote.passage_id for quote in quotes] == ["r", "c"]
    assert gaps == ["Do you like jazz music?"]


def test_questions_beyond_the_third_are_named() -> None:
    asked = "Do refunds exist? Do plans exist? Do cats exist? Do dogs exist?"
    _, gaps = choose(asked, [Candidate("r", "Refunds", "Do refunds, plans, cats exist.")], overlap)
    assert gaps == ["Do dogs exist?"]


def test_nothing_near_is_nothing_quoted() -> None:
    assert choose("Do you like jazz music?", [Candidate("m", "W", MANUAL)], overlap) == (
        [],
        ["Do you like jazz music?"],
    )


def test_the_steps_may_stand_in_another_part_of_the_article() -> None:
    first = Candidate("1", "Export", "Admins export projects here.")
    second = Candidate("2", "Export", "1. Open Data.\n2. Admins export projects.", heading="How")
    other = Candidate("3", "Import", "1. Open Data.\n2. Admins export projects.")
    assert len(quoted("Admins export projects", first, second)) == 2
    assert len(quoted("Admins export projects", first, other)) == 1


def test_an_earlier_answer_speaks_first_and_whole() -> None:
    answer = Candidate(
        "e",
        "Answer by Tom",
        "Hi Bo,\n\nThanks for reaching out! exports run at night; look under Data.\n\n"
        "If it is older than a week, start a new one.\n\nBest regards,\nTom",
        heading="Where is my export?",
        earlier_answer=True,
    )
    article = Candidate("m", "Where is my export?", "Where is my export? In the mail.")
    assert quoted("Where is my export?", article, answer) == [
        "Exports run at night; look under Data.\n\nIf it is older than a week, start a new one."
    ]


def test_greetings_and_sign_offs_of_others_go() -> None:
    assert answer_body("Hello Ms Low, it is on its way.\n\nKind regards\nTom\nAcme") == (
        "It is on its way."
    )
    assert answer_body("It is on its way.") == "It is on its way."
    assert answer_body("Hi!") == ""


def test_small_talk_is_no_question() -> None:
    message = "Hi team, how are you?\nThe export fails with error 42. What should I do?\nThanks!"
    [asked] = questions_of(message)
    assert "error 42" in asked.queries[0]


def test_a_question_that_points_back_takes_its_context_along() -> None:
    first, second = questions_of("Can I export projects? Does it cost anything?")
    assert first.queries == ("Can I export projects?",)
    assert second.queries == ("Can I export projects? Does it cost anything?",)


@given(st.text(max_size=200), st.lists(st.text(max_size=300), max_size=4))
def test_any_text_gives_quotes_of_known_passages(question: str, texts: list[str]) -> None:
    passages = [Candidate(str(number), "", text) for number, text in enumerate(texts)]
    quotes, _ = choose(question, passages, lambda _, listed: [0.5] * len(listed))
    for quote in quotes:
        text = texts[int(quote.passage_id)]
        assert set(re.findall(r"[^\W\d]+", quote.text)) <= set(re.findall(r"[^\W\d]+", text))


def test_how_to_prefers_the_steps_and_other_questions_the_remark() -> None:
    text = f"{FILLER * 3}\n\n1. Open Data.\n2. Choose Excel.\n\n{FILLER * 2}\n\nA file has names."
    page = Candidate("m", "Export", text)

    def ranker(question: str, texts: list[str]) -> list[float]:
        scores = {"Choose Excel.": 0.5, "A file has names.": 0.51}
        return [scores.get(one, 0.1) for one in texts]

    [[steps], [remark]] = (
        [quote.text for quote in choose(question, [page], ranker)[0]]
        for question in ("How do I get a file?", "What has a file?")
    )
    assert steps.startswith("1. Open Data.\n2. Choose Excel.")
    assert "A file has names." in remark


def test_the_search_vouches_for_its_first_passage_only() -> None:
    def ranker(question: str, texts: list[str]) -> list[float]:
        return [0.37 if text == "Here it is." else 0.1 for text in texts]

    right, wrong = Candidate("a", "A", "Here it is."), Candidate("b", "B", "Elsewhere.")
    assert choose("Where is it?", [right, wrong], ranker)[0]
    assert choose("Where is it?", [wrong, right], ranker) == ([], ["Where is it?"])
