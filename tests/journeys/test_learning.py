"""What an agent sent is what the next customer with that question gets, and no other customer."""

from __future__ import annotations

import pytest

from app.domain import Draft, Outcome, SaveDraft, SignalKind
from app.ledger import lessons
from app.ledger.runs import Run
from tests.journeys.stage import HELPDESK, House, until

pytestmark = pytest.mark.journey

# In no article, so that it can only have been learned.
ADDITION = "Workspaces above 5 GB are split into several files named part-0417."


@pytest.fixture(scope="module")
def taught(shared_house: House) -> str:
    """An agent adds a sentence to a draft and sends it; returns the ticket's id."""
    house = shared_house
    ticket_id = house.write_in("How do I export all my projects?")
    house.settle(ticket_id)
    draft = house.desk.draft(ticket_id)
    house.agent_writes(ticket_id, f"{draft}\n\n{ADDITION}")
    ledger = house.services.ledger
    until(lambda: lessons.count_examples(ledger, HELPDESK) == 1, 30, "the reply is read and found")
    return ticket_id


def signals_on(house: House, ticket_id: str) -> list[SignalKind]:
    ours = {run.id for run in house.runs(ticket_id)}
    found = lessons.listed_signals(house.services.ledger, HELPDESK)
    return [signal.kind for signal in found if signal.run_id in ours]


def draft_of(run: Run) -> Draft:
    assert isinstance(run.decision, SaveDraft)
    return run.decision.draft


def test_the_agents_change_is_noticed(taught: str, house: House) -> None:
    assert signals_on(house, taught) == [SignalKind.EDITED]


@pytest.mark.parametrize(
    "question",
    [
        "Is there a way to get an export of all of my projects?",
        "How can I export all of my projects at once?",
    ],
)
def test_a_paraphrase_is_answered_from_what_the_agent_sent(
    taught: str, house: House, question: str
) -> None:
    ticket_id = house.write_in(question)
    draft = draft_of(house.settle(ticket_id))
    assert draft.learned
    (note,) = house.notes(ticket_id)
    assert ADDITION in note
    assert f"#{taught}" in note


@pytest.mark.parametrize(
    "question", ["How can I invite a teammate to my workspace?", "How do I reset my password?"]
)
def test_another_question_is_not(taught: str, house: House, question: str) -> None:
    ticket_id = house.write_in(question)
    run = house.settle(ticket_id)
    assert run.outcome is Outcome.DRAFT
    assert not draft_of(run).learned
    assert ADDITION not in "".join(house.notes(ticket_id))


def test_a_question_that_nothing_answers_is_met_with_silence(taught: str, house: House) -> None:
    ticket_id = house.write_in("Which wine goes with fish, in your opinion?")
    assert house.settle(ticket_id).outcome is Outcome.SILENT
    assert house.notes(ticket_id) == []
