"""A person plays the agent in a real browser: use a draft, edit it, send; the next one profits."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from app.demo import company
from app.demo.company import DemoTicket
from app.demo.play import Play
from app.demo.stage import Stage, set_stage
from app.processes import free_port
from app.supervisor import Supervisor
from app.sweep import sync_knowledge

pytestmark = pytest.mark.browser

# What the README shows is taken from this run, where it is asked for.
PICTURES = os.environ.get("UNDERSTUDY_PICTURES", "")
PATIENCE_MS = 30_000
CHROMIUM_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    supervisor = Supervisor()
    folder = tmp_path_factory.mktemp("browser")
    with set_stage(supervisor, "zendesk", folder, free_port(), keep=False) as stage:
        stage.desk.set_articles(company.load_articles())
        sync_knowledge(stage.services, stage.helpdesk)
        stage.open_doors()
        yield stage


@pytest.fixture(scope="module")
def play(stage: Stage) -> Play:
    """The tickets of the lesson and some others, each dealt with by the bot."""
    wanted = {"t-01", "t-02", "t-04", "t-10", "t-12"}
    cast = [ticket for ticket in company.load_tickets() if ticket.id in wanted]
    play = Play(stage.services, stage.desk, stage.helpdesk, lambda *_: None)
    play.open(cast)
    play.wait_for_answers()
    return play


@pytest.fixture(scope="module")
def opened(play: Play) -> dict[str, str]:
    return play.opened


@pytest.fixture(scope="module")
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_QUIET)
        page = browser.new_page(viewport={"width": 1200, "height": 760}, device_scale_factor=1)
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


def ticket_of(wanted: str) -> DemoTicket:
    return next(ticket for ticket in company.load_tickets() if ticket.id == wanted)


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def test_a_draft_is_used_edited_and_sent_and_answers_the_next_customer(
    stage: Stage, play: Play, page: Page
) -> None:
    opened = play.opened
    asked, again = ticket_of("t-04"), ticket_of("t-19")
    assert asked.answer is not None
    assert again.expect is not None
    fact = again.expect.says

    page.goto(f"{stage.desk.url}/tickets/{opened['t-04']}")
    note = page.locator("article.is-draft")
    expect(note).to_contain_text("Draft reply")
    expect(note).not_to_contain_text(fact)
    picture(page, "draft")

    page.get_by_role("button", name="Use draft").click()
    message = page.get_by_label("Message")
    expect(message).to_have_value(re.compile("^Hi Marta"))
    message.fill(asked.answer.text)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thread")).to_contain_text(fact)

    play.wait_for_lessons(1, 0)
    _write_in(page, stage.desk.url, again)
    learned = page.locator("article.is-draft")
    expect(learned).to_contain_text(fact, timeout=PATIENCE_MS)
    expect(learned).to_contain_text(f"on #{opened['t-04']}")


def test_a_handoff_stands_apart_and_says_why(
    stage: Stage, opened: dict[str, str], page: Page
) -> None:
    page.goto(f"{stage.desk.url}/tickets/{opened['t-12']}")
    note = page.locator("article.is-handoff")
    expect(note).to_contain_text("For a person")
    expect(note).to_contain_text("VIP")
    expect(note.locator(".note-label")).to_have_text("Internal note")
    picture(page, "handoff")


def test_the_inbox_fits_a_phone(stage: Stage, opened: dict[str, str], page: Page) -> None:
    before = page.viewport_size
    page.set_viewport_size({"width": 375, "height": 740})
    page.goto(f"{stage.desk.url}/tickets/{opened['t-01']}")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375
    assert before is not None
    page.set_viewport_size(before)


def _write_in(page: Page, url: str, ticket: DemoTicket) -> None:
    page.goto(f"{url}/new")
    page.get_by_label("Name", exact=True).fill(ticket.requester.name)
    page.get_by_label("E-mail").fill(ticket.requester.email)
    page.get_by_label("Subject").fill(ticket.subject)
    page.get_by_label("Message").fill(ticket.text)
    page.get_by_role("button", name="Send to support").click()
