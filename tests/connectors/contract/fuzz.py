"""Bodies that no helpdesk sends: valid ones, bent in one or more places, and bytes.

In the suite a few of them are tried, the same ones each time. For a long search::

    python -m tests.connectors.contract.fuzz --kind zendesk --seconds 600

It prints one line, and ends with 1 where a body was found that breaks the parser.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

from connectors import KINDS
from connectors.base import Connector
from connectors.errors import BadPayload, BadSignature
from connectors.shared import PrivateStore
from connectors.types import WebhookRequest
from tests.connectors.contract.glue import Glue
from tests.connectors.sandbox.conftest import Clock

BASES = ("created", "replied", "agent_replied", "own_message", "ignored", "other_account")
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    10**30,
    1e308,
    float("nan"),
    "",
    "0",
    " ",
    "\0",
    "\ud800",
    "٣",
    "é" * 500,
    "../../1",
    "1" * 5000,
    "9999-99-99T99:99:99Z",
    "0001-01-01T00:00:00+23:59",
    [],
    {},
    [[]],
    [None],
    {"": {}},
)
Place = tuple[Any, Any]  # a container, and the key in it


def places(node: Any) -> Iterator[Place]:
    """Walk every place in a body that can be bent."""
    keys: Sequence[Any] = ()
    if isinstance(node, dict):
        keys = list(node)
    elif isinstance(node, list):
        keys = range(len(node))
    for key in keys:
        yield node, key
        yield from places(node[key])


def _odd(chance: Random, container: Any, key: Any) -> None:
    container[key] = copy.deepcopy(chance.choice(ODD))


def _drop(_: Random, container: Any, key: Any) -> None:
    del container[key]


def _text(_: Random, container: Any, key: Any) -> None:
    """An id as the other of its two types."""
    value = container[key]
    number = isinstance(value, str) and value.isdecimal() and len(value) < 20
    container[key] = int(value) if number else str(value)


def _wrap(_: Random, container: Any, key: Any) -> None:
    container[key] = [container[key]]


def _deepen(_: Random, container: Any, key: Any) -> None:
    for _turn in range(60):
        container[key] = {"a": container[key]}


def _swap(chance: Random, container: Any, key: Any) -> None:
    """Another value of the same body, where it does not belong."""
    other = chance.choice(list(container) if isinstance(container, dict) else range(len(container)))
    container[key] = copy.deepcopy(container[other])


Bend = Callable[[Random, Any, Any], None]
BENDS: tuple[Bend, ...] = (_odd, _odd, _drop, _text, _wrap, _deepen, _swap)


def bent(body: Any, chance: Random) -> bytes:
    """Bend a body in one to four places, and sometimes its bytes."""
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 4)):
        found = list(places(body))
        if not found:
            break
        container, key = chance.choice(found)
        chance.choice(BENDS)(chance, container, key)
    raw = json.dumps(body).encode("utf-8", "surrogatepass")
    if chance.random() < 0.2:
        at = chance.randrange(len(raw) + 1)
        raw = raw[:at] + chance.randbytes(chance.randrange(4)) + raw[at + chance.randrange(9) :]
    return raw


class Target:
    """One kind's parser, with what to feed it."""

    def __init__(self, kind: str) -> None:
        self._glue, self._clock = Glue.of(kind), Clock()
        self.connector: Connector = self._glue.connector(
            kind, self._glue.environ, self._clock, PrivateStore()
        )
        cases = [self._glue.case(name)["request"] for name in BASES]
        self.bodies: list[Any] = [case["body"] for case in cases if "body" in case]
        self.headers: Mapping[str, str] = cases[0]["headers"]

    def body(self, chance: Random) -> bytes:
        """Make up a body."""
        return bent(chance.choice(self.bodies), chance)

    def headers_of(self, chance: Random) -> dict[str, str]:
        """Take headers of a good request, some of them bent."""
        headers = dict(self.headers)
        for name in list(headers):
            if chance.random() < 0.1:
                headers[name] = chance.choice(["", "é", "\ud800", "0", "x" * 5000])
        return headers

    def signed(self, body: bytes, headers: Mapping[str, str] | None = None) -> WebhookRequest:
        """A request whose body nobody has changed on the way."""
        headers = self._glue.sign(body, headers or self.headers, self._clock)
        return WebhookRequest("POST", dict(headers), body, self._clock())

    def listen(self, request: WebhookRequest) -> None:
        """Verify and parse; raises whatever is not promised."""
        with suppress(BadSignature):
            self.connector.verify(request)
        try:
            events = self.connector.parse(request)
        except BadSignature:
            return
        except BadPayload as error:
            events, recovered = [], error.ticket_id
            assert recovered is None or usable(recovered), f"ticket id {recovered!r}"
        for event in events:
            assert usable(event.ticket_id), f"ticket id {event.ticket_id!r}"
            assert event.delivery_key.isascii(), "a key that no database takes"
            assert 0 < len(event.delivery_key) <= 120, "a key too long or empty"
            assert event.occurred_at is None or event.occurred_at.tzinfo, "a time without a zone"
            assert event.actor_id is None or storable(event.actor_id), f"actor {event.actor_id!r}"


def usable(text: str) -> bool:
    """Tell whether an id can go into a path, a column, a job's name."""
    return 0 < len(text) <= 64 and text.isascii() and all(c.isalnum() or c in "-_" for c in text)


def storable(text: str) -> bool:
    """Tell whether a database takes a text: no half emoji, no NUL, no endless length."""
    whole = text.encode("utf-8", "replace").decode() == text
    return whole and "\0" not in text and 0 < len(text) <= 64


def hunt(target: Target, chance: Random, seconds: float) -> tuple[int, str]:
    """Try bodies for so long; gives how many, and the first that broke something."""
    until, tried = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        body = target.body(chance) if chance.random() < 0.9 else chance.randbytes(40)
        request = target.signed(body)
        if chance.random() < 0.2:
            request = replace(request, headers=target.headers_of(chance))
        tried += 1
        try:
            target.listen(request)
        except Exception as error:
            return tried, f"{type(error).__name__}: {error} for {body[:2000]!r}"
    return tried, ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Search, and say what was found."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.connectors.contract.fuzz",
        description="Feed a kind's webhook parser with bent bodies until one breaks it.",
        epilog="example: python -m tests.connectors.contract.fuzz --kind zendesk --seconds 600",
    )
    parser.add_argument("--kind", choices=sorted(KINDS), required=True)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same bodies (0)")
    asked = parser.parse_args(arguments)
    tried, found = hunt(Target(asked.kind), Random(asked.seed), asked.seconds)
    told = f"broken by {found}" if found else "nothing broke it"
    sys.stdout.write(f"{asked.kind}: {tried} bodies with seed {asked.seed}, {told}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
