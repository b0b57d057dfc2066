"""The scheduler: one loop that reaps, and asks for sweeps and syncs when they are due.

Running it twice does no harm: a job has one name however often it is enqueued, and what it does
is taken from the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from redis.exceptions import RedisError

from app import queues
from app.ledger.store import LedgerDown
from app.logs import get_logger
from app.refusals import try_again
from app.services import Services
from app.sweep import reap
from connectors.errors import Misconfigured
from connectors.types import Feature

TICK_SECONDS = 1.0

log = get_logger()


@dataclass(slots=True)
class Duty:
    """Something to be asked for every so many seconds, the first time at once."""

    function: str
    queue: str
    helpdesk: str
    seconds: float
    due_at: float = 0.0


def duties(services: Services) -> list[Duty]:
    """List what is to be done regularly for each helpdesk."""
    settings = services.settings
    found = []
    for helpdesk in settings.helpdesks:
        found += [
            Duty("sync_knowledge", queues.UPKEEP, helpdesk, settings.kb_sync_seconds),
            # Not behind a sync, which may take hours: lost webhooks are found by it.
            Duty("sweep_tickets", queues.LEARNING, helpdesk, settings.sweep_seconds),
        ]
        if _lists_changes(services, helpdesk):
            # The first one is the whole reading that is asked for at the same time.
            first = services.clock() + settings.kb_changes_seconds
            found.append(
                Duty("sync_changes", queues.UPKEEP, helpdesk, settings.kb_changes_seconds, first)
            )
    return found


def _lists_changes(services: Services, helpdesk: str) -> bool:
    try:
        return Feature.ARTICLE_CHANGES in services.connector(helpdesk).supports
    except Misconfigured:  # its jobs will say so
        return False


def tick(services: Services, waiting: list[Duty]) -> None:
    """Do once what is due now."""
    now = services.clock()
    try:
        queues.note_scheduler(services.broker)
        reap(services)
        for duty in waiting:
            if duty.due_at <= now:
                _ask(services, duty, now)
    except (RedisError, LedgerDown) as error:
        # The next tick tries again: nothing is forgotten, since nothing was marked as done.
        log.warning("scheduler waits", error=str(error))


def run_scheduler(
    services: Services, *, sleep: Callable[[float], None], going: Iterator[bool]
) -> None:
    """Tick until ``going`` says no."""
    waiting = duties(services)
    with suppress(LedgerDown):  # what waits is due again by itself, only later
        try_again(services)
    while next(going):
        tick(services, waiting)
        sleep(TICK_SECONDS)


def _ask(services: Services, duty: Duty, now: float) -> None:
    job_id = queues.job_id(duty.function, duty.helpdesk)
    if not queues.is_carried(services.broker, job_id, now):
        services.enqueue(services.broker, duty.queue, duty.function, duty.helpdesk)
    duty.due_at = now + duty.seconds
