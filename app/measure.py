"""Measuring a helpdesk: what became of its tickets is read, counted and kept as a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from app.insight.baseline import Baseline, baseline_of
from app.ledger import baselines
from app.services import Services
from connectors.types import Page, PastTicket

WINDOW = timedelta(days=90)


def measure(
    services: Services, helpdesk: str, progress: Callable[[str, int, int], None]
) -> Baseline:
    """Take the figures of the last ``WINDOW`` and keep them beside earlier ones.

    Raises ``HelpdeskError`` where the history cannot be read to its end; nothing is kept then, nor
    where there is no ticket to count.
    """
    until = datetime.fromtimestamp(services.clock(), UTC)
    since = until - WINDOW
    pages = services.connector(helpdesk).history(since)
    baseline = baseline_of(_each(pages, progress), since, until)
    if baseline.figures.tickets:
        baselines.keep(services.ledger, helpdesk, baseline)
    return baseline


def _each(
    pages: Iterable[Page[PastTicket]], progress: Callable[[str, int, int], None]
) -> Iterator[PastTicket]:
    read = 0
    for page in pages:
        read += len(page.items)
        progress("tickets", read, 0)  # nobody tells how many there will be
        yield from page.items
