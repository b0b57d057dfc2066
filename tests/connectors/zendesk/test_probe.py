"""The probe: what a set-up lacks is told in a sentence, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import responses

from connectors.setup import Expected
from connectors.zendesk import setup_plan as plan
from connectors.zendesk.admin import Me
from connectors.zendesk.probe_user import bot_user, rate
from tests.connectors.zendesk.account import (
    EXPECTED,
    HOOK,
    HOOK_ID,
    LAST,
    LEGACY,
    conditional,
    found,
    invocation,
    serve_account,
    webhook,
    wrong,
)
from tests.connectors.zendesk.support import API, BASE, Clock, fixture, zendesk

INVOCATIONS = f"webhooks/{HOOK_ID}/invocations"
SECRET_OF_HOOK = f"webhooks/{HOOK_ID}/signing_secret"


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def test_in_a_good_account_nothing_is_wrong_and_nothing_is_written(
    mock: responses.RequestsMock,
) -> None:
    findings = found(mock)
    assert wrong(findings) == []
    assert "Understudy" in findings["zendesk user"].message
    assert {call.request.method for call in mock.calls[1:]} == {"GET"}
    assert len(mock.calls) <= 25


@pytest.mark.parametrize(
    "user",
    [
        {"id": None, "name": "Anonymous user", "role": "end-user"},
        401,
        403,
    ],
    ids=["anonymous with a 200", "refused", "no scope at all"],
)
def test_where_we_are_not_let_in_nothing_else_is_tried(
    mock: responses.RequestsMock, user: Any
) -> None:
    answer = user if isinstance(user, int) else {"user": {**fixture("me")["user"], **user}}
    findings = found(mock, {"users/me": answer})
    assert wrong(findings) == ["zendesk user"]
    asked = {call.request.url for call in mock.calls}
    assert asked == {f"{BASE}/oauth/tokens", f"{API}/users/me"}


class TestTheBotsUser:
    @pytest.mark.parametrize(
        ("user", "words"),
        [
            ({"role": "end-user"}, "best as one only for the bot"),
            ({"role": "agent", "role_type": 1}, "light agent"),
            ({"role": "agent", "role_type": 3}, "contributor"),
            ({"role": "agent", "only_private_comments": True}, "internal notes only"),
            ({"role": "agent", "restricted_agent": True}, "does not see all tickets"),
            ({"role": "admin", "suspended": True}, "suspended"),
        ],
    )
    def test_one_that_cannot_do_the_work_is_found_out(
        self, user: dict[str, object], words: str
    ) -> None:
        finding = bot_user(Me.model_validate({"id": 3, "name": "Bot", **user}))
        assert not finding.ok
        assert words in finding.message + finding.remedy

    @pytest.mark.parametrize("user", [{"role": "admin", "role_type": 4}, {"role": "agent"}])
    def test_admins_and_full_agents_will_do(self, user: dict[str, object]) -> None:
        assert bot_user(Me.model_validate({"id": 3, "name": "Bot", **user})).ok

    @pytest.mark.parametrize(
        ("channel", "created_at", "shared"),
        [
            ("web", "2026-11-19T10:00:00Z", True),
            ("api", "2026-11-19T10:00:00Z", False),
            ("web", "2026-01-19T10:00:00Z", False),
        ],
        ids=["typed in the agents' interface", "written through the API", "long ago"],
    )
    def test_a_person_under_the_same_user_shows_in_what_was_typed(
        self, mock: responses.RequestsMock, channel: str, created_at: str, shared: bool
    ) -> None:
        me = fixture("me")["user"]["id"]
        said = {
            "id": 1,
            "author_id": me,
            "public": True,
            "created_at": created_at,
            "via": {"channel": channel},
        }
        changes = {
            "search": {"results": [{"id": 77, "requester_id": 5, "result_type": "ticket"}]},
            "tickets/77/comments": {"comments": [said], **LAST},
        }
        finding = found(mock, changes)["zendesk bot's own user"]
        assert finding.ok is not shared
        assert ("77" in finding.message) is shared

    def test_a_sign_in_is_only_a_hint(self, mock: responses.RequestsMock) -> None:
        user = {**fixture("me")["user"], "last_login_at": "2026-11-19T10:00:00Z"}
        finding = found(mock, {"users/me": {"user": user}})["zendesk bot's own user"]
        assert finding.ok
        assert "2026-11-19" in finding.message
        assert finding.remedy


class TestCredentials:
    def test_an_api_token_is_told_to_have_an_end(self, mock: responses.RequestsMock) -> None:
        findings = found(mock, environ=LEGACY)
        assert "2027-04-30" in findings["zendesk credentials"].message
        assert "2026-10-27" in findings["zendesk credentials"].message
        assert findings["zendesk credentials"].remedy
        assert "zendesk scopes" not in findings

    @pytest.mark.parametrize(
        ("scopes", "missing"),
        [
            (["read", "tickets:write"], ""),
            (["read", "write"], ""),
            (["tickets:read", "tickets:write"], "read"),
            (["read"], "tickets:write"),
            ([], "read, tickets:write"),
        ],
    )
    def test_a_token_that_may_too_little_is_found_out(
        self, mock: responses.RequestsMock, scopes: list[str], missing: str
    ) -> None:
        token = {"token": {"id": 1, "scopes": scopes}}
        finding = found(mock, {"oauth/tokens/current": token})["zendesk scopes"]
        assert finding.ok is (not missing)
        assert finding.message.endswith(f"Missing: {missing}.") or not missing

    @pytest.mark.parametrize(
        ("headers", "words"),
        [
            ({"X-Rate-Limit": "700"}, "about 52 tickets"),
            ({"ratelimit-limit": "200"}, "about 15 tickets"),
            ({"x-rate-limit": "2500"}, "about 100 tickets"),
            ({}, "does not tell"),
            ({"X-Rate-Limit": "many"}, "does not tell"),
        ],
    )
    def test_the_rate_of_calls_is_told_in_tickets(
        self, headers: dict[str, str], words: str
    ) -> None:
        assert words in rate(headers, 0.1).message

    def test_a_clock_that_is_off_is_told(self, mock: responses.RequestsMock) -> None:
        serve_account(mock)
        clock = Clock()
        clock.sleep(400)
        findings = {each.check: each for each in zendesk(clock).probe(EXPECTED)}
        assert not findings["zendesk clock"].ok
        assert "400 s ahead" in findings["zendesk clock"].message


class TestTheWebhook:
    def test_without_an_address_none_is_looked_for(self, mock: responses.RequestsMock) -> None:
        finding = found(mock, expected=Expected())["zendesk webhook"]
        assert finding.ok
        assert "PUBLIC_URL" in finding.remedy

    @pytest.mark.parametrize(
        ("hooks", "words"),
        [
            ([], "No webhook leads to"),
            ([webhook(endpoint="https://elsewhere.example/hook")], "No webhook leads to"),
            ([webhook(status="inactive")], "not active"),
            ([webhook(subscriptions=list(plan.CORE[:1]))], "Comment added"),
            ([conditional()], "no trigger calls it"),
        ],
        ids=["none", "elsewhere", "inactive", "deaf", "uncalled"],
    )
    def test_one_that_does_not_do_is_told(
        self, mock: responses.RequestsMock, hooks: list[dict[str, Any]], words: str
    ) -> None:
        findings = found(mock, {"webhooks": {"webhooks": hooks, **LAST}})
        assert "zendesk webhook" in wrong(findings)
        assert words in findings["zendesk webhook"].message
        assert "understudy setup zendesk" in findings["zendesk webhook"].remedy

    def test_one_that_triggers_call_will_do(self, mock: responses.RequestsMock) -> None:
        trigger = {"id": 9, "title": "T", "active": True, "actions": _calling(HOOK_ID)}
        changes = {
            "webhooks": {"webhooks": [conditional()], **LAST},
            "triggers": {"triggers": [trigger], **LAST},
        }
        findings = found(mock, changes)
        assert wrong(findings) == []
        assert "1 triggers call it" in findings["zendesk webhook"].message

    def test_events_that_are_only_wished_for_are_a_hint(self, mock: responses.RequestsMock) -> None:
        hooks = [webhook(subscriptions=list(plan.CORE))]
        finding = found(mock, {"webhooks": {"webhooks": hooks, **LAST}})["zendesk webhook"]
        assert finding.ok
        assert "Comment redacted" in finding.remedy

    def test_who_is_no_admin_cannot_see_and_is_told_to_look(
        self, mock: responses.RequestsMock
    ) -> None:
        finding = found(mock, {"webhooks": 403})["zendesk webhook"]
        assert finding.ok
        assert HOOK in finding.remedy

    def test_a_secret_that_is_not_the_webhooks_is_found_out(
        self, mock: responses.RequestsMock
    ) -> None:
        findings = found(mock, environ={"ZENDESK_WEBHOOK_SECRET": "another-secret"})
        assert wrong(findings) == ["zendesk webhook's secret"]
        assert "another-secret" not in str(findings)

    def test_one_of_several_secrets_will_do(self, mock: responses.RequestsMock) -> None:
        old_and_new = "another-secret, invented-signing-secret=="
        assert wrong(found(mock, environ={"ZENDESK_WEBHOOK_SECRET": old_and_new})) == []

    def test_a_missing_secret_is_told_once_for_itself(self, mock: responses.RequestsMock) -> None:
        findings = found(mock, expected=Expected(), environ={"ZENDESK_WEBHOOK_SECRET": ""})
        assert wrong(findings) == ["zendesk webhook secret"]
        assert "ZENDESK_WEBHOOK_SECRET" in findings["zendesk webhook secret"].remedy

    def test_a_secret_that_may_not_be_read_is_no_fault(self, mock: responses.RequestsMock) -> None:
        assert wrong(found(mock, {SECRET_OF_HOOK: 403})) == []


class TestDeliveries:
    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ([invocation(401)], "The secret is not the webhook's"),
            ([invocation(404)], "must end in /webhooks/"),
            ([invocation(409)], "database"),
            ([invocation(500)], "our log"),
            ([invocation(None, "timeout")], "reached from the internet"),
            ([invocation(None, "circuit broken")], "stopped sending"),
            ([invocation(401, minute=9), *[invocation(200, minute=n) for n in range(8)]], "secret"),
            ([invocation(200, minute=9), *[invocation(503, minute=n) for n in range(8)]], "log"),
        ],
        ids=["401", "404", "409", "500", "timeout", "broken", "the newest", "many"],
    )
    def test_what_fails_says_why_and_what_to_do(
        self, mock: responses.RequestsMock, sent: list[dict[str, Any]], words: str
    ) -> None:
        findings = found(mock, {INVOCATIONS: {"invocations": sent, **LAST}})
        assert wrong(findings) == ["zendesk deliveries"]
        assert words in findings["zendesk deliveries"].remedy

    @pytest.mark.parametrize(
        "sent",
        [
            [],
            [invocation(200)],
            [invocation(None, "pending")],
            [*[invocation(200, minute=n + 1) for n in range(15)], invocation(500)],
        ],
        ids=["none", "arrived", "on its way", "one slip that is over"],
    )
    def test_what_is_well_or_over_is_no_fault(
        self, mock: responses.RequestsMock, sent: list[dict[str, Any]]
    ) -> None:
        assert wrong(found(mock, {INVOCATIONS: {"invocations": sent, **LAST}})) == []


def _calling(webhook_id: str) -> list[dict[str, Any]]:
    return [{"field": "notification_webhook", "value": [webhook_id, "{}"]}]
