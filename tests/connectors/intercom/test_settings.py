"""Settings: what an admin gets wrong is said in a sentence."""

from __future__ import annotations

import pytest
import responses

import connectors
from connectors import errors
from connectors.types import Feature
from tests.connectors.intercom.support import (
    BASE,
    ENVIRON,
    intercom,
)


class TestSettings:
    def test_a_workspace_is_connected_by_its_key(self) -> None:
        connector = connectors.connect("intercom", ENVIRON)
        assert connector.url == BASE
        assert connector.supports == {
            Feature.GROUPS,
            Feature.SIGNED_WEBHOOK,
            Feature.ARTICLES,
            Feature.ARTICLE_CHANGES,
            Feature.CANNED,
            Feature.PAGE_URL,
        }

    @pytest.mark.parametrize(
        "url",
        ["https://api.intercom.io", "https://api.eu.intercom.io/", "https://api.au.intercom.io"],
    )
    def test_every_region_has_its_address(self, url: str) -> None:
        assert intercom(INTERCOM_URL=url).url == url.rstrip("/")

    def test_loopback_will_do_for_a_sandbox(self) -> None:
        assert intercom(INTERCOM_URL="http://127.0.0.1:8070").url == "http://127.0.0.1:8070"

    @pytest.mark.parametrize(
        ("environ", "words"),
        [
            ({"INTERCOM_URL": ""}, "INTERCOM_URL: is missing"),
            ({"INTERCOM_URL": "https://app.intercom.com"}, "address of your region"),
            ({"INTERCOM_URL": "http://api.intercom.io"}, "INTERCOM_URL: must start with https"),
            ({"INTERCOM_ACCESS_TOKEN": ""}, "INTERCOM_ACCESS_TOKEN: is missing"),
            ({"INTERCOM_ACCESS_TOKEN": "invented token"}, "INTERCOM_ACCESS_TOKEN: is no access"),
            ({"INTERCOM_ACCESS_TOKEN": "inventé"}, "INTERCOM_ACCESS_TOKEN: is no access"),
            ({"INTERCOM_ADMIN_ID": ""}, "INTERCOM_ADMIN_ID: is missing"),
            ({"INTERCOM_ADMIN_ID": "tom@acme.example"}, "INTERCOM_ADMIN_ID: must be"),
            ({"INTERCOM_VERSION": "2.14"}, "INTERCOM_VERSION: .*2.15.*2.16"),
        ],
    )
    def test_a_wrong_setting_is_told_in_a_sentence(
        self, environ: dict[str, str], words: str
    ) -> None:
        with pytest.raises(errors.Misconfigured, match=words) as caught:
            intercom(**environ)
        assert "invent" not in str(caught.value)

    def test_secrets_do_not_show_when_a_config_is_printed(self) -> None:
        assert "invented" not in repr(intercom()._config)

    def test_nothing_is_sent_before_it_is_needed(self, mock: responses.RequestsMock) -> None:
        intercom()
        assert len(mock.calls) == 0
