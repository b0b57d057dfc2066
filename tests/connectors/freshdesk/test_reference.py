"""Against what others recorded: every record is read, and our fixtures have its fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
import yaml

from connectors import errors
from connectors.articles import Visibility
from connectors.freshdesk import mapping, webhook, wire
from connectors.freshdesk.articles import Shelf, article_from_freshdesk
from connectors.freshdesk.mapping import People
from connectors.records import Record
from connectors.types import EventKind, Person, Role, Status, Ticket, WebhookRequest
from tests.connectors.freshdesk.support import API, BASE, NOW, Clock, fixture, freshdesk
from tests.connectors.freshdesk.test_feed import from_start

pytestmark = pytest.mark.reference

RECORDED, SAMPLES = "airbyte-recorded", "python-freshdesk-samples"
ZULIP = "https://test1234zzz.freshdesk.com"
AIRBYTES_AGENT = "67013469919"


def load(shared: Path, folder: str, name: str) -> Any:
    path = shared / "contracts" / "freshdesk" / folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def rows(shared: Path, folder: str, name: str) -> list[dict[str, Any]]:
    found = load(shared, folder, name)
    return found if isinstance(found, list) else [found]


def tickets(shared: Path) -> dict[str, Ticket]:
    said = wire.read_all(wire.Conversation, rows(shared, RECORDED, "conversations"))
    of_ticket = {row["id"]: row["ticket_id"] for row in rows(shared, RECORDED, "conversations")}
    found = {}
    for raw in wire.read_all(wire.Ticket, rows(shared, RECORDED, "tickets")):
        people = People(Person(raw.requester_id or ""), bot_id=AIRBYTES_AGENT)
        own = [item for item in said if str(of_ticket[int(item.id)]) == raw.id]
        found[raw.id] = mapping.ticket_from_freshdesk(raw, own, people, base_url=BASE)
    return found


class TestRecorded:
    def test_every_recorded_ticket_is_read_as_what_it_is(self, shared: Path) -> None:
        found = tickets(shared)
        assert [(t.id, t.status, t.channel) for t in found.values()] == [
            ("18", Status.OPEN, "email"),
            ("22", Status.PENDING, "phone"),
            ("23", Status.CLOSED, "email"),
        ]
        assert found["18"].messages[0].text.endswith("Thanks,\nMatt")

    def test_every_recorded_conversation_has_its_author_and_readers(self, shared: Path) -> None:
        found = tickets(shared)
        said = [(m.author.role, m.public, m.automatic) for m in found["22"].messages]
        assert said == [
            (Role.CUSTOMER, True, False),
            (Role.AGENT, True, False),
            (Role.AGENT, False, False),
        ]
        # Begun by an agent as outbound mail; the last one is what the customer told a survey.
        assert [(m.author.role, m.automatic) for m in found["23"].messages] == [
            (Role.AGENT, False),
            (Role.AGENT, False),
            (Role.SYSTEM, True),
        ]

    @pytest.mark.parametrize(
        ("folder", "name", "model"),
        [
            (RECORDED, "agents", wire.Agent),
            (RECORDED, "companies", wire.Company),
            (RECORDED, "contacts", wire.Contact),
            (RECORDED, "groups", wire.Group),
            (RECORDED, "solution_categories", wire.Category),
            (RECORDED, "solution_folders", wire.Folder),
            (RECORDED, "solution_articles", wire.Article),
            (RECORDED, "tickets", wire.Line),
            (SAMPLES, "agent_1", wire.Agent),
            (SAMPLES, "company", wire.Company),
            (SAMPLES, "contact", wire.Contact),
            (SAMPLES, "conversations", wire.Conversation),
            (SAMPLES, "note_1", wire.Written),
            (SAMPLES, "reply_1", wire.Written),
            (SAMPLES, "solution_articles", wire.Article),
            (SAMPLES, "solution_categories", wire.Category),
            (SAMPLES, "solution_folders", wire.Folder),
            (SAMPLES, "ticket_1", wire.Ticket),
        ],
    )
    def test_every_record_is_read(
        self, shared: Path, folder: str, name: str, model: type[Record]
    ) -> None:
        assert wire.read_all(model, rows(shared, folder, name))

    def test_a_file_of_the_older_samples_has_its_size(self, shared: Path) -> None:
        [raw] = wire.read_all(wire.Ticket, rows(shared, SAMPLES, "ticket_1"))
        assert raw.attachments[0].size == 44115

    def test_recorded_articles_are_drafts_and_not_public(self, shared: Path) -> None:
        for raw in wire.read_all(wire.Article, rows(shared, RECORDED, "solution_articles")):
            article = article_from_freshdesk(raw, Shelf("1", ("FAQs",)), BASE)
            assert article.visibility is Visibility.UNPUBLISHED
            assert article.locale == "en"

    def test_recorded_folders_are_open_to_everybody_and_one_without_visibility_is_not(
        self, shared: Path
    ) -> None:
        for folder, visibility in (
            (RECORDED, Visibility.PUBLIC),
            (SAMPLES, Visibility.RESTRICTED),
        ):
            [raw] = wire.read_all(wire.Folder, rows(shared, folder, "solution_folders"))
            assert Shelf("", ("FAQs",)).within(raw).visibility is visibility

    def test_the_recorded_refusal_of_page_301_is_told_in_its_words(
        self, shared: Path, mock: responses.RequestsMock
    ) -> None:
        body = load(shared, RECORDED, "error_400_page_300")
        mock.get(f"{API}/tickets", status=400, json=body)
        with pytest.raises(errors.Rejected, match="page You cannot access tickets beyond"):
            list(freshdesk(Clock()).changed(from_start()))


class TestWebhooks:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("zulip_ticket_created", EventKind.CREATED),
            ("zulip_private_note", EventKind.NOTED),
            ("zulip_public_note", EventKind.CHANGED),
            ("zulip_unknown_payload", EventKind.CHANGED),
        ],
    )
    def test_every_rendered_body_is_understood_as_it_is_posted(
        self, shared: Path, name: str, kind: EventKind
    ) -> None:
        path = shared / "contracts" / "freshdesk" / "fixtures" / f"{name}.json"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = WebhookRequest("POST", headers, path.read_bytes(), NOW)
        [event] = webhook.parse(request, ZULIP)
        assert (event.ticket_id, event.kind) == ("11", kind)
        with pytest.raises(errors.BadSignature, match="another"):
            webhook.parse(request, BASE)


def unknown(ours: Any, recorded: list[Any]) -> Iterator[str]:
    """Name the fields of a fixture that no recorded record has."""
    for name in ours:
        if not any(name in record for record in recorded):
            yield name


@pytest.mark.parametrize(
    ("name", "stream", "more"),
    [
        ("ticket", "tickets", {"attachments"}),
        ("conversations", "conversations", set()),
        ("agent", "agents", set()),
        ("agent_me", "agents", set()),
        ("contact", "contacts", {"tags"}),
        ("company", "companies", set()),
        ("groups", "groups", set()),
        ("categories", "solution_categories", set()),
        ("folders", "solution_folders", set()),
        ("subfolders", "solution_folders", set()),
        ("articles", "solution_articles", set()),
    ],
)
def test_our_fixtures_have_the_fields_that_were_recorded(
    shared: Path, name: str, stream: str, more: set[str]
) -> None:
    ours = fixture(name)
    for record in ours if isinstance(ours, list) else [ours]:
        assert set(unknown(record, rows(shared, RECORDED, stream))) == more


def test_the_addresses_that_the_sandbox_lacks_are_official_ones_too(shared: Path) -> None:
    path = shared / "contracts" / "freshdesk" / "official-ticket-module-endpoints.yaml"
    assert set(yaml.safe_load(path.read_text(encoding="utf-8"))["endpoints"]) >= {
        "GET /api/v2/ticket_fields",
        "GET /api/v2/tickets/archived/[id]",
        "GET /api/v2/tickets/archived/[id]/conversations",
    }
