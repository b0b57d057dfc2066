"""What Freshdesk tells of a ticket's end, and what else its account lists: files and people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.connectors.sandbox.freshdesk import FreshdeskMaker, FreshdeskWorld, makers


@pytest.fixture
def make(tmp_path: Path) -> Iterator[FreshdeskMaker]:
    yield from makers(tmp_path)


@pytest.fixture
def world(make: FreshdeskMaker) -> FreshdeskWorld:
    return make()


def test_a_rating_is_on_the_scale_that_its_survey_offers(world: FreshdeskWorld) -> None:
    [survey] = world.get("/surveys")
    offered = survey["questions"][0]["accepted_ratings"]
    for score, place in ((1.0, 0), (0.5, 3), (0.0, -1)):
        number = world.open_ticket()
        world.control("POST", f"/tickets/{number}/rating", {"score": score}, status=201)
        [rating] = world.get(f"/tickets/{number}/satisfaction_ratings")
        assert rating["survey_id"] == survey["id"]
        assert rating["ratings"][survey["questions"][0]["id"]] == offered[place]


def test_a_file_lies_where_its_record_says(world: FreshdeskWorld) -> None:
    files = [{"name": "a b.log", "content_type": "text/plain", "content": "Error 42"}]
    number = world.open_ticket(attachments=files)
    [file] = world.get(f"/tickets/{number}")["attachments"]
    answer = world.client.get(file["attachment_url"])
    assert (answer.status_code, answer.text) == (200, "Error 42")
    assert answer.content_type.startswith("text/plain")
    assert (
        world.client.get(file["attachment_url"].replace("/original", "1/original")).status_code
        == 404
    )


def test_a_ticket_is_archived_long_after_it_was_closed(world: FreshdeskWorld) -> None:
    number = world.open_ticket()
    world.say(number, "agent", "Done.")
    world.control("POST", f"/tickets/{number}/status", {"status": "closed"})
    assert world.call("GET", f"/tickets/archived/{number}").status_code == 404
    world.clock.now += timedelta(days=121)
    assert world.call("GET", f"/tickets/{number}").status_code == 404
    assert world.call("GET", f"/tickets/{number}/conversations").status_code == 404
    assert world.get(f"/tickets/archived/{number}")["status"] == 5
    [said] = world.get(f"/tickets/archived/{number}/conversations")
    assert said["body_text"] == "Done."
    assert world.get("/tickets", updated_since="2026-01-01") == []
    answer = world.call("POST", f"/tickets/{number}/notes", {"body": "x"})
    assert answer.status_code == 404


def test_fields_that_a_team_sets_are_its_own_from_then_on(world: FreshdeskWorld) -> None:
    number = world.open_ticket()
    fields = {"cf_order": "42", "unnamed": "x"}
    world.control("POST", f"/tickets/{number}/fields", {"fields": fields})
    shown = world.get(f"/tickets/{number}")["custom_fields"]
    assert shown["cf_order"] == "42"
    assert "unnamed" not in shown
    labels = {each["name"]: each["label"] for each in world.get("/ticket_fields")}
    assert labels["cf_order"] == "Order"


def test_contacts_and_companies_are_listed(world: FreshdeskWorld) -> None:
    world.open_ticket()
    assert [each["name"] for each in world.get("/contacts")] == ["Maya"]
    assert [each["name"] for each in world.get("/companies")] == ["Nordlicht"]
    names = {each["name"] for each in world.get("/company_fields")}
    assert names >= {"name", "account_tier"}


@pytest.mark.parametrize(
    "path", ["/automations/1/rules", "/automations/4/rules", "/scenario_automations"]
)
def test_rules_are_for_admins(world: FreshdeskWorld, path: str) -> None:
    answer = world.call("GET", path)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "access_denied")
