"""Proving that a public reply of ours reaches a customer on a ticket's channel.

An admin opens a ticket as a customer would. We reply once with a code that nobody can guess; when
the customer's own next words hold it, the reply has arrived.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from app.ledger import leases, verified
from app.ledger.leases import Busy, Lease
from app.services import Services
from connectors.errors import Conflict, HelpdeskError, Rejected
from connectors.types import Change, Message, Role, Ticket

# Without what is easily mistaken for something else: 0 and O, 1, I and L, U and V.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
LENGTH = 6
POLL = 5.0  # seconds between two readings
TRIES = 20
LEASE_SECONDS = 120.0

Sleep = Callable[[float], None]


class NotSent(RuntimeError):
    """The test reply could not be written; the message says why."""


def new_code(choice: Callable[[str], str] = secrets.choice) -> str:
    """Invent a code that nobody could guess."""
    return "".join(choice(ALPHABET) for _ in range(LENGTH))


def html_of(code: str) -> str:
    """Write what the customer is to read."""
    return f"<p>Understudy delivery test. Please answer with this code: <strong>{code}</strong></p>"


def is_answered(ticket: Ticket, reply_id: str, code: str) -> bool:
    """Tell whether the customer has answered our reply with its code, in any case of letters.

    Only the customer's public messages after ours count, and none after somebody of the team has
    quoted the code in public: the customer may have it from there.
    """
    for message in _after(ticket, reply_id):
        if not message.public or code.casefold() not in message.text.casefold():
            continue
        return message.author.role is Role.CUSTOMER
    return False


def send(services: Services, helpdesk: str, ticket_id: str, code: str, sleep: Sleep) -> str:
    """Write the test reply, once; returns its id. Raises ``NotSent`` and ``HelpdeskError``."""
    run_id = services.new_id()
    with _held(services, helpdesk, ticket_id, sleep) as lease:
        connector = services.connector(helpdesk)
        ticket = connector.ticket(ticket_id)
        change = Change(reply=html_of(code), answers=_question(ticket).id)
        verified.begin_test(services.ledger, run_id, lease, services.clock())
        for _ in range(TRIES):
            try:
                receipt = connector.apply(ticket, change, run_id)
            except Conflict:
                sleep(1.0)
                ticket = connector.ticket(ticket_id)
                continue
            verified.finish_test(services.ledger, run_id, lease, receipt, services.clock())
            if receipt.reply_id is None:
                raise NotSent("The helpdesk took the reply and did not say which one it is.")
            return receipt.reply_id
    raise NotSent("The ticket kept changing while we tried to write; try again.")


def wait_for_answer(
    services: Services,
    helpdesk: str,
    ticket_id: str,
    reply_id: str,
    code: str,
    *,
    seconds: float,
    sleep: Sleep,
    told: Callable[[float], None] = lambda _left: None,
) -> Ticket | None:
    """Read the ticket until the code has come back; ``None`` where it does not come in time.

    ``told`` hears before each wait how many seconds are left. Faults that may pass are waited out.
    """
    end = services.clock() + seconds
    while True:
        pause = POLL
        try:
            ticket = services.connector(helpdesk).ticket(ticket_id)
        except HelpdeskError as error:
            if error.permanent:
                raise
            pause = max(POLL, error.retry_after or 0.0)
        else:
            if is_answered(ticket, reply_id, code):
                verified.keep(
                    services.ledger, helpdesk, ticket.channel, ticket_id, services.clock()
                )
                return ticket
        left = end - services.clock()
        if left <= 0:
            return None
        told(left)
        sleep(min(pause, left))


def _question(ticket: Ticket) -> Message:
    if not ticket.writable:
        raise Rejected(f"Ticket {ticket.id} is {ticket.status.value} and takes no replies")
    asked = [m for m in ticket.messages if m.public and m.author.role is Role.CUSTOMER]
    if not asked:
        raise Rejected(f"No customer has written on ticket {ticket.id}: open one as a customer")
    return asked[-1]


def _after(ticket: Ticket, message_id: str) -> Iterator[Message]:
    seen = False
    for message in ticket.messages:
        if seen:
            yield message
        seen = seen or message.id == message_id


@contextmanager
def _held(services: Services, helpdesk: str, ticket_id: str, sleep: Sleep) -> Iterator[Lease]:
    """Hold the ticket, so that no worker reads our reply before we know it for ours."""
    with ExitStack() as stack:
        for left in reversed(range(TRIES)):
            try:
                lease = stack.enter_context(
                    leases.lease(
                        services.ledger, helpdesk, ticket_id, LEASE_SECONDS, services.clock
                    )
                )
                break
            except Busy:
                if not left:
                    raise NotSent(f"Ticket {ticket_id} is being worked on; try again.") from None
                sleep(1.0)
        yield lease
