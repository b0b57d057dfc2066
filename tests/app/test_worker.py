"""A ticket is looked at once, written to once, and never talked over, whatever happens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app import how_far, worker
from app.domain import Mode, Outcome, RunState, SaveDraft
from app.ledger import deliveries, leases, runs
from app.ledger.runs import Run
from connectors.errors import (
    Unreachable,
)
from connectors.types import EventKind
from tests.app.fakes import BOT, HELPDESK, MAYA, TOM, Desk

QUESTION = "How do I export all projects?"


def only_run(desk: Desk) -> Run:
    (run,) = runs.listed(desk.services.ledger)
    return run


def test_a_question_gets_one_draft_with_its_source(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    (note,) = desk.helpdesk.notes(ticket)
    assert "Export all projects" in note.text
    assert "https://help.example/export" in note.text
    run = only_run(desk)
    assert (run.state, run.outcome) == (RunState.APPLIED, Outcome.DRAFT)
    assert note.mark == run.id
    assert runs.receipt_ids(desk.services.ledger, HELPDESK, ticket) == {note.id: run.id}


def test_a_second_announcement_of_the_same_message_writes_nothing(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    worker.handle(desk.services, desk.announce(ticket, EventKind.CHANGED))
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_a_note_is_not_even_read(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.say(ticket, TOM, "Between us: careful with this one.", public=False)
    worker.handle(desk.services, noted := desk.announce(ticket, EventKind.NOTED))
    assert deliveries.get(desk.services.ledger, noted) is None
    assert desk.helpdesk.reads == 0


def test_one_reading_serves_all_that_was_announced_before_it(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    first = desk.announce(ticket)
    desk.helpdesk.tag(ticket, "vip")
    second = desk.announce(ticket, EventKind.CHANGED)
    elsewhere = desk.announce(desk.helpdesk.open(QUESTION))
    worker.handle(desk.services, first)
    reads = desk.helpdesk.reads
    worker.handle(desk.services, second)
    assert desk.helpdesk.reads == reads
    assert deliveries.get(desk.services.ledger, elsewhere) is not None


def test_what_is_announced_while_a_ticket_is_read_is_looked_at_again(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    later: list[str] = []

    def act() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.helpdesk.tag(ticket, "vip")
        later.append(desk.announce(ticket, EventKind.CHANGED))

    desk.helpdesk.before_write = act
    worker.handle(desk.services, desk.announce(ticket))
    assert deliveries.get(desk.services.ledger, later[0]) is not None


def test_a_job_that_runs_twice_writes_once(desk: Desk) -> None:
    delivery = desk.announce(desk.helpdesk.open(QUESTION))
    worker.handle(desk.services, delivery)
    worker.handle(desk.services, delivery)
    assert len(desk.helpdesk.writes) == 1


def test_an_answered_ticket_is_left_alone(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.say(ticket, TOM, "I have exported them for you.")
    worker.handle(desk.services, desk.announce(ticket))
    assert runs.listed(desk.services.ledger) == []


def test_the_person_whose_key_the_bot_uses_is_not_talked_over(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.say(ticket, BOT, "Tom here, I am looking into it.")
    worker.handle(desk.services, desk.announce(ticket))
    assert desk.helpdesk.notes(ticket) == []


def test_a_customer_who_writes_again_is_looked_at_again(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    desk.helpdesk.say(ticket, TOM, "Open Settings.")
    desk.helpdesk.say(ticket, MAYA, "How do I invite a teammate?")
    worker.handle(desk.services, desk.announce(ticket, EventKind.CUSTOMER_REPLIED))
    assert len(desk.helpdesk.notes(ticket)) == 2


def test_a_chat_is_given_its_quiet_period_and_the_last_line_is_answered(desk: Desk) -> None:
    ticket = desk.helpdesk.open("hi", channel="chat")
    worker.handle(desk.services, desk.announce(ticket))
    desk.clock.pass_by(3)
    desk.helpdesk.say(ticket, MAYA, QUESTION)
    worker.handle(desk.services, desk.announce(ticket, EventKind.CUSTOMER_REPLIED))
    assert desk.helpdesk.notes(ticket) == []
    desk.clock.pass_by(8)
    for run_id in runs.unfinished(desk.services.ledger, desk.clock()):
        worker.work(desk.services, run_id)
    newer, older = sorted(runs.listed(desk.services.ledger), key=lambda run: -run.created_at)
    assert older.state is RunState.SKIPPED
    assert [reason.code for reason in older.reasons] == ["superseded"]
    assert newer.state is RunState.APPLIED
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_mail_is_not_kept_waiting(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION, channel="email")
    worker.handle(desk.services, desk.announce(ticket))
    assert len(desk.helpdesk.notes(ticket)) == 1


def test_an_agent_who_answers_in_between_wins(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def act() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.helpdesk.say(ticket, TOM, "Open Settings, I did it for you.")

    desk.helpdesk.before_write = act
    worker.handle(desk.services, desk.announce(ticket))
    run = only_run(desk)
    assert desk.helpdesk.notes(ticket) == []
    assert run.state is RunState.SKIPPED
    assert run.reasons[-1].code == "answered_meanwhile"


def test_a_tag_set_in_between_is_kept_and_the_note_is_written_all_the_same(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def act() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.helpdesk.tag(ticket, "urgent-customer")

    desk.helpdesk.before_write = act
    worker.handle(desk.services, desk.announce(ticket))
    assert len(desk.helpdesk.notes(ticket)) == 1
    assert {"urgent-customer", "understudy_draft"} <= desk.helpdesk.tickets[ticket].tags


def test_a_customer_who_writes_in_between_gets_the_newer_look(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def act() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.helpdesk.say(ticket, MAYA, "Sorry, I meant: how do I invite a teammate?")

    desk.helpdesk.before_write = act
    worker.handle(desk.services, desk.announce(ticket))
    assert desk.helpdesk.notes(ticket) == []
    (waiting,) = runs.unfinished(desk.services.ledger, desk.clock())
    worker.work(desk.services, waiting)
    (note,) = desk.helpdesk.notes(ticket)
    assert note.mark == waiting
    newest = runs.get(desk.services.ledger, waiting)
    assert newest is not None
    assert "invite a teammate" in newest.question


def test_a_ticket_closed_in_between_is_not_written_to(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.before_write = lambda: desk.helpdesk.close(ticket)
    worker.handle(desk.services, desk.announce(ticket))
    assert only_run(desk).reasons[-1].code == "closed"


def test_an_answer_that_got_lost_does_not_double_the_note(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.lost_answers = [Unreachable("No answer in time")]
    worker.handle(desk.services, desk.announce(ticket))
    run = only_run(desk)
    assert run.state is RunState.APPLYING
    desk.clock.pass_by(10)
    worker.work(desk.services, run.id)
    again = only_run(desk)
    assert len(desk.helpdesk.notes(ticket)) == 1
    assert again.state is RunState.APPLIED
    assert again.receipt is not None
    assert again.receipt.found


def test_a_run_says_that_older_messages_were_not_to_be_had(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.tickets[ticket] = replace(desk.helpdesk.tickets[ticket], history_cut=True)
    worker.handle(desk.services, desk.announce(ticket))
    assert [reason.code for reason in only_run(desk).reasons][-1] == "history_cut"


def test_a_change_names_the_message_that_it_answers(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    ((_, change, _),) = desk.helpdesk.writes
    assert change.answers == desk.helpdesk.tickets[ticket].messages[0].id


def test_a_note_that_landed_is_found_even_when_an_agent_has_answered_since(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.lost_answers = [Unreachable("No answer in time")]
    worker.handle(desk.services, desk.announce(ticket))
    desk.helpdesk.say(ticket, TOM, "Open Settings.")
    desk.clock.pass_by(10)
    worker.work(desk.services, only_run(desk).id)
    assert only_run(desk).state is RunState.APPLIED


def test_a_ticket_that_a_person_solved_without_a_word_is_left_alone(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)
    desk.helpdesk.before_write = lambda: desk.helpdesk.solve(ticket)
    worker.handle(desk.services, desk.announce(ticket))
    assert desk.helpdesk.notes(ticket) == []
    assert only_run(desk).reasons[-1].code == "solved"


def test_a_worker_that_slept_through_its_lease_writes_nothing(desk: Desk) -> None:
    ticket = desk.helpdesk.open(QUESTION)

    def sleep_and_be_overtaken() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.clock.pass_by(1000)
        with leases.lease(desk.services.ledger, HELPDESK, ticket, 60, desk.clock):
            pass
        desk.helpdesk.tag(ticket, "moved")

    desk.helpdesk.before_write = sleep_and_be_overtaken
    worker.handle(desk.services, desk.announce(ticket))
    assert desk.helpdesk.notes(ticket) == []
    assert not only_run(desk).finished


def test_shadow_decides_and_writes_nowhere(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path, mode=Mode.SHADOW)
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    run = only_run(desk)
    assert isinstance(run.decision, SaveDraft)
    assert run.state is RunState.SKIPPED
    assert desk.helpdesk.writes == []


def test_send_replies_in_public_and_never_answers_itself(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path, mode=Mode.SEND)
    ticket = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket))
    reply = desk.helpdesk.tickets[ticket].messages[-1]
    assert only_run(desk).outcome is Outcome.REPLY
    assert reply.public
    worker.handle(desk.services, desk.announce(ticket, EventKind.AGENT_REPLIED))
    assert len(runs.listed(desk.services.ledger)) == 1


def test_a_requester_who_got_many_replies_today_gets_drafts(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path, mode=Mode.SEND)
    most = desk.services.policy.max_replies_per_requester_a_day
    outcomes = []
    for _ in range(most + 1):
        worker.handle(desk.services, desk.announce(desk.helpdesk.open(QUESTION)))
        outcomes.append(runs.listed(desk.services.ledger)[0].outcome)
        desk.clock.pass_by(60)
    assert outcomes == [Outcome.REPLY] * most + [Outcome.DRAFT]
    desk.clock.pass_by(how_far.A_DAY)
    worker.handle(desk.services, desk.announce(desk.helpdesk.open(QUESTION)))
    assert runs.listed(desk.services.ledger)[0].outcome is Outcome.REPLY


def test_silence_leaves_a_tag_and_no_note(desk: Desk) -> None:
    ticket = desk.helpdesk.open("Which wine goes with fish, in your opinion?")
    worker.handle(desk.services, desk.announce(ticket))
    assert desk.helpdesk.notes(ticket) == []
    assert "understudy_silent" in desk.helpdesk.tickets[ticket].tags
    assert only_run(desk).outcome is Outcome.SILENT
