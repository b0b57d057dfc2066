"""What is learned from a draft that went out because an agent asked for it."""

from __future__ import annotations

from dataclasses import replace

from app import worker
from app.domain import SaveDraft, SignalKind, Trigger
from app.ledger import lessons
from app.pipeline.render import BAD_TAG, SEND_TAG
from connectors.errors import Rejected, Unreachable
from connectors.text import text_of_html
from connectors.types import EventKind
from tests.app.asking import (
    VAGUE,
    drafted,
    look,
    refusals,
    replies,
    run_of,
    settle,
    tagged,
)
from tests.app.fakes import HELPDESK, TOM, Desk


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
    desk.helpdesk.tags_stick = True
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
    assert refusals(desk, ticket) == []
    desk.helpdesk.tickets[ticket] = marked
    desk.clock.pass_by(10)
    settle(desk)
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert signal.agent == ""


def test_a_reply_that_was_given_up_and_shows_later_is_no_persons_reply(desk: Desk) -> None:
    ticket = tagged(desk)

    def refuse() -> None:
        desk.helpdesk.before_write = lambda: None
        error = Rejected("Nobody can tell whether it went out")
        error.unsure = True
        raise error

    desk.helpdesk.before_write = refuse
    look(desk, ticket)
    # It lands after all, from the person whose key the bot uses, and nothing marks it as ours.
    html = run_of(desk, ticket, Trigger.SEND).change.reply
    desk.helpdesk.say(ticket, TOM, text_of_html(html or ""))
    look(desk, ticket, EventKind.AGENT_REPLIED)
    assert lessons.listed_signals(desk.services.ledger, HELPDESK) == []
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 0


def test_a_question_of_ours_that_was_asked_is_no_answer_to_learn(desk: Desk) -> None:
    ticket = tagged(desk, VAGUE)
    look(desk, ticket)
    (signal,) = lessons.listed_signals(desk.services.ledger, HELPDESK)
    assert signal.kind is SignalKind.KEPT
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 0


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
