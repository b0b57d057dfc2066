"""Webhooks: only Zendesk's are let in, and nothing that comes in breaks us."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BadPayload, BadSignature
from connectors.types import EventKind, WebhookRequest
from connectors.zendesk import webhook
from tests.connectors.zendesk.support import NOW, SECRET, delivery, fixture, zendesk

TYPE = "zen:event-type:ticket."
WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "0", "5158", "zen:ticket:5158", f"{TYPE}created", f"{TYPE}merged"]),
)
KEYS = st.sampled_from(
    [
        "id",
        "type",
        "ticket_id",
        "account_id",
        "subject",
        "time",
        "detail",
        "event",
        "comment",
        "author",
        "is_public",
        "is_staff",
        "actor_id",
        "updated_at",
    ]
)
HEADERS = [
    "x-zendesk-account-id",
    "x-zendesk-webhook-invocation-id",
    "x-zendesk-webhook-signature",
    "x-zendesk-webhook-signature-timestamp",
]
BODIES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)


def test_a_delivery_signed_with_our_secret_is_accepted() -> None:
    zendesk().verify(delivery(fixture("event_created")))


def test_a_delivery_without_a_body_signs_the_timestamp_alone() -> None:
    zendesk().verify(delivery(b""))


def test_the_secret_is_used_as_text_though_it_looks_like_base64() -> None:
    secret = "c2VjcmV0LXRoYXQtbG9va3MtbGlrZS1iYXNlNjQ="
    zendesk(ZENDESK_WEBHOOK_SECRET=secret).verify(delivery(b"{}", secret=secret))


def test_several_webhooks_may_each_have_their_own_secret() -> None:
    connector = zendesk(ZENDESK_WEBHOOK_SECRET=f"first, {SECRET}")
    connector.verify(delivery(b"{}"))
    connector.verify(delivery(b"{}", secret="first"))
    with pytest.raises(BadSignature):
        connector.verify(delivery(b"{}", secret=f"first, {SECRET}"))


def test_a_changed_body_is_refused() -> None:
    request = delivery(fixture("event_created"))
    # The same JSON written another way: the raw bytes are what counts.
    rewritten = json.dumps(json.loads(request.body)).encode()
    with pytest.raises(BadSignature):
        zendesk().verify(replace(request, body=rewritten))


@pytest.mark.parametrize(
    "name", ["x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"]
)
@pytest.mark.parametrize("value", [None, "", "nonsense", "é", "\ud800"])
def test_a_delivery_without_a_good_signature_or_time_is_refused(
    name: str, value: str | None
) -> None:
    request = delivery(fixture("event_created"))
    headers = {key: val for key, val in request.headers.items() if key != name}
    if value is not None:
        headers[name] = value
    with pytest.raises(BadSignature):
        zendesk().verify(replace(request, headers=headers))


def test_without_a_secret_of_ours_everything_is_refused() -> None:
    connector = zendesk(ZENDESK_WEBHOOK_SECRET="")
    for secret in ["", " ", SECRET]:
        with pytest.raises(BadSignature):
            connector.verify(delivery(fixture("event_created"), secret=secret))


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_delivery_within_five_minutes_is_fresh(minutes: int) -> None:
    zendesk().verify(delivery(b"{}", at=NOW + timedelta(minutes=minutes)))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_future_delivery_is_a_replay(seconds: int) -> None:
    with pytest.raises(BadSignature, match="five minutes"):
        zendesk().verify(delivery(b"{}", at=NOW + timedelta(seconds=seconds)))


def test_an_event_delivered_late_is_still_fresh_by_its_attempt() -> None:
    body = {**fixture("event_created"), "time": "2026-11-20T10:00:00.000000001Z"}
    request = delivery(body)
    connector = zendesk()
    connector.verify(request)
    [event] = connector.parse(request)
    assert event.occurred_at == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def test_a_webhook_of_another_account_is_refused() -> None:
    connector = zendesk(ZENDESK_ACCOUNT_ID="1")
    with pytest.raises(BadSignature, match="another Zendesk account"):
        connector.verify(delivery(fixture("event_created")))
    with pytest.raises(BadSignature, match="another Zendesk account"):
        connector.parse(delivery(fixture("event_created")))


def test_the_unsigned_account_header_must_agree_with_the_signed_body() -> None:
    request = delivery(fixture("event_created"), x_zendesk_account_id="99")
    with pytest.raises(BadSignature, match="account"):
        zendesk().parse(request)


def test_our_own_account_is_let_in() -> None:
    connector = zendesk(ZENDESK_ACCOUNT_ID="22129848")
    request = delivery(fixture("event_created"))
    connector.verify(request)
    assert connector.parse(request)


@pytest.mark.parametrize(
    ("name", "kind", "actor"),
    [
        ("event_created", EventKind.CREATED, "361000000001"),
        ("event_customer_comment", EventKind.CUSTOMER_REPLIED, "361000000001"),
        ("event_agent_comment", EventKind.AGENT_REPLIED, "361000000002"),
        ("event_note", EventKind.NOTED, "361000000002"),
        ("event_tags", EventKind.CHANGED, None),
    ],
)
def test_events_say_what_happened_to_which_ticket_and_who_did_it(
    name: str, kind: EventKind, actor: str | None
) -> None:
    [event] = zendesk().parse(delivery(fixture(name)))
    assert (event.kind, event.ticket_id, event.actor_id) == (kind, "5158", actor)
    assert event.occurred_at == datetime(2026, 11, 20, 10, 20, 0, 123456, tzinfo=UTC)
    assert event.raw["type"].startswith(TYPE)


def test_events_that_change_a_ticket_are_announced_as_changes() -> None:
    kinds = (
        *("status_changed", "priority_changed", "agent_assignment_changed", "merged"),
        *("soft_deleted", "permanently_deleted", "marked_as_spam"),
        *("comment_redacted", "comment_made_private", "attachment_redacted_from_comment"),
        *("undeleted", "custom_status_changed", "attachment_linked_to_comment"),
    )
    for kind in kinds:
        body = {**fixture("event_tags"), "type": f"{TYPE}{kind}", "event": {"current": "SOLVED"}}
        [event] = zendesk().parse(delivery(body))
        assert event.kind is EventKind.CHANGED


@pytest.mark.parametrize(
    "kind",
    [
        f"{TYPE}invented_tomorrow",
        "zen:event-type:user.created",
        "zen:event-type:messaging_ticket.invented_tomorrow",
        "zen:event-type:article.vote_created",
        "zen:event-type:article.comment_published",
        "zen:event-type:article.subscription_created",
        "zen:event-type:article.author_changed",
        "zen:event-type:community_post.published",
    ],
)
def test_events_that_we_do_not_know_are_passed_over(kind: str) -> None:
    assert zendesk().parse(delivery({**fixture("event_created"), "type": kind})) == []


@pytest.mark.parametrize(
    ("actor", "kind", "actor_id"),
    [
        ({"id": "361000000001", "type": "end_user"}, EventKind.CUSTOMER_REPLIED, "361000000001"),
        ({"id": "361000000002", "type": "AGENT"}, EventKind.AGENT_REPLIED, "361000000002"),
        ({"id": "-1", "type": "system"}, EventKind.CHANGED, "-1"),
        ({"id": "a21a91fd1234a", "type": "end_user"}, EventKind.CUSTOMER_REPLIED, None),
        (None, EventKind.CHANGED, None),
    ],
)
def test_a_chats_message_says_who_wrote(
    actor: dict[str, str] | None, kind: EventKind, actor_id: str | None
) -> None:
    body = {
        **fixture("event_created"),
        "type": "zen:event-type:messaging_ticket.message_added",
        "detail": {"id": "5158"},
        "event": {"actor": actor, "conversation_id": "c1", "message": {"id": "m1", "body": "Hi"}},
    }
    [event] = zendesk().parse(delivery(body))
    assert (event.kind, event.ticket_id, event.actor_id) == (kind, "5158", actor_id)


@pytest.mark.parametrize("absent", ["", "0", 0, None])
def test_an_absent_id_is_none_and_the_subject_tells_the_ticket(absent: object) -> None:
    body = fixture("event_created")
    body["detail"] |= {"id": absent, "actor_id": absent}
    [event] = zendesk().parse(delivery(body))
    assert (event.ticket_id, event.actor_id) == ("5158", None)


def test_an_event_that_names_no_ticket_is_malformed() -> None:
    body = {**fixture("event_created"), "subject": "zen:user:1"}
    body["detail"]["id"] = "0"
    with pytest.raises(BadPayload):
        zendesk().parse(delivery(body))


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("created", EventKind.CREATED),
        ("CUSTOMER_REPLIED", EventKind.CUSTOMER_REPLIED),
        ("agent_replied", EventKind.AGENT_REPLIED),
        ("noted", EventKind.NOTED),
        ("something of the admin's", EventKind.CHANGED),
        (None, EventKind.CHANGED),
    ],
)
@pytest.mark.parametrize("ticket_id", ["5158", 5158])
def test_a_triggers_body_is_understood(
    word: str | None, kind: EventKind, ticket_id: str | int
) -> None:
    body = {"ticket_id": ticket_id} | ({"event": word} if word else {})
    [event] = zendesk().parse(delivery(body))
    assert (event.kind, event.ticket_id) == (kind, "5158")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"{",
        b'{"ticket_id": "{{ticket.id}}"}',
        b'{"ticket_id": "0"}',
        b'{"ticket_id": ""}',
        b'{"ticket_id": "-1"}',
        b"[" * 100_000,
        b'{"ticket_id": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_a_body_that_cannot_be_read_is_bad_payload(body: bytes) -> None:
    with pytest.raises(BadPayload):
        zendesk().parse(delivery(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"ticket_id": "5158", "event": "crea',
        b'{"note": "a "quoted" word", "ticket_id": 5158}',
        b'{"type": "zen:event-type:ticket.created", "subject": "zen:ticket:5158", "detail": 3}',
    ],
)
def test_a_broken_body_still_tells_which_ticket_to_look_at(body: bytes) -> None:
    with pytest.raises(BadPayload) as caught:
        zendesk().parse(delivery(body))
    assert caught.value.ticket_id == "5158"


def test_a_comment_event_without_its_comment_is_malformed_but_names_the_ticket() -> None:
    body = {**fixture("event_note"), "event": {}}
    with pytest.raises(BadPayload) as caught:
        zendesk().parse(delivery(body))
    assert caught.value.ticket_id == "5158"


def test_whether_a_comment_is_public_is_never_guessed() -> None:
    body = fixture("event_note")
    del body["event"]["comment"]["is_public"]
    with pytest.raises(BadPayload, match="is_public"):
        zendesk().parse(delivery(body))


@given(BODIES)
def test_parse_raises_nothing_but_what_it_promises(body: Any) -> None:
    with suppress(BadPayload, BadSignature):
        for event in webhook.parse(delivery(body)):
            assert event.ticket_id.isdigit()
            assert 0 < len(event.delivery_key) <= 120
            assert event.delivery_key.isascii()


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=40)))
def test_random_bytes_and_headers_are_refused_politely(
    body: bytes, headers: dict[str, str]
) -> None:
    request = WebhookRequest("POST", headers, body, NOW)
    with pytest.raises(BadSignature):
        webhook.verify(request, [SECRET])
    with suppress(BadPayload, BadSignature):
        webhook.parse(request)


def test_a_full_queue_is_answered_with_the_status_that_zendesk_retries() -> None:
    assert zendesk().retry_status() == 409
