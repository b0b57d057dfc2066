"""A person plays the agent beside the bot: use a draft, edit it, send; the next one profits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.demo import company
from app.demo.company import DemoTicket
from app.demo.play import Play
from app.demo.stage import Stage, set_stage
from app.processes import free_port
from app.supervisor import Supervisor
from app.sweep import sync_knowledge
from tests.browser.conftest import PHONE, picture

pytestmark = pytest.mark.browser

HELPDESK = "zendesk"
PATIENCE_MS = 30_000
OF_A_PICTURE = ViewportSize(width=1140, height=640)
ARTICLES = 20  # of the help centre: what the cast asks for is among them


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("browser")
    with set_stage(Supervisor(), {HELPDESK: free_port()}, folder, keep=False) as stage:
        yield stage


@pytest.fixture(scope="module")
def play(stage: Stage) -> Play:
    """The tickets of the lesson and some others, each dealt with by the bot."""
    wanted = {"t-01", "t-02", "t-04", "t-10", "t-12"}
    cast = [ticket for ticket in company.load_tickets() if ticket.id in wanted]
    desk = stage.desks[HELPDESK]
    articles = desk.set_articles(company.load_articles()[:ARTICLES])
    sync_knowledge(stage.services, HELPDESK)
    stage.open_doors()
    play = Play(stage.services, desk, HELPDESK, articles, lambda *_: None)
    play.open(cast)
    play.wait_for_answers()
    return play


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=OF_A_PICTURE)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


def ticket_of(wanted: str) -> DemoTicket:
    return next(ticket for ticket in company.load_tickets() if ticket.id == wanted)


def test_a_draft_is_used_edited_and_sent_and_answers_the_next_customer(
    play: Play, page: Page
) -> None:
    asked, again = ticket_of("t-04"), ticket_of("t-19")
    assert asked.answer is not None
    assert again.expect is not None
    fact = again.expect.says

    page.goto(play.desk.url)
    picture(page, "inbox")
    page.get_by_role("link", name=asked.subject).click()
    note = page.locator("article.is-draft")
    expect(note).to_contain_text("Draft reply")
    expect(note).not_to_contain_text(fact)
    picture(page, "draft")

    page.get_by_role("button", name="Use draft").click()
    message = page.get_by_label("Message", exact=True)
    expect(message).to_have_text(re.compile("^Hi Marta"))
    message.fill(asked.answer.text)
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#thread")).to_contain_text(fact)

    play.wait_for_lessons(1, 0)
    _write_in(page, again)
    learned = page.locator("article.is-draft")
    expect(learned).to_contain_text(fact, timeout=PATIENCE_MS)
    expect(learned).to_contain_text(f"on #{play.opened['t-04']}")


def test_a_handoff_stands_apart_and_says_why(play: Play, page: Page, browser: Browser) -> None:
    address = f"{play.desk.url}/inbox/tickets/{play.opened['t-12']}"
    page.goto(address)
    note = page.locator("article.is-handoff")
    expect(note).to_contain_text("For a person")
    expect(note).to_contain_text("VIP")
    expect(note.locator(".note-label")).to_have_text("Internal note")
    picture(page, "handoff")
    page.emulate_media(color_scheme="dark")
    picture(page, "dark")
    page.emulate_media(color_scheme="light")
    phone = browser.new_context(viewport=PHONE)
    small = phone.new_page()
    small.goto(f"{play.desk.url}/inbox/tickets/{play.opened['t-01']}")
    expect(small.locator("article.is-draft")).to_be_visible()
    picture(small, "phone")
    phone.close()


def _write_in(page: Page, ticket: DemoTicket) -> None:
    page.get_by_role("link", name="New ticket").click()
    page.get_by_label("Name", exact=True).fill(ticket.requester.name)
    page.get_by_label("E-mail").fill(ticket.requester.email)
    page.get_by_label("Subject").fill(ticket.subject)
    page.get_by_label("Message").fill(ticket.text)
    page.get_by_role("button", name="Send to support").click()
