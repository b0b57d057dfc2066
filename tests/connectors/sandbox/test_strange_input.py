"""Numbers that are none, ids that nobody has, values of another type: refused, never a crash."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from connectors.sandbox.variables import choice, flag, positive
from tests.connectors.sandbox.conftest import AnyMaker
from tests.connectors.sandbox.freshdesk import KEY, basic
from tests.connectors.sandbox.intercom import BOT, TOKEN

HUGE = "9" * 30  # beyond what SQLite counts to
SQUARED = "²"  # a digit for str.isdigit, nothing for int
NOBODY = "69" + "f" * 22
API_TOKEN = b64encode(b"understudy@sandbox.example/token:sandbox-api-token").decode()
AUTHORIZATION = {
    "zendesk": f"Basic {API_TOKEN}",
    "freshdesk": basic(KEY),
    "intercom": f"Bearer {TOKEN}",
}
Call = tuple[str, str, Any]


def search(value: Any, operator: Any = ">", **more: Any) -> Call:
    query = {"field": "updated_at", "operator": operator, "value": value}
    return "POST", "/conversations/search", {"query": query, **more}


def parts(kind: Any, **more: Any) -> Call:
    body = {"message_type": kind, "type": "team", "admin_id": BOT, "assignee_id": SQUARED, **more}
    return "POST", "/conversations/1/parts", body


def reply(**more: Any) -> Call:
    body = {"message_type": "note", "type": "admin", "admin_id": BOT, "body": "x", **more}
    return "POST", "/conversations/1/reply", body


CALLS: dict[str, tuple[Call, ...]] = {
    "zendesk": (
        ("GET", f"/api/v2/tickets/{HUGE}", None),
        ("GET", f"/api/v2/tickets/1/comments?page={SQUARED}", None),
        ("GET", f"/api/v2/tickets/1/comments?page[size]={SQUARED}", None),
        ("GET", "/api/v2/tickets/1/comments?page[after]=é", None),
        ("GET", f"/api/v2/incremental/tickets/cursor?start_time={SQUARED}", None),
        ("GET", "/api/v2/incremental/tickets/cursor?cursor=é", None),
        ("PUT", "/api/v2/tickets/1", {"ticket": {"group_id": int(HUGE)}}),
        ("PUT", "/api/v2/tickets/1", {"ticket": {"assignee_id": int(HUGE)}}),
        ("PUT", "/api/v2/tickets/1", {"ticket": {"comment": {"body": 1}}}),
        ("PUT", "/api/v2/tickets/1/tags", [1]),
    ),
    "freshdesk": (
        ("GET", f"/api/v2/tickets/{HUGE}", None),
        ("GET", f"/api/v2/contacts/{HUGE}", None),
        ("GET", f"/api/v2/tickets?page={SQUARED}", None),
        ("PUT", "/api/v2/tickets/1", {"group_id": int(HUGE)}),
        ("PUT", f"/api/v2/conversations/{HUGE}", {"body": "x"}),
    ),
    "intercom": (
        ("GET", f"/conversations/{HUGE}", None),
        ("GET", f"/contacts/{NOBODY}", None),
        ("GET", f"/companies/{NOBODY}", None),
        ("GET", f"/admins/{SQUARED}", None),
        ("GET", f"/articles?page={SQUARED}", None),
        ("GET", f"/conversations?per_page={SQUARED}", None),
        ("POST", "/conversations/1/tags", {"id": SQUARED, "admin_id": BOT}),
        ("POST", "/conversations/1/tags", {"id": HUGE, "admin_id": BOT}),
        (
            "POST",
            "/conversations/redact",
            {"type": "source", "conversation_id": SQUARED, "source_id": "1"},
        ),
        ("PUT", "/conversations/1", {"company_id": NOBODY}),
        ("PUT", "/tickets/2", {"assignee_id": SQUARED}),
        parts("assignment"),
        parts(["assignment"]),
        reply(attachment_urls=["http://[half"]),
        reply(attachment_files=[{"name": "a", "content_type": "text/plain", "data": "é"}]),
        search(SQUARED),
        search("--1"),
        search(1, operator=[">"]),
        search(1, operator={}),
        search(1, pagination=[1]),
    ),
}


@pytest.mark.parametrize("kind", CALLS)
def test_what_cannot_be_is_refused(make_sandbox: AnyMaker, kind: str) -> None:
    world = make_sandbox(kind)
    world.open_ticket()
    world.open_ticket(channel="form")
    headers = {"Authorization": AUTHORIZATION[kind]}
    for method, path, body in CALLS[kind]:
        answer = world.client.open(path, method=method, json=body, headers=headers)
        assert 400 <= answer.status_code < 500, (method, path, body, answer.text)
        assert answer.status_code != 401


def test_an_id_that_is_no_number_is_nobodys(make_sandbox: AnyMaker) -> None:
    world = make_sandbox("zendesk")
    headers = {"Authorization": AUTHORIZATION["zendesk"]}
    bot = world.sandbox.desk.bot.id
    query = {"ids": f"{SQUARED},{HUGE},{bot}"}
    answer = world.client.get("/api/v2/users/show_many", query_string=query, headers=headers)
    assert [user["id"] for user in answer.get_json()["users"]] == [bot]


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", SQUARED, HUGE])
def test_a_variable_that_is_no_positive_number_is_named(value: str) -> None:
    with pytest.raises(ValueError, match="SANDBOX_NUMBER must be a positive number"):
        positive({"SANDBOX_NUMBER": value}, "SANDBOX_NUMBER")


def test_a_variable_that_is_not_set_has_its_usual_meaning() -> None:
    for environ in ({}, {"SANDBOX_THING": ""}):
        assert positive(environ, "SANDBOX_THING") is None
        assert choice(environ, "SANDBOX_THING", ("usual", "other")) == "usual"
        assert not flag(environ, "SANDBOX_THING")


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("true", True), ("0", False), ("No", False)]
)
def test_a_switch_is_on_or_off(value: str, on: bool) -> None:
    assert flag({"SANDBOX_SWITCH": value}, "SANDBOX_SWITCH") is on
