"""What a set-up finds and makes in a workspace: attributes, macros, tags; and files to fetch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.connectors.described import described
from tests.connectors.sandbox.intercom import BOT, IntercomMaker, IntercomWorld, makers
from tests.connectors.sandbox.test_intercom_described import Watched, unexplained

PAGE = {
    "name": "page",
    "model": "contact",
    "data_type": "string",
    "description": "Where they were",
    "messenger_writable": True,
}
# The file says itself of the one that it may be asked for, of the other that it may be null.
NOT_DESCRIBED = ("model: 'conversation' is not one of", "applied_by: None is not of type")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[IntercomMaker]:
    yield from makers(tmp_path)


@pytest.fixture
def world(make: IntercomMaker) -> IntercomWorld:
    return make()


def names(world: IntercomWorld, **query: Any) -> list[str]:
    return [each["name"] for each in world.get("/data_attributes", **query)["data"]]


def test_an_attribute_is_made_once_and_archived(world: IntercomWorld) -> None:
    made = world.post("/data_attributes", PAGE)
    assert (made["name"], made["model"], made["messenger_writable"]) == ("page", "contact", True)
    assert world.flaw("POST", "/data_attributes", PAGE)[:2] == (400, "parameter_invalid")
    assert "page" in names(world, model="contact")
    assert "page" not in names(world, model="company")
    assert world.put(f"/data_attributes/{made['id']}", {"archived": True})["archived"]
    assert "page" not in names(world)
    assert "page" in names(world, include_archived="true")
    assert world.flaw("PUT", "/data_attributes/5", {"archived": True})[0] == 404


def test_a_conversations_attributes_are_those_of_the_settings(make: IntercomMaker) -> None:
    world = make("2.15", SANDBOX_ATTRIBUTES="Urgency, Plan")
    assert names(world, model="conversation") == ["Urgency", "Plan"]
    assert world.flaw("GET", "/conversations/attributes")[1] == "intercom_version_invalid"
    world.version = "2.16"
    listed = world.get("/conversations/attributes")["data"]
    assert [each["name"] for each in listed] == ["Urgency", "Plan"]
    assert "Urgency" not in names(world)
    assert world.flaw("GET", "/data_attributes?model=conversation")[0] == 422


@pytest.mark.parametrize(
    "body", [{**PAGE, "model": "conversation"}, {**PAGE, "name": ""}, {"name": "x"}]
)
def test_attributes_that_are_refused(world: IntercomWorld, body: dict[str, Any]) -> None:
    assert world.flaw("POST", "/data_attributes", body)[0] == 400


def test_macros_are_read_from_2_16_and_made_by_nobody(make: IntercomMaker) -> None:
    world = make("2.16", SANDBOX_MACROS="Send, Wrong")
    assert [each["name"] for each in world.get("/macros")["data"]] == ["Send", "Wrong"]
    assert world.call("POST", "/macros", {"name": "x"}).status_code in (404, 405)
    world.version = "2.15"
    assert world.flaw("GET", "/macros")[1] == "intercom_version_invalid"


def test_a_deleted_tag_leaves_every_ticket(world: IntercomWorld) -> None:
    first, second = world.open_ticket(tags=["old", "kept"]), world.open_ticket(tags=["old"])
    tag = world.tag_id("old")
    assert world.call("DELETE", f"/tags/{tag}").status_code == 200
    assert (world.told(first)["tags"], world.told(second)["tags"]) == (["kept"], [])
    assert world.flaw("DELETE", f"/tags/{tag}")[0] == 404
    assert "old" not in [each["name"] for each in world.get("/tags")["data"]]


def test_a_file_of_text_is_fetched_without_a_token(world: IntercomWorld) -> None:
    files = [
        {"name": "my log.txt", "content_type": "text/plain", "content": "Error 42"},
        {"name": "a.png", "content_type": "image/png", "size": 9},
    ]
    number = world.open_ticket(attachments=files)
    log, picture = world.get(f"/conversations/{number}")["source"]["attachments"]
    assert log["filesize"] == 8
    path = urlsplit(log["url"]).path
    answer = world.client.get(path)
    assert (answer.status_code, answer.text) == (200, "Error 42")
    assert answer.content_type.startswith("text/plain")
    assert world.client.get(urlsplit(picture["url"]).path).status_code == 404


def test_what_is_taken_out_is_announced_and_says_only_that(world: IntercomWorld) -> None:
    number = world.open_ticket()
    world.say(number, "customer", "Maya Secret")
    world.deliver()
    part = world.parts(number)[-1]
    redaction = {"type": "conversation_part", "conversation_id": str(number)}
    world.post("/conversations/redact", {**redaction, "conversation_part_id": part["id"]})
    gone = world.parts(number)[-1]
    assert gone["redacted"]
    assert "This message was deleted" in gone["body"]
    [told] = world.notified()
    assert told["topic"] == "conversation_part.redacted"
    assert "Secret" not in str(told)


@pytest.mark.reference
@pytest.mark.parametrize("version", ["2.15", "2.16"])
def test_all_of_it_is_as_described(
    tmp_path: Path, shared: Path, version: str, make: Callable[..., IntercomWorld]
) -> None:
    plain = make(version, SANDBOX_INTERCOM_VERSION=version, SANDBOX_MACROS="Send")
    kept = {name: getattr(plain, name) for name in IntercomWorld.__dataclass_fields__}
    world = Watched(**kept)
    made = world.post("/data_attributes", PAGE)
    world.put(f"/data_attributes/{made['id']}", {"archived": True})
    world.get("/data_attributes", model="contact", include_archived="true")
    if version == "2.15":
        world.get("/data_attributes", model="conversation")
    else:
        world.get("/conversations/attributes", include_archived="true")
        world.get("/macros", per_page=150)
    number = world.open_ticket(tags=["old"])
    tag = world.tag_id("old")
    world.call("DELETE", f"/conversations/{number}/tags/{tag}", {"admin_id": BOT})
    world.call("DELETE", f"/conversations/{number}/tags/{tag}", {"admin_id": BOT})
    world.call("DELETE", f"/tags/{tag}")
    file = described(shared / "contracts" / "intercom" / f"api.intercom.io-{version}.yaml")
    found = [fault for call in world.seen for fault in unexplained(file.faults(call))]
    unknown = [each for each in found if not any(known in each for known in NOT_DESCRIBED)]
    assert unknown == []
