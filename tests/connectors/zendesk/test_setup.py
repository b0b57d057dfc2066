"""Settings and credentials: what an admin gets wrong is said in a sentence."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import responses

import connectors
from connectors import errors
from connectors.types import Feature
from connectors.zendesk.webhook import TEST_SECRET
from tests.connectors.zendesk.account import LEGACY
from tests.connectors.zendesk.support import (
    API,
    BASE,
    ENVIRON,
    LATER,
    Clock,
    fixture,
    serve_ticket,
    serve_token,
    zendesk,
)

TOKEN = f"{BASE}/oauth/tokens"


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


class TestSettings:
    def test_an_account_is_connected_by_its_key(self) -> None:
        connector = connectors.connect("zendesk", ENVIRON)
        assert connector.url == BASE
        assert Feature.ATOMIC_WRITE in connector.supports

    def test_a_second_account_has_its_own_variables(self) -> None:
        environ = {
            name.replace("ZENDESK_", "ZENDESK_EU_"): value for name, value in ENVIRON.items()
        }
        assert connectors.connect("zendesk-eu", environ).url == BASE

    def test_either_way_of_logging_in_will_do(self) -> None:
        assert zendesk().url == BASE
        assert zendesk(**LEGACY).url == BASE

    @pytest.mark.parametrize(
        ("environ", "words"),
        [
            ({"ZENDESK_CLIENT_SECRET": ""}, "set both CLIENT_ID and CLIENT_SECRET"),
            ({**LEGACY, "ZENDESK_API_TOKEN": ""}, "both EMAIL and API_TOKEN"),
            ({**LEGACY, "ZENDESK_EMAIL": ""}, "both EMAIL and API_TOKEN"),
            ({**LEGACY, "ZENDESK_CLIENT_ID": "understudy"}, "not both"),
            ({"ZENDESK_EMAIL": "bot@acme.example"}, "not both"),
            ({"ZENDESK_URL": ""}, "ZENDESK_URL: is missing"),
            ({"ZENDESK_URL": "http://acme.zendesk.com"}, "ZENDESK_URL: must start with https"),
            ({"ZENDESK_URL": "https://acme"}, "ZENDESK_URL: must name a host with a dot"),
            ({"ZENDESK_URL": "http://[::1]:80"}, "ZENDESK_URL: must name a host with a dot"),
            ({"ZENDESK_ACCOUNT_ID": "acme"}, "ZENDESK_ACCOUNT_ID: must be the account's number"),
            ({"ZENDESK_WEBHOOK_SECRET": TEST_SECRET}, "public test secret"),
            ({"ZENDESK_WEBHOOK_SECRET": f"real,{TEST_SECRET}"}, "public test secret"),
        ],
    )
    def test_a_wrong_setting_is_told_in_a_sentence(
        self, environ: dict[str, str], words: str
    ) -> None:
        with pytest.raises(errors.Misconfigured, match=words) as caught:
            zendesk(**environ)
        assert "invented" not in str(caught.value)

    def test_the_test_secret_will_do_on_loopback(self) -> None:
        url = "http://127.0.0.1:8099"
        assert zendesk(ZENDESK_URL=url, ZENDESK_WEBHOOK_SECRET=TEST_SECRET).url == url

    def test_localhost_is_the_loopback_address(self) -> None:
        assert zendesk(ZENDESK_URL="http://localhost:8099").url == "http://127.0.0.1:8099"

    def test_secrets_do_not_show_when_a_config_is_printed(self) -> None:
        assert "invented" not in repr(zendesk()._config)


class TestOAuth:
    def test_nothing_is_sent_before_it_is_needed(self, mock: responses.RequestsMock) -> None:
        zendesk()
        assert len(mock.calls) == 0

    def test_a_token_is_asked_for_with_json_and_one_scope_string(
        self, mock: responses.RequestsMock
    ) -> None:
        serve_token(mock)
        serve_ticket(mock)
        zendesk(Clock()).ticket("5158")
        request = mock.calls[0].request
        assert json.loads(request.body or "") == {
            "grant_type": "client_credentials",
            "client_id": "understudy",
            "client_secret": "invented-client-secret",
            "scope": "read tickets:write",
            "expires_in": 3600,
        }
        assert "Authorization" not in request.headers
        bearer = {call.request.headers["Authorization"] for call in mock.calls[1:]}
        assert bearer == {"Bearer invented-access-token-1"}

    def test_a_token_is_kept_until_shortly_before_it_expires(
        self, mock: responses.RequestsMock
    ) -> None:
        clock = Clock()
        serve_token(mock)
        serve_ticket(mock)
        connector = zendesk(clock)
        connector.ticket("5158")
        clock.now += timedelta(seconds=3539)
        connector.ticket("5158")
        assert _tokens(mock) == 1
        clock.now += timedelta(seconds=1)
        connector.ticket("5158")
        assert _tokens(mock) == 2

    @pytest.mark.parametrize("lifetime", [{"expires_in": None}, {}])
    def test_a_token_without_an_end_is_kept(
        self, mock: responses.RequestsMock, lifetime: dict[str, None]
    ) -> None:
        mock.post(TOKEN, json={"access_token": "t", **lifetime})
        serve_ticket(mock)
        clock = Clock()
        connector = zendesk(clock)
        connector.ticket("5158")
        clock.now += timedelta(days=400)
        connector.ticket("5158")
        assert _tokens(mock) == 1

    def test_a_revoked_token_is_replaced_once(self, mock: responses.RequestsMock) -> None:
        serve_token(mock)
        mock.get(f"{API}/tickets/5158", status=401)
        serve_ticket(mock)
        assert zendesk(Clock()).ticket("5158").id == "5158"
        assert _tokens(mock) == 2

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (400, {"error": "invalid_scope", "error_description": "The scope is invalid"}),
            (401, {"error": "invalid_client", "error_description": "Client authentication failed"}),
        ],
    )
    def test_a_refused_client_is_a_permanent_fault_in_zendesks_words(
        self, mock: responses.RequestsMock, status: int, body: dict[str, str]
    ) -> None:
        mock.post(TOKEN, status=status, json=body)
        with pytest.raises(errors.AuthFailed, match=body["error_description"]) as caught:
            zendesk(Clock()).ticket("5158")
        assert "invented-client-secret" not in str(caught.value)

    @pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": 3}])
    def test_an_answer_without_a_token_is_nonsense(
        self, mock: responses.RequestsMock, body: dict[str, object]
    ) -> None:
        mock.post(TOKEN, json=body)
        with pytest.raises(errors.VendorBroken, match="access token"):
            zendesk(Clock()).ticket("5158")

    def test_the_legacy_token_is_sent_as_basic_auth(self, mock: responses.RequestsMock) -> None:
        serve_ticket(mock)
        zendesk(Clock(), **LEGACY).ticket("5158")
        header = str(mock.calls[0].request.headers["Authorization"]).removeprefix("Basic ")
        assert base64.b64decode(header) == b"bot@acme.example/token:invented-token"


def test_a_ticket_that_is_read_keeps_to_the_accounts_own_host(
    mock: responses.RequestsMock,
) -> None:
    serve_token(mock)
    serve_ticket(mock, [(fixture("ticket"), LATER)])
    zendesk(Clock()).ticket("5158")
    assert {(call.request.url or "")[: len(BASE) + 1] for call in mock.calls} == {f"{BASE}/"}


def _tokens(mock: responses.RequestsMock) -> int:
    return sum(call.request.url == TOKEN for call in mock.calls)
