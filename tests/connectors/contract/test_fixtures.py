"""Every kind hands in what it is tried with, written by hand and not by its own façade."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors import KINDS, errors
from connectors.base import Connector
from connectors.errors import BadSignature, HelpdeskError
from connectors.shared import PrivateStore
from connectors.types import EventKind, Feature, WebhookRequest
from tests.connectors.contract import glue
from tests.connectors.contract.bench import KEY, Bench
from tests.connectors.contract.glue import CASES, Glue, capabilities, lacks
from tests.connectors.contract.test_knowledge import AUDIENCES
from tests.connectors.contract.test_once import CHANGES, ask
from tests.connectors.contract.wire import Answer, Mishap
from tests.connectors.sandbox.conftest import Clock

ROOT = Path(__file__).resolve().parents[3]
UNDERSTOOD = ("created", "replied", "agent_replied", "own_message", "ignored")
REFUSED = ("badly_signed", "other_account")


def test_a_kind_lacks_nothing_that_it_is_tried_with(kind: str) -> None:
    assert lacks(kind) == []


def test_what_a_new_kind_lacks_is_said_in_a_sentence_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glue, "TESTS", tmp_path)
    [sentence] = lacks("newdesk")
    assert sentence == (
        "newdesk has no tests/connectors/newdesk/contract.py that says how to build it."
    )


def test_every_fixture_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = sorted(KINDS)[0]
    monkeypatch.setattr(glue, "TESTS", tmp_path)
    (tmp_path / known).mkdir()
    (tmp_path / known / "contract.py").touch()
    missing = lacks(known)
    assert len(missing) == len(CASES)
    assert missing[0].endswith(f"{known}/fixtures/contract/created.json.")


def test_a_kind_says_of_every_feature_whether_it_has_it_and_how(kind: str) -> None:
    table = capabilities(kind)
    assert set(table) == set(Feature)
    assert all(found.how.strip() for found in table.values())


def test_what_a_connector_supports_is_what_its_table_says(connector: Connector, kind: str) -> None:
    able = {feature for feature, found in capabilities(kind).items() if found.able}
    assert connector.supports == able


def test_the_guide_names_every_variable_and_what_is_not_supported(kind: str, bench: Bench) -> None:
    guide = (ROOT / "connectors" / kind / "README.md").read_text(encoding="utf-8")
    for heading in ("## Set-up", "## What is supported", "## What is not"):
        assert heading in guide, f"{kind}'s guide has no part {heading!r}"
    for name in bench.glue.environ:
        assert name in guide, f"{kind}'s guide does not say what {name} is"
    assert f"/webhooks/{kind}" in guide
    assert "understudy doctor" in guide


def test_promises_that_a_kind_cannot_keep_have_a_reason(bench: Bench) -> None:
    known = {"delivery_key", "in_pieces", "redaction", "signed_body", "tags_at_once"}
    known |= {"verified", *AUDIENCES}
    assert bench.glue.cannot.keys() <= known
    assert all(len(reason) > 20 for reason in bench.glue.cannot.values())


@pytest.mark.parametrize("case", CASES)
def test_a_fixture_says_where_its_shape_comes_from(kind: str, case: str) -> None:
    found = Glue.of(kind).case(case)
    assert len(found["origin"]) > 20
    assert "expected" in found
    assert ("request" in found) is not ("answer" in found)


# Requests


def request_of(found: Glue, case: Mapping[str, Any], clock: Clock) -> WebhookRequest:
    asked = case["request"]
    raw = asked["text"] if "text" in asked else json.dumps(asked["body"], indent=1)
    body, headers = raw.encode(), asked["headers"]
    if asked.get("signed", True):
        headers = found.sign(body, headers, clock)
    return WebhookRequest("POST", dict(headers), body, clock())


def listener(kind: str) -> tuple[Glue, Connector, Clock]:
    found, clock = Glue.of(kind), Clock()
    return found, found.connector(kind, found.environ, clock, PrivateStore()), clock


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_a_recorded_request_is_understood(kind: str, name: str) -> None:
    found, connector, clock = listener(kind)
    case = found.case(name)
    request = request_of(found, case, clock)
    connector.verify(request)
    events = connector.parse(request)
    wanted = case["expected"]["events"]
    assert len(events) == len(wanted)
    for event, want in zip(events, wanted, strict=True):
        assert {key: getattr(event, key) for key in want} == want
    customers = {EventKind.CREATED, EventKind.CUSTOMER_REPLIED}
    kinds = {event.kind for event in events}
    assert bool(kinds & customers) is (name in {"created", "replied"})


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_is_not_ours_is_refused(kind: str, name: str) -> None:
    found, connector, clock = listener(kind)
    case = found.case(name)
    request = request_of(found, case, clock)
    assert case["expected"] == {"error": "BadSignature"}

    def listen() -> None:
        connector.verify(request)
        connector.parse(request)

    with pytest.raises(BadSignature):
        listen()


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_the_same_request_unsigned_is_refused(kind: str, name: str) -> None:
    found, connector, clock = listener(kind)
    request = request_of(found, found.case(name), clock)
    with pytest.raises(BadSignature):
        connector.verify(replace(request, headers=found.case(name)["request"]["headers"]))


# Answers


def answer_of(case: Mapping[str, Any], clock: Clock) -> Answer:
    """The answer; a header ``@now+9`` is the moment in nine seconds."""
    told = case["answer"]
    raw = told["text"] if "text" in told else json.dumps(told["body"])
    now = int(clock().timestamp())
    headers = {
        name: str(now + int(value[5:])) if value.startswith("@now+") else value
        for name, value in told["headers"].items()
    }
    return Answer(told["status"], headers, raw.encode())


def expect(case: Mapping[str, Any], error: HelpdeskError) -> None:
    wanted = case["expected"]
    assert type(error) is getattr(errors, wanted["error"])
    assert error.retry_after == (
        None if wanted["retry_after"] is None else pytest.approx(wanted["retry_after"], abs=1)
    )


@pytest.mark.parametrize("name", ["rate_limited", "conflicting", "truncated"])
def test_an_answer_to_a_write_is_the_error_that_it_stands_for(bench: Bench, name: str) -> None:
    case = bench.glue.case(name)
    _, ticket = ask(bench)
    bench.line.begin({0: Mishap(arrives=False, answer=answer_of(case, bench.clock))})
    with pytest.raises(HelpdeskError) as caught:
        bench.connector().apply(ticket, CHANGES["note"], KEY)
    expect(case, caught.value)


@pytest.mark.parametrize("name", ["rate_limited", "truncated"])
def test_an_answer_to_a_read_is_the_error_that_it_stands_for(bench: Bench, name: str) -> None:
    case = bench.glue.case(name)
    connector = bench.connector()
    _, ticket = ask(bench)
    connector.ticket(ticket.id)
    bench.line.reads = [Mishap(arrives=False, answer=answer_of(case, bench.clock))] * 6
    with pytest.raises(HelpdeskError) as caught:
        connector.ticket(ticket.id)
    expect(case, caught.value)
