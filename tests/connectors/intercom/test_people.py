"""Who has proved to be who they say: users whom the Messenger signed in, nobody else."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from connectors.intercom import Intercom
from tests.connectors.intercom.support import BASE, CONTACT, CONVERSATION, asked, fixture, serve


def workspace(mock: responses.RequestsMock, source: str, **contact: Any) -> None:
    """A conversation by this channel, with this contact, where identities are verified."""
    conversation = fixture("conversation")
    conversation["source"]["type"] = source
    serve(mock, conversation)
    mock.replace("GET", f"{BASE}/contacts/{CONTACT}", json=fixture("contact") | contact)
    me = fixture("me")
    me["app"]["identity_verification"] = True
    mock.replace("GET", f"{BASE}/me", json=me)


@pytest.mark.parametrize(
    ("source", "contact", "proved"),
    [
        ("conversation", {}, True),
        ("email", {}, False),
        ("whatsapp", {}, False),
        ("conversation", {"role": "lead"}, False),
        ("conversation", {"role": None}, False),
        ("conversation", {"external_id": None}, False),
        ("conversation", {"external_id": ""}, False),
    ],
)
def test_a_user_who_writes_by_the_messenger_has_proved_who_they_are_and_a_lead_or_mail_has_not(
    mock: responses.RequestsMock,
    connector: Intercom,
    source: str,
    contact: dict[str, Any],
    proved: bool,
) -> None:
    workspace(mock, source, **contact)
    assert connector.ticket(CONVERSATION).requester.verified is proved
    assert asked(mock).count("me") == int(proved)  # asked for where it could matter


def test_identity_verification_that_is_switched_off_while_we_run_proves_nothing_any_more(
    mock: responses.RequestsMock, connector: Intercom
) -> None:
    workspace(mock, "conversation")
    assert connector.ticket(CONVERSATION).requester.verified
    mock.replace("GET", f"{BASE}/me", json=fixture("me"))
    assert not connector.ticket(CONVERSATION).requester.verified


@pytest.mark.parametrize(
    "answer",
    [
        {"json": fixture("me")},  # without identity verification
        {"json": fixture("me") | {"app": None}},
        {"status": 403, "json": {"errors": [{"code": "forbidden", "message": "No access"}]}},
    ],
)
def test_where_intercom_does_not_check_who_signs_in_nobody_has_proved_it(
    mock: responses.RequestsMock, connector: Intercom, answer: dict[str, Any]
) -> None:
    workspace(mock, "conversation")
    mock.replace("GET", f"{BASE}/me", **answer)
    assert not connector.ticket(CONVERSATION).requester.verified


def test_a_contact_who_cannot_be_read_has_proved_nothing(
    mock: responses.RequestsMock, connector: Intercom
) -> None:
    workspace(mock, "conversation")
    mock.replace("GET", f"{BASE}/contacts/{CONTACT}", status=404, json=fixture("error_not_found"))
    assert not connector.ticket(CONVERSATION).requester.verified
