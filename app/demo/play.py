"""The play: customers write, the bot drafts, agents answer, and the next customer profits.

Everything goes the real way: over HTTP into the sandbox, by webhook into the queue, through the
workers and back. What came of it is read from the ledger and from the helpdesk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.demo import score
from app.demo.company import DemoTicket
from app.demo.desk import Desk
from app.demo.expect import Judgement
from app.demo.score import Score
from app.domain import Outcome
from app.ledger import lessons, runs
from app.ledger.runs import Run
from app.services import Services

# A batch waits for the slowest of its tickets: this much to begin with, and more for each.
PATIENCE = 90.0
PATIENCE_PER_TICKET = 3.0


class PlayFailed(RuntimeError):
    """Something that the play waits for did not happen in time."""


@dataclass(slots=True)
class Play:
    """One performance on one helpdesk; ``opened`` maps our ticket ids to the helpdesk's.

    ``article_ids`` does the same for articles.
    """

    services: Services
    desk: Desk
    helpdesk: str
    article_ids: Mapping[str, str]
    progress: Callable[[str, int, int], None]
    tend: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    opened: dict[str, str] = field(default_factory=dict)
    examples_before: int = 0

    def open(self, tickets: Sequence[DemoTicket]) -> None:
        """Write in as customers do."""
        for number, ticket in enumerate(tickets, start=1):
            self.opened[ticket.id] = self.desk.open_ticket(ticket)
            self.progress(f"{self.helpdesk}: customers write", number, len(tickets))

    def wait_for_answers(self) -> None:
        """Wait until each opened ticket has been dealt with; raises ``PlayFailed``."""
        total = len(self.opened)
        patience = PATIENCE + PATIENCE_PER_TICKET * total
        self._wait("the bot works", self._finished, total, patience)

    def agents_answer(self, tickets: Sequence[DemoTicket]) -> int:
        """Let the scripted agents answer; returns how many replies they sent."""
        sent = 0
        for ticket in tickets:
            answer = ticket.answer
            if answer is None:
                continue
            ticket_id = self.opened[ticket.id]
            keeps = answer.uses == "kept" and self.desk.draft(ticket_id) is not None
            if keeps or answer.text:
                self.desk.answer(ticket_id, None if keeps else answer.text, answer.agent)
                sent += 1
        return sent

    def wait_for_lessons(self, replies: int, before: int) -> None:
        """Wait until what the agents' replies teach can be found; raises ``PlayFailed``."""
        ledger = self.services.ledger
        self._wait(
            "the bot reads what was sent",
            lambda: self.signals() - before - len(lessons.not_indexed(ledger, self.helpdesk)),
            replies,
            PATIENCE + PATIENCE_PER_TICKET * replies,
        )

    def signals(self) -> int:
        """Count the signals there are."""
        return len(lessons.listed_signals(self.services.ledger, self.helpdesk))

    def last_run(self, ticket: DemoTicket) -> Run | None:
        """Read the newest run of a ticket."""
        found = runs.listed(self.services.ledger, self.helpdesk, self.opened[ticket.id], 1)
        return found[0] if found else None

    def outcomes(self) -> dict[str, Outcome]:
        """Name the outcome of each opened ticket, by the helpdesk's id."""
        notes = {ticket_id: self.desk.bot_notes(ticket_id) for ticket_id in self.opened.values()}
        return score.outcomes_of(self._last_runs(), notes)

    def score(self, tickets: Sequence[DemoTicket], judgement: Judgement | None) -> Score:
        """Count what came of it."""
        relevant = {t.id: t.relevant for t in tickets if t.relevant}
        cited = [
            ticket
            for ticket in tickets
            if ticket.id in relevant
            and score.cites(
                self.last_run(ticket), [self.article_ids[each] for each in relevant[ticket.id]]
            )
        ]
        last_runs = self._last_runs().values()
        drafts = [score.draft_of(run) for run in last_runs]
        return Score(
            helpdesk=self.helpdesk,
            tickets=len(self.opened),
            outcomes=score.count(self.outcomes().values()),
            learned=lessons.count_examples(self.services.ledger, self.helpdesk)
            - self.examples_before,
            answered_from_learned=sum(1 for draft in drafts if draft is not None and draft.learned),
            seconds_to_note=self._seconds_to_note(),
            cited_relevant=len(cited) if relevant else None,
            with_relevant=len(relevant) if relevant else None,
            as_expected=judgement.as_expected if judgement else None,
            expected=judgement.expected if judgement else None,
        )

    def _seconds_to_note(self) -> list[float]:
        written = runs.written_at(self.services.ledger, self.helpdesk)
        return [
            written[run.id] - run.announced_at
            for run in self._last_runs().values()
            if run is not None and run.announced_at is not None and run.id in written
        ]

    def _last_runs(self) -> dict[str, Run | None]:
        newest: dict[str, Run | None] = dict.fromkeys(self.opened.values())
        for run in reversed(runs.listed(self.services.ledger, self.helpdesk, limit=100_000)):
            if run.key.ticket_id in newest:
                newest[run.key.ticket_id] = run
        return newest

    def _finished(self) -> int:
        at_rest = runs.at_rest(self.services.ledger, self.helpdesk)
        return sum(1 for ticket_id in self.opened.values() if ticket_id in at_rest)

    def _wait(self, what: str, done: Callable[[], int], total: int, patience: float) -> None:
        deadline = self.clock() + patience
        what = f"{self.helpdesk}: {what}"
        while (so_far := done()) < total:
            self.progress(what, so_far, total)
            if self.clock() > deadline:
                raise PlayFailed(f"{what}: only {so_far} of {total} after {patience:.0f} s")
            self.tend()
            self.sleep(0.25)
        self.progress(what, total, total)
