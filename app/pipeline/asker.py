"""Say who asks and from where, as far as a ticket tells: for whom an answer is written. Pure."""

from __future__ import annotations

from app.domain import Asker
from connectors.types import OWN_TAG, Role, Ticket

_LONGEST_HINT = 60  # characters; a field that holds more is prose, and names no part of a product


def asker_of(ticket: Ticket, language: str = "") -> Asker:
    """Read who asks from a ticket; ``language`` is that of the question, "" where it is unclear.

    Where somebody else wrote in as a customer, nobody is known to ask: a reply goes to all of
    them, and a restricted article may be for one of them alone. Those who are in copy and have
    not written are not seen in a ticket; drafts from restricted articles say so to the agent.
    """
    account = ticket.account
    alone = _alone(ticket)
    return Asker(
        person=ticket.requester if alone else None,
        account=account if alone else None,
        page=ticket.page_url,
        plan=account.plan.casefold() if account else "",
        language=language,
        words=frozenset(_hints(ticket)),
    )


def _alone(ticket: Ticket) -> bool:
    asks = ticket.requester.id
    return all(
        message.author.id == asks
        for message in ticket.messages
        if message.author.role is Role.CUSTOMER and message.public
    )


def _hints(ticket: Ticket) -> list[str]:
    tags = [tag for tag in ticket.tags if not tag.startswith(OWN_TAG)]
    told = [*tags, *ticket.fields.values()]
    return [hint.casefold() for hint in told if hint.strip() and len(hint) <= _LONGEST_HINT]
