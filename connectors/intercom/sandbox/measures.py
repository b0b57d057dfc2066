"""What Intercom counts by itself: who waits since when, ratings, and the statistics."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.intercom.sandbox.parts import Part
from connectors.intercom.sandbox.people import Shape, admin_id, contact_reference, unix
from connectors.sandbox.records import Message, Person, Ticket

_SCORE = re.compile(r"\b[1-5]\b")
_BAD = re.compile(r"\b(bad|poor|unhappy|terrible|awful|not|no|wrong)\b", re.IGNORECASE)
People = Mapping[int, Person]


def waiting_since(ticket: Ticket, parts: Sequence[Part], people: People) -> int | None:
    """Since when the customer has waited for a teammate; ``None`` where nobody waits."""
    waiting: int | None = unix(ticket.created_at)
    for part in parts:
        if part.author_id is None or part.html is None or part.kind == "note":
            continue
        if people[part.author_id].staff:
            waiting = None
        elif waiting is None:
            waiting = unix(part.at)
    if parts and parts[-1].state == "closed":
        return None
    return waiting


def rating(ticket: Ticket, people: People) -> Shape | None:
    """The latest rating: a number in the customer's answer to the survey, else a good or bad one.

    ``created_at`` is when Intercom asked: when the team had last written.
    """
    answers = [message for message in ticket.messages if message.kind == "feedback"]
    if not answers:
        return None
    latest = answers[-1]
    before = ticket.messages[: ticket.messages.index(latest)]
    ours = [message for message in before if message.public and people[message.author_id].staff]
    asked = ours[-1].created_at if ours else ticket.created_at
    found = {
        "rating": score(latest),
        "remark": latest.text,
        "created_at": unix(asked),
        "updated_at": unix(latest.created_at),
        "contact": contact_reference(people[ticket.requester_id]),
    }
    if ours:
        teammate = people[ours[-1].author_id]
        found["teammate"] = {"type": "admin", "id": str(admin_id(teammate))}
    return found


def score(message: Message) -> int:
    """Read a rating of one to five out of an answer."""
    if message.score is not None:
        return 1 + round(message.score * 4)
    found = _SCORE.search(message.text)
    if found:
        return int(found[0])
    return 1 if _BAD.search(message.text) else 5


def statistics(ticket: Ticket, parts: Sequence[Part], people: People) -> Shape:
    """The statistics, as far as they follow from the parts."""
    closes = [part for part in parts if part.kind == "close"]
    assigned = [part for part in parts if part.kind in {"assignment", "assign_and_reopen"}]
    said = [part for part in parts if part.html and part.kind != "note" and part.author_id]
    ours = [part for part in said if people[part.author_id or 0].staff]
    theirs = [part for part in said if not people[part.author_id or 0].staff]
    begun = unix(ticket.created_at)
    reopened = ("open", "assign_and_reopen")

    def at(found: Sequence[Part], place: int) -> int | None:
        return unix(found[place].at) if found else None

    def after(found: Sequence[Part], place: int) -> int | None:
        return unix(found[place].at) - begun if found else None

    closer = closes[-1].author_id if closes else None
    return {
        "type": "conversation_statistics",
        "time_to_assignment": after(assigned, 0),
        "time_to_admin_reply": after(ours, 0),
        "time_to_first_close": after(closes, 0),
        "time_to_last_close": after(closes, -1),
        "median_time_to_reply": None,
        "first_contact_reply_at": begun,
        "first_assignment_at": at(assigned, 0),
        "first_admin_reply_at": at(ours, 0),
        "first_close_at": at(closes, 0),
        "last_assignment_at": at(assigned, -1),
        "last_assignment_admin_reply_at": None,
        "last_contact_reply_at": at(theirs, -1) or begun,
        "last_admin_reply_at": at(ours, -1),
        "last_close_at": at(closes, -1),
        "last_closed_by_id": str(admin_id(people[closer])) if closer else None,
        "count_reopens": sum(part.kind in reopened for part in parts),
        "count_assignments": len(assigned),
        "count_conversation_parts": len(parts),
        "assigned_team_first_response_time": [],
        "assigned_team_first_response_time_in_office_hours": [],
        "handling_time": None,
    }
