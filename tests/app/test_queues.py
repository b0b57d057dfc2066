"""Jobs are names and ids in JSON: what lies in the broker is never run as code."""

from __future__ import annotations

import json
import pickle
import zlib
from typing import Any

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from app import jobs, queues, worker
from app.queues import LEARNING, TICKETS
from connectors.types import EventKind


@pytest.fixture
def broker(broker_url: str) -> Redis:
    return queues.connect_broker(broker_url)


def put(broker: Redis, argument: str = "d1") -> Job:
    queues.enqueue(broker, TICKETS, "handle_delivery", argument, seconds=90)
    (job,) = queues.queue(TICKETS, broker).jobs
    return job


def everything(broker: Any) -> list[bytes]:
    """Every value in the broker, as it lies there."""
    values: list[bytes] = []
    for key in broker.scan_iter():
        match broker.type(key):
            case b"hash":
                values += broker.hgetall(key).values()
            case b"list":
                values += broker.lrange(key, 0, -1)
            case b"set":
                values += broker.smembers(key)
            case b"zset":
                values += broker.zrange(key, 0, -1)
            case _:
                values.append(broker.get(key))
    return values


def test_a_job_travels_as_json(broker: Any) -> None:
    put(broker)
    data = zlib.decompress(broker.hget("rq:job:handle_delivery-d1", "data"))
    assert json.loads(data) == ["app.jobs.handle_delivery", None, ["d1"], {}]


def test_nothing_in_the_broker_is_a_pickle(broker: Redis) -> None:
    put(broker)
    values = everything(broker)
    assert len(values) > 5
    for value in values:
        for raw in (value, *([zlib.decompress(value)] if value[:1] == b"\x78" else [])):
            # Every pickle since protocol 2 begins with PROTO; older ones end in STOP.
            assert not (raw.startswith(b"\x80") and raw.endswith(pickle.STOP)), raw


def test_a_call_has_one_job_however_often_it_is_enqueued(broker: Any) -> None:
    put(broker)
    queues.enqueue(broker, TICKETS, "handle_delivery", "d2", seconds=90)
    queues.enqueue(broker, LEARNING, "handle_delivery", "d1", seconds=90)
    jobs_kept = {key.decode() for key in broker.keys("rq:job:*")}
    assert {"rq:job:handle_delivery-d1", "rq:job:handle_delivery-d2"} <= jobs_kept
    assert len(jobs_kept) == 2


def test_a_job_has_a_time_limit_and_is_tried_again(broker: Redis) -> None:
    job = put(broker)
    assert job.timeout == 90
    assert job.retries_left == 3
    assert job.failure_ttl == queues.FAILURE_TTL
    assert job.result_ttl == 0, "what it did stands in the ledger"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (EventKind.CREATED, TICKETS),
        (EventKind.CUSTOMER_REPLIED, TICKETS),
        (EventKind.AGENT_REPLIED, LEARNING),
        (EventKind.NOTED, LEARNING),
        (EventKind.CHANGED, LEARNING),
    ],
)
def test_only_what_a_customer_waits_for_goes_first(kind: EventKind, name: str) -> None:
    assert queues.queue_of(kind) == name


def test_every_function_that_is_enqueued_is_there() -> None:
    for function in ("handle_delivery", "work_run", "sweep_tickets", "sync_knowledge"):
        assert callable(getattr(jobs, function))


def test_a_worker_calls_the_job_by_its_name(broker: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(worker, "handle", lambda _services, argument: called.append(argument))
    monkeypatch.setattr(jobs, "_bound", [object()])
    put(broker)
    Job.fetch("handle_delivery-d1", connection=broker, serializer=JSONSerializer).perform()
    assert called == ["d1"]


def test_a_worker_that_signs_off_is_not_there(broker: Redis) -> None:
    assert not queues.has_worker(broker, TICKETS)
    made = SimpleWorker(
        [queues.queue(TICKETS, broker)], connection=broker, serializer=JSONSerializer
    )
    made.register_birth()  # type: ignore[no-untyped-call]
    assert queues.has_worker(broker, TICKETS)
    assert not queues.has_worker(broker, LEARNING)
    made.register_death()  # type: ignore[no-untyped-call]
    assert not queues.has_worker(broker, TICKETS)
