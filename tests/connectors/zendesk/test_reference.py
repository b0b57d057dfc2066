"""Against Zendesk's own descriptions: our fixtures, what we send, and public signature vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from connectors.errors import BadSignature
from connectors.types import Change, Priority, Status, WebhookRequest
from connectors.zendesk import mapping, webhook, wire
from tests.connectors.zendesk.support import BASE, KEY, fixture

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
    "ticket/custom_fields/0/value": "recorded answers have null for a field that is not filled in",
    "tickets/0/custom_fields/0/value": "the same, in the export",
    "tickets/1/custom_fields/0/value": "the same, in the export",
    "tickets/1/status": "deleted tickets stay in the export with a status that is not listed",
    "articles/2/body": "an article without text was seen to have a null body",
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
    faults = _faults(shared, file, component, name)
    assert {place: why for place, why in faults.items() if place not in EXCEPTIONS} == {}


def test_no_exception_is_left_over(shared: Path) -> None:
    found = {place for answer in ANSWERS for place in _faults(shared, *answer)}
    assert found == EXCEPTIONS.keys()


def test_the_description_would_notice_a_wrong_fixture(shared: Path) -> None:
    spoilt = fixture("ticket")
    spoilt["ticket"]["tags"] = 3
    assert list(_validator(shared, SUPPORT, "TicketResponse").iter_errors(spoilt))


@pytest.mark.parametrize(
    "change",
    [
        Change(note="<p>Draft</p>", tags=frozenset({"t"}), priority=Priority.URGENT, group="x"),
        Change(reply="<p>Hi</p>", status=Status.SOLVED),
        Change(tags=frozenset({"t"})),
    ],
)
def test_what_we_write_fits_the_official_description_and_uses_known_keys_only(
    shared: Path, change: Change
) -> None:
    ticket = mapping.ticket_from_zendesk(
        wire.read(wire.TicketAnswer, fixture("ticket")), [], {}, BASE
    )
    body = mapping.change_to_zendesk(ticket, change, KEY, "361000000202" if change.group else None)
    validator = _validator(shared, SUPPORT, "TicketUpdateRequest")
    assert list(validator.iter_errors({"ticket": body})) == []
    # Unknown keys are ignored with a 200: a typo would never show.
    schemas = _description(shared, SUPPORT)["components"]["schemas"]
    assert body.keys() <= schemas["TicketObject"]["properties"].keys()
    assert body.get("comment", {}).keys() <= schemas["TicketCommentObject"]["properties"].keys()


@pytest.mark.parametrize(
    ("file", "path", "method"),
    [
        (SUPPORT, "/oauth/tokens", "post"),
        (SUPPORT, "/api/v2/tickets/{ticket_id}", "get"),
        (SUPPORT, "/api/v2/tickets/{ticket_id}", "put"),
        (SUPPORT, "/api/v2/tickets/{ticket_id}/comments", "get"),
        (SUPPORT, "/api/v2/tickets/{ticket_id}/audits", "get"),
        (SUPPORT, "/api/v2/incremental/tickets/cursor", "get"),
        (SUPPORT, "/api/v2/users/show_many", "get"),
        (SUPPORT, "/api/v2/users/me", "get"),
        (SUPPORT, "/api/v2/groups", "get"),
        (HELP_CENTER, "/api/v2/help_center/locales", "get"),
        (HELP_CENTER, "/api/v2/help_center/articles", "get"),
        (HELP_CENTER, "/api/v2/help_center/{locale}/articles", "get"),
    ],
)
def test_every_address_that_we_call_is_an_official_one(
    shared: Path, file: str, path: str, method: str
) -> None:
    assert method in _description(shared, file)["paths"][path]


def _vectors(shared: Path) -> Any:
    path = shared / "contracts" / "zendesk" / "webhook-vectors.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _request(vector: dict[str, Any]) -> WebhookRequest:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    sent_at = datetime.fromisoformat(headers["x-zendesk-webhook-signature-timestamp"])
    return WebhookRequest("POST", headers, vector["raw_body"].encode(), sent_at)


class _Loader(yaml.CSafeLoader):
    """Reads a bare ``=``, which stands in these files and has a type of its own in YAML 1.1."""


def _scalar(loader: _Loader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:value", _scalar)


@cache
def _description(shared: Path, file: str) -> Any:
    path = shared / "contracts" / "zendesk" / f"{file}-oas-2026-08-02.yaml"
    with path.open(encoding="utf-8") as stream:
        return _nullable(yaml.load(stream, _Loader))  # noqa: S506 - derives from CSafeLoader


def _nullable(node: Any) -> Any:
    """Say OpenAPI's ``nullable`` in JSON Schema's words."""
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    said = {key: _nullable(value) for key, value in node.items()}
    if said.get("nullable") is True and isinstance(said.get("type"), str):
        said["type"] = [said["type"], "null"]
        if isinstance(said.get("enum"), list):
            said["enum"] = [*said["enum"], None]
    return said


def _faults(shared: Path, file: str, component: str, name: str) -> dict[str, str]:
    errors = _validator(shared, file, component).iter_errors(fixture(name))
    return {"/".join(map(str, error.absolute_path)): error.message for error in errors}


def _validator(shared: Path, file: str, component: str) -> Draft7Validator:
    components = _description(shared, file)["components"]
    assert component in components["schemas"]
    return Draft7Validator({"$ref": f"#/components/schemas/{component}", "components": components})
