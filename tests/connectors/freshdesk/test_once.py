"""Once for each key, and what others did meanwhile: found, mended, told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors import errors
from connectors.freshdesk import Freshdesk
from connectors.shared import PrivateStore
from connectors.types import Change, Status
from tests.connectors.freshdesk.support import (
    BOT,
    KEY,
    LOST,
    MAYA,
    TOM,
    Account,
    Clock,
    freshdesk,
)
from tests.connectors.freshdesk.test_writer import (
    BOTH,
    DRAFT,
    NOTES,
    REPLY,
    TICKET,
    apply,
    order,
)

ONLY_REPLY = Change(reply="<p>Hi <b>Maya</b>,<br>open it.</p>", answers="67000001003")


def fresh(clock: Clock | None = None) -> Freshdesk:
    """Build a connector that remembers nothing of what another wrote."""
    return freshdesk(clock or Clock(), PrivateStore())


class TestFound:
    def test_what_is_all_there_is_not_written_again(
        self, account: Account, connector: Freshdesk
    ) -> None:
        first = apply(connector, BOTH)
        made = order(account)
        for again in (False, True):
            receipt = apply(fresh(), BOTH, again=again)
            assert receipt.found
            assert (receipt.note_id, receipt.reply_id) == (first.note_id, first.reply_id)
        assert order(account) == made

    def test_it_is_found_even_on_a_ticket_that_was_closed_since(
        self, account: Account, connector: Freshdesk
    ) -> None:
        apply(connector)
        account.ticket["status"] = 5
        assert apply(fresh(), again=True).found

    def test_what_could_not_be_set_on_a_ticket_that_was_closed_since_is_told(
        self, account: Account
    ) -> None:
        account.trouble = lambda method, path: LOST if method == "PUT" else None
        with pytest.raises(errors.Unreachable):
            apply(fresh())
        account.trouble = lambda method, path: None
        account.ticket |= {"status": 5, "tags": []}
        receipt = apply(fresh(), again=True)
        assert receipt.found
        assert "the tags understudy_drafted are not set" in receipt.fallbacks[0]
        assert "closed by now" in receipt.collisions[0]

    def test_a_note_that_a_reading_does_not_show_yet_is_remembered(self, account: Account) -> None:
        store = PrivateStore()
        account.trouble = lambda method, path: LOST if method == "PUT" else None
        with pytest.raises(errors.Unreachable):
            apply(freshdesk(Clock(), store))
        account.trouble = lambda method, path: None
        del account.conversations[-1]  # a reading from a copy that lags
        assert apply(freshdesk(Clock(), store)).note_id == "67000001005"
        assert account.count(NOTES) == 1

    def test_another_runs_note_does_not_count(self, account: Account, connector: Freshdesk) -> None:
        apply(connector)
        ticket = connector.ticket("5158")
        receipt = connector.apply(ticket, DRAFT, "00000000000000bb")
        assert not receipt.found
        assert account.count(NOTES) == 2

    def test_a_lost_note_is_found_by_its_mark_after_it_has_settled(self, account: Account) -> None:
        account.meanwhile = lambda method, path: LOST if path == NOTES else None
        with pytest.raises(errors.Unreachable):
            apply(fresh())
        account.meanwhile = lambda method, path: None
        late = account.conversations.pop()
        clock = Clock(then=lambda: account.conversations.append(late))
        receipt = apply(fresh(clock), again=True)
        assert clock.slept == [3.0]
        assert receipt.note_id == str(late["id"])
        assert account.count(NOTES) == 1
        assert "understudy_drafted" in account.ticket["tags"]

    def test_a_note_that_is_not_there_even_then_is_written(self, account: Account) -> None:
        clock = Clock()
        assert not apply(fresh(clock), again=True).found
        assert clock.slept == [3.0]
        assert account.count(NOTES) == 1


class TestReply:
    def test_a_lost_reply_is_found_by_author_and_words(self, account: Account) -> None:
        account.meanwhile = lambda method, path: LOST if path == REPLY else None
        with pytest.raises(errors.Unreachable) as caught:
            apply(fresh(), ONLY_REPLY)
        assert caught.value.unsure
        account.meanwhile = lambda method, path: None
        # Freshdesk puts its own markup around it.
        account.conversations[-1]["body"] = "<div>Hi Maya,<br/>\n open it.</div>"
        connector = fresh()
        assert connector.written(connector.ticket("5158"), ONLY_REPLY, KEY)
        receipt = apply(connector, ONLY_REPLY, again=True)
        assert receipt.found
        assert receipt.reply_id == "67000001006"
        assert account.count(REPLY) == 1

    @pytest.mark.parametrize("change", [ONLY_REPLY, BOTH])
    def test_a_reply_of_which_nobody_knows_is_never_sent_again_and_an_alarm_says_so(
        self, account: Account, change: Change
    ) -> None:
        account.trouble = lambda method, path: LOST if path == REPLY else None
        with pytest.raises(errors.Unreachable):
            apply(fresh(), change)
        account.trouble = lambda method, path: None
        clock = Clock()
        with pytest.raises(errors.Rejected, match="NOT KNOWN") as caught:
            apply(fresh(clock), change, again=True)
        assert clock.slept == [3.0]
        assert "Maya" in str(caught.value)
        assert "by hand" in str(caught.value)
        assert account.count(REPLY) == 1

    def test_a_reply_whose_note_never_stood_was_never_tried_and_is_sent(
        self, account: Account
    ) -> None:
        account.trouble = lambda method, path: LOST if path == NOTES else None
        with pytest.raises(errors.Unreachable):
            apply(fresh(), BOTH)
        account.trouble = lambda method, path: None
        receipt = apply(fresh(), BOTH, again=True)
        assert receipt.reply_id == "67000001006"
        assert account.count(REPLY) == 1

    def test_the_same_words_before_the_question_are_another_answer(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.conversations[0] |= {"user_id": BOT, "body": ONLY_REPLY.reply}
        assert not connector.written(connector.ticket("5158"), ONLY_REPLY, KEY)
        assert not apply(connector, ONLY_REPLY).found

    def test_an_agents_same_words_are_not_ours_and_leave_nothing_to_say(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.says(8, TOM, "Hi Maya, open it.")
        assert not connector.written(connector.ticket("5158"), ONLY_REPLY, KEY)
        with pytest.raises(errors.Rejected, match="in the meantime"):
            apply(connector, ONLY_REPLY)

    def test_a_status_that_a_crash_left_out_is_set(self, account: Account) -> None:
        account.meanwhile = lambda method, path: LOST if path == REPLY else None
        with pytest.raises(errors.Unreachable):
            apply(fresh(), BOTH)
        account.meanwhile = lambda method, path: None
        receipt = apply(fresh(), BOTH, again=True)
        assert receipt.found
        assert account.ticket["status"] == 3

    @pytest.mark.parametrize("what", ["solved", "customer"])
    def test_but_not_where_somebody_went_on_since(self, account: Account, what: str) -> None:
        account.meanwhile = lambda method, path: LOST if path == REPLY else None
        with pytest.raises(errors.Unreachable):
            apply(fresh(), BOTH)
        account.meanwhile = lambda method, path: None
        if what == "solved":
            account.ticket["status"] = 4
        else:
            account.conversations[-1]["created_at"] = "2026-11-20T10:20:04Z"
            account.says(8, MAYA, "Thanks, but", incoming=True)
        receipt = apply(fresh(), BOTH, again=True)
        assert account.ticket["status"] == (4 if what == "solved" else 2)
        assert "status stays" in receipt.fallbacks[-1]


class TestCollisions:
    @pytest.mark.parametrize(("author", "who"), [(TOM, "an agent"), (MAYA, "the customer")])
    def test_who_writes_while_we_write_is_told(
        self, account: Account, connector: Freshdesk, author: int, who: str
    ) -> None:
        def writes(method: str, path: str) -> None:
            if path == REPLY:
                account.says(8, author, "Me too", incoming=author == MAYA)

        account.meanwhile = writes
        receipt = apply(connector, BOTH)
        assert f"{who} wrote in public" in receipt.collisions[0]
        # Waiting for the customer would hide what was just written.
        assert account.ticket["status"] == 2
        assert "status stays" in receipt.fallbacks[0]

    def test_an_agent_who_answers_beside_our_draft_is_told(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def writes(method: str, path: str) -> None:
            if path == NOTES:
                account.says(8, TOM, "I take it")

        account.meanwhile = writes
        assert "an agent wrote" in apply(connector).collisions[0]

    def test_a_tag_of_ours_that_another_update_replaced_is_put_back(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def replaces(method: str, path: str) -> None:
            if method == "PUT" and account.count(TICKET) < 4:
                account.ticket["tags"] = ["export", "by_an_agent"]

        account.meanwhile = replaces
        receipt = apply(connector)
        assert account.ticket["tags"] == ["by_an_agent", "export", "understudy_drafted"]
        assert "understudy_drafted: put back" in receipt.collisions[-1]

    def test_tags_of_a_ticket_that_was_closed_meanwhile_are_left_alone(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def closes(method: str, path: str) -> None:
            if method == "PUT":
                account.ticket |= {"tags": [], "status": 5}

        account.meanwhile = closes
        apply(connector)
        assert order(account) == [("POST", NOTES), ("PUT", TICKET)]

    def test_a_look_that_fails_afterwards_does_not_hide_what_is_written(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: (
            (500, {}, "") if method == "GET" and account.count(REPLY) else None
        )
        receipt = apply(connector, BOTH)
        assert receipt.reply_id == "67000001006"
        assert "could not be looked at again" in receipt.fallbacks[0]

    def test_a_colleagues_note_is_told_and_a_machine_is_not_and_neither_keeps_the_status(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def writes(method: str, path: str) -> None:
            if path == REPLY:
                account.says(8, TOM, "fyi", private=True, source=2)
                account.says(9, TOM, "We got it", automation_id=3)

        account.meanwhile = writes
        receipt = apply(connector, replace(BOTH, status=Status.PENDING))
        [told] = receipt.collisions
        assert "an agent wrote a note" in told
        assert account.ticket["status"] == 3

    def test_a_ticket_that_somebody_closes_meanwhile_is_told(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def closes(method: str, path: str) -> None:
            if path == NOTES:
                account.ticket["status"] = 5

        account.meanwhile = closes
        assert "became closed" in apply(connector).collisions[-1]
