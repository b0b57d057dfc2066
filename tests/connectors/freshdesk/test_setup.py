"""Settings: what an admin gets wrong is said in a sentence."""

from __future__ import annotations

import pytest
import responses

import connectors
from connectors import errors
from connectors.freshdesk import CAPABILITIES
from connectors.types import Feature
from tests.connectors.freshdesk.support import BASE, ENVIRON, freshdesk


class TestSettings:
    def test_an_account_is_connected_by_its_key(self, mock: responses.RequestsMock) -> None:
        connector = connectors.connect("freshdesk", ENVIRON)
        assert connector.url == BASE
        assert len(mock.calls) == 0

    def test_a_second_account_has_its_own_variables(self) -> None:
        environ = {
            name.replace("FRESHDESK_", "FRESHDESK_EU_"): value for name, value in ENVIRON.items()
        }
        assert connectors.connect("freshdesk-eu", environ).url == BASE

    def test_what_it_can_do_is_said_for_every_feature(self) -> None:
        assert CAPABILITIES.keys() == set(Feature)
        assert freshdesk().supports == {
            Feature.PRIORITY,
            Feature.GROUPS,
            Feature.ARTICLES,
            Feature.CANNED,
            Feature.PAGE_URL,
            Feature.WHOLE_HISTORY,
        }

    @pytest.mark.parametrize(
        "url",
        [
            BASE,
            "https://ACME-eu.freshdesk.com/",
            "http://127.0.0.1:8070",
            "http://localhost:8070",
            "http://[::1]:8070",
        ],
    )
    def test_the_accounts_own_address_or_loopback_will_do(self, url: str) -> None:
        assert freshdesk(FRESHDESK_URL=url).url in (url, url.lower().rstrip("/"))

    @pytest.mark.parametrize(
        ("environ", "words"),
        [
            ({"FRESHDESK_URL": ""}, "FRESHDESK_URL: is missing"),
            ({"FRESHDESK_API_KEY": ""}, "FRESHDESK_API_KEY: is missing"),
            ({"FRESHDESK_URL": "http://acme.freshdesk.com"}, "must start with https"),
            ({"FRESHDESK_URL": "acme.freshdesk.com"}, "must start with https"),
            ({"FRESHDESK_URL": "https://support.acme.example"}, "not a domain of your own"),
            ({"FRESHDESK_URL": "https://freshdesk.com"}, "https://<name>.freshdesk.com"),
            ({"FRESHDESK_URL": "https://freshdesk.com.evil.example"}, "<name>.freshdesk.com"),
            ({"FRESHDESK_URL": "https://acme.freshdesk.com.evil.example"}, "<name>.freshdesk"),
            ({"FRESHDESK_URL": "https://a@acme.freshdesk.com"}, "<name>.freshdesk.com"),
            ({"FRESHDESK_URL": "https://evil.example#.freshdesk.com"}, "<name>.freshdesk.com"),
            ({"FRESHDESK_URL": "https://acme.freshdesk.com:8443"}, "<name>.freshdesk.com"),
            ({"FRESHDESK_URL": "https://a.b.freshdesk.com"}, "<name>.freshdesk.com"),
            ({"FRESHDESK_URL": f"{BASE}/helpdesk"}, "without a path"),
        ],
    )
    def test_a_wrong_setting_is_told_in_a_sentence(
        self, environ: dict[str, str], words: str
    ) -> None:
        with pytest.raises(errors.Misconfigured, match=words) as caught:
            freshdesk(**environ)
        assert "invented" not in str(caught.value)

    def test_secrets_do_not_show_when_a_config_is_printed(self) -> None:
        assert "invented" not in repr(freshdesk()._config)
