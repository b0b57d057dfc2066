"""An agent tags a ticket, and its draft goes out as it stands: once, or with a word why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain import Clarify, Mode, Outcome, RunState, Trigger
from app.pipeline.render import SEND_TAG
from connectors.text import text_of_html
from connectors.types import EventKind, Status
from tests.app.asking import (
    ANGRY,
    FOREIGN,
    QUESTION,
    VAGUE,
    asked,
    customer_writes,
    drafted,
    look,
    offered,
    refusals,
    replies,
    run_of,
    settle,
    tagged,
)
from tests.app.fakes import BOT, MAYA, TOM, Desk


@pytest.mark.parametrize("question", [QUESTION, VAGUE])
def test_what_the_note_offered_goes_out_as_it_stands(desk: Desk, question: str) -> None:
    ticket = tagged(desk, question)
    look(desk, ticket)
    (reply,) = replies(desk, ticket)
    assert reply.text == offered(desk, ticket)
    now = desk.helpdesk.tickets[ticket]
    assert "understudy_reply" in now.tags
    assert SEND_TAG not in now.tags
    assert now.status is Status.PENDING
    run = run_of(desk, ticket, Trigger.SEND)
    assert run.state is RunState.APPLIED
    assert run.outcome in (Outcome.REPLY, Outcome.CLARIFIED)


def test_a_note_offers_it(desk: Desk) -> None:
    ticket = drafted(desk)
    (note,) = desk.helpdesk.notes(ticket)
    assert f"Tag <code>{SEND_TAG}</code> and it goes out as it stands, or" in note.text


def test_it_is_sent_once_however_often_it_is_announced_and_tagged(desk: Desk) -> None:
    ticket = tagged(desk)
    for _ in range(3):
        look(desk, ticket)
        desk.clock.pass_by(5)
        desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1
    assert refusals(desk, ticket) == []


def test_a_tag_that_cannot_be_taken_off_sends_nothing_again(desk: Desk) -> None:
    desk.helpdesk.tags_stick = True
    ticket = tagged(desk)
    look(desk, ticket)
    for line in ("Thanks! And how do I invite a teammate?", "How do I export all the projects?"):
        desk.helpdesk.say(ticket, MAYA, line)
        for _ in range(3):
            look(desk, ticket, EventKind.CUSTOMER_REPLIED)
            desk.clock.pass_by(5)
    assert SEND_TAG in desk.helpdesk.tickets[ticket].tags
    assert len(replies(desk, ticket)) == 1
    assert len(asked(desk, ticket)) == len({run.key.message_id for run in asked(desk, ticket)})


def test_without_the_tag_nothing_goes_out(desk: Desk) -> None:
    ticket = drafted(desk)
    desk.helpdesk.tag(ticket, "vip", "understudy_sent", "send")
    look(desk, ticket)
    assert replies(desk, ticket) == []
    assert asked(desk, ticket) == []


def test_what_a_customer_types_is_never_taken_for_the_tag(desk: Desk) -> None:
    ticket = drafted(desk, f"{QUESTION} {SEND_TAG} [{SEND_TAG}] #{SEND_TAG} tags: {SEND_TAG}")
    desk.helpdesk.say(ticket, MAYA, SEND_TAG)
    look(desk, ticket, EventKind.CUSTOMER_REPLIED)
    assert replies(desk, ticket) == []
    assert asked(desk, ticket) == []


def test_a_tag_that_came_with_the_ticket_sends_no_draft(desk: Desk) -> None:
    # Zendesk can tag new tickets by the customer's own words.
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket, EventKind.CREATED)
    look(desk, ticket)
    assert replies(desk, ticket) == []
    assert len(refusals(desk, ticket)) == 1
    assert run_of(desk, ticket, Trigger.EVENT).outcome is Outcome.DRAFT
    assert SEND_TAG not in desk.helpdesk.tickets[ticket].tags
    # Now that there is a draft, an agent may well ask for it.
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1


def agent_answers(desk: Desk, ticket: str) -> None:
    desk.helpdesk.say(ticket, TOM, "I have done it for you.")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (customer_writes, "The customer has written since the draft was made."),
        (agent_answers, "Somebody has answered the customer already."),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_draft_that_was_overtaken_stays_here_and_the_agent_is_told(
    desk: Desk, act: Callable[[Desk, str], None], why: str, late: bool
) -> None:
    ticket = tagged(desk)

    def meanwhile() -> None:
        desk.helpdesk.before_write = lambda: None
        act(desk, ticket)

    if late:
        desk.helpdesk.before_write = meanwhile
    else:
        act(desk, ticket)
    look(desk, ticket)
    settle(desk)
    look(desk, ticket)
    assert replies(desk, ticket) == []
    assert refusals(desk, ticket) == [f"Not sent\n\n{why}"]
    assert SEND_TAG not in desk.helpdesk.tickets[ticket].tags


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (FOREIGN, "There is no draft for what the customer wrote last."),
        (ANGRY, "There is no draft to send, since this needs a person."),
    ],
)
def test_where_there_is_no_draft_the_agent_is_told_so(desk: Desk, question: str, why: str) -> None:
    ticket = tagged(desk, question)
    look(desk, ticket)
    look(desk, ticket)
    assert refusals(desk, ticket) == [f"Not sent\n\n{why}"]
    assert replies(desk, ticket) == []
    assert SEND_TAG not in desk.helpdesk.tickets[ticket].tags


def test_a_newer_draft_is_sent_after_an_older_one_was_refused(desk: Desk) -> None:
    ticket = tagged(desk)
    customer_writes(desk, ticket)
    look(desk, ticket)
    look(desk, ticket)
    desk.clock.pass_by(15)
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    (reply,) = replies(desk, ticket)
    assert "Invite" in reply.text


def test_a_draft_that_came_while_an_agent_read_the_one_before_is_not_sent_for_it(
    desk: Desk,
) -> None:
    ticket = drafted(desk)
    customer_writes(desk, ticket)
    look(desk, ticket, EventKind.CUSTOMER_REPLIED)
    assert len(desk.helpdesk.notes(ticket)) == 2
    desk.clock.pass_by(2)
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    assert replies(desk, ticket) == []
    (told,) = refusals(desk, ticket)
    assert "read it, and tag understudy_send again" in told
    assert SEND_TAG not in desk.helpdesk.tickets[ticket].tags
    desk.clock.pass_by(30)
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    (reply,) = replies(desk, ticket)
    assert "Invite" in reply.text


def test_a_solved_ticket_stays_solved(desk: Desk) -> None:
    ticket = drafted(desk)
    desk.helpdesk.solve(ticket)
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1
    assert desk.helpdesk.tickets[ticket].status is Status.SOLVED


def test_a_ticket_solved_while_it_is_sent_stays_solved(desk: Desk) -> None:
    ticket = tagged(desk)

    def meanwhile() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.helpdesk.solve(ticket)

    desk.helpdesk.before_write = meanwhile
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1
    assert desk.helpdesk.tickets[ticket].status is Status.SOLVED


def test_a_closed_ticket_is_left_alone(desk: Desk) -> None:
    ticket = tagged(desk)
    desk.helpdesk.close(ticket)
    writes = len(desk.helpdesk.writes)
    look(desk, ticket)
    assert len(desk.helpdesk.writes) == writes
    assert asked(desk, ticket) == []


def test_a_bot_that_only_watches_sends_nothing_though_asked(desk: Desk) -> None:
    ticket = tagged(desk)
    desk.services.settings = desk.services.settings.model_copy(update={"answer_mode": Mode.SHADOW})
    look(desk, ticket)
    assert replies(desk, ticket) == []
    assert asked(desk, ticket) == []


def test_caps_on_what_the_bot_says_by_itself_do_not_bind_an_agent(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path, mode=Mode.SEND)
    for _ in range(desk.services.policy.max_replies_per_requester_a_day):
        look(desk, desk.helpdesk.open(QUESTION), EventKind.CREATED)
        desk.clock.pass_by(60)
    ticket = tagged(desk)
    assert replies(desk, ticket) == []
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1
    desk.services.let_go()


def test_where_a_reply_may_not_arrive_the_note_says_so_and_it_goes_all_the_same(desk: Desk) -> None:
    desk.helpdesk.doubts["email"] = "mails of this address are not forwarded."
    ticket = tagged(desk)
    (note,) = desk.helpdesk.notes(ticket)
    doubt = "(it may not reach the customer: mails of this address are not forwarded)"
    assert doubt in text_of_html(note.text)
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1
    run = run_of(desk, ticket, Trigger.SEND)
    assert "may_not_reach" in [reason.code for reason in run.reasons]


def test_the_person_whose_key_the_bot_uses_may_answer_instead(desk: Desk) -> None:
    ticket = tagged(desk)
    desk.helpdesk.say(ticket, BOT, "Tom here, I have done it.")
    look(desk, ticket)
    assert replies(desk, ticket) == []
    assert len(refusals(desk, ticket)) == 1


def test_a_question_to_ask_is_not_asked_by_a_newer_draft(desk: Desk) -> None:
    ticket = tagged(desk, VAGUE)
    look(desk, ticket)
    run = run_of(desk, ticket, Trigger.SEND)
    assert isinstance(run.decision, Clarify)
    assert "understudy_clarify" in desk.helpdesk.tickets[ticket].tags
