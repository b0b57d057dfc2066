"""What the façade answers against Zendesk's own descriptions of its APIs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.connectors.described import UNKNOWN, described
from tests.connectors.sandbox.conftest import World

pytestmark = pytest.mark.reference


def check(shared: Path, file: str, schema: str, answer: Any) -> None:
    description = described(shared / "contracts" / "zendesk" / file)
    wanted = {"$ref": f"#/components/schemas/{schema}"}
    assert [fault for fault in description.mismatches(wanted, answer) if fault[1] != UNKNOWN] == []


SUPPORT = "support-oas-2026-08-02.yaml"
PICTURE = {"name": "Größe 1.png", "content_type": "image/png", "size": 2048}
HELP_CENTER = "help_center-oas-2026-08-02.yaml"


@pytest.fixture
def busy(world: World) -> World:
    """A ticket that has everything, and an article."""
    number = world.open_ticket(tags=["a"], attachments=[PICTURE])
    feedback = {"as": "customer", "kind": "feedback", "text": "Good, thank you"}
    world.control("POST", f"/tickets/{number}/messages", feedback, status=201)
    me = world.get("/users/me")["user"]["id"]
    group = world.get("/groups")["groups"][0]["id"]
    note = {"html_body": "<p>Draft</p>", "public": False}
    wanted = {"comment": note, "priority": "high", "group_id": group, "assignee_id": me}
    world.put(number, {**wanted, "custom_fields": [{"id": 5, "value": "x"}], "tags": ["b"]})
    world.control("PUT", "/articles", [{"id": "a", "title": "A", "body": "<p>x</p>"}])
    return world


@pytest.mark.parametrize(
    ("path", "query", "schema"),
    [
        ("/users/me", {}, "CurrentUserResponse"),
        ("/groups", {}, "GroupsResponse"),
        ("/tickets/1", {"include": "users,groups,organizations"}, "TicketResponse"),
        ("/tickets/1/comments", {"page[size]": "10"}, "TicketCommentsResponse"),
        ("/tickets/1/audits", {}, "TicketAuditsResponseNoneCursor"),
        ("/tickets/1/tags", {}, "TagsByObjectIdResponse"),
        (
            "/incremental/tickets/cursor",
            {"start_time": "1"},
            "CursorBasedExportIncrementalTicketsResponse",
        ),
    ],
)
def test_support_answers(
    busy: World, shared: Path, path: str, query: dict[str, str], schema: str
) -> None:
    check(shared, SUPPORT, schema, busy.get(path, **query))


def test_customers_and_organizations(busy: World, shared: Path) -> None:
    ticket = busy.get("/tickets/1")["ticket"]
    users = busy.get("/users/show_many", ids=str(ticket["requester_id"]))
    check(shared, SUPPORT, "UsersResponse", users)
    organization = busy.get(f"/organizations/{ticket['organization_id']}")
    check(shared, SUPPORT, "OrganizationResponse", organization)


def test_updates(busy: World, shared: Path) -> None:
    answer = busy.put(1, {"comment": {"body": "x", "public": False}, "status": "hold"}).get_json()
    check(shared, SUPPORT, "TicketUpdateResponse", answer)
    # Tags are a list in audits, which only the description of the audits' own address allows.
    tagged = busy.put(1, {"tags": ["c"]}).get_json()
    check(shared, SUPPORT, "TicketResponse", {"ticket": tagged["ticket"]})
    check(shared, SUPPORT, "TicketAuditObject", tagged["audit"])


def test_tokens(busy: World, shared: Path) -> None:
    check(shared, SUPPORT, "OAuthTokenForGrantTypesObject", busy.token().get_json())


@pytest.mark.parametrize("path", ["/help_center/articles", "/help_center/en-us/articles"])
def test_articles(busy: World, shared: Path, path: str) -> None:
    check(shared, HELP_CENTER, "ArticlesResponse", busy.get(path))


def test_a_wrong_answer_would_be_noticed(busy: World, shared: Path) -> None:
    answer = busy.get("/tickets/1")
    answer["ticket"]["status"] = "OPEN"
    with pytest.raises(AssertionError, match="OPEN"):
        check(shared, SUPPORT, "TicketResponse", answer)
