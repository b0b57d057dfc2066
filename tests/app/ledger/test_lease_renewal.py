"""A lease outlives its worker by seconds only, and lasts as long as the worker needs it."""

from __future__ import annotations

from threading import Semaphore
from typing import Any

import pytest

from app.ledger import leases
from tests.app.fakes import HELPDESK, Desk


def test_a_killed_workers_ticket_is_free_again_soon_however_long_a_look_may_take(
    desk: Desk,
) -> None:
    ledger, ticket = desk.services.ledger, desk.helpdesk.open("Hello?")
    with leases.lease(ledger, HELPDESK, ticket, 3600, desk.clock):
        desk.clock.pass_by(leases.LEASE_SECONDS - 1)
        with pytest.raises(leases.Busy), leases.lease(ledger, HELPDESK, ticket, 1, desk.clock):
            pass
        desk.clock.pass_by(1)
        with leases.lease(ledger, HELPDESK, ticket, 1, desk.clock):
            pass


def test_a_living_worker_keeps_its_ticket_but_not_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed, renew = Semaphore(0), leases._renew

    def counted(*given: Any) -> bool:
        kept = renew(*given)
        renewed.release()
        return kept

    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(leases, "_renew", counted)
    ledger, ticket = desk.services.ledger, desk.helpdesk.open("Hello?")

    def renewed_after(seconds: float) -> None:
        desk.clock.pass_by(seconds)
        while renewed.acquire(blocking=False):
            pass  # it was before this
        for _ in range(2):  # one may have begun before
            assert renewed.acquire(timeout=20)

    def busy() -> bool:
        try:
            with leases.lease(ledger, HELPDESK, ticket, 1, desk.clock):
                return False
        except leases.Busy:
            return True

    with leases.lease(ledger, HELPDESK, ticket, 40, desk.clock):
        for _ in range(3):
            renewed_after(12)
            assert busy()
        renewed_after(12)
        assert not busy()
