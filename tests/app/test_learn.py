"""What an agent really sent is read, kept once, and answers the next customer."""

from __future__ import annotations

from app import worker
from app.domain import SaveDraft, SignalKind
from app.learn import BAD_TAG, index_waiting
from app.ledger import lessons, runs
from connectors.types import EventKind
from tests.app.fakes import BOT, HELPDESK, TOM, Desk

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
