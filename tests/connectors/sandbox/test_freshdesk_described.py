"""What the façade answers against what Freshdesk was recorded to answer, key by key.

``airbyte-recorded`` are answers of a live account (2022-23). The schemas are those of two
collectors of such answers; where they contradict a recording, the recording is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from connectors.freshdesk.sandbox.conversations import flat_text
from tests.connectors.sandbox.freshdesk import FreshdeskWorld, makers

pytestmark = pytest.mark.reference

# Keys that the façade has and a recording lacks.
EXTRA = {
    "tickets": {"attachments"},  # the list that was recorded never has them, one ticket does
    # The list that was recorded lacks them, one contact has them (API page).
    "contacts": {"view_all_tickets", "other_emails", "tags", "avatar"},
}
# Places where the recorded account has nothing but null, and the façade something.
FILLED = {
    "companies": {"account_tier"},
    "conversations": {
        *("automation_id", "automation_type_id", "last_edited_at", "last_edited_user_id"),
    },
    "satisfaction_ratings": {"group_id"},
    "solution_folders": {"parent_folder_id"},
}
# Places that the façade leaves null: it has no such data.
UNFILLED = {
    "contacts": {
        *("mobile", "twitter_id", "csat_rating", "preferred_source", "unique_external_id"),
    },
    "groups": {"description"},
    "solution_categories": {"description"},
    "solution_folders": {"description"},
}


@lru_cache
def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshdeskWorld]:
    """A ticket that has everything, one by phone, and a help centre; nobody changes them."""
    for make in makers(tmp_path_factory.mktemp("freshdesk")):
        world = make()
        file = {"name": "a.png", "content_type": "image/png", "size": 3}
        number = world.open_ticket(tags=["a"], attachments=[file])
        group, me = world.get("/groups")[0]["id"], world.get("/agents/me")["id"]
        path = f"/tickets/{number}"
        note = world.write("POST", f"{path}/notes", {"body": "<p>Draft</p>", "private": True})
        world.write("PUT", f"/conversations/{note['id']}", {"body": "<p>Edited</p>"})
        world.write("POST", f"{path}/reply", {"body": "<p>Hello</p>"})
        world.say(number, "customer", "-103 no", kind="feedback")
        world.say(number, "agent", "by rule", automatic=True)
        fields = {"group_id": group, "responder_id": me, "type": "Question", "status": 5}
        world.write("PUT", path, {**fields, "priority": 3})
        world.open_ticket(channel="phone", requester={"email": "ben@example.com"})
        article = {"id": "a", "title": "A", "body": "<p>x</p>", "section": "FAQ / Shipping"}
        world.control("PUT", "/articles", [article])
        yield world


def answers(world: FreshdeskWorld, stream: str) -> list[Any]:
    """What a collector of this stream gets from the façade."""
    if stream == "tickets":
        beside = "requester,stats,description"
        return [
            *world.get("/tickets", include=beside),
            world.get("/tickets/1", include=beside[:15]),
        ]
    if stream == "conversations":
        return list(world.get("/tickets/1/conversations"))
    if stream in {"contacts", "companies"}:
        ticket = world.get("/tickets/1")
        key = {"contacts": "requester_id", "companies": "company_id"}[stream]
        return [world.get(f"/{stream}/{ticket[key]}")]
    if stream == "satisfaction_ratings":
        return [*world.get("/surveys/satisfaction_ratings")]
    if not stream.startswith("solution"):
        return list(world.get(f"/{stream}"))
    categories = world.get("/solutions/categories")
    folders = world.get(f"/solutions/categories/{categories[0]['id']}/folders")
    folders += world.get(f"/solutions/folders/{folders[0]['id']}/subfolders")
    articles = world.get(f"/solutions/folders/{folders[1]['id']}/articles")
    found = {"categories": categories, "folders": folders, "articles": articles}
    return list(found[stream.partition("_")[2]])


def types_of(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Give each place of a value with the name of what is there; custom fields are anybody's."""
    yield at, type(value).__name__
    if isinstance(value, dict) and not at.endswith(("custom_fields", "ratings")):
        for key, each in value.items():
            yield from types_of(each, f"{at}.{key}".removeprefix("."))
    if isinstance(value, list):
        for each in value:
            yield from types_of(each, f"{at}[]")


def places(values: list[Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for value in values:
        for at, kind in types_of(value):
            found.setdefault(at, set()).add(kind)
    return found


STREAMS = (
    *("agents", "companies", "contacts", "conversations", "groups", "satisfaction_ratings"),
    *("solution_articles", "solution_categories", "solution_folders", "surveys", "tickets"),
)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_keys_are_the_recorded_ones(busy: FreshdeskWorld, shared: Path, stream: str) -> None:
    recorded = load(shared / f"contracts/freshdesk/airbyte-recorded/{stream}.json")
    wanted = set.union(*(set(each) for each in recorded))
    for told in answers(busy, stream):
        optional = {"requester", "stats"}  # only where they are included
        extra = set(told) - wanted - EXTRA.get(stream, set())
        assert (extra, wanted - set(told) - optional) == (set(), set())


@pytest.mark.parametrize("stream", STREAMS)
def test_the_types_are_the_recorded_ones(busy: FreshdeskWorld, shared: Path, stream: str) -> None:
    recorded = places(load(shared / f"contracts/freshdesk/airbyte-recorded/{stream}.json"))
    told = places(answers(busy, stream))
    wrong = {at for at in recorded.keys() & told.keys() if not told[at] <= recorded[at]}
    filled, unfilled = FILLED.get(stream, set()), UNFILLED.get(stream, set())
    assert wrong == filled | unfilled
    assert all(recorded[at] == {"NoneType"} for at in filled)
    assert all(told[at] == {"NoneType"} for at in unfilled)


COLLECTORS = {
    "airbyte-schemas": {*STREAMS, "ticket_fields"} - {"agents", "groups", "surveys"},
    "tap-freshdesk-schemas": {
        *("companies", "contacts", "conversations", "satisfaction_ratings", "tickets"),
    },
}


@pytest.mark.parametrize(
    ("folder", "stream"),
    [(folder, stream) for folder, streams in COLLECTORS.items() for stream in sorted(streams)],
)
def test_the_collectors_schemas_fit(
    busy: FreshdeskWorld, shared: Path, folder: str, stream: str
) -> None:
    properties = load(shared / f"contracts/freshdesk/{folder}/{stream}.json")["properties"]
    if folder == "tap-freshdesk-schemas":
        # It turns these objects into lists of pairs after it has read them.
        properties = {k: v for k, v in properties.items() if k not in {"custom_fields", "ratings"}}
    validator = Draft202012Validator(
        {"type": "object", "properties": properties}, format_checker=FormatChecker()
    )
    for told in answers(busy, stream):
        errors = [f"{list(each.path)}: {each.message}" for each in validator.iter_errors(told)]
        assert errors == []


def test_beyond_the_last_page_it_answers_as_recorded(busy: FreshdeskWorld, shared: Path) -> None:
    answer = busy.call("GET", "/tickets", page=301, updated_since="2026-01-01")
    recorded = load(shared / "contracts/freshdesk/airbyte-recorded/error_400_page_300.json")
    assert (answer.status_code, answer.get_json()) == (400, recorded)


@pytest.mark.parametrize("name", ["conversations", "solution_articles"])
def test_texts_are_flattened_as_recorded(shared: Path, name: str) -> None:
    html, text = {"conversations": ("body", "body_text")}.get(
        name, ("description", "description_text")
    )
    for recorded in load(shared / f"contracts/freshdesk/airbyte-recorded/{name}.json"):
        flat = flat_text(recorded[html])
        assert (flat if name == "solution_articles" else flat.strip()) == recorded[text]


def test_a_wrong_answer_would_be_noticed() -> None:
    assert places([{"a": {"b": [1]}}, {"a": None}]) == {
        "": {"dict"},
        "a": {"dict", "NoneType"},
        "a.b": {"list"},
        "a.b[]": {"int"},
    }
