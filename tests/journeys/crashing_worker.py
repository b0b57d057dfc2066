"""A worker that dies by SIGKILL at the step it is told.

``python -m tests.journeys.crashing_worker``, built from the environment as ``understudy run
worker`` is; the hooks are here and not in the product. Each line on standard input names a step
and a delivery; a forked child, as RQ forks one for each job, handles the delivery and dies. How it
ended is printed as one line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import requests

from app import worker
from app.cli.common import services_for
from app.ledger import deliveries, leases, run_states
from app.services import Services
from app.worker_process import warm_up

BEFORE, DURING, AFTER = "before", "during", "after"
# Into a held update, and before it takes effect.
INTO_THE_UPDATE = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """Where to die: before, during or after the nth call of a function."""

    when: str
    owner: Any  # None: the connector's class
    name: str
    nth: int = 1
    writing: bool = False  # only HTTP calls that change something count


STEPS: Mapping[str, Step] = {
    "before the ticket is read": Step(BEFORE, None, "ticket"),
    "once the ticket is read": Step(AFTER, None, "ticket"),
    "once it is noted what was seen": Step(AFTER, leases, "note_seen"),
    "once the run is begun": Step(AFTER, run_states, "begin"),
    "once the announcement is done with": Step(AFTER, deliveries, "finish_all"),
    "before the plan is kept": Step(BEFORE, run_states, "plan"),
    "once the plan is kept": Step(AFTER, run_states, "plan"),
    "once the ticket is read again": Step(AFTER, None, "ticket", nth=2),
    "once applying is noted": Step(AFTER, run_states, "start_applying"),
    "before the update is sent": Step(BEFORE, requests.Session, "send", writing=True),
    "while the update is under way": Step(DURING, requests.Session, "send", writing=True),
    "when the answer to the update is lost": Step(AFTER, requests.Session, "send", writing=True),
    "once the update is answered": Step(AFTER, requests.Session, "send", writing=True),
    "before the receipt is kept": Step(BEFORE, run_states, "finish"),
    "once the run is finished": Step(AFTER, run_states, "finish"),
}
# Where a change is several calls, the same again for the second: note first, tags after it.
SECOND = {
    "before the second update is sent": Step(BEFORE, requests.Session, "send", 2, writing=True),
    "once the second update is answered": Step(AFTER, requests.Session, "send", 2, writing=True),
}
ALL_STEPS = {**STEPS, **SECOND}
WRITING = [name for name, step in STEPS.items() if step.writing] + list(SECOND)


def main() -> None:
    """Die as often as asked."""
    services = services_for(Path(os.devnull))
    warm_up(services)
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _die_at(services, ALL_STEPS[asked["step"]], asked["delivery"])
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({**asked, "killed": killed}) + "\n")
        sys.stdout.flush()


def _die_at(services: Services, step: Step, delivery_id: str) -> None:
    delivery = deliveries.get(services.ledger, delivery_id)
    assert delivery is not None
    owner = step.owner or type(services.connector(delivery.helpdesk))
    setattr(owner, step.name, _deadly(getattr(owner, step.name), step, count(1)))
    worker.handle(services, delivery_id)
    os._exit(0)  # it lived: the caller will say so


def _deadly(genuine: Callable[..., Any], step: Step, calls: Iterator[int]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if not _counts(step, args) or next(calls) != step.nth:
            return genuine(*args, **kwargs)
        if step.when == BEFORE:
            _die()
        if step.when == DURING:
            threading.Timer(INTO_THE_UPDATE, _die).start()
        try:
            return genuine(*args, **kwargs)
        finally:
            _die()

    return call


def _counts(step: Step, args: tuple[Any, ...]) -> bool:
    if not step.writing:
        return True
    request = args[1]
    # Asking for a token and searching are POSTs that write nothing.
    reading = "/oauth/" in request.url or request.url.endswith("/search")
    return request.method in {"POST", "PUT"} and not reading


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
