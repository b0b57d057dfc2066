"""What people take out of their helpdesk is taken out of what we keep, too."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain import Source, Trigger
from app.knowledge.index import KnowledgeDown
from app.learning.redact import made_from_redacted
from app.ledger import forgetting, leases, lessons
from app.ledger.runs import Run
from app.logs import get_logger
from app.services import Services
from connectors.errors import NotFound
from connectors.types import Status, Ticket

# Tickets that are asked for before an account is believed that one of them is gone. People delete
# several at once, but hardly all that moved last.
WITNESSES = 5

log = get_logger()


def forget_redacted(
    services: Services, helpdesk: str, ticket: Ticket, found: Sequence[Run]
) -> None:
    """Drop our copies of messages that were redacted; of a deleted ticket, all of them.

    ``found`` are the ticket's runs. Looking twice drops, and says, nothing twice.
    """
    if ticket.status is Status.GONE and not ticket.merged:
        forget_ticket(services, helpdesk, ticket.id)
        return
    forgetting.forget_quoted(services.ledger, helpdesk, _examples_in(found))
    redacted = frozenset(message.id for message in ticket.messages if message.redacted)
    if not redacted:
        return
    written = {
        run.id: (run.receipt.note_id, run.receipt.reply_id) if run.receipt else () for run in found
    }
    run_ids = {
        run.id
        for run in found
        if made_from_redacted(ticket.messages, run.key.message_id)
        or not redacted.isdisjoint(written[run.id])
    }
    run_ids |= _of_one_text(found, run_ids)
    dropped = forgetting.forget(services.ledger, helpdesk, ticket.id, run_ids, redacted)
    _tell(services, helpdesk, ticket.id, dropped)


def _examples_in(found: Sequence[Run]) -> set[str]:
    hits = (hit for run in found if run.finished for hit in run.evidence)
    return {hit.passage.origin_id for hit in hits if hit.passage.source is Source.EXAMPLE}


def _of_one_text(found: Sequence[Run], run_ids: set[str]) -> set[str]:
    """Name the runs that hold the same text as these: a draft, and the reply that it went out as.

    Somebody may have taken out only one of the two.
    """
    notes = {run.receipt.note_id: run.id for run in found if run.receipt and run.receipt.note_id}
    sent = [run for run in found if run.key.trigger is Trigger.SEND]
    pairs = [{run.id, notes.get(run.key.message_id, run.id)} for run in sent]
    return {one for pair in pairs if pair & run_ids for one in pair}


def is_gone(services: Services, helpdesk: str, ticket_id: str) -> bool:
    """Tell whether a ticket that was not found is gone; raises ``HelpdeskError``.

    One 404 proves nothing. It may speak of a group or a user that a write named; and an account
    that is suspended, or whose address is wrong, answers so to everything: what was learned in
    years must not go with it. So the ticket is asked for again, and if it is not there, another
    one must be. That the helpdesk *says* of a ticket that it was deleted needs no such proof.
    """
    if _is_there(services, helpdesk, ticket_id):
        return False
    known = leases.last_seen(services.ledger, helpdesk, WITNESSES + 1)
    others = [one for one in known if one != ticket_id][:WITNESSES]
    return not others or any(_is_there(services, helpdesk, one) for one in others)


def _is_there(services: Services, helpdesk: str, ticket_id: str) -> bool:
    try:
        services.connector(helpdesk).ticket(ticket_id)
    except NotFound:
        return False
    return True


def forget_ticket(services: Services, helpdesk: str, ticket_id: str) -> None:
    """Drop all our copies of what stood in a ticket that is gone."""
    dropped = forgetting.forget_ticket(services.ledger, helpdesk, ticket_id)
    _tell(services, helpdesk, ticket_id, dropped)


def take_out_retired(services: Services, helpdesk: str) -> int:
    """Take examples out of the search that are retired; tell how many."""
    retired = lessons.retired_but_indexed(services.ledger, helpdesk)
    if retired:
        services.knowledge.drop_examples(helpdesk, retired)
    return len(retired)


def _tell(
    services: Services, helpdesk: str, ticket_id: str, dropped: tuple[list[str], int]
) -> None:
    retired, blanked = dropped
    if not retired and not blanked:
        return
    log.info("copies dropped", ticket=ticket_id, examples=len(retired), runs=blanked)
    try:
        take_out_retired(services, helpdesk)
    except KnowledgeDown as error:
        # No search gives them any more; their vectors go with the next sweep.
        log.warning("retired examples still in the index", error=str(error))
