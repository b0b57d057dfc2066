"""The account's automation rules, whose action is to trigger a webhook: when, and with what body.

Freshdesk signs nothing, numbers nothing and tells no time: a body is what an admin has typed.
``created`` is a rule for new tickets; ``customer_replied``, ``agent_replied`` and the optional
``changed`` are rules for updates. The bot is excluded from them, unless the settings say not.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from flask import has_request_context

from connectors.freshdesk.sandbox import codes
from connectors.freshdesk.sandbox.settings import Settings
from connectors.freshdesk.sandbox.shapes import TICKET_TYPE
from connectors.sandbox.caller import base_url
from connectors.sandbox.facade import Announcement
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attempt, Happening, Person, Ticket

RULE_HEADER = "X-Understudy-Secret"
BASIC_USER = "understudy"
# "after 5 min, then +30 min, then +60 min" (Freshdesk's internal support article); the help pages
# say 48 times every 30 minutes. Whichever holds: there are repetitions, and there is an end.
_WAITS = (300.0, 1800.0, 3600.0)
# Zulip's own tests post JSON with a form's content type.
_FORM = "application/x-www-form-urlencoded"
_TYPES = {"zulip": _FORM, "form": _FORM, "xml": "application/xml"}
_WATCHED = {"priority", "tags", "group_id", "assignee_id"}


def announcements(
    happenings: Sequence[Happening], desk: Helpdesk, settings: Settings, chance: Random
) -> list[Announcement]:
    """Run the rules over one edit; each of them fires once at most."""
    people = desk.people()
    found: list[Announcement] = []
    for rule in _fired(happenings, people, settings):
        first = happenings[0]
        if rule in {each.kind for each in found}:
            continue
        number = f"{chance.getrandbits(64):016x}"  # for the sandbox's own list of deliveries
        body = _body(rule, happenings, first.ticket, people, settings.style)
        found.append(Announcement(number, number, rule, first.ticket.id, body))
    return found


def _fired(
    happenings: Sequence[Happening], people: Mapping[int, Person], settings: Settings
) -> Iterator[str]:
    for each in happenings:
        actor = people[each.audit.author_id]
        if each.kind == "created":
            yield "created"
            continue
        if actor.role == "bot" and not settings.rules_see_bot:
            continue
        replied = _reply_rule(each, actor)
        if replied:
            yield replied
        if settings.update_rule and _updated(each):
            yield "changed"


def _reply_rule(happening: Happening, actor: Person) -> str:
    """Name the rule for a reply; survey answers, forwards and other rules' messages have none."""
    message = happening.message
    if message is None or message.kind != "message" or not message.public:
        return ""
    if not actor.staff:
        return "customer_replied"
    return "" if message.origin.automatic else "agent_replied"


def _updated(happening: Happening) -> bool:
    """Whether the rule for updates looks at it: some fields, notes, deletion, spam, merging."""
    if happening.message is not None:
        return not happening.message.public
    change = happening.change
    if change is None or happening.kind != "changed":
        return change is not None
    if change.field == "status":
        return codes.status_code(change.previous) != codes.status_code(change.value)
    return change.field in _WATCHED


def _body(
    rule: str,
    happenings: Sequence[Happening],
    ticket: Ticket,
    people: Mapping[int, Person],
    style: str,
) -> str:
    values = {"ticket_id": str(ticket.id), "event": rule}
    if style == "zulip":
        return json.dumps({"freshdesk_webhook": _zulip(happenings, ticket, people)}, indent=4)
    if style == "form":
        return urlencode(values)
    if style == "xml":
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><freshdesk_webhook>{inner}</freshdesk_webhook>'
        )
    if style == "broken":
        # A subject typed into hand-written JSON; its quotes and line ends are not escaped.
        return (
            f'{{"ticket_id": "{ticket.id}", "event": "{rule}", "subject": "{ticket.subject}", '
            f'"text": "{ticket.messages[-1].text}"}}'
        )
    return json.dumps(values)


def _zulip(
    happenings: Sequence[Happening], ticket: Ticket, people: Mapping[int, Person]
) -> Mapping[str, Any]:
    """Fill in the template that Zulip's guide has admins type: strings only, labels for codes."""
    requester = people[ticket.requester_id]
    labels = codes.STATUS_LABELS[codes.status_code(ticket.status)]
    return {
        "triggered_event": _triggered(happenings),
        "ticket_id": str(ticket.id),
        "ticket_url": f"{_account_url()}/helpdesk/tickets/{ticket.id}",
        "ticket_type": str(ticket.custom_fields.get(TICKET_TYPE) or ""),
        "ticket_subject": ticket.subject,
        "ticket_description": f"<div>{ticket.messages[0].html}</div>",
        "ticket_status": labels[0],
        "ticket_priority": codes.PRIORITY_LABELS[codes.priority_code(ticket.priority)],
        "requester_name": requester.name,
        "requester_email": requester.email,
    }


def _account_url() -> str:
    """The sandbox's own address, as long as somebody's call is what fired the rule."""
    return base_url() if has_request_context() else "http://127.0.0.1"


def _triggered(happenings: Sequence[Happening]) -> str:
    """Render ``{{triggered_event}}``: JSON without quotes, and only the first of the changes."""
    for each in happenings:
        if each.kind == "created":
            return "{ticket_action:created}"
        if each.message is not None:
            return f"{{note_type:{'public' if each.message.public else 'private'}}}"
        change = each.change
        if change is not None and change.field in {"status", "priority"}:
            code: Any = codes.status_code if change.field == "status" else codes.priority_code
            old, new = code(change.previous), code(change.value)
            return f"{{{change.field}:{{from:{old},to:{new}}}}}"
    return ""  # it may be missing altogether


def request_headers(settings: Settings) -> Mapping[str, str]:
    """The headers that the admin has set: the content type, and who may call."""
    told = {"Content-Type": _TYPES.get(settings.style, "application/json")}
    if settings.auth == "basic":
        pair = f"{BASIC_USER}:{settings.webhook_secret}".encode()
        return {**told, "Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {**told, RULE_HEADER: settings.webhook_secret}


def wait_before_next(attempts: Sequence[Attempt]) -> float | None:
    """Wait longer each time, then give up; nobody's ``Retry-After`` is heeded."""
    tried = len(attempts) - 1
    return _WAITS[tried] if tried < len(_WAITS) else None
