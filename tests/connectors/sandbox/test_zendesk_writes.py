"""Zendesk's ticket update: what it takes, what it refuses, and what its guard notices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.sandbox.conftest import World

NOTE = {"html_body": "<p>Draft</p>", "public": False}


def stamp(world: World, number: int = 1) -> str:
    return str(world.get(f"/tickets/{number}")["ticket"]["updated_at"])


def comments(world: World, number: int = 1) -> list[dict[str, Any]]:
    return list(world.get(f"/tickets/{number}/comments")["comments"])


def agent_replies(world: World, number: int = 1) -> None:
    say = {"as": "agent", "text": "I am on it."}
    world.control("POST", f"/tickets/{number}/messages", say, status=201)


def test_one_update_sets_everything_together(world: World) -> None:
    number = world.open_ticket(tags=["old"])
    group = world.get("/groups")["groups"][1]["id"]
    answer = world.put(
        number,
        {
            "comment": NOTE,
            "tags": ["old", "new"],
            "priority": "high",
            "status": "pending",
            "group_id": group,
            "custom_fields": [{"id": 27642, "value": "x"}],
            "metadata": {"understudy": "k1"},
        },
    )
    ticket, audit = answer.get_json()["ticket"], answer.get_json()["audit"]
    assert answer.status_code == 200
    assert ticket["tags"] == ["old", "new"]
    assert (ticket["priority"], ticket["status"], ticket["group_id"]) == ("high", "pending", group)
    assert ticket["custom_fields"] == [{"id": 27642, "value": "x"}]
    assert audit["metadata"]["custom"] == {"understudy": "k1"}
    said = [event for event in audit["events"] if event["type"] == "Comment"]
    assert [event["public"] for event in said] == [False]
    changed = {event["field_name"] for event in audit["events"] if event["type"] == "Change"}
    assert changed == {"tags", "priority", "status", "group_id", "27642"}


def test_a_comment_tells_who_called_and_what_they_noted(world: World) -> None:
    number = world.open_ticket()
    world.put(number, {"comment": NOTE, "metadata": {"understudy": "k1"}})
    comment = comments(world)[-1]
    assert comment["metadata"]["system"]["client"] == "Understudy/test"
    assert comment["metadata"]["custom"] == {"understudy": "k1"}
    assert comment["via"]["channel"] == "api"
    audits = world.get(f"/tickets/{number}/audits")["audits"]
    assert audits[-1]["id"] == comment["audit_id"]
    assert audits[-1]["metadata"]["custom"] == {"understudy": "k1"}


def test_left_out_public_means_public(world: World) -> None:
    world.open_ticket()
    world.put(1, {"comment": {"body": "oops"}})
    assert comments(world)[-1]["public"] is True


def test_body_is_markdown_html_body_is_not_and_classes_are_lost(world: World) -> None:
    world.open_ticket()
    world.put(1, {"comment": {"body": "**bold**", "public": False}})
    marked = '<div class="understudy-draft" data-key="k">**plain**</div><script>x()</script>'
    world.put(1, {"comment": {"html_body": marked, "public": False}})
    by_body, by_html = comments(world)[-2:]
    assert "<strong>bold</strong>" in by_body["html_body"]
    assert by_body["plain_body"] == "bold"
    assert by_html["html_body"].endswith("<div>**plain**</div></div>")


def test_long_bodies_are_cut_without_a_word(world: World) -> None:
    world.open_ticket()
    world.put(1, {"comment": {"html_body": "ü" * 40_000, "public": False}})
    assert len(comments(world)[-1]["plain_body"]) == 32_768


def test_unknown_keys_are_ignored_and_only_a_header_tells(world: World) -> None:
    world.open_ticket()
    answer = world.put(1, {"additional_tags": ["x"], "description": "new"})
    assert answer.status_code == 200
    assert '"additional_tags", "description"' in answer.headers["x-zendesk-api-warn"]
    assert answer.get_json()["ticket"]["tags"] == []


def test_a_guarded_write_is_refused_after_somebody_else_wrote(world: World) -> None:
    world.open_ticket()
    seen = stamp(world)
    world.clock.sleep(1)
    agent_replies(world)
    guarded = {"comment": NOTE, "safe_update": True, "updated_stamp": seen}
    answer = world.put(1, guarded)
    assert (answer.status_code, answer.get_json()["error"]) == (409, "UpdateConflict")
    assert len(comments(world)) == 2
    assert world.put(1, {**guarded, "updated_stamp": stamp(world)}).status_code == 200


def test_within_one_second_the_guard_notices_nothing(world: World) -> None:
    world.open_ticket()
    seen = stamp(world)
    agent_replies(world)
    world.clock.sleep(0.5)
    answer = world.put(1, {"comment": NOTE, "safe_update": True, "updated_stamp": seen})
    assert answer.status_code == 200


def test_safe_update_false_guards_as_well(world: World) -> None:
    world.open_ticket()
    stale = {"status": "open", "updated_stamp": "2020-01-01T00:00:00Z"}
    assert world.put(1, {**stale, "safe_update": False}).status_code == 409
    assert world.put(1, stale).status_code == 200


def test_an_update_that_changes_nothing_leaves_the_stamp(world: World) -> None:
    world.open_ticket(tags=["a"])
    seen = stamp(world)
    world.clock.sleep(3)
    assert world.put(1, {"tags": ["a"], "priority": None}).status_code == 200
    assert stamp(world) == seen


def test_a_closed_ticket_is_immutable_and_closing_is_not_ours(world: World) -> None:
    world.open_ticket()
    assert world.put(1, {"status": "closed"}).status_code == 422
    world.control("POST", "/tickets/1/status", {"status": "closed"})
    answer = world.put(1, {"comment": NOTE})
    assert (answer.status_code, answer.get_json()["error"]) == (422, "RecordInvalid")


@pytest.mark.parametrize(
    ("ticket", "status"),
    [
        ({"status": "new-ish"}, 422),
        ({"priority": "URGENT"}, 422),
        ({"group_id": 5}, 422),
        ({"assignee_id": 5}, 422),
        ({"comment": {"html_body": "x", "author_id": 5}}, 422),
        ({"comment": "text"}, 400),
        ({"safe_update": True}, 400),
    ],
)
def test_values_that_are_refused(world: World, ticket: dict[str, Any], status: int) -> None:
    world.open_ticket()
    assert world.put(1, ticket).status_code == status
    assert len(comments(world)) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b'{"ticket": []}', b"{"])
def test_bodies_that_cannot_be_read(world: World, body: bytes) -> None:
    headers = {**world.auth, "Content-Type": "application/json"}
    assert world.client.put("/api/v2/tickets/1", data=body, headers=headers).status_code == 400


def test_tags_calls_add_set_and_remove(world: World) -> None:
    world.open_ticket(tags=["a"])
    path, headers = "/api/v2/tickets/1/tags.json", world.auth
    assert world.client.put(path, json={"tags": ["B"]}, headers=headers).get_json() == {
        "tags": ["a", "b"]
    }
    stale = {"tags": ["c"], "safe_update": "true", "updated_stamp": "2020-01-01T00:00:00Z"}
    assert world.client.put(path, json=stale, headers=headers).status_code == 409
    assert world.client.post(path, json={"tags": ["c"]}, headers=headers).status_code == 201
    removed = world.client.delete(path, json={"tags": ["c"]}, headers=headers)
    assert removed.get_json() == {"tags": []}


def test_thirty_updates_of_a_ticket_in_ten_minutes(world: World) -> None:
    world.open_ticket()
    for turn in range(30):
        answer = world.put(1, {"tags": [f"t{turn}"]})
    assert "remaining=0" in answer.headers["zendesk-ratelimit-per-ticket-updates"]
    refused = world.put(1, {"tags": ["one-too-many"]})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "599")
    world.clock.sleep(601)
    assert world.put(1, {"tags": ["later"]}).status_code == 200


def test_what_the_helpdesk_does_by_itself(world: World) -> None:
    world.open_ticket()
    me = world.get("/users/me")["user"]["id"]
    assert world.put(1, {"assignee_id": me}).get_json()["ticket"]["status"] == "open"
    world.put(1, {"status": "solved"})
    say = {"as": "customer", "text": "It does not work."}
    world.control("POST", "/tickets/1/messages", say, status=201)
    assert world.get("/tickets/1")["ticket"]["status"] == "open"


def test_solving_an_unassigned_ticket_takes_it(world: World) -> None:
    world.open_ticket()
    ticket = world.put(1, {"status": "solved"}).get_json()["ticket"]
    assert ticket["assignee_id"] == world.get("/users/me")["user"]["id"]
