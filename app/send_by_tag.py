"""A draft goes out because an agent tagged its ticket: a run of its own, from begun to planned.

What a request comes to is decided in ``app.pipeline.asked``; ``app.worker`` carries it out like
any other run, so that whatever is interrupted is taken up again and nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from app.domain import Clarify, Mode, Reason, RunKey, RunState, Send, Triage, Trigger, outcome_of
from app.how_far import delivery_doubt
from app.ledger import deliveries, run_states, runs
from app.ledger.deliveries import Announcement
from app.ledger.leases import Lease
from app.ledger.run_states import Plan
from app.ledger.runs import Run
from app.pipeline.asked import (
    Earlier,
    Request,
    new_request,
    reason_to_drop,
    render_request,
    request_to_send,
)
from app.services import Services
from connectors.types import EventKind, Feature, Message, Ticket

Ours = Callable[[Message], bool]


def begin(
    services: Services, lease: Lease, ticket: Ticket, ours: Ours, announced_at: float
) -> Run | None:
    """Begin the run of a request, or return the one there is; ``None`` where nobody asks."""
    if services.settings.answer_mode is Mode.SHADOW:
        return None  # a draft from before is not sent by a bot that only watches
    found = runs.listed(services.ledger, lease.helpdesk, ticket.id)
    asked = (run for run in found if run.key.trigger is Trigger.SEND)
    begun = next((run for run in asked if not run.finished), None)
    if begun is not None:
        # One after the other: a reply may be out of which nothing shows yet that it is ours.
        return begun
    request = new_request(ticket, [_earlier(run) for run in found], ours, announced_at)
    if request is None:
        return None
    return run_states.begin(
        services.ledger,
        services.new_id(),
        RunKey(lease.helpdesk, ticket.id, request.about, Trigger.SEND),
        lease,
        due_at=services.clock(),
        announced_at=announced_at,
        now=services.clock(),
    )


def plan(services: Services, run: Run, ticket: Ticket, ours: Ours, lease: Lease) -> Run:
    """Write down what a request comes to; it was just found to be still what it was."""
    found, request = _request(services, run, ticket, ours)
    if request is None:
        return run
    connector = services.connector(lease.helpdesk)
    now = datetime.fromtimestamp(services.clock(), UTC)
    decision = request.decision
    sends = isinstance(decision, Send | Clarify)
    doubt = delivery_doubt(services, lease.helpdesk, ticket) if sends else ""
    draft = next((each for each in found if note_of(each) == request.about), None)
    made = Plan(
        triage=draft.triage if draft and draft.triage else Triage(question=""),
        evidence=draft.evidence if draft else (),
        decision=decision,
        outcome=outcome_of(decision),
        revision=ticket.revision,
        change=render_request(request, ticket, connector.supports, now),
        reasons=(*decision.reasons, *((Reason("may_not_reach", doubt),) if doubt else ())),
        timings={},
    )
    return run_states.plan(services.ledger, run, lease, made, services.clock())


def reason_to_stand_back(services: Services, run: Run, ticket: Ticket, ours: Ours) -> Reason | None:
    """Tell why the run of a request must not be written any more, if so."""
    _, request = _request(services, run, ticket, ours)
    # Where all is written at once, an attempt that has not sent it took no tag off either.
    atomic = Feature.ATOMIC_WRITE in services.connector(run.key.helpdesk).supports
    begun = run.state is RunState.APPLYING and not atomic
    return reason_to_drop(run.key, request, ticket, begun=begun)


def tell_of_failure(services: Services, run: Run) -> None:
    """Have the ticket looked at again, so that who asked is told that nothing was sent."""
    told = Announcement(f"{deliveries.OUR_OWN}{run.id}", run.key.ticket_id, EventKind.CHANGED)
    with services.ledger.write() as connection:
        deliveries.record(connection, run.key.helpdesk, [told], services.clock())


def note_of(run: Run) -> str | None:
    """Name the note that a run wrote."""
    return run.receipt.note_id if run.receipt else None


def _request(
    services: Services, run: Run, ticket: Ticket, ours: Ours
) -> tuple[list[Run], Request | None]:
    """Read a ticket's runs, and say what the request of one of them comes to now."""
    found = runs.listed(services.ledger, run.key.helpdesk, ticket.id)
    asked_at = run.announced_at or run.created_at
    return found, request_to_send(ticket, [_earlier(each) for each in found], ours, asked_at)


def _earlier(run: Run) -> Earlier:
    return Earlier(
        key=run.key,
        state=run.state,
        decision=run.decision,
        note_id=note_of(run),
        unsure=run.unsure,
        reasons=run.reasons,
        error=run.error or "",
        changed_at=run.updated_at,
    )
