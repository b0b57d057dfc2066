"""Writing into a conversation: the note, then the routing, the reply last; once for each key.

Intercom has neither conditional writes nor keys that make a call idempotent, and a change takes
several calls. So each step can be told from what is there: the note by its mark, the reply by
author and text, tags and team by being set; and before the reply the conversation is read again.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.errors import Conflict, HelpdeskError, Rejected, VendorBroken, note_exposed
from connectors.intercom import wire
from connectors.intercom.client import VENDOR, Client
from connectors.intercom.messages import is_internal, message_from_part
from connectors.intercom.routing import Attempt, route
from connectors.intercom.status import set_status
from connectors.marks import mark_in_note, mark_note, unmarked_reply
from connectors.text import text_of_html
from connectors.types import Change, Message, Receipt, Role, Status, Ticket
from connectors.writing import (
    by_a_person,
    hold_back,
    in_doubt,
    no_more_writing,
    nothing_unsure,
    refuse_to_talk_over,
    reply_unknown,
    teller,
    told_of_earlier,
)

# Seconds to wait for what an earlier attempt may still bring, and then to look again.
SETTLING = (2.0, 4.0)


def apply(
    client: Client, admin_id: str, ticket: Ticket, change: Change, key: str, *, again: bool
) -> Receipt:
    """Write what a key has not written yet; see ``Connector.apply``."""
    if change.empty:
        return Receipt(revision=ticket.revision)
    attempt = Attempt(client, admin_id, ticket, change, key, revision=ticket.revision)
    _look(attempt)
    if again and not attempt.complete:
        _look_longer(attempt)
    if attempt.note_id or attempt.reply_id:
        ours = {attempt.note_id, attempt.reply_id}
        attempt.collisions += told_of_earlier(attempt.ticket, change, ours)
    found = attempt.complete and (change.note is not None or change.reply is not None)
    if not found and not ticket.writable:
        raise no_more_writing(ticket)
    if change.reply is not None and attempt.reply_id is None:
        refuse_to_talk_over(attempt.ticket, change)
    if change.note is not None and attempt.note_id is None:
        _write_note(attempt)
    if attempt.reply_id is None:
        # Tags and team may be set twice without harm: what fails here leaves nothing unsure.
        with nothing_unsure():
            _route(attempt)
    if change.reply is not None and attempt.reply_id is None:
        with nothing_unsure():
            _look_who_wrote(attempt)
        _write_reply(attempt)
    set_status(attempt, again=found)
    _look_back(attempt)
    return Receipt(
        note_id=attempt.note_id,
        reply_id=attempt.reply_id,
        revision=attempt.revision,
        found=found,
        fallbacks=tuple(attempt.fallbacks),
        collisions=tuple(dict.fromkeys(attempt.collisions)),
    )


def written(ticket: Ticket, change: Change, key: str, admin_id: str) -> bool:
    """Tell whether a reading shows a note or a reply of this key."""
    return _note(ticket, key) is not None or _reply(ticket, change, admin_id) is not None


def _look(attempt: Attempt) -> None:
    if attempt.change.note is not None:
        attempt.note_id = _note(attempt.ticket, attempt.key)
    reply = _reply(attempt.ticket, attempt.change, attempt.admin_id)
    attempt.reply_id = reply.id if reply else None


def _note(ticket: Ticket, key: str) -> str | None:
    return next((message.id for message in ticket.messages if message.mark == key), None)


def _reply(ticket: Ticket, change: Change, admin_id: str) -> Message | None:
    """Find the reply, as the HTML that was sent or as the plain text that became of it."""
    html = change.reply or ""
    for body in dict.fromkeys((html, text_of_html(html, links=True), text_of_html(html))):
        said = replace(change, reply=body) if change.reply is not None else change
        found = unmarked_reply(ticket, said, admin_id)
        if found is not None:
            return found
    return None


def _look_longer(attempt: Attempt) -> None:
    """Look for what an earlier attempt may have written, until it would have shown by now.

    A note that is not there is written; two of them harm nobody. A reply is never sent again.
    """
    for seconds in SETTLING:
        attempt.client.sleep(seconds)
        attempt.ticket = attempt.client.again(attempt.ticket)
        _look(attempt)
        if attempt.complete:
            return
    if attempt.change.reply is not None:
        raise reply_unknown(VENDOR, attempt.ticket.id, attempt.change.reply)


def _write_note(attempt: Attempt) -> None:
    body = mark_note(attempt.change.note or "", attempt.key)
    answer = _say(attempt, "note", body)
    parts = [part for part in answer.parts if _is_ours(part, attempt)]
    if not parts:
        # The answer holds the newest parts only, or not all of them yet.
        with in_doubt():
            attempt.note_id = _note(attempt.client.again(attempt.ticket), attempt.key)
        if attempt.note_id is None:
            raise VendorBroken(f"{VENDOR} took a note on ticket {attempt.ticket.id} but shows none")
        return
    for part in parts:
        if not is_internal(part.part_type):
            public = part.part_type is not None
            raise note_exposed(
                VENDOR, attempt.ticket.id, part.id, public=public, remedy="delete {}"
            )
    attempt.note_id = parts[-1].id
    _take_in(attempt, answer)


def _is_ours(part: wire.Part, attempt: Attempt) -> bool:
    # Wherever it came out: our mark in a public part is what must not be overlooked. What a
    # customer typed is not ours.
    message = message_from_part(part, (attempt.ticket.requester.id,))
    if message is None or message.author.role is Role.CUSTOMER or message.id in _known(attempt):
        return False
    return mark_in_note(message.text) == attempt.key


def _write_reply(attempt: Attempt) -> None:
    answer = _say(attempt, "comment", attempt.change.reply or "")
    with in_doubt():
        reply = _own_reply(attempt, answer) or _own_reply(attempt, None)
    if reply is None:
        raise VendorBroken(f"{VENDOR} took a reply on ticket {attempt.ticket.id} but shows none")
    if not reply.public:
        raise Rejected(
            f"the reply {reply.id} on ticket {attempt.ticket.id} came out as an internal note: the "
            "customer did not get it"
        )
    attempt.reply_id = reply.id
    if reply.author.role is Role.BOT and attempt.ticket.channel == "email":
        attempt.fallbacks.append(
            "Intercom stored the reply as its bot's: by mail customers do not get those, unless "
            "Intercom has enabled it for the workspace; set INTERCOM_ADMIN_ID to a real teammate"
        )
    _take_in(attempt, answer)


def _own_reply(attempt: Attempt, answer: wire.Thread | None) -> Message | None:
    """Find our reply in an answer, or in another reading; not public if it came out so."""
    client = attempt.client
    reading = client.mapped(answer) if answer else client.again(attempt.ticket)
    known = _known(attempt)
    new = tuple(message for message in reading.messages if message.id not in known)
    found = _reply(replace(reading, messages=new), attempt.change, attempt.admin_id)
    if found is not None:
        return found
    # Also where it should not be.
    shown = tuple(replace(message, public=True) for message in new)
    inside = _reply(replace(reading, messages=shown), attempt.change, attempt.admin_id)
    return replace(inside, public=False) if inside else None


def _say(attempt: Attempt, message_type: str, body: str) -> wire.Thread:
    """Post a note or comment; the answer is the conversation or, of a ticket, the one part."""
    asked = {
        "message_type": message_type,
        "type": "admin",
        "admin_id": attempt.admin_id,
        "body": body,
    }
    answer = attempt.client.post(f"{attempt.path}/reply", asked)
    attempt.wrote = True
    if answer.get("type") == "ticket_part":
        part = wire.read(wire.Part, answer)
        parts = wire.Parts(ticket_parts=(part,))
        return wire.Thread(id=attempt.ticket.id, type="ticket", ticket_parts=parts)
    return wire.read(wire.Thread, answer)


def _take_in(attempt: Attempt, answer: wire.Thread) -> None:
    """See in an answer who else wrote meanwhile."""
    reading = attempt.client.mapped(answer)
    if answer.source is not None:  # the whole conversation, not a ticket's one part
        attempt.revision = reading.revision
        attempt.stands = reading.status
        if "admin_assignee_id" in answer.model_fields_set:
            # Whoever took it since we read it keeps it.
            attempt.ticket = replace(attempt.ticket, assignee_id=reading.assignee_id)
    _tell_others(attempt, reading)


def _look_back(attempt: Attempt) -> None:
    """Look who acted until our last call; all is written, so nothing here is an error."""
    # What was refused, too: somebody has ended the ticket, and an earlier attempt may land late.
    tried = attempt.wrote or bool(attempt.fallbacks)
    if not tried or attempt.note_id is attempt.reply_id is None:
        return  # a tag alone is in nobody's way
    try:
        reading = attempt.client.again(attempt.ticket)
    except HelpdeskError as error:
        attempt.fallbacks.append(f"what was written could not be looked at again: {error}")
        return
    _tell_others(attempt, reading)
    aside = reading.status in (Status.SOLVED, Status.CLOSED, Status.GONE)
    moved = reading.status not in (attempt.ticket.status, attempt.stands, attempt.change.status)
    if aside and moved:
        attempt.collisions.append(f"the ticket became {reading.status} while we were writing")


def _tell_others(attempt: Attempt, reading: Ticket) -> None:
    known = _known(attempt) | {attempt.note_id, attempt.reply_id}
    attempt.collisions += [
        f"{teller(message)} between our reading and our writing; nothing was taken back"
        for message in reading.messages
        if message.id not in known and by_a_person(message)
    ]


def _known(attempt: Attempt) -> set[str | None]:
    return {message.id for message in attempt.ticket.messages}


def _route(attempt: Attempt) -> None:
    if _taken_over(attempt):
        attempt.fallbacks.append("a teammate wrote after our note: tags and team stay as they are")
    else:
        route(attempt)


def _taken_over(attempt: Attempt) -> bool:
    """Tell whether a teammate wrote after a note that an earlier attempt left."""
    ids = [message.id for message in attempt.ticket.messages]
    later = (
        attempt.ticket.messages[ids.index(attempt.note_id) + 1 :] if attempt.note_id in ids else ()
    )
    return any(message.author.role is Role.AGENT for message in later)


def _look_who_wrote(attempt: Attempt) -> None:
    """Read again before the reply, unless nothing was written since the last reading."""
    if not attempt.wrote:
        return
    reading = attempt.client.again(attempt.ticket)
    hold_back(attempt.ticket, reading, {attempt.note_id})
    aside = reading.status in (Status.SOLVED, Status.HOLD)
    if aside and reading.status is not attempt.ticket.status:
        raise Conflict("somebody closed or snoozed the ticket before our reply")
    attempt.ticket = reading
