"""What must happen without anybody's asking: sweeping, reaping, keeping knowledge current."""

from __future__ import annotations

from collections.abc import Callable

from app import queues
from app.knowledge.documents import ARTICLES, Listing, documents_from_pages
from app.knowledge.sync import SyncReport, sync_documents
from app.learn import index_waiting
from app.ledger import cursors, deliveries, leases, runs
from app.ledger.deliveries import Announcement
from app.logs import get_logger
from app.services import Services
from connectors.types import EventKind, Page, TicketRef

log = get_logger()


def sweep_tickets(services: Services, helpdesk: str) -> int:
    """Record tickets that changed since the last sweep and were not seen since; tell how many.

    The cursor is saved in the transaction that records what it led to. The reaper enqueues.
    """
    found = 0
    cursor = cursors.get(services.ledger, helpdesk, cursors.TICKETS)
    for page in services.connector(helpdesk).changed(cursor):
        found += _record(services, helpdesk, page)
    index_waiting(services, helpdesk)
    if found:
        log.info("sweep found tickets", helpdesk=helpdesk, tickets=found)
    return found


def sync_knowledge(
    services: Services,
    helpdesk: str,
    progress: Callable[[str, int, int], None] | None = None,
    *,
    allow_empty: bool = False,
) -> SyncReport:
    """Bring the articles of a helpdesk into the search; raises ``HelpdeskError``.

    ``allow_empty`` says that a help centre without an article is meant so.
    """
    pages = services.connector(helpdesk).articles(None)
    report = sync_documents(
        services.ledger,
        helpdesk,
        [Listing(ARTICLES, documents_from_pages(pages))],
        services.embedder,
        services.vectors,
        services.settings.lexical_dir,
        services.clock,
        progress,
        allow_empty=allow_empty,
    )
    log.info("knowledge synced", helpdesk=helpdesk, **report.figures)
    for error in report.errors:
        raise error  # what came of other sources stands
    return report


def reap(services: Services) -> int:
    """Enqueue what the ledger says is due and nobody carries; tell how many.

    A job on its way is left alone; one whose worker was killed is enqueued again.
    """
    now = services.clock()
    due = [
        (queues.queue_of(delivery.kind), "handle_delivery", delivery.id)
        for delivery in deliveries.unfinished(services.ledger, now)
    ] + [(queues.TICKETS, "work_run", run_id) for run_id in runs.unfinished(services.ledger, now)]
    enqueued = 0
    for queue, function, argument in due:
        if queues.is_carried(services.broker, queues.job_id(function, argument), now):
            continue
        services.enqueue(services.broker, queue, function, argument)
        enqueued += 1
    return enqueued


def _record(services: Services, helpdesk: str, page: Page[TicketRef]) -> int:
    now = services.clock()
    with services.ledger.write() as connection:
        unseen = [
            Announcement(
                delivery_key=f"{deliveries.SWEPT}{ref.id}:{ref.updated_at.timestamp()}",
                ticket_id=ref.id,
                kind=EventKind.CHANGED,
            )
            for ref in page.items
            if ref.updated_at.timestamp() > leases.seen_at(connection, helpdesk, ref.id)
        ]
        new = deliveries.record(connection, helpdesk, unseen, now)
        cursors.save(connection, helpdesk, cursors.TICKETS, page.cursor, now)
    return len(new)
