"""What an audit reads of the ledger, written there by the real worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import worker
from app.audit.records import Kind
from app.audit.take import NothingToAudit, take
from app.domain import Outcome, SignalKind
from app.ledger.audit import asked_since, live_pages
from app.ledger.runs import listed
from tests.app.fakes import HELPDESK, TOM, Desk

QUIET = 8.0


def look(desk: Desk, ticket: str) -> None:
    worker.handle(desk.services, desk.announce(ticket))
    desk.clock.pass_by(2 * QUIET)
    for run in listed(desk.services.ledger, HELPDESK, ticket):
        worker.work(desk.services, run.id)


def test_live_pages_have_their_text_and_address(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    export, invite = live_pages(desk.services.ledger, HELPDESK)
    assert (export.id, export.title, export.url) == (
        *("kb-1", "Export all projects", "https://help.example/export"),
    )
    assert "**Settings**" in export.text
    assert not invite.internal


def test_a_ticket_is_told_with_its_page_and_what_the_agent_sent_instead(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    ticket = desk.helpdesk.open("How can I export all projects?")
    look(desk, ticket)
    desk.helpdesk.say(ticket, TOM, "Sorry, that was moved: ask your admin for the archive file.")
    worker.handle(desk.services, desk.announce(ticket))
    (asked,) = asked_since(desk.services.ledger, HELPDESK, 0.0)
    assert asked.outcome is Outcome.DRAFT
    assert asked.rests_on == ("kb-1",)
    assert asked.signals == {SignalKind.REWRITTEN}
    assert asked.corrected
    assert asked.reply.startswith("Sorry, that was moved")


def test_what_was_asked_before_the_window_does_not_count(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    look(desk, desk.helpdesk.open("How can I export all projects?"))
    desk.clock.pass_by(100 * 86_400.0)
    report = take(desk.services, HELPDESK, lambda *_: None)
    assert report.tickets == 0
    assert all(one.harm_per_month is None for one in report.findings)


def test_a_month_is_counted_from_as_much_time_as_the_ledger_knows(tmp_path: Path) -> None:
    desk, day = Desk.at(tmp_path), 86_400.0
    told = []
    # After a day, after a month and a half, and when the first two are older than 90 days.
    for days in (1, 44, 75):
        look(desk, desk.helpdesk.open("How can I export all projects?"))
        desk.clock.pass_by(days * day)
        report = take(desk.services, HELPDESK, lambda *_: None)
        told.append((round(report.months, 2), report.tickets))
    assert told == [(1.0, 1), (1.5, 2), (3.0, 1)]


def test_nothing_synced_is_said_with_what_to_do(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    with pytest.raises(NothingToAudit, match="kb sync"):
        take(desk.services, "another", lambda *_: None)


def test_an_audit_changes_nothing(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    look(desk, desk.helpdesk.open("How can I export all projects?"))
    before = (len(listed(desk.services.ledger)), len(desk.helpdesk.writes), desk.helpdesk.reads)
    report = take(desk.services, HELPDESK, lambda *_: None)
    after = (len(listed(desk.services.ledger)), len(desk.helpdesk.writes), desk.helpdesk.reads)
    assert before == after
    assert report.pages == 2
    assert Kind.EMPTY not in report.counts()
