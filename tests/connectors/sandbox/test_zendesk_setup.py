"""Zendesk set up for real: what set-up makes there works, in every kind of account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base import Connector
from connectors.sandbox.records import Delivery
from connectors.setup import Done, Expected, Step
from connectors.types import EventKind
from connectors.zendesk import setup_plan as plan
from connectors.zendesk.sandbox.kept import Macro
from tests.connectors.contract.bench import Bench, accounts
from tests.connectors.contract.test_described import faults
from tests.connectors.zendesk.contract import EXCEPTIONS, descriptions

HOOK = "https://bot.example.com/webhooks/zendesk"
OLD = "https://old.example.com/webhooks/zendesk"
CREATED = [EventKind.CREATED]
Make = Callable[..., Bench]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with accounts("zendesk", tmp_path) as make:
        yield make


def done(steps: list[Step]) -> dict[str, Done]:
    return {step.what: step.done for step in steps}


def heard(bench: Bench) -> list[EventKind]:
    """Deliver what is due; tells what our connector makes of it."""
    return [event.kind for event in bench.events()]


def leave(bench: Bench) -> None:
    """Let what is delivered from now on find nobody there any more."""
    bench.open()
    bench.drain()
    store = bench.sandbox.store
    for sent in store.all(Delivery):
        missed = tuple(replace(each, status=404) for each in sent.attempts)
        store.put(replace(sent, attempts=missed))


def saved(bench: Bench, steps: list[Step]) -> Connector:
    """A connector with the settings that set-up has handed out, beside those that were there."""
    given = [step.settings["WEBHOOK_SECRET"] for step in steps if "WEBHOOK_SECRET" in step.settings]
    secrets = [bench.environ["ZENDESK_WEBHOOK_SECRET"], *given]
    return bench.misled(WEBHOOK_SECRET=",".join(secrets))


def talk(bench: Bench) -> list[list[EventKind]]:
    """A customer writes, an agent answers, notes and tags, and so do we; tells what was heard."""
    told = []
    number = bench.open()
    told.append(heard(bench))
    bench.say(number, "agent", "Try this")
    told.append(heard(bench))
    bench.say(number, "customer", "Thanks")
    told.append(heard(bench))
    bench.say(number, "agent", "For us only", public=False)
    told.append(heard(bench))
    bench.tag(number, plan.SEND_TAG)
    told.append(heard(bench))
    return told


def test_events_go_where_set_up_says_and_nowhere_else(make: Make) -> None:
    bench = make()
    list(bench.connector().set_up(HOOK))
    created, replied, answered, noted, tagged = talk(bench)
    assert created == [EventKind.CREATED]
    assert EventKind.AGENT_REPLIED in replied
    assert EventKind.CUSTOMER_REPLIED in answered
    assert EventKind.NOTED in noted
    assert tagged == [EventKind.CHANGED]
    assert {sent.url for sent in bench.sent} == {HOOK}


def test_triggers_announce_the_same_where_events_cannot_be_had(make: Make) -> None:
    bench = make(NO_EVENTS="1")
    made = list(bench.connector().set_up(HOOK))
    steps = done(made)
    assert {steps[f"trigger {each.title}"] for each in plan.TRIGGERS} == {Done.CREATED}
    assert talk(bench) == [
        [EventKind.CREATED],
        [EventKind.AGENT_REPLIED],
        [EventKind.CUSTOMER_REPLIED],
        [],
        [EventKind.CHANGED],
    ]
    again = done(list(bench.connector().set_up(HOOK)))
    assert set(again.values()) == {Done.KEPT}
    findings = saved(bench, made).probe(Expected(HOOK))
    assert [finding for finding in findings if not finding.ok] == []


@pytest.mark.parametrize("variables", [{}, {"NO_EVENTS": "1"}], ids=["events", "triggers"])
def test_articles_are_announced_in_every_kind_of_account(
    make: Make, variables: dict[str, str]
) -> None:
    bench = make(**variables)
    made = list(bench.connector().set_up(HOOK))
    apart = "webhook Understudy: articles" in done(made)
    assert apart is bool(variables), "only where the one for tickets is told of tickets alone"
    page = {"id": "a", "title": "A", "body": "x"}
    bench.control("POST", "/articles", page)
    [request] = bench.drain()
    connector = saved(bench, made)
    connector.verify(request)
    [event] = connector.parse(request)
    assert event.kind is EventKind.ARTICLE
    findings = {each.check: each for each in connector.probe(Expected(HOOK))}
    assert not findings["zendesk article events"].remedy
    removed = done(list(bench.connector().take_down(HOOK)))
    assert ("webhook Understudy: articles" in removed) is apart
    bench.control("PATCH", "/articles/a", {"visibility": "unpublished"})
    assert [sent.url for sent in bench.sent].count(HOOK) == 1


def test_triggers_never_run_for_what_the_bot_writes(make: Make) -> None:
    bench = make(NO_EVENTS="1")
    list(bench.connector().set_up(HOOK))
    number = bench.open()
    heard(bench)
    base = f"/api/v2/tickets/{number}"
    token = bench.client.post("/oauth/tokens", json=_credentials(bench)).get_json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    reply = {"body": "Our answer", "public": True}
    wanted = {"ticket": {"comment": reply, "tags": [plan.SEND_TAG]}}
    assert bench.client.put(base, json=wanted, headers=bearer).status_code == 200
    assert heard(bench) == []


def test_a_bot_that_moves_to_another_host_takes_its_webhook_along(make: Make) -> None:
    bench = make()
    list(bench.connector().set_up(OLD))
    leave(bench)
    before = len(bench.sent)
    steps = done(list(bench.connector().set_up(HOOK)))
    assert steps["webhook Understudy"] is Done.CHANGED
    bench.open()
    bench.drain()
    assert {sent.url for sent in bench.sent[before:]} == {HOOK}


@pytest.mark.parametrize("variables", [{}, {"NO_EVENTS": "1"}], ids=["events", "triggers"])
def test_a_second_installation_takes_nothing_from_one_that_works(
    make: Make, variables: dict[str, str]
) -> None:
    bench = make(**variables)
    list(bench.connector().set_up(OLD))
    bench.open()
    bench.drain()
    step = {each.what: each for each in bench.connector().set_up(HOOK)}["webhook Understudy"]
    assert step.done is Done.FAILED
    list(bench.connector().take_down(HOOK))
    before = len(bench.sent)
    assert CREATED in talk(bench)
    assert {sent.url for sent in bench.sent[before:]} == {OLD}
    assert set(done(list(bench.connector().set_up(OLD))).values()) == {Done.KEPT}


def test_two_installations_with_triggers_have_their_own(make: Make) -> None:
    bench = make(NO_EVENTS="1")
    other = "https://staging.example.com/webhooks/zendesk-staging"
    list(bench.connector().set_up(HOOK))
    list(bench.connector().set_up(other))
    bench.open()
    bench.drain()
    assert {sent.url for sent in bench.sent} == {HOOK, other}
    steps = done(list(bench.connector().take_down(other)))
    assert steps["webhook Understudy"] is Done.REMOVED
    assert steps["macros"] is Done.KEPT
    assert set(done(list(bench.connector().set_up(HOOK))).values()) == {Done.KEPT}


def test_another_webhook_keeps_its_own_secret_and_both_are_accepted(make: Make) -> None:
    bench = make()
    list(bench.connector().set_up(HOOK))
    other = "https://staging.example.com/webhooks/zendesk-staging"
    [step, *_] = bench.connector().set_up(other)
    fresh = step.settings["WEBHOOK_SECRET"]
    old = bench.environ["ZENDESK_WEBHOOK_SECRET"]
    assert fresh != old
    both = bench.misled(WEBHOOK_SECRET=f"{old},{fresh}")
    bench.open()
    for request in bench.drain():
        both.verify(request)
    assert {sent.url for sent in bench.sent} == {HOOK, other}


def test_the_accounts_number_is_learned_once_something_was_sent(make: Make) -> None:
    bench = make()
    first = [step.settings for step in bench.connector().set_up(HOOK)]
    bench.open()
    bench.drain()
    again = [step.settings for step in bench.connector().set_up(HOOK)]
    assert not any("ACCOUNT_ID" in settings for settings in first)
    assert {"ACCOUNT_ID": "22129848"} in again


def test_a_client_with_narrow_scopes_is_left_as_narrow_as_it_is(make: Make) -> None:
    bench = make(SCOPES="read tickets:write")
    steps = list(bench.connector().set_up(HOOK))
    assert set(done(steps).values()) == {Done.BY_HAND}
    assert "invalid" in steps[0].text
    assert bench.connector().ticket(bench.opened()[1])
    findings = {each.check: each for each in bench.connector().probe(Expected(HOOK))}
    assert findings["zendesk scopes"].ok
    assert not findings["zendesk webhook"].ok


def test_who_is_no_admin_is_told_so_and_still_gets_the_macros(make: Make) -> None:
    bench = make(PLAIN_AGENT="1")
    steps = {step.what: step for step in bench.connector().set_up(HOOK)}
    assert steps["webhook Understudy"].done is Done.FAILED
    assert "an admin" in steps["webhook Understudy"].text
    assert steps[f"macro {plan.MACROS[0].title}"].done is Done.CREATED
    wrong = [each.check for each in bench.connector().probe(Expected(HOOK)) if not each.ok]
    assert wrong == ["zendesk change feed"]


def test_a_webhook_that_a_trigger_calls_is_removed_after_it(make: Make) -> None:
    bench = make(NO_EVENTS="1")
    list(bench.connector().set_up(HOOK))
    steps = done(list(bench.connector().take_down(HOOK)))
    assert steps.pop("OAuth client") is Done.BY_HAND
    assert set(steps.values()) == {Done.REMOVED}


def test_what_becomes_of_deliveries_shows_in_the_probe(make: Make) -> None:
    bench = make()
    list(bench.connector().set_up(HOOK))
    bench.open()
    bench.drain()
    findings = {each.check: each for each in bench.connector().probe(Expected(HOOK))}
    assert "deliveries arrived" in findings["zendesk deliveries"].message


@pytest.mark.reference
@pytest.mark.parametrize("variables", [{}, {"NO_EVENTS": "1"}], ids=["events", "triggers"])
def test_what_set_up_sends_is_as_zendesk_describes_it(
    make: Make, shared: Path, variables: dict[str, str]
) -> None:
    bench = make(**variables)
    list(bench.connector().set_up(OLD))
    leave(bench)
    for macro in bench.sandbox.store.all(Macro):
        bench.sandbox.store.put(replace(macro, active=False))
    list(bench.connector().set_up(HOOK))
    bench.connector().probe(Expected(HOOK))
    list(bench.connector().take_down(HOOK))
    sent = {f"{each.method} {each.path}".rpartition("/")[0] for each in bench.line.exchanges}
    assert {"PATCH /api/v2/webhooks", "PUT /api/v2/macros", "DELETE /api/v2/webhooks"} <= sent
    found = faults(descriptions(shared / "contracts", ""), bench.line.exchanges)
    assert {place: why for place, why in found.items() if place not in EXCEPTIONS} == {}


def _credentials(bench: Bench) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": bench.environ["ZENDESK_CLIENT_ID"],
        "client_secret": bench.environ["ZENDESK_CLIENT_SECRET"],
        "scope": "read write",
    }
