"""Setting up: what is created, what is mended, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

import connectors.zendesk
from connectors.setup import Done
from connectors.zendesk import setup_plan as plan
from connectors.zendesk.admin import Rule
from connectors.zendesk.auth import SCOPE
from tests.connectors.zendesk.account import (
    HOOK,
    HOOK_ID,
    conditional,
    webhook,
)
from tests.connectors.zendesk.setting_up import (
    BAD,
    MACROS,
    NOTHING,
    SEND,
    TOKENS,
    done,
    listed,
    macro,
    refusing,
    sent,
    serve,
    set_up,
)
from tests.connectors.zendesk.support import API, SECRET, Clock, fixture, zendesk


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


class TestTheWebhook:
    def test_it_is_told_of_events_and_its_secret_is_handed_out(
        self, mock: responses.RequestsMock
    ) -> None:
        steps = set_up(mock, {**NOTHING, **MACROS}, ZENDESK_WEBHOOK_SECRET="")
        step = steps["webhook Understudy"]
        assert step.done is Done.CREATED
        assert step.settings == {"WEBHOOK_SECRET": SECRET}
        assert SECRET not in repr(step)
        [(_, path, body)] = sent(mock)
        assert path == "webhooks"
        assert body["webhook"]["endpoint"] == HOOK
        assert body["webhook"]["subscriptions"] == list(plan.EVENTS)
        assert body["webhook"]["http_method"] == "POST"

    def test_one_that_is_there_just_so_is_kept(self, mock: responses.RequestsMock) -> None:
        steps = set_up(mock, MACROS)
        assert set(done(steps).values()) == {Done.KEPT}
        assert sent(mock) == []

    def test_a_secret_that_the_settings_have_is_not_handed_out_again(
        self, mock: responses.RequestsMock
    ) -> None:
        both = f"another-secret,{SECRET}"
        steps = set_up(mock, MACROS, ZENDESK_WEBHOOK_SECRET=both, ZENDESK_ACCOUNT_ID="5")
        assert steps["webhook Understudy"].settings == {}

    def test_the_accounts_number_is_learned_from_what_was_last_sent(
        self, mock: responses.RequestsMock
    ) -> None:
        header = {"key": "X-Zendesk-Account-Id", "value": "22129848"}
        attempts = {"attempts": [{"id": "a", "request": {"headers": [header]}}]}
        sent_id = "01HANA2B5D5W9XSJS3NE5SQ000"
        path = f"webhooks/{HOOK_ID}/invocations/{sent_id}/attempts"
        steps = set_up(mock, {**MACROS, path: attempts})
        assert steps["webhook Understudy"].settings == {"ACCOUNT_ID": "22129848"}

    @pytest.mark.parametrize(
        ("hook", "changed"),
        [
            (webhook(status="inactive"), {"status": "active"}),
            (
                webhook(subscriptions=[*plan.ARTICLES, *plan.CORE[1:]]),
                {"subscriptions": [*plan.ARTICLES, *plan.CORE[1:], plan.CORE[0]]},
            ),
        ],
        ids=["inactive", "events missing"],
    )
    def test_one_of_ours_is_mended_and_keeps_what_people_added(
        self, mock: responses.RequestsMock, hook: dict[str, Any], changed: dict[str, Any]
    ) -> None:
        mock.patch(f"{API}/webhooks/{HOOK_ID}", status=204)
        mock.get(f"{API}/webhooks/{HOOK_ID}", json={"webhook": {**hook, **changed}})
        steps = set_up(mock, {**MACROS, **listed("webhooks", hook)})
        assert steps["webhook Understudy"].done is Done.CHANGED
        assert sent(mock) == [("PATCH", f"webhooks/{HOOK_ID}", {"webhook": changed})]

    def test_a_change_that_zendesk_did_not_keep_is_no_success(
        self, mock: responses.RequestsMock
    ) -> None:
        hook = webhook(status="inactive")
        mock.patch(f"{API}/webhooks/{HOOK_ID}", status=204)
        mock.get(f"{API}/webhooks/{HOOK_ID}", json={"webhook": hook})
        step = set_up(mock, {**MACROS, **listed("webhooks", hook)})["webhook Understudy"]
        assert step.done is Done.FAILED
        assert "by hand" in step.text

    @pytest.mark.parametrize(
        "other",
        [
            webhook(endpoint="https://bot.example.com/webhooks/zendesk-eu"),
            webhook(name="Slack", endpoint="https://slack.example/hook"),
            webhook(name="Ours, off", status="inactive"),
            conditional(name="By hand"),
        ],
        ids=["another account's", "another tool's", "switched off by people", "for triggers"],
    )
    def test_what_is_not_ours_is_left_alone_and_ours_created(
        self, mock: responses.RequestsMock, other: dict[str, Any]
    ) -> None:
        steps = set_up(mock, {**MACROS, **listed("webhooks", other)})
        assert steps["webhook Understudy"].done is Done.CREATED
        assert [method for method, _, _ in sent(mock)] == ["POST"]

    def test_one_that_people_made_for_us_will_do(self, mock: responses.RequestsMock) -> None:
        theirs = webhook(name="Bot (do not touch)")
        steps = set_up(mock, {**MACROS, **listed("webhooks", theirs)}, ZENDESK_WEBHOOK_SECRET="")
        step = steps["webhook Bot (do not touch)"]
        assert step.done is Done.KEPT
        assert step.settings == {"WEBHOOK_SECRET": SECRET}
        assert sent(mock) == []

    def test_names_of_events_that_an_account_does_not_know_cost_only_those(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.add_callback("POST", f"{API}/webhooks", callback=refusing(plan.EVENTS, 422))
        serve(mock, {**NOTHING, **MACROS})
        list(zendesk(Clock()).set_up(HOOK))
        tried = [body["webhook"]["subscriptions"] for _, _, body in sent(mock)]
        assert tried == [list(plan.EVENTS), list(plan.CHATS), list(plan.ARTICLES)]


class TestTriggers:
    @pytest.mark.parametrize("status", [422, 403])
    def test_an_account_without_events_gets_triggers(
        self, mock: responses.RequestsMock, status: int
    ) -> None:
        mock.add_callback("POST", f"{API}/webhooks", callback=refusing(None, status))
        steps = set_up(mock, {**NOTHING, **MACROS})
        assert steps["webhook Understudy"].done is Done.CREATED
        assert "called by triggers" in steps["webhook Understudy"].text
        created = [body["trigger"] for _, path, body in sent(mock) if path == "triggers"]
        assert [each["title"] for each in created] == [each.title for each in plan.TRIGGERS]
        assert all(steps[f"trigger {each['title']}"].done is Done.CREATED for each in created)

    def test_none_runs_for_what_the_bot_did(self) -> None:
        for trigger in plan.TRIGGERS:
            conditions = trigger.body(HOOK_ID, "361000000003")["conditions"]["all"]
            own = {"field": "role", "operator": "is_not", "value": "361000000003"}
            assert own in conditions

    def test_only_ids_and_fixed_words_are_sent(self) -> None:
        for trigger in plan.TRIGGERS:
            body = json.loads(trigger.payload)
            assert body["ticket_id"] == "{{ticket.id}}"
            assert body.keys() == {"ticket_id", "event"}

    def test_one_whose_call_was_changed_is_mended_and_tuned_conditions_stay(
        self, mock: responses.RequestsMock
    ) -> None:
        first, *others = plan.TRIGGERS
        bot = fixture("me")["user"]["id"]
        tuned = {"all": [{"field": "brand_id", "operator": "is", "value": "3"}], "any": []}
        old = {"id": 7, **first.body("01OLD", str(bot)), "conditions": tuned}
        mail = {"field": "notification_user", "value": ["5", "New", "Look"]}
        chat = {"field": "notification_webhook", "value": ["01SLACK", "{}"]}
        old["actions"] = [mail, *old["actions"], chat]
        good = [{"id": n + 8, **each.body(HOOK_ID, str(bot))} for n, each in enumerate(others)]
        changes = {
            **MACROS,
            **listed("webhooks", conditional()),
            **listed("triggers", old, *good),
        }
        steps = set_up(mock, changes)
        assert steps[f"trigger {first.title}"].done is Done.CHANGED
        [(method, _, body)] = [each for each in sent(mock) if each[1] == "triggers/7"]
        assert method == "PUT"
        assert body["trigger"]["conditions"] == tuned
        assert body["trigger"]["actions"] == [
            mail,
            chat,
            {"field": "notification_webhook", "value": [HOOK_ID, first.payload]},
        ]


class TestMacros:
    def test_they_add_one_tag_each_and_are_for_everybody(
        self, mock: responses.RequestsMock
    ) -> None:
        steps = set_up(mock, listed("macros"))
        assert [steps[f"macro {each.title}"].done for each in plan.MACROS] == [Done.CREATED] * 2
        bodies = [body["macro"] for _, path, body in sent(mock) if path == "macros"]
        assert [each["actions"] for each in bodies] == [
            [{"field": "current_tags", "value": "understudy_send"}],
            [{"field": "current_tags", "value": "understudy_bad"}],
        ]
        assert all(each["restriction"] is None for each in bodies)

    def test_an_agents_own_macro_of_that_name_is_not_ours(
        self, mock: responses.RequestsMock
    ) -> None:
        own = macro(SEND, restriction={"type": "User", "id": 5})
        steps = set_up(mock, listed("macros", own, macro(BAD, 8)))
        assert steps[f"macro {SEND.title}"].done is Done.CREATED

    @pytest.mark.parametrize(
        ("changes", "actions"),
        [
            ({"active": False}, [SEND.action]),
            (
                {"actions": [{"field": "status", "value": "open"}]},
                [{"field": "status", "value": "open"}, SEND.action],
            ),
        ],
        ids=["switched off", "without our tag"],
    )
    def test_one_that_does_not_do_its_work_is_mended(
        self, mock: responses.RequestsMock, changes: dict[str, Any], actions: list[dict[str, str]]
    ) -> None:
        set_up(mock, listed("macros", macro(SEND, **changes), macro(BAD, 8)))
        [(method, path, body)] = sent(mock)
        assert (method, path) == ("PUT", "macros/7")
        assert body["macro"]["active"] is True
        assert body["macro"]["actions"] == actions

    @pytest.mark.parametrize("order", [1, -1])
    def test_one_that_works_gets_no_twin(self, mock: responses.RequestsMock, order: int) -> None:
        two = [macro(SEND), macro(SEND, 9, active=False)][::order]
        steps = set_up(mock, listed("macros", *two, macro(BAD, 8)))
        assert steps[f"macro {SEND.title}"].done is Done.KEPT
        assert sent(mock) == []

    def test_what_people_added_to_ours_stays(self) -> None:
        richer = macro(SEND, actions=[{"field": "status", "value": "open"}, SEND.action])
        assert SEND.mended(Rule.model_validate(richer)) == {}


def test_set_up_has_a_token_of_its_own_that_nobody_else_gets(mock: responses.RequestsMock) -> None:
    set_up(mock, MACROS)
    [body] = [json.loads(c.request.body or "") for c in mock.calls if c.request.url == TOKENS]
    assert body["scope"] == "read webhooks:write triggers:write macros:write"
    assert body["expires_in"] == 300
    assert "tickets:write" not in body["scope"]


def test_a_dry_run_writes_nothing_and_hands_out_nothing(mock: responses.RequestsMock) -> None:
    steps = set_up(mock, NOTHING, dry_run=True, ZENDESK_WEBHOOK_SECRET="")
    assert set(done(steps).values()) == {Done.WOULD_CREATE}
    assert sent(mock) == []
    assert not any(step.settings for step in steps.values())


def test_each_step_is_told_as_it_happens(mock: responses.RequestsMock) -> None:
    serve(mock, NOTHING)
    steps = zendesk(Clock()).set_up(HOOK)
    assert next(steps).what == "webhook Understudy"
    assert [path for _, path, _ in sent(mock)] == ["webhooks"]


def test_the_admins_page_says_word_for_word_what_is_made() -> None:
    page = " ".join((Path(connectors.zendesk.__file__).parent / "README.md").read_text().split())
    for each in plan.MACROS:
        assert each.title in page
        assert each.tag in page
    for trigger in plan.TRIGGERS:
        assert trigger.payload in page
        assert trigger.title.removeprefix(f"{plan.NAME}: ") in page
    for scope in (*plan.SCOPE.split(), *SCOPE.split()):
        assert f"`{scope}`" in page
    for event in plan.EVENTS:
        assert plan.label(event) in page
    assert plan.ARTICLES_NAME in page
