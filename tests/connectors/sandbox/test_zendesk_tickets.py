"""What Zendesk's façade tells of a ticket beside its comments: chats, ratings, figures, files."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from connectors.zendesk.sandbox import facade
from tests.connectors.sandbox.conftest import Maker, World

PAGE = "https://shop.example/settings"


def texts(world: World, number: int) -> list[tuple[str, bool]]:
    listed = world.get(f"/tickets/{number}/comments")["comments"]
    return [(comment["plain_body"], comment["public"]) for comment in listed]


def log(world: World, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.get(f"/tickets/{number}/conversation_log")["events"]
    return found


class TestChats:
    def test_what_a_customer_writes_in_a_chat_is_in_the_log_only(self, world: World) -> None:
        number = world.open_ticket(channel="chat", page_url=PAGE)
        world.say(number, "agent", "Open Settings.")
        assert texts(world, number) == [
            (f"Conversation with Maya\n\nURL: {PAGE}", False),
            ("Open Settings.", True),
        ]
        assert [(one["type"], one["author"]["type"]) for one in log(world, number)] == [
            ("Comment", "user"),
            ("Messaging::ConversationMessage", "user"),
            ("Comment", "agent"),
        ]
        assert [one["content"]["type"] for one in log(world, number)] == ["html", "text", "html"]

    def test_without_a_page_the_opening_says_none(self, world: World) -> None:
        number = world.open_ticket(channel="chat")
        assert texts(world, number)[0][0].endswith("URL: None")

    def test_a_mail_has_all_among_its_comments(self, world: World) -> None:
        number = world.open_ticket(channel="email", page_url=PAGE)
        assert len(texts(world, number)) == 1
        assert [one["type"] for one in log(world, number)] == ["Comment"]

    def test_the_log_goes_page_by_page(self, world: World) -> None:
        number = world.open_ticket(channel="chat")
        first = world.get(f"/tickets/{number}/conversation_log", **{"page[size]": 1})
        assert first["meta"]["has_more"] is True
        assert len(first["events"]) == 1


class TestRatings:
    @pytest.mark.parametrize(("score", "word"), [(1.0, "good"), (0.0, "bad")])
    def test_a_customer_says_good_or_bad(self, world: World, score: float, word: str) -> None:
        number = world.open_ticket()
        assert world.get(f"/tickets/{number}")["ticket"]["satisfaction_rating"] == {
            "score": "unoffered"
        }
        asked = {"score": score, "comment": "Well."}
        world.control("POST", f"/tickets/{number}/rating", asked, status=201)
        rating = world.get(f"/tickets/{number}")["ticket"]["satisfaction_rating"]
        assert (rating["score"], rating["comment"]) == (word, "Well.")
        listing = world.get("/guide/survey_responses", **{"filter[subject_zrns]": "zen:ticket:1"})
        assert listing["survey_responses"] == []

    def test_where_there_are_surveys_they_are_answered_instead(self, make_world: Maker) -> None:
        world = make_world(face=facade({"SANDBOX_SURVEYS": "1"}, Random(7)))
        number, other = world.open_ticket(), world.open_ticket()
        for each in (number, other):
            world.control("POST", f"/tickets/{each}/rating", {"score": 0.75}, status=201)
        asked = {"filter[subject_zrns]": f"zen:ticket:{number}"}
        [survey] = world.get("/guide/survey_responses", **asked)["survey_responses"]
        assert survey["subjects"][0]["zrn"] == f"zen:ticket:{number}"
        assert (survey["answers"][0]["rating"], survey["answers"][1]["value"]) == (4, "")
        score = world.get(f"/tickets/{number}")["ticket"]["satisfaction_rating"]["score"]
        assert score == "unoffered"


def test_every_ticket_has_a_status_that_the_account_lists(world: World) -> None:
    number = world.open_ticket()
    listed = world.get("/custom_statuses")["custom_statuses"]
    named = {each["id"]: each["status_category"] for each in listed}
    for status in ("new", "pending", "hold", "solved"):
        if status != "new":
            world.control("POST", f"/tickets/{number}/status", {"status": status})
        assert named[world.get(f"/tickets/{number}")["ticket"]["custom_status_id"]] == status


def test_the_fields_that_tickets_have_are_listed(world: World) -> None:
    number = world.open_ticket()
    assert world.get("/ticket_fields")["ticket_fields"] == []
    world.control("POST", f"/tickets/{number}/fields", {"fields": {"7001": "eu_west"}})
    [field] = world.get("/ticket_fields")["ticket_fields"]
    assert (field["id"], field["type"]) == (7001, "text")
    told = world.get(f"/tickets/{number}")["ticket"]["custom_fields"]
    assert told == [{"id": 7001, "value": "eu_west"}]


def test_the_export_tells_figures_where_they_are_asked_for(world: World) -> None:
    number = world.open_ticket()
    world.clock.sleep(1800)
    world.say(number, "agent", "Open Settings.")
    world.control("POST", f"/tickets/{number}/status", {"status": "solved"})
    path, start = "/incremental/tickets/cursor", {"start_time": "1700000000"}
    assert "metric_sets" not in world.get(path, **start)
    [figures] = world.get(path, **start, include="metric_sets")["metric_sets"]
    assert (figures["ticket_id"], figures["replies"], figures["reopens"]) == (number, 1, 0)
    assert figures["reply_time_in_minutes"]["calendar"] == 30
    assert figures["solved_at"] is not None
    world.say(number, "customer", "No, it does not work")
    [figures] = world.get(path, **start, include="metric_sets")["metric_sets"]
    assert figures["reopens"] == 1


def test_a_small_text_is_handed_out_and_no_other_file(world: World) -> None:
    files = [{"name": "a.log", "content_type": "text/plain", "content": "Error 42"}]
    number = world.open_ticket(attachments=files)
    [comment] = world.get(f"/tickets/{number}/comments")["comments"]
    address = comment["attachments"][0]["content_url"]
    assert world.client.get(address).text == "Error 42"
    assert world.client.get(address.replace("/token/", "/token/9")).status_code == 404


def test_a_ticket_with_too_many_updates_leaves_the_accounts_calls_alone(world: World) -> None:
    number = world.open_ticket()
    for _ in range(31):
        answer = world.put(number, {"comment": {"body": "x", "public": False}})
    assert answer.status_code == 429
    assert int(answer.headers["X-Rate-Limit-Remaining"]) > 600
    assert "remaining=0" in answer.headers["zendesk-ratelimit-per-ticket-updates"]


def test_a_limit_that_is_set_is_kept_and_another_only_shown(make_world: Maker) -> None:
    world = make_world(face=facade({"SANDBOX_RATE_LIMIT": "5"}, Random(7)))
    headers = world.auth
    answers = [world.client.get("/api/v2/groups", headers=headers) for _ in range(7)]
    assert [answer.status_code for answer in answers][-2:] == [429, 429]
    assert answers[0].headers["X-Rate-Limit"] == "5"
    assert answers[-1].headers["X-Rate-Limit-Remaining"] == "0"
    assert int(answers[-1].headers["Retry-After"]) <= 60
    world.clock.sleep(60)
    assert world.client.get("/api/v2/groups", headers=headers).status_code == 200
