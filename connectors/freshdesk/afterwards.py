"""After writing into a Freshdesk ticket: what became of it, and what others did meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.errors import HelpdeskError
from connectors.freshdesk import codes
from connectors.freshdesk.routing import mend_tags, put_what_fits
from connectors.freshdesk.writing import Writing
from connectors.types import Message, Role, Status
from connectors.writing import teller


def read_back(writing: Writing) -> None:
    """Look what became of it all; by now everything is written, so nothing here is an error."""
    client, before = writing.client, writing.ticket
    try:
        after = client.ticket(before.id)
        _tell_messages(writing, before.messages, after.messages)
        if before.writable and not after.writable:
            writing.collisions.append(f"the ticket became {after.status} while we were writing")
        writing.ticket = after
        if status_left(writing):
            _set_status(writing, before.status)
        _release(writing)
        mend_tags(writing)
    except HelpdeskError as error:
        writing.fallbacks.append(f"what was written could not be looked at again: {error}")


def status_left(writing: Writing) -> bool:
    """Tell whether the status that goes with a reply is still to be set."""
    status = writing.change.status if writing.reply_id is not None else None
    return status is not None and status is not writing.ticket.status


def release_left(writing: Writing) -> bool:
    """Tell whether the bot still has the ticket that goes back to nobody with its reply."""
    return writing.reply_id is not None and bool(writing.release(writing.ticket.assignee_id))


def _set_status(writing: Writing, before: Status) -> None:
    """Set the status that goes with a reply, after it.

    Before it, a crash between the two would leave a customer without an answer on a ticket that
    says it waits for the customer. After it, the worst is an answered ticket that is still open.
    """
    ticket = writing.ticket
    ids = [message.id for message in ticket.messages]
    since = ids.index(writing.reply_id) if writing.reply_id in ids else len(ids)
    others = any(m.public and writing.by_a_person(m) for m in ticket.messages[since:])
    set_since = ticket.status is Status.SOLVED or ticket.status not in (before, Status.OPEN)
    if others or writing.collided or set_since:
        told = "the status stays as it is, for somebody else wrote or set it meanwhile"
        writing.fallbacks.append(told)
        return
    wanted = writing.status_code(None)
    _settle(writing, wanted)
    if wanted:  # without an answer it may be set all the same
        _look_who_wrote_meanwhile(writing)


def _look_who_wrote_meanwhile(writing: Writing) -> None:
    """Open the ticket again where the customer wrote just before the status was set.

    Freshdesk opens it for a message that comes after, and shows nobody the one that came before.
    """
    before = writing.ticket
    writing.ticket = after = writing.client.ticket(before.id)
    known = {message.id for message in before.messages}
    new = [message for message in after.messages if message.id not in known]
    _tell_messages(writing, before.messages, after.messages)
    if any(m.public and m.author.role is Role.CUSTOMER for m in new) and after.writable:
        _settle(writing, {"status": codes.code_of(Status.OPEN, {})})
        writing.collisions.append("the customer wrote before the status was set: it is open again")


def _release(writing: Writing) -> None:
    """Take the ticket from the bot where its reply has made it the bot's, by a rule of theirs."""
    if writing.reply_id and writing.ticket.writable:
        _settle(writing, writing.release(writing.ticket.assignee_id))


def _settle(writing: Writing, body: Mapping[str, int | None]) -> None:
    told = "the reply is sent, but "
    try:
        if body:
            put_what_fits(writing, body, told)
    except HelpdeskError as error:
        writing.fallbacks.append(f"{told}{', '.join(body)} could not be set: {error}")


def _tell_messages(writing: Writing, before: Iterable[Message], after: Iterable[Message]) -> None:
    known = {message.id for message in before} | {writing.note_id, writing.reply_id}
    new = [m for m in after if m.id not in known and writing.by_a_person(m)]
    for message in new:
        writing.collisions.append(f"{teller(message)} while we were writing")
    writing.collided = any(message.public for message in new)
