"""The inbox page: where a person plays customer and agent, and reads the help centre."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from connectors.sandbox import deeds
from connectors.sandbox.conversation import Said, entries_of, facts_of
from connectors.sandbox.deeds import CHANNELS, STATUSES
from connectors.sandbox.helpdesk import Helpdesk, Problem, writable
from connectors.sandbox.listing import (
    FILTERS,
    PAGE,
    Names,
    Row,
    asked_for,
    listing_of,
    names_of,
    row_of,
)
from connectors.sandbox.notes import newest_draft
from connectors.sandbox.records import Article, Ticket
from connectors.sandbox.text import clean

_NOTES = {"draft": "Draft", "handoff": "Handoff", "note": "Note"}
_TILES = {
    "needs": "customers wait for a person",
    "draft": "read it, change it, send it",
    "handoff": "for a person, with all they need",
    "solved": "done, and learned from",
}
_ROLES = {"customer": "Customer", "agent": "Agent", "bot": "Bot"}
# The page is built of escaped and cleaned parts; should one slip, the browser still loads nothing.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

Deed = Callable[[Helpdesk, Ticket, deeds.Form, str], None]


class Inbox:
    """The pages. ``kind`` is the helpdesk that the sandbox plays, for its name only."""

    def __init__(self, kind: str, desk: Helpdesk, agent_path: str) -> None:
        self._name = kind.capitalize()
        self._desk = desk
        self._agent_path = agent_path
        # Sandboxes come and go on one port: what a browser keeps belongs to one of them.
        self._born = f"{kind}-{desk.bot.created_at:%Y%m%dT%H%M%S}"

    def blueprint(self) -> Blueprint:
        """Gather the routes."""
        blueprint = Blueprint(
            "inbox",
            __name__,
            template_folder="templates",
            static_folder="static",
            static_url_path="/inbox-static",
        )
        for method, path, view in (
            ("GET", "/", self.start),
            ("GET", "/inbox/new", self.new),
            ("POST", "/inbox/new", self.open_ticket),
            ("GET", "/inbox/tickets/<int:number>", self.ticket),
            ("POST", "/inbox/tickets/<int:number>", self.write),
            ("POST", "/inbox/tickets/<int:number>/customer", self.write_as_customer),
            ("POST", "/inbox/tickets/<int:number>/tags", self.tag),
            ("POST", "/inbox/tickets/<int:number>/fields", self.set_fields),
            ("GET", self._agent_path, self.vendor_address),
            ("GET", "/hc", self.help_centre),
            ("GET", "/hc/articles/<int:number>", self.article),
        ):
            blueprint.add_url_rule(path, f"{method} {view.__name__}", view, methods=[method])
        blueprint.add_app_template_filter(_date, "date")
        blueprint.add_app_template_filter(self._ago, "ago")
        blueprint.add_app_template_filter(_safe, "safe_html")

        blueprint.before_request(self._unchanged)

        @blueprint.after_request
        def protect(answer: Response) -> Response:
            answer.headers["Content-Security-Policy"] = _POLICY
            answer.headers["Cache-Control"] = "no-store"
            answer.headers["Referrer-Policy"] = "same-origin"
            return answer

        return blueprint

    def _page(self, template: str, status: int = 200, **parts: Any) -> Response:
        """Render a page with the list beside it."""
        names = parts.pop("names", None) or names_of(self._desk)
        rows = parts.pop("rows", None) or self._rows(names)
        page = render_template(
            template,
            helpdesk=self._name,
            born=self._born,
            listing=listing_of(rows, asked_for(request.args)),
            filters=FILTERS,
            step=PAGE,
            note_names=_NOTES,
            **parts,
        )
        answer = make_response(page, status)
        if status == 200:
            answer.set_etag(g.version)
        return answer

    def _unchanged(self) -> Response | None:
        """Answer 304 where the asker has the page as it is: it asks every few seconds."""
        # The helpdesk counts its changes; whatever a page shows comes along with one.
        store, address = self._desk.store, crc32(request.full_path.encode())
        g.version = f"{self._born}.{store.last('sequence')}.{store.last('id')}.{address:x}"
        known = request.method == "GET" and request.if_none_match.contains(g.version)
        return make_response("", 304) if known else None

    def _rows(self, names: Names) -> list[Row]:
        return [row_of(ticket, names) for ticket in self._desk.tickets()]

    def _missing(self, what: str) -> Response:
        return self._page("missing.html", 404, what=what)

    # Tickets

    def start(self) -> Response:
        """Show the list, and how much waits."""
        return self._page("start.html", tiles=_TILES)

    def ticket(self, number: int) -> Response:
        """Show one conversation; ``?draft=1`` opens it with the draft in the composer."""
        ticket = self._desk.ticket(number)
        if ticket is None:
            return self._missing(f"ticket {number}")
        draft = newest_draft(ticket, self._desk.people()) if "draft" in request.args else None
        return self._conversation(ticket, {"text": draft.text if draft else "", "kind": "reply"})

    def _conversation(
        self, ticket: Ticket, typed: deeds.Form, problem: str = "", status: int = 200
    ) -> Response:
        names = names_of(self._desk)
        rows = self._rows(names)
        facts = facts_of(row_of(ticket, names), rows)
        return self._page(
            "ticket.html",
            status,
            names=names,
            rows=rows,
            ticket=ticket,
            facts=facts,
            row=facts.row,
            entries=[(isinstance(each, Said), each) for each in entries_of(ticket, names)],
            draft=newest_draft(ticket, names.people),
            seen=max((message.id for message in ticket.messages), default=0),
            writable=_is_writable(ticket),
            choices=deeds.choices(self._desk, ticket),
            statuses=STATUSES,
            roles=_ROLES,
            typed=typed,
            problem=problem,
        )

    def vendor_address(self, number: int) -> BaseResponse:
        """Lead from the address that the vendor's own inbox would have."""
        return redirect(url_for("inbox.GET ticket", number=number))

    def write(self, number: int) -> BaseResponse:
        """Write as agent: a reply or a note, and the status along."""
        return self._do(number, deeds.write)

    def write_as_customer(self, number: int) -> BaseResponse:
        """Reply as the customer."""
        return self._do(number, deeds.write_as_customer)

    def tag(self, number: int) -> BaseResponse:
        """Add tags, or take one away."""
        return self._do(number, deeds.set_tags)

    def set_fields(self, number: int) -> BaseResponse:
        """Set status, priority, group or assignee."""
        return self._do(number, deeds.set_fields)

    def _do(self, number: int, deed: Deed) -> BaseResponse:
        """Do it and show the ticket; a refused form comes back with what was typed."""
        ticket = self._desk.ticket(number)
        if ticket is None:
            return self._missing(f"ticket {number}")
        form = request.form
        try:
            deed(self._desk, ticket, form, _client())
        except Problem as problem:
            text = "played" if deed is deeds.write_as_customer else "text"
            typed = {text: form.get("text", ""), "status": form.get("status", "")}
            typed["kind"] = form.get("kind", "reply")
            status = 409 if isinstance(problem, deeds.WroteMeanwhile) else 400
            return self._conversation(
                self._desk.ticket(number) or ticket, typed, str(problem), status
            )
        return redirect(asked_for(request.args).address(f"/inbox/tickets/{number}"), 303)

    def new(self) -> Response:
        """Show the form by which a customer writes in."""
        return self._page("new.html", typed={}, problem="", channels=CHANNELS)

    def open_ticket(self) -> BaseResponse:
        """A customer writes in."""
        form = {name: value.strip() for name, value in request.form.items()}
        try:
            ticket = deeds.open_ticket(self._desk, form, _client())
        except Problem as problem:
            told = str(problem)
            return self._page("new.html", 400, typed=form, problem=told, channels=CHANNELS)
        return redirect(url_for("inbox.GET ticket", number=ticket.id), 303)

    # Help centre

    def help_centre(self) -> Response:
        """List the articles that anybody may read."""
        shown = [each for each in self._desk.library.articles() if each.visibility == "public"]
        return self._page("articles.html", articles=shown)

    def article(self, number: int) -> Response:
        """Show one article."""
        article = self._desk.store.get(Article, number)
        if article is None or article.visibility != "public":
            return self._missing(f"article {number}")
        return self._page("article.html", article=article)

    def _ago(self, moment: datetime) -> str:
        """Say how long ago something was; the page's script says it the same way."""
        minutes = int((self._desk.now() - moment).total_seconds() // 60)
        for size, unit in ((60 * 24, "d"), (60, "h"), (1, "min")):
            if minutes >= size:
                return f"{minutes // size} {unit}"
        return "<1 min"


def _is_writable(ticket: Ticket) -> bool:
    try:
        writable(ticket)
    except Problem:
        return False
    return True


def _client() -> str:
    return request.headers.get("User-Agent", "")


def _date(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %H:%M}".lstrip("0")


def _safe(html: str) -> Markup:
    return Markup(clean(html))  # noqa: S704 - cleaned here, whatever came before
