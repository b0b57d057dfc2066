"""The RQ entry points: each takes ids, may run twice, and finds what to do in the ledger."""

from __future__ import annotations

from collections.abc import Callable

from app import refusals, sweep, worker
from app.knowledge.documents import SourceFailed
from app.knowledge.index import KnowledgeDown
from app.knowledge.sync import EmptyListing, SyncRunning
from app.ledger.store import LedgerDown
from app.ledger.versions import GenerationLost
from app.logs import get_logger
from app.services import Services
from connectors.errors import Forbidden, HelpdeskError, Misconfigured

# What a duty may fail with and be asked for again.
LEFT_FOR_LATER = (
    *(HelpdeskError, Misconfigured),
    *(SourceFailed, OSError),
    *(KnowledgeDown, EmptyListing, SyncRunning, GenerationLost, LedgerDown),
)

log = get_logger()

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
    _next_time("sweep_tickets", sweep.sweep_tickets, helpdesk)


def sync_knowledge(helpdesk: str) -> None:
    """Bring the knowledge of a helpdesk up to date."""
    _next_time("sync_knowledge", _synced, helpdesk)


def sync_changes(helpdesk: str) -> None:
    """Bring what changed in the help centre into the search."""
    _next_time("sync_changes", _changes_synced, helpdesk)


def _synced(services: Services, helpdesk: str) -> None:
    sweep.note_synced(helpdesk, sweep.sync_knowledge(services, helpdesk))


def _changes_synced(services: Services, helpdesk: str) -> None:
    sweep.note_synced(helpdesk, sweep.sync_changes(services, helpdesk))


def _next_time(name: str, duty: Callable[[Services, str], object], helpdesk: str) -> None:
    """Do a duty; what fails is said in a line, and the scheduler asks again when it is due.

    Raised, it would be tried again at once, four times in a row, by a limit that says "later".
    """
    if refusals.seconds_to_wait(services(), helpdesk):
        return
    try:
        duty(services(), helpdesk)
        refusals.note_accepted(services(), helpdesk)
    except LEFT_FOR_LATER as error:
        if _refuses_all(error):
            refusals.note_refused(services(), helpdesk, name, error)
            return
        log.warning("left for the next time", duty=name, helpdesk=helpdesk, error=str(error))


def _refuses_all(error: Exception) -> bool:
    # What is merely forbidden, such as the help centre, says nothing of tickets.
    return isinstance(error, refusals.Refused) and not isinstance(error, Forbidden)
