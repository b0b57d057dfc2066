"""Notifications: signed or refused, understood in all their shapes, and never a surprise."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BadPayload, BadSignature
from connectors.intercom import webhook
from connectors.types import EventKind, WebhookRequest
from tests.connectors.intercom.support import (
    CONTACT,
    CONVERSATION,
    NOW,
    SECRET,
    TICKET,
    delivery,
    fixture,
    intercom,
)

FIELDS = (
    *("id", "type", "ticket", "data", "item", "source", "author", "category", "x"),
    *("conversation_parts", "ticket_part", "conversation_id"),
)


def envelope(topic: str, item: object, **more: Any) -> dict[str, Any]:
    return {"topic": topic, "app_id": "abc123de", "id": "notif_1", "data": {"item": item}, **more}


class TestSignature:
    def test_a_notification_is_signed_by_hmac_sha1_over_the_raw_body(self) -> None:
        raw = b'{"topic": "ping",  "spaces":"kept"}'
        digest = hmac.new(SECRET.encode(), raw, hashlib.sha1).hexdigest()
        headers = {"x-hub-signature": f"sha1={digest}"}
        intercom().verify(WebhookRequest("POST", headers, raw, NOW))

    def test_json_that_was_written_anew_does_not_verify(self) -> None:
        request = delivery(fixture("event_replied"))
        again = json.dumps(json.loads(request.body)).encode()
        with pytest.raises(BadSignature, match="client secret"):
            intercom().verify(replace(request, body=again))

    def test_several_secrets_are_valid_at_once(self) -> None:
        connector = intercom(INTERCOM_CLIENT_SECRET="old, new")
        for secret in ("old", "new"):
            connector.verify(delivery(b"{}", secret=secret))
        with pytest.raises(BadSignature):
            connector.verify(delivery(b"{}", secret="old, new"))

    @pytest.mark.parametrize("secret", ["", " ", ","])
    def test_an_empty_secret_verifies_nothing(self, secret: str) -> None:
        # A published integration accepted whatever was signed with an empty key.
        for forged in ("", secret):
            with pytest.raises(BadSignature):
                intercom(INTERCOM_CLIENT_SECRET=secret).verify(delivery(b"{}", secret=forged))

    @pytest.mark.parametrize(
        "header",
        ["", "sha1=", "sha256=" + "0" * 64, "0" * 40, "sha1=" + "0" * 40, "sha1=é", "SHA1=00"],
    )
    def test_what_is_not_our_signature_is_refused(self, header: str) -> None:
        with pytest.raises(BadSignature):
            intercom().verify(delivery(b"{}", x_hub_signature=header))

    def test_a_callback_with_another_signature_is_no_notification(self) -> None:
        # Uninstalling an app is told with X-Body-Signature, HMAC-SHA256, and is not for us.
        digest = hmac.new(SECRET.encode(), b"{}", hashlib.sha256).hexdigest()
        with pytest.raises(BadSignature):
            intercom().verify(WebhookRequest("POST", {"x-body-signature": digest}, b"{}", NOW))

    def test_another_workspaces_notification_is_refused(self) -> None:
        body = fixture("event_replied") | {"app_id": "zzz999zz"}
        with pytest.raises(BadSignature, match="another Intercom workspace"):
            intercom().parse(delivery(body))
        assert intercom(INTERCOM_APP_ID="").parse(delivery(body))


class TestTopics:
    @pytest.mark.parametrize(
        ("name", "kind", "ticket_id", "actor"),
        [
            ("event_created", EventKind.CREATED, CONVERSATION, CONTACT),
            ("event_replied", EventKind.CUSTOMER_REPLIED, CONVERSATION, CONTACT),
            ("event_noted", EventKind.NOTED, CONVERSATION, "7002"),
            ("event_deleted", EventKind.CHANGED, CONVERSATION, None),
            ("event_ticket_created", EventKind.CREATED, TICKET, None),
            ("event_ticket_note", EventKind.NOTED, TICKET, "7002"),
            ("event_ticket_closed", EventKind.CHANGED, TICKET, None),
        ],
    )
    def test_a_notification_says_what_happened_to_which_thread(
        self, name: str, kind: EventKind, ticket_id: str, actor: str | None
    ) -> None:
        [event] = intercom().parse(delivery(fixture(name)))
        assert (event.kind, event.ticket_id, event.actor_id) == (kind, ticket_id, actor)
        assert event.occurred_at is not None
        assert event.raw["topic"]

    def test_a_ticket_and_the_conversation_that_it_was_have_one_id(self) -> None:
        # A conversation keeps its id when it is turned into a ticket.
        ticket = {"type": "ticket", "id": CONVERSATION, "category": "Customer"}
        as_ticket = intercom().parse(delivery(envelope("ticket.created", ticket)))
        as_conversation = intercom().parse(delivery(fixture("event_replied")))
        assert as_ticket[0].ticket_id == as_conversation[0].ticket_id

    @pytest.mark.parametrize("category", ["Back-office", "Tracker"])
    def test_the_teams_own_tickets_are_passed_over(self, category: str) -> None:
        ticket = fixture("ticket") | {"category": category}
        assert intercom().parse(delivery(envelope("ticket.created", ticket))) == []
        nested = {"type": "ticket_ticket_part", "ticket": ticket, "ticket_part": {}}
        assert intercom().parse(delivery(envelope("ticket.note.created", nested))) == []

    def test_a_ping_is_nothing_though_its_id_is_null(self) -> None:
        assert fixture("event_ping")["id"] is None
        assert intercom().parse(delivery(fixture("event_ping"))) == []

    @pytest.mark.parametrize(
        "topic", ["conversation.created", "contact.created", "admin.logged_in", "x" * 500]
    )
    def test_topics_that_are_not_listed_are_passed_over(self, topic: str) -> None:
        # A bot looped over its own writing once further topics were subscribed to.
        assert (
            intercom().parse(delivery(envelope(topic, {"type": "conversation", "id": "1"}))) == []
        )

    def test_every_listed_topic_names_its_thread(self) -> None:
        for topic, kind in webhook.TOPICS.items():
            item = {"type": "ticket" if topic.startswith("ticket") else "conversation", "id": 17}
            [event] = intercom().parse(delivery(envelope(topic, item)))
            assert (event.ticket_id, event.kind) == ("17", kind)

    @pytest.mark.parametrize(
        "item",
        [
            {"type": "conversation_part", "id": "5", "conversation": {"id": "17"}},
            {"type": "conversation_part", "id": "5", "conversation_id": 17},
            {"conversation_id": "17"},
        ],
    )
    def test_a_part_names_the_conversation_that_it_is_of(self, item: object) -> None:
        [event] = intercom().parse(delivery(envelope("conversation_part.redacted", item)))
        assert event.ticket_id == "17"


class TestKeys:
    def test_an_announcement_has_one_key_however_often_it_comes(self) -> None:
        first = fixture("event_replied")
        again = first | {"delivery_attempts": 2, "delivered_at": 5}
        keys = {intercom().parse(delivery(body))[0].delivery_key for body in (first, again)}
        assert keys == {f"notification:{first['id']}"}

    def test_without_an_id_it_is_what_was_said(self) -> None:
        first = fixture("event_replied") | {"id": None}
        again = first | {"delivery_attempts": 2}
        other = first | {"created_at": first["created_at"] + 1}
        a, b, c = (intercom().parse(delivery(x))[0].delivery_key for x in (first, again, other))
        assert a == b != c

    @pytest.mark.parametrize("odd", ["a b", "x" * 400, "\ud800", "é"])
    def test_odd_ids_become_plain_keys(self, odd: str) -> None:
        [event] = intercom().parse(delivery(fixture("event_replied") | {"id": odd}))
        assert event.delivery_key.isascii()
        assert len(event.delivery_key) < 60


class TestBroken:
    @pytest.mark.parametrize(
        ("body", "ticket_id"),
        [
            (b"{", None),
            (b"[]", None),
            (b"{}", None),
            (b'{"topic": 3}', None),
            (b'{"topic":"x","data":{"item":{"type":"conversation","id":"215","sou', "215"),
            (b'{"type": "ticket", "id": 77, ', "77"),
            (b'... "conversation_id": "9" ...', "9"),
            (b'{"topic":"conversation.user.replied"}', None),
            (b'{"topic":"conversation.user.replied","data":{"item":{"id":"../1"}}}', None),
            (b'{"topic":"conversation.user.replied","data":{"item":{"id":true}}}', None),
            (b'{"topic":"conversation.user.replied","data":{"item":{"id":"0"}}}', None),
        ],
    )
    def test_what_cannot_be_read_says_which_thread_where_it_can(
        self, body: bytes, ticket_id: str | None
    ) -> None:
        with pytest.raises(BadPayload) as caught:
            intercom().parse(delivery(body))
        assert caught.value.ticket_id == ticket_id

    def test_the_shape_of_2019_names_its_conversation_still(self) -> None:
        item = {
            "type": "conversation",
            "id": "21",
            "user": {"type": "user", "id": "5"},
            "assignee": {"type": "nobody_admin", "id": None},
            "conversation_message": {"type": "conversation_message", "body": "<p>Hi</p>"},
            "conversation_parts": {"conversation_parts": [], "total_count": 0},
        }
        [event] = intercom().parse(delivery(envelope("conversation.user.created", item)))
        assert event.ticket_id == "21"

    @given(st.binary(max_size=200))
    def test_any_bytes_are_refused_in_two_ways_only(self, body: bytes) -> None:
        _only_refused(body)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(FIELDS),
                    inner,
                    max_size=5,
                )
            ),
            max_leaves=12,
        ),
        st.sampled_from([*webhook.TOPICS, "ping"]),
    )
    def test_any_json_is_refused_in_two_ways_only(self, item: object, topic: str) -> None:
        _only_refused(json.dumps(envelope(topic, item)).encode())
        _only_refused(json.dumps({"topic": topic, "data": item, "created_at": item}).encode())

    def test_what_is_nested_without_end_is_refused(self) -> None:
        _only_refused(b'{"topic":"conversation.user.replied","data":' + b"[" * 100_000)


def test_a_store_that_is_down_asks_for_another_attempt_without_ending_the_subscription() -> None:
    assert intercom().retry_status() == 503


def _only_refused(body: bytes) -> None:
    request = delivery(body)
    try:
        events = intercom().parse(request)
    except (BadPayload, BadSignature):
        return
    assert all(event.ticket_id.isdigit() and event.delivery_key for event in events)
