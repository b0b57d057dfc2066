"""What is read of a ticket's end: its figures, its ratings, and what may not be kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.base import Connector
from tests.connectors.contract.bench import Bench, later, pages
from tests.connectors.contract.conftest import Benches


def test_history_tells_when_tickets_were_answered_and_solved(fresh: Benches) -> None:
    bench = fresh()
    bench.open("An old one")
    later(bench, days=40)
    since = bench.clock() - timedelta(days=1)
    number, ticket_id = bench.opened()
    later(bench, minutes=30)
    bench.say(number, "agent", "Open Settings.")
    later(bench, hours=2)
    bench.status(number, "solved")
    waiting, waiting_id = bench.opened("And another thing")
    later(bench, minutes=10)
    past = {one.id: one for page in pages(bench.connector().history(since)) for one in page.items}
    assert set(past) == {ticket_id, waiting_id}
    answered, unanswered = past[ticket_id], past[waiting_id]
    assert answered.replied_at is not None
    assert answered.solved_at is not None
    took = answered.replied_at - answered.created_at
    assert abs(took - timedelta(minutes=30)) <= timedelta(minutes=1)
    assert abs(answered.solved_at - answered.replied_at - timedelta(hours=2)) <= timedelta(
        minutes=1
    )
    assert (unanswered.replied_at, unanswered.solved_at) == (None, None)
    assert waiting


def test_history_of_many_is_whole_and_ends(fresh: Benches) -> None:
    bench = fresh()
    since = bench.clock() - timedelta(days=1)
    numbers = [bench.open(f"Question {number}") for number in range(bench.glue.crowd)]
    later(bench, minutes=10)
    listed = [one.id for page in pages(bench.connector().history(since)) for one in page.items]
    assert len(listed) == len(set(listed)) == len(numbers)


@pytest.mark.parametrize(("score", "good"), [(1.0, True), (0.0, False)])
def test_what_a_customer_said_about_a_ticket_is_read(
    bench: Bench, connector: Connector, score: float, good: bool
) -> None:
    number, ticket_id = bench.opened()
    bench.say(number, "agent", "Open Settings.")
    bench.status(number, "solved")
    assert connector.ratings(connector.ticket(ticket_id)) == ()
    bench.control("POST", f"/tickets/{number}/rating", {"score": score, "comment": "Well."})
    (rating,) = connector.ratings(connector.ticket(ticket_id))
    assert (rating.score > 0.5) is good
    assert 0.0 <= rating.score <= 1.0
    assert rating.comment in ("", "Well.")
    (same,) = bench.connector().ratings(connector.ticket(ticket_id))
    assert same.id == rating.id


def test_a_rating_is_nothing_that_waits_for_an_answer(bench: Bench, connector: Connector) -> None:
    number, ticket_id = bench.opened()
    bench.say(number, "agent", "Open Settings.")
    bench.control("POST", f"/tickets/{number}/rating", {"score": 1.0, "comment": "Thanks!"})
    told = [m for m in connector.ticket(ticket_id).messages if "Thanks!" in m.text]
    assert all(m.automatic or m.author.role != "customer" for m in told)


def test_what_was_taken_out_is_marked_and_gone(bench: Bench, connector: Connector) -> None:
    number, ticket_id = bench.opened("My card is 4111 1111 1111 1111")
    second = bench.say(number, "customer", "And my name is Maya Secret")
    bench.control("POST", f"/tickets/{number}/redaction", {"message": second})
    ticket = connector.ticket(ticket_id)
    assert not any("Secret" in m.text + m.html for m in ticket.messages)
    if bench.glue.cannot.get("redaction"):
        return
    assert [m.redacted for m in ticket.messages] == [False, True]


@pytest.mark.parametrize("name", ["error.log", "notes.txt"])
def test_a_small_text_is_read_and_nothing_else_is(
    bench: Bench, connector: Connector, name: str
) -> None:
    files = [
        {"name": name, "content_type": "text/plain", "content": "Error 42 in line 7\n" * 3},
        {"name": "photo.png", "content_type": "image/png", "content": "not a text"},
    ]
    _, ticket_id = bench.opened("See files", attachments=files)
    text, picture = connector.ticket(ticket_id).messages[0].attachments
    assert connector.file_text(text, 1000) == "Error 42 in line 7\n" * 3
    assert connector.file_text(text, 8) == "Error 42"
    assert connector.file_text(picture, 1000) == ""


def test_a_very_important_customer_is_told_by_the_tag_that_the_team_uses(bench: Bench) -> None:
    company = {"name": "Goldfisch", "plan": "pro", "tags": ["gold"], "customer_since": "2020-01-02"}
    _, ticket_id = bench.opened(
        requester={"email": "g@example.com", "name": "G", "organization": company}
    )
    assert not bench.connector().ticket(ticket_id).vip
    assert bench.misled(VIP_TAG="Gold").ticket(ticket_id).vip
