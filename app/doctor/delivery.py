"""Proving that a public reply of ours reaches a customer on a ticket's channel.

An admin opens a ticket as a customer would. We reply once with a code that nobody can guess; when
the customer's own next words hold it, the reply has arrived.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from app.ledger import leases, verified
from app.ledger.leases import Busy, Lease
from app.pipeline.skips import from_machine
from app.services import Services
from connectors.errors import Conflict, HelpdeskError, NotFound, Rejected
from connectors.types import Change, Message, Role, Ticket

# Without what is easily mistaken for something else: 0 and O, 1, I and L, U and V.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
LENGTH = 6
POLL = 5.0  # seconds between two readings, each a second longer than the last up to this
TRIES = 20
LEASE_SECONDS = 120.0

Sleep = Callable[[float], None]


class NotSent(RuntimeError):
    """The test reply could not be written; the message says why."""


class NotProved(RuntimeError):
    """The code came back in a way that proves nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The test reply that went out, and the channel that its ticket was on by then."""

    reply_id: str
    channel: str


def new_code(choice: Callable[[str], str] = secrets.choice) -> str:
    """Invent a code that nobody could guess."""
    return "".join(choice(ALPHABET) for _ in range(LENGTH))


def html_of(code: str) -> str:
    """Write what the customer is to read."""
    return f"<p>Understudy delivery test. Please answer with this code: <strong>{code}</strong></p>"


def is_answered(ticket: Ticket, reply_id: str, code: str) -> bool:
    """Tell whether the customer has answered our reply with its code, in any case of letters.

    Only the customer's public messages after ours count, and none after somebody of the team has
    quoted the code in public: the customer may have it from there. What a machine sends proves
    nothing: a mail server that could not deliver ours sends it back, with the code.
    """
    for message in _after(ticket, reply_id):
        if not message.public or code.casefold() not in message.text.casefold():
            continue
        if message.author.role is not Role.CUSTOMER:
            return False
        if from_machine(message, "", message.text) is None:
            return True
    return False


def send(services: Services, helpdesk: str, ticket_id: str, code: str, sleep: Sleep) -> Sent:
    """Write the test reply, once. Raises ``NotSent`` and ``HelpdeskError``."""
    run_id = services.new_id()
    with _held(services, helpdesk, ticket_id, sleep) as lease:
        connector = services.connector(helpdesk)
        try:
            ticket = connector.ticket(ticket_id)
        except NotFound as error:
            told = f"{helpdesk} shows the bot no ticket {ticket_id}; give its id, as in its address"
            raise NotSent(f"{told} ({error}).") from None
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
            return Sent(receipt.reply_id, ticket.channel)
    raise NotSent("The ticket kept changing while we tried to write; try again.")


def wait_for_answer(
    services: Services,
    helpdesk: str,
    ticket_id: str,
    sent: Sent,
    code: str,
    *,
    seconds: float,
    sleep: Sleep,
    told: Callable[[float], None] = lambda _left: None,
) -> Ticket | None:
    """Read the ticket until the code has come back; ``None`` where it does not come in time.

    ``told`` hears before each wait how many seconds are left. Faults that may pass are waited out.
    Raises ``NotProved`` where the ticket is on another channel by then.
    """
    end = services.clock() + seconds
    pause = 0.0
    while True:
        pause = min(pause + 1.0, POLL)
        try:
            ticket = services.connector(helpdesk).ticket(ticket_id)
        except HelpdeskError as error:
            if error.permanent:
                raise
            pause = max(POLL, error.retry_after or 0.0)  # it is not to be asked more often
        else:
            if is_answered(ticket, sent.reply_id, code):
                _require_channel(ticket, sent)
                verified.keep(services.ledger, helpdesk, sent.channel, ticket_id, services.clock())
                return ticket
        left = end - services.clock()
        if left <= 0:
            return None
        told(left)
        sleep(min(pause, left))


def _require_channel(ticket: Ticket, sent: Sent) -> None:
    # The customer may have read it elsewhere: what went out by mail stands in a messenger, too.
    if ticket.channel != sent.channel:
        raise NotProved(
            f"The code came back, but by {ticket.channel or 'an unnamed channel'}, and our reply "
            f"went out by {sent.channel or 'an unnamed channel'}: that does not prove that it "
            "arrives there. Try again, and answer by the same channel."
        )


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
