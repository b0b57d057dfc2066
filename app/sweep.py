"""What must happen without anybody's asking: sweeping, reaping, keeping knowledge current."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from app import queues
from app.knowledge import sources
from app.knowledge.documents import ARTICLES, CANNED, FILES, Listing
from app.knowledge.sync import SyncReport, SyncRunning, sync_documents
from app.learn import index_waiting
from app.ledger import cursors, deliveries, leases, runs
from app.ledger import sources as known_sources
from app.ledger.deliveries import Announcement, Delivery
from app.ledger.versions import GenerationLost
from app.logs import get_logger
from app.put_off import put_off
from app.services import Services
from connectors.errors import HelpdeskError
from connectors.types import EventKind, Feature, Page, TicketRef

Progress = Callable[[str, int, int], None]

# Clocks differ, and what a vendor lists may be a little behind what it announced.
OVERLAP = 120.0
BUSY_WAIT = 2.0

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
    progress: Progress | None = None,
    *,
    allow_empty: bool = False,
    rebuild: bool = False,
) -> SyncReport:
    """Read all sources of a helpdesk's knowledge and make them searchable.

    ``allow_empty`` says that a source without a page is meant so; ``rebuild`` embeds everything
    anew. Sources that broke off are in the report; the others were synced.
    """
    settings = services.settings
    connector = services.connector(helpdesk)
    listings = [sources.help_centre(connector)]
    if settings.kb_canned == "answer" and Feature.CANNED in connector.supports:
        listings.append(sources.saved_replies(connector))
    if settings.kb_files or settings.kb_internal_files:
        from app.knowledge import files  # noqa: PLC0415 (opens PDF and Word)

        listing = files.listing(
            settings.kb_files, settings.kb_internal_files, allow_empty=allow_empty,
            opener=files.remembering(settings.cache_dir / "files.db"),
        )  # fmt: skip
        listings.append(listing)
    read = {each.source for each in listings}
    report = _sync(
        services, helpdesk, listings, progress, allow_empty=allow_empty, rebuild=rebuild,
        forget=frozenset({ARTICLES, CANNED, FILES} - read),
    )  # fmt: skip
    services.knowledge.check_examples(helpdesk)  # the sweep indexes what was lost
    return report


def sync_changes(services: Services, helpdesk: str) -> SyncReport:
    """Bring what changed in the help centre into the search.

    All of it is read where the helpdesk does not list changes apart, or nothing was read yet.
    """
    connector = services.connector(helpdesk)
    with services.ledger.read() as connection:
        state = known_sources.states(connection, helpdesk).get(ARTICLES)
    if state is None or state.told_at is None or not sources.tells_changes(connector):
        return sync_knowledge(services, helpdesk)
    since = datetime.fromtimestamp(state.told_at - OVERLAP, UTC)
    return _sync(services, helpdesk, [sources.changed_articles(connector, since)])


def sync_announced(services: Services, delivery: Delivery) -> None:
    """Bring in what a helpdesk announced of its articles, with all it announced since.

    It is done with where the helpdesk was read; ``kb status`` tells what else went wrong.
    """
    announced = deliveries.waiting(services.ledger, delivery.helpdesk, delivery.ticket_id)
    if delivery.id not in announced:
        return
    try:
        report = sync_changes(services, delivery.helpdesk)
        _log(delivery.helpdesk, report)
        for each in report.sources:
            if each.source == ARTICLES and isinstance(each.error, HelpdeskError):
                raise each.error
        deliveries.finish_all(services.ledger, announced, services.clock())
    except (SyncRunning, GenerationLost) as error:
        due = services.clock() + BUSY_WAIT
        deliveries.postpone(services.ledger, delivery, due, str(error), tried=False)
    except Exception as error:  # whatever happens, the announcement is not lost
        put_off(services, delivery, error)


def note_synced(helpdesk: str, report: SyncReport) -> None:
    """Log what a sync came to; raise the error of a source that broke off.

    What came of other sources stands.
    """
    _log(helpdesk, report)
    for error in report.errors:
        raise error


def _log(helpdesk: str, report: SyncReport) -> None:
    if report.news:
        log.info("knowledge synced", helpdesk=helpdesk, **report.figures)


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


def _sync(
    services: Services,
    helpdesk: str,
    listings: list[Listing],
    progress: Progress | None = None,
    **how: Any,
) -> SyncReport:
    return sync_documents(
        services.ledger,
        helpdesk,
        listings,
        services.embedder,
        services.vectors,
        services.settings.lexical_dir,
        services.clock,
        progress,
        **how,
    )


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
