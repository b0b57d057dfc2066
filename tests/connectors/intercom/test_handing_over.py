"""Beside the message: where a ticket stands, who has it, and our own tags."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import responses

from connectors import errors
from connectors.intercom import Intercom
from connectors.types import Change, Status, Ticket
from tests.connectors.intercom.support import (
    ADMIN,
    BASE,
    CONVERSATION,
    KEY,
    TICKET,
    fixture,
    sent,
    serve,
)
from tests.connectors.intercom.writing import (
    NOTE_HTML,
    REFUSED,
    REPLY,
    THREAD,
    ours,
    part,
    serve_writes,
    ticket,
    with_parts,
)

HANDOFF = Change(note="<p>Draft</p>", status=Status.OPEN, release=True, group="Billing")
OPEN = fixture("conversation") | {"state": "open", "open": True}
SEND = "understudy_send"
BY_TOM = {"type": "admin", "id": "7002", "name": "Tom"}


@pytest.fixture(autouse=True)
def workspace(mock: responses.RequestsMock) -> None:
    serve_writes(mock)
    mock.get(THREAD, json=fixture("conversation"))  # looked at again afterwards


def done(mock: responses.RequestsMock) -> list[Any]:
    """What was written after the messages."""
    return [body for _, path, body in sent(mock) if not path.endswith("/reply")]


def held_by(mock: responses.RequestsMock, teammate: int) -> None:
    """Whose it is by the time that our note is out."""
    body = with_parts(part("note_answer"), admin_assignee_id=teammate)
    mock.replace("POST", f"{THREAD}/reply", json=body)


class TestOpen:
    @pytest.mark.parametrize("status", [Status.SOLVED, Status.HOLD])
    def test_what_is_handed_over_is_opened(
        self, mock: responses.RequestsMock, connector: Intercom, status: Status
    ) -> None:
        # A note leaves it as it stands.
        aside = with_parts(part("note_answer"), state="snoozed")
        mock.replace("POST", f"{THREAD}/reply", json=aside)
        mock.replace("POST", f"{THREAD}/parts", json=OPEN)
        change = replace(HANDOFF, group=None)
        receipt = connector.apply(ticket(status=status), change, KEY)
        assert done(mock) == [{"message_type": "open", "admin_id": ADMIN}]
        assert receipt.fallbacks == ()

    @pytest.mark.parametrize("status", [Status.OPEN, Status.NEW])
    def test_what_is_open_is_not_opened(
        self, mock: responses.RequestsMock, connector: Intercom, status: Status
    ) -> None:
        connector.apply(ticket(status=status), replace(HANDOFF, group=None), KEY)
        assert done(mock) == []

    def test_what_opened_by_being_assigned_is_not_opened_again(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/parts", json=OPEN | {"team_assignee_id": 5002})
        connector.apply(ticket(status=Status.SOLVED), HANDOFF, KEY)
        assert [body["message_type"] for body in done(mock)] == ["assignment"]

    def test_a_refusal_is_told_and_what_may_pass_is_left_to_the_next_attempt(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        aside = with_parts(part("note_answer"), state="closed")
        mock.replace("POST", f"{THREAD}/reply", json=aside)
        change = replace(HANDOFF, group=None)
        mock.replace("POST", f"{THREAD}/parts", **REFUSED)
        [told] = connector.apply(ticket(status=Status.SOLVED), change, KEY).fallbacks
        assert "not open" in told
        mock.replace("POST", f"{THREAD}/parts", status=503)
        with pytest.raises(errors.VendorBroken) as caught:
            connector.apply(ticket(status=Status.SOLVED), change, KEY)
        assert not caught.value.unsure


class TestBrokenOff:
    """A note is out, and the attempt broke off before its status."""

    @pytest.fixture
    def there(self) -> Ticket:
        return ticket(messages=(*ticket().messages, ours()), status=Status.HOLD, group="Billing")

    def test_the_repetition_sets_the_status(
        self, mock: responses.RequestsMock, connector: Intercom, there: Ticket
    ) -> None:
        mock.replace("GET", THREAD, json=with_parts(part("note_answer"), state="snoozed"))
        mock.replace("POST", f"{THREAD}/parts", json=OPEN)
        receipt = connector.apply(there, HANDOFF, KEY, again=True)
        assert receipt.found
        assert done(mock) == [{"message_type": "open", "admin_id": ADMIN}]

    @pytest.mark.parametrize(
        "since",
        [
            part("reply_answer", id="9099", author=BY_TOM),
            part("reply_answer", id="9099", author={"type": "user", "id": "88"}),
            # Closed, or put aside once more, without a word.
            part("reply_answer", id="9099", author=BY_TOM, body=None, part_type="close"),
        ],
    )
    def test_but_not_where_somebody_did_anything_since(
        self,
        mock: responses.RequestsMock,
        connector: Intercom,
        there: Ticket,
        since: dict[str, Any],
    ) -> None:
        mock.replace("GET", THREAD, json=with_parts(part("note_answer"), since, state="snoozed"))
        assert connector.apply(there, HANDOFF, KEY).found
        assert done(mock) == []

    def test_what_operator_or_we_did_since_does_not_count(
        self, mock: responses.RequestsMock, connector: Intercom, there: Ticket
    ) -> None:
        robot = {"type": "bot", "id": "1", "email": "operator+x@intercom.io"}
        later = [
            part("note_answer", id="9098", body=None, part_type="assignment"),
            part("note_answer", id="9099", author=robot, part_type="quick_reply", body="<p>x</p>"),
        ]
        mock.replace("GET", THREAD, json=with_parts(part("note_answer"), *later, state="snoozed"))
        mock.replace("POST", f"{THREAD}/parts", json=OPEN)
        connector.apply(there, HANDOFF, KEY)
        assert len(done(mock)) == 1

    def test_a_reply_that_is_out_is_not_closed_over_a_customer(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        said = ours("9011", public=True, text="Hi Maya, choose Export.")
        there = ticket(messages=(*ticket().messages, said))
        again = part("reply_answer", id="9099", author={"type": "user", "id": "88"})
        mock.replace("GET", THREAD, json=with_parts(part("reply_answer"), again))
        assert connector.apply(there, replace(REPLY, status=Status.SOLVED), KEY).found
        assert sent(mock) == []

    def test_what_is_gone_by_then_is_told_and_the_note_still_counts(
        self, mock: responses.RequestsMock, connector: Intercom, there: Ticket
    ) -> None:
        mock.replace("GET", THREAD, status=404, json=fixture("error_not_found"))
        receipt = connector.apply(there, HANDOFF, KEY)
        assert (receipt.found, receipt.note_id) == (True, "9010")
        assert "the status is not open" in receipt.fallbacks[0]

    def test_where_nothing_could_be_set_nothing_is_asked(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        said = ours("9011", public=True, text="Hi Maya, choose Export.")
        connector.apply(ticket(messages=(*ticket().messages, said)), REPLY, KEY)
        assert len(mock.calls) == 0


class TestRelease:
    def test_the_bot_gives_it_back_and_then_it_goes_to_its_team(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        held_by(mock, int(ADMIN))
        mock.replace("POST", f"{THREAD}/parts", json=OPEN | {"team_assignee_id": 5002})
        receipt = connector.apply(ticket(assignee_id=ADMIN), HANDOFF, KEY)
        assert [(b["type"], b["assignee_id"]) for b in done(mock)] == [
            ("admin", "0"),
            ("team", "5002"),
        ]
        assert receipt.fallbacks == ()

    @pytest.mark.parametrize("assignee", [None, "7002"])
    def test_from_others_it_is_never_taken(
        self, mock: responses.RequestsMock, connector: Intercom, assignee: str | None
    ) -> None:
        connector.apply(ticket(assignee_id=assignee), replace(HANDOFF, group=None), KEY)
        assert done(mock) == []

    def test_who_took_it_while_the_note_was_written_keeps_it(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        held_by(mock, 7002)
        connector.apply(ticket(assignee_id=ADMIN), replace(HANDOFF, group=None), KEY)
        assert done(mock) == []

    def test_without_being_asked_it_is_kept(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        connector.apply(ticket(assignee_id=ADMIN), replace(HANDOFF, group=None, release=False), KEY)
        assert done(mock) == []

    def test_what_was_not_given_back_is_told_and_the_note_is_out(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        held_by(mock, int(ADMIN))
        kept = OPEN | {"admin_assignee_id": int(ADMIN), "team_assignee_id": 5002}
        mock.replace("POST", f"{THREAD}/parts", json=kept)
        receipt = connector.apply(ticket(assignee_id=ADMIN), HANDOFF, KEY)
        assert receipt.note_id == "9010"
        assert receipt.fallbacks == ("Intercom did not take the ticket from the bot",)


class TestUntag:
    @pytest.fixture(autouse=True)
    def known(self, mock: responses.RequestsMock) -> None:
        tags = fixture("tags")
        tags["data"].append({"type": "tag", "id": "320", "name": SEND})
        mock.replace("GET", f"{BASE}/tags", json=tags)

    CHANGE = Change(note="<p>Draft</p>", untag=frozenset({SEND}))

    def test_our_own_tag_is_taken_away_in_the_teammates_name(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.delete(f"{THREAD}/tags/320", json={"type": "tag", "id": "320", "name": SEND})
        connector.apply(ticket(tags=frozenset({"Understudy_Send"})), self.CHANGE, KEY)
        assert sent(mock)[1:] == [
            ("DELETE", f"conversations/{CONVERSATION}/tags/320", {"admin_id": ADMIN})
        ]

    def test_what_is_not_there_is_not_asked_to_be_taken_away(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        assert connector.apply(ticket(), self.CHANGE, KEY).fallbacks == ()
        assert len(sent(mock)) == 1

    @pytest.mark.parametrize("answer", [{"status": 404}, {"json": {"applied_at": None}}])
    def test_what_somebody_took_away_meanwhile_is_no_fault(
        self, mock: responses.RequestsMock, connector: Intercom, answer: dict[str, Any]
    ) -> None:
        mock.delete(f"{THREAD}/tags/320", **answer)
        receipt = connector.apply(ticket(tags=frozenset({SEND})), self.CHANGE, KEY)
        assert receipt.fallbacks == ()

    def test_a_refusal_is_told_and_the_note_stays(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.delete(f"{THREAD}/tags/320", **REFUSED)
        receipt = connector.apply(ticket(tags=frozenset({SEND})), self.CHANGE, KEY)
        assert receipt.note_id == "9010"
        assert "did not take the tag understudy_send away" in receipt.fallbacks[0]


class TestTickets:
    PATH = f"{BASE}/tickets/{TICKET}"

    @pytest.fixture
    def task(self, mock: responses.RequestsMock, connector: Intercom) -> Ticket:
        serve(mock)
        note = fixture("ticket_note_answer")
        mock.post(f"{self.PATH}/reply", json=note | {"body": NOTE_HTML})
        mock.post(f"{self.PATH}/tags", json={"id": "310", "name": "understudy_draft"})
        types = {"data": [{"id": "91"}]}
        states = [
            {"id": "70", "category": "waiting_on_customer", "ticket_types": {"data": []}},
            {
                "id": "71",
                "category": "waiting_on_customer",
                "ticket_types": types,
                "archived": True,
            },
            {"id": "72", "category": "waiting_on_customer", "ticket_types": types},
            {"id": "73", "category": "in_progress", "ticket_types": types},
        ]
        mock.get(f"{BASE}/ticket_states", json={"type": "list", "data": states})
        return connector.ticket(TICKET)

    def answer(self, mock: responses.RequestsMock, **changes: Any) -> None:
        mock.put(self.PATH, json=fixture("ticket") | changes)

    def test_an_answered_ticket_waits_for_its_customer_by_a_state_of_its_type(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket
    ) -> None:
        reply = fixture("ticket_note_answer") | {"part_type": "comment", "body": REPLY.reply}
        mock.replace("POST", f"{self.PATH}/reply", json=reply)
        self.answer(mock, ticket_state={"id": "72", "category": "waiting_on_customer"})
        receipt = connector.apply(task, replace(REPLY, answers="9103"), KEY)
        assert done(mock) == [{"ticket_state_id": "72", "admin_id": int(ADMIN)}]
        assert receipt.fallbacks == ()

    def test_where_its_type_has_no_such_state_that_is_told(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket
    ) -> None:
        mock.replace("GET", f"{BASE}/ticket_states", json={"type": "list", "data": []})
        receipt = connector.apply(task, Change(note="<p>Draft</p>", status=Status.PENDING), KEY)
        assert "no state waiting_on_customer for this type" in receipt.fallbacks[0]
        assert done(mock) == []

    @pytest.mark.parametrize("state", ["", "resolved", "waiting_on_customer"])
    def test_a_closed_ticket_is_opened_and_its_state_too_if_need_be(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket, state: str
    ) -> None:
        if state:
            self.answer(mock, open=True, ticket_state={"id": "8", "category": state})
        self.answer(mock, open=True, ticket_state={"id": "73", "category": "in_progress"})
        change = Change(note="<p>Draft</p>", status=Status.OPEN)
        receipt = connector.apply(replace(task, status=Status.SOLVED), change, KEY)
        wanted: list[dict[str, Any]] = [{"open": True, "admin_id": int(ADMIN)}]
        if state:
            wanted.append({"ticket_state_id": "73", "admin_id": int(ADMIN)})
        assert done(mock) == wanted
        assert receipt.fallbacks == ()

    def test_a_tickets_team_survives_that_the_bot_gives_it_back(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket
    ) -> None:
        # Its one field for assignees is emptied for both.
        self.answer(mock)
        self.answer(mock, team_assignee_id="5001")
        held = replace(task, assignee_id=ADMIN, group="Support")
        receipt = connector.apply(held, Change(note="<p>Draft</p>", release=True), KEY)
        assert [body["assignee_id"] for body in done(mock)] == ["0", "5001"]
        assert receipt.fallbacks == ()

    def test_a_tag_that_a_person_may_have_taken_off_is_put_on_again(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket
    ) -> None:
        assert task.tags == frozenset(), "a ticket does not tell"
        for _ in range(2):
            connector.apply(task, Change(tags=frozenset({"understudy_draft"})), KEY)
        assert [path for _, path, _ in sent(mock)] == [f"tickets/{TICKET}/tags"] * 2

    def test_our_own_tag_is_taken_from_a_ticket_without_looking(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket
    ) -> None:
        draft = frozenset({"understudy_draft"})
        mock.delete(f"{self.PATH}/tags/310", json={"type": "tag", "id": "310"})
        connector.apply(task, Change(tags=draft), KEY)
        connector.apply(task, Change(untag=draft), KEY)
        connector.apply(task, Change(tags=draft), KEY)
        methods = [method for method, path, _ in sent(mock) if "/tags" in path]
        assert methods == ["POST", "DELETE", "POST"]
