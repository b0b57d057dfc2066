"""Agents' saved replies as Intercom's macros; those of the settings have no text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape

from connectors.intercom.sandbox.people import Shape
from connectors.sandbox.records import Group, Reply
from connectors.sandbox.text import text_of_html

USUAL = 50  # on a page
_MANY = 30  # "When returning 30+ macros, body rendering may be skipped for performance"
_FIRST = 4_711
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def macro_shape(reply: Reply, groups: Sequence[Group]) -> Shape:
    """A macro; placeholders come as XML. One for notes is shown to teams, not to everyone."""
    teams = [reply.group_id] if reply.group_id else [group.id for group in groups]
    everyone = reply.public and reply.group_id is None
    body = _PLACEHOLDER.sub(lambda found: f'<attribute key="{escape(found[1])}"/>', reply.html)
    return {
        **_head(reply.id, reply.name, reply.created_at),
        "body": body,
        "body_text": text_of_html(reply.html),
        "updated_at": reply.updated_at.isoformat(),
        "visible_to": "everyone" if everyone else "specific_teams",
        "visible_to_team_ids": [] if everyone else [str(team) for team in teams],
    }


def bare_macro(place: int, name: str, at: datetime) -> Shape:
    """A macro without a text, known by the settings."""
    return _head(_FIRST + place, name, at)


def rendered(macros: Sequence[Shape]) -> list[Shape]:
    """A page of macros; of many at once the texts are left out."""
    if len(macros) < _MANY:
        return list(macros)
    return [{**each, "body": None, "body_text": None} for each in macros]


def _head(number: int, name: str, at: datetime) -> Shape:
    return {
        "type": "macro",
        "id": str(number),
        "name": name,
        "body": "",
        "body_text": "",
        "created_at": at.isoformat(),
        "updated_at": at.isoformat(),
        "visible_to": "everyone",
        "visible_to_team_ids": [],
        "available_on": ["inbox"],
    }
