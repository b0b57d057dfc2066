"""A queue in memory, with RQ's habits: it carries jobs, forgets them, and may bring one twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from app import queues
from tests.chaos.chances import Chances
from tests.chaos.kernel import Kernel


@dataclass
class Job:
    """A call of ``app.jobs`` on its way, or running. ``lost_at`` is when its process died."""

    id: str
    function: str
    argument: str
    lost_at: float | None = None


class Broker:
    """Stands in for Redis and RQ. ``ticket_of`` tells which ticket a job is about, 0 for none."""

    def __init__(
        self, kernel: Kernel, chances: Chances, ticket_of: Callable[[str, str], int]
    ) -> None:
        self._kernel, self._chances, self._ticket_of = kernel, chances, ticket_of
        self._jobs: dict[str, Job] = {}
        self._queues: dict[str, deque[Job]] = {name: deque() for name in queues.QUEUES}
        self._idle: dict[str, list[Callable[[], object]]] = {name: [] for name in queues.QUEUES}

    def enqueue(self, queue: str, function: str, argument: str) -> None:
        """Put a job into a queue."""
        ticket = self._ticket_of(function, argument)
        if self._chances.hits("job_lost", ticket):
            return
        job = Job(queues.job_id(function, argument), function, argument)
        self._jobs[job.id] = job
        self._queues[queue].append(job)
        if self._chances.hits("job_doubled", ticket):
            self._queues[queue].append(job)
        while self._idle[queue]:
            self._idle[queue].pop()()

    def carries(self, job_id: str, now: float) -> bool:
        """Tell what ``queues.is_carried`` tells."""
        job = self._jobs.get(job_id)
        if job is None:
            return False
        return job.lost_at is None or job.lost_at > now - queues.SILENCE_SECONDS

    def take(self, queue: str) -> Job | None:
        """Take the next job out of a queue."""
        if not self._queues[queue]:
            return None
        return self._queues[queue].popleft()

    def done(self, job: Job) -> None:
        """Forget a job that has ended."""
        if self._jobs.get(job.id) is job:
            del self._jobs[job.id]

    def lost(self, job: Job) -> None:
        """Note that the process of a job is no more."""
        job.lost_at = self._kernel.seconds()

    def wait(self, queue: str, wake: Callable[[], object]) -> None:
        """Call once when something lies in the queue again."""
        self._idle[queue].append(wake)

    def set(self, name: str, value: str, px: int) -> None:
        """Take what somebody says in passing, such as that the scheduler lives; nobody asks."""
