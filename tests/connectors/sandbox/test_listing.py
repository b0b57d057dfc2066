"""The inbox's list: who is under which filter, what the search finds, and that it stays short."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.listing import FILTERS, PAGE, asked_for, matches, names_of, row_of
from connectors.sandbox.records import Origin
from tests.connectors.sandbox.conftest import World
from tests.connectors.sandbox.test_control import DRAFT

HANDOFF = "<p><strong>For a person</strong> · high priority</p><p><strong>Wants</strong> out</p>"


def note(world: World, number: int, html: str) -> None:
    world.put(number, {"comment": {"html_body": html, "public": False}})


def listed(world: World, query: str = "") -> list[int]:
    """The tickets on the page, in its order."""
    answer = world.client.get(f"/?{query}")
    assert answer.status_code == 200
    return [int(number) for number in re.findall(r'data-ticket="(\d+)"', answer.text)]


def counts(world: World, query: str = "") -> dict[str, int]:
    shown = world.client.get(f"/?{query}").text
    found = re.findall(r'id="filter-(\w+)"[^>]*>[^<]*<b>(\d+)</b>', shown)
    return {name: int(count) for name, count in found}


@pytest.fixture
def busy(world: World) -> World:
    """1 untouched, 2 draft, 3 handoff, 4 answered, 5 solved, 6 asked again, 7 deleted."""
    for number in range(1, 8):
        world.open_ticket(subject=f"Question {number}")
    note(world, 2, DRAFT)
    note(world, 3, HANDOFF)
    world.say(4, "agent", "Here you are")
    world.say(5, "agent", "Done", status="solved")
    world.say(6, "agent", "Here you are")
    world.say(6, "customer", "That did not help")
    world.control("POST", "/tickets/7/status", {"status": "deleted"})
    return world


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("all", {1, 2, 3, 4, 5, 6}),
        ("needs", {1, 2, 3, 6}),
        ("draft", {2}),
        ("handoff", {3}),
        ("untouched", {1, 6}),
        ("solved", {5}),
        ("nonsense", {1, 2, 3, 4, 5, 6}),
    ],
)
def test_each_filter_has_its_tickets_and_their_count(
    busy: World, name: str, numbers: set[int]
) -> None:
    assert set(listed(busy, f"filter={name}")) == numbers
    if name in FILTERS:
        assert counts(busy)[name] == len(numbers)


def test_the_title_says_how_many_wait_whatever_is_searched_for(busy: World) -> None:
    assert "<title>(4) Inbox · Zendesk sandbox</title>" in busy.client.get("/?q=nobody").text
    assert counts(busy, "q=nobody")["all"] == 0


def test_an_automatic_answer_is_no_answer_and_a_survey_no_question(world: World) -> None:
    world.open_ticket()
    world.say(1, "agent", "We got your message", automatic=True)
    assert listed(world, "filter=needs") == [1]
    world.say(1, "agent", "Here you are")
    world.say(1, "customer", "Good", kind="feedback")
    assert listed(world, "filter=needs") == []


def test_what_waits_for_the_customer_needs_no_answer(world: World) -> None:
    world.open_ticket()
    world.control("POST", "/tickets/1/status", {"status": "pending"})
    assert listed(world, "filter=needs") == []
    world.say(1, "customer", "Here is more")
    assert listed(world, "filter=needs") == [1]


def test_the_newest_message_comes_first_and_a_note_moves_nothing(world: World) -> None:
    for _ in range(3):
        world.open_ticket()
        world.clock.sleep(60)
    note(world, 1, DRAFT)
    assert listed(world) == [3, 2, 1]
    world.say(2, "customer", "Hello?")
    assert listed(world) == [2, 3, 1]
    world.say(1, "customer", "In the same second")
    assert listed(world) == [1, 2, 3]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("export", True),
        ("EXPORT hello", True),
        ("export refund", False),
        ("maya@example.com", True),
        ("#1", True),
        ("tag:bil", True),
        ("tag:vip", True),
        ("tag:export", False),
        ("priority:urgent channel:chat", True),
        ("priority:low", False),
        ('group:"tier 2"', True),
        ("status:new", True),
        ("from:nordlicht", True),
        ("from:tom", False),
        ('"how do i"', True),
        ("see: below", True),
        ("note:secret", False),
        ("", True),
    ],
)
def test_a_search_finds_words_anywhere_and_looks_at_one_thing_by_name(
    world: World, query: str, found: bool
) -> None:
    world.open_ticket(tags=["billing"], channel="chat", text="Hello, how do I export? See: below")
    group = world.control("POST", "/groups", {"name": "Tier 2"})["id"]
    world.put(1, {"priority": "urgent", "group_id": group})
    names = names_of(world.sandbox.desk)
    (ticket,) = world.sandbox.desk.tickets()
    assert matches(row_of(ticket, names), query) is found


@given(query=st.text(max_size=60))
def test_no_search_breaks_the_page(query: str) -> None:
    asked = asked_for({"q": query, "show": query, "filter": query})
    assert asked.filter in FILTERS
    assert asked.show >= PAGE
    assert asked_for({"q": asked.query}).query == asked.query


def test_the_search_box_proposes_what_there_is(world: World) -> None:
    world.open_ticket(tags=["billing"], channel="chat")
    shown = world.client.get("/").text
    for word in ("tag:billing", "channel:chat", "tag:vip"):
        assert f'<option value="{word}">' in shown


def test_what_is_chosen_stays_while_tickets_are_opened_and_written_on(busy: World) -> None:
    shown = busy.client.get("/?filter=needs&q=question").text
    assert 'href="/inbox/tickets/2?filter=needs&amp;q=question"' in shown
    inside = busy.client.get("/inbox/tickets/2?filter=needs&q=question").text
    action = 'action="/inbox/tickets/2?filter=needs&amp;q=question"'
    assert action in inside
    answer = busy.client.post("/inbox/tickets/2?filter=needs&q=question", data={"text": "Hi"})
    assert answer.headers["Location"] == "/inbox/tickets/2?filter=needs&q=question"


def test_a_long_list_is_shown_piece_by_piece(world: World) -> None:
    desk = world.sandbox.desk
    with desk.store.transaction():
        for number in range(2 * PAGE + 10):
            person = desk.person("customer", "", f"c{number % 5}@example.com")
            desk.open_ticket("Hello", person, "<p>text</p>", Origin())
    assert len(listed(world)) == PAGE
    assert f"show={2 * PAGE}" in world.client.get("/").text
    assert len(listed(world, f"show={3 * PAGE}")) == 2 * PAGE + 10
    assert "Show more" not in world.client.get(f"/?show={3 * PAGE}").text
