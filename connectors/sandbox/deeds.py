"""What a person does with the inbox's forms; raises ``Problem`` where a form makes no sense."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from typing import Any

from connectors.sandbox.conversation import meanwhile
from connectors.sandbox.edits import Edit
from connectors.sandbox.helpdesk import Helpdesk, Problem, writable
from connectors.sandbox.listing import names_of
from connectors.sandbox.notes import newest_draft
from connectors.sandbox.records import Attachment, Group, Origin, Ticket
from connectors.sandbox.text import clean, html_of_text, text_of_html

CHANNELS = ("email", "web", "chat")
STATUSES = ("open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
_STRANGE = "This form is not one of the inbox's."
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Form = Mapping[str, str]


class WroteMeanwhile(Problem):
    """Somebody wrote while the agent was typing: to be read before anything is sent."""


def write(desk: Helpdesk, ticket: Ticket, form: Form, client: str) -> None:
    """Write as agent, a reply or a note, and set the status along."""
    kind, status = form.get("kind", "reply"), form.get("status", "")
    if kind not in {"reply", "note"} or status not in {"", *STATUSES}:
        raise Problem(_STRANGE)
    html = _html(desk, ticket, form)
    with desk.store.transaction():
        _nobody_between(desk, ticket.id, form.get("seen", ""))
        desk.say(
            ticket.id,
            desk.agent,
            html,
            public=kind == "reply",
            origin=Origin("web", client),
            fields={"status": status} if status else {},
        )


def _html(desk: Helpdesk, ticket: Ticket, form: Form) -> str:
    """Read what was typed: ``html`` comes from the rich composer, ``text`` from the plain one."""
    html = clean(form.get("html", "")) or html_of_text(form.get("text", ""))
    text = text_of_html(html)
    if not text:
        raise Problem("Please write something first.")
    # A draft that was not touched goes out as it stands, lists and links and all.
    draft = newest_draft(ticket, desk.people())
    return draft.html if draft is not None and draft.text.split() == text.split() else html


def _nobody_between(desk: Helpdesk, number: int, seen: str) -> None:
    ticket = desk.ticket(number)
    if ticket is None or not seen.isdecimal() or len(seen) > 18:
        return
    name = meanwhile(ticket, int(seen), names_of(desk))
    if name is not None:
        raise WroteMeanwhile(f"{name} wrote meanwhile: have a look, then send again.")


def write_as_customer(desk: Helpdesk, ticket: Ticket, form: Form, client: str) -> None:
    """The customer replies."""
    text, files = form.get("text", "").strip(), _files(form)
    if not text and not files:
        raise Problem("Please write something first.")
    desk.say(
        ticket.id,
        desk.people()[ticket.requester_id],
        html_of_text(text),
        origin=Origin(ticket.origin.channel, client),
        attachments=files,
    )


def set_tags(desk: Helpdesk, ticket: Ticket, form: Form, client: str) -> None:
    """Add tags, or take one away."""
    removed, added = form.get("remove"), form.get("add", "")
    words = () if removed else added.casefold().replace(",", " ").split()
    desk.retag(
        ticket.id,
        add=words,
        remove=[removed] if removed else [],
        actor=desk.agent,
        origin=Origin("web", client),
        guard=writable,
    )


def choices(desk: Helpdesk, ticket: Ticket) -> dict[str, list[tuple[Any, str]]]:
    """List what a ticket's fields may be set to, each value with its name."""
    now = () if ticket.status in STATUSES else (ticket.status,)
    staff = [person for person in desk.people().values() if person.staff]
    return {
        "status": [(each, each) for each in (*now, *STATUSES)],
        "priority": [(each, each) for each in PRIORITIES],
        "group_id": [(group.id, group.name) for group in desk.store.all(Group)],
        "assignee_id": [(person.id, person.name) for person in staff],
    }


def set_fields(desk: Helpdesk, ticket: Ticket, form: Form, client: str) -> None:
    """Set those of status, priority, group and assignee that the form has."""
    fields: dict[str, Any] = {}
    for name, options in choices(desk, ticket).items():
        if name not in form:
            continue
        known = {str(value): value for value, _ in options}
        if name != "status":
            known[""] = None
        if form[name] not in known:
            raise Problem(_STRANGE)
        fields[name] = known[form[name]]
    _edit(desk, ticket, fields, client)


def _edit(desk: Helpdesk, ticket: Ticket, fields: Mapping[str, Any], client: str) -> None:
    origin = Origin("web", client)
    desk.edit(ticket.id, Edit(fields=fields), actor=desk.agent, origin=origin, guard=writable)


def open_ticket(desk: Helpdesk, form: Form, client: str) -> Ticket:
    """A customer writes in."""
    if not form.get("subject") or not form.get("text"):
        raise Problem("Please give a subject and a message.")
    if "@" not in form.get("email", ""):
        raise Problem("Please give an e-mail address, such as maya@example.com.")
    if form.get("channel") not in CHANNELS:
        raise Problem(_STRANGE)
    since, page = form.get("customer_since", ""), form.get("page_url", "")
    if since and not _DATE.fullmatch(since):
        raise Problem("Please give the day they became a customer like 2023-04-01.")
    if page and not page.startswith(("https://", "http://")):
        raise Problem("Please give the page's whole address, such as https://example.com/billing.")
    with desk.store.transaction():
        company = None
        if form.get("organization"):
            tags = ["vip"] if form.get("vip") else None
            plan = form.get("plan") or None
            company = desk.organization(form["organization"], plan, tags, since or None)
        requester = desk.person(
            "customer", form.get("name", ""), form["email"], company.id if company else None
        )
        return desk.open_ticket(
            form["subject"],
            requester,
            html_of_text(form["text"]),
            Origin(form["channel"], client),
            page_url=page,
            attachments=_files(form),
        )


def _files(form: Form) -> list[Attachment]:
    names = [name.strip() for name in form.get("attachment", "").split(",")]
    usual = "application/octet-stream"
    return [Attachment(name, mimetypes.guess_type(name)[0] or usual) for name in names if name]
