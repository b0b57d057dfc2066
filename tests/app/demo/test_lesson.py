"""On somebody's own data a lesson is made up: an agent adds a line, and it comes back later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest

from app.demo.company import DemoTicket
from app.demo.lesson import ADDITION, NothingToTeach, improvise
from app.demo.play import Play
from app.domain import Outcome

TICKETS = [DemoTicket(id=f"t{number}", text=f"Question {number}?") for number in range(3)]


@dataclass
class FakePlay:
    """What an improvisation asks of a play: outcomes by the helpdesk's ids, and drafts."""

    given: dict[str, Outcome]
    drafts: dict[str, str]
    opened: dict[str, str] = field(
        default_factory=lambda: {ticket.id: f"10{ticket.id[1:]}" for ticket in TICKETS}
    )

    @property
    def desk(self) -> FakePlay:
        return self

    def outcomes(self) -> dict[str, Outcome]:
        return self.given

    def draft(self, ticket_id: str) -> str | None:
        return self.drafts.get(ticket_id)


def lesson(outcomes: list[Outcome], drafts: dict[str, str]) -> tuple[DemoTicket, DemoTicket]:
    given = {f"10{number}": outcome for number, outcome in enumerate(outcomes)}
    return improvise(TICKETS, cast("Play", FakePlay(given, drafts)))


def test_the_first_question_with_a_draft_is_the_one() -> None:
    outcomes = [Outcome.HANDOFF, Outcome.DRAFT, Outcome.DRAFT]
    taught, _ = lesson(outcomes, {"101": "Open Settings.", "102": "Press Invite."})
    assert taught.id == "t1"
    assert taught.answer is not None
    assert taught.answer.text == f"Open Settings.\n\n{ADDITION}"
    assert taught.answer.uses == "edited"
    assert TICKETS[1].answer is None, "what was read from the file stays as it was"


def test_a_draft_on_a_handoff_is_no_draft_to_improve() -> None:
    taught, _ = lesson(
        [Outcome.HANDOFF, Outcome.SILENT, Outcome.DRAFT], {"100": "Hm.", "102": "Press Invite."}
    )
    assert taught.id == "t2"


def test_the_next_customer_asks_the_same_in_other_words_and_must_get_the_addition() -> None:
    taught, later = lesson([Outcome.DRAFT] * 3, {"100": "Open Settings."})
    assert later.id != taught.id
    assert later.wave == 2
    assert taught.text in later.text
    assert taught.text != later.text
    assert later.expect is not None
    assert (later.expect.learned_from, later.expect.says) == ("t0", ADDITION)


@pytest.mark.parametrize(
    ("outcomes", "drafts"),
    [
        ([Outcome.SILENT, Outcome.HANDOFF, Outcome.FAILED], {}),
        ([Outcome.DRAFT] * 3, {}),
        ([Outcome.DRAFT] * 3, {"100": "", "101": ""}),
    ],
)
def test_without_a_draft_there_is_nothing_to_teach(
    outcomes: list[Outcome], drafts: dict[str, str]
) -> None:
    with pytest.raises(NothingToTeach, match="No question got a draft"):
        lesson(outcomes, drafts)
