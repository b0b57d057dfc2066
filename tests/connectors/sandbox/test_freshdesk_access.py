"""Freshdesk's front door: keys, settings, what is not there, and the budget of calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.freshdesk.sandbox import facade, sandbox_environ
from tests.connectors.sandbox.freshdesk import (
    KEY,
    FreshdeskMaker,
    FreshdeskWorld,
    basic,
    makers,
    still_account,
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[FreshdeskMaker]:
    yield from makers(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshdeskWorld]:
    yield from still_account(tmp_path_factory.mktemp("freshdesk"))


@pytest.fixture
def world(make: FreshdeskMaker) -> FreshdeskWorld:
    return make()


# Access


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (basic(KEY), 200),
        (basic(KEY, "anything at all"), 200),
        (basic("other"), 401),
        (basic(""), 401),
        ("Basic !!!", 401),
        (f"Bearer {KEY}", 401),
        ("", 401),
    ],
)
def test_the_key_is_the_user_and_the_password_is_anything(
    still: FreshdeskWorld, authorization: str, status: int
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = still.client.get("/api/v2/agents/me", headers=headers)
    assert answer.status_code == status
    if status == 401:
        assert answer.get_json()["code"] == "invalid_credentials"


def test_a_second_account_has_variables_of_its_own() -> None:
    told = sandbox_environ("freshdesk-eu", "http://127.0.0.1:8070/", {"SANDBOX_API_KEY": "mine"})
    assert told["FRESHDESK_EU_URL"] == "http://127.0.0.1:8070"
    assert told["FRESHDESK_EU_API_KEY"] == "mine"
    names = ("URL", "API_KEY", "WEBHOOK_SECRET", "PAGE_FIELD", "CANNED_FOLDERS")
    assert set(told) == {f"FRESHDESK_EU_{name}" for name in names}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_RATE_LIMIT", "many"),
        ("SANDBOX_WEBHOOK_STYLE", "yaml"),
        ("SANDBOX_WEBHOOK_AUTH", "none"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        facade({name: value})


def test_some_calls_need_an_admins_key(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_PLAIN_AGENT="1")
    for path in ("/agents", "/canned_response_folders", "/canned_response_folders/1/responses"):
        answer = world.call("GET", path)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "access_denied")
    assert world.get("/agents/me")["contact"]["name"] == "Understudy"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/tickets/99", 404),
        ("GET", "/tickets/99/conversations", 404),
        ("GET", "/tickets/archived/1", 404),
        ("GET", "/tickets/archived/1/conversations", 404),
        ("GET", "/contacts/99", 404),
        ("GET", "/canned_response_folders/99/responses", 404),
        ("GET", "/companies/99", 404),
        ("GET", "/agents/99", 404),
        ("GET", "/solutions/articles/99", 404),
        ("GET", "/solutions/folders/99/articles", 404),
        ("GET", "/solutions/categories/99/folders", 404),
        ("PUT", "/conversations/99", 404),
    ],
)
def test_what_is_not_there_is_answered_without_a_body(
    still: FreshdeskWorld, method: str, path: str, status: int
) -> None:
    answer = still.call(method, path)
    assert (answer.status_code, answer.data) == (status, b"")


@pytest.mark.parametrize("path", ["/search/tickets", "/tickets/1/summary", "/nothing/here"])
def test_what_the_sandbox_does_not_serve_is_said_in_words(still: FreshdeskWorld, path: str) -> None:
    answer = still.call("GET", path)
    assert answer.status_code == 404
    assert "does not serve" in answer.get_json()["message"]


def test_a_wrong_method_is_told_the_right_ones(still: FreshdeskWorld) -> None:
    answer = still.call("PUT", "/tickets", {})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.get_json()["code"] == "method_not_allowed"


def test_only_json_can_be_had(still: FreshdeskWorld) -> None:
    headers = {"Authorization": basic(KEY), "Accept": "application/xml"}
    assert still.client.get("/api/v2/groups", headers=headers).status_code == 406


def test_unknown_parameters_are_refused(still: FreshdeskWorld) -> None:
    assert still.flaws("GET", "/tickets", created_since="2026-01-01") == {
        "created_since": "invalid_field"
    }
    assert still.flaws("GET", "/tickets/1", include="stats,survey") == {"include": "invalid_value"}


# Budget


@pytest.mark.parametrize(
    ("path", "include", "price"),
    [
        ("/groups", "", 1),
        ("/tickets/1", "", 1),
        ("/tickets/1", "conversations,requester,company,stats", 5),
        ("/tickets", "requester,stats,description", 7),
    ],
)
def test_every_answer_tells_the_budget_and_what_it_cost(
    world: FreshdeskWorld, path: str, include: str, price: int
) -> None:
    world.open_ticket()
    answer = world.call("GET", path, **({"include": include} if include else {}))
    told = {name: answer.headers[f"X-RateLimit-{name}"] for name in ("Total", "Remaining")}
    assert told == {"Total": "5000", "Remaining": str(5000 - price)}
    assert answer.headers["X-RateLimit-Used-CurrentRequest"] == str(price)


def test_the_budget_is_kept_only_where_it_is_set(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_RATE_LIMIT="3")
    world.client.get("/api/v2/groups", headers={"Authorization": basic("wrong")})  # counts, too
    world.clock.sleep(20)
    assert world.call("GET", "/groups").headers["X-RateLimit-Remaining"] == "1"
    world.open_ticket()
    refused = world.call("GET", "/tickets/1", include="stats")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert "message" in refused.get_json()
    world.clock.sleep(40)
    assert world.call("GET", "/tickets/1", include="stats").status_code == 200


def test_webhooks_draw_on_the_same_budget(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_RATE_LIMIT="2")
    world.open_ticket()
    world.deliver()
    assert world.call("GET", "/groups").status_code == 200
    assert world.call("GET", "/groups").status_code == 429


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"kind": "rate_limited", "retry_after": 34}, 429, '"message"'),
        ({"kind": "rate_limited", "retry_after": 34, "plain": True}, 429, "<html>"),
        ({"kind": "server_error", "status": 503}, 503, '"internal_error"'),
        ({"kind": "server_error", "status": 502, "plain": True}, 502, "<html>"),
    ],
)
def test_planned_faults_speak_as_freshdesk_does(
    world: FreshdeskWorld, fault: dict[str, Any], status: int, body: str
) -> None:
    world.open_ticket()
    world.plan(fault.pop("kind"), **fault)
    answer = world.call("GET", "/tickets/1")
    assert answer.status_code == status
    assert body in answer.text
    assert answer.headers.get("Retry-After") == ("34" if status == 429 else None)
    assert answer.headers["X-RateLimit-Remaining"] == ("0" if status == 429 else "5000")
