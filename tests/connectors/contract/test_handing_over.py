"""What a decision makes of a ticket beside the message: its status, who has it, our own tags."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.base import Connector
from connectors.sandbox.edits import Edit
from connectors.sandbox.records import Origin, Person
from connectors.types import Change, Status
from tests.connectors.contract.bench import KEY, Bench

OTHER = "fedcba9876543210"
HANDOFF = Change(
    note="<p>For a person</p>",
    tags=frozenset({"understudy_handoff"}),
    status=Status.OPEN,
    release=True,
    group="Billing",
)


def assign(bench: Bench, number: int, person: Person) -> None:
    edit = Edit(fields={"assignee_id": person.id})
    desk = bench.sandbox.desk
    desk.edit(number, edit, actor=desk.agent, origin=Origin("web", "Inbox"))


def assignee(bench: Bench, number: int) -> int | None:
    ticket = bench.sandbox.desk.ticket(number)
    assert ticket is not None
    return ticket.assignee_id


@pytest.mark.parametrize("status", ["new", "pending", "hold", "solved"])
def test_what_is_handed_over_is_open(bench: Bench, connector: Connector, status: str) -> None:
    number, ticket_id = bench.opened()
    if status != "new":
        bench.status(number, status)
    connector.apply(connector.ticket(ticket_id), HANDOFF, KEY)
    assert connector.ticket(ticket_id).status is Status.OPEN
    assert bench.said(number, "For a person", public=False) == 1


def test_what_is_handed_over_is_taken_from_the_bot_and_goes_to_its_group(
    bench: Bench, connector: Connector
) -> None:
    number, ticket_id = bench.opened()
    assign(bench, number, bench.sandbox.desk.bot)
    connector.apply(connector.ticket(ticket_id), HANDOFF, KEY)
    assert assignee(bench, number) is None
    assert connector.ticket(ticket_id).group == "Billing"


def test_who_has_a_ticket_keeps_it(bench: Bench, connector: Connector) -> None:
    number, ticket_id = bench.opened()
    agent = bench.sandbox.desk.agent
    assign(bench, number, agent)
    connector.apply(connector.ticket(ticket_id), HANDOFF, KEY)
    assert assignee(bench, number) == agent.id


def test_a_draft_leaves_alone_where_a_ticket_stands_and_who_has_it(
    bench: Bench, connector: Connector
) -> None:
    number, ticket_id = bench.opened()
    assign(bench, number, bench.sandbox.desk.bot)
    bench.status(number, "hold")
    connector.apply(connector.ticket(ticket_id), Change(note="<p>Draft</p>"), KEY)
    assert assignee(bench, number) == bench.sandbox.desk.bot.id
    assert connector.ticket(ticket_id).status is Status.HOLD


def test_our_own_tag_is_taken_away_and_no_other(bench: Bench, connector: Connector) -> None:
    number, ticket_id = bench.opened(tags=["mobile", "understudy_draft"])
    bench.tag(number, "understudy_send", "vip")
    change = Change(
        reply="<p>Open <b>Settings</b>.</p>",
        tags=frozenset({"understudy_reply"}),
        untag=frozenset({"understudy_send"}),
        status=Status.PENDING,
    )
    ticket = connector.ticket(ticket_id)
    connector.apply(ticket, replace(change, answers=ticket.messages[-1].id), KEY)
    wanted = {"mobile", "vip", "understudy_draft", "understudy_reply"}
    assert set(bench.truth(number)["tags"]) == wanted
    assert bench.said(number, "Open Settings.", public=True) == 1


def test_a_tag_that_is_gone_already_is_no_fault(bench: Bench, connector: Connector) -> None:
    number, ticket_id = bench.opened(tags=["mobile"])
    change = Change(note="<p>Why not</p>", untag=frozenset({"understudy_send"}))
    receipt = connector.apply(connector.ticket(ticket_id), change, KEY)
    assert (receipt.fallbacks, receipt.collisions) == ((), ())
    assert bench.truth(number)["tags"] == ["mobile"]


def test_tags_of_others_are_never_taken_away() -> None:
    with pytest.raises(ValueError, match="our own tags"):
        Change(untag=frozenset({"vip"}))


def test_what_was_broken_off_after_its_note_is_handed_over_all_the_same(
    bench: Bench, connector: Connector
) -> None:
    number, ticket_id = bench.opened()
    assign(bench, number, bench.sandbox.desk.bot)
    bench.status(number, "hold")
    connector.apply(connector.ticket(ticket_id), Change(note=HANDOFF.note), KEY)
    bench.connector().apply(connector.ticket(ticket_id), HANDOFF, KEY, again=True)
    told = connector.ticket(ticket_id)
    able = told.status is Status.OPEN and assignee(bench, number) is None
    # Where a write is one call, its note and its routing stand or fall together.
    assert able or bench.glue.cannot.get("in_pieces")
    assert bench.said(number, "For a person", public=False) == 1
