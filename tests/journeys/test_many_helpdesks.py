"""Every kind at once, and two accounts of one kind: each is served, and none hears of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
import requests

from app import queues
from app.domain import Outcome, RunState, SaveDraft, SignalKind
from app.ledger import lessons
from connectors import KINDS
from tests.journeys.stage import HELPDESK, QUESTION, House, opened, until

pytestmark = pytest.mark.journey

SECOND = f"{HELPDESK}-eu"  # another account of a kind
ACCOUNTS = (*KINDS, SECOND)
PARAPHRASE = "Is there a way to get an export of all of my projects?"
TAGS = ["vip", "spring-sale"]


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, House]]:
    with opened(tmp_path_factory.mktemp("many") / "stage", *ACCOUNTS) as house:
        yield {account: house.at(account) for account in ACCOUNTS}


def fact(account: str) -> str:
    """What only this account's agent tells customers; in no article."""
    return f"Workspaces above 5 GB are split into files named part-{account}."


@pytest.fixture(scope="module")
def taught(houses: Mapping[str, House]) -> Mapping[str, str]:
    """On each account an agent adds a fact of its own to a draft and sends it."""
    tickets = {account: house.write_in(QUESTION, tags=TAGS) for account, house in houses.items()}
    for account, house in houses.items():
        run = house.settle(tickets[account], 60)
        assert (run.state, run.outcome) == (RunState.APPLIED, Outcome.DRAFT)
        draft = house.desk.draft(tickets[account])
        assert draft, "the draft can be used from the inbox"
        house.agent_writes(tickets[account], f"{draft}\n\n{fact(account)}")
    for account, house in houses.items():
        ledger = house.services.ledger
        until(lambda: lessons.count_examples(ledger, account) == 1, 30, "the reply is read")  # noqa: B023 - called at once
    return tickets


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_ticket_gets_one_note_and_keeps_its_tags(
    houses: Mapping[str, House], taught: Mapping[str, str], account: str
) -> None:
    house, ticket_id = houses[account], taught[account]
    (note,) = house.notes(ticket_id)
    assert "Export workspace" in note
    assert house.tags(ticket_id) == {*TAGS, "understudy_draft"}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_what_an_agent_sent_answers_the_next_customer_of_that_account_alone(
    houses: Mapping[str, House], taught: Mapping[str, str], account: str
) -> None:
    house = houses[account]
    (signal,) = lessons.listed_signals(house.services.ledger, account)
    assert signal.kind is SignalKind.EDITED
    ticket_id = house.write_in(PARAPHRASE)
    decision = house.settle(ticket_id, 60).decision
    assert isinstance(decision, SaveDraft)
    assert decision.draft.learned
    (note,) = house.notes(ticket_id)
    assert fact(account) in note
    assert [other for other in ACCOUNTS if other != account and fact(other) in note] == []


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_ticket_whose_webhook_never_came_is_found_by_the_sweep(
    houses: Mapping[str, House], taught: Mapping[str, str], account: str
) -> None:
    house = houses[account]
    house.fault("lost_delivery", str(house.next_ticket()))
    ticket_id = house.write_in()
    services = house.services
    services.enqueue(services.broker, queues.UPKEEP, "sweep_tickets", account)
    assert house.settle(ticket_id, 60).state is RunState.APPLIED
    assert len(house.notes(ticket_id)) == 1


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_write_whose_answer_is_lost_is_found_again(
    houses: Mapping[str, House], taught: Mapping[str, str], account: str
) -> None:
    house = houses[account]
    house.fault("lost_answer", str(house.next_ticket()))
    ticket_id = house.write_in(tags=TAGS)
    assert house.settle(ticket_id, 60).state is RunState.APPLIED
    assert len(house.notes(ticket_id)) == 1
    assert {*TAGS, "understudy_draft"} <= house.tags(ticket_id)


def test_a_webhook_of_one_account_is_refused_at_the_address_of_another(
    houses: Mapping[str, House], taught: Mapping[str, str]
) -> None:
    posted = requests.post(
        f"{houses[SECOND].web}/webhooks/{SECOND}",
        data=b'{"ticket_id": "1", "event": "created"}',
        headers={"X-Understudy-Secret": f"webhook-secret-of-{HELPDESK}"},
        timeout=5,
    )
    assert posted.status_code == 401
