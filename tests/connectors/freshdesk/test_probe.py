"""The probe: what the set-up lacks is said in a sentence, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.freshdesk import Freshdesk
from connectors.marks import mark_note
from connectors.setup import Expected, Finding
from connectors.shared import PrivateStore
from tests.connectors.freshdesk.support import (
    BOT,
    KEY,
    Account,
    Answer,
    Clock,
    conversation,
    fixture,
    freshdesk,
    json_answer,
)

REFUSED = json_answer({"code": "access_denied", "message": "You are not authorized"}, 403)
HOOK = "https://bot.example.com/webhooks/freshdesk"
FOLDERS = "solutions/categories/67000000501/folders"


@pytest.fixture(autouse=True)
def listings(account: Account) -> None:
    account.ticket["tags"] = []
    account.records |= {
        "tickets": [account.ticket],
        "solutions/categories": fixture("categories"),
        FOLDERS: fixture("folders"),
        "settings/helpdesk": {"primary_language": "en", "portal_languages": ["en", "de"]},
        "canned_response_folders": fixture("canned_folders"),
        "contacts": [fixture("contact")],
        "companies": [fixture("company")],
        "surveys/satisfaction_ratings": [],
        "automations/1/rules": [],
        "automations/4/rules": [],
    }
    # Whoever wrote the note that bears no mark is another agent than ours.
    account.conversations = account.conversations[:1]


def headed(account: Account, **headers: str) -> None:
    status, usual, body = json_answer(fixture("agent_me"))
    told = {f"X-RateLimit-{name}": value for name, value in headers.items()}
    answer = (status, usual | told, body)
    account.trouble = lambda method, path: answer if path == "agents/me" else None


def findings(connector: Freshdesk, **expected: Any) -> dict[str, Finding]:
    return {finding.check: finding for finding in connector.probe(Expected(**expected))}


def wrong(connector: Freshdesk, **expected: Any) -> list[str]:
    return [check for check, each in findings(connector, **expected).items() if not each.ok]


def refusing(path: str) -> Callable[[str, str], Answer | None]:
    return lambda method, called: REFUSED if called == path else None


def test_a_good_setup_has_nothing_wrong_and_says_who_the_bot_is(account: Account) -> None:
    headed(account, Total="400", Remaining="300")
    found = findings(freshdesk())
    assert [finding for finding in found.values() if not finding.ok] == []
    assert "Understudy" in found["freshdesk agent"].message
    assert "400 API calls a minute" in found["freshdesk rate limit"].message
    assert "25%" in found["freshdesk rate limit"].message
    assert "at least 1 articles" in found["freshdesk solutions"].message


def test_a_probe_changes_nothing(account: Account, connector: Freshdesk) -> None:
    connector.probe(Expected(HOOK, frozenset({"Billing"}), sends=True))
    assert account.writes == []


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_refused_key_is_one_finding_and_nothing_else_is_tried(
    account: Account, connector: Freshdesk, status: int
) -> None:
    refused = json_answer(fixture("refused_key"), status)
    account.trouble = lambda method, path: refused
    [finding] = connector.probe(Expected(HOOK, frozenset({"Billing"})))
    assert not finding.ok
    assert "FRESHDESK_API_KEY" in finding.remedy
    assert {path for _, path, _ in account.calls} == {"agents/me"}


@pytest.mark.parametrize(
    "agent", [{"type": "collaborator"}, {"ticket_scope": 2}, {"ticket_scope": 3}]
)
def test_an_agent_that_cannot_do_the_work_is_found_out(
    account: Account, connector: Freshdesk, agent: dict[str, Any]
) -> None:
    account.records["agents/me"] |= agent
    finding = findings(connector)["freshdesk agent"]
    assert not finding.ok
    assert finding.remedy


@pytest.mark.parametrize("total", ["0", "", "many", "50"])
def test_a_plan_without_an_api_is_told_and_a_missing_header_is_not_held_against_it(
    account: Account, total: str
) -> None:
    headed(account, Total=total)
    finding = findings(freshdesk())["freshdesk rate limit"]
    assert finding.ok is (total != "0")
    assert bool(finding.remedy) is (total in {"0", "50"})


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("groups", "freshdesk groups"),
        ("solutions/categories", "freshdesk solutions"),
        (FOLDERS, "freshdesk solutions"),
        ("contacts", "freshdesk contacts"),
        ("companies", "freshdesk companies"),
    ],
)
def test_one_missing_right_is_told_and_the_rest_still_looked_at(
    account: Account, connector: Freshdesk, path: str, check: str
) -> None:
    account.trouble = refusing(path)
    assert wrong(connector) == [check]
    finding = findings(connector)[check]
    assert "You are not authorized" in finding.message
    assert finding.remedy


def test_without_the_right_to_list_tickets_the_feed_is_told(
    account: Account, connector: Freshdesk
) -> None:
    account.trouble = refusing("tickets")
    assert wrong(connector) == ["freshdesk change feed"]


def test_a_plan_without_surveys_is_no_fault(account: Account, connector: Freshdesk) -> None:
    account.trouble = refusing("surveys/satisfaction_ratings")
    finding = findings(connector)["freshdesk surveys"]
    assert (finding.ok, bool(finding.remedy)) == (True, True)


@pytest.mark.parametrize(
    ("secret", "words"),
    [("", "every webhook is refused"), ("short", "is short"), (f"{'x' * 30},short", "short")],
)
def test_a_missing_or_guessable_webhook_secret_is_told(
    account: Account, secret: str, words: str
) -> None:
    finding = findings(freshdesk(FRESHDESK_WEBHOOK_SECRET=secret))["freshdesk webhook secret"]
    assert not finding.ok
    assert words in finding.message
    assert finding.remedy


def test_a_group_that_rules_name_and_nobody_made_is_told(
    account: Account, connector: Freshdesk
) -> None:
    found = findings(connector, groups=frozenset({" billing", "Legal"}))
    told = found["freshdesk groups"]
    assert (told.ok, told.message) == (False, "There are no groups named Legal.")


def test_fields_that_the_settings_name_are_looked_for(account: Account) -> None:
    account.records["ticket_fields"].append({"name": "cf_page", "label": "Page", "type": "x"})
    account.records["company_fields"] = [{"name": "cf_plan", "label": "Our plan"}]
    connector = freshdesk(
        FRESHDESK_PAGE_FIELD="cf_page",
        FRESHDESK_TICKET_FIELDS="type, cf_gone",
        FRESHDESK_PLAN_FIELD="our plan",
    )
    assert wrong(connector) == ["freshdesk ticket fields: cf_gone"]
    finding = findings(connector)["freshdesk ticket fields: cf_gone"]
    assert "FRESHDESK_TICKET_FIELDS" in finding.message
    account.records["company_fields"] = []
    assert "freshdesk company fields: our plan" in wrong(connector)


def test_fields_that_cannot_be_looked_for_are_not_held_against_the_setup(
    account: Account,
) -> None:
    account.trouble = refusing("company_fields")
    connector = freshdesk(FRESHDESK_PLAN_FIELD="cf_plan")
    assert wrong(connector) == []
    assert findings(connector)["freshdesk company fields"].remedy
    assert "freshdesk company fields" not in findings(freshdesk(FRESHDESK_PLAN_FIELD="industry"))


def test_no_article_for_everybody_is_told(account: Account, connector: Freshdesk) -> None:
    account.records["solutions/categories"] = []
    finding = findings(connector)["freshdesk solutions"]
    assert (finding.ok, bool(finding.remedy)) == (True, True)
    assert ": 0 articles" in finding.message


def test_the_languages_of_articles_are_told(account: Account, connector: Freshdesk) -> None:
    assert "en, de." in findings(connector)["freshdesk languages"].message
    account.trouble = refusing("settings/helpdesk")
    finding = findings(connector)["freshdesk languages"]
    assert (finding.ok, bool(finding.remedy)) == (True, True)


def test_that_only_admins_keys_may_read_canned_responses_is_told(
    account: Account, connector: Freshdesk
) -> None:
    check = "freshdesk canned responses"
    assert "FRESHDESK_CANNED_FOLDERS" in findings(connector)[check].remedy
    account.trouble = refusing("canned_response_folders")
    finding = findings(connector)[check]
    assert finding.ok
    assert "administrators" in finding.remedy
    assert wrong(freshdesk(FRESHDESK_CANNED_FOLDERS="Billing")) == [check]


@pytest.mark.parametrize(
    ("named", "there"), [("billing", True), ("My folder", False), ("x", False)]
)
def test_a_folder_of_canned_responses_that_is_not_there_is_told(named: str, there: bool) -> None:
    finding = findings(freshdesk(FRESHDESK_CANNED_FOLDERS=named))["freshdesk canned responses"]
    assert finding.ok is there


class TestTraffic:
    def test_a_note_of_the_bots_agent_without_our_mark_is_somebody_elses(
        self, account: Account, connector: Freshdesk
    ) -> None:
        note = conversation(7, BOT, "fyi", "10:00:00", private=True, source=2)
        account.conversations = [note]
        finding = findings(connector)["freshdesk shared key"]
        assert not finding.ok
        assert str(note["id"]) in finding.message
        note |= {"body": mark_note("<p>Draft</p>", KEY)}
        assert findings(connector)["freshdesk shared key"].ok

    @pytest.mark.parametrize(
        "changes", [{"source": 0, "private": False}, {"automation_id": 4}, {"source": 8}]
    )
    def test_what_could_be_ours_proves_nothing(
        self, account: Account, connector: Freshdesk, changes: dict[str, Any]
    ) -> None:
        usual: dict[str, Any] = {"private": True, "source": 2}
        account.conversations = [conversation(7, BOT, "fyi", "10:00:00", **usual | changes)]
        assert findings(connector)["freshdesk shared key"].ok

    @pytest.mark.parametrize(
        ("login", "doubted"), [("2026-11-19T10:00:00Z", True), ("2026-01-01T10:00:00Z", False)]
    )
    def test_who_was_logged_in_as_the_bot_lately_is_asked_about_it(
        self, account: Account, connector: Freshdesk, login: str, doubted: bool
    ) -> None:
        account.records["agents/me"]["contact"]["last_login_at"] = login
        finding = findings(connector)["freshdesk shared key"]
        assert (finding.ok, bool(finding.remedy)) == (True, doubted)

    @pytest.mark.parametrize("changes", [{"automation_id": 4}, {"auto_response": True}])
    def test_other_automation_that_answers_customers_is_told(
        self, account: Account, connector: Freshdesk, changes: dict[str, Any]
    ) -> None:
        assert not findings(connector)["freshdesk other automation"].remedy
        account.says(8, BOT, "We have got your message", **changes)
        assert findings(connector)["freshdesk other automation"].remedy

    @pytest.mark.parametrize("sends", [False, True])
    def test_channels_that_stay_drafts_are_told(
        self, account: Account, connector: Freshdesk, sends: bool
    ) -> None:
        account.records["tickets"] = [account.ticket, account.ticket | {"source": 13}]
        finding = findings(connector, sends=sends)["freshdesk channels"]
        assert finding.ok
        assert "whatsapp" in finding.message
        assert bool(finding.remedy) is sends

    def test_only_a_few_tickets_are_looked_into(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.records["tickets"] = [account.ticket] * 60
        connector.probe()
        assert account.count("tickets/5158/conversations") == 5


class TestRules:
    def test_a_missing_rule_is_told_where_rules_can_be_read(
        self, account: Account, connector: Freshdesk
    ) -> None:
        assert wrong(connector, webhook_url=HOOK) == ["freshdesk rules"]

    def test_rules_that_call_us_are_counted_and_the_others_named(
        self, account: Account, connector: Freshdesk
    ) -> None:
        content = '{"ticket_id": "{{ticket.id}}", "event": "created"}'
        rule = {"name": "New", "active": True, "actions": [{"url": HOOK, "content": content}]}
        account.records["automations/1/rules"] = [rule]
        finding = findings(connector, webhook_url=f"{HOOK}/")["freshdesk rules"]
        assert finding.ok
        assert finding.message.startswith("1 automation rules")
        assert "customers' replies" in finding.remedy
        assert "new tickets" not in finding.remedy

    def test_rules_that_cannot_be_read_are_not_held_against_the_setup(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = refusing("automations/4/rules")
        finding = findings(connector, webhook_url=HOOK)["freshdesk rules"]
        assert (finding.ok, bool(finding.remedy)) == (True, True)


def test_what_was_kept_before_the_key_changed_is_not_believed(account: Account) -> None:
    clock = Clock()
    store = PrivateStore(lambda: clock().timestamp())
    freshdesk(clock, store).ticket("5158")
    account.records["agents/me"] |= {"ticket_scope": 2}
    assert not findings(freshdesk(clock, store))["freshdesk agent"].ok
