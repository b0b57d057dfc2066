"""Queues: transport only. What must happen stands in the ledger; a lost job costs a little time.

One queue for each worker process: a worker on two queues fetches with BLPOP, and a job that was
popped when it dies is lost for good; on one queue it is moved, and comes back.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from redis import Redis
from rq import Queue, Retry, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from connectors.types import EventKind

TICKETS, LEARNING, UPKEEP = "tickets", "learning", "upkeep"
QUEUES = (TICKETS, LEARNING, UPKEEP)

# A first sync of a large help centre takes hours; a look at a ticket never does.
UPKEEP_SECONDS = 6 * 3600
# A webhook waits at most this long for the broker, in seconds.
WEB_PATIENCE = 0.2
# So does everybody else: a broker whose host is gone without a word is tried anew after this.
PATIENCE = 10.0
# A worker tells this often that its job still runs, and is taken for dead when it has not been
# heard of for so long, in seconds.
HEARTBEAT_SECONDS = 5
SILENCE_SECONDS = 15.0
# Crashed jobs stay readable for an operator this long, in seconds.
FAILURE_TTL = 86_400
SCHEDULER = "understudy:scheduler"  # key of its sign of life


def connect_broker(url: str, patience: float | None = None) -> Redis:
    """Open a connection to the broker; ``patience`` bounds each call, in seconds."""
    connection: Redis = Redis.from_url(
        url, socket_timeout=patience, socket_connect_timeout=patience or 5.0
    )
    return connection


def place_of(url: str) -> str:
    """Say where a broker or a store is, as people name it: never with the password in its URL."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path or "an address that is not set"


def queue(name: str, broker: Redis) -> Queue:
    """Open a queue. Jobs travel as JSON: RQ's default, pickle, runs what the broker holds."""
    return Queue(name, connection=broker, serializer=JSONSerializer)


def has_worker(broker: Redis, name: str) -> bool:
    """Tell whether a worker serves a queue.

    Not by ``Worker.count``: one that was killed stays in that set, though its heartbeat ended.
    """
    return bool(Worker.all(queue=queue(name, broker)))


def note_scheduler(broker: Redis) -> None:
    """Tell that a scheduler lives; to be called each second or so."""
    broker.set(SCHEDULER, "alive", px=int(SILENCE_SECONDS * 1000))


def has_scheduler(broker: Redis) -> bool:
    """Tell whether a scheduler was heard of lately."""
    return bool(broker.exists(SCHEDULER))


def queue_of(kind: EventKind) -> str:
    """Tell which queue an announcement goes to: customers wait for the first, nobody for others."""
    if kind is EventKind.ARTICLE:
        return UPKEEP  # it may take long, and goes behind a sync that runs
    return TICKETS if kind in (EventKind.CREATED, EventKind.CUSTOMER_REPLIED) else LEARNING


def enqueue(broker: Redis, name: str, function: str, argument: str, *, seconds: int) -> None:
    """Put one call of ``app.jobs`` into a queue; its argument is an id, never an object."""
    queue(name, broker).enqueue(
        f"app.jobs.{function}",
        args=(argument,),
        job_id=job_id(function, argument),
        job_timeout=seconds,
        retry=Retry(max=3),
        result_ttl=0,
        failure_ttl=FAILURE_TTL,
    )


def is_carried(broker: Redis, job_id: str, now: float) -> bool:
    """Tell whether a job is on its way: queued, or running in a worker that was heard of lately.

    ``now`` is in seconds since the epoch. What was started and neither ends nor gives a sign of
    life was running in a worker that is no more.
    """
    try:
        job = Job.fetch(job_id, connection=broker, serializer=JSONSerializer)
    except NoSuchJobError:
        return False
    status = job.get_status(refresh=False)
    if status is JobStatus.STARTED:
        heard = job.last_heartbeat or job.started_at
        return heard is not None and heard.timestamp() > now - SILENCE_SECONDS
    return status is JobStatus.QUEUED


def job_id(function: str, argument: str) -> str:
    """Name the job of a call: the same call has the same job, however often it is enqueued."""
    return f"{function}-{argument}"
