"""Two installations in one account, or one that has moved: neither takes from the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import responses

from connectors.setup import Done
from connectors.zendesk import setup_plan as plan
from tests.connectors.zendesk.account import HOOK, HOOK_ID, conditional, invocation, webhook
from tests.connectors.zendesk.setting_up import MACROS, listed, sent, set_up
from tests.connectors.zendesk.support import API

WEBHOOK = "webhook Understudy"
OLD = "https://old.example.com/webhooks/zendesk"


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def test_one_that_finds_nobody_at_its_old_host_is_moved_and_that_is_said(
    mock: responses.RequestsMock,
) -> None:
    hook = webhook(endpoint=OLD)
    mock.patch(f"{API}/webhooks/{HOOK_ID}", status=204)
    mock.get(f"{API}/webhooks/{HOOK_ID}", json={"webhook": webhook()})
    missed = [invocation(None if n % 2 else 404, minute=n) for n in (3, 1, 2, 5, 4)]
    missed.append(invocation(None, "circuit broken", minute=6))
    delivered = {"invocations": [invocation(200), *missed]}
    path = f"webhooks/{HOOK_ID}/invocations"
    step = set_up(mock, {**MACROS, **listed("webhooks", hook), path: delivered})[WEBHOOK]
    assert step.done is Done.CHANGED
    assert OLD in step.text
    assert sent(mock) == [("PATCH", f"webhooks/{HOOK_ID}", {"webhook": {"endpoint": HOOK}})]


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    "sent_lately",
    [
        {"invocations": [invocation(200)]},
        {"invocations": [invocation(404, minute=2), invocation(200, minute=1)]},
        {"invocations": [invocation(401)]},
        {"invocations": [invocation(409)]},
        {"invocations": [invocation(None, "circuit broken")]},
        {"invocations": []},
        {"invocations": [{**invocation(404), "latest_completed_at": None}]},
        403,
    ],
    ids=[
        "works",
        "slipped once",
        "refuses",
        "cannot store",
        "held back",
        "nothing yet",
        "on its way",
        "not to be seen",
    ],
)
@pytest.mark.parametrize("hook", [webhook, conditional])
def test_another_installations_is_never_taken(
    mock: responses.RequestsMock, hook: Any, sent_lately: Any, dry_run: bool
) -> None:
    there = hook(endpoint=OLD)
    calling = {"id": 9, **plan.TRIGGERS[0].body(HOOK_ID, "3")}
    path = f"webhooks/{HOOK_ID}/invocations"
    changes = {
        **MACROS,
        **listed("webhooks", there),
        **listed("triggers", calling),
        path: sent_lately,
    }
    step = set_up(mock, changes, dry_run)[WEBHOOK]
    assert step.done is Done.FAILED
    assert OLD in step.text
    assert "1. Open Admin Center" in step.text
    assert (step.paste, step.settings) == (HOOK, {})
    assert sent(mock) == []


def test_ours_is_kept_whatever_else_bears_its_name(mock: responses.RequestsMock) -> None:
    both = listed("webhooks", webhook(id="01OLD", endpoint=OLD), webhook())
    assert set_up(mock, {**MACROS, **both})[WEBHOOK].done is Done.KEPT
    assert sent(mock) == []


def test_those_of_another_installation_are_left_to_it(mock: responses.RequestsMock) -> None:
    other = conditional(id="01OTHER", endpoint="https://staging.example.com/webhooks/z-staging")
    theirs = [
        {"id": n, **each.body("01OTHER", "3")} for n, each in enumerate(plan.TRIGGERS, start=7)
    ]
    changes = {**listed("webhooks", conditional(), other), **listed("triggers", *theirs)}
    steps = set_up(mock, {**MACROS, **changes})
    assert {steps[f"trigger {each.title}"].done for each in plan.TRIGGERS} == {Done.CREATED}
    assert {method for method, _, _ in sent(mock)} == {"POST"}
