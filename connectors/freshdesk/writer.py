"""Writing into a Freshdesk ticket: the note, then the routing, the public reply last.

Freshdesk writes on no condition and in no transaction, so the order is what protects: no agent gets
an empty handoff, and nothing goes to the customer before all else stands. The note bears the key.
A reply can bear nothing; it is known again by author and text, and where that leaves a doubt it is
never sent again. What others did meanwhile is found by reading again afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from connectors.errors import NotFound, Rejected, note_exposed
from connectors.freshdesk import wire
from connectors.freshdesk.afterwards import read_back, release_left, status_left
from connectors.freshdesk.client import Client
from connectors.freshdesk.routing import mend_tags, route
from connectors.freshdesk.writing import CHAT, NOTE, REPLY, Writing
from connectors.marks import mark_note
from connectors.text import text_of_html
from connectors.types import Change, Receipt, Ticket
from connectors.writing import (
    SETTABLE,
    hold_back,
    no_more_writing,
    nothing_unsure,
    refuse_to_talk_over,
    reply_unknown,
    told_of_earlier,
)

SETTLING = 3.0  # seconds until what was written shows in a reading; no vendor figure is known


def apply(client: Client, ticket: Ticket, change: Change, key: str, *, again: bool) -> Receipt:
    """Write what a key has not written yet; see ``Connector.apply``."""
    if change.empty:
        return Receipt(revision=ticket.revision)
    if change.status is not None and change.status not in SETTABLE:
        raise Rejected(f"the status {change.status} is not one that is set in Freshdesk")
    writing = Writing(client, ticket, change, key)
    writing.look()
    if again and (writing.note_missing or writing.reply_missing):
        _look_again(writing)
    if writing.note_id or writing.reply_id:
        ours = {writing.note_id, writing.reply_id}
        writing.collisions += told_of_earlier(writing.ticket, change, ours)
    if not writing.ticket.writable:
        return _on_a_closed_ticket(writing)
    if writing.reply_missing:
        refuse_to_talk_over(writing.ticket, change)
    if writing.note_missing:
        _write_note(writing)
    _route(writing)
    if writing.reply_missing:
        _send_reply(writing)
    if writing.wrote or status_left(writing) or release_left(writing):
        read_back(writing)
    return _receipt(writing)


def _look_again(writing: Writing) -> None:
    """Look a second time for what an earlier attempt may have written, when it has settled."""
    writing.client.sleep(SETTLING)
    writing.ticket = writing.client.ticket(writing.ticket.id)
    writing.look()
    # The reply is sent only when the note stands. So where the note is missing, no attempt came so
    # far as the reply; otherwise nobody can tell.
    if writing.reply_missing and not writing.note_missing:
        raise reply_unknown("Freshdesk", writing.ticket.id, writing.change.reply or "")


def _on_a_closed_ticket(writing: Writing) -> Receipt:
    if writing.note_missing or writing.reply_missing or not (writing.note_id or writing.reply_id):
        raise no_more_writing(writing.ticket)
    if lost := writing.change.tags - writing.ticket.tags:
        left = ", ".join(sorted(lost))
        writing.fallbacks.append(f"the ticket takes no more writing: the tags {left} are not set")
    return _receipt(writing)


def _write_note(writing: Writing) -> None:
    ticket_id = writing.ticket.id
    # `private` is always sent, whatever the default is, and nobody is notified by mail.
    body = {"body": mark_note(writing.change.note or "", writing.key), "private": True}
    written = wire.read(wire.Written, writing.client.post(f"tickets/{ticket_id}/notes", body))
    writing.keep(NOTE, written.id)
    writing.noted_at = written.updated_at
    if written.private is not True:
        raise note_exposed("Freshdesk", ticket_id, written.id, public=written.private is False)


def _route(writing: Writing) -> None:
    """Set tags and all else; a note without them is better than none, and a refusal is told.

    Somebody may have deleted the ticket since the note, which answers to updates with 405.
    """
    try:
        route(writing)
    except (NotFound, Rejected) as error:
        if writing.note_id is None or writing.reply_missing:
            raise
        writing.fallbacks.append(f"the note is written, but tags and routing are refused: {error}")


def _send_reply(writing: Writing) -> None:
    """Send the reply, unless somebody wrote since the reading."""
    client, before = writing.client, writing.ticket
    ticket = client.ticket(before.id)
    hold_back(before, ticket, {writing.note_id})
    if not ticket.writable:
        raise Rejected(f"ticket {ticket.id} is {ticket.status}: the reply was not sent")
    writing.ticket = ticket
    with nothing_unsure():  # of the reply, which has not been tried
        mend_tags(writing)
    answer = _post_reply(client, ticket, writing.change.reply or "")
    writing.keep(REPLY, wire.read(wire.Written, answer).id)


def _post_reply(client: Client, ticket: Ticket, html: str) -> dict[str, Any]:
    path = f"tickets/{ticket.id}/reply"
    if ticket.channel == CHAT:
        # Web chats are said to demand a body of pieces of plain text, other chats the usual one.
        # Neither the reference nor any public client shows it, and which of them this is, no field
        # tells for sure: so both are tried. A refusal has sent nothing.
        piece = {"type": "text", "data": {"content": text_of_html(html, links=True)}}
        with suppress(Rejected):
            return client.post(path, {"structured_body": {"body_contents": [piece]}})
    return client.post(path, {"body": html})


def _receipt(writing: Writing) -> Receipt:
    return Receipt(
        note_id=writing.note_id,
        reply_id=writing.reply_id,
        revision=writing.ticket.revision,
        found=not writing.wrote,
        fallbacks=tuple(writing.fallbacks),
        collisions=tuple(writing.collisions),
    )
