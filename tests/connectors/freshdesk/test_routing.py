"""Status, group and assignee in one update; what is refused of it keeps nothing else back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors import errors
from connectors.freshdesk import Freshdesk
from connectors.types import Change, Priority, Status
from tests.connectors.freshdesk.support import (
    BOT,
    LOST,
    TOM,
    Account,
    Answer,
    fixture,
    freshdesk,
    json_answer,
)
from tests.connectors.freshdesk.test_writer import (
    ASKED,
    BOTH,
    NOTES,
    REPLY,
    TICKET,
    apply,
    order,
    updates,
)

HANDOFF = Change(
    note="<p>For a person</p>",
    tags=frozenset({"understudy_handoff"}),
    priority=Priority.HIGH,
    group="support",
    status=Status.OPEN,
    release=True,
    answers=ASKED,
)


def refusal(*fields: str) -> Answer:
    errors = [{"field": each, "message": "is wrong", "code": "invalid_value"} for each in fields]
    return json_answer({"description": "Validation failed", "errors": errors}, 400)


class Refuses:
    """Refuses every update that has one of these keys, and names a field for it."""

    def __init__(self, account: Account, **named: str) -> None:
        self.account, self.named = account, named
        account.trouble = self

    def __call__(self, method: str, path: str) -> Answer | None:
        body = self.account.calls[-1][2] or {}
        found = [field for key, field in self.named.items() if key in body]
        return refusal(*found) if method == "PUT" and found else None


class TestHandoff:
    def test_status_group_tags_and_release_go_in_one_update_after_the_note(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket |= {"status": 3, "responder_id": BOT}
        receipt = apply(connector, HANDOFF)
        assert order(account) == [("POST", NOTES), ("PUT", TICKET)]
        assert updates(account) == [
            {
                "tags": ["export", "understudy_handoff", "vip_customer"],
                "priority": 3,
                "group_id": 67000000201,
                "status": 2,
                "responder_id": None,
            }
        ]
        assert (receipt.fallbacks, receipt.collisions) == ((), ())

    @pytest.mark.parametrize("responder", [TOM, None])
    def test_a_ticket_is_taken_from_nobody_but_the_bot(
        self, account: Account, connector: Freshdesk, responder: int | None
    ) -> None:
        account.ticket["responder_id"] = responder
        apply(connector, HANDOFF)
        assert "responder_id" not in updates(account)[0]

    def test_an_agent_who_takes_it_meanwhile_keeps_it(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["responder_id"] = BOT
        ticket = connector.ticket("5158")
        account.ticket["responder_id"] = TOM
        connector.apply(ticket, HANDOFF, "00000000000000aa")
        assert "responder_id" not in updates(account)[0]

    def test_release_alone_is_written(self, account: Account, connector: Freshdesk) -> None:
        account.ticket["responder_id"] = BOT
        apply(connector, Change(release=True))
        assert updates(account) == [{"responder_id": None}]

    def test_a_bot_that_stays_the_assignee_is_told(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["responder_id"] = BOT
        same = json_answer(fixture("ticket") | {"responder_id": BOT})
        account.trouble = lambda method, path: same if method == "PUT" else None
        assert "did not take the ticket from the bot" in str(
            apply(connector, Change(release=True)).fallbacks
        )

    def test_a_custom_status_that_means_the_same_is_left_as_the_team_has_it(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["status"] = 8  # "Escalated to lab": open, by another name
        apply(connector, HANDOFF)
        assert "status" not in updates(account)[0]
        account.ticket["status"] = 6  # "Waiting on Customer"
        apply(connector, replace(HANDOFF, note="<p>again</p>"))
        assert updates(account)[-1]["status"] == 2

    def test_a_reply_that_makes_the_ticket_the_bots_is_taken_from_it_again(
        self, account: Account, connector: Freshdesk
    ) -> None:
        def assigns(method: str, path: str) -> None:
            if path == REPLY:
                account.ticket["responder_id"] = BOT

        account.meanwhile = assigns
        apply(connector, replace(BOTH, release=True))
        assert account.ticket["responder_id"] is None
        assert order(account)[-3:] == [("POST", REPLY), ("PUT", TICKET), ("PUT", TICKET)]

    def test_what_was_left_with_the_bot_is_taken_from_it_by_the_next_attempt(
        self, account: Account
    ) -> None:
        apply(freshdesk(), replace(BOTH, release=True))
        account.ticket["responder_id"] = BOT  # set by a rule, and then our process died
        apply(freshdesk(), replace(BOTH, release=True), again=True)
        assert account.ticket["responder_id"] is None
        assert (account.count(NOTES), account.count(REPLY)) == (1, 1)
        made = order(account)
        apply(freshdesk(), replace(BOTH, release=True), again=True)
        assert order(account) == made

    def test_after_the_reply_nothing_that_fails_is_an_error(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: (
            LOST if method == "PUT" and account.count(REPLY) else None
        )
        receipt = apply(connector, BOTH)
        assert receipt.reply_id
        assert "status could not be set" in receipt.fallbacks[-1]

    @pytest.mark.parametrize("after", [2, 3, 4])
    def test_whatever_a_reply_does_to_the_status_it_ends_well(
        self, account: Account, connector: Freshdesk, after: int
    ) -> None:
        def sets(method: str, path: str) -> None:
            if path == REPLY:
                account.ticket["status"] = after

        account.meanwhile = sets
        apply(connector, BOTH)
        # Solved is more than pending, and not ours to undo.
        assert account.ticket["status"] == (4 if after == 4 else 3)


class TestRefusedFields:
    def test_exactly_what_is_refused_is_left_out_and_told(
        self, account: Account, connector: Freshdesk
    ) -> None:
        Refuses(account, group_id="group_id")
        account.ticket["status"] = 3
        receipt = apply(connector, HANDOFF)
        assert len(updates(account)) == 2
        assert updates(account)[1].keys() == {"tags", "priority", "status"}
        [told] = receipt.fallbacks
        assert "would not set group_id" in told
        assert "is wrong" in told
        assert receipt.note_id

    def test_a_field_that_is_required_first_costs_the_status_and_nothing_else(
        self, account: Account, connector: Freshdesk
    ) -> None:
        Refuses(account, status="cf_region")
        account.ticket["status"] = 3
        receipt = apply(connector, HANDOFF)
        assert [body.keys() for body in updates(account)] == [
            {"tags", "priority", "group_id", "status"},
            {"tags", "priority", "group_id"},
        ]
        [told] = receipt.fallbacks
        assert "would not set status" in told
        assert "cf_region" in told
        assert "understudy_handoff" in account.ticket["tags"]

    @pytest.mark.parametrize("named", ["custom_fields.cf_level2", "nothing_of_ours", ""])
    def test_what_cannot_be_told_from_the_refusal_is_tried_key_by_key_tags_first(
        self, account: Account, connector: Freshdesk, named: str
    ) -> None:
        Refuses(account, priority=named)
        receipt = apply(connector, HANDOFF)
        single = [body for body in updates(account) if len(body) == 1]
        assert [next(iter(body)) for body in single] == ["tags", "priority", "group_id"]
        [told] = receipt.fallbacks
        assert "would not set priority" in told
        assert account.ticket["group_id"] == 67000000201
        assert "understudy_handoff" in account.ticket["tags"]

    @pytest.mark.parametrize("body", ["<html>Bad", "{}", "[]", '{"errors": 7}', '{"errors": [1]}'])
    def test_a_refusal_in_another_shape_is_tried_key_by_key_too(
        self, account: Account, connector: Freshdesk, body: str
    ) -> None:
        account.trouble = lambda method, path: (
            (400, {}, body) if method == "PUT" and "priority" in account.calls[-1][2] else None
        )
        receipt = apply(connector, HANDOFF)
        assert "understudy_handoff" in account.ticket["tags"]
        assert len(receipt.fallbacks) == 1

    def test_where_all_is_refused_the_note_stands_and_each_is_told(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: refusal("cf_x") if method == "PUT" else None
        receipt = apply(connector, HANDOFF)
        assert receipt.note_id
        assert len(receipt.fallbacks) == 3
        assert [len(body) for body in updates(account)] == [3, 1, 1, 1]

    def test_a_single_field_that_is_refused_is_tried_once(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: refusal("tags") if method == "PUT" else None
        receipt = apply(connector, Change(tags=frozenset({"understudy_seen"})))
        assert len(updates(account)) == 1
        assert "would not set tags" in receipt.fallbacks[0]

    def test_a_permission_that_is_missing_is_an_error(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: (403, {}, "") if method == "PUT" else None
        with pytest.raises(errors.AuthFailed):
            apply(connector, HANDOFF)
        assert len(updates(account)) == 1

    def test_what_a_ticket_that_was_deleted_meanwhile_refuses_is_told_and_the_note_counts(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: (405, {}, "") if method == "PUT" else None
        receipt = apply(connector, HANDOFF)
        assert receipt.note_id
        assert "tags and routing are refused" in receipt.fallbacks[0]

    def test_a_refusal_of_all_that_there_is_to_write_is_an_error(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: (405, {}, "") if method == "PUT" else None
        with pytest.raises(errors.Rejected):
            apply(connector, Change(tags=frozenset({"understudy_seen"})))
