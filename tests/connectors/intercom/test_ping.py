"""Pings, and what every version of a notification has in common."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors import errors
from connectors.signing import hmac_sha1_hex
from connectors.types import EventKind
from tests.connectors.intercom.support import NOW, delivery, fixture, intercom


def test_our_ping_passes_and_announces_nothing() -> None:
    connector = intercom()
    ping = connector.ping(NOW)
    connector.verify(ping)
    assert connector.parse(ping) == []
    assert (ping.method, ping.received_at) == ("POST", NOW)


@pytest.mark.reference
def test_it_is_word_for_word_one_that_was_captured(shared: Path) -> None:
    path = shared / "contracts" / "intercom" / "fixtures" / "zulip_ping.json"
    captured = json.loads(path.read_text(encoding="utf-8"))
    told = json.loads(intercom().ping(NOW).body)
    assert told["id"] is None
    assert told["app_id"] == "abc123de"
    moved = {name: captured[name] for name in ("app_id", "first_sent_at", "created_at")}
    assert told | moved == captured


def test_it_is_signed_with_the_first_secret_and_taken_by_all() -> None:
    ping = intercom(INTERCOM_CLIENT_SECRET="new,old").ping(NOW)
    assert ping.headers["x-hub-signature"] == f"sha1={hmac_sha1_hex('new', ping.body)}"
    intercom(INTERCOM_CLIENT_SECRET="old,new").verify(ping)
    with pytest.raises(errors.BadSignature):
        intercom(INTERCOM_CLIENT_SECRET="old").verify(ping)


@pytest.mark.parametrize("secret", ["", " ", ","])
def test_without_a_secret_there_is_none(secret: str) -> None:
    with pytest.raises(errors.BadSignature, match="no client secret"):
        intercom(INTERCOM_CLIENT_SECRET=secret).ping(NOW)


def test_a_ping_for_another_workspace_is_refused() -> None:
    body = json.loads(intercom().ping(NOW).body) | {"app_id": "other"}
    with pytest.raises(errors.BadSignature, match="another Intercom workspace"):
        intercom().parse(delivery(body))


# What a notification holds differs by the app's own version, which is set in the Developer Hub.
OLD = {"body": "<p>Hello</p>", "subject": "<p>S</p>"}
NEW = {"body": "Hello", "subject": "S"}
FORMATS: dict[str, dict[str, Any]] = {
    "2.14": {"source": OLD, "statistics": {"last_close_at": "2026-01-10T03:04:05.000+00:00"}},
    "2.15": {"source": NEW, "statistics": {"last_close_at": 1768031794}},
    "2.16": {"source": NEW, "admin_assignee_id": 0, "priority": "none"},
    "none": {"source": None, "statistics": [], "conversation_rating": [], "priority": None},
}


@pytest.mark.parametrize("version", FORMATS)
def test_a_notification_means_the_same_in_every_version(version: str) -> None:
    body = fixture("event_created")
    body["data"]["item"] |= FORMATS[version]
    [event] = intercom().parse(delivery(body))
    assert event.kind is EventKind.CREATED
    assert event.ticket_id == fixture("event_created")["data"]["item"]["id"]


def test_a_redaction_is_told_of_its_conversation() -> None:
    body = fixture("event_replied") | {"topic": "conversation_part.redacted"}
    [event] = intercom().parse(delivery(body))
    assert event.kind is EventKind.CHANGED
    assert event.ticket_id == fixture("event_replied")["data"]["item"]["id"]


def test_a_second_attempt_has_the_first_ones_key_whether_its_id_survives_or_not() -> None:
    connector = intercom()
    first = fixture("event_replied")
    again = first | {"delivery_attempts": 2, "first_sent_at": first["first_sent_at"] + 61}
    keys = [connector.parse(delivery(body))[0].delivery_key for body in (first, again)]
    assert keys[0] == keys[1]
    nameless = [connector.parse(delivery(body | {"id": None}))[0] for body in (first, again)]
    assert nameless[0].delivery_key == nameless[1].delivery_key != keys[0]


def test_a_signature_that_is_nearly_right_is_wrong() -> None:
    good = delivery(fixture("event_replied"))
    right = good.headers["x-hub-signature"]
    for header in (right[:-1], right + "0", right.upper(), right.replace("sha1", "sha256"), ""):
        forged = replace(good, headers={**good.headers, "x-hub-signature": header})
        with pytest.raises(errors.BadSignature):
            intercom().verify(forged)
