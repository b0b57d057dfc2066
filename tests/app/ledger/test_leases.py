"""One worker a ticket: a dead one blocks nobody for long, a sleeping one cannot write."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import ClauseElement, event, make_url

from app.ledger import leases
from app.ledger.leases import Busy, Lease, LeaseLost, lease
from app.ledger.store import Ledger
from tests.app.fakes import HELPDESK, Clock

TICKET = "4812"


def check(ledger: Ledger, held: Lease) -> None:
    with ledger.write() as connection:
        held.check(connection)


def test_a_ticket_is_held_by_one(ledger: Ledger) -> None:
    clock = Clock()
    with (
        lease(ledger, HELPDESK, TICKET, 10, clock) as held,
        pytest.raises(Busy, match="Ticket 4812 is being worked on"),
        lease(ledger, HELPDESK, TICKET, 10, clock),
    ):
        pytest.fail("both hold it")
    with pytest.raises(LeaseLost), lease(ledger, HELPDESK, TICKET, 10, clock):
        check(ledger, held)


def test_other_tickets_and_accounts_are_free(ledger: Ledger) -> None:
    clock = Clock()
    with (
        lease(ledger, HELPDESK, TICKET, 10, clock) as one,
        lease(ledger, HELPDESK, "4813", 10, clock) as two,
        lease(ledger, "zendesk-eu", TICKET, 10, clock) as three,
    ):
        for held in (one, two, three):
            check(ledger, held)


def test_on_postgres_nobody_takes_it_over_between_the_check_and_what_it_guards(
    ledger: Ledger,
) -> None:
    said: list[str] = []

    def listen(_connection: object, statement: ClauseElement, *_: object) -> None:
        said.append(str(statement.compile(dialect=make_url("postgresql://").get_dialect()())))

    with lease(ledger, HELPDESK, TICKET, 10, Clock()) as held:
        event.listen(ledger.engine, "before_execute", listen)
        check(ledger, held)
        event.remove(ledger.engine, "before_execute", listen)
    assert said[0].endswith("FOR UPDATE")


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit])
def test_it_is_given_back_however_the_work_ends(ledger: Ledger, error: type[BaseException]) -> None:
    clock = Clock()
    with pytest.raises(error), lease(ledger, HELPDESK, TICKET, 10, clock):
        raise error
    with lease(ledger, HELPDESK, TICKET, 10, clock) as held:
        check(ledger, held)


def test_it_ends_by_itself_and_not_before(ledger: Ledger) -> None:
    clock = Clock()
    with lease(ledger, HELPDESK, TICKET, 10, clock):
        clock.pass_by(9.9)
        with pytest.raises(Busy), lease(ledger, HELPDESK, TICKET, 10, clock):
            pytest.fail("it is still held")
        clock.pass_by(0.1)
        with lease(ledger, HELPDESK, TICKET, 10, clock) as next_one:
            check(ledger, next_one)


def test_the_fence_rises_with_every_holder(ledger: Ledger) -> None:
    clock = Clock()
    fences = []
    for _ in range(3):
        with lease(ledger, HELPDESK, TICKET, 10, clock) as held:
            fences.append(held.fence)
    assert fences == [1, 2, 3]


def test_who_slept_through_it_cannot_write_any_more(ledger: Ledger) -> None:
    clock = Clock()
    with lease(ledger, HELPDESK, TICKET, 10, clock) as sleeper:
        clock.pass_by(11)
        with (
            lease(ledger, HELPDESK, TICKET, 10, clock),
            pytest.raises(LeaseLost, match="taken over by another worker"),
        ):
            check(ledger, sleeper)


def test_who_slept_through_it_and_met_nobody_may_go_on(ledger: Ledger) -> None:
    clock = Clock()
    with lease(ledger, HELPDESK, TICKET, 10, clock) as sleeper:
        clock.pass_by(1000)
        check(ledger, sleeper)


def test_who_wakes_up_late_does_not_free_what_another_holds(ledger: Ledger) -> None:
    clock = Clock()
    sleeper = lease(ledger, HELPDESK, TICKET, 10, clock)
    sleeper.__enter__()
    clock.pass_by(11)
    with lease(ledger, HELPDESK, TICKET, 10, clock) as owner:
        sleeper.__exit__(None, None, None)
        with pytest.raises(Busy), lease(ledger, HELPDESK, TICKET, 10, clock):
            pytest.fail("the late one freed it")
        check(ledger, owner)


def test_of_many_at_once_one_gets_it(ledger: Ledger) -> None:
    clock = Clock()
    taken: list[int] = []
    refused: list[int] = []
    everyone_tried = threading.Barrier(8)

    def try_it(number: int) -> None:
        try:
            with lease(ledger, HELPDESK, TICKET, 10, clock):
                taken.append(number)
                everyone_tried.wait(timeout=20)
        except Busy:
            refused.append(number)
            everyone_tried.wait(timeout=20)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (1, 7)


def test_what_was_seen_of_a_ticket_is_remembered(ledger: Ledger) -> None:
    with ledger.read() as connection:
        assert leases.seen_at(connection, HELPDESK, TICKET) == 0.0
    with lease(ledger, HELPDESK, TICKET, 10, Clock()) as held:
        leases.note_seen(ledger, held, 1234.5, "7")
    with ledger.read() as connection:
        assert leases.seen_at(connection, HELPDESK, TICKET) == 1234.5
        assert leases.seen_at(connection, "zendesk-eu", TICKET) == 0.0


def test_what_was_seen_before_is_not_written_again(ledger: Ledger) -> None:
    with lease(ledger, HELPDESK, TICKET, 10, Clock()) as held, ledger.connect() as other:

        def version() -> int:
            found: int = other.exec_driver_sql("pragma data_version").scalar_one()
            return found

        leases.note_seen(ledger, held, 1234.5, "7")
        before = version()
        leases.note_seen(ledger, held, 1234.5, "7")
        assert version() == before
        leases.note_seen(ledger, held, 1234.5, "8")
        assert version() != before
