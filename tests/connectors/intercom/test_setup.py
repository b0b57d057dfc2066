"""Settings and the probe: what an admin gets wrong is said in a sentence."""

from __future__ import annotations

from typing import Any

import pytest
import responses

import connectors
from connectors import errors
from connectors.intercom import Intercom
from connectors.setup import Finding
from connectors.types import Feature
from tests.connectors.intercom.support import (
    ADMIN,
    BASE,
    ENVIRON,
    Clock,
    fixture,
    intercom,
    sent,
)


class TestSettings:
    def test_a_workspace_is_connected_by_its_key(self) -> None:
        connector = connectors.connect("intercom", ENVIRON)
        assert connector.url == BASE
        assert connector.supports == {
            Feature.GROUPS,
            Feature.SIGNED_WEBHOOK,
            Feature.ARTICLES,
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


class TestProbe:
    @pytest.fixture(autouse=True)
    def workspace(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{BASE}/me", json=fixture("me"))
        mock.get(f"{BASE}/admins/{ADMIN}", json=fixture("admin"))
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        mock.post(f"{BASE}/conversations/search", json=fixture("search_conversations"))
        mock.post(f"{BASE}/tickets/search", json=fixture("search_tickets"))

    def test_a_good_setup_has_nothing_wrong_and_says_who_the_bot_is(self) -> None:
        findings = _findings(intercom(Clock()))
        assert all(finding.ok for finding in findings.values())
        assert "Acme (abc123de, US), API 2.15" in findings["intercom workspace"].message
        assert "Understudy" in findings["intercom teammate"].message

    def test_a_probe_changes_nothing(self, mock: responses.RequestsMock) -> None:
        intercom(Clock()).probe()
        assert all(path.endswith("/search") for _, path, _ in sent(mock))

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"email": "operator+abc123de@intercom.io"}, "not sent to the customer"),
            ({"type": "bot"}, "not sent to the customer"),
            ({"has_inbox_seat": False}, "no inbox seat"),
        ],
    )
    def test_a_teammate_whose_mails_are_not_sent_is_found_out(
        self, mock: responses.RequestsMock, change: dict[str, Any], words: str
    ) -> None:
        mock.replace("GET", f"{BASE}/admins/{ADMIN}", json=fixture("admin") | change)
        finding = _findings(intercom(Clock()))["intercom teammate"]
        assert not finding.ok
        assert words in finding.message
        assert "INTERCOM_ADMIN_ID" in finding.remedy

    def test_a_teammate_who_is_not_there_is_told(self, mock: responses.RequestsMock) -> None:
        missing = fixture("error_not_found")
        mock.replace("GET", f"{BASE}/admins/{ADMIN}", status=404, json=missing)
        assert "no teammate 7001" in _findings(intercom(Clock()))["intercom teammate"].message

    def test_an_address_of_another_region_is_told(self, mock: responses.RequestsMock) -> None:
        me = fixture("me")
        me["app"]["region"] = "EU"
        mock.replace("GET", f"{BASE}/me", json=me)
        finding = _findings(intercom(Clock()))["intercom workspace"]
        assert not finding.ok
        assert "https://api.eu.intercom.io" in finding.remedy

    def test_another_workspaces_id_is_told(self) -> None:
        finding = _findings(intercom(Clock(), INTERCOM_APP_ID="zzz"))["intercom workspace"]
        assert not finding.ok
        assert "abc123de" in finding.remedy

    def test_a_version_that_is_not_accepted_is_told_in_intercoms_words(
        self, mock: responses.RequestsMock
    ) -> None:
        body = {"errors": [{"code": "intercom_version_invalid", "message": "Unknown version"}]}
        mock.replace("GET", f"{BASE}/me", status=400, json=body)
        finding = _findings(intercom(Clock()))["intercom workspace"]
        assert not finding.ok
        assert "Unknown version" in finding.message

    @pytest.mark.parametrize(
        ("method", "path", "check"),
        [
            ("GET", "me", "intercom workspace"),
            ("GET", f"admins/{ADMIN}", "intercom teammate"),
            ("GET", "articles", "intercom help centre"),
            ("POST", "conversations/search", "intercom change feed"),
            ("POST", "tickets/search", "intercom tickets"),
        ],
    )
    def test_one_missing_right_is_told_and_the_rest_still_looked_at(
        self, mock: responses.RequestsMock, method: str, path: str, check: str
    ) -> None:
        refused = {"errors": [{"code": "forbidden", "message": "You do not have access"}]}
        mock.replace(method, f"{BASE}/{path}", status=403, json=refused)
        findings = _findings(intercom(Clock()))
        assert [name for name, finding in findings.items() if not finding.ok] == [check]
        assert "You do not have access" in findings[check].message
        assert findings[check].remedy

    def test_a_missing_client_secret_is_told(self) -> None:
        finding = _findings(intercom(Clock(), INTERCOM_CLIENT_SECRET=""))["intercom client secret"]
        assert not finding.ok
        assert "INTERCOM_CLIENT_SECRET" in finding.remedy


def _findings(connector: Intercom) -> dict[str, Finding]:
    return {finding.check: finding for finding in connector.probe()}
