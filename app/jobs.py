"""The RQ entry points: each takes ids, may run twice, and finds what to do in the ledger."""

from __future__ import annotations

from app import sweep, worker
from app.services import Services

# RQ calls functions by name, so what they work with cannot be an argument: the worker process
# binds it once, before it forks.
_bound: list[Services] = []


def bind(services: Services) -> None:
    """Give the jobs of this process their services."""
    _bound[:] = [services]


def services() -> Services:
    """Take the services that the worker process was bound to."""
    return _bound[0]


def handle_delivery(delivery_id: str) -> None:
    """Look at a ticket that was announced."""
    worker.handle(services(), delivery_id)


def work_run(run_id: str) -> None:
    """Take up a run that is due."""
    worker.work(services(), run_id)


def sweep_tickets(helpdesk: str) -> None:
    """Find tickets whose webhook never came."""
    sweep.sweep_tickets(services(), helpdesk)


def sync_knowledge(helpdesk: str) -> None:
    """Bring the knowledge of a helpdesk up to date."""
    sweep.sync_knowledge(services(), helpdesk)
