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
from connectors.zendesk import Zendesk

BEFORE, DURING, AFTER = "before", "during", "after"
# Into a held update, and before it takes effect.
INTO_THE_UPDATE = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """Where to die: before, during or after the nth call of a function."""

    when: str
    owner: Any
    name: str
    nth: int = 1
    method: str | None = None  # only HTTP calls with this method count


STEPS: Mapping[str, Step] = {
    "before the ticket is read": Step(BEFORE, Zendesk, "ticket"),
    "once the ticket is read": Step(AFTER, Zendesk, "ticket"),
    "once it is noted what was seen": Step(AFTER, leases, "note_seen"),
    "once the run is begun": Step(AFTER, run_states, "begin"),
    "once the announcement is done with": Step(AFTER, deliveries, "finish_all"),
    "before the plan is kept": Step(BEFORE, run_states, "plan"),
    "once the plan is kept": Step(AFTER, run_states, "plan"),
    "once the ticket is read again": Step(AFTER, Zendesk, "ticket", nth=2),
    "once applying is noted": Step(AFTER, run_states, "start_applying"),
    "before the update is sent": Step(BEFORE, requests.Session, "send", method="PUT"),
    "while the update is under way": Step(DURING, requests.Session, "send", method="PUT"),
    "when the answer to the update is lost": Step(AFTER, requests.Session, "send", method="PUT"),
    "once the update is answered": Step(AFTER, requests.Session, "send", method="PUT"),
    "before the receipt is kept": Step(BEFORE, run_states, "finish"),
    "once the run is finished": Step(AFTER, run_states, "finish"),
}


def main() -> None:
    """Die as often as asked."""
    services = services_for(Path(os.devnull))
    warm_up(services)
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _die_at(services, STEPS[asked["step"]], asked["delivery"])
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"step": asked["step"], "killed": killed}) + "\n")
        sys.stdout.flush()


def _die_at(services: Services, step: Step, delivery_id: str) -> None:
    genuine = getattr(step.owner, step.name)
    setattr(step.owner, step.name, _deadly(genuine, step, count(1)))
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
    return step.method is None or args[1].method == step.method


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
