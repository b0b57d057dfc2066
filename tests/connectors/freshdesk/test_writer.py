"""Writing: the note, the routing, the reply, in this order, and never a note for the customer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors import errors
from connectors.freshdesk import Freshdesk
from connectors.types import Change, Priority, Status
from tests.connectors.freshdesk.support import (
    KEY,
    LOST,
    MAYA,
    TOM,
    Account,
    Answer,
    fixture,
    freshdesk,
    json_answer,
)

NOTES, REPLY, TICKET = "tickets/5158/notes", "tickets/5158/reply", "tickets/5158"
ASKED = "67000001003"  # Maya's last message
DRAFT = Change(
    note="<p>Draft</p>",
    tags=frozenset({"understudy_drafted"}),
    priority=Priority.HIGH,
    group="support",
    answers=ASKED,
)
BOTH = replace(DRAFT, reply="<p>Hi Maya</p>", status=Status.PENDING)


def apply(connector: Freshdesk, change: Change = DRAFT, **options: Any) -> Any:
    return connector.apply(connector.ticket("5158"), change, KEY, **options)


def order(account: Account) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in account.writes]


def updates(account: Account) -> list[dict[str, Any]]:
    return [body for method, _, body in account.writes if method == "PUT"]


class TestNoteAndRouting:
    def test_the_note_comes_before_the_routing_which_is_one_update_of_what_changes(
        self, account: Account, connector: Freshdesk
    ) -> None:
        receipt = apply(connector)
        assert account.writes == [
            (
                "POST",
                NOTES,
                {
                    "body": f"<p>Draft</p>\n<p><small>Understudy ref {KEY}</small></p>",
                    "private": True,
                },
            ),
            (
                "PUT",
                TICKET,
                {
                    "tags": ["export", "understudy_drafted", "vip_customer"],
                    "priority": 3,
                    "group_id": 67000000201,
                },
            ),
        ]
        assert (receipt.note_id, receipt.reply_id) == ("67000001005", None)
        assert (receipt.found, receipt.fallbacks, receipt.collisions) == (False, (), ())

    def test_our_note_is_known_again_in_the_next_reading(
        self, account: Account, connector: Freshdesk
    ) -> None:
        apply(connector)
        ticket = connector.ticket("5158")
        assert connector.written(ticket, DRAFT, KEY)
        assert not connector.written(ticket, DRAFT, "00000000000000bb")

    def test_tags_are_read_right_before_they_are_written(
        self, account: Account, connector: Freshdesk
    ) -> None:
        ticket = connector.ticket("5158")
        account.ticket["tags"] = ["export", "set_by_an_agent"]
        receipt = connector.apply(ticket, DRAFT, KEY)
        assert account.ticket["tags"] == ["export", "set_by_an_agent", "understudy_drafted"]
        [told] = receipt.collisions
        assert "added set_by_an_agent" in told
        assert "removed vip_customer" in told

    @pytest.mark.parametrize("present", [3, 4])
    def test_a_priority_is_never_lowered(
        self, account: Account, connector: Freshdesk, present: int
    ) -> None:
        account.ticket["priority"] = present
        apply(connector)
        assert "priority" not in account.writes[1][2]

    def test_a_priority_that_an_agent_raises_meanwhile_stays(
        self, account: Account, connector: Freshdesk
    ) -> None:
        ticket = connector.ticket("5158")
        account.ticket["priority"] = 4
        connector.apply(ticket, DRAFT, KEY)
        assert account.ticket["priority"] == 4

    def test_a_group_that_does_not_exist_is_said_and_the_note_is_written(
        self, account: Account, connector: Freshdesk
    ) -> None:
        receipt = apply(connector, replace(DRAFT, group="Legal"))
        assert "group_id" not in account.writes[1][2]
        assert receipt.note_id
        assert "'Legal'" in receipt.fallbacks[0]

    def test_where_nothing_changes_nothing_is_updated(
        self, account: Account, connector: Freshdesk
    ) -> None:
        apply(connector, Change(note="<p>x</p>", tags=frozenset({"export"}), group="Billing"))
        assert order(account) == [("POST", NOTES)]

    def test_an_empty_change_writes_nothing(self, account: Account, connector: Freshdesk) -> None:
        assert apply(connector, Change(answers=ASKED)).revision
        assert account.writes == []

    def test_tags_alone_need_no_note(self, account: Account, connector: Freshdesk) -> None:
        receipt = apply(connector, Change(tags=frozenset({"understudy_seen"})))
        assert order(account) == [("PUT", TICKET)]
        assert (receipt.note_id, receipt.found) == (None, False)

    def test_what_freshdesk_did_not_keep_is_said(
        self, account: Account, connector: Freshdesk
    ) -> None:
        same = json_answer(fixture("ticket"))
        account.trouble = lambda method, path: same if method == "PUT" else None
        receipt = apply(connector)
        assert any("priority" in line for line in receipt.fallbacks)
        assert any("understudy_drafted" in line for line in receipt.fallbacks)

    def test_a_status_without_a_reply_goes_with_the_routing(
        self, account: Account, connector: Freshdesk
    ) -> None:
        apply(connector, Change(note="<p>x</p>", status=Status.HOLD))
        assert account.writes[1][2] == {"status": 7}

    def test_a_status_that_the_account_lacks_is_said(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.records["ticket_fields"] = []
        receipt = apply(connector, Change(note="<p>x</p>", status=Status.HOLD))
        assert "no status for hold" in receipt.fallbacks[0]

    @pytest.mark.parametrize("status", [Status.NEW, Status.CLOSED, Status.GONE])
    def test_a_status_that_is_never_set_is_refused_before_anything_is_written(
        self, account: Account, connector: Freshdesk, status: Status
    ) -> None:
        with pytest.raises(errors.Rejected, match="status"):
            apply(connector, replace(DRAFT, status=status))
        assert account.writes == []


class TestNotePrivacy:
    @pytest.mark.parametrize(
        ("private", "words"), [(False, "CAME OUT PUBLIC"), (None, "NOT CONFIRMED TO BE INTERNAL")]
    )
    def test_a_note_that_customers_may_read_is_shouted_about(
        self, account: Account, connector: Freshdesk, private: bool | None, words: str
    ) -> None:
        shown = json_answer(fixture("note_written") | {"private": private}, 201)
        account.trouble = lambda method, path: shown if path == NOTES else None
        with pytest.raises(errors.Rejected, match=words) as caught:
            apply(connector, BOTH)
        said = str(caught.value)
        assert "67000001005" in said
        assert "Freshdesk" in said
        assert "stop the bot" in said
        assert order(account) == [("POST", NOTES)]

    def test_nobody_is_notified_of_a_note_by_mail(
        self, account: Account, connector: Freshdesk
    ) -> None:
        apply(connector)
        assert account.writes[0][2].keys() == {"body", "private"}


class TestRefusals:
    @pytest.mark.parametrize("changes", [{"status": 5}, {"spam": True}, {"deleted": True}])
    @pytest.mark.parametrize("again", [False, True])
    def test_a_closed_ticket_is_not_even_tried(
        self, account: Account, connector: Freshdesk, changes: dict[str, Any], again: bool
    ) -> None:
        account.ticket |= changes
        with pytest.raises(errors.Rejected, match="takes no more writing"):
            apply(connector, again=again)
        assert account.writes == []

    @pytest.mark.parametrize(
        ("answer", "error", "unsure"),
        [
            (LOST, errors.Unreachable, True),
            ((503, {}, ""), errors.VendorBroken, True),
            ((429, {"Retry-After": "30"}, ""), errors.RateLimited, False),
            ((200, {}, "<html>"), errors.VendorBroken, True),
            ((201, {}, "{}"), errors.VendorBroken, True),
            ((201, {}, "[]"), errors.VendorBroken, True),
            ((201, {}, ""), errors.VendorBroken, True),
            ((400, {}, "<html>Bad"), errors.Rejected, False),
            ((405, {}, ""), errors.Rejected, False),
        ],
    )
    def test_a_write_without_a_good_answer_is_left_to_the_caller_and_not_repeated(
        self,
        account: Account,
        answer: Answer | Exception,
        error: type[errors.HelpdeskError],
        unsure: bool,
    ) -> None:
        here = NOTES
        account.trouble = lambda method, path: answer if path == here else None
        with pytest.raises(error) as caught:
            apply(freshdesk(), BOTH)
        assert caught.value.unsure is unsure
        assert account.count(NOTES) == 1
        here = REPLY
        with pytest.raises(error) as caught:
            apply(freshdesk(), BOTH)
        assert caught.value.unsure is unsure
        assert (account.count(NOTES), account.count(REPLY)) == (2, 1)

    def test_a_routing_of_which_nothing_is_known_leaves_no_doubt_about_the_reply(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: LOST if method == "PUT" else None
        with pytest.raises(errors.Unreachable) as caught:
            apply(connector, BOTH)
        assert not caught.value.unsure
        account.trouble = lambda method, path: None
        receipt = apply(connector, BOTH)
        assert (receipt.note_id, receipt.reply_id) == ("67000001005", "67000001006")
        assert account.count(NOTES) == 1

    def test_a_reading_that_fails_before_the_reply_leaves_no_doubt_about_it(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: (
            LOST if method == "GET" and account.count(NOTES) else None
        )
        with pytest.raises(errors.Unreachable) as caught:
            apply(connector, BOTH)
        assert not caught.value.unsure
        account.trouble = lambda method, path: None
        assert apply(connector, BOTH).reply_id == "67000001006"


class TestReply:
    def test_the_reply_comes_after_all_else_and_its_status_after_it(
        self, account: Account, connector: Freshdesk
    ) -> None:
        receipt = apply(connector, BOTH)
        assert order(account) == [
            ("POST", NOTES),
            ("PUT", TICKET),
            ("POST", REPLY),
            ("PUT", TICKET),
        ]
        assert account.writes[2][2] == {"body": "<p>Hi Maya</p>"}
        assert account.writes[3][2] == {"status": 3}
        assert "status" not in account.writes[1][2]
        assert (receipt.note_id, receipt.reply_id) == ("67000001005", "67000001006")
        assert receipt.collisions == ()

    @pytest.mark.parametrize("author", [MAYA, TOM])
    @pytest.mark.parametrize("moment", [("POST", NOTES), ("PUT", TICKET)])
    def test_who_writes_before_our_reply_is_not_talked_over(
        self, account: Account, connector: Freshdesk, author: int, moment: tuple[str, str]
    ) -> None:
        def writes(method: str, path: str) -> None:
            if (method, path) == moment:
                account.says(8, author, "Wait", incoming=author == MAYA)

        account.meanwhile = writes
        with pytest.raises(errors.Conflict, match="somebody wrote"):
            apply(connector, BOTH)
        assert account.count(REPLY) == 0
        # Read again, it is plain that the turn has passed.
        account.meanwhile = lambda method, path: None
        with pytest.raises(errors.Rejected, match="in the meantime"):
            apply(connector, BOTH)
        assert (account.count(REPLY), account.count(NOTES)) == (0, 1)

    def test_an_automatic_message_in_between_does_not_stop_the_reply(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def answers(method: str, path: str) -> None:
            if path == NOTES:
                account.says(8, TOM, "We got your mail", auto_response=True)

        account.meanwhile = answers
        assert apply(connector, BOTH).reply_id

    def test_a_ticket_that_is_closed_before_our_reply_gets_none(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def closes(method: str, path: str) -> None:
            if method == "PUT":
                account.ticket["status"] = 5

        account.meanwhile = closes
        with pytest.raises(errors.Rejected, match="closed: the reply was not sent"):
            apply(connector, BOTH)

    def test_a_status_that_is_refused_after_the_reply_does_not_hide_that_it_is_sent(
        self, account: Account, connector: Freshdesk
    ) -> None:
        refused = json_answer(fixture("refused_field"), 400)
        sent = [REPLY]
        account.trouble = lambda method, path: (
            refused if method == "PUT" and account.count(sent[0]) else None
        )
        receipt = apply(connector, BOTH)
        assert receipt.reply_id
        assert "cf_region" in receipt.fallbacks[-1]

    def test_a_web_chat_gets_pieces_of_plain_text(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["source"] = 15
        account.trouble = lambda method, path: (
            json_answer(fixture("reply_written"), 201) if path == REPLY else None
        )
        change = Change(reply="<ol><li>Open <b>Data</b></li></ol>", answers=ASKED)
        assert apply(connector, change).reply_id == "67000001006"
        piece = {"type": "text", "data": {"content": "1. Open Data"}}
        assert account.writes[0][2] == {"structured_body": {"body_contents": [piece]}}

    def test_a_chat_that_refuses_pieces_gets_html(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["source"] = 7
        refused = json_answer(fixture("refused_field"), 400)
        account.trouble = lambda method, path: (
            refused if path == REPLY and account.count(REPLY) == 1 else None
        )
        assert apply(connector, Change(reply="<p>Hi</p>", answers=ASKED)).reply_id
        assert account.writes[1][2] == {"body": "<p>Hi</p>"}
