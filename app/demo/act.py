"""A headless performance: customers write, agents answer by their script, customers write again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.demo import lesson
from app.demo.company import DemoTicket
from app.demo.expect import Judgement, judge
from app.demo.play import Play
from app.demo.score import Score
from app.domain import Outcome


def happened(score: Score) -> bool:
    """Tell whether the demo showed what it is for: nothing failed, and a lesson came back."""
    failed = score.outcomes.get(Outcome.FAILED, 0)
    return not failed and score.learned > 0 and score.answered_from_learned > 0


@dataclass(slots=True)
class Act:
    """One helpdesk's performance, in three steps, so that several can go on side by side."""

    play: Play
    first: Sequence[DemoTicket]
    second: Sequence[DemoTicket]
    improvised: bool = False  # these customers came without a script and without expectations

    def begin(self) -> None:
        """Wait for the first customers' notes, and let the agents answer."""
        self.play.wait_for_answers()
        before = self.play.signals()
        answered = self.first
        if not any(ticket.answer for ticket in self.first):
            taught, again = lesson.improvise(self.first, self.play)
            answered, self.second, self.improvised = [taught], [again], True
        replies = self.play.agents_answer(answered)
        self.play.wait_for_lessons(replies, before)

    def go_on(self) -> None:
        """Let the second customers write, who may profit from what was learned."""
        self.play.open(self.second)

    def end(self) -> tuple[Score, Judgement]:
        """Wait for their notes, and hold everything to what was expected."""
        self.play.wait_for_answers()
        customers = [*self.first, *self.second]
        outcomes = self.play.outcomes()
        judgement = judge(
            customers,
            {ticket.id: self.play.last_run(ticket) for ticket in customers},
            {ticket.id: outcomes[self.play.opened[ticket.id]] for ticket in customers},
            self.play.article_ids,
        )
        return self.play.score(customers, None if self.improvised else judgement), judgement
