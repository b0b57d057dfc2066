"""The process of one RQ worker: loads what is heavy, then forks for each job.

Measured: a used onnxruntime session and imported libraries survive the fork; network clients and
database connections are built by the child (``Services`` keeps them for each process id).
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from redis import Redis
from redis.client import Pipeline
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker_registration import REDIS_WORKER_KEYS

from app import jobs, queues, worker
from app.knowledge.index import KnowledgeDown
from app.ledger.store import LedgerDown
from app.llm import ModelFailed
from app.logs import get_logger
from app.look import Stopwatch, look
from app.pipeline.language import language_of
from app.services import Services
from connectors.errors import Misconfigured
from connectors.types import Message, Person, Status, Ticket

# Measured on RQ 2.12: with these a job of a killed worker is back within about a minute; with
# RQ's defaults it is still missing after 150 seconds.
WORKER_TTL = 20
MAINTENANCE_SECONDS = 5

log = get_logger()


class LastingWorker(Worker):
    """An RQ worker that registers anew with a broker that came back empty.

    RQ registers once: after that it would work on, but be counted as missing for ever.
    Before each fork it opens the knowledge that went live since: each job would do so by itself.
    """

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork for a job."""
        keep_warm(jobs.services())
        super().fork_work_horse(job, queue)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Tell that this worker lives, and who it is, where that was forgotten."""
        if pipeline is None and not self.connection.sismember(REDIS_WORKER_KEYS, self.key):
            self.connection.delete(self.key)
            self.register_birth()  # type: ignore[no-untyped-call]
        super().heartbeat(timeout, pipeline)


def warm_up(services: Services) -> None:
    """Do once, before any fork, what every job would otherwise do anew.

    A look at an invented ticket loads the model, compiles the patterns of the rules, opens the
    lexical index and imports what is imported late; nothing is written. What such a look may do
    without is loaded apart: the vector store's library and the model of languages, half a second
    each.
    """
    now = datetime.fromtimestamp(services.clock(), UTC)
    nobody = Person(id="nobody")
    message = Message(id="1", author=nobody, public=True, text="How do I start?", created_at=now)
    ticket = Ticket("warm-up", "", Status.NEW, "", nobody, (message,))
    language_of("Nobody asks for it before the help centre was read.")
    try:
        # Nothing else here asks it while a help centre is small and nothing is learned yet.
        services.vectors.collections()
    except KnowledgeDown as error:
        log.warning("vector store does not answer yet", error=str(error))
    for helpdesk in services.settings.helpdesks:
        try:
            look(
                services,
                helpdesk,
                ticket,
                message,
                mode=services.settings.answer_mode,
                replies_so_far=0,
                watch=Stopwatch(),
            )
        except (KnowledgeDown, ModelFailed, Misconfigured) as error:
            log.warning("worker starts cold", helpdesk=helpdesk, error=str(error))
    services.let_go()


def keep_warm(services: Services) -> None:
    """Open, once for all jobs to come, the knowledge that went live since the last of them."""
    try:
        for helpdesk in services.settings.helpdesks:
            services.knowledge.warm(helpdesk)
    except LedgerDown as error:  # the job will say so, too
        log.warning("worker forks cold", error=str(error))
    finally:
        services.let_go()


def _note_killed(services: Services, job: Job) -> None:
    """Keep account, in the parent, of a job whose process ended without a word."""
    try:
        worker.note_killed(services, str(job.func_name).rpartition(".")[2], str(job.args[0]))
    except LedgerDown as error:
        log.error("killed job not counted", job=job.id, error=str(error))
    finally:
        services.let_go()  # no connection of ours may be open at the next fork


def run_worker(services: Services, name: str) -> None:
    """Serve one queue until told to stop; a job that was begun is finished first."""
    warm_up(services)
    jobs.bind(services)
    # A broker that hangs must not hang the worker: RQ blocks for less than its time to live.
    broker = Redis.from_url(services.settings.redis_url, socket_timeout=WORKER_TTL + 5)
    logging.getLogger("rq").setLevel(logging.WARNING)
    rq_worker = LastingWorker(
        [queues.queue(name, broker)],
        connection=broker,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_SECONDS,
        job_monitoring_interval=queues.HEARTBEAT_SECONDS,
        work_horse_killed_handler=lambda job, *_: _note_killed(services, job),
        log_job_description=False,
    )
    rq_worker.work(logging_level="WARNING")
