"""Settings and the probe: what an admin gets wrong is said in a sentence."""

from __future__ import annotations

from typing import Any

import pytest
import responses

import connectors
from connectors import errors
from connectors.freshdesk import CAPABILITIES, Freshdesk
from connectors.setup import Finding
from connectors.shared import PrivateStore
from connectors.types import Feature
from tests.connectors.freshdesk.support import (
    BASE,
    ENVIRON,
    Account,
    Clock,
    fixture,
    freshdesk,
    json_answer,
)


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


class TestProbe:
    @pytest.fixture(autouse=True)
    def listings(self, account: Account) -> None:
        account.records |= {"tickets": [], "solutions/categories": fixture("categories")}

    def headed(self, account: Account, total: str, **changes: object) -> None:
        status, headers, body = json_answer(fixture("agent_me") | changes)
        headers["X-RateLimit-Total"] = total
        answer = (status, headers, body)
        account.trouble = lambda method, path: answer if path == "agents/me" else None

    def test_a_good_setup_has_nothing_wrong_and_says_who_the_bot_is(self, account: Account) -> None:
        self.headed(account, "400")
        found = findings(freshdesk())
        assert all(finding.ok for finding in found.values())
        assert "Understudy" in found["freshdesk agent"].message
        assert "400 API calls a minute" in found["freshdesk rate limit"].message

    def test_a_probe_changes_nothing(self, account: Account, connector: Freshdesk) -> None:
        connector.probe()
        assert account.writes == []

    @pytest.mark.parametrize(
        "agent", [{"type": "collaborator"}, {"ticket_scope": 2}, {"ticket_scope": 3}]
    )
    def test_an_agent_that_cannot_do_the_work_is_found_out(
        self, account: Account, connector: Freshdesk, agent: dict[str, Any]
    ) -> None:
        account.records["agents/me"] |= agent
        finding = findings(connector)["freshdesk agent"]
        assert not finding.ok
        assert finding.remedy

    @pytest.mark.parametrize("total", ["0", "", "many"])
    def test_a_plan_without_an_api_is_told_and_a_missing_header_is_not_held_against_it(
        self, account: Account, total: str
    ) -> None:
        self.headed(account, total)
        assert findings(freshdesk())["freshdesk rate limit"].ok is (total != "0")

    @pytest.mark.parametrize(
        ("path", "check"),
        [
            ("tickets", "freshdesk change feed"),
            ("groups", "freshdesk groups"),
            ("solutions/categories", "freshdesk solutions"),
            ("agents/me", "freshdesk agent"),
        ],
    )
    def test_one_missing_right_is_told_and_the_rest_still_looked_at(
        self, account: Account, connector: Freshdesk, path: str, check: str
    ) -> None:
        refused = json_answer({"code": "access_denied", "message": "You are not authorized"}, 403)
        account.trouble = lambda method, called: refused if called == path else None
        found = findings(connector)
        assert [name for name, finding in found.items() if not finding.ok] == [check]
        assert "You are not authorized" in found[check].message
        assert found[check].remedy

    @pytest.mark.parametrize(
        ("secret", "words"),
        [("", "every webhook is refused"), ("short", "is short"), (f"{'x' * 30},short", "short")],
    )
    def test_a_missing_or_guessable_webhook_secret_is_told(
        self, account: Account, secret: str, words: str
    ) -> None:
        connector = freshdesk(FRESHDESK_WEBHOOK_SECRET=secret)
        finding = findings(connector)["freshdesk webhook secret"]
        assert not finding.ok
        assert words in finding.message
        assert finding.remedy

    def test_what_was_kept_before_the_key_changed_is_not_believed(self, account: Account) -> None:
        clock = Clock()
        store = PrivateStore(lambda: clock().timestamp())
        freshdesk(clock, store).ticket("5158")
        account.records["agents/me"] |= {"ticket_scope": 2}
        assert not findings(freshdesk(clock, store))["freshdesk agent"].ok


def findings(connector: Freshdesk) -> dict[str, Finding]:
    return {finding.check: finding for finding in connector.probe()}
