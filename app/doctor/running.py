"""What runs: workers, the scheduler, and whether the work that waits is done."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterator, Sequence

from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.worker import BaseWorker

from app import queues
from app.doctor.exam import span
from app.doctor.stores import PATIENCE, broker_fault
from app.doctor.subject import Installation
from app.ledger import cursors, deliveries
from app.ledger.deliveries import Origin
from connectors import webhook_variable
from connectors.setup import Finding

# What is due for longer waits for something that does not come, in seconds.
LONGEST_WAIT = 120.0
# A sweep or a sync may fail now and then; this many intervals without one are no accident.
MISSED = 10
# A webhook may be lost now and then; this many tickets in a row are no accident.
LOST = 3
LATEST = 50  # announcements that are looked at, to tell whether webhooks come
WORKERS = "workers"
WEBHOOKS = "webhooks that came"


def workers(subject: Installation) -> Iterator[Finding]:
    """Tell who works; where nothing of ours runs at all, that is no fault."""
    url = subject.services.settings.redis_url
    if url and broker_fault(url):
        return  # said by the broker's own check; nobody can be looked for
    found = registered(subject)
    if found is None:
        said = "Nothing runs here now; understudy up starts everything."
        yield Finding(WORKERS, ok=True, message=said)
        return
    served, alone, hosts = found
    yield served_queues(served, alone=alone)
    if not subject.services.settings.database_url:
        yield from several_hosts(hosts, socket.gethostname())


def registered(subject: Installation) -> tuple[list[str], bool, set[str]] | None:
    """Read who serves which queue, whether the scheduler is missing, and on which hosts they are.

    ``None`` where nothing runs, or where that cannot be known: the broker does not answer.
    """
    url = subject.services.settings.redis_url
    if not url or broker_fault(url):
        return None
    broker = queues.connect_broker(url, PATIENCE)
    by_queue = {name: _workers(broker, name) for name in queues.QUEUES}
    served = [name for name, found in by_queue.items() for _ in found]
    alone = not queues.has_scheduler(broker)
    if not served and alone and not subject.up:
        return None
    hosts = {worker.hostname for found in by_queue.values() for worker in found if worker.hostname}
    return served, alone, hosts


def served_queues(served: Sequence[str], *, alone: bool) -> Finding:
    """Judge which queues are served; ``served`` names a queue for each of its workers."""
    missing = [name for name in queues.QUEUES if name not in served]
    if not missing and not alone:
        said = f"{len(served)} workers and the scheduler are alive; every queue is served."
        return Finding(WORKERS, ok=True, message=said)
    lacks = [f"No worker serves the queue {name}." for name in missing]
    start = [f"understudy run worker --queue {name}" for name in missing]
    if alone:
        lacks.append("No scheduler runs.")
        start.append("understudy run scheduler")
    return Finding(
        WORKERS,
        ok=False,
        message=" ".join(lacks),
        remedy=f"Their logs say why they ended. Start {', '.join(start)}; or understudy up.",
    )


def several_hosts(hosts: Collection[str], this: str) -> Iterator[Finding]:
    """Doubt a ledger in a file where workers run on other hosts than this one."""
    others = sorted(set(hosts) - {this})
    if others:
        yield Finding(
            "hosts",
            ok=True,
            message=f"Workers run on {', '.join(others)} too, and the ledger is a file.",
            remedy="On several machines each would have a ledger of its own: set DATABASE_URL. "
            "Containers of one machine may share the file.",
        )


def work(subject: Installation, helpdesk: str) -> Iterator[Finding]:
    """Tell when an account was swept last, and whether something waits for too long."""
    if not subject.has_record or registered(subject) is None:
        return
    services = subject.services
    now = services.clock()
    swept = cursors.saved_at(services.ledger, helpdesk, cursors.TICKETS)
    since = deliveries.oldest_due(services.ledger, helpdesk, now)
    yield sweeps(None if swept is None else now - swept, services.settings.sweep_seconds)
    latest = deliveries.origins(services.ledger, helpdesk, LATEST)
    yield webhooks(latest, now, webhook_variable(helpdesk))
    yield waiting(None if since is None else now - since)


def sweeps(age: float | None, interval: float) -> Finding:
    """Judge how long ago an account was swept, in seconds; ``None``: never yet."""
    check = "sweep"
    if age is None:
        return Finding(check, ok=True, message="It was not swept yet.")
    said = f"Tickets whose webhook never came were looked for {span(age)} ago."
    if age <= max(MISSED * interval, LONGEST_WAIT):
        return Finding(check, ok=True, message=said)
    remedy = "See the log of the worker of the queue learning: sweeps fail, or nobody asks for any."
    return Finding(check, ok=False, message=said, remedy=remedy)


def webhooks(latest: Sequence[Origin], now: float, variable: str) -> Finding:
    """Doubt webhooks where sweeps alone find tickets; takes the newest first. Pure.

    A helpdesk that signs with another secret than ``variable`` is refused, and nobody but the log
    would tell.
    """
    announced = [each for each in latest if not each.swept]
    last = announced[0].received_at if announced else None
    heard = {each.ticket_id for each in announced}
    missed = {
        each.ticket_id for each in latest if each.swept and each.received_at > (last or 0.0)
    } - heard
    said = f"The last one came {span(now - last)} ago" if last else "None has come yet"
    if len(missed) < (LOST if announced else 1):
        return Finding(WEBHOOKS, ok=True, message=f"{said}.")
    tickets = f"{len(missed)} ticket{'s' * (len(missed) > 1)}"
    return Finding(
        WEBHOOKS,
        ok=True,
        message=f"{said}, and sweeps alone found {tickets}, later than a webhook would.",
        remedy="Where the log of the web process says that a webhook was refused, compare "
        f"{variable} with the secret at the helpdesk. Else see there whether it sends any, and to "
        "which address.",
    )


def waiting(age: float | None) -> Finding:
    """Judge for how long the oldest announcement has been due, in seconds; ``None``: none is."""
    check = "waiting tickets"
    if age is None or age <= LONGEST_WAIT:
        return Finding(check, ok=True, message="No ticket waits for a worker.")
    remedy = (
        "See the workers' logs. Where there are simply too many tickets, raise TICKET_WORKERS or "
        "start understudy run worker --queue tickets once more."
    )
    said = f"A ticket has been waiting for a worker for {span(age)}."
    return Finding(check, ok=False, message=said, remedy=remedy)


def _workers(broker: Redis, name: str) -> list[BaseWorker]:
    try:
        return list(Worker.all(queue=queues.queue(name, broker)))
    except RedisError:
        return []
