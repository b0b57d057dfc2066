"""What an agent really sent is read, kept once, and answers the next customer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import worker
from app.domain import SaveDraft, SignalKind
from app.knowledge.index import examples_name
from app.learn import index_waiting
from app.ledger import deliveries, lessons, pointers, runs
from app.pipeline.render import BAD_TAG
from connectors.errors import Forbidden
from connectors.types import EventKind, Rating, Status
from tests.app.fakes import BOT, HELPDESK, MAYA, TOM, Desk

QUESTION = "How do I export all projects?"
SECRET = "Hold the Alt key while you press Export, or the archive misses the images."
ANSWER = f"Open Settings and choose Export all projects. {SECRET}"


def answered(desk: Desk, reply: str, question: str = QUESTION) -> str:
    ticket = desk.helpdesk.open(question)
    worker.handle(desk.services, desk.announce(ticket))
    desk.helpdesk.say(ticket, TOM, reply)
    worker.handle(desk.services, desk.announce(ticket, EventKind.AGENT_REPLIED))
    return ticket


def draft_on(desk: Desk, ticket: str) -> SaveDraft:
    (run,) = runs.listed(desk.services.ledger, HELPDESK, ticket)
    assert isinstance(run.decision, SaveDraft)
    return run.decision


def test_an_edited_answer_comes_back_for_the_same_question(desk: Desk) -> None:
    answered(desk, f"Hi Maya,\n\n{ANSWER}\n\nBest,\nTom")
    later = desk.helpdesk.open("hello, how do I export all the projects?")
    worker.handle(desk.services, desk.announce(later))
    draft = draft_on(desk, later).draft
    assert SECRET in draft.text
    assert draft.learned
    assert "Maya,\n\nOpen" not in draft.text.replace("Hi Maya,\n\n", "", 1)
    assert "understudy_learned" in desk.helpdesk.tickets[later].tags


def test_an_unrelated_question_does_not_get_it(desk: Desk) -> None:
    answered(desk, ANSWER)
    other = desk.helpdesk.open("How do I invite a teammate?")
    worker.handle(desk.services, desk.announce(other))
    assert SECRET not in draft_on(desk, other).draft.text


def test_a_reply_is_kept_once_however_often_it_is_read(desk: Desk) -> None:
    ticket = answered(desk, ANSWER)
    desk.helpdesk.tag(ticket, "touched")
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    assert len(lessons.listed_signals(desk.services.ledger, HELPDESK)) == 1
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1


def test_a_draft_sent_as_it_stands_counts_as_kept(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    desk.helpdesk.say(ticket, TOM, draft_on(desk, ticket).draft.text.replace("**", ""))
    worker.handle(desk.services, desk.announce(ticket, EventKind.AGENT_REPLIED))
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert signal.kind is SignalKind.KEPT
    assert signal.agent == "Tom Berg"


def test_a_question_whose_draft_was_sent_points_to_its_article(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    draft = draft_on(desk, ticket).draft
    desk.helpdesk.say(ticket, TOM, draft.text.replace("**", ""))
    worker.handle(desk.services, desk.announce(ticket, EventKind.AGENT_REPLIED))
    with desk.services.ledger.read() as connection:
        led = pointers.pointed_articles(connection, HELPDESK)
    assert led == {citation.origin_id for citation in draft.citations}
    assert len(led) == 1


def test_what_we_wrote_teaches_us_nothing(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    (run,) = runs.listed(desk.services.ledger)
    desk.helpdesk.say(ticket, BOT, "Our own public reply, marked as such.", mark=run.id)
    worker.handle(desk.services, desk.announce(ticket, EventKind.AGENT_REPLIED))
    assert lessons.listed_signals(desk.services.ledger, HELPDESK) == []


def test_internal_notes_of_agents_teach_us_nothing(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    desk.helpdesk.say(ticket, TOM, f"Between us: {SECRET}", public=False)
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 0


def test_a_ticket_handed_to_a_person_is_nobody_elses_answer(desk: Desk) -> None:
    answered(
        desk,
        "I have refunded the 49 euros to the card ending in 4242, it takes five days.",
        "I want my money back, please refund the last invoice!",
    )
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert signal.kind is SignalKind.REWRITTEN
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 0


def test_a_bad_draft_is_remembered_as_discarded(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    desk.helpdesk.tag(ticket, BAD_TAG)
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert signal.kind is SignalKind.DISCARDED


def test_an_example_that_could_not_be_indexed_is_indexed_later(desk: Desk) -> None:
    answered(desk, ANSWER)
    with desk.services.ledger.write() as connection:
        connection.exec_driver_sql("update examples set indexed = 0")
    assert index_waiting(desk.services, HELPDESK) == 1
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1


def rated(desk: Desk, *ratings: Rating, status: Status = Status.SOLVED, told: bool = True) -> str:
    """A ticket that we drafted on, then answered, ended and rated; ``told`` in the reading."""
    ticket = answered(desk, ANSWER)
    found = desk.helpdesk.tickets[ticket]
    desk.helpdesk.tickets[ticket] = replace(
        found,
        status=status,
        ratings=ratings if told else (),
        revision=str(int(found.revision) + 1),
    )
    if not told:
        desk.helpdesk.rated[ticket] = ratings
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    return ticket


def scores(desk: Desk) -> list[tuple[str, float | None]]:
    found = lessons.listed_signals(desk.services.ledger, HELPDESK)
    return [(one.message_id, one.score) for one in found if one.kind is SignalKind.RATED]


@pytest.mark.parametrize("told", [True, False])
def test_what_the_customer_said_of_it_is_kept_once(desk: Desk, told: bool) -> None:
    ticket = rated(desk, Rating("r1", 0.25, "slow"), told=told)
    desk.helpdesk.tag(ticket, "touched")
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    assert scores(desk) == [("r1", 0.25)]
    (run,) = runs.listed(desk.services.ledger, HELPDESK, ticket)
    assert [one.kind for one in lessons.signals_of(desk.services.ledger, run.id)] == [
        SignalKind.EDITED,
        SignalKind.RATED,
    ]


def test_a_customer_who_rates_again_is_heard_again(desk: Desk) -> None:
    rated(desk, Rating("r1", 0.0), Rating("r2", 1.0))
    assert scores(desk) == [("r1", 0.0), ("r2", 1.0)]


def test_nobody_asks_for_ratings_before_a_ticket_is_over_or_when_one_is_known(desk: Desk) -> None:
    rated(desk, Rating("r1", 1.0), status=Status.OPEN, told=False)
    assert desk.helpdesk.asked_for_ratings == 0
    ticket = rated(desk, Rating("r2", 1.0), told=False)
    assert desk.helpdesk.asked_for_ratings == 1
    desk.helpdesk.tag(ticket, "touched")
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    assert desk.helpdesk.asked_for_ratings == 1


def test_a_ticket_that_we_never_wrote_in_is_not_ours_to_be_rated(desk: Desk) -> None:
    ticket = desk.helpdesk.open("Which wine goes with fish, in your opinion?")
    worker.handle(desk.services, desk.announce(ticket))
    desk.helpdesk.rated[ticket] = (Rating("r1", 1.0),)
    desk.helpdesk.solve(ticket)
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    assert desk.helpdesk.asked_for_ratings == 0
    assert scores(desk) == []


def test_ratings_that_cannot_be_read_hold_up_nothing(desk: Desk) -> None:
    ticket = answered(desk, ANSWER)
    desk.helpdesk.solve(ticket)
    desk.helpdesk.failing_ratings = [Forbidden("The token may not read ratings")]
    delivery = desk.announce(ticket, EventKind.CHANGED)
    worker.handle(desk.services, delivery)
    assert deliveries.get(desk.services.ledger, delivery) is None


def test_a_message_that_shows_late_makes_no_second_lesson_of_one_reply(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    late = desk.helpdesk.say(ticket, MAYA, "I mean all the projects, please.")
    worker.handle(desk.services, desk.announce(ticket, EventKind.CUSTOMER_REPLIED))
    desk.helpdesk.say(ticket, TOM, ANSWER)
    whole = desk.helpdesk.tickets[ticket]
    bare = tuple(one for one in whole.messages if one.id != late)
    desk.helpdesk.tickets[ticket] = replace(whole, messages=bare)
    worker.handle(desk.services, desk.announce(ticket, EventKind.AGENT_REPLIED))
    desk.helpdesk.tickets[ticket] = whole
    desk.helpdesk.tag(ticket, "shown")
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    assert desk.waiting() == []
    assert len(lessons.listed_signals(desk.services.ledger, HELPDESK)) == 2
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1
    assert desk.services.vectors.count(examples_name(HELPDESK)) == 1
