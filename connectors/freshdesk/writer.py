"""Writing into a Freshdesk ticket: the note, then the routing, the public reply last.

Freshdesk writes on no condition and in no transaction, so the order is what protects: no agent gets
an empty handoff, and nothing goes to the customer before all else stands. The note bears the key.
A reply can bear nothing; it is known again by author and text, and where that leaves a doubt it is
never sent again. What others did meanwhile is found by reading again, and told; a lost tag is mended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from connectors.base import mark_note, unmarked_reply
from connectors.errors import Conflict, HelpdeskError, Rejected, note_exposed
from connectors.freshdesk import codes, wire
from connectors.freshdesk.client import Client
from connectors.types import Change, Message, Priority, Receipt, Role, Status, Ticket

SETTLING = 3.0  # seconds until what was written shows in a reading; no vendor figure is known
_ORDER = list(Priority)
# A closed ticket is left alone, and "new" is not known there.
_SETTABLE = frozenset({Status.OPEN, Status.PENDING, Status.HOLD, Status.SOLVED})


@dataclass
class Writing:
    """One change on its way: what is there already, and what has to be told about it."""

    client: Client
    ticket: Ticket  # the newest reading
    change: Change
    key: str
    note_id: str | None = None
    reply_id: str | None = None
    wrote: bool = False
    collided: bool = False  # somebody else wrote in public meanwhile
    fallbacks: list[str] = field(default_factory=list)
    collisions: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Find what the key has written already."""
        marked = [message.id for message in self.ticket.messages if message.mark == self.key]
        remembered = self.client.remembered_note(self.ticket.id, self.key)
        self.note_id = self.note_id or (marked[0] if marked else remembered)
        reply = unmarked_reply(self.ticket, self.change, self.client.people.find_bot())
        self.reply_id = reply.id if reply else None

    @property
    def note_missing(self) -> bool:
        """Whether the note is still to be written."""
        return self.change.note is not None and self.note_id is None

    @property
    def reply_missing(self) -> bool:
        """Whether the reply is still to be sent."""
        return self.change.reply is not None and self.reply_id is None


def apply(client: Client, ticket: Ticket, change: Change, key: str, *, again: bool) -> Receipt:
    """Write what a key has not written yet; see ``Connector.apply``."""
    if change.empty:
        return Receipt(revision=ticket.revision)
    if change.status is not None and change.status not in _SETTABLE:
        raise Rejected(f"the status {change.status} is not one that is set in Freshdesk")
    writing = Writing(client, ticket, change, key)
    writing.look()
    if again and (writing.note_missing or writing.reply_missing):
        _look_again(writing)
    if not writing.ticket.writable:
        return _on_a_closed_ticket(writing)
    if writing.reply_missing:
        _refuse_to_talk_over(writing)
    if writing.note_missing:
        _write_note(writing)
    _route(writing)
    if writing.reply_missing:
        _send_reply(writing)
    if writing.wrote or _status_left(writing):
        _read_back(writing)
    return _receipt(writing)


def _look_again(writing: Writing) -> None:
    """Look a second time for what an earlier attempt may have written, when it has settled."""
    client, change = writing.client, writing.change
    client.sleep(SETTLING)
    writing.ticket = client.ticket(writing.ticket.id)
    writing.look()
    # The reply is sent only when the note stands. So where the note is missing, no attempt came so
    # far as the reply; otherwise nobody can tell.
    if writing.reply_missing and not writing.note_missing:
        raise Rejected(
            f"WHETHER THE REPLY ON TICKET {writing.ticket.id} WENT OUT IS NOT KNOWN: an attempt "
            "to send it had no answer, and the ticket does not show it. It is not sent again. "
            "Open the ticket in Freshdesk and, if the customer has had no answer, send this one "
            "by hand: "
            f"{_excerpt(change.reply or '')}"
        )


def _on_a_closed_ticket(writing: Writing) -> Receipt:
    if writing.note_missing or writing.reply_missing or not (writing.note_id or writing.reply_id):
        ticket = writing.ticket
        raise Rejected(f"ticket {ticket.id} is {ticket.status} and takes no more writing")
    return _receipt(writing)


def _write_note(writing: Writing) -> None:
    ticket_id = writing.ticket.id
    # `private` is always sent, whatever the default is, and nobody is notified by mail.
    body = {"body": mark_note(writing.change.note or "", writing.key), "private": True}
    written = wire.read(wire.Written, writing.client.post(f"tickets/{ticket_id}/notes", body))
    writing.client.remember_note(ticket_id, writing.key, written.id)
    if written.private is not True:
        raise note_exposed("Freshdesk", ticket_id, written.id, public=written.private is False)
    writing.note_id, writing.wrote = written.id, True


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
    answer = wire.read(wire.Ticket, client.put(f"tickets/{writing.ticket.id}", body))
    writing.wrote = True
    writing.fallbacks += _unkept(body, answer)


def _wishes(writing: Writing) -> bool:
    """Tell whether the reading lacks anything that the routing would set."""
    change, ticket = writing.change, writing.ticket
    if writing.reply_id is not None:
        return False  # the reply goes out last: what comes before it has been done
    status = change.status if change.reply is None else None
    return bool(
        change.tags - ticket.tags
        or _raises(ticket.priority, change.priority)
        or (change.group and change.group.casefold() != (ticket.group or "").casefold())
        or (status and status is not ticket.status)
    )


def _routing(writing: Writing, fresh: wire.Ticket, change: Change) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if change.tags - set(fresh.tags):
        body["tags"] = sorted({*fresh.tags, *change.tags})
    if change.priority and _raises(codes.PRIORITIES.get(fresh.priority or 0), change.priority):
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
        body |= _status(writing, fresh.status)
    return body


def _status(writing: Writing, present: int | None) -> dict[str, int]:
    status = writing.change.status
    if status is None:
        return {}
    names = writing.client.people.statuses() if status is Status.HOLD else {}
    code = codes.code_of(status, names)
    if code is None:
        writing.fallbacks.append(f"Freshdesk has no status for {status}; it stays as it is")
        return {}
    return {"status": code} if code != present else {}


def _send_reply(writing: Writing) -> None:
    """Send the reply, unless somebody wrote since the reading."""
    client, before = writing.client, writing.ticket
    ticket = client.ticket(before.id)
    known = {message.id for message in before.messages} | {writing.note_id}
    if any(_by_a_person(m, writing) for m in ticket.messages if m.id not in known):
        raise Conflict("somebody wrote before our reply was sent")
    if not ticket.writable:
        raise Rejected(f"ticket {ticket.id} is {ticket.status}: the reply was not sent")
    writing.ticket = ticket
    body = {"body": writing.change.reply}
    written = wire.read(wire.Written, client.post(f"tickets/{ticket.id}/reply", body))
    writing.reply_id, writing.wrote = written.id, True


def _refuse_to_talk_over(writing: Writing) -> None:
    """Refuse a reply where the reading itself shows that somebody wrote after what it answers."""
    answers = writing.change.answers
    ids = [message.id for message in writing.ticket.messages]
    if answers not in ids:
        return
    later = writing.ticket.messages[ids.index(answers) + 1 :]
    if any(message.public and _by_a_person(message, writing) for message in later):
        raise Rejected(
            f"the reply on ticket {writing.ticket.id} was not sent: somebody wrote in the meantime"
        )


def _read_back(writing: Writing) -> None:
    """Look what became of it all; by now everything is written, so nothing here is an error."""
    client, before = writing.client, writing.ticket
    try:
        after = client.ticket(before.id)
        _tell_messages(writing, before.messages, after.messages)
        writing.ticket = after
        if _status_left(writing):
            _set_status(writing, before.status)
        _mend_tags(writing)
    except HelpdeskError as error:
        writing.fallbacks.append(f"what was written could not be looked at again: {error}")


def _status_left(writing: Writing) -> bool:
    """Tell whether the status that goes with a reply is still to be set."""
    status = writing.change.status if writing.reply_id is not None else None
    return status is not None and status is not writing.ticket.status


def _set_status(writing: Writing, before: Status) -> None:
    """Set the status that goes with a reply, after it.

    Before it, a crash between the two would leave a customer without an answer on a ticket that
    says it waits for the customer. After it, the worst is an answered ticket that is still open.
    """
    ticket = writing.ticket
    ids = [message.id for message in ticket.messages]
    since = ids.index(writing.reply_id) if writing.reply_id in ids else len(ids)
    others = any(m.public and _by_a_person(m, writing) for m in ticket.messages[since:])
    if others or writing.collided or ticket.status not in (before, Status.OPEN):
        told = "the status stays as it is, for somebody else wrote or set it meanwhile"
        writing.fallbacks.append(told)
        return
    try:
        body = _status(writing, None)
        if body:
            writing.client.put(f"tickets/{ticket.id}", body)
    except Rejected as error:  # a field that is required first
        writing.fallbacks.append(f"the reply is sent, but its status was refused: {error}")


def _mend_tags(writing: Writing) -> None:
    """Put tags of ours back that somebody else's update replaced."""
    lost = writing.change.tags - writing.ticket.tags
    if not lost:
        return
    names = ", ".join(sorted(lost))
    fresh = writing.client.bare_ticket(writing.ticket.id)
    body = {"tags": sorted({*fresh.tags, *writing.change.tags})}
    answer = wire.read(wire.Ticket, writing.client.put(f"tickets/{writing.ticket.id}", body))
    done = "put back" if lost <= set(answer.tags) else "could not be put back"
    writing.collisions.append(f"another update removed our tags {names}: {done}")


def _tell_messages(writing: Writing, before: Iterable[Message], after: Iterable[Message]) -> None:
    known = {message.id for message in before} | {writing.note_id, writing.reply_id}
    new = [m for m in after if m.id not in known and m.public and _by_a_person(m, writing)]
    for message in new:
        who = "the customer" if message.author.role is Role.CUSTOMER else "an agent"
        writing.collisions.append(f"{who} wrote in public while we were writing ({message.id})")
    writing.collided = bool(new)


def _tell_tags(writing: Writing, present: set[str], read: set[str]) -> None:
    added, removed = sorted(present - read - writing.change.tags), sorted(read - present)
    changes = [f"added {', '.join(added)}"] * bool(added)
    changes += [f"removed {', '.join(removed)}"] * bool(removed)
    if changes:
        told = " and ".join(changes)
        writing.collisions.append(f"somebody {told} while we were writing; that stays so")


def _by_a_person(message: Message, writing: Writing) -> bool:
    ours = message.mark == writing.key or message.id in (writing.note_id, writing.reply_id)
    return not ours and message.author.role is not Role.SYSTEM and not message.automatic


def _unkept(asked: dict[str, Any], raw: wire.Ticket) -> list[str]:
    told = [
        f"Freshdesk did not set {name} to {asked[name]}"
        for name in ("priority", "group_id", "status")
        if name in asked and str(asked[name]) != str(getattr(raw, name))
    ]
    if missing := sorted(set(asked.get("tags", ())) - set(raw.tags)):
        told.append(f"Freshdesk did not keep the tags {', '.join(missing)}")
    return told


def _raises(present: Priority | None, asked: Priority | None) -> bool:
    # An agent, or an SLA, set a higher one on purpose.
    if asked is None:
        return False
    return present is None or _ORDER.index(present) < _ORDER.index(asked)


def _excerpt(html: str) -> str:
    return html if len(html) <= 300 else f"{html[:300]}..."


def _receipt(writing: Writing) -> Receipt:
    return Receipt(
        note_id=writing.note_id,
        reply_id=writing.reply_id,
        revision=writing.ticket.revision,
        found=not writing.wrote,
        fallbacks=tuple(writing.fallbacks),
        collisions=tuple(writing.collisions),
    )
