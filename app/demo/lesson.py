"""The lesson on anybody's own data: an agent improves a draft, and the next customer gets it.

The company's tickets bring their own script, with a true paraphrase. Foreign questions have none,
so one that got a draft is answered with an addition, and asked again in another wrapping.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.demo.company import DemoAnswer, DemoExpectation, DemoTicket
from app.demo.play import Play
from app.domain import Outcome

# In no knowledge base, so that it can only have been learned.
ADDITION = "If that does not help, quote the reference UNDERSTUDY-7731 and we look into it at once."


class NothingToTeach(RuntimeError):
    """No question got a draft, so no agent can improve one."""


def improvise(first: Sequence[DemoTicket], play: Play) -> tuple[DemoTicket, DemoTicket]:
    """Script a lesson: the ticket with an agent's answer, and the ticket that profits from it.

    Raises ``NothingToTeach``.
    """
    outcomes = play.outcomes()
    for ticket in first:
        ticket_id = play.opened[ticket.id]
        draft = play.desk.draft(ticket_id) if outcomes[ticket_id] is Outcome.DRAFT else None
        if draft:
            answer = DemoAnswer(agent="Robin Vale", uses="edited", text=f"{draft}\n\n{ADDITION}")
            return ticket.model_copy(update={"answer": answer}), _again(ticket)
    raise NothingToTeach("No question got a draft, so there is nothing that an agent could improve")


def _again(ticket: DemoTicket) -> DemoTicket:
    return DemoTicket(
        id=f"{ticket.id}-again",
        text=f"Hi team,\n\nquick question from me:\n{ticket.text}\n\nMany thanks",
        wave=2,
        expect=DemoExpectation(outcome="draft", learned_from=ticket.id, says=ADDITION),
    )
