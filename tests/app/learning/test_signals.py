"""What became of a draft is told from the words that survive, greeting and name aside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import SignalKind
from app.learning.signals import body_of, judge_reply

DRAFT = (
    "Hi Maya,\n\nOpen Settings, then Data, and choose Export workspace. "
    "The file arrives by mail within an hour."
)
KEPT, EDITED, REWRITTEN = SignalKind.KEPT, SignalKind.EDITED, SignalKind.REWRITTEN


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (DRAFT, KEPT),
        (DRAFT.replace("Hi Maya", "Dear Ms Lopes"), KEPT),
        (DRAFT + "\n\nBest regards,\nTom Berg\nSupport", KEPT),
        (DRAFT.replace("mail", "e-mail"), KEPT),
        (
            DRAFT
            + " If it does not, look into the spam folder, and tell me which plan you are on.",
            EDITED,
        ),
        (DRAFT.replace("within an hour", "within a day, since today's queue is long"), EDITED),
        ("Hi Maya, that is not possible on the free plan; shall I upgrade you?", REWRITTEN),
        ("", REWRITTEN),
    ],
)
def test_replies_are_judged_as_a_person_would(reply: str, kind: SignalKind) -> None:
    assert judge_reply(DRAFT, reply)[0] is kind


@given(st.text(), st.text())
def test_a_share_is_a_share_whatever_is_compared(draft: str, reply: str) -> None:
    _, share = judge_reply(draft, reply)
    assert 0.0 <= share <= 1.0


@given(st.text(min_size=1))
def test_what_is_sent_as_it_stands_is_kept_whole(text: str) -> None:
    kind, share = judge_reply(text, text)
    assert (kind, share) in ((KEPT, 1.0), (REWRITTEN, 0.0))  # the second: no word in it at all


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        ("Hi Maya,\n\nopen Settings.\n\nBest,\nTom", "open Settings."),
        ("Hello!\nOpen Settings.", "Open Settings."),
        ("Open Settings.", "Open Settings."),
        ("Thanks", "Thanks"),
        ("Dear all", "Dear all"),
        ("Hallo Frau Lopes,\nöffnen Sie es.\n\nViele Grüße\nTom", "öffnen Sie es."),
    ],
)
def test_greeting_and_sign_off_are_left_out_and_nothing_else(reply: str, body: str) -> None:
    assert body_of(reply) == body


@given(st.text())
def test_a_body_is_part_of_the_reply(text: str) -> None:
    assert body_of(text) in text
