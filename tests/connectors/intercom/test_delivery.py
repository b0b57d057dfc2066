"""Whether a reply reaches the customer: what no error tells is doubted."""

from __future__ import annotations

import pytest

from connectors.intercom import Intercom
from tests.connectors.intercom.mapped import mapped
from tests.connectors.intercom.support import fixture
from tests.connectors.intercom.writing import ticket


@pytest.mark.parametrize("channel", ["chat", "web"])
def test_the_messenger_shows_what_stands_in_the_conversation(
    connector: Intercom, channel: str
) -> None:
    assert connector.delivery_doubt(ticket(channel=channel)) == ""


def test_a_mail_is_doubted_since_intercom_stores_replies_of_bots_unsent(
    connector: Intercom,
) -> None:
    told = connector.delivery_doubt(ticket(channel="email"))
    assert "without sending" in told
    assert "mailbox" in told


@pytest.mark.parametrize(
    ("channel", "named"),
    [
        ("whatsapp", "WhatsApp"),
        ("sms", "SMS"),
        ("facebook", "Facebook"),
        ("messaging", "Instagram"),
        ("phone_call", "phone"),
        ("twitter", "X (Twitter)"),
        ("zendesk_ticket", "zendesk_ticket"),
        ("", "an unnamed channel"),
    ],
)
def test_what_is_not_known_to_deliver_is_doubted(
    connector: Intercom, channel: str, named: str
) -> None:
    assert f"came in by {named}" in connector.delivery_doubt(ticket(channel=channel))


@pytest.mark.parametrize(
    ("source", "doubted"),
    [("conversation", False), ("email", True), ("instagram", True), ("whatsapp", True)],
)
def test_what_intercom_calls_a_channel_is_understood(
    connector: Intercom, source: str, doubted: bool
) -> None:
    raw = fixture("conversation")
    raw["source"]["type"] = source
    assert bool(connector.delivery_doubt(mapped(raw))) is doubted


def test_a_chat_that_goes_on_by_mail_is_doubted(connector: Intercom) -> None:
    raw = fixture("conversation") | {"channel": {"initial": "messenger", "current": "email"}}
    assert connector.delivery_doubt(mapped(raw))
