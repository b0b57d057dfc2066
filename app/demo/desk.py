"""The sandbox helpdesk as a demo uses it: customers who write, agents who answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from app.demo.company import DemoArticle, DemoTicket

TIMEOUT = 30.0
_NOT_IN_MAIL = re.compile(r"[^A-Za-z0-9.-]+")


class Desk:
    """A client of the sandbox's control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def set_articles(self, articles: Sequence[DemoArticle]) -> dict[str, str]:
        """Make these the help centre; tells under which id each is now found."""
        body = {"articles": [_article(article) for article in articles]}
        found = self._call("PUT", "/sandbox/articles", body)["articles"]
        return {str(given): str(number) for given, number in found.items()}

    def open_ticket(self, ticket: DemoTicket) -> str:
        """Write in as a customer, all lines of it; returns the ticket's id."""
        body = {
            "subject": ticket.subject or _first_words(ticket.text) or "(no subject)",
            "text": ticket.text,
            "requester": _requester(ticket),
            "channel": ticket.channel,
            "attachments": [file.model_dump() for file in ticket.attachments],
            "page_url": ticket.page,
        }
        ticket_id = str(self._call("POST", "/sandbox/tickets", body)["id"])
        for line in ticket.then:
            self.write(ticket_id, line)
        return ticket_id

    def write(self, ticket_id: str, text: str) -> None:
        """Write one more line on a ticket, as its customer."""
        line = {"as": "customer", "text": text}
        self._call("POST", f"/sandbox/tickets/{ticket_id}/messages", line)

    def answer(self, ticket_id: str, text: str | None, agent: str) -> None:
        """Reply in public as an agent and solve the ticket; without a text, send the draft."""
        body: dict[str, Any] = {
            "as": "agent",
            "author": {
                "name": agent,
                "email": f"{_NOT_IN_MAIL.sub('.', agent)}@agents.example",
            },
            "public": True,
            "status": "solved",
        }
        body.update({"use_draft": True} if text is None else {"text": text})
        self._call("POST", f"/sandbox/tickets/{ticket_id}/messages", body)

    def draft(self, ticket_id: str) -> str | None:
        """Read the newest draft on a ticket, as plain text."""
        draft = self.ticket(ticket_id).get("draft")
        return str(draft["text"]) if draft else None

    def bot_notes(self, ticket_id: str) -> int:
        """Count the notes that the bot wrote on a ticket."""
        messages = self.ticket(ticket_id)["messages"]
        return sum(1 for message in messages if message["note"] is not None)

    def ticket(self, ticket_id: str) -> Mapping[str, Any]:
        """Read everything about a ticket."""
        return self._call("GET", f"/sandbox/tickets/{ticket_id}")

    def tickets(self) -> int:
        """Count the tickets there are."""
        return len(self._call("GET", "/sandbox/tickets")["tickets"])

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = requests.request(method, self.url + path, json=body, timeout=TIMEOUT)
        if not answer.ok:
            raise RuntimeError(f"The sandbox refused {method} {path}: {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found


def _article(article: DemoArticle) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "body": article.body,
        "format": article.format,
        "url": article.url,
        "section": article.section,
        "labels": list(article.labels),
        "visibility": article.visibility,
        "updated": article.updated and article.updated.isoformat(),
    }


def _requester(ticket: DemoTicket) -> dict[str, Any]:
    person, company = ticket.requester, ticket.requester.organization
    requester: dict[str, Any] = {
        "name": person.name or "A customer",
        "email": person.email or f"{_NOT_IN_MAIL.sub('-', ticket.id)}@customers.example",
    }
    if company is not None:
        requester["organization"] = company.model_dump(mode="json")
    return requester


def _first_words(text: str, length: int = 70) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else words[:length].rsplit(" ", 1)[0] + " ..."
