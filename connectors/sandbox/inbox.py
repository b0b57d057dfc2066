"""The inbox page: where a person plays customer and agent, and reads the help centre."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from connectors.sandbox import views
from connectors.sandbox.edits import Edit
from connectors.sandbox.helpdesk import Helpdesk, Problem
from connectors.sandbox.notes import newest_draft, note_kind
from connectors.sandbox.records import Article, Message, Origin, Person, Ticket
from connectors.sandbox.text import clean, html_of_text

CHANNELS = ("email", "web", "chat")
STATUSES = ("open", "pending", "hold", "solved", "closed")
_SHOWN = 200  # tickets in the list; older ones are reached by their address
_NOTES = {"draft": "Draft", "handoff": "Handoff", "note": "Note"}
# The page is built of escaped and cleaned parts; should one slip, the browser still loads nothing.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Inbox:
    """The pages."""

    def __init__(self, desk: Helpdesk, agent_path: str) -> None:
        self._desk = desk
        self._agent_path = agent_path

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
            ("GET", "/new", self.new),
            ("POST", "/new", self.open_ticket),
            ("GET", "/tickets/<int:number>", self.ticket),
            ("POST", "/tickets/<int:number>", self.write),
            ("POST", "/tickets/<int:number>/tags", self.tag),
            ("GET", self._agent_path, self.vendor_address),
            ("GET", "/hc", self.help_centre),
            ("GET", "/hc/articles/<int:number>", self.article),
        ):
            blueprint.add_url_rule(path, f"{method} {view.__name__}", view, methods=[method])
        blueprint.add_app_template_filter(_date, "date")
        blueprint.add_app_template_filter(_safe, "safe_html")

        @blueprint.after_request
        def protect(answer: Response) -> Response:
            answer.headers["Content-Security-Policy"] = _POLICY
            answer.headers["Cache-Control"] = "no-store"
            return answer

        return blueprint

    def _page(self, template: str, status: int = 200, **parts: Any) -> Response:
        lines = [views.ticket_line(each, self._desk) for each in self._desk.tickets()]
        lines.sort(key=lambda line: (line["updated_at"], line["id"]), reverse=True)
        page = render_template(
            template,
            lines=lines[:_SHOWN],
            channels=CHANNELS,
            statuses=STATUSES,
            note_names=_NOTES,
            **parts,
        )
        return make_response(page, status)

    # Tickets

    def start(self) -> Response:
        """Show the list alone."""
        return self._page("start.html")

    def ticket(self, number: int) -> Response:
        """Show one conversation; ``?draft=1`` opens it with the draft in the composer."""
        ticket = self._desk.ticket(number)
        if ticket is None:
            return self._page("missing.html", 404, what=f"ticket {number}")
        draft = newest_draft(ticket, self._desk.people())
        typed = draft.text if draft and "draft" in request.args else ""
        return self._conversation(ticket, {"text": typed, "kind": "reply"})

    def _conversation(
        self, ticket: Ticket, typed: dict[str, str], problem: str = "", status: int = 200
    ) -> Response:
        people = self._desk.people()
        return self._page(
            "ticket.html",
            status,
            ticket=views.ticket_line(ticket, self._desk),
            entries=[_entry(message, people) for message in ticket.messages],
            draft=newest_draft(ticket, people),
            typed=typed,
            problem=problem,
        )

    def vendor_address(self, number: int) -> BaseResponse:
        """Lead from the address that the vendor's own inbox would have."""
        return redirect(url_for("inbox.GET ticket", number=number))

    def write(self, number: int) -> BaseResponse:
        """Write as agent (reply or note) or as customer, and set the status along."""
        ticket = self._desk.ticket(number)
        if ticket is None:
            return self._page("missing.html", 404, what=f"ticket {number}")
        form = request.form
        text, kind = form.get("text", ""), form.get("kind", "reply")
        try:
            self._write(ticket, text, kind, form.get("status", ""))
        except Problem as problem:
            return self._conversation(ticket, {"text": text, "kind": kind}, str(problem), 400)
        return redirect(url_for("inbox.GET ticket", number=number) + "#end", 303)

    def tag(self, number: int) -> BaseResponse:
        """Add a tag, or take one away."""
        ticket = self._desk.ticket(number)
        if ticket is None:
            return self._page("missing.html", 404, what=f"ticket {number}")
        removed, added = request.form.get("remove"), request.form.get("add", "")
        words = () if removed else added.casefold().replace(",", " ").split()
        tags = (*(tag for tag in ticket.tags if tag != removed), *words)
        origin = Origin("web", _client())
        self._desk.edit(number, Edit(fields={"tags": tags}), actor=self._desk.agent, origin=origin)
        return redirect(url_for("inbox.GET ticket", number=number), 303)

    def _write(self, ticket: Ticket, text: str, kind: str, status: str) -> None:
        if kind not in {"reply", "note", "customer"} or status not in {"", *STATUSES}:
            raise Problem("This form is not one of the inbox's.")
        if not text.strip():
            raise Problem("Please write something first.")
        author = self._desk.agent
        if kind == "customer":
            author = self._desk.people()[ticket.requester_id]
        self._desk.say(
            ticket.id,
            author,
            self._html(ticket, text),
            public=kind != "note",
            origin=Origin(ticket.origin.channel if kind == "customer" else "web", _client()),
            fields={"status": status} if status and kind != "customer" else {},
        )

    def _html(self, ticket: Ticket, text: str) -> str:
        # A draft that was not touched goes out with its lists and links, as from a rich composer.
        draft = newest_draft(ticket, self._desk.people())
        if draft is not None and draft.text.split() == text.split():
            return draft.html
        return html_of_text(text)

    def new(self) -> Response:
        """Show the form by which a customer writes in."""
        return self._page("new.html", typed={}, problem="")

    def open_ticket(self) -> BaseResponse:
        """A customer writes in."""
        form = {name: value.strip() for name, value in request.form.items()}
        try:
            ticket = self._open(form)
        except Problem as problem:
            return self._page("new.html", 400, typed=form, problem=str(problem))
        return redirect(url_for("inbox.GET ticket", number=ticket.id), 303)

    def _open(self, form: dict[str, str]) -> Ticket:
        if not form.get("subject") or not form.get("text"):
            raise Problem("Please give a subject and a message.")
        if "@" not in form.get("email", "") or form.get("channel") not in CHANNELS:
            raise Problem("Please give an e-mail address, such as maya@example.com.")
        with self._desk.store.transaction():
            company = None
            if form.get("organization"):
                company = self._desk.organization(form["organization"], form.get("plan") or None)
            requester = self._desk.person(
                "customer", form.get("name", ""), form["email"], company.id if company else None
            )
            return self._desk.open_ticket(
                form["subject"],
                requester,
                html_of_text(form["text"]),
                Origin(form["channel"], _client()),
            )

    # Help centre

    def help_centre(self) -> Response:
        """List the published articles."""
        shown = [article for article in self._desk.articles() if not article.draft]
        return self._page("articles.html", articles=shown)

    def article(self, number: int) -> Response:
        """Show one article."""
        article = self._desk.store.get(Article, number)
        if article is None or article.draft:
            return self._page("missing.html", 404, what=f"article {number}")
        return self._page("article.html", article=article)


def _entry(message: Message, people: dict[int, Person]) -> dict[str, Any]:
    author = people[message.author_id]
    kind = note_kind(message, author)
    side = author.role if message.public else "internal"
    return {"message": message, "author": author, "note": kind, "side": side}


def _client() -> str:
    return request.headers.get("User-Agent", "")


def _date(moment: datetime | str) -> str:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment.astimezone(UTC):%d %b %H:%M}".lstrip("0")


def _safe(html: str) -> Markup:
    return Markup(clean(html))  # noqa: S704 - cleaned here, whatever came before
