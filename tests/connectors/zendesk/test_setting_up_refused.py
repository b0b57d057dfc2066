"""Setting up where Zendesk refuses, and taking down: what people are told, and what stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from connectors.setup import Done
from connectors.zendesk import setup_plan as plan
from tests.connectors.zendesk.account import HOOK, HOOK_ID, LEGACY, REFUSED, conditional, webhook
from tests.connectors.zendesk.setting_up import (
    BAD,
    MACROS,
    NOTHING,
    SEND,
    TOKENS,
    done,
    listed,
    macro,
    reading_only,
    sent,
    set_up,
    take_down,
)
from tests.connectors.zendesk.support import API, SECRET


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


class TestRefusals:
    def test_a_client_without_the_scopes_leaves_all_to_people_word_for_word(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.add_callback("POST", TOKENS, callback=reading_only)
        steps = set_up(mock, NOTHING)
        assert set(done(steps).values()) == {Done.BY_HAND}
        assert "webhooks:write" in steps["scopes"].text
        assert "Allowed scopes" in steps["scopes"].text
        hook = steps["webhook Understudy"]
        assert hook.paste == HOOK
        assert hook.text.startswith("1. Open Admin Center")
        assert "Comment redacted" in hook.text
        assert "Reveal secret" in hook.text
        assert steps[f"macro {SEND.title}"].paste == "understudy_send"
        assert sent(mock) == []

    def test_what_is_there_is_seen_and_its_secret_handed_out_all_the_same(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.add_callback("POST", TOKENS, callback=reading_only)
        steps = set_up(mock, MACROS, ZENDESK_WEBHOOK_SECRET="")
        assert steps["webhook Understudy"].done is Done.KEPT
        assert steps["webhook Understudy"].settings == {"WEBHOOK_SECRET": SECRET}
        assert "scopes" not in steps

    @pytest.mark.parametrize(("known", "wanted"), [("", Done.FAILED), ("older", Done.KEPT)])
    def test_a_secret_that_cannot_be_read_is_a_failure_where_there_is_none(
        self, mock: responses.RequestsMock, known: str, wanted: Done
    ) -> None:
        changes = {**MACROS, f"webhooks/{HOOK_ID}/signing_secret": REFUSED}
        step = set_up(mock, changes, ZENDESK_WEBHOOK_SECRET=known)["webhook Understudy"]
        assert (step.done, step.settings.get("WEBHOOK_SECRET")) == (wanted, None)
        assert "press Reveal secret on its page, and put it into ZENDESK_WEBHOOK" in step.text

    def test_a_user_who_is_no_admin_is_told_what_to_ask_for_and_the_rest_is_tried(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.post(f"{API}/webhooks", status=403, json=REFUSED)
        steps = set_up(mock, NOTHING)
        step = steps["webhook Understudy"]
        assert step.done is Done.FAILED
        assert "make Understudy an admin" in step.text
        assert "1. Open Admin Center" in step.text
        assert step.paste == HOOK
        assert steps[f"macro {SEND.title}"].done is Done.CREATED

    @pytest.mark.parametrize("status", [401, 403])
    def test_wrong_credentials_are_one_failed_step(
        self, mock: responses.RequestsMock, status: int
    ) -> None:
        steps = set_up(mock, {"users/me": status})
        assert done(steps) == {"credentials": Done.FAILED}
        assert "identifier and secret" in steps["credentials"].text

    def test_one_failure_does_not_stop_the_rest(self, mock: responses.RequestsMock) -> None:
        mock.post(f"{API}/macros", status=422, json={"error": "RecordInvalid"})
        steps = set_up(mock, NOTHING)
        assert steps["webhook Understudy"].done is Done.CREATED
        assert {steps[f"macro {each.title}"].done for each in plan.MACROS} == {Done.FAILED}

    def test_a_write_without_an_answer_says_to_look_again(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.post(f"{API}/webhooks", status=502, body="bad gateway")
        step = set_up(mock, NOTHING)["webhook Understudy"]
        assert step.done is Done.FAILED
        assert "may have taken effect" in step.text
        assert len([path for _, path, _ in sent(mock) if path == "webhooks"]) == 1

    def test_an_api_token_has_no_scopes_and_sets_up_as_it_is(
        self, mock: responses.RequestsMock
    ) -> None:
        steps = set_up(mock, NOTHING, False, **LEGACY)
        assert set(done(steps).values()) == {Done.CREATED}
        assert not any(call.request.url == TOKENS for call in mock.calls)


class TestTakingDown:
    def test_only_ours_goes_and_triggers_go_before_their_webhook(
        self, mock: responses.RequestsMock
    ) -> None:
        theirs = {"id": 5, "title": "Understudy: mail the lead", "actions": []}
        changes = {
            **listed("webhooks", conditional(), webhook(id="01OTHER", name="Slack")),
            **listed("triggers", {"id": 9, **plan.TRIGGERS[0].body(HOOK_ID, "3")}, theirs),
            **listed("macros", macro(SEND), macro(BAD, 8), {**theirs, "id": 6}),
        }
        steps = take_down(mock, changes)
        assert [(method, path) for method, path, _ in sent(mock)] == [
            ("DELETE", "triggers/9"),
            ("DELETE", f"webhooks/{HOOK_ID}"),
            ("DELETE", "macros/7"),
            ("DELETE", "macros/8"),
        ]
        assert "OAuth clients" in steps["OAuth client"].text

    def test_what_is_not_there_is_said_and_another_installations_stays(
        self, mock: responses.RequestsMock
    ) -> None:
        other = webhook(endpoint="https://staging.example.com/webhooks/zendesk")
        steps = take_down(mock, {**NOTHING, **listed("webhooks", other)})
        assert done(steps) == {
            "triggers": Done.ABSENT,
            "webhook Understudy": Done.ABSENT,
            "macros": Done.KEPT,
            "OAuth client": Done.BY_HAND,
        }
        assert "staging.example.com" in steps["webhook Understudy"].text
        assert sent(mock) == []

    def test_another_installation_keeps_its_triggers_and_the_macros(
        self, mock: responses.RequestsMock
    ) -> None:
        other = conditional(id="01OTHER", endpoint="https://staging.example.com/webhooks/zendesk")
        called = [plan.TRIGGERS[0].body(hook, "3") for hook in ("01OTHER", HOOK_ID, "01GONE")]
        changes = {
            **MACROS,
            **listed("webhooks", conditional(), other),
            **listed("triggers", *({"id": 7 + n, **each} for n, each in enumerate(called))),
        }
        steps = take_down(mock, changes)
        assert [(method, path) for method, path, _ in sent(mock)] == [
            ("DELETE", "triggers/8"),
            ("DELETE", "triggers/9"),
            ("DELETE", f"webhooks/{HOOK_ID}"),
        ]
        assert steps["macros"].done is Done.KEPT
        assert "staging.example.com" in steps["macros"].text

    def test_where_webhooks_cannot_be_seen_nothing_is_removed(
        self, mock: responses.RequestsMock
    ) -> None:
        steps = take_down(mock, {**MACROS, "webhooks": 403})
        assert {steps[each].done for each in ("triggers", "webhook Understudy", "macros")} == {
            Done.FAILED
        }
        assert sent(mock) == []

    def test_a_dry_removal_removes_nothing(self, mock: responses.RequestsMock) -> None:
        steps = take_down(mock, MACROS, dry_run=True)
        assert steps["webhook Understudy"].done is Done.WOULD_REMOVE
        assert sent(mock) == []

    def test_without_the_scopes_people_are_told_what_to_delete(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.add_callback("POST", TOKENS, callback=reading_only)
        steps = take_down(mock, MACROS)
        assert steps["webhook Understudy"].done is Done.BY_HAND
        assert "Delete the webhook Understudy" in steps["webhook Understudy"].text
        assert sent(mock) == []
