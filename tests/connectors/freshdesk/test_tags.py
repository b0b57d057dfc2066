"""Tags: ours come and go, nobody else's are lost, and what was lost is put back or told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors import errors
from connectors.freshdesk import Freshdesk
from connectors.types import Change
from tests.connectors.freshdesk.support import (
    LOST,
    Account,
    Answer,
    Clock,
    fixture,
    freshdesk,
    json_answer,
)
from tests.connectors.freshdesk.test_routing import HANDOFF
from tests.connectors.freshdesk.test_writer import (
    BOTH,
    NOTES,
    REPLY,
    TICKET,
    apply,
    order,
    updates,
)


class TestUntag:
    def test_our_own_tag_is_taken_away_with_the_rest(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["tags"] = ["export", "understudy_send"]
        change = Change(tags=frozenset({"understudy_reply"}), untag=frozenset({"understudy_send"}))
        receipt = apply(connector, change)
        assert updates(account) == [{"tags": ["export", "understudy_reply"]}]
        assert receipt.collisions == ()

    def test_a_tag_that_is_both_wanted_and_unwanted_stays(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["tags"] = ["understudy_send"]
        both = frozenset({"understudy_send"})
        apply(connector, Change(tags=both, untag=both))
        assert account.writes == []

    def test_where_tags_are_added_and_not_replaced_that_is_told(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["tags"] = ["understudy_send"]

        def appends(method: str, path: str) -> Answer | None:
            body = account.calls[-1][2]
            if method != "PUT":
                return None
            account.ticket["tags"] = sorted({*account.ticket["tags"], *body["tags"]})
            return json_answer(account.ticket)

        account.trouble = appends
        change = Change(tags=frozenset({"understudy_reply"}), untag=frozenset({"understudy_send"}))
        [told] = apply(connector, change).fallbacks
        assert "did not take away the tags understudy_send" in told
        assert "understudy_reply" in account.ticket["tags"]

    def test_tags_of_others_cannot_even_be_asked_to_go(self) -> None:
        with pytest.raises(ValueError, match="our own"):
            Change(untag=frozenset({"vip_customer"}))


class TestTags:
    def test_while_somebody_is_at_the_ticket_the_tags_are_not_believed_yet(
        self, account: Account
    ) -> None:
        def tags_again() -> None:
            account.ticket |= {"tags": ["one", "two"], "updated_at": "2026-11-20T10:20:06Z"}

        clock = Clock(then=tags_again)
        connector = freshdesk(clock)
        ticket = connector.ticket("5158")
        account.ticket |= {"tags": ["one"], "updated_at": "2026-11-20T10:20:05Z"}
        receipt = connector.apply(ticket, Change(tags=frozenset({"understudy_x"})), "a" * 16)
        assert clock.slept == [1.0, 1.0]
        assert account.ticket["tags"] == ["one", "two", "understudy_x"]
        assert "added one, two" in receipt.collisions[0]

    def test_who_never_comes_to_rest_does_not_hold_us_up(self, account: Account) -> None:
        clock = Clock()
        connector = freshdesk(clock)
        ticket = connector.ticket("5158")

        def moves(method: str, path: str) -> None:
            number = account.count(TICKET)
            account.ticket["updated_at"] = f"2026-11-20T10:21:{number:02}Z"

        account.meanwhile = moves
        account.ticket["tags"] = ["other"]
        connector.apply(ticket, Change(tags=frozenset({"understudy_x"})), "a" * 16)
        assert clock.slept == [1.0, 1.0]
        assert "understudy_x" in account.ticket["tags"]

    @pytest.mark.parametrize(("later", "waits"), [(1, False), (9, True)])
    def test_that_our_own_note_moves_the_stamp_is_no_stir(
        self, account: Account, later: int, waits: bool
    ) -> None:
        clock = Clock()

        def moves(method: str, path: str) -> None:
            if path == NOTES:
                account.ticket["updated_at"] = f"2026-11-20T10:20:{6 + later:02}Z"

        account.meanwhile = moves
        apply(freshdesk(clock), HANDOFF)
        assert bool(clock.slept) is waits

    def test_a_tag_set_right_before_ours_and_lost_with_it_is_put_back(
        self, account: Account
    ) -> None:
        connector = freshdesk()
        ticket = connector.ticket("5158")
        account.ticket["tags"] = ["export", "set_in_between"]

        def replaces(method: str, path: str) -> None:
            # A page that an agent had open from before: it knows neither our tag nor the other.
            if method == "PUT" and len(updates(account)) == 1:
                account.ticket["tags"] = ["export", "agents_own", "understudy_send"]

        account.meanwhile = replaces
        change = Change(tags=frozenset({"understudy_reply"}), untag=frozenset({"understudy_send"}))
        receipt = connector.apply(ticket, change, "a" * 16)
        wanted = {"export", "agents_own", "set_in_between", "understudy_reply"}
        assert set(account.ticket["tags"]) == wanted
        assert "set_in_between, understudy_reply: put back" in receipt.collisions[-1]

    def test_a_tag_that_an_agent_takes_away_after_us_stays_away(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def removes(method: str, path: str) -> None:
            if method == "PUT":
                account.ticket["tags"] = ["understudy_handoff"]

        account.meanwhile = removes
        apply(connector, HANDOFF)
        assert account.ticket["tags"] == ["understudy_handoff"]
        assert len(updates(account)) == 1

    def test_tags_are_looked_at_again_before_the_reply_goes_out(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def replaces(method: str, path: str) -> None:
            if method == "PUT" and len(updates(account)) == 1:
                account.ticket["tags"] = ["export"]

        account.meanwhile = replaces
        receipt = apply(connector, replace(BOTH, status=None))
        assert order(account) == [
            *[("POST", NOTES), ("PUT", TICKET), ("PUT", TICKET)],
            ("POST", REPLY),
        ]
        assert "put back" in receipt.collisions[0]

    def test_tags_that_cannot_be_mended_leave_no_doubt_about_the_reply(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def replaces(method: str, path: str) -> None:
            if method == "PUT":
                account.ticket["tags"] = ["export"]

        account.meanwhile = replaces
        account.trouble = lambda method, path: (
            LOST if method == "PUT" and len(updates(account)) > 1 else None
        )
        with pytest.raises(errors.Unreachable) as caught:
            apply(connector, BOTH)
        assert not caught.value.unsure
        assert account.count(REPLY) == 0

    def test_an_update_of_others_in_the_very_moment_of_ours_is_told(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def crosses(method: str, path: str) -> None:
            if method == "PUT":
                account.ticket["type"] = "Refund"

        ticket = connector.ticket("5158")
        shown = fixture("ticket") | {"tags": ["export", "understudy_x", "vip_customer"]}
        answer = json_answer(shown | {"type": "Refund"})
        account.trouble = lambda method, path: answer if method == "PUT" else None
        account.meanwhile = crosses
        receipt = connector.apply(ticket, Change(tags=frozenset({"understudy_x"})), "a" * 16)
        assert "type changed in the very moment of our update" in receipt.collisions[0]
