"""A reply is proved to arrive by what only who has read it can write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from app import worker
from app.doctor import delivery
from app.doctor.delivery import ALPHABET, NotProved, NotSent, html_of, is_answered, new_code
from app.domain import RunState, Trigger
from app.ledger import leases, lessons, runs, verified
from connectors.errors import Rejected, Unreachable
from connectors.types import Change, EventKind, Message, Person, Receipt, Role, Ticket
from tests.app.fakes import HELPDESK, MAYA, TOM, Desk, FakeHelpdesk

CODE = "7K3QXW"
QUESTION = "How do I export all projects?"
DAEMON = Person(id="66", name="Mail Delivery System", email="mailer-daemon@mx.example")
BOUNCE = "This is the mail system at host mx.example. Your message could not be delivered."
BOT_OF_VENDOR = Person(id="9", name="Assistant", role=Role.BOT)


def test_a_code_is_long_enough_to_be_no_accident_and_easily_typed() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(rf"[{ALPHABET}]{{6}}", code) for code in codes)
    assert not set("01OILUV") & set(ALPHABET)


# What counts as an answer


def said(desk: Desk, *lines: tuple[Person, str, bool]) -> tuple[Ticket, str]:
    """A ticket with our test reply and what came after it."""
    ticket_id = desk.helpdesk.open(f"My own guess is {CODE}")
    reply_id = desk.helpdesk.say(ticket_id, TOM, html_of(CODE), mark="ours")
    for who, text, public in lines:
        desk.helpdesk.say(ticket_id, who, text, public=public)
    return desk.helpdesk.ticket(ticket_id), reply_id


@pytest.mark.parametrize(
    ("lines", "answered"),
    [
        ([], False),
        ([(MAYA, CODE, True)], True),
        ([(MAYA, f"Here it is: {CODE.lower()}.", True)], True),
        ([(MAYA, "What code?", True), (MAYA, CODE, True)], True),
        ([(MAYA, "7K3Q", True)], False),
        ([(MAYA, CODE, False)], False),
        ([(TOM, CODE, True)], False),
        ([(TOM, CODE, False)], False),
        ([(BOT_OF_VENDOR, CODE, True)], False),
        ([(TOM, f"We sent you {CODE}", True), (MAYA, f"> {CODE}\nThanks", True)], False),
        ([(TOM, f"Ticket {CODE} is a test", False), (MAYA, CODE, True)], True),
        ([(TOM, "Hello", True), (MAYA, CODE, True)], True),
        ([(DAEMON, f"Undelivered: {CODE}", True)], False),
        ([(MAYA, f"{BOUNCE}\n{CODE}", True)], False),
        ([(DAEMON, f"Delayed: {CODE}", True), (MAYA, CODE, True)], True),
    ],
)
def test_only_the_customers_own_words_after_ours_count(
    desk: Desk, lines: list[tuple[Person, str, bool]], answered: bool
) -> None:
    ticket, reply_id = said(desk, *lines)
    assert is_answered(ticket, reply_id, CODE) is answered


# The whole test


class Patience:
    """Sleeping is passing time, and others act meanwhile."""

    def __init__(self, desk: Desk, then: Callable[[], object] = lambda: None) -> None:
        self.desk = desk
        self.then = then
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.desk.clock.pass_by(seconds)
        self.then()


def proved(desk: Desk, ticket_id: str, sleep: Patience, seconds: float = 60.0) -> bool:
    sent = delivery.send(desk.services, HELPDESK, ticket_id, CODE, sleep)
    found = delivery.wait_for_answer(
        desk.services, HELPDESK, ticket_id, sent, CODE, seconds=seconds, sleep=sleep
    )
    return found is not None


def test_a_customer_who_answers_proves_the_channel(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION, channel="whatsapp")
    sleep = Patience(desk, lambda: desk.helpdesk.say(ticket_id, MAYA, CODE.lower()))
    assert proved(desk, ticket_id, sleep)
    ((_, change, _),) = desk.helpdesk.writes
    assert change.note is None
    assert change.reply is not None
    assert f"Please answer with this code: <strong>{CODE}</strong>" in change.reply
    assert verified.is_verified(desk.services.ledger, HELPDESK, "whatsapp")
    (kept,) = verified.verified_channels_of(desk.services.ledger, HELPDESK)
    assert (kept.channel, kept.ticket_id) == ("whatsapp", ticket_id)


def test_without_an_answer_nothing_is_proved(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION, channel="whatsapp")
    sleep = Patience(desk)
    assert not proved(desk, ticket_id, sleep, 60)
    assert sleep.slept[:6] == [1, 2, 3, 4, 5, 5]
    assert sum(sleep.slept) == pytest.approx(60)
    assert not verified.is_verified(desk.services.ledger, HELPDESK, "whatsapp")


def test_a_code_that_comes_back_by_another_channel_proves_neither(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION, channel="email")

    def elsewhere() -> None:
        desk.helpdesk.say(ticket_id, MAYA, CODE)
        desk.helpdesk.tickets[ticket_id] = replace(desk.helpdesk.tickets[ticket_id], channel="chat")

    with pytest.raises(NotProved, match="by chat, and our reply went out by email"):
        proved(desk, ticket_id, Patience(desk, elsewhere))
    assert verified.verified_channels_of(desk.services.ledger, HELPDESK) == []


def test_faults_that_pass_are_waited_out(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION)
    desk.helpdesk.before_write = lambda: desk.helpdesk.failing.extend([Unreachable("away")] * 3)
    sleep = Patience(desk, lambda: desk.helpdesk.say(ticket_id, MAYA, CODE))
    assert proved(desk, ticket_id, sleep)


def test_a_proof_that_is_made_again_takes_the_place_of_the_older(desk: Desk) -> None:
    for _ in range(2):
        ticket_id = desk.helpdesk.open(QUESTION)
        assert proved(
            desk,
            ticket_id,
            Patience(desk, lambda: desk.helpdesk.say(ticket_id, MAYA, CODE)),  # noqa: B023 - called at once
        )
    (kept,) = verified.verified_channels_of(desk.services.ledger, HELPDESK)
    assert kept.ticket_id == ticket_id


@pytest.mark.parametrize("ended", ["close", "agents_only", "nowhere"])
def test_a_ticket_on_which_nothing_can_be_proved_is_left_alone(desk: Desk, ended: str) -> None:
    ticket_id = desk.helpdesk.open(QUESTION, requester=TOM if ended == "agents_only" else MAYA)
    if ended == "close":
        desk.helpdesk.close(ticket_id)
    asked = "99" if ended == "nowhere" else ticket_id
    with pytest.raises((Rejected, NotSent)) as caught:
        delivery.send(desk.services, HELPDESK, asked, CODE, Patience(desk))
    assert asked in str(caught.value)
    assert desk.helpdesk.writes == []
    assert runs.listed(desk.services.ledger) == []


def test_who_is_faster_is_read_again_and_one_reply_is_written(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION)

    def somebody() -> None:
        desk.helpdesk.before_write = lambda: None
        desk.helpdesk.tag(ticket_id, "seen")

    desk.helpdesk.before_write = somebody
    delivery.send(desk.services, HELPDESK, ticket_id, CODE, Patience(desk))
    assert len(desk.helpdesk.writes) == 1


def test_a_ticket_that_a_worker_holds_is_waited_for(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION)
    with leases.lease(desk.services.ledger, HELPDESK, ticket_id, 5, desk.clock):
        # Its lease ends after five seconds, for the clock of all who ask.
        assert delivery.send(desk.services, HELPDESK, ticket_id, CODE, Patience(desk))


def test_a_ticket_that_is_held_for_ever_is_given_up(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION)
    with (
        leases.lease(desk.services.ledger, HELPDESK, ticket_id, 1e6, desk.clock),
        pytest.raises(NotSent, match="is being worked on"),
    ):
        delivery.send(desk.services, HELPDESK, ticket_id, CODE, lambda _: None)


# What the rest of us makes of it


@dataclass
class Unmarked(FakeHelpdesk):
    """A helpdesk whose public replies bear no mark, as some."""

    def apply(self, ticket: Ticket, change: Change, key: str, *, again: bool = False) -> Receipt:
        receipt = super().apply(ticket, change, key, again=again)
        plain = tuple(self._plain(message) for message in self.tickets[ticket.id].messages)
        self._update(ticket.id, messages=plain)
        return receipt

    @staticmethod
    def _plain(message: Message) -> Message:
        return replace(message, mark=None) if message.public else message


def test_nobody_learns_from_the_test_or_answers_it_even_where_replies_bear_no_mark(
    desk: Desk,
) -> None:
    desk.helpdesk = desk.services.helpdesk = Unmarked(desk.clock)
    ticket_id = desk.helpdesk.open(QUESTION)
    worker.handle(desk.services, desk.announce(ticket_id))
    delivery.send(desk.services, HELPDESK, ticket_id, CODE, Patience(desk))
    worker.handle(desk.services, desk.announce(ticket_id, EventKind.AGENT_REPLIED))
    assert lessons.listed_signals(desk.services.ledger, HELPDESK) == []
    assert lessons.count_examples(desk.services.ledger, HELPDESK) == 0


def test_the_test_stands_in_the_record(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION)
    reply_id = delivery.send(desk.services, HELPDESK, ticket_id, CODE, Patience(desk)).reply_id
    (run,) = runs.listed(desk.services.ledger)
    assert (run.key.trigger, run.state, run.outcome) == (Trigger.TEST, RunState.APPLIED, None)
    assert run.receipt is not None
    assert run.receipt.reply_id == reply_id
    assert reply_id in runs.receipt_ids(desk.services.ledger, HELPDESK, ticket_id)


def test_a_test_that_was_cut_off_is_taken_up_by_nobody(desk: Desk) -> None:
    ticket_id = desk.helpdesk.open(QUESTION)
    desk.helpdesk.lost_answers = [Unreachable("cut off")]
    with pytest.raises(Unreachable):
        delivery.send(desk.services, HELPDESK, ticket_id, CODE, Patience(desk))
    (run,) = runs.listed(desk.services.ledger)
    assert (run.state, run.error) == (
        RunState.FAILED,
        "The delivery test was not carried to its end",
    )
    assert runs.unfinished(desk.services.ledger, desk.clock() + 1e9) == []
