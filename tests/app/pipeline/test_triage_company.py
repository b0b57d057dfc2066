"""The demo's customers are triaged as a good support lead would, unless it is said otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.demo.company import DemoTicket, load_tickets
from app.domain import Triage
from app.pipeline.policy import load_policy
from app.pipeline.triage import triage_ticket
from connectors.types import Account, Attachment, Message, Person, Status, Ticket

POLICY = load_policy()
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def triaged(one: DemoTicket) -> Triage:
    who = Person(one.requester.email, one.requester.name, one.requester.email)
    company = one.requester.organization
    account = Account("o", tags=frozenset(company.tags)) if company else None
    files = tuple(Attachment(file.name) for file in one.attachments)
    first = Message("m0", who, True, one.text, NOW, attachments=files)
    lines = enumerate(one.then, start=1)
    messages = (first, *(Message(f"m{number}", who, True, line, NOW) for number, line in lines))
    ticket = Ticket(one.id, one.subject, Status.NEW, "1", who, messages, account)
    return triage_ticket(ticket, messages[-1], POLICY, frozenset({"en"}))


@pytest.mark.parametrize(
    "one",
    [one for one in load_tickets() if one.expect and not one.expect.falls_short],
    ids=lambda one: one.id,
)
def test_demo_tickets_are_triaged_as_expected(one: DemoTicket) -> None:
    assert one.expect is not None
    triage = triaged(one)
    wanted = {one.expect.reason} if one.expect.reason else set()
    skipped = {reason.code for reason in triage.skip}
    handed = {reason.code for reason in triage.escalate}
    assert skipped == (wanted if one.expect.outcome == "skipped" else set())
    if one.expect.outcome == "handoff":
        assert wanted <= handed
    else:
        assert handed == set()
