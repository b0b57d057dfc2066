"""A note and a reply: two updates, each guarded, each written once."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import responses

from connectors import errors
from connectors.types import Person
from connectors.zendesk import Zendesk
from tests.connectors.zendesk.support import KEY, fixture, sent
from tests.connectors.zendesk.writing import (
    AUDITS,
    BOTH,
    comment,
    ours,
    serve_between,
    serve_writes,
    ticket,
)


class TestNoteAndReply:
    def test_the_note_goes_first_and_the_reply_is_guarded_by_a_fresh_stamp(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        serve_writes(mock)
        serve_between(mock, [])
        receipt = connector.apply(ticket(), BOTH, KEY)
        note, reply = (body["ticket"] for body in sent(mock, "PUT"))
        assert note["comment"]["public"] is False
        assert note["tags"]
        assert "status" not in note
        assert reply["comment"] == {"html_body": "<p>Hi Maya</p>", "public": True}
        assert reply["status"] == "pending"
        assert reply["metadata"] == {"understudy": KEY, "understudy_part": "reply"}
        assert (note["updated_stamp"], reply["updated_stamp"]) == (
            "2026-11-20T10:12:07Z",
            "2026-11-20T10:20:00Z",
        )
        assert (receipt.note_id, receipt.reply_id) == ("361000001005", "361000001006")

    def test_a_customer_who_writes_in_between_is_not_talked_over(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        serve_writes(mock)
        serve_between(mock, [comment(7, 361000000001, public=True)])
        with pytest.raises(errors.Conflict, match="between"):
            connector.apply(ticket(), BOTH, KEY)
        assert len(sent(mock, "PUT")) == 1

    def test_who_wrote_since_a_broken_attempt_is_not_talked_over_by_the_next(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.get(AUDITS, json=fixture("audits"))
        maya = replace(ours(4, public=True), mark=None, author=Person("361000000001"))
        tom = replace(ours(6, public=True), mark=None)
        there = ticket(messages=(maya, ours(5), tom))
        with pytest.raises(errors.Rejected, match="in the meantime"):
            connector.apply(there, replace(BOTH, answers=maya.id), KEY)
        assert sent(mock, "PUT") == []

    def test_a_trigger_that_our_note_set_off_does_not_stop_the_reply(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        serve_writes(mock)
        serve_between(mock, [comment(7, -1, public=True)])
        assert connector.apply(ticket(), BOTH, KEY).reply_id == "361000001006"

    def test_a_repetition_after_the_note_writes_only_the_reply(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        serve_writes(mock)
        mock.get(AUDITS, json=fixture("audits"))
        receipt = connector.apply(ticket(messages=(ours(5),)), BOTH, KEY)
        [reply] = sent(mock, "PUT")
        assert reply["ticket"]["comment"]["public"] is True
        assert (receipt.note_id, receipt.reply_id) == ("361000001005", "361000001006")
        assert not receipt.found

    def test_a_repetition_after_both_writes_nothing(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        there = ticket(messages=(ours(5), ours(6, public=True)))
        receipt = connector.apply(there, BOTH, KEY)
        assert receipt.found
        assert (receipt.note_id, receipt.reply_id) == ("361000001005", "361000001006")
        assert sent(mock, "PUT") == []

    def test_a_reply_that_an_agent_made_private_since_is_not_sent_a_second_time(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        audits = fixture("audits")
        reply = copy.deepcopy(audits["audits"][1])
        reply["metadata"]["custom"]["understudy_part"] = "reply"
        reply["events"][0]["id"] = 361000001006
        audits["audits"].append(reply)
        mock.get(AUDITS, json=audits)
        there = ticket(messages=(ours(5), ours(6)))
        receipt = connector.apply(there, BOTH, KEY)
        assert receipt.found
        assert (receipt.note_id, receipt.reply_id) == ("361000001005", "361000001006")
        assert sent(mock, "PUT") == []
