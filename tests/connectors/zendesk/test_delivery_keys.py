"""Delivery keys: the same announcement has one, two announcements have two."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.types import WebhookRequest
from connectors.zendesk import webhook
from tests.connectors.zendesk.support import NOW, delivery, fixture


def test_an_event_is_known_by_its_signed_id_over_all_attempts() -> None:
    first = delivery(fixture("event_created"))
    again = delivery(
        fixture("event_created"),
        at=NOW + timedelta(minutes=3),
        x_zendesk_webhook_invocation_id="01HANOTHER",
    )
    assert _key(first) == _key(again)
    assert _key(first) != _key(delivery({**fixture("event_created"), "id": "another"}))


def test_a_trigger_is_known_by_its_invocation_over_all_attempts() -> None:
    body = fixture("trigger_created")
    again = delivery(body, at=NOW + timedelta(minutes=3))
    assert _key(delivery(body)) == _key(again)
    other = delivery(body, x_zendesk_webhook_invocation_id="01HANOTHER")
    assert _key(delivery(body)) != _key(other)


def test_an_id_that_the_admin_put_into_the_trigger_comes_first() -> None:
    body = {**fixture("trigger_created"), "id": "audit-7"}
    other = delivery(body, x_zendesk_webhook_invocation_id="01HANOTHER")
    assert _key(delivery(body)) == _key(other)


def test_without_an_invocation_the_time_of_the_update_decides() -> None:
    body = {**fixture("trigger_created"), "updated_at": "2026-11-20T10:20:00Z"}
    later = {**body, "updated_at": "2026-11-20T10:21:00Z"}

    def key(body: object) -> str:
        return _key(delivery(body, x_zendesk_webhook_invocation_id=""))

    assert key(body) == key(body)
    assert key(body) != key(later)


def test_with_nothing_to_go_by_a_second_announcement_is_not_swallowed() -> None:
    body = fixture("trigger_created")
    first = delivery(body, x_zendesk_webhook_invocation_id="")
    second = delivery(body, at=NOW + timedelta(seconds=1), x_zendesk_webhook_invocation_id="")
    assert _key(first) != _key(second)


def test_kinds_of_keys_cannot_be_mistaken_for_each_other() -> None:
    event = {**fixture("event_created"), "id": "same"}
    trigger = {**fixture("trigger_created"), "id": "same"}
    assert _key(delivery(event)) != _key(delivery(trigger))


@pytest.mark.parametrize("odd", ["a b", "é", "x" * 500, "../../etc", "a\x00b"])
def test_odd_ids_become_plain_keys(odd: str) -> None:
    key = _key(delivery({**fixture("event_created"), "id": odd}))
    assert key.isascii()
    assert len(key) < 60
    assert key != _key(delivery({**fixture("event_created"), "id": odd + "2"}))


def _key(request: WebhookRequest) -> str:
    [event] = webhook.parse(request)
    return event.delivery_key
