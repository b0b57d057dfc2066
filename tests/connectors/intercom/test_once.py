"""Writing once for each key, whatever becomes of an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests
import responses

from connectors import errors
from connectors.intercom import Intercom
from connectors.types import Change, Person, Role
from tests.connectors.intercom.support import (
    CONVERSATION,
    KEY,
    Clock,
    fixture,
    intercom,
    sent,
)
from tests.connectors.intercom.writing import (
    BOTH,
    DRAFT,
    REPLY,
    THREAD,
    ours,
    part,
    serve_writes,
    ticket,
    with_parts,
)


@pytest.fixture(autouse=True)
def workspace(mock: responses.RequestsMock) -> None:
    serve_writes(mock)


class TestOnce:
    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ({"body": requests.ReadTimeout()}, errors.Unreachable),
            ({"status": 503}, errors.VendorBroken),
            ({"body": "<html>"}, errors.VendorBroken),
            ({"json": []}, errors.VendorBroken),
            ({"status": 429}, errors.RateLimited),
            ({"status": 422, "json": {}}, errors.Rejected),
        ],
    )
    def test_a_message_without_an_answer_is_left_to_the_caller(
        self,
        mock: responses.RequestsMock,
        clock: Clock,
        answer: dict[str, Any],
        error: type[errors.HelpdeskError],
    ) -> None:
        mock.replace("POST", f"{THREAD}/reply", **answer)
        for written, change in enumerate((DRAFT, REPLY), 1):
            with pytest.raises(error) as caught:
                intercom(clock).apply(ticket(), change, KEY)
            assert caught.value.unsure is error.unsure
            assert len(sent(mock)) == written

    @pytest.mark.parametrize("answer", [{"body": requests.ReadTimeout()}, {"status": 502}])
    def test_a_tag_without_an_answer_leaves_no_message_in_doubt(
        self, mock: responses.RequestsMock, connector: Intercom, answer: dict[str, Any]
    ) -> None:
        mock.replace("POST", f"{THREAD}/tags", **answer)
        with pytest.raises(errors.HelpdeskError) as caught:
            connector.apply(ticket(), replace(REPLY, tags=DRAFT.tags), KEY)
        assert not caught.value.unsure
        assert not caught.value.permanent
        assert len(sent(mock)) == 1

    @pytest.mark.parametrize("again", [False, True])
    def test_what_bears_the_key_is_not_written_again(
        self, mock: responses.RequestsMock, connector: Intercom, again: bool
    ) -> None:
        there = ticket(messages=(*ticket().messages, ours()), tags=DRAFT.tags, group="Billing")
        receipt = connector.apply(there, DRAFT, KEY, again=again)
        assert (receipt.found, receipt.note_id) == (True, "9010")
        assert sent(mock) == []

    def test_routing_that_an_earlier_attempt_did_not_reach_is_finished(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        there = ticket(messages=(*ticket().messages, ours()))
        assert connector.apply(there, DRAFT, KEY).found
        assert [path.rpartition("/")[2] for _, path, _ in sent(mock)] == ["tags", "parts"]

    def test_routing_is_left_alone_once_a_teammate_took_over(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        tom = replace(ours("9012", public=True), author=Person("7002", role=Role.AGENT))
        there = ticket(messages=(*ticket().messages, ours(), tom))
        assert connector.apply(there, DRAFT, KEY).found
        assert sent(mock) == []

    def test_another_runs_note_does_not_count(self, connector: Intercom) -> None:
        other = replace(ours("9009"), mark="00000000000000bb")
        there = ticket(messages=(*ticket().messages, other))
        assert not connector.apply(there, DRAFT, KEY).found

    def test_a_reply_is_found_by_author_and_text_after_what_it_answers(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        said = ours("9011", public=True, text="Hi Maya, choose Export.")
        receipt = connector.apply(ticket(messages=(*ticket().messages, said)), REPLY, KEY)
        assert (receipt.found, receipt.reply_id) == (True, "9011")
        assert sent(mock) == []
        earlier = ticket(messages=(replace(said, id="9000"), *ticket().messages))
        assert not connector.apply(earlier, REPLY, KEY).found

    def test_again_waits_for_what_may_still_come(
        self, mock: responses.RequestsMock, connector: Intercom, clock: Clock
    ) -> None:
        mock.get(THREAD, json=fixture("conversation"))
        mock.get(THREAD, json=with_parts(part("note_answer")))
        receipt = connector.apply(ticket(tags=DRAFT.tags), DRAFT, KEY, again=True)
        assert (receipt.found, receipt.note_id) == (True, "9010")
        assert len(clock.slept) == 2

    def test_a_note_that_a_teammate_has_followed_is_left_as_it_is_and_that_is_told(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        theirs = replace(ours("9012"), mark=None, author=Person("7002", "Tom", role=Role.AGENT))
        there = ticket(messages=(*ticket().messages, ours("9010"), theirs))
        receipt = connector.apply(there, DRAFT, KEY)
        assert sent(mock) == []
        assert "tags and team stay as they are" in receipt.fallbacks[0]

    def test_who_ended_the_ticket_before_the_rest_was_set_is_looked_for_too(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/tags", status=404, json=fixture("error_not_found"))
        mock.get(THREAD, status=404, json=fixture("error_not_found"))
        mock.get(THREAD.replace("conversations", "tickets"), status=404, json={})
        there = ticket(messages=(*ticket().messages, ours("9010")))
        receipt = connector.apply(there, replace(DRAFT, group=None), KEY, again=True)
        assert receipt.found
        refused, unseen = receipt.fallbacks
        assert "did not take the tag" in refused
        assert "could not be looked at again" in unseen

    def test_again_finds_a_reply_that_landed_late(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(THREAD, json=with_parts(part("reply_answer")))
        receipt = connector.apply(ticket(), REPLY, KEY, again=True)
        assert (receipt.found, receipt.reply_id) == (True, "9011")
        assert sent(mock) == []

    def test_again_writes_a_note_that_is_nowhere(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(THREAD, json=fixture("conversation"))
        assert not connector.apply(ticket(), DRAFT, KEY, again=True).found
        assert sent(mock)[0][2]["message_type"] == "note"

    @pytest.mark.parametrize("change", [REPLY, BOTH])
    def test_a_reply_that_may_be_out_is_never_sent_again(
        self, mock: responses.RequestsMock, connector: Intercom, change: Change
    ) -> None:
        mock.get(THREAD, json=fixture("conversation"))
        with pytest.raises(errors.Rejected, match="IT IS NOT KNOWN WHETHER THE REPLY") as caught:
            connector.apply(ticket(), change, KEY, again=True)
        assert CONVERSATION in str(caught.value)
        assert sent(mock) == []

    def test_tags_alone_need_no_looking_for(
        self, mock: responses.RequestsMock, connector: Intercom, clock: Clock
    ) -> None:
        receipt = connector.apply(ticket(), Change(tags=DRAFT.tags), KEY, again=True)
        assert (receipt.note_id, receipt.found) == (None, False)
        assert clock.slept == []
        assert len(sent(mock)) == 1

    def test_a_reading_tells_what_was_written(self) -> None:
        connector = intercom()
        note = ticket(messages=(*ticket().messages, ours()))
        reply = ticket(
            messages=(*ticket().messages, ours("9", public=True, text="Hi Maya, choose Export."))
        )
        assert connector.written(note, DRAFT, KEY)
        assert connector.written(reply, REPLY, KEY)
        assert not connector.written(ticket(), BOTH, KEY)
        assert not connector.written(reply, DRAFT, KEY)
        stranger = replace(reply.messages[-1], author=Person("7002", role=Role.AGENT))
        assert not connector.written(ticket(messages=(stranger,)), REPLY, KEY)
