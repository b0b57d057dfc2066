"""Webhooks: their bodies, their signature, their repetitions, and the outbox they leave from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors import connect
from connectors.errors import BadSignature
from connectors.sandbox.app import build
from connectors.sandbox.couriers import Answer
from connectors.sandbox.records import Delivery, Origin
from connectors.types import EventKind, WebhookRequest
from connectors.zendesk.sandbox import facade, sandbox_environ
from connectors.zendesk.sandbox.access import read_credentials
from connectors.zendesk.sandbox.events import signed_headers
from connectors.zendesk.sandbox.facade import ZendeskFacade
from tests.connectors.sandbox.conftest import Maker, Sent, World, hook_of

SECRET = sandbox_environ("zendesk", "http://127.0.0.1:1")["ZENDESK_WEBHOOK_SECRET"]


def request_of(sent: Sent, received_at: datetime) -> WebhookRequest:
    headers = {name.lower(): value for name, value in sent.headers.items()}
    return WebhookRequest("POST", headers, sent.body, received_at)


def bodies(world: World) -> list[dict[str, Any]]:
    return [json.loads(sent.body) for sent in world.deliver()]


def test_a_new_ticket_is_announced_once(world: World) -> None:
    number = world.open_ticket(tags=["mobile"])
    (body,) = bodies(world)
    assert body["type"] == "zen:event-type:ticket.created"
    assert body["subject"] == f"zen:ticket:{number}"
    assert body["detail"]["id"] == str(number)
    assert body["detail"]["status"] == "NEW"
    assert (body["detail"]["assignee_id"], body["detail"]["tags"]) == ("", ["mobile"])
    assert list(body["event"]) == ["meta"]
    assert world.deliver() == []


def test_one_update_raises_an_event_for_each_thing_it_changed(world: World) -> None:
    world.open_ticket(tags=["a"])
    world.deliver()
    me = world.get("/users/me")["user"]["id"]
    note = {"html_body": "<p>Note</p>", "public": False}
    world.put(1, {"comment": note, "tags": ["b"], "priority": "high", "assignee_id": me})
    told = {body["type"].rpartition(".")[2]: body for body in bodies(world)}
    assert set(told) == {
        "comment_added",
        "tags_changed",
        "priority_changed",
        "agent_assignment_changed",
        "status_changed",
    }
    comment = told["comment_added"]["event"]["comment"]
    assert (comment["is_public"], comment["author"]["is_staff"]) == (False, True)
    assert told["tags_changed"]["event"]["tags_added"] == ["b"]
    assert told["tags_changed"]["event"]["tags_removed"] == ["a"]
    assert told["status_changed"]["event"]["current"] == "OPEN"
    assert told["agent_assignment_changed"]["event"]["current"] == str(me)
    sequences = [body["event"]["meta"]["sequence"] for body in told.values()]
    assert len({each["id"] for each in sequences}) == 1
    assert sorted(each["position"] for each in sequences) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("calls", "event", "status"),
    [
        ([("status", {"status": "deleted"})], "soft_deleted", "DELETED"),
        ([("status", {"status": "deleted"}), ("status", {"status": "open"})], "undeleted", "OPEN"),
        ([("spam", {})], "marked_as_spam", "DELETED"),
        ([("spam", {}), ("spam", {"spam": False})], "undeleted", "NEW"),
    ],
)
def test_what_becomes_of_a_ticket_has_events_of_its_own(
    world: World, calls: list[tuple[str, Any]], event: str, status: str
) -> None:
    world.open_ticket()
    world.deliver()
    for path, asked in calls:
        world.control("POST", f"/tickets/1/{path}", asked)
    told = bodies(world)
    assert len(told) == len(calls)
    assert told[-1]["type"] == f"zen:event-type:ticket.{event}"
    assert told[-1]["detail"]["status"] == status


def test_a_merge_is_announced_with_its_target(world: World) -> None:
    one, two = world.open_ticket(), world.open_ticket()
    world.deliver()
    world.control("POST", f"/tickets/{two}/merge", {"into": one})
    told = [(body["detail"]["id"], body["type"].rpartition(".")[2], body) for body in bodies(world)]
    assert [(number, kind) for number, kind, _ in told] == [
        ("1", "comment_added"),
        ("2", "comment_added"),
        ("2", "status_changed"),
        ("2", "merged"),
        ("2", "tags_changed"),
    ]
    assert told[3][2]["event"]["target_ticket_id"] == "1"


def test_the_signature_is_over_the_attempts_time_and_the_raw_body(world: World) -> None:
    world.open_ticket()
    (sent,) = world.deliver()
    stamp = sent.headers["X-Zendesk-Webhook-Signature-Timestamp"]
    mac = hmac.new(SECRET.encode(), stamp.encode() + sent.body, hashlib.sha256).digest()
    assert sent.headers["X-Zendesk-Webhook-Signature"] == base64.b64encode(mac).decode()
    assert sent.body.startswith(b'{\n   "account_id": 22129848,')
    assert (sent.url, stamp) == (hook_of("zendesk"), "2026-11-21T08:00:00Z")


@pytest.mark.reference
def test_signatures_equal_the_published_examples(shared: Path) -> None:
    file = shared / "contracts" / "zendesk" / "webhook-vectors.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for vector in told["vectors"]:
        body, wanted = vector["raw_body"], vector["headers"]
        delivery = Delivery(1, "01HANA2B5D5W9XSJS3NE5SQA1J", "e", "k", 1, body, now, now)
        at = datetime.fromisoformat(wanted["X-Zendesk-Webhook-Signature-Timestamp"])
        assert signed_headers(delivery, at, told["test_secret"]) == wanted


def test_the_connector_understands_what_is_sent(world: World) -> None:
    connector = connect("zendesk", sandbox_environ("zendesk", "http://127.0.0.1:1"))
    number = world.open_ticket()
    for who in ("customer", "agent"):
        say = {"as": who, "text": "Hello"}
        world.control("POST", f"/tickets/{number}/messages", say, status=201)
    events = []
    for sent in world.deliver():
        request = request_of(sent, world.clock())
        connector.verify(request)
        events += connector.parse(request)
    told = [event.kind for event in events]
    assert told == [EventKind.CREATED, EventKind.CUSTOMER_REPLIED, EventKind.AGENT_REPLIED]
    assert {event.ticket_id for event in events} == {str(number)}
    assert len({event.delivery_key for event in events}) == 3
    rewritten = Sent(sent.url, json.dumps(json.loads(sent.body)).encode(), sent.headers)
    with pytest.raises(BadSignature):
        connector.verify(request_of(rewritten, world.clock()))


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        (Answer(200), 1),
        (Answer(409), 4),
        (Answer(429, retry_after=2), 4),
        (Answer(503, retry_after=2), 4),
        (Answer(429), 1),
        (Answer(503, retry_after=3600), 1),
        (Answer(None, error="ReadTimeout"), 6),
        (Answer(500), 1),
        (Answer(401), 1),
        (Answer(302), 1),
    ],
)
def test_how_often_it_is_tried(world: World, answer: Answer, attempts: int) -> None:
    world.open_ticket()
    world.answers.extend([answer] * 20)
    for _ in range(20):
        world.deliver()
        world.clock.sleep(60)
    assert len(world.sent) == attempts
    (told,) = world.control("GET", "/deliveries")["deliveries"]
    assert told["state"] == ("delivered" if answer.status == 200 else "gave_up")
    assert len(told["attempts"]) == attempts


def test_attempts_share_the_invocation_and_are_signed_anew(world: World) -> None:
    world.open_ticket()
    world.answers.append(Answer(409))
    world.deliver()
    assert world.deliver() == []  # not due yet
    world.clock.sleep(1)
    world.deliver()
    first, second = world.sent
    name = "X-Zendesk-Webhook-Invocation-Id"
    assert first.headers[name] == second.headers[name]
    assert first.body == second.body
    stamp = "X-Zendesk-Webhook-Signature-Timestamp"
    assert second.headers[stamp] > first.headers[stamp]


def test_what_was_not_delivered_is_delivered_after_a_restart(
    make_world: Maker, tmp_path: Path
) -> None:
    first = make_world(tmp_path)
    number = first.open_ticket()
    first.sandbox.close()
    second = make_world(tmp_path, first.clock)
    (sent,) = second.deliver()
    assert json.loads(sent.body)["detail"]["id"] == str(number)
    assert second.control("GET", f"/tickets/{number}")["requester"]["name"] == "Maya"
    assert second.open_ticket() == number + 1


def test_a_refused_update_announces_nothing(world: World) -> None:
    world.open_ticket()
    world.deliver()
    stale = {"safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}
    assert world.put(1, {"status": "open", **stale}).status_code == 409
    assert world.deliver() == []


class Receiver(HTTPServer):
    """A webhook endpoint that answers 409 once and then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[bytes, dict[str, str]]] = []
        self.done = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((body, dict(self.headers)))
        self.send_response(409 if len(self.server.got) == 1 else 200)
        self.end_headers()
        if len(self.server.got) == 2:
            self.server.done.set()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Impatient(ZendeskFacade):
    attempt_seconds = 0.05


def test_a_receiver_that_does_not_answer_in_the_vendors_time_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as silent:  # takes the connection and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/webhooks/zendesk"
        face = Impatient(read_credentials({}), Random(7))
        sandbox = build("zendesk", face, tmp_path, url)
        maya = sandbox.desk.person("customer", "Maya", "maya@example.com")
        sandbox.desk.open_ticket("S", maya, "<p>T</p>", Origin("email"))
        sandbox.couriers.deliver_due()
    (delivery,) = sandbox.couriers.deliveries()
    sandbox.close()
    assert [attempt.error for attempt in delivery.attempts] == ["ReadTimeout"]


def test_the_background_thread_sends_over_a_real_socket(receiver: Receiver, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{receiver.server_port}/webhooks/zendesk"
    sandbox = build("zendesk", facade({}, Random(7)), tmp_path, url, pace=0.01)
    sandbox.couriers.start()
    desk = sandbox.desk
    maya = desk.person("customer", "Maya", "maya@example.com")
    desk.open_ticket("Größe", maya, "<p>Grüße</p>", Origin("email"))
    assert receiver.done.wait(5)
    sandbox.close()
    connector = connect("zendesk", sandbox_environ("zendesk", url[: -len("/webhooks/zendesk")]))
    for body, headers in receiver.got:
        connector.verify(request_of(Sent(url, body, headers), datetime.now(UTC)))
    assert "Größe" in receiver.got[0][0].decode()
    assert receiver.got[0][0] == receiver.got[1][0]
