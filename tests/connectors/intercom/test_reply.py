"""Writing a reply: last, after another reading, and known again."""

from __future__ import annotations

from dataclasses import replace

import pytest
import responses

from connectors import errors
from connectors.intercom import Intercom
from connectors.types import Person, Role, Status, Ticket
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
    BOTH,
    DRAFT,
    REPLY,
    REPLY_HTML,
    THREAD,
    answering,
    ours,
    part,
    serve_writes,
    ticket,
    with_parts,
)


@pytest.fixture(autouse=True)
def workspace(mock: responses.RequestsMock) -> None:
    serve_writes(mock)


class TestReply:
    def test_a_reply_is_a_comment_by_the_teammate(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        receipt = connector.apply(ticket(), REPLY, KEY)
        assert sent(mock)[-1][2] == {
            "message_type": "comment",
            "type": "admin",
            "admin_id": ADMIN,
            "body": REPLY_HTML,
        }
        assert (receipt.reply_id, receipt.note_id) == ("9011", None)

    def test_it_comes_last_after_another_reading(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(THREAD, json=fixture("note_answer"))
        connector.apply(ticket(), replace(BOTH, tags=DRAFT.tags), KEY)
        kinds = [body.get("message_type") for _, _, body in sent(mock)]
        assert kinds == ["note", None, "comment"]
        order = [
            f"{c.request.method} {(c.request.url or '').rpartition('/')[2]}" for c in mock.calls
        ]
        looks = [place for place, call in enumerate(order) if call == f"GET {CONVERSATION}"]
        # Before it, and afterwards for what others did meanwhile.
        assert looks[0] < order.index("POST reply", looks[0]) < looks[-1]

    @pytest.mark.parametrize(
        ("who", "kind"), [("user", "comment"), ("admin", "comment"), ("admin", "note")]
    )
    def test_a_reply_is_held_back_where_somebody_wrote_in_between(
        self, mock: responses.RequestsMock, connector: Intercom, who: str, kind: str
    ) -> None:
        author = {"type": who, "id": "88"}
        between = part("reply_answer", id="9099", part_type=kind, author=author, body="<p>Wait</p>")
        mock.get(THREAD, json=with_parts(part("note_answer"), between))
        with pytest.raises(errors.Conflict, match="somebody wrote"):
            connector.apply(ticket(), BOTH, KEY)
        assert [body["message_type"] for _, _, body in sent(mock)] == ["note"]

    def test_who_wrote_since_a_broken_attempt_is_not_talked_over_by_the_next(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        tom = replace(ours("9012", public=True), author=Person("7002", role=Role.AGENT))
        there = ticket(messages=(*ticket().messages, ours(), tom))
        with pytest.raises(errors.Rejected, match="in the meantime"):
            connector.apply(there, BOTH, KEY)
        assert sent(mock) == []

    @pytest.mark.parametrize("state", ["closed", "snoozed"])
    def test_a_reply_is_held_back_where_somebody_put_the_thread_aside(
        self, mock: responses.RequestsMock, connector: Intercom, state: str
    ) -> None:
        mock.get(THREAD, json=with_parts(part("note_answer"), state=state))
        with pytest.raises(errors.Conflict, match="closed or snoozed"):
            connector.apply(ticket(), BOTH, KEY)

    def test_what_operator_says_by_itself_does_not_hold_it_back(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        says = part(
            "reply_answer", id="9099", author={"type": "bot", "id": "1"}, body="<p>Soon</p>"
        )
        mock.get(THREAD, json=with_parts(part("note_answer"), says))
        assert connector.apply(ticket(), BOTH, KEY).reply_id == "9011"

    @pytest.mark.parametrize(
        "body",
        [
            "<p>Hi Maya,\n<strong>choose</strong> <a class='x' href='#'>Export</a>.</p>",
            "Hi Maya, choose Export (https://help.acme.example/39).",
            "Hi Maya, choose Export.",
        ],
    )
    def test_it_is_recognised_as_html_and_as_plain_text(
        self, mock: responses.RequestsMock, connector: Intercom, body: str
    ) -> None:
        mock.remove("POST", f"{THREAD}/reply")
        mock.add_callback("POST", f"{THREAD}/reply", callback=answering(body=body))
        assert connector.apply(ticket(), REPLY, KEY).reply_id == "9011"

    def test_a_reply_that_came_out_as_a_note_is_not_called_sent(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.remove("POST", f"{THREAD}/reply")
        mock.add_callback("POST", f"{THREAD}/reply", callback=answering(part_type="note"))
        with pytest.raises(errors.Rejected, match="customer did not get it"):
            connector.apply(ticket(), REPLY, KEY)

    def test_a_mail_that_a_bot_answered_is_told_to_be_unsent(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.remove("POST", f"{THREAD}/reply")
        author = {"type": "bot", "id": ADMIN, "name": "Operator"}
        mock.add_callback("POST", f"{THREAD}/reply", callback=answering(author=author))
        receipt = connector.apply(ticket(channel="email"), REPLY, KEY)
        assert any("customers do not get those" in line for line in receipt.fallbacks)

    def test_a_reply_that_is_nowhere_leaves_it_open(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/reply", json=fixture("conversation"))
        mock.get(THREAD, json=fixture("conversation"))
        with pytest.raises(errors.VendorBroken, match="shows none") as caught:
            connector.apply(ticket(), REPLY, KEY)
        assert caught.value.unsure

    def test_what_fails_after_a_reply_leaves_it_open_too(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.replace("POST", f"{THREAD}/reply", json=fixture("conversation"))
        mock.get(THREAD, status=404, json=fixture("error_not_found"))
        with pytest.raises(errors.NotFound) as caught:
            connector.apply(ticket(), REPLY, KEY)
        assert caught.value.unsure


class TestTickets:
    @pytest.fixture
    def task(self, mock: responses.RequestsMock, connector: Intercom) -> Ticket:
        serve(mock)
        mock.post(f"{BASE}/tickets/{TICKET}/reply", json=fixture("ticket_note_answer"))
        mock.post(f"{BASE}/tickets/{TICKET}/tags", json={"id": "310", "name": "understudy_draft"})
        assigned = fixture("ticket") | {"team_assignee_id": "5002"}
        mock.put(f"{BASE}/tickets/{TICKET}", json=assigned)
        mock.put(f"{BASE}/tickets/{TICKET}", json=assigned | {"open": False})
        return connector.ticket(TICKET)

    def test_a_ticket_is_written_below_its_own_address(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket
    ) -> None:
        change = replace(DRAFT, status=Status.SOLVED)
        receipt = connector.apply(task, change, KEY)
        assert [(method, path) for method, path, _ in sent(mock)] == [
            ("POST", f"tickets/{TICKET}/reply"),
            ("POST", f"tickets/{TICKET}/tags"),
            ("PUT", f"tickets/{TICKET}"),
            ("PUT", f"tickets/{TICKET}"),
        ]
        assert sent(mock)[2][2] == {"assignee_id": "5002", "admin_id": int(ADMIN)}
        assert sent(mock)[3][2] == {"open": False, "admin_id": int(ADMIN)}
        assert (receipt.note_id, receipt.fallbacks) == ("9110", ())

    def test_the_one_part_in_the_answer_is_checked_too(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket
    ) -> None:
        public = fixture("ticket_note_answer") | {"part_type": "comment"}
        mock.replace("POST", f"{BASE}/tickets/{TICKET}/reply", json=public)
        with pytest.raises(errors.Rejected, match="CAME OUT PUBLIC"):
            connector.apply(task, DRAFT, KEY)

    def test_a_reply_to_a_ticket_is_found_in_the_answer(
        self, mock: responses.RequestsMock, connector: Intercom, task: Ticket
    ) -> None:
        said = fixture("ticket_note_answer") | {"part_type": "comment", "body": REPLY_HTML}
        mock.replace("POST", f"{BASE}/tickets/{TICKET}/reply", json=said)
        assert connector.apply(task, replace(REPLY, answers="9103"), KEY).reply_id == "9110"
