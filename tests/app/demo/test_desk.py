"""What customers write reaches the sandbox helpdesk whole: lines, files, pages, companies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.demo.company import DemoArticle, DemoTicket, load_articles, load_tickets
from app.demo.desk import Desk
from connectors.sandbox.app import Sandbox, build, facade_of

BASE = "http://127.0.0.1:1"


class InProcess(Desk):
    """The demo's client, on a sandbox without a socket."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(BASE)
        self.sandbox = sandbox
        self._client = sandbox.app.test_client()

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = self._client.open(path, method=method, json=body)
        if answer.status_code >= 400:
            raise RuntimeError(answer.text)
        return dict(answer.get_json())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[InProcess]:
    sandbox = build("zendesk", facade_of("zendesk", {}), tmp_path, "http://127.0.0.1:9/webhooks/x")
    yield InProcess(sandbox)
    sandbox.close()


def written(desk: Desk, **fields: object) -> dict[str, Any]:
    ticket = DemoTicket.model_validate({"id": "t 1", "text": "How do I export?", **fields})
    return dict(desk.ticket(desk.open_ticket(ticket)))


def test_everything_about_a_ticket_arrives(desk: InProcess) -> None:
    company = {"name": "Nordlicht", "plan": "Atelier", "customer_since": "2023-04-01"}
    person = {"name": "Maya", "email": "maya@nordlicht.example"}
    told = written(
        desk,
        subject="Export",
        channel="chat",
        page="https://app.kilnhour.example/settings/data",
        attachments=[{"name": "screen.png", "content_type": "image/png"}],
        requester={**person, "organization": {**company, "tags": ["vip"]}},
    )
    (message,) = told["messages"]
    assert (told["subject"], told["channel"]) == ("Export", "chat")
    assert told["page_url"] == "https://app.kilnhour.example/settings/data"
    assert [file["name"] for file in message["attachments"]] == ["screen.png"]
    assert message["author"]["name"] == "Maya"
    assert message["author"]["organization"] == {**company, "tags": ["vip"]}


def test_lines_in_a_row_are_messages_of_the_same_customer(desk: InProcess) -> None:
    told = written(desk, text="hi", then=["the export", "where is it?"])
    assert [message["text"] for message in told["messages"]] == ["hi", "the export", "where is it?"]
    assert len({message["author"]["email"] for message in told["messages"]}) == 1


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ({"subject": "Export"}, "Export"),
        ({"subject": ""}, "How do I export?"),
        ({"text": "word " * 40}, " ".join(["word"] * 14) + " ..."),
        ({"text": "", "attachments": [{"name": "a.png"}]}, "(no subject)"),
    ],
)
def test_a_ticket_without_a_subject_is_called_by_its_first_words(
    desk: InProcess, fields: dict[str, object], subject: str
) -> None:
    assert written(desk, **fields)["subject"] == subject


def test_somebody_without_an_address_gets_one(desk: InProcess) -> None:
    told = written(desk)
    assert told["messages"][0]["author"]["email"] == "t-1@customers.example"


def test_articles_come_with_their_place_and_their_age(desk: InProcess) -> None:
    place: dict[str, Any] = {"section": "Shop", "labels": ["area:shop"], "visibility": "internal"}
    article = DemoArticle(id="a", title="T", body="B", updated=date(2026, 2, 1), **place)
    desk.set_articles([article])
    (found,) = desk.sandbox.desk.library.articles()
    assert (found.given, found.section, found.labels) == ("a", "Shop", ("area:shop",))
    assert found.visibility == "internal"
    assert found.updated_at.date() == date(2026, 2, 1)


def test_the_whole_company_is_taken(desk: InProcess) -> None:
    articles, tickets = load_articles(), load_tickets()
    assert set(desk.set_articles(articles)) == {article.id for article in articles}
    for ticket in tickets:
        desk.open_ticket(ticket)
    assert desk.tickets() == len(tickets)
