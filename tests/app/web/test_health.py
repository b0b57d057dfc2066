"""``/healthz`` says that the process lives; ``/readyz`` names what answering a ticket lacks."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer

from app import queues, refusals
from connectors.errors import AuthFailed
from tests.app.web.support import Office


class Heartbeat(BaseHTTPRequestHandler):
    """As much of a vector store as a probe asks for."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/v2/heartbeat" else 404)
        self.end_headers()

    def log_request(self, *_args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def vectors() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Heartbeat)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ready_office(migrated: Path, tmp_path: Path, broker_url: str, vectors: str) -> Iterator[Office]:
    shutil.copy(migrated, tmp_path / "ledger.db")
    office = Office(tmp_path, redis_url=broker_url, chroma_url=vectors)
    for name in queues.QUEUES:
        worker_on(name, broker_url)
    queues.note_scheduler(Redis.from_url(broker_url))
    yield office
    office.services.let_go()


def worker_on(name: str, broker_url: str) -> Worker:
    broker = Redis.from_url(broker_url)
    worker = Worker(
        [queues.queue(name, broker)], connection=broker, serializer=JSONSerializer, name=name
    )
    worker.register_birth()  # type: ignore[no-untyped-call]
    return worker


def down(office: Office) -> dict[str, str]:
    answer = office.client.get("/readyz")
    assert answer.json is not None
    assert answer.status_code == (503 if answer.json["down"] else 200)
    assert answer.json["status"] == ("down" if answer.json["down"] else "ok")
    named: dict[str, str] = answer.json["down"]
    return named


def test_the_process_lives_whatever_else_is_down(office: Office) -> None:
    answer = office.client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_all_is_well(ready_office: Office) -> None:
    assert down(ready_office) == {}


def test_everything_that_is_down_is_named_in_plain_sentences(office: Office) -> None:
    (office.services.settings.data_dir / "ledger.db").unlink()
    assert down(office) == {
        "ledger": "The ledger cannot be used: no such table: runs.",
        "queue": "The broker does not answer at /nowhere/broker.sock.",
        "workers": "Workers are looked for in the broker, which does not answer.",
        "vectors": "The vector store does not answer at an address that is not set.",
    }


def test_a_password_in_an_address_is_never_shown(office: Office) -> None:
    settings = office.services.settings
    update = {
        "redis_url": "redis://maya:invented-pass@127.0.0.1:1/0",
        "chroma_url": "http://maya:invented-pass@127.0.0.1:1",
    }
    office.services.settings = settings.model_copy(update=update)
    named = down(office)
    assert "invented-pass" not in str(named)
    assert named["queue"] == "The broker does not answer at 127.0.0.1:1."


def test_a_queue_that_nobody_serves_is_named(ready_office: Office, broker_url: str) -> None:
    broker = Redis.from_url(broker_url)
    (worker,) = Worker.all(queue=queues.queue(queues.LEARNING, broker))
    worker.register_death()  # type: ignore[no-untyped-call]
    assert down(ready_office) == {"workers": "No worker serves the queue learning."}


def test_a_worker_that_was_killed_is_missed(ready_office: Office, broker_url: str) -> None:
    # A killed worker cannot sign off: it stays in the set of workers, and its heartbeat ends.
    Redis.from_url(broker_url).delete("rq:worker:tickets")
    assert down(ready_office) == {"workers": "No worker serves the queue tickets."}


def test_a_scheduler_that_is_no_more_is_missed(ready_office: Office, broker_url: str) -> None:
    Redis.from_url(broker_url).delete(queues.SCHEDULER)
    assert down(ready_office) == {"workers": "No scheduler runs."}


def test_an_account_that_refuses_us_is_named_and_takes_no_other_away(ready_office: Office) -> None:
    services = ready_office.services
    refusals.note_refused(services, "zendesk", "12", AuthFailed("Zendesk answered 401: no"))
    answer = ready_office.client.get("/readyz")
    assert answer.json is not None
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["down"] == {}
    assert answer.json["refused"]["zendesk"].startswith(
        "Our credentials are refused: Zendesk answered 401: no. Mend the variables that begin "
        "with ZENDESK_"
    )


def test_a_vector_store_that_does_not_answer_is_named(ready_office: Office) -> None:
    settings = ready_office.services.settings
    ready_office.services.settings = settings.model_copy(
        update={"chroma_url": "http://127.0.0.1:1"}
    )
    assert set(down(ready_office)) == {"vectors"}
