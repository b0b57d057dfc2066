"""The process of one RQ worker: loads what is heavy, then forks for each job.

Measured: a used onnxruntime session and imported libraries survive the fork; network clients and
database connections are built by the child (``Services`` keeps them for each process id).
"""

from __future__ import annotations

import logging

from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer

from app import jobs, queues
from app.services import Services

# Measured on RQ 2.12: with these a job of a killed worker is back within about a minute; with
# RQ's defaults it is still missing after 150 seconds.
WORKER_TTL = 20
MAINTENANCE_SECONDS = 5


def run_worker(services: Services, name: str) -> None:
    """Serve one queue until told to stop; a job that was begun is finished first."""
    services.warm_up()
    jobs.bind(services)
    # A broker that hangs must not hang the worker: RQ blocks for less than its time to live.
    broker = Redis.from_url(services.settings.redis_url, socket_timeout=WORKER_TTL + 5)
    logging.getLogger("rq").setLevel(logging.WARNING)
    worker = Worker(
        [queues.queue(name, broker)],
        connection=broker,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_SECONDS,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")
