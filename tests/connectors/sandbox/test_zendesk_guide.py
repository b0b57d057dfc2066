"""Zendesk's help centre and macros in the sandbox, beyond what the connector relies on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.zendesk.sandbox.segments import STAFF
from tests.connectors.sandbox.conftest import World
from tests.connectors.sandbox.test_zendesk_described import HELP_CENTER, SUPPORT, check

GERMAN = {"de": {"title": "Ausfuhr", "body": "y", "outdated": True}}
EVERYBODYS = {"id": "a", "title": "Open", "body": "x", "section": "S", "translations": GERMAN}
SOME = {
    **{"id": "b", "title": "Some", "body": "x", "visibility": "restricted"},
    "section": "Billing / Invoices / Refunds",
    "audience": {"accounts": ["Nordlicht"], "all_tags": ["beta"], "people": ["o@b.example"]},
}
TEAM = {"id": "c", "title": "Team", "body": "x", "visibility": "internal"}
REPLIES = [
    {"id": "r", "name": "Refund", "body": "Hi", "folder": "Money", "group": "Billing"},
    {"id": "n", "name": "Note", "body": "Hi", "public": False},
]


@pytest.fixture
def stocked(world: World) -> World:
    world.control("PUT", "/articles", [EVERYBODYS, SOME, TEAM])
    world.control("PUT", "/replies", REPLIES)
    return world


def by_title(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["title"]: each for each in answer["articles"]}


def test_who_may_read_an_article_is_told_by_segments(stocked: World) -> None:
    told = by_title(stocked.get("/help_center/articles"))
    segments = {
        each["id"]: each for each in stocked.get("/help_center/user_segments")["user_segments"]
    }
    assert told["Open"]["user_segment_id"] is None
    assert told["Team"]["user_segment_ids"] == [STAFF]
    assert segments[STAFF]["user_type"] == "staff"
    accounts, tags = (segments[number] for number in told["Some"]["user_segment_ids"])
    assert len(accounts["organization_ids"]) == len(accounts["added_user_ids"]) == 1
    assert tags["tags"] == ["beta"], "each audience that is enough alone is a segment"
    one = stocked.get(f"/help_center/user_segments/{accounts['id']}")
    assert one["user_segment"] == accounts


def test_each_language_has_a_listing(stocked: World) -> None:
    assert stocked.get("/help_center/locales")["locales"] == ["en-us", "de"]
    assert by_title(stocked.get("/help_center/de/articles")).keys() == {"Ausfuhr"}
    assert len(stocked.get("/help_center/articles")["articles"]) == 3
    german = by_title(stocked.get("/help_center/de/articles"))["Ausfuhr"]
    assert (german["outdated"], german["outdated_locales"]) == (False, ["de"])


def test_sections_lie_in_categories_and_in_each_other(stocked: World) -> None:
    answer = stocked.get("/help_center/sections", include="categories")
    names = {each["id"]: each for each in answer["sections"]}
    refunds = next(each for each in names.values() if each["name"] == "Refunds")
    assert names[refunds["parent_section_id"]]["name"] == "Invoices"
    assert names[refunds["parent_section_id"]]["parent_section_id"] is None
    categories = {each["id"]: each["name"] for each in answer["categories"]}
    assert categories[refunds["category_id"]] == "Billing"
    assert set(categories.values()) == {"Billing", "General"}


def test_changes_come_oldest_first_and_nothing_is_an_empty_page(stocked: World) -> None:
    start = int(stocked.clock.now.timestamp())
    stocked.clock.sleep(60)
    later = int(stocked.clock.now.timestamp())
    nothing = stocked.get("/help_center/incremental/articles", start_time=later)
    assert nothing == {"count": 0, "next_page": None, "end_time": 1, "articles": []}
    stocked.control("PATCH", "/articles/a", {"title": "Open 2"})
    told = stocked.get("/help_center/incremental/articles", start_time=start)
    assert [each["title"] for each in told["articles"]] == ["Some", "Team", "Open 2"]


def test_publishing_is_announced_and_an_edit_is_not(stocked: World) -> None:
    stocked.deliver()
    stocked.control("PATCH", "/articles/a", {"body": "z"})
    assert stocked.deliver() == []
    stocked.control("PATCH", "/articles/a", {"visibility": "unpublished"})
    stocked.control("DELETE", "/articles/b")
    [sent] = stocked.deliver()
    told = json.loads(sent.body)
    assert told["type"] == "zen:event-type:article.unpublished"
    assert told["subject"] == f"zen:article:{told['detail']['id']}"


def test_saved_replies_are_macros(stocked: World) -> None:
    macros = {each["title"]: each for each in stocked.get("/macros", active="true")["macros"]}
    assert macros["Money::Refund"]["restriction"]["type"] == "Group"
    assert macros["Note"]["restriction"] is None
    assert {"field": "comment_mode_is_public", "value": "false"} in macros["Note"]["actions"]
    assert stocked.get("/macros", active="false")["macros"] == []


@pytest.mark.reference
@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/help_center/articles", "ArticlesResponse"),
        ("/help_center/de/articles", "ArticlesResponse"),
        ("/help_center/incremental/articles", "ArticlesResponse"),
        ("/help_center/sections", "SectionsResponse"),
        ("/help_center/de/categories", "CategoriesResponse"),
        ("/help_center/user_segments", "UserSegmentsResponse"),
        ("/help_center/locales", "LocalesWithDefaultResponse"),
    ],
)
def test_answers_are_as_zendesk_describes_them(
    stocked: World, shared: Path, path: str, schema: str
) -> None:
    check(shared, HELP_CENTER, schema, stocked.get(path, start_time=1))


@pytest.mark.reference
def test_translations_and_macros_are_as_zendesk_describes_them(
    stocked: World, shared: Path
) -> None:
    number = by_title(stocked.get("/help_center/articles"))["Open"]["id"]
    answer = stocked.get(f"/help_center/articles/{number}/translations")
    check(shared, HELP_CENTER, "TranslationsResponse", answer)
    check(shared, SUPPORT, "MacrosResponse", stocked.get("/macros"))
