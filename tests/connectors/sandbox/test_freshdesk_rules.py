"""Freshdesk's webhooks: which rule fires when, with what body, and how often it is tried."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest

from connectors import connect
from connectors.errors import BadPayload, BadSignature
from connectors.freshdesk.sandbox import sandbox_environ
from connectors.sandbox.couriers import Answer
from connectors.types import WebhookRequest
from tests.connectors.sandbox.conftest import hook_of
from tests.connectors.sandbox.freshdesk import FreshdeskMaker, FreshdeskWorld, makers

SECRET = sandbox_environ("freshdesk", "http://127.0.0.1:1")["FRESHDESK_WEBHOOK_SECRET"]
NOTE = {"body": "a note"}


@pytest.fixture
def make(tmp_path: Path) -> Iterator[FreshdeskMaker]:
    yield from makers(tmp_path)


def events(world: FreshdeskWorld) -> list[str]:
    return [json.loads(sent.body)["event"] for sent in world.deliver()]


def test_bodies_hold_a_ticket_and_an_event_and_nothing_is_signed(make: FreshdeskMaker) -> None:
    world = make()
    number = world.open_ticket()
    (sent,) = world.deliver()
    assert json.loads(sent.body) == {"ticket_id": str(number), "event": "created"}
    assert sent.url == hook_of("freshdesk")
    assert dict(sent.headers) == {
        "Content-Type": "application/json",
        "X-Understudy-Secret": SECRET,
    }


def test_each_side_has_a_rule_for_its_replies(make: FreshdeskMaker) -> None:
    world = make()
    number = world.open_ticket()
    world.deliver()
    world.say(number, "customer", "more")
    assert events(world) == ["customer_replied"]
    world.say(number, "agent", "like this", status="solved")
    assert events(world) == ["agent_replied"]


@pytest.mark.parametrize(
    "extra",
    [
        {"who": "agent", "public": False},
        {"who": "agent", "public": False, "kind": "forward"},
        {"who": "agent", "automatic": True},
        {"who": "customer", "kind": "feedback"},
    ],
)
def test_notes_forwards_survey_answers_and_rules_announce_nothing(
    make: FreshdeskMaker, extra: dict[str, Any]
) -> None:
    world = make()
    number = world.open_ticket()
    world.deliver()
    world.say(number, extra.pop("who"), "x", **extra)
    world.control("POST", f"/tickets/{number}/status", {"status": "solved"})
    assert world.deliver() == []


def test_the_rule_for_updates_is_one_more_and_fires_once(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_UPDATE_RULE="1")
    number = world.open_ticket()
    world.deliver()
    path = f"/tickets/{number}"
    world.control("POST", f"{path}/tags", {"add": ["x"]})
    assert events(world) == ["changed"]
    world.say(number, "agent", "a note", public=False)
    assert events(world) == ["changed"]
    world.say(number, "agent", "like this", status="solved")
    assert sorted(events(world)) == ["agent_replied", "changed"]
    world.control("POST", f"{path}/spam", {"spam": True})
    assert events(world) == ["changed"]
    world.control("POST", f"{path}/status", {"status": "deleted"})
    assert events(world) == ["changed"]


def test_a_status_that_shows_the_same_is_no_update(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_UPDATE_RULE="1")
    number = world.open_ticket()
    world.deliver()
    world.control("POST", f"/tickets/{number}/status", {"status": "open"})  # it was new: 2 as well
    assert world.deliver() == []


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, []),
        ({"SANDBOX_UPDATE_RULE": "1"}, []),
        ({"SANDBOX_RULES_SEE_BOT": "1"}, ["agent_replied"]),
        (
            {"SANDBOX_RULES_SEE_BOT": "1", "SANDBOX_UPDATE_RULE": "1"},
            ["changed", "changed", "agent_replied"],
        ),
    ],
)
def test_the_bots_own_writes_fire_rules_only_where_an_admin_forgot_to_exclude_it(
    make: FreshdeskMaker, environ: dict[str, str], told: list[str]
) -> None:
    world = make(**environ)
    path = f"/tickets/{world.open_ticket()}"
    world.deliver()
    world.write("POST", f"{path}/notes", NOTE)
    world.write("PUT", path, {"tags": ["x"], "priority": 3})
    world.write("POST", f"{path}/reply", {"body": "hello"})
    assert events(world) == told


# Bodies as admins type them

AWKWARD = 'She said "no"\nand left'


def test_the_form_and_xml_bodies(make: FreshdeskMaker, tmp_path: Path) -> None:
    world = make(SANDBOX_WEBHOOK_STYLE="form")
    number = world.open_ticket()
    (sent,) = world.deliver()
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(sent.body.decode()) == {"ticket_id": [str(number)], "event": ["created"]}
    world.sandbox.close()
    world = make(SANDBOX_WEBHOOK_STYLE="xml")
    world.say(number, "customer", "more")
    (sent,) = world.deliver()
    assert sent.headers["Content-Type"] == "application/xml"
    root = ET.fromstring(sent.body)  # noqa: S314 - our own
    assert {each.tag: each.text for each in root} == {
        "ticket_id": str(number),
        "event": "customer_replied",
    }


def test_free_text_in_hand_written_json_breaks_it(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_WEBHOOK_STYLE="broken")
    number = world.open_ticket(subject=AWKWARD)
    (sent,) = world.deliver()
    assert AWKWARD in sent.body.decode()
    assert f'"ticket_id": "{number}"' in sent.body.decode()
    with pytest.raises(ValueError, match="delimiter"):
        json.loads(sent.body)


def zulip(world: FreshdeskWorld) -> list[dict[str, str]]:
    told = []
    for sent in world.deliver():
        assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
        told.append(json.loads(sent.body)["freshdesk_webhook"])
    return told


def test_zulips_template_has_labels_and_pseudo_json(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_WEBHOOK_STYLE="zulip", SANDBOX_UPDATE_RULE="1")
    number = world.open_ticket(subject=AWKWARD)
    (created,) = zulip(world)
    assert created["triggered_event"] == "{ticket_action:created}"
    assert (created["ticket_status"], created["ticket_priority"]) == ("Open", "Low")
    assert created["ticket_subject"] == AWKWARD
    assert created["ticket_url"] == f"http://localhost/helpdesk/tickets/{number}"
    world.say(number, "agent", "x", public=False)
    assert zulip(world)[0]["triggered_event"] == "{note_type:private}"
    world.say(number, "customer", "x")
    assert zulip(world)[0]["triggered_event"] == "{note_type:public}"
    world.control("POST", f"/tickets/{number}/status", {"status": "hold"})
    (held,) = zulip(world)
    assert held["triggered_event"] == "{status:{from:2,to:7}}"
    assert held["ticket_status"] == "Waiting on Third Party"
    world.control("POST", f"/tickets/{number}/tags", {"add": ["x"]})
    assert zulip(world)[0]["triggered_event"] == ""


@pytest.mark.reference
def test_zulips_template_is_the_one_recorded(make: FreshdeskMaker, shared: Path) -> None:
    file = shared / "contracts" / "freshdesk" / "fixtures" / "zulip_ticket_created.json"
    recorded = json.loads(file.read_text(encoding="utf-8"))["freshdesk_webhook"]
    world = make(SANDBOX_WEBHOOK_STYLE="zulip")
    world.open_ticket()
    (told,) = zulip(world)
    assert {name: type(value) for name, value in told.items()} == dict.fromkeys(recorded, str)
    assert told["triggered_event"] == recorded["triggered_event"]
    for name in ("ticket_url", "ticket_description"):
        start = recorded[name].partition(":")[0][:5]
        assert told[name].startswith(start)


def test_the_secret_can_go_as_a_password(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_WEBHOOK_AUTH="basic", SANDBOX_WEBHOOK_SECRET="s3")
    world.open_ticket()
    (sent,) = world.deliver()
    assert sent.headers["Authorization"] == f"Basic {b64encode(b'understudy:s3').decode()}"
    assert "X-Understudy-Secret" not in sent.headers


# What the connector makes of them


def requests_of(world: FreshdeskWorld) -> list[WebhookRequest]:
    return [
        WebhookRequest(
            "POST",
            {name.lower(): value for name, value in sent.headers.items()},
            sent.body,
            world.clock(),
        )
        for sent in world.deliver()
    ]


@pytest.mark.parametrize("auth", ["header", "basic"])
@pytest.mark.parametrize("style", ["json", "zulip", "form", "xml"])
def test_the_connector_understands_what_is_sent(
    make: FreshdeskMaker, style: str, auth: str
) -> None:
    world = make(SANDBOX_WEBHOOK_STYLE=style, SANDBOX_WEBHOOK_AUTH=auth)
    connector = connect("freshdesk", sandbox_environ("freshdesk", "http://127.0.0.1:1"))
    stranger = connect(
        "freshdesk",
        sandbox_environ("freshdesk", "http://127.0.0.1:1", {"SANDBOX_WEBHOOK_SECRET": "other"}),
    )
    number = world.open_ticket()
    world.say(number, "customer", "more")
    for request in requests_of(world):
        connector.verify(request)
        (event,) = connector.parse(request)
        assert event.ticket_id == str(number)
        with pytest.raises(BadSignature):
            stranger.verify(request)


def test_the_connector_finds_the_ticket_in_a_broken_body(make: FreshdeskMaker) -> None:
    world = make(SANDBOX_WEBHOOK_STYLE="broken")
    connector = connect("freshdesk", sandbox_environ("freshdesk", "http://127.0.0.1:1"))
    number = world.open_ticket(subject=AWKWARD)
    (request,) = requests_of(world)
    connector.verify(request)
    with pytest.raises(BadPayload) as caught:
        connector.parse(request)
    assert caught.value.ticket_id == str(number)


# Repetitions


@pytest.mark.parametrize(
    ("answer", "state", "attempts"),
    [
        (Answer(204), "delivered", 1),
        (Answer(302), "gave_up", 4),
        (Answer(401), "gave_up", 4),
        (Answer(429, retry_after=1), "gave_up", 4),
        (Answer(503), "gave_up", 4),
        (Answer(None, error="ReadTimeout"), "gave_up", 4),
    ],
)
def test_it_is_tried_again_after_longer_and_longer_waits(
    make: FreshdeskMaker, answer: Answer, state: str, attempts: int
) -> None:
    world = make()
    world.open_ticket()
    world.answers.extend([answer] * 9)
    for wait in (0, 299, 1, 1799, 1, 3599, 1, 9999):
        world.clock.sleep(wait)
        world.deliver()
    (told,) = world.control("GET", "/deliveries")["deliveries"]
    assert (told["state"], len(told["attempts"])) == (state, attempts)
    times = [each["at"][11:19] for each in told["attempts"]]
    assert times == ["08:00:00", "08:05:00", "08:35:00", "09:35:00"][:attempts]
    assert len({sent.body for sent in world.sent}) == 1
