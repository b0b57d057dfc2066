"""Merging tickets: one is closed, and both say where the conversation goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from connectors.sandbox.edits import Edit, NewMessage
from connectors.sandbox.helpdesk import Helpdesk, Problem, writable
from connectors.sandbox.records import Origin, Person, Ticket
from connectors.sandbox.text import text_of_html


def merge(
    desk: Helpdesk,
    number: int,
    into: int,
    *,
    actor: Person,
    origin: Origin,
    tags: Sequence[str] = (),
    public: bool = False,
    at: datetime | None = None,
) -> Ticket:
    """Close a ticket in favour of another one, with a message on both; gives the closed one.

    The words are those that Zendesk's inbox proposes, and like there the messages are notes where
    nobody wants otherwise. ``tags`` are put on the closed ticket, and ``at`` is when it is closed.
    Raises ``Problem`` where one of the two takes no writes.
    """
    with desk.store.transaction():
        source, target = _both(desk, number, into)
        closing = Edit(
            _message(actor, public, _farewell(target)),
            {"status": "closed", "merged_into": into, "tags": (*source.tags, *tags)},
        )
        quoting = Edit(_message(actor, public, _quoted(source), _last_public(source)))
        desk.edit(into, quoting, actor=actor, origin=origin)
        return desk.edit(number, closing, actor=actor, origin=origin, at=at).ticket


def _both(desk: Helpdesk, number: int, into: int) -> tuple[Ticket, Ticket]:
    if number == into:
        raise Problem("A ticket cannot be merged into itself.")
    found = []
    for each in (number, into):
        ticket = desk.ticket(each)
        if ticket is None:
            raise Problem(f"There is no ticket {each}.")
        writable(ticket)
        found.append(ticket)
    return found[0], found[1]


def _farewell(target: Ticket) -> str:
    return f'This request was closed and merged into request #{target.id} "{target.subject}".'


def _quoted(source: Ticket) -> str:
    return (
        f'Request #{source.id} "{source.subject}" was closed and merged into this request. '
        f"Last comment in request #{source.id}:"
    )


def _last_public(ticket: Ticket) -> str:
    return next((each.html for each in reversed(ticket.messages) if each.public), "")


def _message(actor: Person, public: bool, text: str, quote: str = "") -> NewMessage:
    html = f"<p>{escape(text)}</p>{quote}"
    return NewMessage(actor.id, public, html, text_of_html(html))
