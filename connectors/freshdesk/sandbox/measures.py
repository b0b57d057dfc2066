"""What Freshdesk counts by itself: when things happened to a ticket, and how it was rated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connectors.freshdesk.sandbox.codes import status_code
from connectors.freshdesk.sandbox.conversations import People
from connectors.freshdesk.sandbox.shapes import Shape
from connectors.sandbox.edits import stamp
from connectors.sandbox.records import Ticket

_SCALE = (103, 102, 101, 100, -101, -102, -103)  # seven points, best first
_ARCHIVED_AFTER = timedelta(days=120)
_SURVEY_ID, _QUESTION_ID = 8_447_346_621_305, 8_447_346_621_306
_RATING = re.compile(r"\s*(-?10[0-3])\b")


def stats_of(ticket: Ticket, people: People) -> Shape:
    """When things happened, as ``include=stats`` tells."""
    spoken = [m for m in ticket.messages[1:] if m.public and m.kind != "forward"]
    agents = [m.created_at for m in spoken if people[m.author_id].staff]
    customers = [m.created_at for m in spoken if not people[m.author_id].staff]
    turns = [
        (change.previous, change.value, audit.created_at)
        for audit in ticket.audits
        for change in audit.changes
        if change.field == "status" and status_code(change.previous) != status_code(change.value)
    ]
    done = {"solved", "closed"}
    solved = [at for old, new, at in turns if new in done and old not in done]
    reopened = [at for old, new, at in turns if old in done and new not in done]
    times: Mapping[str, datetime | None] = {
        "agent_responded_at": _last(agents),
        "requester_responded_at": _last(customers),
        "first_responded_at": agents[0] if agents else None,
        "status_updated_at": _last([at for *_, at in turns]) or ticket.created_at,
        "reopened_at": _last(reopened),
        "resolved_at": _last(solved) if ticket.status in done else None,
        "closed_at": _last([at for _, new, at in turns if new == "closed"])
        if ticket.status == "closed"
        else None,
        "pending_since": _last([at for _, new, at in turns if new == "pending"])
        if ticket.status == "pending"
        else None,
    }
    return {name: at and stamp(at) for name, at in times.items()}


def is_archived(ticket: Ticket, now: datetime) -> bool:
    """Whether a ticket was put away, so long after it was closed."""
    if ticket.status != "closed":
        return False
    turns = [
        audit.created_at
        for audit in ticket.audits
        for change in audit.changes
        if change.field == "status" and change.value == "closed"
    ]
    return bool(turns) and now - turns[-1] > _ARCHIVED_AFTER


def _last(moments: Sequence[datetime]) -> datetime | None:
    return moments[-1] if moments else None


def survey_shape(created: str) -> Shape:
    """The account's survey: two questions, of which the first is the default one."""
    usual = {"id": "default_question", "default": True}
    other = {"id": f"question_{_QUESTION_ID}", "default": False}
    label = "How would you rate your overall satisfaction with the resolution?"
    return {
        "id": _SURVEY_ID,
        "title": "Default Survey",
        "active": True,
        "created_at": created,
        "updated_at": created,
        "questions": [
            {**each, "label": label, "accepted_ratings": list(_SCALE)} for each in (usual, other)
        ],
    }


def ratings_of(ticket: Ticket) -> list[Shape]:
    """A ticket's answers to the survey.

    The rating is the score that was given, else the number that the feedback begins with (-103
    worst, 100 neutral, 103 best), and the best one where there is none: the sandbox's inbox asks
    for words only.
    """
    found = []
    for message in ticket.messages:
        if message.kind != "feedback":
            continue
        given = _RATING.match(message.text)
        rating = int(given[1]) if given else 103
        if message.score is not None:
            rating = _SCALE[round((1 - message.score) * (len(_SCALE) - 1))]
        found.append(
            {
                "id": message.id + 1,
                "survey_id": _SURVEY_ID,
                "user_id": message.author_id,
                "agent_id": ticket.assignee_id,
                "feedback": message.text[given.end() if given else 0 :].strip() or None,
                "group_id": ticket.group_id,
                "ticket_id": ticket.id,
                "created_at": stamp(message.created_at),
                "updated_at": stamp(message.created_at),
                "ratings": {"default_question": rating, f"question_{_QUESTION_ID}": rating},
            }
        )
    return found
