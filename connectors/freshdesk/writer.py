"""Writing into a Freshdesk ticket: the note, then the routing, the public reply last.

Freshdesk writes on no condition and in no transaction, so the order is what protects: no agent gets
an empty handoff, and nothing goes to the customer before all else stands. The note bears the key.
A reply can bear nothing; it is known again by author and text, and where that leaves a doubt it is
never sent again. What others did meanwhile is found by reading again afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from connectors.errors import Rejected, note_exposed
from connectors.freshdesk import codes, wire
from connectors.freshdesk.afterwards import read_back, status_left
from connectors.freshdesk.client import Client
from connectors.freshdesk.writing import CHAT, NOTE, REPLY, Writing
from connectors.marks import mark_note
from connectors.text import text_of_html
from connectors.types import Change, Receipt, Ticket
from connectors.writing import (
    SETTABLE,
    hold_back,
    no_more_writing,
    nothing_unsure,
    raises,
    refuse_to_talk_over,
    reply_unknown,
    unkept,
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
    if not writing.ticket.writable:
        return _on_a_closed_ticket(writing)
    if writing.reply_missing:
        refuse_to_talk_over(writing.ticket, change)
    if writing.note_missing:
        _write_note(writing)
    _route(writing)
    if writing.reply_missing:
        _send_reply(writing)
    if writing.wrote or status_left(writing):
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
    return _receipt(writing)


def _write_note(writing: Writing) -> None:
    ticket_id = writing.ticket.id
    # `private` is always sent, whatever the default is, and nobody is notified by mail.
    body = {"body": mark_note(writing.change.note or "", writing.key), "private": True}
    written = wire.read(wire.Written, writing.client.post(f"tickets/{ticket_id}/notes", body))
    writing.keep(NOTE, written.id)
    if written.private is not True:
        raise note_exposed("Freshdesk", ticket_id, written.id, public=written.private is False)


def _route(writing: Writing) -> None:
    """Set tags, priority and group in one call; the status too, unless a reply decides over it."""
    change, client = writing.change, writing.client
    if not _wishes(writing):
        return
    # `tags` replaces the whole set: read as late as can be, so that hardly any tag is lost that an
    # agent or a rule sets at this moment.
    fresh = client.bare_ticket(writing.ticket.id)
    _tell_tags(writing, set(fresh.tags), set(writing.ticket.tags))
    body = _routing(writing, fresh, change)
    if not body:
        return
    # What is set can be seen and set again, and the reply has not been tried.
    with nothing_unsure():
        answer = wire.read(wire.Ticket, client.put(f"tickets/{writing.ticket.id}", body))
    writing.wrote = True
    writing.fallbacks += unkept("Freshdesk", body, answer)


def _wishes(writing: Writing) -> bool:
    """Tell whether the reading lacks anything that the routing would set."""
    change, ticket = writing.change, writing.ticket
    if writing.reply_id is not None:
        return False  # the reply goes out last: what comes before it has been done
    status = change.status if change.reply is None else None
    return bool(
        change.tags - ticket.tags
        or raises(ticket.priority, change.priority)
        or (change.group and change.group.casefold() != (ticket.group or "").casefold())
        or (status and status is not ticket.status)
    )


def _routing(writing: Writing, fresh: wire.Ticket, change: Change) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if change.tags - set(fresh.tags):
        body["tags"] = sorted({*fresh.tags, *change.tags})
    if change.priority and raises(codes.PRIORITIES.get(fresh.priority or 0), change.priority):
        body["priority"] = next(c for c, p in codes.PRIORITIES.items() if p is change.priority)
    if change.group:
        group_id = writing.client.people.group_id(change.group)
        if group_id is None:
            writing.fallbacks.append(
                f"Freshdesk has no group called {change.group!r}, or the bot may not see its "
                "groups; the group stays as it is"
            )
        elif group_id != fresh.group_id:
            body["group_id"] = int(group_id)
    if change.reply is None:
        body |= writing.status_code(fresh.status)
    return body


def _send_reply(writing: Writing) -> None:
    """Send the reply, unless somebody wrote since the reading."""
    client, before = writing.client, writing.ticket
    ticket = client.ticket(before.id)
    hold_back(before, ticket, {writing.note_id})
    if not ticket.writable:
        raise Rejected(f"ticket {ticket.id} is {ticket.status}: the reply was not sent")
    writing.ticket = ticket
    answer = _post_reply(client, ticket, writing.change.reply or "")
    writing.keep(REPLY, wire.read(wire.Written, answer).id)


def _post_reply(client: Client, ticket: Ticket, html: str) -> dict[str, Any]:
    path = f"tickets/{ticket.id}/reply"
    if ticket.channel == CHAT:
        # Web chats demand a body of pieces of plain text, other chats the usual one; which of them
        # this is, no field tells for sure. A refusal has sent nothing.
        piece = {"type": "text", "data": {"content": text_of_html(html, links=True)}}
        with suppress(Rejected):
            return client.post(path, {"structured_body": {"body_contents": [piece]}})
    return client.post(path, {"body": html})


def _tell_tags(writing: Writing, present: set[str], read: set[str]) -> None:
    added, removed = sorted(present - read - writing.change.tags), sorted(read - present)
    changes = [f"added {', '.join(added)}"] * bool(added)
    changes += [f"removed {', '.join(removed)}"] * bool(removed)
    if changes:
        told = " and ".join(changes)
        writing.collisions.append(f"somebody {told} while we were writing; that stays so")


def _receipt(writing: Writing) -> Receipt:
    return Receipt(
        note_id=writing.note_id,
        reply_id=writing.reply_id,
        revision=writing.ticket.revision,
        found=not writing.wrote,
        fallbacks=tuple(writing.fallbacks),
        collisions=tuple(writing.collisions),
    )
