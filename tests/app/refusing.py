"""Two accounts behind one ledger, of which one refuses whoever calls: what tests of it share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app import put_off, refusals, worker
from app.ledger import deliveries, runs
from app.ledger.deliveries import Announcement, Delivery
from connectors.base import Connector
from connectors.errors import AuthFailed, HelpdeskError, Misconfigured
from connectors.types import EventKind
from tests.app.fakes import Desk, DeskServices, FakeHelpdesk

QUESTION = "I want to speak to a human, please."  # gets a note, whatever the knowledge says
FIRST, SECOND = "zendesk", "zendesk-eu"
A_WHILE = refusals.REST + put_off.BEHIND  # until who tried last is due, too
WRONG_KEY = AuthFailed("Zendesk answered 401: invalid_token")


@dataclass
class Refusing(FakeHelpdesk):
    """A helpdesk that can refuse whoever calls, for as long as it is told to."""

    refuses: Exception | None = None
    forbidden: dict[str, HelpdeskError] = field(default_factory=dict)
    feed_reads: int = 0

    def ticket(self, ticket_id: str) -> Any:
        if self.refuses or ticket_id in self.forbidden:
            self.reads += 1
            raise self.refuses or self.forbidden[ticket_id]
        return super().ticket(ticket_id)

    def changed(self, cursor: str | None) -> Any:
        self.feed_reads += 1
        if self.refuses:
            raise self.refuses
        return super().changed(cursor)


class TwoServices(DeskServices):
    """Two accounts behind one ledger."""

    accounts: Mapping[str, Refusing]

    def connector(self, helpdesk: str) -> Connector:
        found = self.accounts[helpdesk]
        if isinstance(found.refuses, Misconfigured):
            raise found.refuses
        return found


@dataclass
class Two:
    """Two accounts, and what befalls them."""

    desk: Desk
    services: TwoServices

    def __getitem__(self, account: str) -> Refusing:
        return self.services.accounts[account]

    def announce(self, account: str, ticket_id: str) -> str:
        with self.services.ledger.write() as connection:
            item = Announcement(f"{ticket_id}-{self.now}", ticket_id, EventKind.CREATED)
            ((delivery, _),) = deliveries.record(connection, account, [item], self.now)
        return delivery

    def asked(self, account: str, text: str = QUESTION) -> str:
        """A customer writes in, the webhook comes, a worker looks; returns the ticket's id."""
        ticket_id = self[account].open(text)
        worker.handle(self.services, self.announce(account, ticket_id))
        return ticket_id

    @property
    def now(self) -> float:
        return self.desk.clock()

    def waiting(self, account: str) -> list[Delivery]:
        found = deliveries.unfinished(self.services.ledger, self.now + 1e9)
        return [each for each in found if each.helpdesk == account]

    def work_off(self) -> None:
        """Do what is due now, as the reaper and a worker would."""
        for delivery in deliveries.unfinished(self.services.ledger, self.now):
            worker.handle(self.services, delivery.id)
        for run_id in runs.unfinished(self.services.ledger, self.now):
            worker.work(self.services, run_id)


@pytest.fixture
def two(tmp_path: Path, broker_url: str) -> Iterator[Two]:
    desk = Desk.at(tmp_path, quiet=0)
    settings = desk.services.settings.model_copy(
        update={"redis_url": broker_url, "helpdesks": (FIRST, SECOND)}
    )
    services = TwoServices(settings, {}, clock=desk.clock, new_id=desk.services.new_id)
    services.vectors.named.update(desk.services.vectors.named)
    services.accounts = {FIRST: Refusing(desk.clock), SECOND: Refusing(desk.clock)}
    yield Two(desk, services)
    services.let_go()
    desk.services.let_go()
