"""The probe of what the team wrote down: its help centre, who may read it, its macros."""

from __future__ import annotations

import pytest
import responses

from connectors.zendesk import setup_plan as plan
from tests.connectors.zendesk.account import LAST, conditional, found, webhook, wrong
from tests.connectors.zendesk.support import fixture


def test_a_help_centre_that_may_not_be_read_is_told(mock: responses.RequestsMock) -> None:
    findings = found(mock, {"help_center/locales": 403})
    assert wrong(findings) == ["zendesk help centre"]
    assert "You do not have access" in findings["zendesk help centre"].message


def test_public_articles_are_counted_by_language(mock: responses.RequestsMock) -> None:
    article = fixture("articles")["articles"][0]
    public = {**article, "draft": False, "user_segment_id": None, "user_segment_ids": []}
    hidden = [{**public, "draft": True}, {**public, "user_segment_id": 3}]
    changes = {
        "help_center/locales": {"locales": ["en-us", "de"]},
        "help_center/en-us/articles": {"articles": [public, public, *hidden], **LAST},
        "help_center/de/articles": {"articles": [public], "meta": {"has_more": True}},
    }
    message = found(mock, changes)["zendesk help centre"].message
    assert "2 public articles in en-us" in message
    assert "at least 1 public articles in de" in message


def test_a_help_centre_without_public_articles_is_no_fault_but_a_hint(
    mock: responses.RequestsMock,
) -> None:
    finding = found(mock, {"help_center/en-us/articles": {"articles": [], **LAST}})[
        "zendesk help centre"
    ]
    assert finding.ok
    assert finding.remedy


@pytest.mark.parametrize(
    ("path", "check"),
    [("help_center/user_segments", "zendesk user segments"), ("macros", "zendesk macros")],
)
@pytest.mark.parametrize("status", [403, 404])
def test_what_we_can_do_without_is_no_fault_and_what_it_costs_is_said(
    mock: responses.RequestsMock, path: str, check: str, status: int
) -> None:
    findings = found(mock, {path: status})
    assert wrong(findings) == []
    assert findings[check].remedy


@pytest.mark.parametrize(
    ("hooks", "told"),
    [
        ([webhook()], True),
        ([webhook(subscriptions=list(plan.CHATS))], False),
        ([webhook(subscriptions=list(plan.CHATS)), webhook(name=plan.ARTICLES_NAME)], True),
        ([webhook(subscriptions=list(plan.CHATS)), webhook(endpoint="https://a.example/")], False),
        ([conditional()], False),
    ],
    ids=["told", "of tickets alone", "by another one", "by a strangers", "called by triggers"],
)
def test_whether_we_are_told_of_articles_is_said_and_never_a_fault(
    mock: responses.RequestsMock, hooks: list[dict[str, object]], told: bool
) -> None:
    finding = found(mock, {"webhooks": {"webhooks": hooks, **LAST}})["zendesk article events"]
    assert finding.ok
    assert bool(finding.remedy) is not told


def test_a_webhook_for_articles_alone_is_not_taken_for_the_tickets_one(
    mock: responses.RequestsMock,
) -> None:
    apart = webhook(name=plan.ARTICLES_NAME, subscriptions=list(plan.ARTICLES))
    finding = found(mock, {"webhooks": {"webhooks": [apart], **LAST}})["zendesk webhook"]
    assert not finding.ok
    assert finding.message.startswith("No webhook leads to ")
