"""Worker processes: each takes jobs from one queue, is killed now and then, and starts anew."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from app import jobs, worker
from tests.chaos.broker import Job
from tests.chaos.kernel import Kernel, Parked
from tests.chaos.loopback import Caller
from tests.chaos.processes import Company, Died, Life, SoakServices

RESTART_SECONDS = 1.0
# A job takes about so many steps; one that is to be killed dies at one of them.
STEPS = 40


class Worker:
    """One queue's worker; a thread of the kernel's."""

    def __init__(
        self, company: Company, queue: str, number: int, ticket_of: Callable[[str, str], int]
    ) -> None:
        self.name = f"{queue}-{number}"
        self._company, self._queue, self._ticket_of = company, queue, ticket_of
        self._kernel: Kernel = company.kernel
        self._rng = company.chances.draw("worker", self.name)
        self.caller: Caller | None = None

    def body(self) -> None:
        """Work as long as the world goes on."""
        services = life = None
        while True:
            job = self._company.broker.take(self._queue)
            if job is None:
                self._rest()
                continue
            if services is None or life is None:
                life = Life()
                self.caller = self._new_caller(life)
                services = SoakServices(self._company, life, self.caller)
            try:
                self._work(services, life, job)
                self._company.broker.done(job)
            except Died:
                self._company.broker.lost(job)
                self._bury(services, job)
                services = life = None

    def _rest(self) -> None:
        parked = Parked()
        self._company.broker.wait(self._queue, lambda: self._kernel.wake(0.0, parked))
        self._kernel.park(parked)

    def _new_caller(self, life: Life) -> Caller:
        return Caller(
            name=self.name,
            deadline=self._kernel.now,
            step=life.step,
            latency=lambda: self._rng.uniform(0.05, 0.4),
        )

    def _work(self, services: SoakServices, life: Life, job: Job) -> None:
        assert self.caller is not None
        seconds = services.settings.job_seconds
        self.caller.deadline = self._kernel.now + timedelta(seconds=seconds)
        self.caller.key = ""
        self.caller.seen.clear()
        ticket = self._ticket_of(job.function, job.argument)
        if self._company.chances.hits("process_killed", ticket):
            life.left = self._rng.randrange(STEPS)
        jobs.bind(services)  # this turn's, until the job has taken them
        getattr(jobs, job.function)(job.argument)
        life.left = None

    def _bury(self, services: SoakServices, job: Job) -> None:
        """Start anew after a while. Half of the dead were alone: their parent counts the death."""
        services.let_go()
        self._kernel.sleep(RESTART_SECONDS)
        if self._rng.random() < 0.5:
            parent = SoakServices(self._company)
            worker.note_killed(parent, job.function, job.argument)
            parent.let_go()


def calling(workers: list[Worker]) -> Callable[[], Caller | None]:
    """Make a function that tells which worker's thread it is called in."""
    by_name = {each.name: each for each in workers}

    def who() -> Caller | None:
        found = by_name.get(threading.current_thread().name)
        return found.caller if found else None

    return who
