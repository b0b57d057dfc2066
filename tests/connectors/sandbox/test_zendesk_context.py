"""What a Zendesk ticket has around it, read over HTTP: chats, surveys, fields, limits, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.errors import RateLimited
from connectors.types import Change, Role
from tests.connectors.contract.bench import KEY, Bench, accounts, later, pages
from tests.connectors.contract.test_described import faults
from tests.connectors.zendesk.contract import EXCEPTIONS, LISTS, descriptions

PAGE = "https://shop.example/settings?tab=2"
# Where Zendesk's files say less than is known: place -> reason.
EXPORT = "GET /api/v2/incremental/tickets/cursor"
BESIDE = {
    f"{EXPORT} query include": "the file speaks of side-loads in words only",
    f"{EXPORT} answer 200 metric_sets": "a side-load; seen beside the tickets by several clients",
    "GET /api/v2/ticket_fields answer 200 meta": LISTS,
    "GET /api/v2/ticket_fields answer 200 links": LISTS,
}
Make = Callable[..., Bench]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with accounts("zendesk", tmp_path) as make:
        yield make


def read_often(bench: Bench, ticket_id: str) -> None:
    for _ in range(20):
        bench.connector().ticket(ticket_id)


def write_often(bench: Bench, ticket_id: str) -> None:
    connector = bench.connector()
    for place in range(40):
        change = Change(tags=frozenset({f"understudy_{place}"}))
        connector.apply(connector.ticket(ticket_id), change, f"{place:016x}")


def test_a_chat_is_read_from_its_log_and_answered_in_its_comments(make: Make) -> None:
    bench = make()
    number, ticket_id = bench.opened("hi", channel="chat", page_url=PAGE)
    bench.say(number, "customer", "how do I export?")
    later(bench, minutes=1)
    connector = bench.connector()
    ticket = connector.ticket(ticket_id)
    assert [(m.text.split("\n")[0], m.author.role, m.public) for m in ticket.messages] == [
        ("Conversation with Maya Lindqvist", Role.SYSTEM, False),
        ("hi", Role.CUSTOMER, True),
        ("how do I export?", Role.CUSTOMER, True),
    ]
    assert ticket.page_url == PAGE
    assert "not verified" in connector.delivery_doubt(ticket)
    receipt = connector.apply(ticket, Change(reply="<p>Open Settings.</p>"), KEY)
    later(bench, minutes=1)
    after = bench.connector().ticket(ticket_id)
    assert (after.messages[-1].id, after.messages[-1].mark) == (receipt.reply_id, KEY)
    assert len(after.messages) == 4


def test_an_answered_survey_is_a_rating_and_a_changed_one_another(make: Make) -> None:
    bench = make(SURVEYS="1")
    number, ticket_id = bench.opened()
    seen = []
    for score in (0.75, 0.0):
        rated = {"score": score, "comment": "Well."}
        bench.control("POST", f"/tickets/{number}/rating", rated)
        later(bench, minutes=1)
        connector = bench.connector()
        ticket = connector.ticket(ticket_id)
        assert ticket.ratings == ()
        [rating] = connector.ratings(ticket)
        assert (rating.score, rating.comment) == (score, "Well.")
        assert rating.rated_at is not None
        seen.append(rating.id)
    assert len(set(seen)) == 2


def test_the_teams_own_fields_come_along_where_they_are_named(make: Make) -> None:
    bench = make()
    number, ticket_id = bench.opened()
    fields = {"7001": "eu_west", "7002": PAGE, "7003": "secret"}
    bench.control("POST", f"/tickets/{number}/fields", {"fields": fields})
    later(bench, minutes=1)
    told = bench.misled(TICKET_FIELDS="7001, 7009", PAGE_FIELD="7002").ticket(ticket_id)
    assert told.fields == {"Field of the team's own 7001": "eu_west"}
    assert told.page_url == PAGE
    plain = bench.connector().ticket(ticket_id)
    assert (plain.fields, plain.page_url, plain.status_name) == ({}, "", "")


def test_what_does_not_change_is_asked_for_once_by_all_processes(make: Make) -> None:
    bench = make()
    _, ticket_id = bench.opened()
    later(bench, minutes=1)
    for _ in range(3):
        bench.connector().ticket(ticket_id)
    paths = [each.path for each in bench.line.exchanges]
    assert paths.count("/api/v2/custom_statuses") == 1
    assert paths.count("/oauth/tokens") == 1


def test_people_keep_their_share_of_the_calls(make: Make) -> None:
    bench = make(RATE_LIMIT="20")
    _, ticket_id = bench.opened()
    later(bench, minutes=1)
    with pytest.raises(RateLimited) as caught:
        read_often(bench, ticket_id)
    assert bench.line.exchanges[-1].status == 200  # nothing was refused: we stopped before
    assert 10 < (caught.value.retry_after or 0) <= 60
    later(bench, minutes=1)
    assert bench.connector().ticket(ticket_id)


def test_a_ticket_is_written_to_no_oftener_than_zendesk_lets(make: Make) -> None:
    bench = make()
    _, ticket_id = bench.opened()
    later(bench, minutes=1)
    with pytest.raises(RateLimited) as caught:
        write_often(bench, ticket_id)
    connector = bench.connector()
    assert all(each.status < 400 for each in bench.line.exchanges)
    assert len(bench.line.writes) == 30
    other = bench.opened("Another")[1]
    later(bench, minutes=1)
    connector.apply(connector.ticket(other), Change(note="<p>x</p>"), KEY)
    later(bench, seconds=caught.value.retry_after or 0)
    connector.apply(connector.ticket(ticket_id), Change(note="<p>x</p>"), KEY)


@pytest.mark.reference
def test_all_of_it_is_as_zendesk_describes_it(make: Make, shared: Path) -> None:
    bench = make(SURVEYS="1")
    file = {"name": "a.log", "content_type": "text/plain", "content": "Error 42"}
    number, ticket_id = bench.opened(channel="chat", page_url=PAGE, attachments=[file])
    bench.control("POST", f"/tickets/{number}/fields", {"fields": {"7001": "eu_west"}})
    bench.control("POST", f"/tickets/{number}/rating", {"score": 1.0})
    later(bench, minutes=5)
    connector = bench.misled(TICKET_FIELDS="7001")
    ticket = connector.ticket(ticket_id)
    connector.ratings(ticket)
    connector.file_text(ticket.messages[-1].attachments[0], 100)
    pages(connector.history(bench.clock() - timedelta(days=1)))
    found = faults(descriptions(shared / "contracts", ""), bench.line.exchanges)
    known = EXCEPTIONS.keys() | BESIDE.keys()
    assert {place: why for place, why in found.items() if place not in known} == {}
    assert BESIDE.keys() <= found.keys()
