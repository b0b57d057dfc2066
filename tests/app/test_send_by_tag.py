"""An agent tags a ticket, and its draft goes out as it stands: once, or with a word why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app import worker
from app.domain import Clarify, Mode, Outcome, RunState, SaveDraft, SignalKind, Trigger
from app.ledger import lessons, runs
from app.ledger.runs import Run
from app.pipeline.render import BAD_TAG, SEND_TAG
from connectors.errors import RateLimited, Rejected, Unreachable
from connectors.text import text_of_html
from connectors.types import EventKind, Message, Status
from tests.app.fakes import BOT, HELPDESK, MAYA, TOM, Desk

QUESTION = "How do I export all projects?"
VAGUE = "It doesn't work"
ANGRY = "I want my money back, please refund the last invoice!"
FOREIGN = "Which wine goes with fish, in your opinion?"


def look(desk: Desk, ticket: str, kind: EventKind = EventKind.CHANGED) -> None:
    """A webhook comes in, and everything that is due then is done."""
    worker.handle(desk.services, desk.announce(ticket, kind))
    settle(desk)


def settle(desk: Desk) -> None:
    for _ in range(5):
        for run_id in runs.unfinished(desk.services.ledger, desk.clock()):
            worker.work(desk.services, run_id)


def drafted(desk: Desk, question: str = QUESTION) -> str:
    ticket = desk.helpdesk.open(question)
    look(desk, ticket, EventKind.CREATED)
    desk.clock.pass_by(30)
    return ticket


def tagged(desk: Desk, question: str = QUESTION) -> str:
    ticket = drafted(desk, question)
    desk.helpdesk.tag(ticket, SEND_TAG)
    return ticket


def run_of(desk: Desk, ticket: str, trigger: Trigger) -> Run:
    (run,) = asked(desk, ticket, trigger)
    return run


def asked(desk: Desk, ticket: str, trigger: Trigger = Trigger.SEND) -> list[Run]:
    found = runs.listed(desk.services.ledger, HELPDESK, ticket)
    return [run for run in found if run.key.trigger is trigger]


def replies(desk: Desk, ticket: str) -> list[Message]:
    """What went out to the customer from us."""
    said = desk.helpdesk.tickets[ticket].messages
    return [message for message in said if message.public and message.mark]


def refusals(desk: Desk, ticket: str) -> list[str]:
    return [
        text_of_html(note.text)
        for note in desk.helpdesk.notes(ticket)
        if "<strong>Not sent</strong>" in note.text
    ]


def offered(desk: Desk, ticket: str) -> str:
    """The reply as the draft's note shows it."""
    note = next(
        note.text for note in desk.helpdesk.notes(ticket) if "understudy-draft" in note.text
    )
    return note.split('<div class="understudy-draft">\n')[1].split("\n</div>")[0]


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


def customer_writes(desk: Desk, ticket: str) -> None:
    desk.helpdesk.say(ticket, MAYA, "Sorry, I meant: how do I invite a teammate?")


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


def test_a_connector_that_took_the_tag_off_before_it_was_overtaken_leaves_nobody_without_a_word(
    desk: Desk,
) -> None:
    ticket = tagged(desk)

    def meanwhile() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.helpdesk.untag(ticket, SEND_TAG)
        customer_writes(desk, ticket)

    desk.helpdesk.before_write = meanwhile
    look(desk, ticket)
    assert replies(desk, ticket) == []
    assert len(refusals(desk, ticket)) == 1


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
    desk.clock.pass_by(5)
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    (reply,) = replies(desk, ticket)
    assert "Invite" in reply.text


def test_an_answer_that_got_lost_does_not_send_twice(desk: Desk) -> None:
    ticket = tagged(desk)
    desk.helpdesk.lost_answers = [Unreachable("No answer in time")]
    look(desk, ticket)
    desk.clock.pass_by(10)
    look(desk, ticket)
    assert len(replies(desk, ticket)) == 1
    run = run_of(desk, ticket, Trigger.SEND)
    assert run.state is RunState.APPLIED
    assert run.receipt is not None
    assert run.receipt.found


def test_a_passing_fault_is_waited_out(desk: Desk) -> None:
    ticket = tagged(desk)

    def refuse() -> None:
        desk.helpdesk.before_write = lambda: None
        raise RateLimited("Too many calls", retry_after=3)

    desk.helpdesk.before_write = refuse
    look(desk, ticket)
    assert replies(desk, ticket) == []
    desk.clock.pass_by(10)
    settle(desk)
    assert len(replies(desk, ticket)) == 1


@pytest.mark.parametrize(
    ("unsure", "told"),
    [
        (False, "It could not be sent (The field Category is required): please send it yourself."),
        (True, "Nobody can tell whether it went out: look at it before you send it again."),
    ],
)
def test_what_the_helpdesk_refuses_for_good_is_told_to_who_asked(
    desk: Desk, unsure: bool, told: str
) -> None:
    ticket = tagged(desk)

    def refuse() -> None:
        desk.helpdesk.before_write = lambda: None
        error = Rejected("The field Category is required.")
        error.unsure = unsure
        raise error

    desk.helpdesk.before_write = refuse
    look(desk, ticket)
    (waiting,) = desk.waiting()
    worker.handle(desk.services, waiting)
    assert refusals(desk, ticket) == [f"Not sent\n\n{told}"]
    assert replies(desk, ticket) == []
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    assert replies(desk, ticket) == []


def test_an_agent_who_takes_the_tag_off_in_time_is_heeded(desk: Desk) -> None:
    ticket = tagged(desk)
    desk.helpdesk.failing = [Unreachable("down")]
    delivery = desk.announce(ticket, EventKind.CHANGED)
    worker.handle(desk.services, delivery)
    desk.helpdesk.untag(ticket, SEND_TAG)
    desk.clock.pass_by(10)
    worker.handle(desk.services, delivery)
    assert replies(desk, ticket) == []


def test_a_run_that_was_begun_is_dropped_when_the_tag_is_taken_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = tagged(desk)

    def fails(_: object) -> str:
        raise Unreachable("down")

    with monkeypatch.context() as patch:
        patch.setattr(desk.helpdesk, "delivery_doubt", fails)
        look(desk, ticket)
    desk.helpdesk.untag(ticket, SEND_TAG)
    desk.clock.pass_by(60)
    settle(desk)
    run = run_of(desk, ticket, Trigger.SEND)
    assert [reason.code for reason in run.reasons] == ["taken_back"]
    assert replies(desk, ticket) == []
    assert refusals(desk, ticket) == []


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


def test_a_draft_sent_by_tag_counts_as_kept_and_is_learned_once(desk: Desk) -> None:
    ticket = tagged(desk)
    look(desk, ticket)
    look(desk, ticket, EventKind.AGENT_REPLIED)
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    draft = run_of(desk, ticket, Trigger.EVENT)
    assert (signal.kind, signal.run_id, signal.agent) == (SignalKind.KEPT, draft.id, "")
    assert signal.message_id == replies(desk, ticket)[0].id
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1


def test_what_was_sent_by_tag_answers_the_next_customer_and_names_nobody(desk: Desk) -> None:
    first = tagged(desk)
    look(desk, first)
    later = drafted(desk, "hello, how do I export all the projects?")
    run = run_of(desk, later, Trigger.EVENT)
    assert isinstance(run.decision, SaveDraft)
    assert run.decision.draft.learned
    assert f"Answer on #{first}" in desk.helpdesk.notes(later)[0].text
    desk.helpdesk.tag(later, SEND_TAG)
    look(desk, later)
    # Kept once more, and no second example of the same.
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1
    with desk.services.ledger.read() as connection:
        assert connection.exec_driver_sql("select times_kept from examples").scalar_one() == 1


def test_what_an_agent_adds_after_it_is_no_verdict_on_the_draft(desk: Desk) -> None:
    ticket = tagged(desk)
    look(desk, ticket)
    desk.helpdesk.say(
        ticket, TOM, "One more thing, our office is closed on Monday because of snow."
    )
    look(desk, ticket, EventKind.AGENT_REPLIED)
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert signal.kind is SignalKind.KEPT


def test_a_reply_whose_receipt_is_still_missing_is_no_persons_reply(desk: Desk) -> None:
    ticket = tagged(desk)
    desk.helpdesk.lost_answers = [Unreachable("No answer in time")]
    look(desk, ticket)
    # Where a reply can bear no mark, only the receipt will tell whose it is.
    said = desk.helpdesk.tickets[ticket].messages
    bare = tuple(replace(one, mark=None) if one.public else one for one in said)
    marked = desk.helpdesk.tickets[ticket]
    desk.helpdesk.tickets[ticket] = replace(marked, messages=bare)
    worker.handle(desk.services, desk.announce(ticket, EventKind.AGENT_REPLIED))
    assert lessons.listed_signals(desk.services.ledger, HELPDESK) == []
    desk.helpdesk.tickets[ticket] = marked
    desk.clock.pass_by(10)
    settle(desk)
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert signal.agent == ""


def test_a_bad_tag_after_it_was_sent_is_about_the_draft(desk: Desk) -> None:
    ticket = tagged(desk)
    look(desk, ticket)
    desk.helpdesk.tag(ticket, BAD_TAG)
    look(desk, ticket)
    draft = run_of(desk, ticket, Trigger.EVENT)
    signals = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert {(one.run_id, one.kind) for one in signals} == {
        (draft.id, SignalKind.KEPT),
        (draft.id, SignalKind.DISCARDED),
    }


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
