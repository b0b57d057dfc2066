"""Zendesk's reading API: access, shapes, pages and the change feed."""

from __future__ import annotations

from base64 import b64encode
from random import Random
from typing import Any

import pytest

from connectors.zendesk.sandbox import facade
from tests.connectors.sandbox.conftest import Maker, World

TICKET = "/tickets/1"


def test_a_call_needs_credentials(world: World) -> None:
    answer = world.client.get("/api/v2/tickets/1")
    assert answer.status_code == 401
    assert answer.get_json() == {"error": "Couldn't authenticate you"}


def test_without_credentials_one_is_anonymous_rather_than_refused(world: World) -> None:
    assert world.client.get("/api/v2/users/me").get_json()["user"]["id"] is None


@pytest.mark.parametrize("secret", ["wrong", "", "sandbox-client-secret "])
def test_a_wrong_client_secret_gets_no_token(world: World, secret: str) -> None:
    answer = world.token(client_secret=secret)
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "invalid_client"


def test_a_token_lasts_half_an_hour(world: World) -> None:
    granted = world.token().get_json()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert granted["expires_in"] == 1800
    world.clock.sleep(1799)
    assert world.client.get("/api/v2/users/me", headers=headers).status_code == 200
    world.clock.sleep(2)
    answer = world.client.get("/api/v2/users/me", headers=headers)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize("seconds", [299, 172_801, "1800"])
def test_a_token_cannot_last_for_ever(world: World, seconds: Any) -> None:
    assert world.token(expires_in=seconds).status_code == 400


def test_a_scope_sent_as_an_array_is_worth_nothing(world: World) -> None:
    granted = world.token(scope=["read", "write"])
    assert granted.status_code == 201
    headers = {"Authorization": f"Bearer {granted.get_json()['access_token']}"}
    assert world.client.get("/api/v2/users/me", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "GET", "/tickets/1", 200),
        ("read", "PUT", "/tickets/1", 403),
        ("tickets:write", "PUT", "/tickets/1", 200),
        ("tickets:read", "GET", "/tickets/1", 200),
        ("tickets:read", "GET", "/tickets/1/audits.json", 403),
        ("tickets:read", "GET", "/groups", 403),
    ],
)
def test_scopes(world: World, scope: str, method: str, path: str, status: int) -> None:
    world.open_ticket()
    token = world.token(scope=scope).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = world.client.open(
        f"/api/v2{path}", method=method, headers=headers, json={"ticket": {}}
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("pair", "status"),
    [
        ("understudy@sandbox.example/token:sandbox-api-token", 200),
        ("understudy@sandbox.example/token:other", 401),
        ("understudy@sandbox.example:sandbox-api-token", 401),
    ],
)
def test_legacy_tokens(world: World, pair: str, status: int) -> None:
    headers = {"Authorization": "Basic " + b64encode(pair.encode()).decode()}
    assert world.client.get("/api/v2/users/me.json", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/v2/tickets/99", "RecordNotFound"),
        ("/api/v2/tickets/99/comments.json", "RecordNotFound"),
        ("/api/v2/organizations/99", "RecordNotFound"),
        ("/api/v2/nothing/here", "InvalidEndpoint"),
    ],
)
def test_what_is_not_there(world: World, path: str, error: str) -> None:
    answer = world.client.get(path, headers=world.auth)
    assert (answer.status_code, answer.get_json()["error"]) == (404, error)


def test_a_ticket_with_its_neighbours(world: World) -> None:
    number = world.open_ticket()
    body = world.get(f"/tickets/{number}.json", include="users,groups,organizations")
    assert body["ticket"]["updated_at"] == "2026-11-21T08:00:00Z"
    assert [user["name"] for user in body["users"]] == ["Maya"]
    assert body["organizations"][0]["tags"] == ["vip"]
    fields = {"plan": "business", "customer_since": "2023-04-01"}
    assert body["organizations"][0]["organization_fields"] == fields
    assert body["groups"] == []


def test_files_are_listed_with_an_address_that_does_nothing(world: World) -> None:
    number = world.open_ticket(
        attachments=[{"name": "a b.pdf", "content_type": "application/pdf", "size": 7}]
    )
    (comment,) = world.get(f"/tickets/{number}/comments")["comments"]
    (file,) = comment["attachments"]
    told = (file["file_name"], file["content_type"], file["size"])
    assert told == ("a b.pdf", "application/pdf", 7)
    answer = world.client.get(file["content_url"])  # without credentials
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert answer.headers["Content-Disposition"] == "attachment"


def test_an_answer_to_a_survey_is_no_comment_and_a_forward_a_private_one(world: World) -> None:
    number = world.open_ticket()
    for say in (
        {"as": "customer", "kind": "feedback", "text": "Very good"},
        {"as": "agent", "kind": "forward", "public": False, "text": "Could you look at this?"},
    ):
        world.control("POST", f"/tickets/{number}/messages", say, status=201)
    told = world.get(f"/tickets/{number}/comments")["comments"]
    assert [(each["plain_body"], each["public"]) for each in told[1:]] == [
        ("Could you look at this?", False)
    ]
    audits = world.get(f"/tickets/{number}/audits")["audits"]
    assert [len(audit["events"]) for audit in audits[1:]] == [0, 1]


def test_every_call_tells_the_limit(world: World) -> None:
    answer = world.client.get("/api/v2/groups", headers=world.auth)
    assert answer.headers["x-rate-limit"] == "10000"
    assert int(answer.headers["ratelimit-remaining"]) == 10_000 - 2  # the token counts, too


def test_comments_come_page_by_page_and_the_last_page_still_has_a_next_link(world: World) -> None:
    number = world.open_ticket()
    for text in ("two", "three"):
        say = {"as": "customer", "text": text}
        world.control("POST", f"/tickets/{number}/messages", say, status=201)
    path = f"/tickets/{number}/comments"
    first = world.get(path, **{"page[size]": 2, "include": "users"})
    second = world.get(path, **{"page[size]": 2, "page[after]": first["meta"]["after_cursor"]})
    assert [each["plain_body"] for each in first["comments"]][1:] == ["two"]
    assert [each["plain_body"] for each in second["comments"]] == ["three"]
    assert (first["meta"]["has_more"], second["meta"]["has_more"]) == (True, False)
    assert second["links"]["next"] is not None
    assert [user["role"] for user in first["users"]] == ["end-user"]
    newest = world.get(path, sort="-created_at", **{"page[size]": 1})
    assert newest["comments"][0]["plain_body"] == "three"
    back = world.client.get(second["links"]["prev"], headers=world.auth)
    assert back.get_json()["comments"] == first["comments"]


@pytest.mark.parametrize("name", ["page[after]", "page[before]"])
@pytest.mark.parametrize("place", ["place:-1", "place:", "else", "é"])
def test_a_cursor_that_nobody_gave_is_refused(world: World, name: str, place: str) -> None:
    cursor = b64encode(place.encode()).decode()
    query = {name: cursor}
    answer = world.client.get("/api/v2/groups", query_string=query, headers=world.auth)
    assert (answer.status_code, answer.get_json()["error"]["title"]) == (400, "Invalid attribute")


def test_pages_by_number(world: World) -> None:
    body = world.get("/groups", per_page=2)
    assert (body["count"], len(body["groups"])) == (3, 2)
    assert "page=2" in body["next_page"]
    assert world.get("/groups", per_page=2, page=2)["next_page"] is None
    deep = world.client.get("/api/v2/groups?page=101", headers=world.auth)
    assert deep.get_json()["errors"][0]["code"] == "InvalidPaginationDepth"


def test_users_by_their_ids(world: World) -> None:
    me = world.get("/users/me")["user"]
    assert (me["name"], me["role"]) == ("Understudy", "admin")
    assert world.get("/users/show_many", ids=f"{me['id']},5")["count"] == 1
    many = ",".join(str(number) for number in range(101))
    answer = world.client.get(f"/api/v2/users/show_many?ids={many}", headers=world.auth)
    assert (answer.status_code, answer.get_json()["max_count"]) == (422, 100)


def test_the_export_goes_on_where_it_ended(world: World) -> None:
    first, second = world.open_ticket(), world.open_ticket()
    start = int(world.clock().timestamp())
    body = world.get("/incremental/tickets/cursor", start_time=start)
    assert [each["id"] for each in body["tickets"]] == [first, second]
    assert body["end_of_stream"] is True
    empty = world.get("/incremental/tickets/cursor", cursor=body["after_cursor"])
    assert (empty["tickets"], empty["after_cursor"]) == ([], body["after_cursor"])
    world.put(first, {"status": "open"})
    after = world.get("/incremental/tickets/cursor", cursor=empty["after_cursor"])
    assert [each["id"] for each in after["tickets"]] == [first]


def test_the_export_pages(world: World) -> None:
    numbers = [world.open_ticket() for _ in range(3)]
    start = int(world.clock().timestamp())
    one = world.get("/incremental/tickets/cursor", start_time=start, per_page=2)
    two = world.get("/incremental/tickets/cursor", cursor=one["after_cursor"], per_page=2)
    assert [each["id"] for each in one["tickets"] + two["tickets"]] == numbers
    assert (one["end_of_stream"], two["end_of_stream"]) == (False, True)


def test_the_export_from_now_on_shows_only_what_comes(world: World) -> None:
    world.open_ticket()
    world.clock.sleep(5)
    body = world.get("/incremental/tickets/cursor", start_time=int(world.clock().timestamp()))
    assert body["tickets"] == []
    number = world.open_ticket()
    after = world.get("/incremental/tickets/cursor", cursor=body["after_cursor"])
    assert [each["id"] for each in after["tickets"]] == [number]


def test_deleted_tickets_stay_in_the_export_only(world: World) -> None:
    number = world.open_ticket()
    world.control("POST", f"/tickets/{number}/status", {"status": "deleted"})
    assert world.client.get("/api/v2/tickets/1", headers=world.auth).status_code == 404
    body = world.get("/incremental/tickets/cursor", start_time=0)
    assert [each["status"] for each in body["tickets"]] == ["deleted"]


def test_spam_is_a_deleted_ticket_until_it_is_none(world: World) -> None:
    number = world.open_ticket()
    assert world.control("POST", f"/tickets/{number}/spam", {})["spam"] is True
    assert world.client.get("/api/v2/tickets/1", headers=world.auth).status_code == 404
    assert world.put(number, {"status": "open"}).status_code == 404
    body = world.get("/incremental/tickets/cursor", start_time=0)
    assert [each["status"] for each in body["tickets"]] == ["deleted"]
    world.control("POST", f"/tickets/{number}/spam", {"spam": False})
    assert world.get(f"/tickets/{number}")["ticket"]["status"] == "new"


def test_a_merged_ticket_is_closed_and_tagged(world: World) -> None:
    one, two = world.open_ticket(tags=["a"]), world.open_ticket(subject="Same again")
    world.control("POST", f"/tickets/{two}/merge", {"into": one})
    ticket = world.get(f"/tickets/{two}")["ticket"]
    assert (ticket["status"], ticket["tags"]) == ("closed", ["closed_by_merge"])
    assert world.put(two, {"status": "open"}).status_code == 422
    audit = world.get(f"/tickets/{two}/audits")["audits"][-1]
    fields = [event.get("field_name") for event in audit["events"]]
    assert fields == [None, "status", "tags"]
    last = world.get(f"/tickets/{one}/comments")["comments"][-1]
    assert last["public"] is False
    assert last["plain_body"].startswith('Request #2 "Same again" was closed and merged into this')


def test_the_export_can_withhold_the_last_minute(make_world: Maker) -> None:
    world = make_world(face=facade({"SANDBOX_WITHHELD_SECONDS": "60"}, Random(7)))
    number = world.open_ticket()
    early = int(world.clock().timestamp()) - 600
    assert world.get("/incremental/tickets/cursor", start_time=early)["tickets"] == []
    too_recent = world.client.get(
        "/api/v2/incremental/tickets/cursor",
        query_string={"start_time": early + 590},
        headers=world.auth,
    )
    assert too_recent.get_json()["error"] == "StartTimeTooRecent"
    world.clock.sleep(61)
    body = world.get("/incremental/tickets/cursor", start_time=early)
    assert [each["id"] for each in body["tickets"]] == [number]


def test_how_long_changes_are_withheld_is_a_setting() -> None:
    with pytest.raises(ValueError, match="SANDBOX_WITHHELD_SECONDS must be a positive number"):
        facade({"SANDBOX_WITHHELD_SECONDS": "a minute"})


def test_articles_come_thirty_at_a_time_and_end_with_null(world: World) -> None:
    articles = [{"id": f"a{n}", "title": f"Title {n}", "body": "<p>x</p>"} for n in range(31)]
    given = world.control("PUT", "/articles", articles)["articles"]
    by_number = world.get("/help_center/articles")
    assert (len(by_number["articles"]), by_number["page_count"]) == (30, 2)
    by_cursor = world.get("/help_center/en-us/articles.json", **{"page[size]": 100})
    assert [each["id"] for each in by_cursor["articles"]] == list(given.values())
    assert by_cursor["links"]["next"] is None
    assert world.get("/help_center/de/articles")["articles"] == []
    assert world.get("/help_center/locales")["locales"] == ["en-us"]


def test_the_webhook_secret_can_be_asked_for(world: World) -> None:
    body = world.get("/webhooks/01HAN96XNH1J7DY8D7RZ22QMT9/signing_secret")
    assert body["signing_secret"]["algorithm"] == "SHA256"
    answer = world.client.get("/api/v2/webhooks/01OTHER/signing_secret", headers=world.auth)
    assert answer.status_code == 404
