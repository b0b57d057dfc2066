"""What tickets are made of: statuses, fields, files, and their figures."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, make_response, request

from connectors.sandbox.caller import base_url
from connectors.sandbox.edits import stamp
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Rating, Ticket
from connectors.zendesk.sandbox.errors import not_found
from connectors.zendesk.sandbox.paging import page_of
from connectors.zendesk.sandbox.routing import add_route
from connectors.zendesk.sandbox.shapes import FILES_AT_MOST, STATUS_IDS, Shape

_LABELS = {"hold": "On-hold"}
_SINCE = "2024-03-01T09:00:00Z"  # when the account began, which nobody asks for
_STEPS = 5
_MIDDLE = 0.5
_NO_FILE = "The sandbox keeps no such file.\n"


class Ticketing:
    """The routes."""

    def __init__(self, desk: Helpdesk, *, surveys: bool) -> None:
        self._desk = desk
        self._surveys = surveys

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        add_route(blueprint, "/custom_statuses", self.statuses)
        add_route(blueprint, "/ticket_fields", self.fields)
        add_route(blueprint, "/guide/survey_responses", self.surveys)
        # A file's address holds its own token, so it needs no credentials.
        blueprint.add_url_rule("/attachments/token/<int:number>/", "file", self.file)

    def statuses(self) -> Shape:
        """Answer the statuses: here a team has none of its own."""
        return {"custom_statuses": [_status(name) for name in STATUS_IDS]}

    def fields(self) -> Shape:
        """Answer the fields of a team's own: those that any ticket has."""
        known = {name for ticket in self._desk.tickets() for name in ticket.custom_fields}
        return page_of(sorted(known), "ticket_fields", _field)

    def surveys(self) -> Shape:
        """Answer the answered surveys about some tickets; none where the account has none."""
        asked = request.args.get("filter[subject_zrns]", "").split(",")
        found = [
            (ticket, rating)
            for ticket in self._desk.tickets()
            if self._surveys and f"zen:ticket:{ticket.id}" in asked
            for rating in ticket.ratings[-1:]
        ]
        return page_of(found, "survey_responses", _survey)

    def file(self, number: int) -> Response:
        """Answer a small text that came with a message; what else came has no content here."""
        message_id, place = divmod(number, FILES_AT_MOST)
        for ticket in self._desk.tickets():
            for message in ticket.messages:
                if message.id == message_id and place < len(message.attachments):
                    return _text(message.attachments[place].content or _NO_FILE)
        raise not_found()


def metrics_shape(ticket: Ticket, staff: set[int]) -> Shape:
    """A ticket's figures; opening hours are round the clock here."""
    replies = [
        said.created_at
        for said in ticket.messages
        if said.public and said.author_id in staff and not said.origin.automatic
    ]
    states = [
        (audit.created_at, change)
        for audit in ticket.audits
        for change in audit.changes
        if change.field == "status"
    ]
    solved = [at for at, change in states if change.value == "solved"]
    took = _minutes(ticket.created_at, replies[0]) if replies else None
    return {
        "id": ticket.id,
        "ticket_id": ticket.id,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "replies": len(replies),
        "reopens": sum(change.previous == "solved" for _, change in states),
        "solved_at": stamp(solved[-1]) if solved else None,
        "reply_time_in_minutes": {"calendar": took, "business": took},
    }


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds() // 60)


def _survey(found: tuple[Ticket, Rating]) -> Shape:
    ticket, rating = found
    at = stamp(rating.created_at)
    steps = [{"rating": step, "label": {"value": str(step)}} for step in range(1, _STEPS + 1)]
    return {
        "id": f"01SURVEY{ticket.id:018d}",
        "survey_id": "01SURVEY",
        "survey_version": 1,
        "expires_at": at,
        "responder_id": ticket.requester_id,
        "subjects": [
            {"type": "zen:ticket", "id": str(ticket.id), "zrn": f"zen:ticket:{ticket.id}"}
        ],
        "answers": [
            {
                "type": "rating_scale",
                "rating": 1 + round(rating.score * (_STEPS - 1)),
                "rating_category": "good" if rating.score > _MIDDLE else "bad",
                "question": {"sub_type": "customer_satisfaction", "options": steps},
                "created_at": at,
                "updated_at": at,
            },
            {
                "type": "open_ended",
                "value": rating.comment,
                "question": {"sub_type": "comment"},
                "created_at": at,
                "updated_at": at,
            },
        ],
    }


def _status(name: str) -> Shape:
    label = _LABELS.get(name, name.capitalize())
    told = dict.fromkeys(("agent_label", "end_user_label"), label)
    return {
        "id": STATUS_IDS[name],
        "status_category": name,
        **told,
        **{f"raw_{part}": label for part in told},
        "description": "",
        "end_user_description": "",
        "active": True,
        "default": True,
        "created_at": _SINCE,
        "updated_at": _SINCE,
    }


def _field(number: str) -> Shape:
    return {
        "id": int(number),
        "url": f"{base_url()}/api/v2/ticket_fields/{number}.json",
        "type": "text",
        "title": f"Field of the team's own {number}",
        "active": True,
        "removable": True,
        "created_at": _SINCE,
        "updated_at": _SINCE,
    }


def _text(content: str) -> Response:
    answer = make_response(content)
    answer.content_type = "text/plain; charset=utf-8"
    answer.headers["Content-Disposition"] = "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
