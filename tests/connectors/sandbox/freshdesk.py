"""A Freshdesk sandbox, and its API as a client with the account's key uses it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from werkzeug.test import TestResponse

from connectors.freshdesk.sandbox import facade
from tests.connectors.sandbox.conftest import AGENT, SandboxWorld, around

KEY = "sandbox-freshdesk-key"


def basic(user: str, dummy: str = "X") -> str:
    return "Basic " + b64encode(f"{user}:{dummy}".encode()).decode()


@dataclass
class FreshdeskWorld(SandboxWorld):
    """A Freshdesk account with one key."""

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> TestResponse:
        return self.client.open(
            f"/api/v2{path}",
            method=method,
            json=body,
            query_string=query,
            headers={"Authorization": basic(KEY), **AGENT},
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def write(self, method: str, path: str, body: Any) -> Any:
        answer = self.call(method, path, body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.get_json()

    def flaws(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, str]:
        """The fields that a call is refused for, with their codes."""
        answer = self.call(method, path, body, **query)
        told = answer.get_json()
        assert (answer.status_code, told["description"]) == (400, "Validation failed")
        return {each["field"]: each["code"] for each in told["errors"]}


FreshdeskMaker = Callable[..., FreshdeskWorld]


def makers(data: Path) -> Iterator[FreshdeskMaker]:
    """Make accounts with the settings that are given; close them in the end."""
    made: list[FreshdeskWorld] = []

    def make(**environ: str) -> FreshdeskWorld:
        face = facade(environ, Random(7))
        made.append(around(FreshdeskWorld, "freshdesk", face, data))
        return made[-1]

    yield make
    for world in made:
        world.sandbox.close()


def still_account(data: Path) -> Iterator[FreshdeskWorld]:
    """Make an account with one ticket, for many tests that change nothing in it."""
    for make in makers(data):
        world = make()
        world.open_ticket(tags=["a"])
        yield world
