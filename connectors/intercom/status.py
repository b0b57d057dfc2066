"""Where a ticket stands after we wrote: open for a person, waiting for the customer, or solved.

By then all messages are out. Intercom has no call that does several things, so the status comes
last: a reply may open what was closed.
"""

from __future__ import annotations

from connectors.errors import HelpdeskError
from connectors.intercom import wire
from connectors.intercom.client import VENDOR
from connectors.intercom.messages import CUSTOMERS, is_operator
from connectors.intercom.routing import Attempt, manage
from connectors.types import Status
from connectors.writing import nothing_unsure

_WAITS, _IN_PROGRESS = "waiting_on_customer", "in_progress"


def set_status(attempt: Attempt, *, again: bool = False) -> None:
    """Set the status that is asked for; what Intercom has no status for is told.

    ``again`` sets what an earlier attempt did not reach, unless somebody did anything since: a
    customer who wrote, or a teammate who closed or took it without a word, knows better. A refusal
    is told, too. What may pass is raised for a note, whose repetition sets the status, and told
    after a reply: that the customer has it is what counts.
    """
    if _is_so(attempt) or (again and not _settable(attempt)):
        return
    try:
        with nothing_unsure():
            if not (again and _touched(attempt)):
                _set(attempt)
    except HelpdeskError as error:
        if not error.permanent and attempt.change.reply is None:
            raise
        attempt.fallbacks.append(f"the status is not {attempt.change.status}: {error}")


def _is_so(attempt: Attempt) -> bool:
    # A write may have moved it: to assign opens what is closed, and so may a note.
    wanted, present = attempt.change.status, attempt.stands or attempt.ticket.status
    # What nobody has begun with is as open as can be.
    new = (wanted, present) == (Status.OPEN, Status.NEW)
    return wanted is None or wanted is present or new


def _settable(attempt: Attempt) -> bool:
    wanted = attempt.change.status
    waits = wanted is Status.PENDING and attempt.of_ticket
    return waits or wanted in (Status.OPEN, Status.SOLVED)


def _set(attempt: Attempt) -> None:
    match attempt.change.status:
        case Status.OPEN:
            _open(attempt)
        case Status.SOLVED:
            manage(attempt, {"message_type": "close", "type": "admin"}, {"open": False})
            _told_unless(attempt, attempt.stands is Status.SOLVED)
        case Status.PENDING if attempt.of_ticket:
            _told_unless(attempt, _move(attempt, _WAITS))
        case Status.PENDING:
            # To snooze it would hide it from the team, to close it would count it as done.
            attempt.fallbacks.append(
                f"{VENDOR} has no status pending for conversations: it stays open, and is shown as "
                "waiting for the customer since it was answered"
            )
        case other:
            attempt.fallbacks.append(f"{VENDOR} has no status {other} that we could set")


def _open(attempt: Attempt) -> None:
    manage(attempt, {"message_type": "open"}, {"open": True})
    done = attempt.stands in (Status.OPEN, Status.NEW)
    # A ticket may be open in the inbox and, by its state, resolved or waiting for the customer.
    if not done and attempt.of_ticket:
        done = _move(attempt, _IN_PROGRESS)
    _told_unless(attempt, done)


def _move(attempt: Attempt, category: str) -> bool:
    """Give a ticket a state of a category, where its type has one."""
    state = attempt.client.state_id(attempt.ticket.id, category)
    if state is None:
        attempt.fallbacks.append(f"{VENDOR} has no state {category} for this type of ticket")
        return False
    answer = manage(attempt, {}, {"ticket_state_id": state})
    told = answer.ticket_state
    return (told.category if isinstance(told, wire.State) else told) == category


def _told_unless(attempt: Attempt, done: bool) -> None:
    if not done:
        attempt.fallbacks.append(f"{VENDOR} did not set the status to {attempt.change.status}")


def _touched(attempt: Attempt) -> bool:
    """Tell whether a person did anything after our message; so it counts where that is not."""
    raw = wire.read(wire.Thread, attempt.client.get(attempt.path))
    parts = sorted(raw.parts, key=_moment)
    ids, ours = [part.id for part in parts], attempt.reply_id or attempt.note_id
    if ours not in ids:
        return True
    return any(_by_another(part.author, attempt.admin_id) for part in parts[ids.index(ours) + 1 :])


def _moment(part: wire.Part) -> float:
    return part.created_at.timestamp() if part.created_at else 0.0


def _by_another(author: wire.Author | None, admin_id: str) -> bool:
    if author is None or author.from_ai_agent or is_operator(author.email):
        return False
    return author.type in {"admin", *CUSTOMERS} and author.id != admin_id
