"""What becomes of work that failed: when it is tried again, and when it is given up."""

from __future__ import annotations

from rq.timeouts import JobTimeoutException

from app import refusals
from app.domain import RunState, Trigger
from app.knowledge.index import KnowledgeDown
from app.ledger import deliveries, run_states, runs
from app.ledger.deliveries import Delivery
from app.ledger.runs import Run
from app.ledger.store import LedgerDown
from app.llm import ModelFailed
from app.logs import get_logger
from app.send_by_tag import tell_of_failure
from app.services import Services
from connectors.errors import Forbidden, HelpdeskError, NotFound, RateLimited
from connectors.types import Feature

# Thirty tries with at most half an hour between them outlast a night's outage of a helpdesk.
MOST_ATTEMPTS = 30
LONGEST_WAIT = 1800.0
LONGEST_ASKED = 7200.0  # a helpdesk that asks for more has a clock that is off
# A fault of our own is not cured by waiting: five tries, then a person must look. Those of others
# do not count: after an hour's outage of a helpdesk one death of a worker ends nothing.
MOST_ATTEMPTS_AT_A_BUG = 5

# A rate limit is the account's: it says nothing of this ticket, and is waited out however long.
A_MINUTE = 60.0  # the window of most, where the helpdesk does not say how long
# Who tried for an account that refuses is the last to try again, in seconds after the others: one
# ticket that is forbidden for itself is not to try for all of them each time.
BEHIND = 30.0

# Time runs out because a helpdesk or a model hangs: three reads without an answer take longer.
PASSING = (KnowledgeDown, LedgerDown, ModelFailed, JobTimeoutException)

log = get_logger()


def is_resting(services: Services, delivery: Delivery) -> bool:
    """Tell whether a delivery's account is left alone just now; if so, put the delivery off."""
    wait = refusals.seconds_to_wait(services, delivery.helpdesk)
    if wait:
        _let_wait(services, delivery, wait)
    return wait > 0


def is_resting_run(services: Services, run: Run) -> bool:
    """Tell whether a run's account is left alone just now; if so, put the run off."""
    wait = refusals.seconds_to_wait(services, run.key.helpdesk, writing=True)
    if wait:
        _let_run_wait(services, run, wait)
    return wait > 0


def put_off(services: Services, delivery: Delivery, error: Exception) -> None:
    """Try a delivery again later, or give it up where that is of no use."""
    now = services.clock()
    if isinstance(error, refusals.Refused):
        known = delivery.attempts > 0
        wait = refusals.note_refused(
            services, delivery.helpdesk, delivery.ticket_id, error, again=known
        )
        if wait:
            _let_wait(services, delivery, wait, BEHIND, tried=not known)
            return
    if isinstance(error, RateLimited):
        due = now + seconds_between(error, 0, least=A_MINUTE)
        deliveries.postpone(services.ledger, delivery, due, _sentence(error), tried=False)
        return
    if _hopeless(error, delivery.attempts, delivery.bugs):
        log.error("announcement given up", error=_sentence(error), exc_info=_if_bug(error))
        deliveries.fail(services.ledger, delivery.id, now, _sentence(error))
        return
    log.warning("announcement put off", error=_sentence(error), exc_info=_if_bug(error))
    due = now + seconds_between(error, delivery.attempts)
    bug = _if_bug(error)
    deliveries.postpone(services.ledger, delivery, due, _sentence(error), bug=bug)


def put_off_run(services: Services, run: Run, error: Exception) -> None:
    """Try a run again later, or give it up where that is of no use."""
    now = services.clock()
    current = runs.get(services.ledger, run.id) or run
    if current.finished:
        return
    if isinstance(error, refusals.Refused):
        writing = current.state is RunState.APPLYING
        key = current.key
        wait = refusals.note_refused(
            services,
            key.helpdesk,
            key.ticket_id,
            error,
            writing=writing,
            again=current.attempts > int(writing),  # an attempt at writing counts when it begins
        )
        if wait:
            _let_run_wait(services, current, wait, BEHIND)
            return
    if isinstance(error, NotFound):
        log.info("run let go", run=run.id, reason=str(error))
        run_states.let_go(services.ledger, current, _sentence(error), now)
        return
    if isinstance(error, RateLimited):
        due = now + seconds_between(error, 0, least=A_MINUTE)
        run_states.postpone(services.ledger, current, due, _sentence(error), now, tried=False)
        return
    if _hopeless(error, current.attempts, current.bugs):
        log.error("run given up", run=run.id, error=_sentence(error), exc_info=_if_bug(error))
        run_states.fail(services.ledger, current, _sentence(error), now)
        if current.key.trigger is Trigger.SEND:
            tell_of_failure(services, current)
        return
    log.warning("run put off", run=run.id, error=_sentence(error), exc_info=_if_bug(error))
    wait = max(seconds_between(error, current.attempts), _landing(services, current))
    bug = _if_bug(error)
    due = now + wait
    run_states.postpone(services.ledger, current, due, _sentence(error), now, bug=bug)


def seconds_between(error: Exception, attempts: int, *, least: float = 0.0) -> float:
    """Seconds to the next attempt: what the helpdesk asked for, or twice as long each time.

    ``least`` is waited where it has not said anything.
    """
    asked = min(float(getattr(error, "retry_after", None) or least), LONGEST_ASKED)
    return max(asked, min(2.0**attempts, LONGEST_WAIT))


def _landing(services: Services, run: Run) -> float:
    """Seconds that a write of a run may still be on its way, where nothing but time tells.

    A write without an answer may still take effect. Where a helpdesk refuses no second one, it is
    given so long to show.
    """
    if run.state is not RunState.APPLYING or not run.unsure:
        return 0.0
    supports = services.connector(run.key.helpdesk).supports
    return 0.0 if Feature.CONDITIONAL_WRITE in supports else services.settings.landing_seconds


def _let_wait(
    services: Services, delivery: Delivery, wait: float, more: float = 0.0, *, tried: bool = False
) -> None:
    """Put a delivery off, and in its wake all that wait for the same: no job for each of them."""
    ledger, now = services.ledger, services.clock()
    deliveries.postpone(ledger, delivery, now + wait + more, refusals.WAITING, tried=tried)
    deliveries.put_off_all(ledger, delivery.helpdesk, refusals.WAITING, now, wait)


def _let_run_wait(services: Services, run: Run, wait: float, more: float = 0.0) -> None:
    ledger, now = services.ledger, services.clock()
    due = now + wait + more
    run_states.postpone(ledger, run, due, refusals.WAITING, now, tried=False)
    run_states.put_off_all(ledger, run.key.helpdesk, refusals.WAITING, now, wait)


def _hopeless(error: Exception, attempts: int, bugs: int) -> bool:
    # What is forbidden may be allowed again: a permission is being changed.
    if isinstance(error, HelpdeskError) and error.permanent and not isinstance(error, Forbidden):
        return True
    if _if_bug(error):
        return bugs + 1 >= MOST_ATTEMPTS_AT_A_BUG
    return attempts + 1 >= MOST_ATTEMPTS


def _if_bug(error: Exception) -> bool:
    return not isinstance(error, (HelpdeskError, *PASSING))


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
