"""Webhooks: what the helpdesk really sends is let in and understood, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connectors.base import Connector
from connectors.errors import BadPayload, BadSignature, Misconfigured
from connectors.types import Change, EventKind, WebhookRequest
from tests.connectors.contract.bench import KEY, Bench, later, outcome
from tests.connectors.contract.conftest import Benches
from tests.connectors.contract.wire import Wire

CUSTOMERS = {EventKind.CREATED, EventKind.CUSTOMER_REPLIED}
Deed = Callable[[Bench, int], object]


def write(bench: Bench, number: int, change: Change) -> None:
    connector = bench.connector()
    connector.apply(connector.ticket(str(number)), change, KEY)


# What happens -> how, and what the event may be called. Others than customers' are hints only.
DEEDS: dict[str, tuple[Deed, EventKind | None]] = {
    "customer replied": (lambda b, n: b.say(n, "customer", "Hello?"), EventKind.CUSTOMER_REPLIED),
    "agent replied": (lambda b, n: b.say(n, "agent", "Like so."), EventKind.AGENT_REPLIED),
    "agent noted": (lambda b, n: b.say(n, "agent", "Hm.", public=False), EventKind.NOTED),
    "own note": (lambda b, n: write(b, n, Change(note="<p>Draft</p>")), EventKind.NOTED),
    "own reply": (lambda b, n: write(b, n, Change(reply="<p>So</p>")), EventKind.AGENT_REPLIED),
    "tags changed": (lambda b, n: b.tag(n, "billing"), EventKind.CHANGED),
    "closed": (lambda b, n: b.status(n, "closed"), EventKind.CHANGED),
    "deleted": (lambda b, n: b.status(n, "deleted"), EventKind.CHANGED),
}


@pytest.fixture
def delivery(bench: Bench) -> WebhookRequest:
    """One good delivery."""
    bench.open()
    return bench.drain()[0]


def test_a_new_ticket_is_announced_as_created(bench: Bench, connector: Connector) -> None:
    number = bench.open()
    [event] = bench.events()
    assert event.kind is EventKind.CREATED
    assert connector.ticket(event.ticket_id).messages[0].text == "How do I export?"
    assert bench.truth(number)["subject"] == "Export"


@pytest.mark.parametrize("what", DEEDS)
def test_what_happens_is_announced_by_its_name_and_only_customers_are_customers(
    bench: Bench, what: str
) -> None:
    deed, named = DEEDS[what]
    number, ticket_id = bench.opened()
    deed(bench, number)
    events = bench.events()
    assert {event.ticket_id for event in events} <= {ticket_id}
    kinds = {event.kind for event in events}
    if named is EventKind.CUSTOMER_REPLIED:
        assert named in kinds
    else:
        assert not kinds & CUSTOMERS
        assert named in kinds or what in bench.glue.quiet


def test_who_is_quiet_about_something_says_why(bench: Bench) -> None:
    assert bench.glue.quiet.keys() <= DEEDS.keys()
    assert all(len(reason) > 20 for reason in bench.glue.quiet.values())


def test_the_status_for_trying_again_makes_this_vendor_try_again(
    bench: Bench, connector: Connector
) -> None:
    from connectors.sandbox.records import Attempt

    facade, at = bench.line.facade, bench.clock()
    status = connector.retry_status()
    assert facade.again([Attempt(at, status)], None) is not None
    assert 400 <= status < 600


def test_each_announcement_has_its_own_key_and_a_redelivery_the_same(
    bench: Bench, connector: Connector
) -> None:
    bench.control("POST", "/faults", {"kind": "duplicate_delivery", "event": ""})
    number = bench.open()
    bench.say(number, "customer", "Hello?")
    first, twin, reply = (connector.parse(request)[0] for request in bench.drain())
    assert first.delivery_key == twin.delivery_key or "delivery_key" in bench.glue.cannot
    assert reply.delivery_key not in {first.delivery_key, ""}
    assert all(len(event.delivery_key) <= 120 for event in (first, reply))


def test_a_second_attempt_has_the_key_of_the_first(bench: Bench, connector: Connector) -> None:
    delivery = bench.sandbox.couriers.deliveries
    bench.open()
    [request] = bench.drain()
    later(bench, minutes=1)
    headers = bench.line.facade.headers(delivery()[-1], bench.clock())
    again = replace(
        request,
        headers={name.lower(): value for name, value in headers.items()},
        received_at=bench.clock(),
    )
    connector.verify(again)
    if "delivery_key" not in bench.glue.cannot:
        assert connector.parse(again)[0].delivery_key == connector.parse(request)[0].delivery_key


@pytest.mark.parametrize("secret", ["wrong", "", " ", None])
def test_a_wrong_empty_or_absent_secret_lets_nothing_in(
    bench: Bench, delivery: WebhookRequest, secret: str | None
) -> None:
    found = outcome(lambda: bench.misled(**{bench.glue.secret: secret}).verify(delivery))
    assert isinstance(found, BadSignature | Misconfigured)
    if isinstance(found, Misconfigured):
        assert secret != "wrong"
        assert bench.glue.secret in str(found)


def test_a_request_that_bears_no_signature_is_refused(
    connector: Connector, delivery: WebhookRequest
) -> None:
    for headers in ({}, {"content-type": "application/json"}):
        with pytest.raises(BadSignature):
            connector.verify(replace(delivery, headers=headers))


def test_every_header_that_proves_something_must_be_there_and_right(
    bench: Bench, connector: Connector, delivery: WebhookRequest
) -> None:
    proving = 0
    for name in delivery.headers:
        bare = {key: value for key, value in delivery.headers.items() if key != name}
        try:
            connector.verify(replace(delivery, headers=bare))
        except BadSignature:
            proving += 1
            for wrong in ("", "nonsense", "é", delivery.headers[name][:-1]):
                with pytest.raises(BadSignature):
                    connector.verify(replace(delivery, headers={**bare, name: wrong}))
    assert proving


def test_a_changed_byte_is_noticed(
    bench: Bench, connector: Connector, delivery: WebhookRequest
) -> None:
    connector.verify(delivery)
    if "signed_body" in bench.glue.cannot:
        return
    body = delivery.body
    for place in (0, len(body) // 2, len(body) - 1):
        spoilt = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(BadSignature):
            connector.verify(replace(delivery, body=spoilt))


def test_another_accounts_delivery_is_refused(
    bench: Bench, fresh: Benches, connector: Connector
) -> None:
    other = fresh(bench.glue.other, suffix="-eu")
    other.open()
    [request] = other.drain()
    other.connector().verify(request)
    with pytest.raises(BadSignature):
        connector.verify(request)


def test_listening_calls_nobody(
    bench: Bench, connector: Connector, delivery: WebhookRequest, wire: Wire
) -> None:
    calls = len(wire.timeouts)
    connector.verify(delivery)
    connector.parse(delivery)
    connector.retry_status()
    assert len(wire.timeouts) == calls


@pytest.mark.parametrize("method", ["HEAD", "GET", "POST"])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a": 1}'])
def test_a_body_that_cannot_be_read_is_bad_payload_or_nothing(
    connector: Connector, delivery: WebhookRequest, method: str, body: bytes
) -> None:
    found = outcome(lambda: connector.parse(replace(delivery, method=method, body=body)))
    assert found == [] or isinstance(found, BadPayload | BadSignature)
