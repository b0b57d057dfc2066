"""What tests of ``understudy_send`` share: a draft, an agent who asks, and what came of it."""

from __future__ import annotations

from app import worker
from app.domain import Trigger
from app.ledger import runs
from app.ledger.runs import Run
from app.pipeline.render import SEND_TAG
from connectors.text import text_of_html
from connectors.types import EventKind, Message
from tests.app.fakes import HELPDESK, MAYA, Desk

QUESTION = "How do I export all projects?"
VAGUE = "It doesn't work"
ANGRY = "I want my money back, please refund the last invoice!"
FOREIGN = "Which wine goes with fish, in your opinion?"


def look(desk: Desk, ticket: str, kind: EventKind = EventKind.CHANGED) -> None:
    """A webhook comes in, and everything that is due then is done."""
    worker.handle(desk.services, desk.announce(ticket, kind))
    settle(desk)


def settle(desk: Desk) -> None:
    for _ in range(5):
        for run_id in runs.unfinished(desk.services.ledger, desk.clock()):
            worker.work(desk.services, run_id)


def drafted(desk: Desk, question: str = QUESTION) -> str:
    ticket = desk.helpdesk.open(question)
    look(desk, ticket, EventKind.CREATED)
    desk.clock.pass_by(30)
    return ticket


def tagged(desk: Desk, question: str = QUESTION) -> str:
    ticket = drafted(desk, question)
    desk.helpdesk.tag(ticket, SEND_TAG)
    return ticket


def run_of(desk: Desk, ticket: str, trigger: Trigger) -> Run:
    (run,) = asked(desk, ticket, trigger)
    return run


def asked(desk: Desk, ticket: str, trigger: Trigger = Trigger.SEND) -> list[Run]:
    found = runs.listed(desk.services.ledger, HELPDESK, ticket)
    return [run for run in found if run.key.trigger is trigger]


def replies(desk: Desk, ticket: str) -> list[Message]:
    """What went out to the customer from us."""
    said = desk.helpdesk.tickets[ticket].messages
    return [message for message in said if message.public and message.mark]


def refusals(desk: Desk, ticket: str) -> list[str]:
    return [
        text_of_html(note.text)
        for note in desk.helpdesk.notes(ticket)
        if "<strong>Not sent</strong>" in note.text
    ]


def offered(desk: Desk, ticket: str) -> str:
    """The reply as the draft's note shows it."""
    note = next(
        note.text for note in desk.helpdesk.notes(ticket) if "understudy-draft" in note.text
    )
    return note.split('<div class="understudy-draft">\n')[1].split("\n</div>")[0]


def customer_writes(desk: Desk, ticket: str) -> None:
    desk.helpdesk.say(ticket, MAYA, "Sorry, I meant: how do I invite a teammate?")
