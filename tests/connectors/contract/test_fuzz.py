"""Bodies that no helpdesk sends break nothing: a few of them here, more with ``fuzz``."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import BadSignature
from connectors.types import Event, EventKind, WebhookRequest
from tests.connectors.contract.fuzz import Target, bent, hunt, main, places

FEW = settings(max_examples=60, derandomize=True, database=None)
CHANCE = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def target(kind: str) -> Target:
    return Target(kind)


@FEW
@given(chance=CHANCE)
def test_a_bent_body_gives_events_or_the_errors_that_are_promised(
    target: Target, chance: Random
) -> None:
    body = target.body(chance)
    target.listen(target.signed(body, target.headers_of(chance)))


@settings(FEW, max_examples=25)
@given(
    body=st.binary(max_size=300),
    headers=st.dictionaries(st.text(max_size=20), st.text(max_size=20)),
)
def test_bytes_and_headers_from_anybody_are_refused_politely(
    target: Target, body: bytes, headers: dict[str, str]
) -> None:
    target.listen(target.signed(body))
    request = WebhookRequest("POST", headers, body, target.signed(b"").received_at)
    target.listen(request)
    with pytest.raises(BadSignature):
        target.connector.verify(request)


def test_every_valid_body_can_be_bent_in_many_places(target: Target) -> None:
    assert len(target.bodies) >= 4
    assert all(len(list(places(body))) >= 2 for body in target.bodies)
    chance = Random(1)
    assert len({bent(target.bodies[0], chance) for _ in range(50)}) > 40


class Careless(Target):
    """A parser as one writes it at first."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.connector = self  # type: ignore[assignment]

    def verify(self, request: WebhookRequest) -> None:
        """Let everything in."""

    def parse(self, request: WebhookRequest) -> list[Event]:
        body = json.loads(request.body)
        return [Event(EventKind.CREATED, str(sorted(body)[0]), "key")]


def test_a_careless_parser_is_found_out(kind: str) -> None:
    tried, found = hunt(Careless(kind), Random(3), seconds=5)
    assert "Error" in found
    assert tried < 500


def test_the_long_search_says_in_one_line_what_it_did(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--kind", kind, "--seconds", "0.1", "--seed", "7"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{kind}: ")
    assert told.endswith(" with seed 7, nothing broke it\n")
    assert told.count("\n") == 1
