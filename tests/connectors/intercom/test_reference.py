"""Against Intercom's own descriptions and captured notifications: everything in them is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connectors.intercom import answers, mapping, webhook, wire
from connectors.intercom.articles import articles_of, canned_from_intercom
from connectors.intercom.client import NEWEST
from connectors.intercom.people import People, account
from connectors.types import EventKind, Ticket
from tests.connectors.described import parse
from tests.connectors.intercom.support import CONFIG, delivery, fixture

pytestmark = pytest.mark.reference

VERSIONS = ("2.15", "2.16")
# (component, fixture); a component's name in the official files.
ANSWERS = [
    ("conversation", "conversation"),
    ("conversation", "note_answer"),
    ("conversation", "reply_answer"),
    ("ticket", "ticket"),
    ("ticket_reply", "ticket_note_answer"),
    ("contact", "contact"),
    ("contact_attached_companies", "companies"),
    ("tag_list", "contact_tags"),
    ("tag_list", "tags"),
    ("team_list", "teams"),
    ("admin_with_app", "me"),
    ("admin", "admin"),
    ("conversation_list", "search_conversations"),
    ("ticket_list", "search_tickets"),
    ("article_list", "articles"),
    ("internal_article_list", "internal_articles"),
    ("error", "error_not_found"),
]
# Where our fixtures are right and the description is not: the end of a place → reason.
EXCEPTIONS = {
    "ticket_attributes/Platforms": "captured tickets have null for a field that is not filled in",
    "pages/next": "the end of a listing is null in the file's own examples",
    "body": "an article without a body or a bodiless part has null or none",
    "url": "a draft has no address",
    "translated_content/it": "a language that was taken away is null",
}
CAPTURED = {
    "zulip_conversation_operator_replied": (EventKind.CHANGED, "215472621202693"),
    "zulip_ticket_created": (EventKind.CREATED, "215472629311235"),
}


@cache
def _description(shared: Path, version: str) -> Any:
    path = shared / "contracts" / "intercom" / f"api.intercom.io-{version}.yaml"
    return parse(path.read_text(encoding="utf-8"))


def _examples(node: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Find every object of a type in the examples of answers."""
    if isinstance(node, list):
        for item in node:
            yield from _examples(item, kind)
    if not isinstance(node, dict):
        return
    if node.get("type") == kind and isinstance(node.get("id"), str):
        yield node
    for item in node.values():
        yield from _examples(item, kind)


def _answers(shared: Path, version: str) -> list[Any]:
    """Give the values of all examples of answers."""
    found: list[Any] = []
    for path in _description(shared, version)["paths"].values():
        for call in path.values():
            told = call.get("responses", {}) if isinstance(call, dict) else {}
            for answer in told.values():
                content = answer.get("content", {}).get("application/json", {})
                found += [each.get("value") for each in content.get("examples", {}).values()]
    return found


def _read(raw: dict[str, Any]) -> Ticket:
    return mapping.ticket_from_intercom(wire.read(wire.Thread, raw), People(), {}, CONFIG)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["conversation", "ticket"])
def test_every_thread_in_the_examples_is_read(shared: Path, version: str, kind: str) -> None:
    threads = [raw for raw in _examples(_answers(shared, version), kind) if "created_at" in raw]
    assert len(threads) >= 5
    for raw in threads:
        ticket = _read(raw)
        assert ticket.id == raw["id"]
        assert ticket.requester.id
        assert all(message.created_at.year > 2020 for message in ticket.messages)


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_else_in_the_examples_is_read(shared: Path, version: str) -> None:
    said = _answers(shared, version)
    articles = [raw for raw in _examples(said, "article") if "title" in raw]
    assert articles
    for raw in articles:
        assert list(articles_of(wire.read(answers.Article, raw), {}))
    internal = list(_examples(said, "internal_article"))
    assert all(wire.read(answers.InternalArticle, raw).id for raw in internal)
    macros = list(_examples(said, "macro"))
    assert all(wire.read(answers.Macro, raw).id for raw in macros)
    assert bool(macros) is (version == NEWEST)
    read = [canned_from_intercom(wire.read(answers.Macro, raw)) for raw in macros]
    assert not any("<attribute" in each.html for each in read)
    contacts = [raw for raw in _examples(said, "contact") if "role" in raw]
    assert contacts
    assert all(wire.read(wire.Contact, raw).id for raw in contacts)
    companies = [raw for raw in _examples(said, "company") if "name" in raw]
    assert companies
    assert all(account(wire.read(wire.Company, raw), People(), CONFIG).name for raw in companies)
    tags = list(_examples(said, "tag"))
    assert all(wire.read(wire.Tag, raw).id for raw in tags)
    teams = list(_examples(said, "team"))
    assert all(wire.read(answers.Team, raw).id for raw in teams)


@pytest.mark.parametrize("version", VERSIONS)
def test_conversations_and_tickets_have_their_ids_from_one_sequence(
    shared: Path, version: str
) -> None:
    """Why one id is enough for both: in the examples, made one after the other, none is twice."""
    said = _answers(shared, version)
    conversations, tickets = (
        {int(raw["id"]) for raw in _examples(said, kind) if "created_at" in raw}
        for kind in ("conversation", "ticket")
    )
    assert tickets
    assert tickets.isdisjoint(conversations)


def test_every_captured_notification_is_understood(shared: Path) -> None:
    folder = shared / "contracts" / "intercom" / "fixtures"
    captured = {path.stem: path for path in folder.glob("*.json")}
    assert CAPTURED.keys() <= captured.keys()
    for name, path in captured.items():
        raw = json.loads(path.read_text(encoding="utf-8"))
        events = webhook.parse(delivery(raw))
        wanted = CAPTURED.get(name)
        assert [(event.kind, event.ticket_id) for event in events] == ([wanted] if wanted else [])


def test_what_a_captured_notification_holds_can_be_mapped(shared: Path) -> None:
    folder = shared / "contracts" / "intercom" / "fixtures"
    for name, (_, ticket_id) in CAPTURED.items():
        raw = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        ticket = _read(raw["data"]["item"])
        assert ticket.id == ticket_id
        assert ticket.messages
        assert (ticket.assignee_id, ticket.group) == (None, None)


@pytest.mark.parametrize(("component", "name"), ANSWERS)
def test_a_fixture_fits_the_official_description(shared: Path, component: str, name: str) -> None:
    components = _description(shared, "2.15")["components"]
    assert component in components["schemas"]
    schema = {"$ref": f"#/components/schemas/{component}", "components": components}
    faults = {
        "/".join(map(str, error.absolute_path)): error.message
        for error in Draft202012Validator(schema).iter_errors(fixture(name))
    }
    unexplained = {
        place: why
        for place, why in faults.items()
        if not any(place.endswith(known) for known in EXCEPTIONS)
    }
    assert unexplained == {}
