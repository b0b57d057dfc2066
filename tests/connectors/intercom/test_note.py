"""Writing a note: first, internal, and looked at again; then tags and team."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import responses

from connectors import errors
from connectors.intercom import Intercom
from connectors.types import Change, Priority, Status
from tests.connectors.intercom.support import (
    ADMIN,
    BASE,
    CONTACT,
    CONVERSATION,
    KEY,
    fixture,
    sent,
)
from tests.connectors.intercom.writing import (
    DRAFT,
    NOTE_HTML,
    REFUSED,
    REPLY,
    THREAD,
    answering,
    part,
    serve_writes,
    ticket,
    with_parts,
)


@pytest.fixture(autouse=True)
def workspace(mock: responses.RequestsMock) -> None:
    serve_writes(mock)
    mock.get(THREAD, json=fixture("conversation"))  # looked at again afterwards


class TestNote:
    def test_the_note_comes_first_then_the_tags_then_the_team(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        receipt = connector.apply(ticket(), DRAFT, KEY)
        path = f"conversations/{CONVERSATION}"
        assert sent(mock) == [
            (
                "POST",
                f"{path}/reply",
                {"message_type": "note", "type": "admin", "admin_id": ADMIN, "body": NOTE_HTML},
            ),
            ("POST", f"{path}/tags", {"id": "310", "admin_id": ADMIN}),
            (
                "POST",
                f"{path}/parts",
                {
                    "message_type": "assignment",
                    "type": "team",
                    "assignee_id": "5002",
                    "admin_id": ADMIN,
                },
            ),
        ]
        assert (receipt.note_id, receipt.reply_id, receipt.found) == ("9010", None, False)
        assert (receipt.fallbacks, receipt.collisions) == ((), ())
        assert receipt.revision

    def test_our_part_is_found_by_its_mark_and_not_by_being_last(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        body = with_parts(part("note_answer"), part("reply_answer", body="<p>Something else</p>"))
        mock.replace("POST", f"{THREAD}/reply", json=body)
        assert connector.apply(ticket(), DRAFT, KEY).note_id == "9010"

    def test_a_note_that_the_answer_does_not_hold_is_looked_for(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/reply", json=fixture("conversation"))
        mock.replace("GET", THREAD, json=with_parts(part("note_answer")))
        assert connector.apply(ticket(), DRAFT, KEY).note_id == "9010"

    def test_a_note_that_is_nowhere_is_not_taken_for_written(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/reply", json=fixture("conversation"))
        mock.replace("GET", THREAD, json=fixture("conversation"))
        with pytest.raises(errors.VendorBroken, match="shows none") as caught:
            connector.apply(ticket(), DRAFT, KEY)
        assert caught.value.unsure

    def test_a_note_that_could_not_be_looked_for_may_be_there_all_the_same(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/reply", json=fixture("conversation"))
        mock.replace("GET", THREAD, status=503)
        with pytest.raises(errors.VendorBroken) as caught:
            connector.apply(ticket(), DRAFT, KEY)
        assert caught.value.unsure

    @pytest.mark.parametrize(
        ("kind", "words"),
        [("comment", "CAME OUT PUBLIC"), (None, "NOT CONFIRMED TO BE INTERNAL")],
    )
    def test_a_note_that_customers_may_read_is_shouted_about(
        self, mock: responses.RequestsMock, connector: Intercom, kind: str | None, words: str
    ) -> None:
        mock.remove("POST", f"{THREAD}/reply")
        mock.add_callback("POST", f"{THREAD}/reply", callback=answering(part_type=kind))
        with pytest.raises(errors.Rejected, match=words) as caught:
            connector.apply(ticket(), DRAFT, KEY)
        assert "9010" in str(caught.value)
        assert "delete" in str(caught.value)
        assert "stop the bot" in str(caught.value)
        assert len(sent(mock)) == 1

    def test_a_reference_line_that_a_customer_typed_raises_no_alarm(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        author = {"type": "user", "id": CONTACT}
        typed = part("note_answer", id="9000", part_type="comment", author=author)
        mock.replace("POST", f"{THREAD}/reply", json=with_parts(typed, part("note_answer")))
        assert connector.apply(ticket(), DRAFT, KEY).note_id == "9010"

    def test_who_wrote_meanwhile_is_told(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        by = {"type": "admin", "id": "7002", "name": "Tom"}
        between = part("reply_answer", id="9009", author=by)
        mock.replace("POST", f"{THREAD}/reply", json=with_parts(between, part("note_answer")))
        receipt = connector.apply(ticket(), DRAFT, KEY)
        [collision] = receipt.collisions
        assert "an agent wrote in public" in collision
        assert "9009" in collision

    def test_an_empty_change_writes_nothing(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        assert connector.apply(ticket(), Change(answers="9008"), KEY).revision == "conversation-1"
        assert sent(mock) == []

    @pytest.mark.parametrize("status", [Status.CLOSED, Status.GONE])
    def test_what_takes_no_writing_is_not_even_tried(
        self, mock: responses.RequestsMock, connector: Intercom, status: Status
    ) -> None:
        with pytest.raises(errors.Rejected, match="takes no more writing"):
            connector.apply(ticket(status=status), DRAFT, KEY)
        assert sent(mock) == []

    @pytest.mark.parametrize("status", [Status.SOLVED, Status.HOLD])
    def test_a_closed_or_snoozed_thread_takes_a_note(
        self, connector: Intercom, status: Status
    ) -> None:
        assert connector.apply(ticket(status=status), DRAFT, KEY).note_id == "9010"


class TestRouting:
    def test_a_tag_that_does_not_exist_is_made_once(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.post(f"{BASE}/tags", json={"type": "tag", "id": "311", "name": "understudy_new"})
        change = Change(tags=frozenset({"understudy_new"}))
        connector.apply(ticket(), change, KEY)
        connector.apply(ticket(), change, KEY)
        assert [(path, body) for _, path, body in sent(mock)] == [
            ("tags", {"name": "understudy_new"}),
            (f"conversations/{CONVERSATION}/tags", {"id": "311", "admin_id": ADMIN}),
            (f"conversations/{CONVERSATION}/tags", {"id": "311", "admin_id": ADMIN}),
        ]

    def test_what_is_set_already_is_not_set_again(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        set_already = ticket(tags=frozenset({"Understudy_Draft"}), group="billing")
        connector.apply(set_already, DRAFT, KEY)
        assert len(sent(mock)) == 1

    @pytest.mark.parametrize("where", ["tags", "parts"])
    def test_a_refusal_is_told_and_the_note_stays(
        self, mock: responses.RequestsMock, connector: Intercom, where: str
    ) -> None:
        mock.replace("POST", f"{THREAD}/{where}", **REFUSED)
        receipt = connector.apply(ticket(), DRAFT, KEY)
        assert receipt.note_id == "9010"
        [fallback] = receipt.fallbacks
        assert "No access" in fallback

    def test_a_tag_that_was_deleted_since_is_looked_up_again(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/tags", status=404, json=fixture("error_not_found"))
        assert connector.apply(ticket(), DRAFT, KEY).fallbacks
        mock.post(f"{BASE}/tags", json={"type": "tag", "id": "399", "name": "understudy_draft"})
        connector.apply(ticket(), DRAFT, KEY)
        ids = [body["id"] for _, path, body in sent(mock) if path.endswith("/tags")]
        assert ids == ["310", "399"]

    def test_a_team_that_does_not_exist_is_told(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        receipt = connector.apply(ticket(), replace(DRAFT, group="Legal"), KEY)
        assert "'Legal'" in receipt.fallbacks[0]
        assert len(sent(mock)) == 2

    def test_a_team_that_was_not_kept_is_told(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/parts", json=fixture("conversation"))
        assert "did not assign" in connector.apply(ticket(), DRAFT, KEY).fallbacks[0]

    def test_a_priority_is_told_to_be_out_of_reach(self, connector: Intercom) -> None:
        change = Change(note="<p>Draft</p>", priority=Priority.HIGH)
        assert "priority" in connector.apply(ticket(), change, KEY).fallbacks[0]

    def test_solved_is_closed_after_the_messages(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/parts", json=fixture("conversation") | {"state": "closed"})
        receipt = connector.apply(ticket(), replace(REPLY, status=Status.SOLVED), KEY)
        assert [path.rpartition("/")[2] for _, path, _ in sent(mock)] == ["reply", "parts"]
        assert sent(mock)[-1][2] == {"message_type": "close", "type": "admin", "admin_id": ADMIN}
        assert receipt.fallbacks == ()

    @pytest.mark.parametrize("answer", [{"status": 503}, {"json": fixture("conversation")}])
    def test_what_was_not_closed_is_told_for_the_reply_is_out(
        self, mock: responses.RequestsMock, connector: Intercom, answer: dict[str, Any]
    ) -> None:
        mock.replace("POST", f"{THREAD}/parts", **answer)
        receipt = connector.apply(ticket(), replace(REPLY, status=Status.SOLVED), KEY)
        assert receipt.reply_id == "9011"
        assert "solved" in receipt.fallbacks[0]

    @pytest.mark.parametrize("status", [Status.PENDING, Status.HOLD, Status.NEW])
    def test_a_status_that_it_does_not_have_is_told_and_nothing_is_snoozed(
        self, mock: responses.RequestsMock, connector: Intercom, status: Status
    ) -> None:
        receipt = connector.apply(ticket(), replace(REPLY, status=status), KEY)
        assert "status" in receipt.fallbacks[0]
        assert len(sent(mock)) == 1
