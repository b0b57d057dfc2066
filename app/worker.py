"""The shell: the only place where what was decided has an effect on a helpdesk.

Everything here may be interrupted at any line and is taken up again from the ledger: an
announcement until its run is begun, a run until it is applied, skipped or failed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from app import send_by_tag
from app.domain import Mode, Outcome, Reason, RunKey, RunState, Trigger, is_ours
from app.forget import forget_ticket, is_gone
from app.how_far import delivery_doubt, mode_for
from app.learn import learn_from
from app.ledger import deliveries, leases, run_states, runs
from app.ledger.deliveries import Delivery
from app.ledger.leases import Busy, Lease, LeaseLost
from app.ledger.run_states import WrongState
from app.ledger.runs import Run
from app.logs import bound, get_logger
from app.look import Stopwatch, look
from app.pipeline.asked import leaving_solved
from app.pipeline.turns import answers_given, due_at, message_to_answer, reason_to_stand_back
from app.put_off import is_resting, is_resting_run, put_off, put_off_run
from app.refusals import note_accepted
from app.services import Services
from app.sweep import sync_announced
from connectors.errors import Conflict, HelpdeskError, NotFound, Rejected, VendorBroken
from connectors.types import EventKind, Message, Status, Ticket

BUSY_WAIT = 1.0
# A ticket that moves on under our hands this often in one look is left for a later one.
MOST_CONFLICTS = 4

log = get_logger()


def handle(services: Services, delivery_id: str) -> None:
    """Look at the ticket that was announced: learn from it, and answer if it is our turn."""
    delivery = deliveries.get(services.ledger, delivery_id)
    if delivery is None:
        return  # handled by an earlier attempt, or together with another
    if delivery.kind in (EventKind.NOTED, EventKind.ARTICLE):
        _handle_without_ticket(services, delivery)
        return
    where = (delivery.helpdesk, delivery.ticket_id)
    with bound(delivery=delivery.id, helpdesk=where[0], ticket=where[1]):
        if is_resting(services, delivery):
            return
        try:
            with _lease(services, *where) as lease:
                watch = Stopwatch()
                announced = deliveries.waiting(services.ledger, *where)
                if delivery.id not in announced:
                    return
                ticket = _read(services, lease, watch)
                run = _begin(services, lease, ticket, delivery.received_at)
                deliveries.finish_all(services.ledger, announced, services.clock())
                if run is not None:
                    _work(services, run, ticket, lease, watch)
        except Busy as error:
            due = services.clock() + BUSY_WAIT
            deliveries.postpone(services.ledger, delivery, due, str(error), tried=False)
        except Exception as error:  # whatever happens, the announcement is not lost
            found = _looked_into(services, *where, error)
            if isinstance(found, NotFound):
                forget_ticket(services, *where)
                deliveries.finish(services.ledger, delivery.id, services.clock(), str(error))
            else:
                put_off(services, delivery, found)


def _handle_without_ticket(services: Services, delivery: Delivery) -> None:
    if delivery.kind is EventKind.NOTED:
        # Most are our own; nothing is learned from a note, and no customer waits for one.
        deliveries.finish(services.ledger, delivery.id, services.clock())
        return
    with bound(delivery=delivery.id, helpdesk=delivery.helpdesk):
        if not is_resting(services, delivery):
            sync_announced(services, delivery)


def work(services: Services, run_id: str) -> None:
    """Take up a run that is due: after its quiet period, or after a fault."""
    run = runs.get(services.ledger, run_id)
    if run is None or run.finished:
        return
    with bound(helpdesk=run.key.helpdesk, ticket=run.key.ticket_id):
        if is_resting_run(services, run):
            return
        try:
            with _lease(services, run.key.helpdesk, run.key.ticket_id) as lease:
                watch = Stopwatch()
                ticket = _read(services, lease, watch)
                # What was read before the lease may have moved on while we waited for it.
                current = runs.get(services.ledger, run.id)
                if current is not None:
                    _work(services, current, ticket, lease, watch)
        except Busy:
            return  # whoever holds the ticket works on it; the reaper looks again
        except Exception as error:
            _put_off_run(services, run, error)


class Killed(RuntimeError):
    """The process of a job ended without a word: killed, out of memory, a fault in a library."""


def note_killed(services: Services, function: str, argument: str) -> None:
    """Count the death of a job's process as a failed try of what it worked on.

    A ticket that kills whoever reads it is given up after a few tries like any bug of ours.
    """
    error = Killed("The process that worked on it was killed")
    if function == "handle_delivery":
        delivery = deliveries.get(services.ledger, argument)
        if delivery is not None:
            put_off(services, delivery, error)
    elif function == "work_run":
        run = runs.get(services.ledger, argument)
        if run is not None:
            put_off_run(services, run, error)


def _lease(services: Services, helpdesk: str, ticket_id: str) -> AbstractContextManager[Lease]:
    seconds = services.settings.job_seconds + 5.0
    return leases.lease(services.ledger, helpdesk, ticket_id, seconds, services.clock)


def _read(services: Services, lease: Lease, watch: Stopwatch) -> Ticket:
    with watch.step("read ticket"):
        ticket = services.connector(lease.helpdesk).ticket(lease.ticket_id)
    note_accepted(services, lease.helpdesk)
    seen_at = ticket.updated_at.timestamp() if ticket.updated_at else 0.0
    leases.note_seen(services.ledger, lease, seen_at, ticket.requester.id)
    return ticket


def _ours(services: Services, lease: Lease) -> Callable[[Message], bool]:
    receipts = frozenset(runs.receipt_ids(services.ledger, lease.helpdesk, lease.ticket_id))
    return lambda message: is_ours(message, receipts)


def _begin(services: Services, lease: Lease, ticket: Ticket, announced_at: float) -> Run | None:
    """Learn from what is there, and begin a run where a customer, or an agent, waits for us."""
    ours = _ours(services, lease)
    learn_from(services, lease.helpdesk, ticket, ours)
    asked = send_by_tag.begin(services, lease, ticket, ours, announced_at)
    message = message_to_answer(ticket, ours)
    if message is None or not ticket.writable:
        return asked
    run = run_states.begin(
        services.ledger,
        services.new_id(),
        RunKey(lease.helpdesk, ticket.id, message.id),
        lease,
        due_at=due_at(message, ticket.channel, services.settings.quiet_seconds),
        announced_at=announced_at,
        now=services.clock(),
    )
    # An agent who waits for a tag comes first; the reaper takes up the other within a second.
    return asked if asked is not None and not asked.finished else run


def _work(services: Services, run: Run, ticket: Ticket, lease: Lease, watch: Stopwatch) -> None:
    if run.finished or run.due_at > services.clock():
        return  # the scheduler takes it up when its quiet period is over
    with bound(run=run.id):
        try:
            planned = _plan(services, run, ticket, lease, watch)
            if planned is not None:
                _apply(services, planned, lease, watch)
        except (LeaseLost, WrongState) as error:
            log.warning("run left to another worker", reason=str(error))
        except Exception as error:
            _put_off_run(services, run, error)


def _put_off_run(services: Services, run: Run, error: Exception) -> None:
    where = (run.key.helpdesk, run.key.ticket_id)
    found = _looked_into(services, *where, error)
    put_off_run(services, run, found)
    if isinstance(found, NotFound):
        forget_ticket(services, *where)


def _looked_into(services: Services, helpdesk: str, ticket_id: str, error: Exception) -> Exception:
    """Say what an error comes to: ``NotFound`` only where the ticket itself is gone for good."""
    if not isinstance(error, NotFound):
        return error
    try:
        if is_gone(services, helpdesk, ticket_id):
            return error
    except Exception as fault:  # whatever happens, nothing is dropped
        return fault
    return VendorBroken(f"Something was not found, though the ticket may be there: {error}")


def _plan(
    services: Services, run: Run, ticket: Ticket, lease: Lease, watch: Stopwatch
) -> Run | None:
    """Decide, and write the decision down; ``None`` where nothing is to be written."""
    if run.state is RunState.APPLYING:
        return run
    ours = _ours(services, lease)
    if _stand_back(services, run, ticket, lease):
        return None
    if run.state is not RunState.BEGUN and run.revision == ticket.revision:
        pass  # planned on what is still there
    elif run.key.trigger is Trigger.SEND:
        run = send_by_tag.plan(services, run, ticket, ours, lease)
    else:
        message = next(item for item in ticket.messages if item.id == run.key.message_id)
        doubt = delivery_doubt(services, lease.helpdesk, ticket)
        mode, held = mode_for(services, lease.helpdesk, ticket, doubt)
        plan = look(
            services,
            lease.helpdesk,
            ticket,
            message,
            mode=mode,
            doubt=doubt,
            replies_so_far=answers_given(ticket, ours),
            watch=watch,
        )
        plan = replace(plan, reasons=(*plan.reasons, *held))
        run = run_states.plan(services.ledger, run, lease, plan, services.clock())
    return None if _ends_here(services, run, lease) else run


def _ends_here(services: Services, run: Run, lease: Lease) -> bool:
    """End a run that is not to be written: nothing to say, or only watching."""
    shadow = services.settings.answer_mode is Mode.SHADOW
    if not run.change.empty and not shadow:
        return False
    watching = Reason("shadow", "ANSWER_MODE is shadow: decided and recorded, written nowhere")
    run_states.skip(
        services.ledger,
        run,
        lease,
        outcome=run.outcome or Outcome.SKIPPED,
        reasons=(watching,) if shadow else (),
        now=services.clock(),
    )
    log.info("run ended without writing", outcome=run.outcome)
    return True


def _apply(services: Services, run: Run, lease: Lease, watch: Stopwatch) -> None:
    """Write the planned change, once; raises ``Conflict`` where the ticket does not hold still."""
    connector = services.connector(lease.helpdesk)
    for _ in range(MOST_CONFLICTS):
        ticket = _read(services, lease, watch)
        written = connector.written(ticket, run.change, run.id)
        if not written and _stand_back(services, run, ticket, lease):
            return
        again = run.unsure
        run = run_states.start_applying(services.ledger, run, lease, services.clock())
        try:
            with watch.step("write ticket"):
                change = leaving_solved(run.change, ticket)
                receipt = connector.apply(ticket, change, run.id, again=again)
        except HelpdeskError as error:
            if not (again or error.unsure):
                run = run_states.note_refused(services.ledger, run, lease, services.clock())
            if isinstance(error, Rejected) and _ended_meanwhile(services, run, lease, watch):
                return
            if not isinstance(error, Conflict):
                raise
            log.info("ticket moved on, reading it again", reason=str(error))
            continue
        for collision in receipt.collisions:
            log.warning("somebody acted while we wrote", run=run.id, what=collision)
        run = run_states.finish(
            services.ledger,
            run,
            lease,
            receipt,
            timings=watch.milliseconds,
            now=services.clock(),
        )
        note_accepted(services, lease.helpdesk, wrote=True)
        learn_from(services, lease.helpdesk, ticket, _ours(services, lease))
        log.info("run applied", outcome=run.outcome, attempts=run.attempts, found=receipt.found)
        return
    raise Conflict("The ticket kept changing while we tried to write")


def _ended_meanwhile(services: Services, run: Run, lease: Lease, watch: Stopwatch) -> bool:
    """End a run whose write was refused because somebody ended the ticket just before it."""
    connector = services.connector(lease.helpdesk)
    ticket = _read(services, lease, watch)
    over = not ticket.writable or ticket.status is Status.SOLVED
    if not over or connector.written(ticket, run.change, run.id):
        return False
    return _stand_back(services, run, ticket, lease)


def _stand_back(services: Services, run: Run, ticket: Ticket, lease: Lease) -> bool:
    """End a run whose turn has passed, and begin that of a newer message, if there is one."""
    ours, asked = _ours(services, lease), run.key.trigger is Trigger.SEND
    if asked:
        reason = send_by_tag.reason_to_stand_back(services, run, ticket, ours)
    else:
        reason = reason_to_stand_back(ticket, run.key.message_id, ours)
    if reason is None:
        return False
    run_states.skip(
        services.ledger,
        run,
        lease,
        outcome=Outcome.SKIPPED,
        reasons=(reason,),
        now=services.clock(),
    )
    log.info("run skipped", reason=reason.code)
    if asked or reason.code == "superseded":
        _begin(services, lease, ticket, services.clock())
    else:
        learn_from(services, lease.helpdesk, ticket, ours)
    return True
