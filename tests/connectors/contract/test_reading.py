"""Reading a ticket: everything that was said, by whom, and nothing that others could fake."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Connector
from connectors.errors import NotFound, Rejected
from connectors.types import Change, Feature, Priority, Role, Status, Ticket
from tests.connectors.contract.bench import KEY, Bench, later
from tests.connectors.contract.conftest import Benches
from tests.connectors.contract.test_webhooks import DEEDS

MARK = f"Understudy ref {KEY}"
MANY = 600


def read(bench: Bench, number: int, ticket_id: str) -> Ticket:
    """Read a ticket by a fresh connector; the number says in a failure which one it was."""
    assert bench.truth(number)
    return bench.connector().ticket(ticket_id)


def test_all_messages_oldest_first_with_their_authors(bench: Bench) -> None:
    number, ticket_id = bench.opened("How do I export?")
    for turn, (who, public) in enumerate(
        [("agent", True), ("customer", True), ("agent", False), ("customer", True)]
    ):
        later(bench, seconds=turn % 2)  # some share a second
        bench.say(number, who, f"Message {turn}", public=public)
    ticket = read(bench, number, ticket_id)
    told = [(m.text, m.author.role, m.public) for m in ticket.messages]
    assert told == [
        ("How do I export?", Role.CUSTOMER, True),
        ("Message 0", Role.AGENT, True),
        ("Message 1", Role.CUSTOMER, True),
        ("Message 2", Role.AGENT, False),
        ("Message 3", Role.CUSTOMER, True),
    ]
    assert all(m.mark is None and not m.automatic for m in ticket.messages)
    assert len({m.id for m in ticket.messages}) == 5
    moments = [m.created_at for m in ticket.messages]
    assert moments == sorted(moments)
    assert all(moment.utcoffset() == timedelta(0) for moment in moments)
    assert not ticket.history_cut


def test_people_are_named_and_told_apart(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    bench.say(number, "agent", "Mine", author={"email": "ada@sandbox.example"})
    bench.say(number, "agent", "Me too")
    bench.say(number, "customer", "And I?", author={"email": "zoe@example.com", "name": "Zoe"})
    ticket = read(bench, number, ticket_id)
    opener, ada, tom, zoe = (message.author for message in ticket.messages)
    assert ticket.requester.id == opener.id
    assert (ticket.requester.email, ticket.requester.name) == ("maya@example.com", "Maya Lindqvist")
    assert len({opener.id, ada.id, tom.id, zoe.id}) == 4
    assert (ada.role, tom.role, zoe.role) == (Role.AGENT, Role.AGENT, Role.CUSTOMER)


def test_what_no_person_typed_is_automatic(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    bench.say(number, "agent", "We have got your message.", automatic=True)
    message = read(bench, number, ticket_id).messages[-1]
    assert message.automatic
    assert message.author.role in (Role.SYSTEM, Role.BOT)


def test_the_account_its_plan_its_tags_and_how_long_it_has_been_one(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    account = read(bench, number, ticket_id).account
    assert account is not None
    assert (account.name, account.plan, account.vip) == ("Nordlicht", "business", True)
    assert "nordics" in account.tags
    assert any("2023-04-01" in value for value in account.fields.values())


def test_a_customer_without_a_company_has_no_account(bench: Bench) -> None:
    number, ticket_id = bench.opened(requester={"email": "solo@example.com", "name": "Solo"})
    ticket = read(bench, number, ticket_id)
    assert ticket.account is None
    assert ticket.requester.email == "solo@example.com"


def test_tags_status_channel_and_address(bench: Bench) -> None:
    number, ticket_id = bench.opened(tags=["mobile", "beta"], channel="email")
    ticket = read(bench, number, ticket_id)
    assert ticket.tags == {"mobile", "beta"}
    assert ticket.status in (Status.NEW, Status.OPEN)
    assert ticket.channel
    assert ticket.channel == ticket.channel.lower()
    assert ticket.url.startswith(bench.url)
    assert ticket.created_at is not None
    assert ticket.updated_at is not None
    assert ticket.updated_at >= ticket.created_at


def test_priority_and_group_are_read_where_there_are_such(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    connector = bench.connector()
    change = Change(note="<p>x</p>", priority=Priority.URGENT, group="Billing")
    connector.apply(connector.ticket(ticket_id), change, KEY)
    ticket = read(bench, number, ticket_id)
    if Feature.PRIORITY in connector.supports:
        assert ticket.priority is Priority.URGENT
    if Feature.GROUPS in connector.supports:
        assert ticket.group == "Billing"


def test_the_page_the_customer_was_on_where_the_helpdesk_tells(bench: Bench) -> None:
    page = "https://shop.example/settings?tab=2"
    number, ticket_id = bench.opened(page_url=page, channel="chat")
    ticket = read(bench, number, ticket_id)
    able = Feature.PAGE_URL in bench.connector().supports
    assert ticket.page_url == (page if able else "")


def test_files_are_named_with_type_and_size(bench: Bench) -> None:
    file = {"name": "log.txt", "content_type": "text/plain", "size": 812}
    number, ticket_id = bench.opened("See file", attachments=[file])
    bench.say(number, "customer", "And this", attachments=[{**file, "name": "b.txt"}])
    first, second = read(bench, number, ticket_id).messages
    [one], [two] = first.attachments, second.attachments
    assert (one.name, one.content_type, one.size) == ("log.txt", "text/plain", 812)
    assert two.name == "b.txt"


def test_a_mark_that_a_customer_typed_is_not_ours(bench: Bench) -> None:
    number, ticket_id = bench.opened(f"Hello. {MARK}")
    bench.say(number, "customer", MARK)
    connector = bench.connector()
    ticket = connector.ticket(ticket_id)
    assert [m.mark for m in ticket.messages] == [None, None]
    assert not connector.written(ticket, Change(note="<p>Draft</p>"), KEY)
    receipt = connector.apply(ticket, Change(note="<p>Draft</p>"), KEY)
    assert not receipt.found
    assert bench.said(number, "Draft", public=False) == 1


def test_a_mark_in_a_customers_internal_message_is_not_ours(bench: Bench) -> None:
    """Portals and imports have been seen to make such."""
    number, ticket_id = bench.opened()
    desk = bench.sandbox.desk
    ticket = desk.ticket(number)
    assert ticket is not None
    customer = desk.people()[ticket.requester_id]
    desk.say(number, customer, f"<p>{MARK}</p>", public=False)
    assert [m.mark for m in read(bench, number, ticket_id).messages] == [None, None]


def test_our_own_note_bears_its_mark_and_is_an_agents(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    connector = bench.connector()
    connector.apply(connector.ticket(ticket_id), Change(note="<p>Draft</p>"), KEY)
    note = read(bench, number, ticket_id).messages[-1]
    assert (note.mark, note.public, note.author.role) == (KEY, False, Role.AGENT)


def test_an_agent_who_quotes_our_note_in_public_has_no_mark(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    bench.say(number, "agent", f"The bot says: {MARK}")
    assert read(bench, number, ticket_id).messages[-1].mark is None


def test_html_and_text_of_a_message_agree(bench: Bench) -> None:
    number, ticket_id = bench.opened(html="<p>One &amp; <b>two</b></p><ul><li>three</li></ul>")
    message = read(bench, number, ticket_id).messages[0]
    for word in ("One & two", "three"):
        assert word in message.text
    assert "<" not in message.text
    assert "three" in message.html


def _grow(bench: Bench, number: int, messages: int) -> None:
    """Let a conversation have so many messages, without the work of that many edits."""
    desk = bench.sandbox.desk
    ticket = desk.ticket(number)
    assert ticket is not None
    first = ticket.messages[0]
    more = [
        replace(
            first,
            id=desk.new_id(),
            html=f"<p>Line {place}</p>",
            text=f"Line {place}",
            created_at=first.created_at + timedelta(seconds=place // 3),
        )
        for place in range(1, messages)
    ]
    at = more[-1].created_at
    desk.store.put(replace(ticket, messages=(first, *more), updated_at=at))
    bench.clock.now = max(bench.clock.now, at)


def test_a_long_conversation_is_whole_or_says_that_it_is_cut(bench: Bench) -> None:
    number, ticket_id = bench.opened("Line 0")
    _grow(bench, number, MANY)
    ticket = read(bench, number, ticket_id)
    lines = [int(m.text.removeprefix("Line ")) for m in ticket.messages]
    whole = Feature.WHOLE_HISTORY in bench.connector().supports
    assert ticket.history_cut is not whole
    assert lines == sorted(lines)
    assert lines[-1] == MANY - 1
    assert len(lines) == MANY if whole else len(lines) >= 100


@pytest.mark.parametrize(
    "ticket_id", ["999999", "0", "", "-1", "abc", "../users/me", "1?x=1", "1/../2", "٣", "9" * 18]
)
def test_a_ticket_that_is_not_there_is_not_found(connector: Connector, ticket_id: str) -> None:
    with pytest.raises((NotFound, Rejected)):
        connector.ticket(ticket_id)


def test_a_deleted_ticket_is_gone(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    bench.status(number, "deleted")
    try:
        ticket = bench.connector().ticket(ticket_id)
    except NotFound:
        return
    assert ticket.status is Status.GONE


def test_a_reading_is_the_same_as_long_as_nothing_changes(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    first = read(bench, number, ticket_id)
    later(bench, hours=1)
    again = read(bench, number, ticket_id)
    assert first == again


@pytest.mark.parametrize("what", [name for name in DEEDS if name != "deleted"])
def test_every_change_shows_in_the_revision(bench: Bench, what: str) -> None:
    number, ticket_id = bench.opened()
    before = read(bench, number, ticket_id)
    DEEDS[what][0](bench, number)
    assert read(bench, number, ticket_id).revision != before.revision


def test_two_changes_within_a_second_of_a_reading_both_show(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    seen = [read(bench, number, ticket_id).revision]
    for turn in range(3):
        bench.say(number, "customer", f"Line {turn}")
        seen.append(read(bench, number, ticket_id).revision)
    assert len(set(seen)) == 4


def test_two_accounts_do_not_see_each_other(bench: Bench, fresh: Benches) -> None:
    other = fresh(bench.glue.other, suffix="-eu")
    number, ticket_id = other.opened("Secret of the others")
    mine = [bench.opened(f"Mine {n}")[1] for n in range(2)]
    assert other.connector().ticket(ticket_id).messages[0].text == "Secret of the others"
    texts = [bench.connector().ticket(each).messages[0].text for each in mine]
    assert texts == ["Mine 0", "Mine 1"]
    assert other.truth(number)["messages_count"] == 1
