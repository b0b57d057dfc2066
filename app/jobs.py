"""The RQ entry points: each takes ids, may run twice, and finds what to do in the ledger."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from app import sweep, worker
from app.services import Services, open_services


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this worker; built before it forks, so that jobs start at once."""
    return open_services(Path(os.environ.get("UNDERSTUDY_ENV_FILE", ".env")))


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
