"""Webhooks: only our rules are let in, only the ticket's id is believed, and nothing breaks us."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import timedelta
from time import process_time
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BadPayload, BadSignature
from connectors.freshdesk import webhook
from connectors.types import Event, EventKind, WebhookRequest
from tests.connectors.freshdesk.support import BASE, NOW, SECRET, delivery, fixture, freshdesk

ZULIP = {
    "triggered_event": "{ticket_action:created}",
    "ticket_id": "5158",
    "ticket_url": "http://acme.freshdesk.com/helpdesk/tickets/5158",
    "ticket_status": "Pending",
    "ticket_description": "<div>Help</div>",
}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def read(body: object) -> Event:
    [event] = freshdesk().parse(delivery(body))
    return event


def ticket_of(body: bytes) -> str | None:
    try:
        return read(body).ticket_id
    except BadPayload as error:
        return error.ticket_id


class TestSecret:
    def test_a_delivery_with_our_secret_in_the_header_is_accepted(self) -> None:
        freshdesk().verify(delivery(fixture("webhook_created")))

    @pytest.mark.parametrize("user", ["", "understudy", SECRET])
    def test_the_secret_as_the_password_of_basic_auth_will_do_with_any_user(
        self, user: str
    ) -> None:
        freshdesk().verify(delivery({}, authorization=basic(user, SECRET)))

    def test_several_secrets_are_valid_at_once_while_one_is_being_replaced(self) -> None:
        connector = freshdesk(FRESHDESK_WEBHOOK_SECRET=f"the-old-one, {SECRET}")
        connector.verify(delivery({}))
        connector.verify(delivery({}, x_understudy_secret="the-old-one"))
        with pytest.raises(BadSignature):
            connector.verify(delivery({}, x_understudy_secret=f"the-old-one, {SECRET}"))

    @pytest.mark.parametrize(
        "headers",
        [
            {"x_other": SECRET},
            {"x_understudy_secret": ""},
            {"x_understudy_secret": SECRET[:-1]},
            {"x_understudy_secret": "é\ud800"},
            {"authorization": f"Bearer {SECRET}"},
            {"authorization": basic(SECRET, "X")},
            {"authorization": "Basic %%%"},
            {"authorization": "Basic é"},
            {"authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        ],
    )
    def test_anything_else_is_refused(self, headers: dict[str, str]) -> None:
        with pytest.raises(BadSignature):
            freshdesk().verify(delivery({}, **headers))

    def test_without_a_secret_of_ours_everything_is_refused(self) -> None:
        connector = freshdesk(FRESHDESK_WEBHOOK_SECRET="")
        for offered in ("", " ", ",", SECRET):
            with pytest.raises(BadSignature):
                connector.verify(delivery({}, x_understudy_secret=offered))
            with pytest.raises(BadSignature):
                connector.verify(delivery({}, authorization=basic("", offered)))

    def test_one_right_place_is_enough(self) -> None:
        freshdesk().verify(
            delivery({}, x_understudy_secret="wrong", authorization=basic("u", SECRET))
        )

    def test_what_was_not_kept_is_asked_for_again(self) -> None:
        assert freshdesk().retry_status() == 503


class TestBodies:
    @pytest.mark.parametrize(
        ("word", "kind"),
        [
            ("created", EventKind.CREATED),
            ("customer_replied", EventKind.CUSTOMER_REPLIED),
            ("agent_replied", EventKind.AGENT_REPLIED),
            ("changed", EventKind.CHANGED),
            (" Created ", EventKind.CREATED),
            ("something else", EventKind.CHANGED),
            ("", EventKind.CHANGED),
        ],
    )
    def test_our_rules_say_what_happened(self, word: str, kind: EventKind) -> None:
        event = read({"ticket_id": "5158", "event": word})
        assert (event.ticket_id, event.kind) == ("5158", kind)

    @pytest.mark.parametrize(
        ("triggered", "kind"),
        [
            ("{ticket_action:created}", EventKind.CREATED),
            ("{note_type:private}", EventKind.NOTED),
            ("{note_type:public}", EventKind.CHANGED),
            ("{status:{from:4,to:6}}", EventKind.CHANGED),
            ("{priority:{from:3,to:1}}", EventKind.CHANGED),
            ("{unknown_event:{from:3,to:1}}", EventKind.CHANGED),
            (None, EventKind.CHANGED),
        ],
    )
    def test_the_pseudo_json_of_freshdesk_is_a_hint_only(
        self, triggered: str | None, kind: EventKind
    ) -> None:
        body = {"freshdesk_webhook": ZULIP | {"triggered_event": triggered}}
        assert read(body).kind is kind

    def test_labels_and_text_in_the_body_are_not_believed(self) -> None:
        event = read({"freshdesk_webhook": ZULIP})
        assert (event.ticket_id, event.occurred_at, event.actor_id) == ("5158", None, None)

    @pytest.mark.parametrize("ticket_id", [5158, "5158", " 5158 ", "#5158"])
    def test_an_id_is_digits_however_it_is_written(self, ticket_id: object) -> None:
        assert read({"ticket_id": ticket_id}).ticket_id == "5158"

    @pytest.mark.parametrize(
        "body",
        [
            json.dumps({"freshdesk_webhook": ZULIP}),  # as Zulip's tests post it
            quote_plus(json.dumps({"freshdesk_webhook": ZULIP})),
            "payload=" + quote_plus(json.dumps({"freshdesk_webhook": ZULIP})),
            "freshdesk_webhook=" + quote_plus(json.dumps(ZULIP)),
            "ticket_id=5158&triggered_event=%7Bticket_action%3Acreated%7D&ticket_subject=a%26b",
            "freshdesk_webhook[ticket_id]=5158"
            "&freshdesk_webhook[triggered_event]={ticket_action:created}",
            "freshdesk_webhook%5Bticket_id%5D=5158&freshdesk_webhook%5Bevent%5D=created",
            json.dumps({"freshdesk_webhook": json.dumps(ZULIP)}),
            '<?xml version="1.0"?><freshdesk_webhook><triggered_event>{ticket_action:created}'
            "</triggered_event><ticket_id>5158</ticket_id></freshdesk_webhook>",
            '<freshdesk-webhook><ticket-id type="integer">5158</ticket-id>'
            "<event><![CDATA[created]]></event></freshdesk-webhook>",
        ],
    )
    def test_the_body_is_read_whatever_its_encoding_and_its_content_type(self, body: str) -> None:
        request = delivery(body.encode(), content_type="application/x-www-form-urlencoded")
        [event] = freshdesk().parse(request)
        assert (event.ticket_id, event.kind) == ("5158", EventKind.CREATED)

    def test_a_line_break_in_a_placeholders_text_is_let_pass(self) -> None:
        assert read(b'{"subject": "two\nlines", "ticket_id": "5158"}').ticket_id == "5158"

    def test_entities_in_xml_are_neither_resolved_nor_fetched(self) -> None:
        bomb = (
            b'<!DOCTYPE x [<!ENTITY a "5158"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
            b"<x><ticket_id>&a;</ticket_id><event>&b;</event></x>"
        )
        with pytest.raises(BadPayload) as caught:
            read(bomb)
        assert caught.value.ticket_id is None


class TestMalformed:
    @pytest.mark.parametrize(
        "body",
        [
            b'{"ticket_id": "5158", "subject": "the "export" fails"}',
            b'{"subject": "the "export" fails", "ticket_id": "5158"}',
            b'{"ticket_id": 5158, "subject": "cut off',
            b"{'ticket_id': '5158'}",
            b'{"ticket_url": "https://acme.freshdesk.com/a/tickets/5158", "subject": "a"b"}',
            b'{"freshdesk_webhook": {"ticket_id":"5158", "x": "\\"}}',
            b'\xff\xfe{"ticket_id":"5158"',
            b"<x><ticket_id>5158",
        ],
    )
    def test_a_spoilt_body_that_still_shows_its_ticket_is_told_with_it(self, body: bytes) -> None:
        """So that the caller answers 2xx: a 4xx would bring it back for hours, spoilt as it is."""
        assert ticket_of(body) == "5158"

    @pytest.mark.parametrize("typed", ["ticket_id" + " " * 60_000, "ticket_id " * 6_000])
    def test_what_a_customer_types_does_not_keep_the_search_for_a_ticket_busy(
        self, typed: str
    ) -> None:
        before = process_time()
        assert ticket_of(f'{{"subject": "a "b" {typed}x", "ticket_id": "5158"}}'.encode()) == "5158"
        assert process_time() - before < 1

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{}",
            b"[]",
            b'"5158"',
            b"5158",
            b'{"ticket_id": "{{ticket.id}}"}',
            b'{"ticket_id": ""}',
            b'{"ticket_id": "0"}',
            b'{"ticket_id": true}',
            b'{"ticket_id": -5}',
            b'{"ticket_id": ["5158x"]}',
            b'{"id": "5158"}',
            b"hello=world",
            b"[" * 100_000,
            b'{"ticket_id": ' + b"9" * 5000 + b"}",
        ],
    )
    def test_a_body_without_a_ticket_is_told_without_one(self, body: bytes) -> None:
        with pytest.raises(BadPayload) as caught:
            read(body)
        assert caught.value.ticket_id is None


class TestAccount:
    @pytest.mark.parametrize(
        "address",
        ["https://other.freshdesk.com/a/tickets/5158", "http://OTHER.freshdesk.com:80/x"],
    )
    def test_a_body_that_speaks_of_another_account_is_refused(self, address: str) -> None:
        with pytest.raises(BadSignature, match="another Freshdesk account"):
            read({"freshdesk_webhook": ZULIP | {"ticket_url": address}})

    @pytest.mark.parametrize(
        "address",
        [
            "http://ACME.freshdesk.com/helpdesk/tickets/5158",
            "https://help.acme.example/a/tickets/5158",  # a portal's own domain
            "",
            "http://[",
            17,
        ],
    )
    def test_our_own_account_is_let_in_by_whatever_name_its_portal_has(
        self, address: object
    ) -> None:
        assert read(ZULIP | {"ticket_url": address}).ticket_id == "5158"


class TestDeliveryKey:
    def test_a_second_reply_is_not_taken_for_the_first(self) -> None:
        body = {"ticket_id": "5158", "event": "customer_replied"}
        later = NOW + timedelta(milliseconds=1)
        keys = {
            freshdesk().parse(delivery(body, moment))[0].delivery_key for moment in (NOW, later)
        }
        assert len(keys) == 2

    def test_a_key_tells_tickets_and_events_apart(self) -> None:
        bodies = [
            {"ticket_id": ticket, "event": word}
            for ticket in ("1", "11")
            for word in ("created", "customer_replied")
        ]
        assert len({read(body).delivery_key for body in bodies}) == 4

    def test_a_key_fits_into_the_ledger(self) -> None:
        key = read({"ticket_id": "9" * 18, "event": "customer_replied"}).delivery_key
        assert len(key) < 200


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["5158", "{ticket_action:created}", BASE, "https://x.freshdesk.com/1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["freshdesk_webhook", "ticket_id", "event", "triggered_event", "ticket_url"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=10,
)


@given(st.binary(max_size=300) | JSON.map(lambda body: json.dumps(body).encode()))
def test_whatever_comes_in_is_an_event_or_one_of_two_errors(body: bytes) -> None:
    request = WebhookRequest("POST", {}, body, NOW)
    with suppress(BadPayload, BadSignature):
        [event] = webhook.parse(request, BASE)
        assert event.ticket_id.isdigit()


@given(
    st.dictionaries(st.sampled_from(["authorization", "x-understudy-secret"]), st.text()),
    st.lists(st.text(), max_size=3),
)
def test_headers_never_break_the_check(headers: dict[str, str], secrets: list[str]) -> None:
    with suppress(BadSignature):
        webhook.verify(WebhookRequest("POST", headers, b"", NOW), secrets)
        assert any(secret.strip() for secret in secrets)


@given(st.text(alphabet='{}":,\n\\ x', max_size=60), st.integers(1, 10**12))
def test_any_text_in_a_placeholder_leaves_the_ticket_recoverable(text: str, number: int) -> None:
    body = f'{{"ticket_id": "{number}", "subject": "{text}"}}'.encode()
    assert ticket_of(body) == str(number)
