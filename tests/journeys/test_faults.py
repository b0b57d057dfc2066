"""A helpdesk that misbehaves: one note all the same, nobody talked over, no tag lost."""

from __future__ import annotations

import time

import pytest

from app import queues
from app.domain import RunState
from tests.journeys.stage import HELPDESK, House, until

pytestmark = pytest.mark.journey

TAGS = ["vip", "spring-sale"]
DRAFT = {*TAGS, "understudy_draft"}


def tags(house: House, ticket_id: str) -> set[str]:
    """A ticket's tags, whatever the house has learned from agents before."""
    return house.tags(ticket_id) - {"understudy_learned"}


def test_a_rate_limit_is_waited_out(house: House) -> None:
    number = house.next_ticket()
    house.fault("rate_limited", str(number), method="PUT", retry_after=3)
    ticket_id = house.write_in(tags=TAGS)
    begun = time.monotonic()
    run = house.settle(ticket_id)
    assert time.monotonic() - begun >= 3
    assert run.state is RunState.APPLIED
    assert (len(house.notes(ticket_id)), tags(house, ticket_id)) == (1, DRAFT)


def test_a_rate_limit_on_the_first_reading_loses_no_ticket(house: House) -> None:
    number = house.next_ticket()
    house.fault("rate_limited", str(number), method="GET", retry_after=1, plain=True, count=4)
    ticket_id = house.write_in(tags=TAGS)
    house.settle(ticket_id)
    assert (len(house.notes(ticket_id)), tags(house, ticket_id)) == (1, DRAFT)


def test_a_webhook_that_comes_twice_makes_one_note(house: House) -> None:
    number = house.next_ticket()
    house.fault("duplicate_delivery", str(number))
    ticket_id = house.write_in(tags=TAGS)
    house.settle(ticket_id)
    until(lambda: delivered(house, ticket_id) >= 3, 10, "both, and that of the note")
    assert len(house.runs(ticket_id)) == 1
    assert (len(house.notes(ticket_id)), tags(house, ticket_id)) == (1, DRAFT)


def delivered(house: House, ticket_id: str) -> int:
    found = house.control("GET", f"/deliveries?ticket={ticket_id}")["deliveries"]
    return sum(1 for each in found if each["state"] == "delivered")


def test_an_update_that_lands_after_its_answer_was_given_up_is_not_repeated(house: House) -> None:
    number = house.next_ticket()
    house.fault("late_effect", str(number), seconds=3.0, drop_after=0.5)
    ticket_id = house.write_in(tags=TAGS)
    run = house.settle(ticket_id)
    time.sleep(3)  # the late one is judged by now
    assert run.state is RunState.APPLIED
    assert (len(house.notes(ticket_id)), tags(house, ticket_id)) == (1, DRAFT)


@pytest.mark.parametrize("answer", ["drop", "error"])
def test_an_update_whose_answer_is_lost_is_found_again(house: House, answer: str) -> None:
    number = house.next_ticket()
    house.fault("lost_answer", str(number), answer=answer)
    ticket_id = house.write_in(tags=TAGS)
    run = house.settle(ticket_id)
    assert run.receipt is not None
    assert run.receipt.found
    assert (len(house.notes(ticket_id)), tags(house, ticket_id)) == (1, DRAFT)
    assert len(house.calls(ticket_id, "PUT")) == 1


def test_an_agent_who_answers_in_between_is_not_talked_over(house: House) -> None:
    number = house.next_ticket()
    house.fault("agent_in_between", str(number))
    ticket_id = house.write_in(tags=TAGS)
    run = house.settle(ticket_id)
    assert run.state is RunState.SKIPPED
    assert [reason.code for reason in run.reasons][-1] == "answered_meanwhile"
    assert (house.notes(ticket_id), house.tags(ticket_id)) == ([], set(TAGS))


def test_a_ticket_whose_webhook_never_came_is_found_by_the_sweep(house: House) -> None:
    number = house.next_ticket()
    house.fault("lost_delivery", str(number))
    ticket_id = house.write_in(tags=TAGS)
    services = house.services
    services.enqueue(services.broker, queues.UPKEEP, "sweep_tickets", HELPDESK)
    run = house.settle(ticket_id)
    assert (len(house.notes(ticket_id)), tags(house, ticket_id)) == (1, DRAFT)
    assert run.state is RunState.APPLIED


def test_our_own_note_costs_one_reading(house: House) -> None:
    ticket_id = house.write_in()
    house.settle(ticket_id)
    until(lambda: delivered(house, ticket_id) == 3, 10, "announced: ticket, note, tag")
    time.sleep(4)  # readings of what was just written wait until it has settled
    comments = [path for path in house.calls(ticket_id) if "/comments" in path]
    # Before deciding, just before writing, and once for everything that our note set off.
    assert len(comments) == 3
