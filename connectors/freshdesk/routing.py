"""Where a Freshdesk ticket stands: tags, priority, group, status and assignee, in one update.

Two facts make it long. An update replaces the whole set of tags, on no condition: so the set is
read right before, not while somebody is at it, and looked at again in every reading after. And an
account may demand fields before it lets a status be set: then the update goes through without what
was refused, and the record says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from connectors.freshdesk import codes, wire
from connectors.freshdesk.client import FieldsRefused
from connectors.freshdesk.writing import Writing
from connectors.writing import nothing_unsure, raises, unkept

QUIET = 1.0  # seconds without another change, before the tags are believed
LOOKS = 3
OWN_STIR = timedelta(seconds=2)  # so much later than our note its own change of the ticket may be
Body = Mapping[str, Any]


def route(writing: Writing) -> None:
    """Set what the reading lacks in one call; the status too, unless a reply decides over it."""
    if not _wishes(writing):
        return
    fresh = _settled(writing)
    _tell_tags(writing, set(fresh.tags), set(writing.ticket.tags))
    body = _routing(writing, fresh)
    if not body:
        return
    # What is set can be seen and set again, and the reply has not been tried.
    with nothing_unsure():
        landed, answer = put_what_fits(writing, body)
    writing.untaggable = "tags" in body and "tags" not in landed
    if answer is None:
        return
    writing.wrote = True
    writing.newcomers = frozenset(fresh.tags) - writing.ticket.tags
    writing.fallbacks += unkept("Freshdesk", landed, answer)
    _tell_left(writing, landed, answer)
    _tell_moment(writing, fresh, answer, landed)


def put_what_fits(writing: Writing, body: Body, told: str = "") -> tuple[Body, wire.Ticket | None]:
    """Update a ticket with as much as is taken; returns that, and the ticket as last answered.

    What is refused is left out and told: first exactly what Freshdesk names, or the status where
    it names a field that is none of ours (one that is required for it); then key by key.
    """
    try:
        return body, _put(writing, body)
    except FieldsRefused as error:
        first = error
    named = body.keys() & first.fields
    suspects = named or body.keys() & {"status"}
    kept = {name: value for name, value in body.items() if name not in suspects}
    if kept and suspects:
        try:
            answer = _put(writing, kept)
        except FieldsRefused:
            pass
        else:
            _tell_refused(writing, suspects, first, told)
            return kept, answer
    return _key_by_key(writing, body, named, first, told)


def mend_tags(writing: Writing) -> None:
    """Put tags back that somebody else's update replaced, as the newest reading shows.

    An update without ours was made from a set older than ours. So it lacks, too, what others set
    right before us; and what we took away has come back with it.
    """
    ticket, client, change = writing.ticket, writing.client, writing.change
    if change.tags <= ticket.tags or not (writing.wrote and ticket.writable):
        return
    if writing.untaggable:
        return  # told already
    fresh = client.bare_ticket(ticket.id)
    present = set(fresh.tags)
    lost = (change.tags | writing.newcomers) - present
    if not change.tags - present:
        return  # the reading lagged behind
    body = {"tags": sorted((present | lost) - (change.untag - change.tags))}
    _, answer = put_what_fits(writing, body)
    done = "put back" if answer and lost <= set(answer.tags) else "could not be put back"
    names = ", ".join(sorted(lost))
    writing.collisions.append(f"another update removed the tags {names}: {done}")


def _wishes(writing: Writing) -> bool:
    """Tell whether the reading lacks anything that the routing would set."""
    change, ticket = writing.change, writing.ticket
    if writing.reply_id is not None:
        return False  # the reply goes out last: what comes before it has been done
    status = change.status if change.reply is None else None
    return bool(
        change.tags - ticket.tags
        or (change.untag - change.tags) & ticket.tags
        or raises(ticket.priority, change.priority)
        or (change.group and change.group.strip().casefold() != (ticket.group or "").casefold())
        or (status and status is not ticket.status)
        or writing.release(ticket.assignee_id)
    )


def _settled(writing: Writing) -> wire.Ticket:
    """Read the ticket's fields when nobody is at them.

    A rule that our note has set off, or an agent who is just working there, often changes a
    ticket several times in a row: what is changed between our look and our update would be lost.
    """
    client, number = writing.client, writing.ticket.id
    ticket = client.bare_ticket(number)
    if not _stirred(writing, ticket):
        return ticket
    for _ in range(LOOKS - 1):
        client.sleep(QUIET)
        again = client.bare_ticket(number)
        if (again.updated_at, again.tags) == (ticket.updated_at, ticket.tags):
            break
        ticket = again
    return again


def _stirred(writing: Writing, fresh: wire.Ticket) -> bool:
    """Tell whether anybody but our own note has changed the ticket since it was read."""
    read = writing.ticket
    if set(fresh.tags) != read.tags:
        return True
    noted, at = writing.noted_at, fresh.updated_at
    if at is None or read.updated_at is None or at <= read.updated_at:
        return False
    return noted is None or not noted <= at <= noted + OWN_STIR


def _routing(writing: Writing, fresh: wire.Ticket) -> dict[str, Any]:
    change = writing.change
    body: dict[str, Any] = {}
    tags = {*fresh.tags, *change.tags} - (change.untag - change.tags)
    if tags != set(fresh.tags):
        body["tags"] = sorted(tags)
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
    return body | writing.release(fresh.responder_id)


def _put(writing: Writing, body: Body) -> wire.Ticket:
    return wire.read(wire.Ticket, writing.client.put(f"tickets/{writing.ticket.id}", body))


def _key_by_key(
    writing: Writing, body: Body, named: Iterable[str], first: FieldsRefused, told: str
) -> tuple[Body, wire.Ticket | None]:
    """Set one field after the other, the tags first; what is refused once is not tried again."""
    refused = set(body) if len(body) == 1 else set(named)
    _tell_refused(writing, refused, first, told)
    landed: dict[str, Any] = {}
    answer = None
    for name in [name for name in body if name not in refused]:  # tags stand first in it
        try:
            answer = _put(writing, {name: body[name]})
            landed[name] = body[name]
        except FieldsRefused as error:
            _tell_refused(writing, [name], error, told)
    return landed, answer


def _tell_refused(writing: Writing, names: Iterable[str], error: FieldsRefused, told: str) -> None:
    listed = ", ".join(sorted(names))
    if listed:
        writing.fallbacks.append(f"{told}Freshdesk would not set {listed}: {error}")


def _tell_tags(writing: Writing, present: set[str], read: set[str]) -> None:
    change = writing.change
    added = sorted(present - read - change.tags)
    removed = sorted(read - present - change.untag)
    changes = [f"added {', '.join(added)}"] * bool(added)
    changes += [f"removed {', '.join(removed)}"] * bool(removed)
    if changes:
        told = " and ".join(changes)
        writing.collisions.append(f"somebody {told} while we were writing; that stays so")


def _tell_left(writing: Writing, sent: Body, answer: wire.Ticket) -> None:
    """Tell what is still there of what was to go: that tags are replaced is not verified."""
    if "responder_id" in sent and answer.responder_id == writing.client.people.find_bot():
        writing.fallbacks.append("Freshdesk did not take the ticket from the bot")
    left = (writing.change.untag - writing.change.tags) & set(answer.tags)
    if "tags" in sent and left:
        writing.fallbacks.append(f"Freshdesk did not take away the tags {', '.join(sorted(left))}")


def _tell_moment(writing: Writing, fresh: wire.Ticket, answer: wire.Ticket, sent: Body) -> None:
    """Tell where somebody was updating the ticket in the very moment that we did.

    A tag that they set with it is lost, and no reading shows it; what else they set does show.
    """
    watched = ("status", "priority", "type")
    moved = [n for n in watched if n not in sent and getattr(fresh, n) != getattr(answer, n)]
    if moved and "tags" in sent:
        writing.collisions.append(
            f"{' and '.join(moved)} changed in the very moment of our update: a tag that was set "
            "together with it is lost; the ticket's activities in Freshdesk would show it"
        )
