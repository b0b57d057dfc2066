"""What happens to a ticket beside the talk: the customer rates it, somebody has words taken out."""

from __future__ import annotations

import re
from dataclasses import replace

from connectors.sandbox.edits import Edit, Edited, NewMessage, amended
from connectors.sandbox.helpdesk import Helpdesk, Problem
from connectors.sandbox.records import Audit, Happening, Origin, Person, Ticket
from connectors.sandbox.text import html_of_text

BLOCK = "\u2587"  # what Zendesk puts for each character that was taken out


def rate(desk: Helpdesk, number: int, score: float, comment: str = "") -> Edited:
    """The requester answers the survey; ``score`` goes from 0 (worst) to 1 (best)."""
    ticket = _there(desk, number)
    requester = desk.people()[ticket.requester_id]
    said = NewMessage(
        requester.id, True, html_of_text(comment), comment, kind="feedback", score=score
    )
    return desk.edit(number, Edit(said), actor=requester, origin=Origin("web", "Survey"))


def redact(desk: Helpdesk, number: int, message_id: int, *, actor: Person) -> Ticket:
    """Take out all that a message said, for good; its files go, too."""
    with desk.store.transaction():
        ticket = _there(desk, number)
        found = next((each for each in ticket.messages if each.id == message_id), None)
        if found is None:
            raise Problem(f"Ticket {number} has no message {message_id}.")
        text = re.sub(r"\S", BLOCK, found.text)
        gone = replace(found, html=html_of_text(text), text=text, attachments=(), redacted=True)
        audit = Audit(desk.new_id(), actor.id, desk.now(), Origin("web", "Sandbox inbox"))
        ticket = amended(ticket, message_id, gone, at=desk.now())
        ticket = replace(ticket, sequence=desk.store.next("sequence"))
        desk.store.put(ticket)
        desk.listener([Happening("redacted", ticket, audit, message=gone)])
        return ticket


def _there(desk: Helpdesk, number: int) -> Ticket:
    ticket = desk.ticket(number)
    if ticket is None:
        raise Problem(f"There is no ticket {number}.")
    return ticket
