"""Against Zendesk's own descriptions: our fixtures, what we send, and public signature vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import BadSignature
from connectors.types import Change, Priority, Status, WebhookRequest
from connectors.zendesk import updates, webhook
from tests.connectors.described import UNKNOWN, OpenApi, described
from tests.connectors.zendesk.reading import BOT, ticket
from tests.connectors.zendesk.support import KEY, fixture

pytestmark = pytest.mark.reference

SUPPORT = "support"
HELP_CENTER = "help_center"

# (file, component, fixture); a component's name in the official files.
ANSWERS = [
    (SUPPORT, "TicketResponse", "ticket"),
    (SUPPORT, "TicketCommentsResponse", "comments_first"),
    (SUPPORT, "TicketCommentsResponse", "comments_last"),
    (SUPPORT, "TicketUpdateResponse", "updated"),
    (SUPPORT, "TicketAuditsResponseNoneCursor", "audits"),
    (SUPPORT, "GroupsResponse", "groups"),
    (SUPPORT, "CurrentUserResponse", "me"),
    (SUPPORT, "CursorBasedExportIncrementalTicketsResponse", "export"),
    (SUPPORT, "OAuthTokenForGrantTypesObject", "token"),
    (HELP_CENTER, "ArticlesResponse", "articles"),
]
# Where our fixtures are right and the description is not: place → reason.
EXCEPTIONS = {
    "ticket.custom_fields.*.value": "recorded answers have null for a field that is not filled in",
    "tickets.*.custom_fields.*.value": "the same, in the export",
    "tickets.*.status": "deleted tickets stay in the export with a status that is not listed",
    "articles.*.body": "an article without text was seen to have a null body",
}


def test_every_public_vector_is_verified_and_understood(shared: Path) -> None:
    vectors = _vectors(shared)
    assert vectors["vectors"]
    for vector in vectors["vectors"]:
        request = _request(vector)
        webhook.verify(request, [vectors["test_secret"]], "22129848")
        [event] = webhook.parse(request, "22129848")
        assert event.ticket_id == "5158"


@pytest.mark.parametrize("spoil", ["body", "timestamp", "secret"])
def test_a_spoilt_vector_is_refused(shared: Path, spoil: str) -> None:
    vectors = _vectors(shared)
    for vector in vectors["vectors"]:
        request, secret = _request(vector), vectors["test_secret"]
        if spoil == "body":
            request = replace(request, body=request.body.replace(b"5158", b"5159"))
        elif spoil == "timestamp":
            name = "x-zendesk-webhook-signature-timestamp"
            later = str(request.headers[name]).replace("08Z", "09Z")
            request = replace(request, headers={**request.headers, name: later})
        else:
            secret = secret.lower()
        with pytest.raises(BadSignature, match="secret"):
            webhook.verify(request, [secret])


@pytest.mark.parametrize(("file", "component", "name"), ANSWERS)
def test_a_fixture_fits_the_official_description(
    shared: Path, file: str, component: str, name: str
) -> None:
    faults = _faults(shared, file, component, fixture(name))
    assert {place: why for place, why in faults.items() if place not in EXCEPTIONS} == {}


def test_no_exception_is_left_over(shared: Path) -> None:
    found = {
        place
        for file, component, name in ANSWERS
        for place in _faults(shared, file, component, fixture(name))
    }
    assert found == EXCEPTIONS.keys()


def test_the_description_would_notice_a_wrong_fixture(shared: Path) -> None:
    spoilt = fixture("ticket")
    spoilt["ticket"]["tags"] = 3
    assert "ticket.tags" in _faults(shared, SUPPORT, "TicketResponse", spoilt)


@pytest.mark.parametrize(
    "change",
    [
        Change(note="<p>Draft</p>", tags=frozenset({"t"}), priority=Priority.URGENT, group="x"),
        Change(reply="<p>Hi</p>", status=Status.SOLVED),
        Change(tags=frozenset({"t"})),
        Change(note="<p>Yours</p>", release=True, status=Status.PENDING),
        Change(note="<p>Draft</p>", untag=frozenset({"understudy_send"})),
    ],
)
def test_what_we_write_fits_the_official_description_and_uses_known_keys_only(
    shared: Path, change: Change
) -> None:
    there = ticket(tags=["understudy_send"], assignee_id=int(BOT))
    group = "361000000202" if change.group else None
    body = updates.change_to_zendesk(there, change, KEY, group, BOT)
    # Unknown keys are ignored with a 200: a typo would never show.
    schema = {"$ref": "#/components/schemas/TicketUpdateRequest"}
    assert list(_description(shared, SUPPORT).mismatches(schema, {"ticket": body})) == []


def _vectors(shared: Path) -> Any:
    path = shared / "contracts" / "zendesk" / "webhook-vectors.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _request(vector: dict[str, Any]) -> WebhookRequest:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    sent_at = datetime.fromisoformat(headers["x-zendesk-webhook-signature-timestamp"])
    return WebhookRequest("POST", headers, vector["raw_body"].encode(), sent_at)


def _description(shared: Path, file: str) -> OpenApi:
    return described(shared / "contracts" / "zendesk" / f"{file}-oas-2026-08-02.yaml")


def _faults(shared: Path, file: str, component: str, instance: Any) -> dict[str, str]:
    schema = {"$ref": f"#/components/schemas/{component}"}
    found = _description(shared, file).mismatches(schema, instance)
    return {place: what for place, what in found if what != UNKNOWN}
