"""Setting up the webhook that is told of articles, where the one for tickets is not."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from connectors.setup import Done
from connectors.zendesk import setup_plan as plan
from tests.connectors.zendesk.account import HOOK, conditional, webhook
from tests.connectors.zendesk.setting_up import (
    MACROS,
    NEW_ID,
    NOTHING,
    listed,
    refusing,
    sent,
    set_up,
    take_down,
)
from tests.connectors.zendesk.support import API, SECRET

WHAT = f"webhook {plan.ARTICLES_NAME}"


def apart(**changes: Any) -> dict[str, Any]:
    """The webhook that is told of articles alone."""
    body = plan.webhook_body(HOOK, plan.ARTICLES, plan.ARTICLES_NAME)
    return {"id": NEW_ID, **body, **changes}


@pytest.mark.parametrize(
    "hook",
    [conditional(), webhook(subscriptions=list(plan.CHATS)), webhook(name="By people")],
    ids=["called by triggers", "told of tickets", "people's"],
)
def test_it_is_made_where_the_other_one_is_not_told_of_articles(
    mock: responses.RequestsMock, hook: dict[str, Any]
) -> None:
    needed = plan.ARTICLES[0] not in hook["subscriptions"]
    steps = set_up(mock, {**MACROS, **listed("webhooks", hook)}, ZENDESK_WEBHOOK_SECRET="")
    assert (WHAT in steps) is needed
    made = [body["webhook"] for _, path, body in sent(mock) if path == "webhooks"]
    assert [each["subscriptions"] for each in made] == [list(plan.ARTICLES)] * needed
    if needed:
        assert steps[WHAT].settings == {"WEBHOOK_SECRET": SECRET}


def test_one_that_is_there_is_kept_and_one_that_was_switched_off_is_mended(
    mock: responses.RequestsMock,
) -> None:
    both = listed("webhooks", webhook(subscriptions=list(plan.CHATS)), apart())
    assert WHAT not in set_up(mock, {**MACROS, **both})
    off = apart(status="inactive")
    mock.reset()
    mock.patch(f"{API}/webhooks/{NEW_ID}", status=204)
    mock.get(f"{API}/webhooks/{NEW_ID}", json={"webhook": apart()})
    both = listed("webhooks", webhook(subscriptions=list(plan.CHATS)), off)
    assert set_up(mock, {**MACROS, **both})[WHAT].done is Done.CHANGED
    assert sent(mock) == [("PATCH", f"webhooks/{NEW_ID}", {"webhook": {"status": "active"}})]


@pytest.mark.parametrize("status", [422, 403])
def test_it_is_no_failure_where_there_is_none_to_be_had(
    mock: responses.RequestsMock, status: int
) -> None:
    mock.add_callback("POST", f"{API}/webhooks", callback=refusing(None, status))
    step = set_up(mock, {**NOTHING, **MACROS})[WHAT]
    assert step.done is Done.ABSENT
    assert "all the same" in step.text


def test_it_is_taken_down_with_the_other(mock: responses.RequestsMock) -> None:
    mock.delete(f"{API}/webhooks/{NEW_ID}", status=204)
    steps = take_down(mock, {**MACROS, **listed("webhooks", webhook(), apart())})
    assert steps[WHAT].done is steps["webhook Understudy"].done is Done.REMOVED
