"""Logs never hold what customers wrote, whatever level somebody asks for."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import responses
import structlog
from zenpy.lib.api_objects import Comment, Ticket

from app.logs import TALKATIVE, set_up_logs
from connectors.http import HelpdeskSession
from connectors.zendesk.client import build_zenpy

BASE = "https://acme.zendesk.com"
TEXT = "My card number is on the invoice"


class Recorder(logging.Handler):
    """Keeps every line, as a handler that somebody else installed would."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Listen to everything, and leave logging as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in TALKATIVE}
    structured = structlog.get_config()
    root.handlers = []
    recorder = Recorder()
    set_up_logs("debug", "json")
    root.addHandler(recorder)
    root.setLevel(logging.DEBUG)
    yield recorder
    root.handlers = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.configure(**structured)


def write_a_note() -> None:
    """Write through zenpy, which logs both what it sends and what comes back."""
    with responses.RequestsMock() as mock:
        mock.put(
            f"{BASE}/api/v2/tickets/1.json",
            json={"ticket": {"id": 1, "description": TEXT}, "audit": {"id": 2, "events": []}},
        )
        zenpy = build_zenpy(BASE, HelpdeskSession(BASE, None, vendor="Zendesk"))
        zenpy.tickets.update(Ticket(id=1, comment=Comment(body=TEXT, public=False)))


def test_what_customers_wrote_is_not_logged_by_libraries(recorder: Recorder) -> None:
    write_a_note()
    logging.getLogger("urllib3.connectionpool").debug("GET /users/search?query=maya@studio.example")
    assert recorder.lines == []


def test_it_would_be_without_us(recorder: Recorder) -> None:
    """So that the test above does not pass because zenpy changed its ways."""
    logging.getLogger("zenpy").setLevel(logging.NOTSET)
    write_a_note()
    assert any(TEXT in line for line in recorder.lines)


def test_their_warnings_are_still_heard(recorder: Recorder) -> None:
    logging.getLogger("urllib3.connectionpool").warning("Connection pool is full")
    assert recorder.lines == ["urllib3.connectionpool: Connection pool is full"]
