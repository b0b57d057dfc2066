"""Setting up by hand: what to type, word for word; and what is there already is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import connectors.freshdesk as freshdesk_package
from connectors.errors import BadPayload, BadSignature
from connectors.freshdesk import Freshdesk, connect, webhook
from connectors.freshdesk.by_hand import BUTTONS, RULES, UPDATES
from connectors.setup import Done, Step
from connectors.types import EventKind
from tests.connectors.freshdesk.support import (
    ENVIRON,
    NOW,
    SECRET,
    Account,
    Clock,
    delivery,
    freshdesk,
    json_answer,
)

HOOK = "https://bot.example.com/webhooks/freshdesk"
REFUSED = json_answer({"code": "access_denied", "message": "You are not authorized"}, 403)
INVENTED = "an-invented-secret-of-some-length"


def steps(connector: Freshdesk, **options: Any) -> dict[str, Step]:
    return {step.what: step for step in connector.set_up(HOOK, **options)}


def removals(connector: Freshdesk) -> dict[str, Step]:
    return {step.what: step for step in connector.take_down(HOOK)}


def rule(event: EventKind, **changes: Any) -> dict[str, Any]:
    content = json.dumps({"ticket_id": "{{ticket.id}}", "event": str(event)})
    action = {"field_name": "trigger_webhook", "url": HOOK, "content": content}
    return {"id": 1, "name": f"Calls us: {event}", "active": True, "actions": [action], **changes}


def without_secret() -> Freshdesk:
    environ = {**ENVIRON, "FRESHDESK_WEBHOOK_SECRET": ""}
    config = connect("freshdesk", environ)._config
    clock = Clock()
    return Freshdesk(config, sleep=clock.sleep, now=clock, invent=lambda size: INVENTED)


class TestSetUp:
    @pytest.mark.parametrize("wanted", RULES, ids=lambda rule: rule.name)
    def test_each_rule_is_described_with_address_secret_and_content(
        self, account: Account, connector: Freshdesk, wanted: Any
    ) -> None:
        account.trouble = lambda method, path: None if path == "agents/me" else REFUSED
        step = steps(connector)[wanted.what]
        assert step.done is Done.BY_HAND
        for word in (HOOK, f"X-Understudy-Secret: {SECRET}", "Trigger webhook", step.paste):
            assert word in step.text
        assert step.text.startswith("1. In Freshdesk: Admin > Workflows > Automations")
        tab = "Ticket updates" if wanted.kind == UPDATES else "Ticket creation"
        assert f'tab "{tab}"' in step.text

    @pytest.mark.parametrize("wanted", RULES, ids=lambda rule: rule.name)
    def test_what_is_pasted_is_understood_when_it_comes_back(self, wanted: Any) -> None:
        body = wanted.content.replace("{{ticket.id}}", "5158").encode()
        [event] = freshdesk().parse(delivery(body))
        assert (event.ticket_id, event.kind) == ("5158", wanted.event)

    def test_the_guide_shows_the_same_rules(self) -> None:
        guide = (Path(freshdesk_package.__file__).parent / "README.md").read_text("utf-8")
        assert all(f"`{each.content}`" in guide for each in RULES)
        assert all(f"`{each.tag}`" in guide for each in BUTTONS)

    def test_the_bots_own_writes_fire_no_rule(self) -> None:
        told = {each.event: " ".join(each.when) for each in RULES}
        assert "Requester, and nobody else" in told[EventKind.CUSTOMER_REPLIED]
        for event in (EventKind.AGENT_REPLIED, EventKind.CHANGED):
            assert "but the bot's" in told[event]

    def test_agents_buttons_set_the_tags_that_the_bot_looks_for(
        self, account: Account, connector: Freshdesk
    ) -> None:
        found = steps(connector)
        assert [found[each.what].paste for each in BUTTONS] == ["understudy_send", "understudy_bad"]

    @pytest.mark.parametrize(
        "kept",
        [
            {},
            {"actions": [{"url": HOOK + "/", "content": {"event": "created"}}]},
            {
                "actions": [
                    {"webhook": {"URL": HOOK.upper(), "body": '{\\"event\\":\\"created\\"}'}}
                ]
            },
            {"actions": json.dumps([{"url": HOOK, "content": '{"event": "created"}'}])},
        ],
    )
    def test_a_rule_that_calls_us_already_is_kept_however_it_is_written_down(
        self, account: Account, connector: Freshdesk, kept: dict[str, Any]
    ) -> None:
        account.records |= {
            "automations/1/rules": [rule(EventKind.CREATED, **kept)],
            "automations/4/rules": [],
        }
        found = [step.done for step in steps(connector).values()][2:6]
        assert found == [Done.KEPT, Done.BY_HAND, Done.BY_HAND, Done.BY_HAND]

    @pytest.mark.parametrize(
        "changes",
        [
            {"actions": [{"url": HOOK + "-eu", "content": '{"event": "created"}'}]},
            {"actions": [{"url": "https://other.example", "content": '{"event": "created"}'}]},
            {"actions": [{"url": HOOK, "content": '{"event": "changed"}'}]},
            {"actions": [{"url": HOOK}], "created_at": "2026-11-20"},
        ],
    )
    def test_a_rule_that_does_something_else_does_not_count(
        self, account: Account, connector: Freshdesk, changes: dict[str, Any]
    ) -> None:
        account.records["automations/1/rules"] = [rule(EventKind.CREATED, **changes), "x", 7]
        assert steps(connector)[RULES[0].what].done is Done.BY_HAND

    def test_a_rule_that_is_switched_off_is_to_be_switched_on(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.records["automations/1/rules"] = [rule(EventKind.CREATED, active=False)]
        step = steps(connector)[RULES[0].what]
        assert (step.done, "switch it on" in step.text) == (Done.BY_HAND, True)
        account.records["automations/1/rules"].append(rule(EventKind.CREATED))
        assert steps(connector)[RULES[0].what].done is Done.KEPT

    def test_all_that_is_there_leaves_nothing_to_do(
        self, account: Account, connector: Freshdesk
    ) -> None:
        events = [each.event for each in RULES if each.kind == UPDATES]
        tags = [{"name": each.name, "actions": [{"value": [each.tag]}]} for each in BUTTONS]
        account.records |= {
            "automations/1/rules": [rule(EventKind.CREATED)],
            "automations/4/rules": [rule(event) for event in events],
            "scenario_automations": tags,
        }
        assert {step.done for step in steps(connector).values()} == {Done.KEPT}

    def test_a_secret_is_invented_once_handed_out_and_used(self, account: Account) -> None:
        found = steps(without_secret())
        assert found["webhook secret"].settings == {"WEBHOOK_SECRET": INVENTED}
        assert INVENTED not in repr(found["webhook secret"])
        assert f"X-Understudy-Secret: {INVENTED}" in found[RULES[0].what].text

    def test_a_secret_that_is_set_is_kept(self, account: Account, connector: Freshdesk) -> None:
        step = steps(connector)["webhook secret"]
        assert (step.done, step.settings) == (Done.KEPT, {})

    def test_a_short_secret_is_to_be_replaced(self, account: Account) -> None:
        step = steps(freshdesk(FRESHDESK_WEBHOOK_SECRET="short"))["webhook secret"]
        assert (step.done, step.settings) == (Done.BY_HAND, {})

    def test_an_invented_secret_is_long_and_another_each_time(self, account: Account) -> None:
        made = []
        for _ in range(2):
            connector = freshdesk(FRESHDESK_WEBHOOK_SECRET="")
            made.append(steps(connector)["webhook secret"].settings["WEBHOOK_SECRET"])
        assert made[0] != made[1]
        assert min(map(len, made)) >= 40

    @pytest.mark.parametrize("dry_run", [False, True])
    @pytest.mark.parametrize("answer", [(401, {}, ""), REFUSED, (503, {}, "")])
    def test_a_key_that_is_refused_is_all_there_is_to_say(
        self, account: Account, answer: Any, dry_run: bool
    ) -> None:
        account.trouble = lambda method, path: answer
        [step] = steps(without_secret(), dry_run=dry_run).values()
        assert (step.what, step.done, step.settings) == ("API key", Done.FAILED, {})
        assert "Check FRESHDESK_URL and FRESHDESK_API_KEY" in step.text

    def test_whose_key_it_is_comes_first(self, account: Account, connector: Freshdesk) -> None:
        step = next(iter(steps(connector).values()))
        assert (step.done, step.text) == (Done.KEPT, "The bot writes as Understudy.")

    def test_what_could_not_be_read_just_now_is_not_said_to_be_hidden(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: (503, {}, "") if "automations/4" in path else None
        found = steps(connector)
        failed = [step for step in found.values() if step.done is Done.FAILED]
        assert [step.what for step in failed] == [r.what for r in RULES if r.kind == UPDATES]
        assert all("Run this again" in step.text and step.paste for step in failed)
        assert all("does not show the bot" not in step.text for step in failed)

    def test_a_dry_run_invents_nothing(self, account: Account) -> None:
        found = steps(without_secret(), dry_run=True)
        assert found["webhook secret"].done is Done.WOULD_CREATE
        assert all(not step.settings for step in found.values())
        assert INVENTED not in str([step.text for step in found.values()])

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_nothing_is_ever_written(
        self, account: Account, connector: Freshdesk, dry_run: bool
    ) -> None:
        steps(connector, dry_run=dry_run)
        list(connector.take_down(HOOK, dry_run=dry_run))
        assert account.writes == []


class TestTakeDown:
    def test_what_is_there_is_named_and_what_is_not_is_absent(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.records |= {
            "automations/1/rules": [rule(EventKind.CREATED, name="Our own name")],
            "automations/4/rules": [],
            "scenario_automations": [],
        }
        found = removals(connector)
        assert found[RULES[0].what].done is Done.BY_HAND
        assert 'delete "Our own name"' in found[RULES[0].what].text
        assert {step.done for step in list(found.values())[1:]} == {Done.ABSENT}

    def test_what_cannot_be_seen_is_described(self, account: Account, connector: Freshdesk) -> None:
        account.trouble = lambda method, path: REFUSED
        found = removals(connector)
        assert {step.done for step in found.values()} == {Done.BY_HAND}
        assert all("If there is none" in step.text for step in found.values())


class TestPing:
    def test_a_ping_is_verified_and_announces_nothing(self, connector: Freshdesk) -> None:
        request = connector.ping(NOW)
        connector.verify(request)
        assert connector.parse(request) == []
        assert request.received_at == NOW

    def test_of_several_secrets_the_first_is_used(self) -> None:
        request = freshdesk(FRESHDESK_WEBHOOK_SECRET="the-new-one, the-old-one").ping(NOW)
        freshdesk(FRESHDESK_WEBHOOK_SECRET="the-new-one").verify(request)

    @pytest.mark.parametrize("secret", ["", " ", ","])
    def test_without_a_secret_there_is_no_ping(self, secret: str) -> None:
        with pytest.raises(BadSignature):
            freshdesk(FRESHDESK_WEBHOOK_SECRET=secret).ping(NOW)

    def test_a_ticket_in_a_ping_is_looked_at_all_the_same(self) -> None:
        [event] = freshdesk().parse(delivery({"understudy": "ping", "ticket_id": "5158"}))
        assert event.ticket_id == "5158"

    def test_what_only_looks_like_a_ping_is_put_aside(self) -> None:
        with pytest.raises(BadPayload):
            freshdesk().parse(delivery({"understudy": "pong"}))
        assert webhook.PING_KEY == "understudy"
