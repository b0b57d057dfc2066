"""Commands that look: what they find and show, and that they write nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.cli import kb, try_
from app.domain import Mode
from app.ledger.tables import metadata
from connectors.types import Account, Attachment
from tests.app.cli.conftest import Understudy
from tests.app.fakes import TOM, Desk

QUESTION = "How do I export all projects?"


@pytest.fixture
def beside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk that commands find as if its supervisor were running."""
    desk.services.settings = desk.services.settings.model_copy(
        update={"chroma_url": "http://127.0.0.1:1"}
    )
    for module in (try_, kb):
        monkeypatch.setattr(module, "services_for", lambda _: desk.services)
    return desk


def everything(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """All that the ledger holds."""
    with desk.services.ledger.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def test_trying_a_question_shows_the_answer_and_writes_nothing(
    understudy: Understudy, beside: Desk
) -> None:
    before = everything(beside)
    result = understudy("try", QUESTION)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Would: draft\n")
    assert "https://help.example/export" in result.stdout
    assert everything(beside) == before
    assert beside.helpdesk.writes == []


def test_trying_a_ticket_reads_it_and_writes_nothing(understudy: Understudy, beside: Desk) -> None:
    ticket = beside.helpdesk.open(QUESTION)
    before = everything(beside)
    result = understudy("try", "--ticket", ticket, "--json")
    plan = json.loads(result.stdout)
    assert plan["outcome"] == "draft"
    assert plan["change"]["note"]
    assert everything(beside) == before
    assert beside.helpdesk.writes == []


def test_a_ticket_that_waits_for_nobody_is_1(understudy: Understudy, beside: Desk) -> None:
    ticket = beside.helpdesk.open(QUESTION)
    beside.helpdesk.say(ticket, TOM, "Open Settings.")
    result = understudy("try", "--ticket", ticket)
    assert result.exit_code == 1
    assert "Nobody waits for an answer on this ticket" in result.stderr


def test_a_ticket_that_is_not_there_is_1(understudy: Understudy, beside: Desk) -> None:
    result = understudy("try", "--ticket", "999")
    said = "Error: zendesk shows the bot no ticket 999; give its id, as in its address\n"
    assert (result.exit_code, result.stderr) == (1, said)


@pytest.mark.parametrize("args", [["try", "  "], ["kb", "search", " "]])
def test_an_empty_question_is_2(understudy: Understudy, beside: Desk, args: list[str]) -> None:
    result = understudy(*args)
    assert result.exit_code == 2
    assert "QUESTION: is empty" in result.stderr
    assert ".env.example" not in result.stderr  # no setting is wrong


def test_trying_tells_what_a_person_gets(understudy: Understudy, beside: Desk) -> None:
    said = understudy("try", f"I want a refund. {QUESTION}").stdout
    assert said.startswith("Would: handoff\n")
    assert "\nWants I want a refund." in said
    assert "\nNext " in said


def test_trying_without_knowledge_says_how_to_get_it(
    understudy: Understudy, beside: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.look.gather", lambda *_, **__: ([], []))
    assert "understudy kb sync" in understudy("try", QUESTION).stdout


@pytest.mark.parametrize("args", [["try", QUESTION], ["kb", "search", QUESTION]])
def test_of_several_helpdesks_one_must_be_named(
    understudy: Understudy, beside: Desk, args: list[str]
) -> None:
    two = {"helpdesks": ("zendesk", "zendesk-eu")}
    beside.services.settings = beside.services.settings.model_copy(update=two)
    result = understudy(*args)
    assert result.exit_code == 2
    assert result.stderr.startswith("These arguments are wrong; nothing was started:\n")
    assert "--helpdesk: say which one of zendesk, zendesk-eu" in result.stderr
    assert understudy(*args, "--helpdesk", "zendesk").exit_code == 0
    unknown = understudy(*args, "--helpdesk", "intercom")
    assert unknown.exit_code == 2
    assert "--helpdesk: 'intercom' is not in HELPDESKS (zendesk, zendesk-eu)" in unknown.stderr


def test_the_knowledge_is_searched_best_first(understudy: Understudy, beside: Desk) -> None:
    result = understudy("kb", "search", "how to invite a teammate", "--json")
    found = json.loads(result.stdout)
    assert found["learned"] == []
    best = found["articles"][0]
    assert (best["title"], best["source"]) == ("Invite a teammate", "article")
    plain = understudy("kb", "search", "how to invite a teammate", "--limit", "1").stdout
    assert "Invite a teammate" in plain
    assert "Export" not in plain


def test_trying_a_ticket_tells_what_its_files_say(understudy: Understudy, beside: Desk) -> None:
    ticket = beside.helpdesk.open(QUESTION)
    found = beside.helpdesk.tickets[ticket]
    url = "https://files.example/x?token=1"
    sent = replace(found.messages[0], attachments=(Attachment("error.log", url=url),))
    beside.helpdesk.tickets[ticket] = replace(found, messages=(sent,))
    beside.helpdesk.files["error.log"] = "started\nERROR quota exceeded\n"
    said = understudy("try", "--ticket", ticket).stdout
    assert "\nRead in error.log: ERROR quota exceeded\n" in said
    assert "token=1" not in said


def test_trying_keeps_a_reply_back_where_the_worker_would(
    understudy: Understudy, beside: Desk
) -> None:
    settings = beside.services.settings.model_copy(update={"answer_mode": Mode.SEND})
    beside.services.settings = settings
    beside.helpdesk.doubts = {"whatsapp": "Such messages are stored and not sent.", "web": "No."}
    ticket = beside.helpdesk.open(QUESTION, channel="whatsapp")
    said = understudy("try", "--ticket", ticket).stdout
    assert said.startswith("Would: draft\n")
    assert "because not sent: Such messages are stored and not sent." in said
    # What is merely asked came by no channel.
    assert understudy("try", QUESTION).stdout.startswith("Would: reply\n")


def test_trying_a_ticket_tells_what_is_known_of_who_asks(
    understudy: Understudy, beside: Desk
) -> None:
    ticket = beside.helpdesk.open(QUESTION)
    found = beside.helpdesk.tickets[ticket]
    account = Account("1", "Clay & Co", plan="Studio")
    page = "https://app.acme.example/settings/data"
    beside.helpdesk.tickets[ticket] = replace(found, account=account, page_url=page)
    said = understudy("try", "--ticket", ticket).stdout
    assert f"Asked on the page {page}; on the plan studio" in said
