"""Writing into a Zendesk ticket: one guarded update for each comment, and once for each key.

An update takes one comment. A change with a note and a reply is therefore two updates, the note
with tags, priority and group first, then the reply with the status. Each carries the key and its
part (``note`` or ``reply``) in the update's metadata, so that a repetition writes only what is
missing. What Zendesk refuses for a status, a group or a field that is required is written without
that: a message that does not arrive helps nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from zenpy.lib.api_objects import Ticket as ZenpyTicket

from connectors.errors import Rejected, VendorBroken, note_exposed
from connectors.types import Change, Receipt, Ticket
from connectors.writing import hold_back, no_more_writing, refuse_to_talk_over
from connectors.zendesk import messages, updates, wire
from connectors.zendesk.client import Client, speaking_zenpy
from connectors.zendesk.messages import NOTE, REPLY


def apply(client: Client, ticket: Ticket, change: Change, key: str, *, again: bool) -> Receipt:
    """Write what a key has not written yet; see ``Connector.apply``."""
    if change.empty:
        return Receipt(revision=ticket.revision)
    parts = _parts(change)
    there = _written(client, ticket, set(parts), key, again=again)
    missing = {part: piece for part, piece in parts.items() if part not in there}
    if not missing:
        return _receipt(there, ticket.revision, found=True)
    if REPLY in missing:
        refuse_to_talk_over(ticket, change)
    fallbacks: list[str] = []
    revision = ticket.revision
    for position, (part, piece) in enumerate(missing.items()):
        if position:
            ticket = _reread(client, ticket, there[NOTE])
        update, lost = _put(client, ticket, piece, key)
        there[part] = _comment_id(update, piece)
        revision = update.ticket.updated_at
        fallbacks += lost
    return replace(_receipt(there, revision, found=False), fallbacks=tuple(fallbacks))


def _parts(change: Change) -> dict[str, Change]:
    if change.note is not None and change.reply is not None:
        return {
            NOTE: replace(change, reply=None, status=None),
            REPLY: Change(reply=change.reply, status=change.status),
        }
    return {NOTE if change.reply is None else REPLY: change}


def _written(
    client: Client, ticket: Ticket, parts: set[str], key: str, *, again: bool
) -> dict[str, str]:
    """Find what bears the key already: part → comment id ("" where it wrote no comment)."""
    ours = [message for message in ticket.messages if message.mark == key]
    if len(parts) == 1:
        there = {part: message.id for part in parts for message in ours[:1]}
    else:
        there = {REPLY if message.public else NOTE: message.id for message in ours}
    # An agent may have made our reply private since: then it looks like the note, and only the
    # audit knows. It also knows of updates without a comment.
    if (again or ours) and not parts <= there.keys():
        there |= _in_audits(client, ticket.id, key)
    return there


def _in_audits(client: Client, ticket_id: str, key: str) -> dict[str, str]:
    with speaking_zenpy():
        audits = [item.to_dict() for item in client.zenpy.tickets.audits(int(ticket_id))]
    there: dict[str, str] = {}
    for body in audits:
        audit = wire.read(wire.Audit, body)
        bearing, part = messages.marked(audit.metadata)
        if bearing == key:
            comments = [str(event.id) for event in audit.events if event.type == "Comment"]
            there[part or NOTE] = comments[0] if comments else ""
    return there


def _put(client: Client, ticket: Ticket, piece: Change, key: str) -> tuple[wire.Update, list[str]]:
    if not ticket.writable:
        raise no_more_writing(ticket)
    lost: list[str] = []
    group_id = client.group_id(piece.group) if piece.group else None
    if piece.group and group_id is None:
        lost.append(f"Zendesk has no group called {piece.group!r}; the group stays as it is")
    bot_id = client.bot_id() if piece.release and ticket.assignee_id else ""
    asked = updates.change_to_zendesk(ticket, piece, key, group_id, bot_id)
    for everything in (False, True):  # first without what was refused, then without all routing
        try:
            return _update(client, ticket.id, asked, lost)
        except Rejected as error:
            asked, dropped = _less(asked, error, everything)
            lost.append(updates.told_of_refusal(dropped, error.refused, str(error)))
    return _update(client, ticket.id, asked, lost)


def _update(
    client: Client, ticket_id: str, asked: Mapping[str, Any], lost: list[str]
) -> tuple[wire.Update, list[str]]:
    # A new object for each attempt: zenpy clears an object's dirty flags on the first success
    # after a 409, and a second update() of it would send the bare id, answered with 200.
    wanted = ZenpyTicket(id=int(ticket_id), **asked)
    for name in (name for name, value in asked.items() if value is None):
        setattr(wanted, name, None)  # zenpy sends a null only where it was set afterwards
    with speaking_zenpy():
        answer: dict[str, Any] = client.zenpy.tickets.update(wanted).to_dict()
    update = wire.read(wire.Update, answer)
    return update, lost + updates.not_kept(asked, update.ticket)


def _less(
    asked: Mapping[str, Any], error: Rejected, everything: bool
) -> tuple[dict[str, Any], list[str]]:
    """Give what is left of a refused update, to be tried without what was refused.

    A refusal takes no effect, so the stamp still guards. Raises the error where nothing would be
    gained: the ticket is closed, it says nothing of fields, or there is nothing to leave out.
    """
    closed = updates.is_closed(asked, error.refused)
    if closed or not error.refused or not updates.says_something(asked):
        raise error
    left, dropped = updates.without_refused(asked, error.refused, everything=everything)
    if not dropped:
        raise error
    return left, dropped


def _comment_id(update: wire.Update, piece: Change) -> str:
    """Check the comment in the answer: that there is one, and who may read it."""
    if piece.note is None and piece.reply is None:
        return ""
    comments = [event for event in update.audit.events if event.type == "Comment"]
    if not comments or comments[0].id is None:
        raise VendorBroken(f"Zendesk took the update of ticket {update.ticket.id} but no comment")
    comment = comments[0]
    if piece.reply is None and comment.public is not False:
        raise note_exposed(
            "Zendesk", update.ticket.id, str(comment.id), public=bool(comment.public)
        )
    if piece.reply is not None and comment.public is not True:
        raise Rejected(
            f"the reply {comment.id} on ticket {update.ticket.id} came out as an internal note: "
            "the customer did not get it; the bot's user may not reply in public (a light agent?)"
        )
    return str(comment.id)


def _reread(client: Client, before: Ticket, note_id: str) -> Ticket:
    """Read the ticket again between note and reply.

    The note's own stamp cannot guard the reply: a customer who writes within the same second
    leaves it as it is. So wait that second out, and look who wrote.
    """
    ticket = client.ticket(before.id)
    hold_back(before, ticket, {note_id})
    return ticket


def _receipt(there: dict[str, str], revision: str, *, found: bool) -> Receipt:
    return Receipt(
        note_id=there.get(NOTE) or None,
        reply_id=there.get(REPLY) or None,
        revision=revision,
        found=found,
    )
