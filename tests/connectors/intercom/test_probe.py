"""The probe: what a set-up lacks is said in a sentence, with what to do about it."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

import pytest
import responses

from connectors.intercom import Intercom
from connectors.setup import Expected, Finding
from tests.connectors.intercom.support import (
    ADMIN,
    BASE,
    CONTACT,
    CONVERSATION,
    NOW,
    Clock,
    fixture,
    intercom,
    sent,
    serve,
)
from tests.connectors.intercom.writing import part

REFUSED: dict[str, Any] = {
    "status": 403,
    "json": {"errors": [{"code": "forbidden", "message": "You do not have access"}]},
}
FOUND = f"{BASE}/conversations/search"


@pytest.fixture(autouse=True)
def workspace(mock: responses.RequestsMock) -> None:
    now = format_datetime(NOW, usegmt=True)
    serve(mock)
    mock.replace("GET", f"{BASE}/me", json=fixture("me"), headers={"Date": now})
    mock.get(f"{BASE}/admins/{ADMIN}", json=fixture("admin"))
    mock.get(f"{BASE}/articles", json=fixture("articles"))
    mock.get(f"{BASE}/internal_articles", json=fixture("internal_articles"))
    mock.get(f"{BASE}/macros", json=fixture("macros"))
    mock.post(FOUND, json=found(fixture("conversation")))
    mock.post(f"{BASE}/tickets/search", json=fixture("search_tickets"))


def found(*conversations: dict[str, Any]) -> dict[str, Any]:
    listed = [{**one, "conversation_parts": None} for one in conversations]
    return {"type": "conversation.list", "conversations": listed, "pages": None}


def probed(
    connector: Intercom | None = None, expected: Expected | None = None
) -> dict[str, Finding]:
    told = (connector or intercom(Clock())).probe(expected or Expected())
    assert len({finding.check for finding in told}) == len(told)
    return {finding.check: finding for finding in told}


def wrong(findings: dict[str, Finding]) -> list[str]:
    return [name for name, finding in findings.items() if not finding.ok]


class TestWorkspace:
    def test_a_good_setup_has_nothing_wrong_and_says_who_the_bot_is(
        self, mock: responses.RequestsMock
    ) -> None:
        findings = probed()
        assert wrong(findings) == []
        assert "Acme (abc123de, US), API 2.15" in findings["intercom workspace"].message
        assert "Understudy" in findings["intercom teammate"].message
        assert "2 public articles" in findings["intercom help centre"].message

    def test_a_probe_changes_nothing(self, mock: responses.RequestsMock) -> None:
        probed()
        assert all(path.endswith("/search") for _, path, _ in sent(mock))

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refused_token_is_the_one_finding(
        self, mock: responses.RequestsMock, status: int
    ) -> None:
        mock.replace("GET", f"{BASE}/me", status=status, json=REFUSED["json"])
        findings = probed()
        assert list(findings) == wrong(findings) == ["intercom workspace"]
        assert "INTERCOM_ACCESS_TOKEN" in findings["intercom workspace"].remedy
        assert len(mock.calls) == 1

    def test_where_nobody_answers_nobody_is_sent_for_a_token(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("GET", f"{BASE}/me", status=502)
        findings = probed()
        assert list(findings) == wrong(findings) == ["intercom workspace"]
        assert "Copy the access token" not in findings["intercom workspace"].remedy
        assert "INTERCOM_URL" in findings["intercom workspace"].remedy

    def test_an_address_of_another_region_is_told(self, mock: responses.RequestsMock) -> None:
        me = fixture("me")
        me["app"]["region"] = "EU"
        mock.replace("GET", f"{BASE}/me", json=me)
        finding = probed()["intercom workspace"]
        assert not finding.ok
        assert "https://api.eu.intercom.io" in finding.remedy

    def test_another_workspaces_id_is_told(self) -> None:
        finding = probed(intercom(Clock(), INTERCOM_APP_ID="zzz"))["intercom workspace"]
        assert not finding.ok
        assert "abc123de" in finding.remedy

    def test_a_workspaces_id_that_is_not_set_could_be(self) -> None:
        finding = probed(intercom(Clock(), INTERCOM_APP_ID=""))["intercom app id"]
        assert finding.ok
        assert finding.remedy == "Set INTERCOM_APP_ID to abc123de."

    def test_a_version_that_is_not_accepted_is_told_in_intercoms_words(
        self, mock: responses.RequestsMock
    ) -> None:
        body = {"errors": [{"code": "intercom_version_invalid", "message": "Unknown version"}]}
        mock.replace("GET", f"{BASE}/me", status=400, json=body)
        finding = probed()["intercom workspace"]
        assert not finding.ok
        assert "Unknown version" in finding.message

    def test_a_missing_client_secret_is_told(self) -> None:
        finding = probed(intercom(Clock(), INTERCOM_CLIENT_SECRET=""))["intercom client secret"]
        assert not finding.ok
        assert "INTERCOM_CLIENT_SECRET" in finding.remedy

    def test_a_clock_that_is_off_is_told(self, mock: responses.RequestsMock) -> None:
        old = {"Date": "Sat, 21 Nov 2015 00:00:00 GMT"}
        mock.replace("GET", f"{BASE}/macros", json=fixture("macros"), headers=old)
        finding = probed()["intercom clock"]
        assert not finding.ok
        assert "ahead of Intercom's" in finding.message

    def test_the_rate_limit_is_told_with_what_is_left_to_others(
        self, mock: responses.RequestsMock
    ) -> None:
        told = {"X-RateLimit-Limit": "1666", "X-RateLimit-Remaining": "1600"}
        mock.replace("GET", f"{BASE}/macros", json=fixture("macros"), headers=told)
        finding = probed(intercom(Clock(), INTERCOM_HEADROOM="0.25"))["intercom rate limit"]
        assert finding.message == (
            "1666 calls in ten seconds, 1600 of them left; 25% are left to others."
        )


class TestRights:
    @pytest.mark.parametrize(
        ("method", "path", "check"),
        [
            ("GET", f"admins/{ADMIN}", "intercom teammate"),
            ("GET", "articles", "intercom help centre"),
            ("POST", "tickets/search", "intercom tickets"),
            ("GET", "tags", "intercom tags"),
            ("GET", "teams", "intercom teams"),
            ("GET", f"contacts/{CONTACT}", "intercom contacts"),
            ("GET", f"contacts/{CONTACT}/companies", "intercom companies"),
        ],
    )
    def test_one_missing_right_is_told_and_the_rest_still_looked_at(
        self, mock: responses.RequestsMock, method: str, path: str, check: str
    ) -> None:
        mock.replace(method, f"{BASE}/{path}", **REFUSED)
        findings = probed()
        assert wrong(findings) == [check]
        assert "You do not have access" in findings[check].message
        assert "Developer Hub" in findings[check].remedy or "tickets" in findings[check].remedy

    @pytest.mark.parametrize("path", ["internal_articles", "macros"])
    def test_what_agents_alone_may_read_is_not_needed_but_told(
        self, mock: responses.RequestsMock, path: str
    ) -> None:
        check = f"intercom {path.replace('_', ' ')}"
        assert "can be read" in probed()[check].message
        mock.replace("GET", f"{BASE}/{path}", **REFUSED)
        finding = probed()[check]
        assert (finding.ok, "Developer Hub" in finding.remedy) == (True, True)

    def test_articles_that_do_not_say_who_may_read_them_are_told(
        self, mock: responses.RequestsMock
    ) -> None:
        listed = fixture("articles")
        del listed["data"][0]["help_center_audience"]
        mock.replace("GET", f"{BASE}/articles", json=listed)
        finding = probed()["intercom help centre"]
        assert "1 public articles. 1 more do not say" in finding.message
        assert finding.remedy

    def test_without_conversations_nothing_recent_can_be_told(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("POST", FOUND, **REFUSED)
        findings = probed()
        assert "intercom change feed" in wrong(findings)
        assert "intercom recent conversations" in wrong(findings)
        assert "intercom contacts" not in findings

    def test_what_breaks_off_in_the_middle_is_a_finding_and_no_error(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("GET", f"{BASE}/conversations/{CONVERSATION}", status=503)
        findings = probed()
        assert "intercom recent conversations" in wrong(findings)
        assert findings["intercom help centre"].ok

    def test_where_there_is_nobody_to_try_it_with_it_says_so(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("POST", FOUND, json=found())
        assert probed()["intercom contacts"].message.startswith("Not tried")

    def test_a_contact_that_was_merged_away_is_no_missing_right(
        self, mock: responses.RequestsMock
    ) -> None:
        missing = fixture("error_not_found")
        mock.replace("GET", f"{BASE}/contacts/{CONTACT}", status=404, json=missing)
        assert probed()["intercom contacts"].ok


class TestTeammate:
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
        finding = probed()["intercom teammate"]
        assert not finding.ok
        assert words in finding.message
        assert "INTERCOM_ADMIN_ID" in finding.remedy

    def test_a_teammate_who_is_not_there_is_told(self, mock: responses.RequestsMock) -> None:
        missing = fixture("error_not_found")
        mock.replace("GET", f"{BASE}/admins/{ADMIN}", status=404, json=missing)
        assert "no teammate 7001" in probed()["intercom teammate"].message

    @pytest.mark.parametrize(
        ("note_code", "reply_code", "ok", "told"),
        [
            ("understudy", "understudy", True, False),  # all of it was written by the app
            ("understudy", None, False, True),  # the code tells the person's from ours
            (None, None, True, True),  # it tells nothing here: not sure
        ],
    )
    def test_a_person_who_shares_it_is_told_and_called_wrong_only_if_that_is_sure(
        self,
        mock: responses.RequestsMock,
        note_code: str | None,
        reply_code: str | None,
        ok: bool,
        told: bool,
    ) -> None:
        parts = [
            part("note_answer", app_package_code=note_code),
            part("reply_answer", id="9019", app_package_code=reply_code),
        ]
        thread = fixture("conversation")
        thread["conversation_parts"] = {"conversation_parts": parts, "total_count": 2}
        mock.replace("POST", FOUND, json=found(thread))
        mock.replace("GET", f"{BASE}/conversations/{CONVERSATION}", json=thread)
        finding = probed()["intercom teammate of its own"]
        assert (finding.ok, bool(finding.remedy)) == (ok, told)


class TestExpectations:
    def test_teams_that_rules_name_are_looked_for(self) -> None:
        expected = Expected(groups=frozenset({"billing", "Legal"}))
        finding = probed(expected=expected)["intercom teams of your rules"]
        assert not finding.ok
        assert "Legal" in finding.message
        assert "illing" not in finding.message

    def test_attributes_that_settings_name_are_looked_for(
        self, mock: responses.RequestsMock
    ) -> None:
        def listed(*names: str) -> dict[str, Any]:
            return {"type": "list", "data": [{"name": name, "label": name} for name in names]}

        mock.get(f"{BASE}/conversations/attributes", json=listed("Topic"))
        for model, names in (("contact", ["Page"]), ("company", [])):
            match = [responses.matchers.query_param_matcher({"model": model})]
            mock.get(f"{BASE}/data_attributes", json=listed(*names), match=match)
        types = {"data": [{"id": "1", "ticket_type_attributes": listed("Severity")}]}
        mock.get(f"{BASE}/ticket_types", json=types)
        settings = {
            "INTERCOM_PLAN_FIELD": "Tier",
            "INTERCOM_PAGE_FIELD": "page",
            "INTERCOM_TICKET_FIELDS": "topic, severity",
        }
        finding = probed(intercom(Clock(), **settings))["intercom attributes of your settings"]
        assert not finding.ok
        assert finding.message == (
            "The workspace has no attribute called Tier (INTERCOM_PLAN_FIELD)."
        )

    def test_without_such_settings_nobody_asks_for_attributes(self) -> None:
        assert "intercom attributes of your settings" not in probed()


class TestRecent:
    def test_fin_on_the_same_conversations_is_told(self, mock: responses.RequestsMock) -> None:
        finding = probed()["intercom other bots"]
        assert finding.ok
        assert "Fin took part in 1 of 1 recent conversations" in finding.message
        assert finding.remedy

    def test_what_the_messenger_promises_by_itself_is_no_bot(
        self, mock: responses.RequestsMock
    ) -> None:
        quiet = fixture("conversation") | {"ai_agent_participated": False}
        listed = quiet["conversation_parts"]["conversation_parts"]
        quiet["conversation_parts"] = {"conversation_parts": [listed[1]], "total_count": 1}
        mock.replace("POST", FOUND, json=found(quiet))
        mock.replace("GET", f"{BASE}/conversations/{CONVERSATION}", json=quiet)
        assert probed()["intercom other bots"].message == "No other bot answers."

    @pytest.mark.parametrize("sends", [False, True])
    def test_channels_that_somebody_has_to_verify_are_counted(
        self, mock: responses.RequestsMock, sends: bool
    ) -> None:
        chat = fixture("conversation")
        mails = [chat | {"id": str(n), "source": chat["source"] | {"type": "email"}} for n in "12"]
        mock.replace("POST", FOUND, json=found(chat, *mails))
        for one in mails:
            mock.get(f"{BASE}/conversations/{one['id']}", json=one)
        finding = probed(expected=Expected(sends=sends))["intercom channels"]
        assert finding.ok
        assert "email (2)" in finding.message
        assert ("Before anything goes out unread" in finding.remedy) is sends
