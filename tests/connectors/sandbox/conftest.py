"""A sandbox in a folder that is thrown away, under a clock that only tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from connectors import KINDS
from connectors.sandbox.app import Sandbox, build, facade_of
from connectors.sandbox.couriers import Answer
from connectors.sandbox.facade import Facade
from connectors.zendesk.sandbox import facade

START = datetime(2026, 11, 21, 8, 0, 0, 250_000, tzinfo=UTC)
AGENT = {"User-Agent": "Understudy/test"}


def hook_of(kind: str) -> str:
    return f"http://127.0.0.1:9/webhooks/{kind}"


@dataclass
class Clock:
    """Time that passes by sleeping only."""

    now: datetime = START
    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.meanwhile()


@dataclass(frozen=True)
class Sent:
    """One webhook attempt as the receiver saw it."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class SandboxWorld:
    """A sandbox of any kind with everything around it."""

    kind: str
    sandbox: Sandbox
    client: FlaskClient
    clock: Clock
    sent: list[Sent]
    answers: list[Answer]  # what the receiver answers next; 200 when there is none

    def variables(self, account_key: str = "", url: str = "http://127.0.0.1:1") -> dict[str, str]:
        """What points a connector of this kind at this sandbox."""
        module = import_module(f"{KINDS[self.kind]}.sandbox")
        return dict(module.sandbox_environ(account_key or self.kind, url))

    def open_ticket(self, **extra: Any) -> int:
        body = {
            "subject": "How do I export?",
            "text": "Hello,\n\nhow do I export?",
            "requester": {
                "name": "Maya",
                "email": "maya@example.com",
                "organization": {
                    "name": "Nordlicht",
                    "plan": "business",
                    "tags": ["vip"],
                    "customer_since": "2023-04-01",
                },
            },
            **extra,
        }
        return int(self.control("POST", "/tickets", body, status=201)["id"])

    def say(self, number: int, who: str, text: str, **extra: Any) -> int:
        body = {"as": who, "text": text, **extra}
        return int(self.control("POST", f"/tickets/{number}/messages", body, status=201)["id"])

    def told(self, number: int) -> dict[str, Any]:
        return dict(self.control("GET", f"/tickets/{number}"))

    def plan(self, kind: str, **extra: Any) -> None:
        self.control("POST", "/faults", {"kind": kind, **extra}, status=201)

    def control(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.open(f"/sandbox{path}", method=method, json=body)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def deliver(self) -> list[Sent]:
        """Send what is due, and return only that."""
        before = len(self.sent)
        self.sandbox.couriers.deliver_due()
        return self.sent[before:]


@dataclass
class World(SandboxWorld):
    """A Zendesk sandbox, and its API as a client with credentials uses it."""

    def token(self, **extra: Any) -> TestResponse:
        wanted = {
            "grant_type": "client_credentials",
            "client_id": "understudy-sandbox",
            "client_secret": "sandbox-client-secret",
            "scope": "read write",
            **extra,
        }
        return self.client.post("/oauth/tokens", json=wanted)

    @property
    def auth(self) -> dict[str, str]:
        answer = self.token()
        return {"Authorization": f"Bearer {answer.get_json()['access_token']}", **AGENT}

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.client.get(f"/api/v2{path}", query_string=query, headers=self.auth)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def put(self, number: int, ticket: dict[str, Any]) -> TestResponse:
        path = f"/api/v2/tickets/{number}"
        return self.client.put(path, json={"ticket": ticket}, headers=self.auth)


@pytest.fixture(scope="session", autouse=True)
def rules_compiled_once() -> Iterator[None]:
    """Keep what werkzeug makes of a rule: it compiles code for it, anew for each of our apps.

    That was four fifths of what a sandbox takes to be built.
    """
    original = Rule._compile_builder
    made: dict[Any, Any] = {}

    def compile_builder(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, repr(rule.defaults), rule.subdomain, append_unknown)
        if key not in made:
            made[key] = original(rule, append_unknown)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_builder)
        yield


AnyMaker = Callable[..., SandboxWorld]
Maker = Callable[..., World]
AnyWorld = TypeVar("AnyWorld", bound=SandboxWorld)


def around(
    world_type: type[AnyWorld],
    kind: str,
    face: Facade,
    data: Path,
    clock: Clock | None = None,
) -> AnyWorld:
    """Build a sandbox whose webhooks are noted instead of sent."""
    time, sent, answers = clock or Clock(), list[Sent](), list[Answer]()

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        sent.append(Sent(url, body, headers))
        return answers.pop(0) if answers else Answer(200)

    sandbox = build(kind, face, data, hook_of(kind), now=time, sleep=time.sleep, send=send)
    return world_type(kind, sandbox, sandbox.app.test_client(), time, sent, answers)


@pytest.fixture
def make_sandbox(tmp_path: Path) -> Iterator[AnyMaker]:
    """Makes sandboxes of any kind that the registry has."""
    made: list[SandboxWorld] = []

    def make(
        kind: str,
        environ: Mapping[str, str] | None = None,
        data: Path = tmp_path,
        clock: Clock | None = None,
    ) -> SandboxWorld:
        made.append(around(SandboxWorld, kind, facade_of(kind, environ or {}), data, clock))
        return made[-1]

    yield make
    for world in made:
        world.sandbox.close()


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Maker]:
    """Makes Zendesk sandboxes, the same in every run."""
    made: list[World] = []

    def make(
        data: Path = tmp_path,
        clock: Clock | None = None,
        face: Facade | None = None,
    ) -> World:
        made.append(around(World, "zendesk", face or facade({}, Random(7)), data, clock))
        return made[-1]

    yield make
    for world in made:
        world.sandbox.close()


@pytest.fixture
def world(make_world: Maker) -> World:
    return make_world()
