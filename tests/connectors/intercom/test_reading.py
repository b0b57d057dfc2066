"""Reading a thread: what is asked for, in which order, and with what."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import responses

from connectors import errors
from connectors.intercom import Intercom
from connectors.types import Attachment
from tests.connectors.intercom.support import (
    BASE,
    CONTACT,
    CONVERSATION,
    TICKET,
    Clock,
    asked,
    fixture,
    intercom,
    serve,
)

NOT_FOUND: dict[str, Any] = {"status": 404, "json": fixture("error_not_found")}
REFUSED: dict[str, Any] = {
    "status": 403,
    "json": {"errors": [{"code": "forbidden", "message": "No access"}]},
}


class TestThread:
    def test_a_conversation_is_read_with_its_contact_company_and_team(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        serve(mock)
        ticket = connector.ticket(CONVERSATION)
        assert ticket.group == "Support"
        assert ticket.account is not None
        assert ticket.requester.tags == {"beta tester"}
        assert asked(mock)[0] == f"conversations/{CONVERSATION}"
        assert f"contacts/{CONTACT}/companies" in asked(mock)
        assert ticket.url == (
            f"https://app.intercom.com/a/inbox/abc123de/inbox/shared/all/conversation/{CONVERSATION}"
        )

    def test_the_version_is_pinned_on_every_call_and_the_token_is_a_bearer(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock)
        intercom(Clock(), INTERCOM_VERSION="2.16").ticket(CONVERSATION)
        for call in mock.calls:
            assert call.request.headers["Intercom-Version"] == "2.16"
            assert call.request.headers["Authorization"] == "Bearer invented-access-token"

    def test_it_is_not_asked_for_as_plain_text_which_would_lose_lists(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        serve(mock)
        connector.ticket(CONVERSATION)
        assert urlsplit(mock.calls[0].request.url or "").query == ""

    def test_what_is_no_conversation_is_read_as_a_ticket(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        serve(mock)
        ticket = connector.ticket(TICKET)
        assert ticket.subject == "Refund for May"
        assert asked(mock)[:2] == [f"conversations/{TICKET}", f"tickets/{TICKET}"]

    def test_what_is_neither_is_not_found(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/conversations/5", **NOT_FOUND)
        mock.get(f"{BASE}/tickets/5", **NOT_FOUND)
        with pytest.raises(errors.NotFound, match="Resource Not Found"):
            connector.ticket("5")

    def test_a_missing_right_to_tickets_does_not_hide_that_a_conversation_is_gone(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/conversations/5", **NOT_FOUND)
        mock.get(f"{BASE}/tickets/5", status=403, json=fixture("error_not_found"))
        with pytest.raises(errors.NotFound):
            connector.ticket("5")

    @pytest.mark.parametrize("id_", ["", "0", "x", "../me", "1?a=b", "٣", "ticket-5", "9" * 21])
    def test_nothing_but_a_number_stands_in_an_address(
        self, mock: responses.RequestsMock, connector: Intercom, id_: str
    ) -> None:
        with pytest.raises(errors.NotFound):
            connector.ticket(id_)
        assert len(mock.calls) == 0

    def test_a_contact_that_is_gone_leaves_the_thread_readable(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/contacts/{CONTACT}", **NOT_FOUND)
        serve(mock)
        mock.remove("GET", f"{BASE}/contacts/{CONTACT}/tags")
        mock.replace("GET", f"{BASE}/contacts/{CONTACT}", **NOT_FOUND)
        ticket = connector.ticket(CONVERSATION)
        assert (ticket.requester.id, ticket.requester.name) == (CONTACT, "Maya Lindqvist")
        assert ticket.account is None

    @pytest.mark.parametrize("refused", ["", "/companies", "/tags"])
    def test_a_missing_right_to_contacts_leaves_the_thread_readable(
        self, mock: responses.RequestsMock, connector: Intercom, refused: str
    ) -> None:
        serve(mock)
        mock.replace("GET", f"{BASE}/contacts/{CONTACT}{refused}", **REFUSED)
        ticket = connector.ticket(CONVERSATION)
        assert (ticket.requester.id, ticket.requester.name) == (CONTACT, "Maya Lindqvist")
        assert (ticket.account is None) is (refused in ("", "/companies"))
        assert bool(ticket.requester.tags) is (refused == "/companies")

    def test_a_missing_right_to_teams_leaves_the_thread_readable(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        serve(mock)
        mock.replace("GET", f"{BASE}/teams", **REFUSED)
        assert connector.ticket(CONVERSATION).group is None

    def test_a_refused_token_is_no_missing_right(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/conversations/{CONVERSATION}", status=401, json=REFUSED["json"])
        with pytest.raises(errors.AuthFailed):
            connector.ticket(CONVERSATION)

    def test_who_has_no_company_and_no_tags_is_not_asked_about(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        serve(mock)
        bare = {"data": [], "total_count": 0}
        contact = fixture("contact") | {"companies": bare, "tags": bare}
        mock.replace("GET", f"{BASE}/contacts/{CONTACT}", json=contact)
        connector.ticket(CONVERSATION)
        assert [path for path in asked(mock) if path.startswith("contacts/")] == [
            f"contacts/{CONTACT}"
        ]

    def test_teams_are_listed_once_and_again_where_one_is_new(
        self, mock: responses.RequestsMock, clock: Clock
    ) -> None:
        serve(mock, fixture("conversation") | {"team_assignee_id": 5003})
        connector = intercom(clock)
        assert connector.ticket(CONVERSATION).group is None
        assert connector.ticket(CONVERSATION).group is None
        assert asked(mock).count("teams") == 1
        teams = fixture("teams")
        teams["teams"].append({"type": "team", "id": "5003", "name": "New"})
        mock.replace("GET", f"{BASE}/teams", json=teams)
        clock.sleep(61)
        assert connector.ticket(CONVERSATION).group == "New"

    def test_without_a_workspaces_id_the_contacts_own_makes_the_address(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock)
        connector = intercom(Clock(), INTERCOM_APP_ID="")
        assert "/a/inbox/abc123de/" in connector.ticket(CONVERSATION).url

    @pytest.mark.parametrize(
        "body", [{}, [], {"id": None}, {"id": "1", "conversation_parts": {"conversation_parts": 3}}]
    )
    def test_nonsense_is_called_so(
        self, mock: responses.RequestsMock, connector: Intercom, body: object
    ) -> None:
        mock.get(f"{BASE}/conversations/1", json=body)
        with pytest.raises(errors.VendorBroken):
            connector.ticket("1")

    def test_a_limit_is_waited_out_until_its_reset(
        self, mock: responses.RequestsMock, clock: Clock
    ) -> None:
        # Intercom sends no Retry-After: the reset is a moment.
        reset = {"X-RateLimit-Limit": "1666", "X-RateLimit-Remaining": "0"}
        reset["X-RateLimit-Reset"] = str(int(clock.now.timestamp()) + 4)
        mock.get(f"{BASE}/conversations/{CONVERSATION}", status=429, headers=reset)
        serve(mock)
        assert intercom(clock).ticket(CONVERSATION).id == CONVERSATION
        assert sum(clock.slept) == pytest.approx(4, abs=1)

    def test_so_much_of_the_limit_is_left_to_others_as_one_says(
        self, mock: responses.RequestsMock, clock: Clock
    ) -> None:
        told = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "400"}
        told["X-RateLimit-Reset"] = str(int(clock.now.timestamp()) + 9)
        serve(mock)
        mock.replace("GET", f"{BASE}/tags", json=fixture("tags"), headers=told)
        connector = intercom(clock, INTERCOM_HEADROOM="0.5")
        connector._client.known_tag("export")
        assert clock.slept == []
        # The reset is a moment, in Unix seconds; by then it may be called again.
        connector.ticket(CONVERSATION)
        assert sum(clock.slept) == pytest.approx(9, abs=1)


class TestFiles:
    URL = "https://downloads.intercomcdn.com/i/o/1/error.log?expires=1&signature=s"

    def read(self, connector: Intercom, url: str) -> str:
        return connector.file_text(Attachment("error.log", "text/plain", 20, url=url), 1000)

    @pytest.mark.parametrize(
        "host",
        [
            "downloads.intercomcdn.com",
            "downloads.intercomcdn.eu",
            "downloads.au.intercomcdn.com",
            "acme-48416ce2297b.intercom-attachments-1.com",
            "acme.intercom-attachments.eu",
            "acme.au.intercom-attachments.com",
        ],
    )
    def test_a_file_is_read_where_intercom_keeps_files_without_our_token(
        self, mock: responses.RequestsMock, connector: Intercom, host: str
    ) -> None:
        url = self.URL.replace("downloads.intercomcdn.com", host)
        mock.get(url, body="Error 42", content_type="text/plain")
        assert self.read(connector, url) == "Error 42"
        assert "Authorization" not in mock.calls[0].request.headers

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/error.log",
            "https://intercomcdn.com.evil.example/error.log",
            "http://downloads.intercomcdn.com/error.log",
            "https://intercom-attachments-1.com.evil.example/error.log",
            "",
        ],
    )
    def test_nothing_is_read_from_anywhere_else(
        self, mock: responses.RequestsMock, connector: Intercom, url: str
    ) -> None:
        assert self.read(connector, url) == ""
        assert len(mock.calls) == 0

    @pytest.mark.parametrize("answer", [{"status": 403}, {"status": 404}])
    def test_an_address_that_has_expired_is_as_good_as_no_file(
        self, mock: responses.RequestsMock, connector: Intercom, answer: dict[str, Any]
    ) -> None:
        mock.get(self.URL, **answer)
        assert self.read(connector, self.URL) == ""
