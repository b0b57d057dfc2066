"""What writing has in common in all helpdesks: when not to write, and what to say of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from connectors.errors import Conflict, HelpdeskError, Rejected
from connectors.text import text_of_html
from connectors.types import Change, Message, Priority, Role, Status, Ticket

# A closed ticket is left alone, and none can be made new or gone: no helpdesk takes that.
SETTABLE = frozenset({Status.OPEN, Status.PENDING, Status.HOLD, Status.SOLVED})
LONGEST_EXCERPT = 300
_OVER = (Status.SOLVED, Status.CLOSED, Status.GONE)
_PEOPLE = (Role.CUSTOMER, Role.AGENT)
_ORDER = list(Priority)


def raises(present: Priority | None, asked: Priority | None) -> bool:
    """Tell whether a priority is to be set: an agent, or an SLA, set a higher one on purpose."""
    if asked is None:
        return False
    return present is None or _ORDER.index(present) < _ORDER.index(asked)


def by_a_person(message: Message) -> bool:
    """Tell whether a customer or an agent typed a message; ours count, too."""
    return message.author.role in _PEOPLE and not message.automatic


def no_more_writing(ticket: Ticket) -> Rejected:
    """Say that a ticket is closed or gone."""
    return Rejected(f"ticket {ticket.id} is {ticket.status} and takes no more writing")


def refuse_to_talk_over(ticket: Ticket, change: Change) -> None:
    """Raise ``Rejected`` where a person wrote in public after what a reply answers.

    So an attempt that was broken off after its note does not end with a reply that has been
    overtaken: where somebody wrote since, its turn has passed.
    """
    ids = [message.id for message in ticket.messages]
    if change.answers not in ids:
        return
    later = ticket.messages[ids.index(change.answers) + 1 :]
    if any(message.public and by_a_person(message) for message in later):
        raise Rejected(
            f"the reply on ticket {ticket.id} was not sent: somebody wrote in the meantime"
        )


def told_of_earlier(ticket: Ticket, change: Change, ours: Collection[str | None]) -> list[str]:
    """Say what others did since the message that a change answers, as far as a reading shows it.

    For an attempt that finds what an earlier one wrote, and of which nobody knows any more what it
    had read: better told once too often. ``ours`` are ids of ours.
    """
    ids = [message.id for message in ticket.messages]
    since = ids.index(change.answers) + 1 if change.answers in ids else len(ids)
    told = [
        f"{teller(message)} after the message that this answers, maybe while an earlier attempt "
        "was writing"
        for message in ticket.messages[since:]
        if message.id not in ours and by_a_person(message)
    ]
    if ticket.status is not change.status and ticket.status in _OVER:
        told.append(f"the ticket is {ticket.status} by now, maybe since an earlier attempt wrote")
    return told


def teller(message: Message) -> str:
    """Say who wrote a message, how, and which."""
    who = "the customer" if message.author.role is Role.CUSTOMER else "an agent"
    how = "wrote in public" if message.public else "wrote a note"
    return f"{who} {how} ({message.id})"


def hold_back(before: Ticket, now: Ticket, ours: Collection[str | None]) -> None:
    """Raise ``Conflict`` where a person wrote between two readings; ``ours`` are ids of ours."""
    known = {message.id for message in before.messages}.union(ours)
    if any(by_a_person(message) for message in now.messages if message.id not in known):
        raise Conflict("somebody wrote between our reading and our reply")


def reply_unknown(vendor: str, ticket_id: str, reply: str) -> Rejected:
    """Say that nobody knows whether a reply went out, and what a person must do."""
    text = " ".join(text_of_html(reply).split())
    excerpt = text if len(text) <= LONGEST_EXCERPT else f"{text[:LONGEST_EXCERPT]}..."
    return Rejected(
        f"IT IS NOT KNOWN WHETHER THE REPLY ON TICKET {ticket_id} WENT OUT: {vendor} gave no "
        "answer when it was sent, and does not show it. It is not sent again. Open the ticket in "
        f"{vendor} and, if the customer has had no answer, send this one by hand: {excerpt}"
    )


def unkept(vendor: str, asked: Mapping[str, Any], answer: Any) -> list[str]:
    """Say what an answered ticket does not show of what was asked.

    Zendesk ignores what it does not permit with a 200, and a rule may undo it anywhere.
    """
    lost = []
    if missing := sorted(set(asked.get("tags", ())) - set(answer.tags or ())):
        lost.append(f"{vendor} did not keep the tags {', '.join(missing)}")
    for name in ("priority", "group_id", "status"):
        if name in asked and str(asked[name]) != str(getattr(answer, name)):
            lost.append(f"{vendor} did not set {name} to {asked[name]}")
    return lost


@contextmanager
def nothing_unsure() -> Iterator[None]:
    """Say of what fails here that it leaves no message in doubt, however it failed."""
    with _doubt(False):
        yield


@contextmanager
def in_doubt() -> Iterator[None]:
    """Say of what fails here that a message may be out, however it failed."""
    with _doubt(True):
        yield


@contextmanager
def _doubt(unsure: bool) -> Iterator[None]:
    try:
        yield
    except HelpdeskError as error:
        error.unsure = unsure
        raise
