"""Figures of a day are kept for good: later ones stand beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.insight.baseline import Baseline, baseline_of
from app.ledger import baselines
from app.ledger.store import Ledger
from connectors.types import PastTicket, Rating

TAKEN = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


def taken(at: datetime, tickets: int) -> Baseline:
    past = [
        PastTicket(str(n), at - timedelta(days=n), replied_at=at, ratings=(Rating("1", 0.75),))
        for n in range(tickets)
    ]
    return baseline_of(past, at - timedelta(days=90), at)


def test_what_was_kept_is_read_back_as_it_was(ledger: Ledger) -> None:
    kept = taken(TAKEN, 3)
    baselines.keep(ledger, "zendesk", kept)
    assert baselines.listed(ledger, "zendesk") == [kept]


def test_a_new_one_overwrites_none_and_the_oldest_comes_first(ledger: Ledger) -> None:
    later, first = taken(TAKEN, 2), taken(TAKEN - timedelta(days=30), 1)
    for each in (later, first, later):
        baselines.keep(ledger, "zendesk", each)
    assert baselines.listed(ledger, "zendesk") == [first, later, later]


def test_each_account_has_its_own(ledger: Ledger) -> None:
    baselines.keep(ledger, "zendesk", taken(TAKEN, 1))
    assert baselines.listed(ledger, "zendesk-eu") == []
