"""Where a decision leaves a ticket: status, assignee, group, priority, and the tags instead."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.domain import HandOff, Reason, Send, Skip
from app.pipeline.render import render
from connectors.types import Feature, Priority, Status
from tests.app.pipeline.decisions import ALL, ASKED, BILLING, DECISIONS, HANDOFF, change_of
from tests.app.pipeline.samples import NOW, make_draft


@pytest.mark.parametrize(
    ("decision", "status", "left", "release"),
    [
        ("handoff", Status.NEW, Status.OPEN, True),
        ("handoff", Status.OPEN, None, True),
        ("handoff", Status.PENDING, Status.OPEN, True),
        ("handoff", Status.HOLD, Status.OPEN, True),
        ("handoff", Status.SOLVED, Status.OPEN, True),
        ("draft", Status.NEW, None, False),
        ("draft", Status.PENDING, None, False),
        ("clarify", Status.OPEN, None, False),
        ("silence", Status.NEW, None, False),
        ("reply", Status.NEW, Status.PENDING, False),
        ("reply", Status.OPEN, Status.PENDING, False),
    ],
)
def test_where_a_ticket_is_left(
    decision: str, status: Status, left: Status | None, release: bool
) -> None:
    said = {
        **DECISIONS,
        "reply": Send(make_draft()),
        "silence": Skip((BILLING,), silent=True),
    }
    change = render(said[decision], replace(ASKED, status=status), ALL, NOW)
    assert (change.status, change.release) == (left, release)


def test_routing_falls_back_to_tags() -> None:
    decision = DECISIONS["handoff"]
    assert change_of(decision).priority is Priority.HIGH
    assert change_of(decision).group == "Billing"
    bare = render(decision, ASKED, frozenset(), NOW)
    assert (bare.priority, bare.group) == (None, None)
    assert {"understudy_priority_high", "understudy_group_billing"} <= bare.tags
    usual = HandOff(replace(HANDOFF, priority=Priority.NORMAL), ())
    tags = render(usual, replace(ASKED, priority=None), frozenset(), NOW).tags
    assert not any(tag.startswith("understudy_priority") for tag in tags)


@pytest.mark.parametrize("code", ["account_security", "beyond_permission", "a" * 60, "ä" * 60, "?"])
def test_no_tag_is_longer_than_any_helpdesk_takes(code: str) -> None:
    handoff = replace(HANDOFF, reason=Reason(code, "why"), group="Billing and payments, Europe")
    for tag in render(HandOff(handoff, ()), ASKED, frozenset(), NOW).tags:
        assert re.fullmatch(r"understudy_[a-z0-9_]{1,21}", tag)


@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.URGENT])
def test_a_priority_is_never_lowered(priority: Priority) -> None:
    ticket = replace(ASKED, priority=priority)
    for features in (ALL, frozenset[Feature]()):
        change = render(DECISIONS["handoff"], ticket, features, NOW)
        assert change.priority is None
        assert not any("priority" in tag for tag in change.tags)
