"""Who may call Intercom's API, in which version, how often, and what a refusal looks like."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import pytest

from connectors.intercom.sandbox import facade, sandbox_environ
from tests.connectors.sandbox.intercom import (
    BOT,
    TOKEN,
    IntercomMaker,
    IntercomWorld,
    makers,
    still_workspace,
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[IntercomMaker]:
    yield from makers(tmp_path)


@pytest.fixture
def world(make: IntercomMaker) -> IntercomWorld:
    return make()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IntercomWorld]:
    yield from still_workspace(tmp_path_factory.mktemp("intercom"))


def test_the_variables_that_point_a_connector_here() -> None:
    told = sandbox_environ(
        "intercom-eu", "http://127.0.0.1:8070/", {"SANDBOX_INTERCOM_VERSION": "2.16"}
    )
    assert told == {
        "INTERCOM_EU_URL": "http://127.0.0.1:8070",
        "INTERCOM_EU_ACCESS_TOKEN": TOKEN,
        "INTERCOM_EU_CLIENT_SECRET": "sandbox-client-secret",
        "INTERCOM_EU_ADMIN_ID": BOT,
        "INTERCOM_EU_APP_ID": "sandbox",
        "INTERCOM_EU_VERSION": "2.16",
    }


def test_the_admin_id_that_is_told_beforehand_is_the_tokens(still: IntercomWorld) -> None:
    me = still.get("/me")
    assert (me["id"], me["name"]) == (BOT, "Understudy")
    assert (me["app"]["id_code"], me["app"]["region"]) == ("sandbox", "US")


@pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_a_call_needs_the_token(still: IntercomWorld, header: str) -> None:
    answer = still.client.get("/me", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.get_json()["errors"] == [
        {"code": "unauthorized", "message": "Access Token Invalid"}
    ]
    assert "X-RateLimit-Limit" not in answer.headers


@pytest.mark.parametrize("version", ["2.14", "2.17", "unstable"])
def test_another_version_is_refused(make: IntercomMaker, version: str) -> None:
    assert make(version).flaw("GET", "/me") == (400, "intercom_version_invalid", None)


@pytest.mark.parametrize(
    ("asked", "app", "shown"),
    [(None, "2.15", "not_priority"), (None, "2.16", "none"), ("2.16", "2.15", "none")],
)
def test_a_calls_version_goes_before_the_apps(
    make: IntercomMaker, asked: str | None, app: str, shown: str
) -> None:
    world = make(asked, SANDBOX_INTERCOM_VERSION=app)
    answer = world.call("GET", f"/conversations/{world.open_ticket()}")
    assert answer.get_json()["priority"] == shown
    assert answer.headers["Intercom-Version"] == (asked or app)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SANDBOX_INTERCOM_VERSION", "2.14", r"must be one of 2\.15, 2\.16"),
        ("SANDBOX_RATE_LIMIT", "many", "must be a positive number"),
    ],
)
def test_settings_that_make_no_sense(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"{name} {sentence}"):
        facade({name: value})


def test_the_limit_is_counted_in_slices_of_ten_seconds(world: IntercomWorld) -> None:
    first, second = world.call("GET", "/me").headers, world.call("GET", "/nothing").headers
    assert first["X-RateLimit-Limit"] == "1666"
    assert (first["X-RateLimit-Remaining"], second["X-RateLimit-Remaining"]) == ("1665", "1664")
    reset = int(first["X-RateLimit-Reset"])
    assert reset % 10 == 0
    assert 0 < reset - world.clock().timestamp() <= 10
    world.clock.sleep(10)
    later = world.call("GET", "/me").headers
    assert (later["X-RateLimit-Remaining"], int(later["X-RateLimit-Reset"])) == ("1665", reset + 10)


def test_a_limit_that_was_asked_for_is_kept(make: IntercomMaker) -> None:
    world = make(SANDBOX_RATE_LIMIT="12")
    assert [world.call("GET", "/me").status_code for _ in range(3)] == [200, 200, 429]
    answer = world.call("GET", "/me")
    assert answer.get_json()["errors"][0]["code"] == "rate_limit_exceeded"
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in answer.headers
    world.clock.sleep(10)
    assert world.call("GET", "/me").status_code == 200


def test_a_planned_429_tells_when_the_slice_ends_or_nothing(world: IntercomWorld) -> None:
    world.plan("rate_limited", retry_after=7)
    world.plan("rate_limited", retry_after=None)
    told, silent = world.call("GET", "/me"), world.call("GET", "/me")
    assert told.get_json()["errors"][0]["code"] == "rate_limit_exceeded"
    assert int(told.headers["X-RateLimit-Reset"]) == ceil(world.clock().timestamp()) + 7
    assert silent.status_code == 429
    assert {"Retry-After", "X-RateLimit-Reset"} & set(silent.headers.keys()) == set()


def test_trouble_is_an_error_list_or_a_page(world: IntercomWorld) -> None:
    world.plan("server_error", status=503)
    assert world.flaw("GET", "/me") == (503, "server_error", None)
    world.plan("rate_limited", plain=True)
    assert world.call("GET", "/me").mimetype == "text/html"


def test_faults_know_which_ticket_a_path_is_about(world: IntercomWorld) -> None:
    one, two = world.open_ticket(), world.open_ticket(channel="form")
    world.plan("server_error", ticket=two)
    assert world.call("GET", f"/conversations/{one}").status_code == 200
    assert world.call("GET", f"/tickets/{two}").status_code == 500
    world.plan("lost_answer", answer="error", status=502)
    query = {"query": {"field": "id", "operator": "=", "value": "1"}}
    assert world.call("POST", "/conversations/search", query).status_code == 200  # is no write
    assert world.call("PUT", f"/conversations/{one}", {"title": "T"}).status_code == 502
    assert world.get(f"/conversations/{one}")["id"] == "1"


@pytest.mark.parametrize("path", ["/nothing", "/conversations/99", "/tickets/x", "/tickets/99"])
def test_what_is_not_there_is_an_error_list(still: IntercomWorld, path: str) -> None:
    assert still.flaw("GET", path) == (404, "not_found", None)


def test_pages_and_stray_requests_are_no_calls_of_the_api(world: IntercomWorld) -> None:
    number = world.open_ticket(channel="form")
    world.plan("server_error", count=9)
    link = world.client.get(f"/a/inbox/sandbox/inbox/shared/all/conversation/{number}")
    page = world.client.get(link.headers["Location"])
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert world.client.get("/favicon.ico").status_code == 404
    assert world.control("GET", "/calls")["calls"] == []
    assert world.client.get(f"/tickets/{number}").status_code == 500  # the API's
