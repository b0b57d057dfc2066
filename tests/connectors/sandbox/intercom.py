"""An Intercom sandbox, and its API as an app with the workspace's token uses it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from werkzeug.test import TestResponse

from connectors.intercom.sandbox import facade
from tests.connectors.sandbox.conftest import AGENT, SandboxWorld, around

TOKEN = "sandbox-access-token"
BOT = "991267459"


@dataclass
class IntercomWorld(SandboxWorld):
    """An Intercom workspace; ``version`` is what calls ask for, ``None`` to ask for nothing."""

    version: str | None = None

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {TOKEN}", **AGENT}
        if self.version is not None:
            headers["Intercom-Version"] = self.version
        return self.client.open(
            path, method=method, json=body, query_string=query or None, headers=headers
        )

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self.fine(self.call("GET", path, **query))

    def post(self, path: str, body: Any) -> dict[str, Any]:
        return self.fine(self.call("POST", path, body))

    def put(self, path: str, body: Any) -> dict[str, Any]:
        return self.fine(self.call("PUT", path, body))

    @staticmethod
    def fine(answer: TestResponse) -> dict[str, Any]:
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def flaw(self, method: str, path: str, body: Any = None) -> tuple[int, str, str | None]:
        """The status, the code and the field of a refusal."""
        answer = self.call(method, path, body)
        told = answer.get_json()
        assert told["type"] == "error.list"
        assert len(told["request_id"]) == 36
        (error,) = told["errors"]
        return answer.status_code, error["code"], error.get("field")

    def reply(self, number: int, body: str, kind: str = "comment", **extra: Any) -> dict[str, Any]:
        wanted = {"message_type": kind, "type": "admin", "admin_id": BOT, "body": body, **extra}
        return self.post(f"/conversations/{number}/reply", wanted)

    def manage(self, number: int, kind: str, **extra: Any) -> dict[str, Any]:
        wanted = {"message_type": kind, "type": "admin", "admin_id": BOT, **extra}
        return self.post(f"/conversations/{number}/parts", wanted)

    def parts(self, number: int, **query: Any) -> list[dict[str, Any]]:
        told = self.get(f"/conversations/{number}", **query)["conversation_parts"]
        return list(told["conversation_parts"])

    def kinds(self, number: int) -> list[str]:
        return [part["part_type"] for part in self.parts(number)]

    def tag_id(self, name: str) -> str:
        return str(self.post("/tags", {"name": name})["id"])

    def agent_id(self) -> str:
        """The id of a teammate who is not the bot."""
        return str(next(each["id"] for each in self.get("/admins")["admins"] if each["id"] != BOT))

    def notified(self) -> list[dict[str, Any]]:
        """The notifications that are due, delivered and read."""
        return [json.loads(sent.body) for sent in self.deliver()]

    def topics(self) -> list[str]:
        return [body["topic"] for body in self.notified()]


IntercomMaker = Callable[..., IntercomWorld]


def makers(data: Path) -> Iterator[IntercomMaker]:
    """Make workspaces with the settings that are given; close them in the end."""
    made: list[IntercomWorld] = []

    def make(version: str | None = None, **environ: str) -> IntercomWorld:
        face = facade(environ, Random(7))
        world = around(IntercomWorld, "intercom", face, data)
        world.version = version
        made.append(world)
        return world

    yield make
    for world in made:
        world.sandbox.close()


def still_workspace(data: Path) -> Iterator[IntercomWorld]:
    """Make a workspace with one conversation, for many tests that change nothing in it."""
    for make in makers(data):
        world = make()
        world.open_ticket()
        yield world
