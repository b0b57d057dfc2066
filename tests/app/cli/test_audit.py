"""``kb audit`` as an admin calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import worker
from app.audit.records import AuditFinding, Kind, Quote
from app.audit.report import Report
from app.cli import audit
from app.ledger.runs import listed
from tests.app.cli.conftest import Understudy
from tests.app.fakes import Desk


@pytest.fixture
def beside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk that the command finds as its own."""
    monkeypatch.setattr(audit, "services_for", lambda _: desk.services)
    return desk


def test_a_sound_help_centre_is_said_to_be_one(understudy: Understudy, beside: Desk) -> None:
    result = understudy("kb", "audit")
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "zendesk: 2 pages, no tickets yet: harm is not known. Found: nothing.\n"
    )


def test_what_is_found_comes_as_json_and_as_a_page(
    understudy: Understudy, beside: Desk, tmp_path: Path
) -> None:
    # Asked twice, and nothing in the help centre is about it.
    for _ in range(2):
        ticket = beside.helpdesk.open("Do you deliver pelican feathers?")
        worker.handle(beside.services, beside.announce(ticket))
        beside.clock.pass_by(60.0)
        for run in listed(beside.services.ledger, ticket_id=ticket):
            worker.work(beside.services, run.id)
    page = tmp_path / "audit.html"
    result = understudy("kb", "audit", "--json", "--html", str(page))
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["pages"] == 2
    assert told["counts"] == {"gap": 1}
    (gap,) = told["findings"]
    assert gap["harm_per_month"] == 2.0
    assert gap["says"] == "No page answers: “Do you deliver pelican feathers?”"
    assert "Do you deliver pelican feathers?" in page.read_text(encoding="utf-8")


def test_what_customers_and_articles_say_cannot_steer_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hostile = "Red \x1b[31m\x9b2J\r\n\u202egnp.exe\x07"
    quote = Quote("a", hostile, f"{hostile} 30 days", ((len(hostile) + 1, len(hostile) + 8),))
    finding = AuditFinding(Kind.GAP, ("a",), hostile, (quote,), hostile)
    audit._show(Report("zendesk", 0.0, 1, 1, 1.0, (finding,)))
    told = capsys.readouterr().out
    assert "[30 days]" in told
    assert [each for each in told.replace("\n", "") if not each.isprintable()] == []
    assert len(told.splitlines()) == 6


def test_a_page_that_cannot_be_written_is_one_sentence(
    understudy: Understudy, beside: Desk, tmp_path: Path
) -> None:
    result = understudy("kb", "audit", "--html", str(tmp_path / "nowhere" / "audit.html"))
    assert result.exit_code == 1
    assert "cannot be written: No such file or directory." in result.stderr
