"""One Chromium for all browser tests, and a sandbox alone for those that need no bot."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from connectors.sandbox.app import Sandbox, build, facade_of
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Origin, Ticket
from connectors.sandbox.text import html_of_text

# What the README shows is taken from a run, where it is asked for.
PICTURES = os.environ.get("UNDERSTUDY_PICTURES", "")
DESKTOP = ViewportSize(width=1280, height=800)
TABLET = ViewportSize(width=820, height=1000)
PHONE = ViewportSize(width=375, height=740)
PATIENCE_MS = 8_000
CHROMIUM_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-lcd-text",  # grey letters make smaller pictures
]
DRAFT = (
    '<p><strong>Draft reply</strong> · well supported</p><div class="understudy-draft">'
    "<p>Hi Maya,</p><p>You can export all of it:</p>"
    "<ol><li>Open <strong>Settings → Data</strong></li><li>Choose <strong>Export</strong></li></ol>"
    "</div><hr><p><strong>From</strong> Exporting your data (updated 3 weeks ago)</p>"
)
HANDOFF = (
    "<p><strong>For a person</strong> · high priority</p>"
    "<p><strong>Wants</strong> to cancel<br><strong>Next</strong> call them today</p>"
)


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep silent."""


@dataclass(frozen=True)
class Helpline:
    """A sandbox alone, and what happens on it while somebody looks at its page."""

    url: str
    desk: Helpdesk

    def writes_in(self, subject: str, name: str = "Maya Lindqvist", **extra: Any) -> Ticket:
        company = self.desk.organization("Nordlicht", "business", ["vip"], "2023-04-01")
        email = f"{name.partition(' ')[0].lower()}@example.com"
        person = self.desk.person("customer", name, email, company.id)
        text = html_of_text("Hello,\n\nhow do I get everything out of it?")
        return self.desk.open_ticket(subject, person, text, Origin("web"), **extra)

    def customer_says(self, number: int, text: str) -> None:
        ticket = self.ticket(number)
        self.desk.say(number, self.desk.people()[ticket.requester_id], html_of_text(text))

    def bot_notes(self, number: int, html: str, fields: Mapping[str, Any] | None = None) -> None:
        self.desk.say(number, self.desk.bot, html, public=False, fields=fields)

    def ticket(self, number: int) -> Ticket:
        found = self.desk.ticket(number)
        assert found is not None
        return found


def at(line: Helpline, number: int, query: str = "") -> str:
    """Address of a ticket's page."""
    return f"{line.url}/inbox/tickets/{number}{query}"


def served(sandbox: Sandbox) -> Iterator[Helpline]:
    """Serve a sandbox from a thread of this process."""
    server = make_server("127.0.0.1", 0, sandbox.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Helpline(f"http://127.0.0.1:{server.port}", sandbox.desk)
    server.shutdown()
    thread.join(5)
    server.server_close()
    sandbox.close()


@pytest.fixture
def helpline(tmp_path: Path) -> Iterator[Helpline]:
    """Three tickets: 1 with a draft, 2 for a person and urgent, 3 untouched."""
    for line in served(build("zendesk", facade_of("zendesk", {}), tmp_path, "")):
        line.writes_in("Export everything", tags=["export"])
        line.bot_notes(1, DRAFT)
        line.writes_in("Please cancel", "Li Wei", page_url="https://app.example.com/plan")
        line.bot_notes(2, HANDOFF, {"priority": "urgent", "tags": ("understudy_handoff",)})
        line.writes_in("Where is my invoice?", "Noor Haddad")
        yield line


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_QUIET)
        yield browser
        browser.close()


PageMaker = Callable[..., Page]


@pytest.fixture
def make_page(browser: Browser) -> Iterator[PageMaker]:
    """Makes pages of browsers that remember nothing; an error of the script fails the test."""
    errors: list[str] = []
    contexts = []

    def make(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(make_page: PageMaker) -> Page:
    return make_page()


def picture(page: Page, name: str) -> None:
    """Take a picture for the README, where it is asked for."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")
