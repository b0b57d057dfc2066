"""Writing when nothing goes wrong: what arrives in the ticket, and what is left alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from connectors.base import Connector
from connectors.errors import Rejected
from connectors.marks import bears
from connectors.types import Change, Feature, Priority, Status, Ticket
from tests.connectors.contract.bench import KEY, Bench, later

NOTE = Change(note="<p>Draft of an answer</p>")
REPLY = Change(reply="<p>Open <b>Settings</b>.</p>")
FULL = Change(
    note="<p>Draft of an answer</p>",
    reply="<p>Open <b>Settings</b>.</p>",
    tags=frozenset({"understudy_sent", "exports"}),
    priority=Priority.HIGH,
    group="Billing",
    status=Status.PENDING,
)
OTHER = "fedcba9876543210"


def ask(bench: Bench) -> tuple[int, Ticket]:
    number, ticket_id = bench.opened(tags=["mobile"])
    return number, bench.connector().ticket(ticket_id)


def answering(ticket: Ticket, change: Change) -> Change:
    return replace(change, answers=ticket.messages[-1].id)


def test_a_note_is_internal_and_a_reply_is_public(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    noted = connector.apply(ticket, NOTE, KEY)
    replied = connector.apply(connector.ticket(ticket.id), REPLY, OTHER)
    assert bench.said(number, "Draft of an answer", public=False) == 1
    assert bench.said(number, "Draft of an answer", public=True) == 0
    assert bench.said(number, "Open Settings.", public=True) == 1
    after = connector.ticket(ticket.id)
    assert [m.id for m in after.messages[1:]] == [noted.note_id, replied.reply_id]
    assert (noted.reply_id, replied.note_id) == (None, None)
    assert not noted.found
    assert not replied.found


def test_everything_together_with_the_reply_last(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    receipt = connector.apply(ticket, answering(ticket, FULL), KEY)
    truth = bench.truth(number)
    assert [each["public"] for each in truth["messages"]] == [True, False, True]
    assert set(truth["tags"]) >= {"mobile", "understudy_sent", "exports"}
    after = connector.ticket(ticket.id)
    assert [m.id for m in after.messages[1:]] == [receipt.note_id, receipt.reply_id]
    assert after.tags >= {"mobile", "understudy_sent", "exports"}
    told = " ".join(receipt.fallbacks).casefold()
    if Feature.PRIORITY in connector.supports:
        assert (truth["priority"], after.priority) == ("high", Priority.HIGH)
    else:
        assert (truth["priority"], "priority" in told) == (None, True)
    if Feature.GROUPS in connector.supports:
        assert (truth["group"], after.group) == ("Billing", "Billing")
    assert truth["status"] == "pending" or "status" in told
    assert receipt.collisions == ()
    # What agents see comes before what the customer gets; the status alone may follow it.
    place = [audit["message"] for audit in truth["audits"]].index(truth["messages"][-1]["id"])
    after_it = {
        each["field"] for audit in truth["audits"][place + 1 :] for each in audit["changes"]
    }
    assert after_it <= {"status"}


def test_where_all_is_one_call_it_is_one(bench: Bench, connector: Connector) -> None:
    _, ticket = ask(bench)
    bench.line.begin()
    connector.apply(ticket, replace(FULL, reply=None), KEY)
    if Feature.ATOMIC_WRITE in connector.supports:
        assert len(bench.line.writes) == 1
    else:
        assert b"Draft of an answer" in bench.line.writes[0].body, "the note must come first"


def test_an_empty_change_writes_nothing(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    before = bench.truth(number)
    bench.line.begin()
    for change in (Change(), Change(answers=ticket.messages[0].id)):
        receipt = connector.apply(ticket, change, KEY)
        assert (receipt.note_id, receipt.reply_id, receipt.found) == (None, None, False)
    assert bench.line.writes == []
    assert bench.truth(number) == before


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("change", [NOTE, REPLY, FULL])
def test_the_same_key_writes_once_and_says_that_it_was_found(
    bench: Bench, change: Change, again: bool
) -> None:
    number, ticket = ask(bench)
    change = answering(ticket, change)
    first = bench.connector().apply(ticket, change, KEY)
    before = bench.truth(number)
    later(bench, seconds=90)
    connector = bench.connector()
    second = connector.apply(connector.ticket(ticket.id), change, KEY, again=again)
    assert second.found
    assert (second.note_id, second.reply_id) == (first.note_id, first.reply_id)
    assert bench.truth(number)["messages"] == before["messages"]


def test_another_key_writes_again(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    connector.apply(ticket, NOTE, KEY)
    later(bench, seconds=90)
    receipt = connector.apply(connector.ticket(ticket.id), NOTE, OTHER)
    assert not receipt.found
    assert bench.said(number, "Draft of an answer", public=False) == 2
    after = connector.ticket(ticket.id)
    assert [m.mark for m in after.messages[1:]] == [KEY, OTHER]


@pytest.mark.parametrize("change", [NOTE, REPLY, FULL])
def test_a_reading_tells_what_was_written(bench: Bench, change: Change) -> None:
    _, ticket = ask(bench)
    change = answering(ticket, change)
    connector = bench.connector()
    assert not connector.written(ticket, change, KEY)
    connector.apply(ticket, change, KEY)
    reader = bench.connector()
    after = reader.ticket(ticket.id)
    assert reader.written(after, change, KEY)
    if change.note is not None:
        assert bears(after, KEY)
        assert not reader.written(after, NOTE, OTHER)
    if Feature.MARKED_REPLY in connector.supports:
        assert bears(after, KEY)


def test_the_same_words_by_somebody_else_or_earlier_are_not_ours(
    bench: Bench, connector: Connector
) -> None:
    number, ticket = ask(bench)
    bench.say(number, "agent", "Open Settings.")
    bench.say(number, "customer", "Open Settings.")
    ticket = connector.ticket(ticket.id)
    change = answering(ticket, REPLY)
    assert not connector.written(ticket, change, KEY)
    connector.apply(ticket, change, KEY)
    bench.say(number, "customer", "And how do I get out of there?")
    ticket = connector.ticket(ticket.id)
    assert not connector.written(ticket, answering(ticket, REPLY), OTHER)


def test_tags_are_added_to_what_an_agent_set_meanwhile_and_none_is_taken_away(
    bench: Bench, connector: Connector
) -> None:
    number, ticket = ask(bench)
    later(bench, seconds=5)
    bench.tag(number, "escalated", remove=("mobile",))
    change = Change(note="<p>x</p>", tags=frozenset({"understudy"}))
    receipt = connector.apply(connector.ticket(ticket.id), change, KEY)
    assert set(bench.truth(number)["tags"]) == {"escalated", "understudy"}
    assert receipt.fallbacks == ()


def test_tags_alone_can_be_written(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    connector.apply(ticket, Change(tags=frozenset({"understudy", "mobile"})), KEY)
    truth = bench.truth(number)
    assert set(truth["tags"]) == {"mobile", "understudy"}
    assert truth["messages_count"] == 1


@pytest.mark.parametrize(
    ("there", "asked", "then"), [("high", Priority.LOW, "high"), ("low", Priority.URGENT, "urgent")]
)
def test_a_priority_is_raised_and_never_lowered(
    bench: Bench, connector: Connector, there: str, asked: Priority, then: str
) -> None:
    number, ticket = ask(bench)
    connector.apply(ticket, Change(note="<p>1</p>", priority=Priority(there)), KEY)
    later(bench, seconds=30)
    again = connector.ticket(ticket.id)
    receipt = connector.apply(again, Change(note="<p>2</p>", priority=asked), OTHER)
    if Feature.PRIORITY in connector.supports:
        assert bench.truth(number)["priority"] == then
    else:
        assert receipt.fallbacks


def test_a_group_is_found_by_name_in_any_case(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    receipt = connector.apply(ticket, Change(note="<p>x</p>", group=" biLLing "), KEY)
    if Feature.GROUPS in connector.supports:
        assert bench.truth(number)["group"] == "Billing"
        assert receipt.fallbacks == ()


def test_a_group_that_is_not_there_is_told_and_the_note_is_written(
    bench: Bench, connector: Connector
) -> None:
    number, ticket = ask(bench)
    receipt = connector.apply(ticket, Change(note="<p>Draft</p>", group="Nobody's"), KEY)
    assert bench.said(number, "Draft", public=False) == 1
    assert bench.truth(number)["group"] is None
    assert any("Nobody's" in line for line in receipt.fallbacks)


@pytest.mark.parametrize("status", [Status.OPEN, Status.PENDING, Status.HOLD, Status.SOLVED])
def test_a_status_is_set_or_it_is_told_that_it_is_not(
    bench: Bench, connector: Connector, status: Status
) -> None:
    number, ticket = ask(bench)
    receipt = connector.apply(ticket, Change(reply="<p>Done</p>", status=status), KEY)
    assert bench.said(number, "Done", public=True) == 1
    same = connector.ticket(ticket.id).status is status
    assert same or any("status" in line.casefold() for line in receipt.fallbacks)


# What texts may hold

TEXTS = {
    "emoji": "Grüße 👋🏽 from 🇸🇪",
    "right to left": "مرحبا، كيف يمكنني التصدير؟",
    "four bytes": "\U0001d4b3 𠜎 🧵",
    "entities": "5 < 6 & \"7\" > '4'",
    "many lines": "one\ntwo\n\nthree",
    "combining": "e\u0301 \u200d zero\u200bwidth",
    "looks like Markdown": "**not bold** _not_ [x](https://example.com)",
    "looks like a placeholder": "{{ticket.id}} {% raw %} ${x} %s",
}


def html_of(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "<p>" + escaped.replace("\n", "<br>") + "</p>"


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def test_texts_arrive_as_they_were_written(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    html = "".join(html_of(text) for text in TEXTS.values())
    change = answering(ticket, Change(note=html, reply=html))
    receipt = connector.apply(ticket, change, KEY)
    assert receipt.note_id
    for message in connector.ticket(ticket.id).messages[1:]:
        read = squeezed(message.text)
        assert [what for what, text in TEXTS.items() if squeezed(text) not in read] == []
    second = connector.apply(connector.ticket(ticket.id), change, KEY, again=True)
    assert second.found
    assert bench.truth(number)["messages_count"] == 3


def test_a_customers_texts_are_read_as_they_were_written(bench: Bench) -> None:
    number, ticket_id = bench.opened("Hello")
    for text in TEXTS.values():
        bench.say(number, "customer", text)
    read = [squeezed(message.text) for message in bench.connector().ticket(ticket_id).messages[1:]]
    assert read == [squeezed(text) for text in TEXTS.values()]


def test_what_no_database_can_hold_is_replaced_when_read(bench: Bench) -> None:
    _, ticket_id = bench.opened("before\0after")
    text = bench.connector().ticket(ticket_id).messages[0].text
    assert "\0" not in text
    assert "before" in text
    assert "after" in text


def test_markup_is_rendered_and_a_script_never_survives(bench: Bench, connector: Connector) -> None:
    number, ticket = ask(bench)
    html = (
        '<p>See <a href="https://example.com/a?b=1&amp;c=2">this page</a> and <b>bold</b></p>'
        "<ul><li>one</li><li>two</li></ul>"
        '<script>steal()</script><img src=x onerror="steal()"><a href="javascript:steal()">x</a>'
    )
    connector.apply(ticket, Change(note=html), KEY)
    shown = bench.truth(number)["messages"][-1]["html"]
    read = connector.ticket(ticket.id).messages[-1]
    for seen in (shown, read.html):
        assert "steal" not in seen
        assert "https://example.com/a?b=1" in seen
    assert "this page" in read.text
    assert "one" in read.text


@pytest.mark.parametrize("part", ["note", "reply"])
def test_a_long_text_arrives_whole_or_is_refused_whole(
    bench: Bench, connector: Connector, part: str
) -> None:
    number, ticket = ask(bench)
    text = "lång " * 12_000 + "the end"  # 72 kB
    change = Change(note=f"<p>{text}</p>") if part == "note" else Change(reply=f"<p>{text}</p>")
    try:
        connector.apply(ticket, change, KEY)
    except Rejected:
        assert bench.truth(number)["messages_count"] == 1
        change = Change(note=f"<p>{text[:50_000]}the end</p>")
        connector.apply(ticket, change, KEY)
    [_, message] = connector.ticket(ticket.id).messages
    assert "the end" in message.text
    assert message.public is (change.reply is not None)


def test_the_receipt_tells_the_revision_for_the_record(bench: Bench, connector: Connector) -> None:
    _, ticket = ask(bench)
    assert connector.apply(ticket, NOTE, KEY).revision
