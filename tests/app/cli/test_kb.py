"""What ``kb sync``, ``status``, ``rebuild`` and ``show`` tell."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app import worker
from app.cli import kb, kb_show, kb_status, kb_sync
from app.ledger import runs
from connectors.articles import Article, ArticleKind, Visibility
from connectors.errors import Unreachable
from connectors.types import Feature, Page
from tests.app.cli.conftest import Understudy
from tests.app.fakes import HELPDESK, Desk, FakeHelpdesk

QUESTION = "How do I export all projects?"


@pytest.fixture
def beside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk that commands find as if its supervisor were running."""
    desk.services.settings = desk.services.settings.model_copy(
        update={"chroma_url": "http://127.0.0.1:1"}
    )
    for module in (kb, kb_sync, kb_status, kb_show):
        monkeypatch.setattr(module, "services_for", lambda _, **__: desk.services)
    return desk


def breaking(desk: Desk) -> None:
    """The help centre stops in the middle of its listing."""

    def articles(_: object) -> object:
        yield Page(desk.helpdesk.help_centre[:1], "next")
        raise Unreachable("Zendesk cannot be reached")

    desk.helpdesk.articles = articles  # type: ignore[method-assign, assignment]


def test_a_sync_tells_what_changed_source_by_source(understudy: Understudy, beside: Desk) -> None:
    first, second = beside.helpdesk.help_centre
    beside.helpdesk.help_centre = (replace(first, html="<p>Press Export twice.</p>"),)
    assert understudy("kb", "sync").stdout.splitlines() == [
        "zendesk: 1 passages searchable",
        "  articles: 0 added, 1 changed, 1 removed, 0 unchanged",
    ]
    assert second.title not in understudy("kb", "search", "invite a teammate").stdout
    counts = json.loads(understudy("kb", "sync", "--json").stdout)
    assert (counts["helpdesk"], counts["unchanged"], counts["changed"]) == ("zendesk", 1, 0)
    assert counts["sources"]["articles"]["error"] is None


def test_a_help_centre_that_is_down_is_named_and_keeps_no_other_from_its_turn(
    understudy: Understudy, beside: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = {"helpdesks": ("zendesk-eu", "zendesk")}
    beside.services.settings = beside.services.settings.model_copy(update=two)

    def connector(helpdesk: str) -> FakeHelpdesk:
        if helpdesk == "zendesk-eu":
            raise Unreachable("Zendesk cannot be reached")
        return beside.helpdesk

    monkeypatch.setattr(beside.services, "connector", connector)
    result = understudy("kb", "sync")
    assert result.exit_code == 1
    assert "Error: zendesk-eu: Zendesk cannot be reached" in result.stderr
    assert result.stdout.splitlines()[0] == "zendesk: 2 passages searchable"


def test_saved_replies_are_knowledge_unless_they_are_turned_off(
    understudy: Understudy, beside: Desk
) -> None:
    refund = Article("1", "Refunds", "<p>A refund takes five days.</p>", kind=ArticleKind.CANNED)
    ours = Article("2", "Note", "<p>Ask Tom first.</p>", visibility=Visibility.INTERNAL)
    beside.helpdesk.saved_replies = (refund, replace(ours, kind=ArticleKind.CANNED))
    beside.helpdesk.supports |= {Feature.CANNED}
    assert "  canned: 2 added" in understudy("kb", "sync").stdout
    found = json.loads(understudy("kb", "search", "refund days", "--json").stdout)["articles"][0]
    assert found["text"] in understudy("kb", "show", found["passage_id"]).stdout
    assert (found["id"], found["source"]) == ("canned:1", "canned")
    assert "Tom" not in understudy("kb", "search", "Ask Tom first").stdout
    inside = understudy("kb", "search", "Ask Tom first", "--internal").stdout
    assert ("Ask Tom first." in inside, "Refunds" in inside) == (True, False)
    off = {"kb_canned": "off"}
    beside.services.settings = beside.services.settings.model_copy(update=off)
    assert "canned" not in understudy("kb", "sync").stdout
    assert "Refunds" not in understudy("kb", "search", "refund days").stdout
    (status,) = map(json.loads, understudy("kb", "status", "--json").stdout.splitlines())
    assert [each["source"] for each in status["sources"]] == ["articles"]


def test_status_says_how_old_what_there_is_and_how_changes_are_told(
    understudy: Understudy, beside: Desk
) -> None:
    understudy("kb", "sync")
    beside.clock.pass_by(90)
    assert understudy("kb", "status").stdout.splitlines() == [
        "zendesk: 2 articles, 2 passages; generation 1",
        "  articles: known as it was 1 minute ago",
        "    2 articles, 2 passages; told by webhook",
    ]
    assert understudy("kb", "status").exit_code == 0


def test_a_source_that_failed_is_1_and_says_what_is_still_there(
    understudy: Understudy, beside: Desk
) -> None:
    breaking(beside)
    result = understudy("kb", "sync")
    assert result.exit_code == 1
    assert result.stderr == "Error: zendesk: articles: Zendesk cannot be reached\n"
    status = understudy("kb", "status")
    assert status.exit_code == 1
    assert "articles: FAILED 0 seconds ago: Zendesk cannot be reached" in status.stdout
    assert "cannot be reached. What it had before is still found" in status.stdout
    assert "Invite a teammate" in understudy("kb", "search", "invite a teammate").stdout


def test_findings_say_which_page_and_what_to_do(understudy: Understudy, beside: Desk) -> None:
    beside.helpdesk.help_centre += (Article("9", "", "<p><img src='x.png'></p>"),)
    assert "1 to look at (understudy kb status)" in understudy("kb", "sync").stdout
    said = understudy("kb", "status").stdout
    assert "    articles 9: Has neither a title nor a text that can be read" in said
    beside.helpdesk.help_centre = beside.helpdesk.help_centre[:2]
    understudy("kb", "sync")
    assert "To look at" not in understudy("kb", "status").stdout


def test_before_the_first_sync_status_says_what_to_do(understudy: Understudy, beside: Desk) -> None:
    two = {"helpdesks": ("zendesk-eu",)}
    beside.services.settings = beside.services.settings.model_copy(update=two)
    said = understudy("kb", "status").stdout
    assert said == "zendesk-eu: nothing is searchable yet; run understudy kb sync\n"


def test_a_rebuild_embeds_all_anew_and_finds_the_same(understudy: Understudy, beside: Desk) -> None:
    before = understudy("kb", "search", QUESTION, "--json").stdout
    assert "2 passages searchable" in understudy("kb", "rebuild").stdout
    assert understudy("kb", "search", QUESTION, "--json").stdout == before
    (status,) = map(json.loads, understudy("kb", "status", "--json").stdout.splitlines())
    assert status["generation"] == 2


def test_what_a_run_cited_is_shown_as_it_was(understudy: Understudy, beside: Desk) -> None:
    ticket = beside.helpdesk.open(QUESTION)
    worker.handle(beside.services, beside.announce(ticket))
    (run,) = runs.listed(beside.services.ledger, HELPDESK, ticket)
    first, second = beside.helpdesk.help_centre
    edited = replace(first, html="<p>Exports are gone.</p>", updated_at=datetime.now(UTC))
    beside.helpdesk.help_centre = (edited, second)
    understudy("kb", "sync")
    said = understudy("kb", "show", run.id).stdout
    assert "The export of all projects arrives by mail within an hour." in said
    assert "Exports are gone" not in said
    assert ", until 20" in said
    (shown, *_) = map(json.loads, understudy("kb", "show", run.id, "--json").stdout.splitlines())
    assert (shown["article_id"], shown["live"]) == (first.id, False)
    again = json.loads(understudy("kb", "show", shown["passage_id"], "--json").stdout)
    assert again == shown
    nothing = understudy("kb", "show", "nosuch")
    assert nothing.exit_code == 1
    assert "There is no passage and no run nosuch" in nothing.stderr
