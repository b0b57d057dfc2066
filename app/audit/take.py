"""Taking an audit: reads the ledger, lets the model embed, follows links if that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import requests

from app.audit.links import Check, external_links
from app.audit.report import MONTH, WINDOW, Report, audit
from app.audit.statements import Array
from app.ledger.audit import asked_since, first_run_at, live_pages
from app.services import Services

Progress = Callable[[str, int, int], None]

_AT_ONCE = 64  # texts that are embedded between two signs of life
_PATIENCE = 10.0  # seconds for an address to answer
_GONE = frozenset({404, 410})


class NothingToAudit(RuntimeError):
    """There is no page yet; the message says what to do."""


def take(
    services: Services, helpdesk: str, progress: Progress, *, check_links: bool = False
) -> Report:
    """Audit the knowledge of a helpdesk; raises ``NothingToAudit`` and ``LedgerDown``.

    Nothing is written, and the helpdesk is not asked. ``check_links`` sends a HEAD request to each
    address outside the help centre that a page links to.
    """
    ledger, now = services.ledger, services.clock()
    pages = live_pages(ledger, helpdesk)
    if not pages:
        raise NothingToAudit(f"{helpdesk} has no pages yet: run `understudy kb sync` first.")
    progress("tickets", 0, 0)
    asked = asked_since(ledger, helpdesk, now - WINDOW)
    began = first_run_at(ledger, helpdesk)
    # Of less than a month the tickets are counted as they are: nothing is made up.
    months = max(1.0, min(WINDOW, now - (now if began is None else began)) / MONTH)
    check = follow_links(external_links(pages), progress) if check_links else None

    def embed(texts: Sequence[str]) -> Array:
        parts = []
        for at in range(0, len(texts), _AT_ONCE):
            progress("reading the pages", at, len(texts))
            parts.append(services.embedder.embed(texts[at : at + _AT_ONCE]))
        empty: Array = np.zeros((0, services.embedder.dimension), np.float32)
        return np.concatenate(parts) if parts else empty

    return audit(helpdesk, pages, asked, embed, now=now, months=months, check=check)


def follow_links(addresses: set[str], progress: Progress) -> Check:
    """Ask each address once whether there is something; gives who knows the answers."""
    answers: dict[str, bool] = {}
    with requests.Session() as session:
        for number, address in enumerate(sorted(addresses)):
            progress("following links", number, len(addresses))
            answers[address] = answers_at(session, address)
    return lambda address: answers.get(address, True)


def answers_at(session: requests.Session, address: str) -> bool:
    """Tell whether there is something at an address.

    Only "not there", "gone" and a host that does not exist count as dead: whoever refuses a
    machine, or is slow today, may be there for people.
    """
    try:
        answer = session.head(address, timeout=_PATIENCE, allow_redirects=True)
    except requests.ConnectionError as error:
        return "NameResolutionError" not in str(error)
    except (requests.RequestException, ValueError):
        return True
    return answer.status_code not in _GONE
