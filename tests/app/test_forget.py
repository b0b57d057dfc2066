"""What people take out of their helpdesk leaves no copy with us."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from app import sweep, worker
from app.domain import RunState
from app.knowledge.index import KnowledgeDown, examples_name
from app.ledger import lessons, runs
from app.ledger.deliveries import Announcement, record
from app.ledger.runs import Run
from app.pipeline.render import SEND_TAG
from connectors.errors import NotFound, Unreachable
from connectors.types import EventKind, Person, Status
from tests.app.fakes import BOT, HELPDESK, MAYA, TOM, Desk

QUESTION = "How do I export all projects?"
SECRET = "Hold the Alt key while you press Export; my own number is 0170 1234567."
ANSWER = f"Open Settings and choose Export all projects. {SECRET}"
CARD = "My card is 4111 1111 1111 1111."
TABLES = ("runs", "examples", "deliveries")


def look(desk: Desk, ticket: str, kind: EventKind = EventKind.CHANGED) -> None:
    worker.handle(desk.services, desk.announce(ticket, kind))


def answered(desk: Desk, question: str = f"{QUESTION} {CARD}") -> str:
    ticket = desk.helpdesk.open(question)
    look(desk, ticket, EventKind.CREATED)
    desk.helpdesk.say(ticket, TOM, ANSWER)
    look(desk, ticket, EventKind.AGENT_REPLIED)
    return ticket


def redact(desk: Desk, ticket: str, who: Person) -> None:
    """Somebody takes out what a person wrote in public."""
    found = desk.helpdesk.tickets[ticket]
    messages = tuple(
        replace(one, text="▇▇▇", html="▇▇▇", redacted=True)
        if one.author == who and one.public
        else one
        for one in found.messages
    )
    revision = str(int(found.revision) + 1)
    desk.helpdesk.tickets[ticket] = replace(found, messages=messages, revision=revision)
    look(desk, ticket)


def keeps(desk: Desk, words: str) -> list[str]:
    """Name the tables of the ledger in which words still stand."""
    with desk.services.ledger.read() as connection:
        rows = {
            table: connection.exec_driver_sql(f"select * from {table}").all()  # noqa: S608
            for table in TABLES
        }
    return [table for table, found in rows.items() if words in str(found)]


def indexed(desk: Desk) -> int:
    return desk.services.vectors.count(examples_name(HELPDESK))


def run_on(desk: Desk, ticket: str) -> Run:
    return runs.listed(desk.services.ledger, HELPDESK, ticket)[0]


@pytest.mark.parametrize(("who", "words"), [(MAYA, "4111"), (TOM, "0170")])
def test_what_was_redacted_is_no_longer_kept_found_or_learned_from(
    desk: Desk, who: Person, words: str
) -> None:
    ticket = answered(desk)
    assert "examples" in keeps(desk, words)
    assert indexed(desk) == 1
    redact(desk, ticket, who)
    assert keeps(desk, words) == []
    assert indexed(desk) == 0
    later = desk.helpdesk.open(QUESTION)
    look(desk, later, EventKind.CREATED)
    assert SECRET not in desk.helpdesk.notes(later)[0].text


def test_it_is_said_once_and_learned_from_no_more(desk: Desk) -> None:
    ticket = answered(desk)
    with capture_logs() as logs:
        redact(desk, ticket, TOM)
        redact(desk, ticket, MAYA)
        redact(desk, ticket, MAYA)
    dropped = [each for each in logs if each["event"] == "copies dropped"]
    assert [(each["examples"], each["runs"]) for each in dropped] == [(1, 0), (0, 1)]
    assert lessons.not_indexed(desk.services.ledger, HELPDESK) == []
    assert len(lessons.listed_signals(desk.services.ledger, HELPDESK)) == 1


def test_what_other_tickets_got_from_it_is_dropped_too(desk: Desk) -> None:
    ticket = answered(desk, QUESTION)
    later = desk.helpdesk.open("hello, how do I export all the projects?")
    look(desk, later, EventKind.CREATED)
    assert "runs" in keeps(desk, "0170")
    redact(desk, ticket, TOM)
    assert keeps(desk, "0170") == []
    assert "export all the projects" in run_on(desk, later).question


def test_a_run_before_what_was_redacted_keeps_its_record(desk: Desk) -> None:
    ticket = answered(desk, QUESTION)
    first = run_on(desk, ticket)
    desk.helpdesk.say(ticket, MAYA, f"How do I invite a teammate? {CARD}")
    look(desk, ticket, EventKind.CUSTOMER_REPLIED)
    found = desk.helpdesk.tickets[ticket]
    last = [one for one in found.messages if one.author == MAYA][-1]
    messages = tuple(replace(one, redacted=one is last) for one in found.messages)
    desk.helpdesk.tickets[ticket] = replace(found, messages=messages)
    look(desk, ticket)
    assert keeps(desk, "4111") == []
    kept = runs.get(desk.services.ledger, first.id)
    assert kept is not None
    assert kept.question == QUESTION
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1


@pytest.mark.parametrize("how", ["deleted", "purged"])
def test_of_a_deleted_ticket_nothing_is_kept(desk: Desk, how: str) -> None:
    ticket = answered(desk)
    with desk.services.ledger.write() as connection:
        unread = Announcement("odd", ticket, EventKind.CHANGED, CARD.encode(), quarantined=True)
        record(connection, HELPDESK, [unread], desk.clock())
    desk.helpdesk.tag(ticket, "on-its-way-out")
    delivery = desk.announce(ticket, EventKind.CHANGED)
    if how == "deleted":
        found = desk.helpdesk.tickets[ticket]
        desk.helpdesk.tickets[ticket] = replace(found, status=Status.GONE)
    else:
        del desk.helpdesk.tickets[ticket]
    worker.handle(desk.services, delivery)
    assert keeps(desk, "4111") == keeps(desk, "0170") == []
    assert indexed(desk) == 0
    # That there was a run stays on record, and for which reasons it did what it did.
    run = run_on(desk, ticket)
    assert run.state is RunState.APPLIED
    assert "articles" in [reason.code for reason in run.reasons]
    assert {reason.text for reason in run.reasons} == {""}


def test_an_account_that_finds_none_of_its_tickets_takes_no_copies_with_it(desk: Desk) -> None:
    # So answers one that is suspended, or whose address in the settings is wrong.
    ticket = answered(desk)
    answered(desk, QUESTION)
    desk.helpdesk.tag(ticket, "on-its-way-out")
    there = dict(desk.helpdesk.tickets)
    delivery = desk.announce(ticket, EventKind.CHANGED)
    desk.helpdesk.tickets.clear()
    worker.handle(desk.services, delivery)
    assert "runs" in keeps(desk, "4111")
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 2
    # Once it answers as it should, what is still missing was deleted.
    del there[ticket]
    desk.helpdesk.tickets.update(there)
    desk.clock.pass_by(60)
    assert desk.waiting() == [delivery]
    worker.handle(desk.services, delivery)
    assert desk.waiting() == []
    assert keeps(desk, "4111") == []
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1


def test_one_answer_that_a_ticket_is_not_there_drops_nothing(desk: Desk) -> None:
    ticket = answered(desk)
    desk.helpdesk.failing = [NotFound("There is no such ticket")]
    desk.helpdesk.tag(ticket, "read-by-a-replica")
    delivery = desk.announce(ticket, EventKind.CHANGED)
    worker.handle(desk.services, delivery)
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1
    desk.clock.pass_by(60)
    worker.handle(desk.services, delivery)
    assert desk.waiting() == []


def test_a_ticket_that_was_merged_goes_on_elsewhere_and_nothing_of_it_is_dropped(
    desk: Desk,
) -> None:
    ticket = answered(desk)
    desk.helpdesk.tag(ticket, "merged")
    gone = replace(desk.helpdesk.tickets[ticket], status=Status.GONE, merged=True)
    desk.helpdesk.tickets[ticket] = gone
    look(desk, ticket)
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 1


def test_a_run_that_is_put_off_leaves_nothing_of_a_ticket_that_is_gone(desk: Desk) -> None:
    ticket = desk.helpdesk.open(f"{QUESTION} {CARD}", channel="chat")
    look(desk, ticket, EventKind.CREATED)
    run = run_on(desk, ticket)
    found = desk.helpdesk.tickets.pop(ticket)
    assert found
    desk.clock.pass_by(60)
    worker.work(desk.services, run.id)
    assert run_on(desk, ticket).state is RunState.SKIPPED
    assert keeps(desk, "4111") == []


def test_vectors_that_could_not_be_dropped_go_with_the_next_sweep(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = answered(desk)

    def down(*_: object) -> None:
        raise KnowledgeDown("Chroma does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(desk.services.vectors, "delete", down)
        redact(desk, ticket, TOM)
    assert indexed(desk) == 1
    assert keeps(desk, "0170") == []
    sweep.sweep_tickets(desk.services, HELPDESK)
    assert indexed(desk) == 0


def test_an_example_that_is_retired_is_not_indexed_again(desk: Desk) -> None:
    ticket = answered(desk)
    redact(desk, ticket, TOM)
    with desk.services.ledger.write() as connection:
        connection.exec_driver_sql("update examples set indexed = 0")
    assert lessons.not_indexed(desk.services.ledger, HELPDESK) == []


def test_a_reply_that_went_out_by_tag_and_its_draft_are_one_text(desk: Desk) -> None:
    answered(desk, QUESTION)
    ticket = desk.helpdesk.open(QUESTION)
    look(desk, ticket, EventKind.CREATED)
    desk.helpdesk.tag(ticket, SEND_TAG)
    look(desk, ticket)
    assert len(runs.listed(desk.services.ledger, HELPDESK, ticket)) == 2
    desk.helpdesk.tag(ticket, "redacting")
    redact(desk, ticket, BOT)
    assert [run.decision for run in runs.listed(desk.services.ledger, HELPDESK, ticket)] == [
        None,
        None,
    ]


@pytest.fixture
def waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that quotes what an agent wrote elsewhere, planned and not written yet."""
    answered(desk, QUESTION)
    later = desk.helpdesk.open("hello, how do I export all the projects?")

    def fails(*_: object) -> bool:
        raise Unreachable("down")

    with monkeypatch.context() as patch:
        patch.setattr(desk.helpdesk, "written", fails)
        look(desk, later, EventKind.CREATED)
    found = run_on(desk, later)
    assert found.state is RunState.PLANNED
    assert SECRET in str(found.change)
    return found


def the_answer(desk: Desk) -> str:
    return min(desk.helpdesk.tickets, key=int)


def test_who_waits_on_another_ticket_is_answered_by_what_is_left(desk: Desk, waiting: Run) -> None:
    redact(desk, the_answer(desk), TOM)
    assert keeps(desk, "0170") == []
    desk.clock.pass_by(60)
    worker.work(desk.services, waiting.id)
    (note,) = desk.helpdesk.notes(waiting.key.ticket_id)
    assert "Export all projects" in note.text
    assert SECRET not in note.text


def test_what_is_forgotten_in_the_moment_before_it_is_written_is_not_written(
    desk: Desk, waiting: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_the_meantime(*_: object) -> bool:
        monkeypatch.undo()
        redact(desk, the_answer(desk), TOM)
        return False

    monkeypatch.setattr(desk.helpdesk, "written", in_the_meantime)
    desk.clock.pass_by(60)
    worker.work(desk.services, waiting.id)
    assert desk.helpdesk.notes(waiting.key.ticket_id) == []
    worker.work(desk.services, waiting.id)
    (note,) = desk.helpdesk.notes(waiting.key.ticket_id)
    assert SECRET not in note.text


def test_a_run_that_was_being_written_meanwhile_lets_go_when_it_is_over(
    desk: Desk, waiting: Run
) -> None:
    def lost() -> None:
        desk.helpdesk.before_write = lambda: None
        raise Unreachable("No answer in time")

    desk.helpdesk.before_write = lost
    desk.clock.pass_by(60)
    worker.work(desk.services, waiting.id)
    redact(desk, the_answer(desk), TOM)
    assert keeps(desk, "0170") == ["runs"]
    desk.clock.pass_by(60)
    worker.work(desk.services, waiting.id)
    assert run_on(desk, waiting.key.ticket_id).state is RunState.APPLIED
    assert keeps(desk, "0170") == []


def test_no_fault_quotes_what_was_forgotten(desk: Desk) -> None:
    ticket = answered(desk, QUESTION)
    run = run_on(desk, ticket)
    with desk.services.ledger.write() as connection:
        unread = Announcement(
            "odd", ticket, EventKind.CHANGED, quarantined=True, error=f"is no number: {CARD}"
        )
        record(connection, HELPDESK, [unread], desk.clock())
        connection.exec_driver_sql(
            "insert into runs (id, helpdesk, ticket_id, message_id, trigger, state, due_at, "
            "created_at, updated_at, attempts, error) select 'f', helpdesk, ticket_id, 'm', "
            "trigger, 'failed', 0, 0, 0, 1, ? from runs where id = ?",
            (f"is no number: {CARD}", run.id),
        )
    redact(desk, ticket, MAYA)
    assert keeps(desk, "4111") == []


def test_what_was_forgotten_is_not_left_in_the_ledgers_file(desk: Desk) -> None:
    ticket = answered(desk)
    redact(desk, ticket, TOM)
    redact(desk, ticket, MAYA)
    path = desk.services.settings.data_dir / "ledger.db"
    with desk.services.ledger.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    held = path.read_bytes()
    assert ticket.encode() in held
    assert b"4111" not in held
    assert b"0170" not in held
