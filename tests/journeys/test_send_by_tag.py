"""An agent tags a ticket, and its draft goes out on any helpdesk; later it is rated, redacted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app import queues
from app.domain import RunState, SignalKind, Trigger
from app.ledger import lessons
from app.ledger.runs import Run
from connectors import KINDS
from tests.journeys.stage import HELPDESK, QUESTION, House, opened, until

pytestmark = pytest.mark.journey

TAG = "understudy_send"
TAGS = ["vip", "spring-sale"]
# The others leave it to the sweep: as they stand, their sandboxes announce no tag.
ANNOUNCED = {HELPDESK}
# Freshdesk has no redaction: there a whole message is deleted, or the ticket.
REDACT = [kind for kind in KINDS if kind != "freshdesk"]
# Only what a customer types: never a request.
TYPED = f"{QUESTION} {TAG} [tags: {TAG}]"


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, House]]:
    with opened(tmp_path_factory.mktemp("by-tag") / "stage", *KINDS) as house:
        yield {kind: house.at(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def sent(houses: Mapping[str, House]) -> Mapping[str, tuple[str, str]]:
    """On each helpdesk a draft is asked for; gives the ticket and the draft."""
    tickets = {kind: house.write_in(TYPED, tags=TAGS) for kind, house in houses.items()}
    drafts: dict[str, tuple[str, str]] = {}
    for kind, house in houses.items():
        house.settle(tickets[kind], 60)
        drafts[kind] = (tickets[kind], house.desk.draft(tickets[kind]) or "")
        assert replies(house, tickets[kind]) == []
    for kind, house in houses.items():
        tag(house, tickets[kind])
    for kind, house in houses.items():
        until(lambda: bool(asked(house, tickets[kind])), 30, f"sent on {kind}")  # noqa: B023 - called at once
        house.settle(tickets[kind])
    return drafts


def tag(house: House, ticket_id: str) -> None:
    """An agent sets the tag."""
    house.control("POST", f"/tickets/{ticket_id}/tags", {"add": [TAG]})
    find_out(house)


def find_out(house: House) -> None:
    """Let the sweep find what no webhook announces."""
    if house.helpdesk not in ANNOUNCED:
        services = house.services
        services.enqueue(services.broker, queues.UPKEEP, "sweep_tickets", house.helpdesk)


def asked(house: House, ticket_id: str) -> list[Run]:
    found = [run for run in house.runs(ticket_id) if run.key.trigger is Trigger.SEND]
    return [run for run in found if run.finished]


def replies(house: House, ticket_id: str) -> list[Mapping[str, Any]]:
    """What the customer has got."""
    messages = house.desk.ticket(ticket_id)["messages"]
    return [each for each in messages if each["public"] and each["author"]["role"] != "customer"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_draft_goes_out_once_and_as_it_stands(
    houses: Mapping[str, House], sent: Mapping[str, tuple[str, str]], kind: str
) -> None:
    house, (ticket_id, draft) = houses[kind], sent[kind]
    (reply,) = replies(house, ticket_id)
    assert reply["text"] == draft
    assert "Export workspace" in draft
    assert house.tags(ticket_id) == {*TAGS, "understudy_draft", "understudy_reply"}
    assert len(house.notes(ticket_id)) == 1
    (run,) = asked(house, ticket_id)
    assert run.state is RunState.APPLIED


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_lesson_as_if_an_agent_had_sent_it(
    houses: Mapping[str, House], sent: Mapping[str, tuple[str, str]], kind: str
) -> None:
    house = houses[kind]
    ledger = house.services.ledger
    until(lambda: lessons.count_examples(ledger, kind) == 1, 20, "learned")
    (signal,) = lessons.listed_signals(ledger, kind)
    assert (signal.kind, signal.agent) == (SignalKind.KEPT, "")


@pytest.mark.parametrize("kind", KINDS)
def test_asked_again_after_the_customer_wrote_it_says_why_not(
    houses: Mapping[str, House], sent: Mapping[str, tuple[str, str]], kind: str
) -> None:
    house, (ticket_id, _) = houses[kind], sent[kind]
    house.agent_writes(ticket_id, "All done, I think?", status="open")
    tag(house, ticket_id)
    until(lambda: len(asked(house, ticket_id)) == 2, 30, f"refused on {kind}")
    assert len(replies(house, ticket_id)) == 2
    assert "Somebody has answered the customer already." in house.notes(ticket_id)[-1]
    assert TAG not in house.tags(ticket_id)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_customer_says_of_it_is_kept(
    houses: Mapping[str, House], sent: Mapping[str, tuple[str, str]], kind: str
) -> None:
    house, (ticket_id, _) = houses[kind], sent[kind]
    house.control("POST", f"/tickets/{ticket_id}/status", {"status": "solved"})
    house.control("POST", f"/tickets/{ticket_id}/rating", {"score": 1.0})
    find_out(house)

    def scores() -> list[float | None]:
        found = lessons.listed_signals(house.services.ledger, kind)
        return [signal.score for signal in found if signal.kind is SignalKind.RATED]

    until(lambda: bool(scores()), 30, f"rated on {kind}")
    assert scores() == [1.0]


@pytest.mark.parametrize("kind", REDACT)
def test_what_is_taken_out_is_forgotten(
    houses: Mapping[str, House], sent: Mapping[str, tuple[str, str]], kind: str
) -> None:
    house, (ticket_id, _) = houses[kind], sent[kind]
    question = house.desk.ticket(ticket_id)["messages"][0]
    house.control("POST", f"/tickets/{ticket_id}/redaction", {"message": question["id"]})
    find_out(house)
    ledger = house.services.ledger
    until(lambda: lessons.count_examples(ledger, kind) == 0, 30, f"forgotten on {kind}")
    assert {run.question for run in house.runs(ticket_id)} == {""}
