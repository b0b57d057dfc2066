"""The probe of what we work on: rights, groups, fields, and who else answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from connectors.setup import Expected
from tests.connectors.zendesk.account import HOOK, LAST, export, found, ticket, wrong


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.mark.parametrize(
    ("path", "check", "words"),
    [
        ("tickets", "zendesk permissions", "tickets ("),
        ("tickets/5158/audits", "zendesk permissions", "their history ("),
        ("organizations", "zendesk permissions", "organizations ("),
        ("groups", "zendesk groups", "You do not have access"),
    ],
)
def test_one_missing_right_is_told_and_the_rest_still_looked_at(
    mock: responses.RequestsMock, path: str, check: str, words: str
) -> None:
    findings = found(mock, {path: 403})
    assert wrong(findings) == [check]
    assert words in findings[check].message


def test_the_change_feed_needs_an_admin(mock: responses.RequestsMock) -> None:
    findings = found(mock, {"incremental/tickets/cursor": 403})
    assert wrong(findings) == ["zendesk change feed"]
    assert "admin" in findings["zendesk change feed"].remedy


def test_that_writing_was_not_tried_is_said(mock: responses.RequestsMock) -> None:
    assert "Writing was not tried" in found(mock)["zendesk permissions"].message


def test_groups_that_rules_name_and_nobody_made_are_listed(mock: responses.RequestsMock) -> None:
    expected = Expected(HOOK, groups=frozenset({"billing ", "Legal"}))
    finding = found(mock, expected=expected)["zendesk groups"]
    assert not finding.ok
    assert "Legal" in finding.message
    assert "illing" not in finding.message


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ZENDESK_PAGE_FIELD": "8"}, "ZENDESK_PAGE_FIELD names 8"),
        ({"ZENDESK_TICKET_FIELDS": "7,9"}, "ZENDESK_TICKET_FIELDS names 9"),
        ({"ZENDESK_PAGE_FIELD": "9"}, "ZENDESK_PAGE_FIELD names 9"),
    ],
    ids=["unknown", "one of two", "switched off"],
)
def test_ticket_fields_that_settings_name_must_be_there(
    mock: responses.RequestsMock, environ: dict[str, str], words: str
) -> None:
    fields = [
        {"id": 7, "title": "Product", "active": True},
        {"id": 9, "title": "Page", "active": False},
    ]
    listed = {"ticket_fields": {"ticket_fields": fields, **LAST}}
    findings = found(mock, listed, environ=environ)
    assert wrong(findings) == ["zendesk ticket fields"]
    assert words in findings["zendesk ticket fields"].message


def test_fields_that_are_there_are_named(mock: responses.RequestsMock) -> None:
    fields = [{"id": 7, "title": "Product", "active": True}]
    listed = {"ticket_fields": {"ticket_fields": fields, **LAST}}
    findings = found(mock, listed, environ={"ZENDESK_TICKET_FIELDS": "7"})
    assert "Product" in findings["zendesk ticket fields"].message


@pytest.mark.parametrize(("key", "ok"), [("plan", True), ("tier", False)])
def test_the_plans_field_must_be_there(mock: responses.RequestsMock, key: str, ok: bool) -> None:
    fields = [{"id": 1, "key": "plan", "active": True}]
    listed = {"organization_fields": {"organization_fields": fields, **LAST}}
    assert (
        found(mock, listed, environ={"ZENDESK_PLAN_FIELD": key})["zendesk organization field"].ok
        is ok
    )


def test_ratings_that_cannot_be_read_are_no_fault(mock: responses.RequestsMock) -> None:
    changes = {"satisfaction_ratings": 403, "guide/survey_responses": 404}
    finding = found(mock, changes)["zendesk satisfaction"]
    assert finding.ok
    assert finding.remedy


def test_surveys_take_the_place_of_ratings(mock: responses.RequestsMock) -> None:
    surveys = {"survey_responses": [], **LAST}
    changes = {"satisfaction_ratings": 403, "guide/survey_responses": surveys}
    assert not found(mock, changes)["zendesk satisfaction"].remedy


@pytest.mark.parametrize(("sends", "ok"), [(False, True), (True, False)])
def test_another_bot_is_told_and_a_fault_where_replies_go_out_unread(
    mock: responses.RequestsMock, sends: bool, ok: bool
) -> None:
    expected = Expected(HOOK, sends=sends)
    changes = {"incremental/tickets/cursor": export(ticket())}
    finding = found(mock, changes, expected)["zendesk other bots"]
    assert finding.ok is ok
    assert finding.remedy
    asked = [call.request.url or "" for call in mock.calls]
    assert any("support_type_scope=ai_agent" in url for url in asked)


@pytest.mark.parametrize("channel", ["native_messaging", "whatsapp"])
def test_messaging_is_told_to_need_a_reply_that_was_seen_to_arrive(
    mock: responses.RequestsMock, channel: str
) -> None:
    chat = ticket(via={"channel": channel})
    finding = found(mock, {"tickets": {"tickets": [chat], **LAST}})["zendesk messaging"]
    assert finding.ok
    assert channel in finding.message
    assert "--verify-delivery" in finding.remedy
