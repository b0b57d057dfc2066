"""The calls to Freshdesk: what is read, how often, and what is done where a right is lacking."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from connectors import errors
from connectors.freshdesk import Freshdesk
from connectors.shared import PrivateStore
from connectors.types import Change, Role, Status
from tests.connectors.freshdesk.support import (
    API,
    BASE,
    BOT,
    MAYA,
    TOM,
    Account,
    Answer,
    Clock,
    conversation,
    fixture,
    freshdesk,
    json_answer,
)

CONVERSATIONS = "tickets/5158/conversations"
REFUSED = json_answer({"code": "access_denied", "message": "You are not authorized"}, 403)


class TestTicket:
    def test_a_ticket_is_read_with_people_company_and_group(
        self, account: Account, connector: Freshdesk
    ) -> None:
        ticket = connector.ticket("5158")
        assert (ticket.group, ticket.channel, ticket.status) == ("Billing", "email", Status.OPEN)
        assert ticket.requester.tags == {"VIP", "vip"}
        assert ticket.account is not None
        assert (ticket.account.plan, ticket.account.vip) == ("Premium", True)
        assert ticket.messages[2].author.name == "Tom Weber"
        assert ticket.url == f"{BASE}/a/tickets/5158"
        assert not ticket.history_cut

    def test_conversations_are_read_page_by_page_after_the_ticket_and_never_included(
        self, account: Account, connector: Freshdesk, mock: responses.RequestsMock
    ) -> None:
        account.conversations = [
            conversation(number, TOM, f"n{number}", "10:00:00") for number in range(230)
        ]
        assert len(connector.ticket("5158").messages) == 231
        queries = [parse_qs(urlsplit(call.request.url or "").query) for call in mock.calls]
        assert [query["page"] for query in queries if "page" in query][:3] == [["1"], ["2"], ["3"]]
        assert all("conversations" not in query.get("include", [""])[0] for query in queries)
        paths = [path for _, path, _ in account.calls]
        assert paths.index("tickets/5158") < paths.index(CONVERSATIONS)

    @pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 200, 320])
    def test_every_conversation_is_read_once(
        self, account: Account, connector: Freshdesk, number: int
    ) -> None:
        account.conversations = [
            conversation(place, TOM, "", "10:00:00") for place in range(number)
        ]
        read = [message.id for message in connector.ticket("5158").messages]
        assert len(read) == len(set(read)) == number + 1
        assert account.count(CONVERSATIONS) == number // 100 + 1

    def test_a_link_to_another_host_is_a_sign_and_never_followed(
        self, account: Account, connector: Freshdesk, mock: responses.RequestsMock
    ) -> None:
        link = {"Link": '<https://evil.example/api/v2/x?page=2>; rel="next"'}

        def linked(method: str, path: str) -> Answer | None:
            if path != CONVERSATIONS or account.count(path) > 1:
                return None
            return 200, link, json.dumps(account.conversations)

        account.trouble = linked
        account.conversations = account.conversations[:2]
        connector.ticket("5158")
        assert account.count(CONVERSATIONS) == 2
        assert {urlsplit(call.request.url or "").hostname for call in mock.calls} == {
            "acme.freshdesk.com"
        }

    def test_a_listing_that_does_not_move_on_is_given_up(
        self, account: Account, connector: Freshdesk
    ) -> None:
        page = json_answer(account.conversations)
        page[1]["Link"] = f'<{API}/x>; rel="next"'
        account.trouble = lambda method, path: page if path == CONVERSATIONS else None
        with pytest.raises(errors.VendorBroken, match="move on"):
            connector.ticket("5158")

    def test_a_listing_without_pages_is_read_once_though_it_is_long(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["status"] = 7
        many = [{"name": f"cf_{number}"} for number in range(120)] + fixture("ticket_fields")
        account.trouble = lambda m, path: json_answer(many) if path == "ticket_fields" else None
        assert connector.ticket("5158").status is Status.HOLD

    @pytest.mark.parametrize("ticket_id", ["", "x", "../agents", "5158?include=x", "-1", "٣"])
    def test_what_is_no_number_never_gets_into_an_address(
        self, account: Account, connector: Freshdesk, ticket_id: str
    ) -> None:
        with pytest.raises(errors.NotFound):
            connector.ticket(ticket_id)
        assert account.calls == []

    def test_an_unknown_ticket_is_not_found(self, account: Account, connector: Freshdesk) -> None:
        with pytest.raises(errors.NotFound, match="404"):
            connector.ticket("77")
        assert account.count("tickets/archived/77") == 1

    @pytest.mark.parametrize("answer", [(404, {}, ""), (301, {"Location": f"{API}/x"}, "")])
    def test_an_archived_ticket_is_read_where_it_went_and_is_closed(
        self, account: Account, connector: Freshdesk, answer: Answer
    ) -> None:
        account.records |= {
            "tickets/archived/5158": account.ticket,
            "tickets/archived/5158/conversations": account.conversations,
        }
        account.trouble = lambda method, path: answer if path == "tickets/5158" else None
        ticket = connector.ticket("5158")
        assert ticket.status is Status.CLOSED
        assert len(ticket.messages) == 4

    def test_a_missing_right_to_the_archive_does_not_hide_that_a_ticket_is_gone(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: REFUSED if "archived" in path else None
        with pytest.raises(errors.NotFound):
            connector.ticket("77")

    def test_a_refused_key_is_told_in_freshdesks_words(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.trouble = lambda method, path: json_answer(fixture("refused_key"), 401)
        with pytest.raises(errors.AuthFailed, match="invalid_credentials You have to be logged in"):
            connector.ticket("5158")

    def test_the_key_is_sent_as_the_user_of_basic_auth(
        self, account: Account, connector: Freshdesk, mock: responses.RequestsMock
    ) -> None:
        connector.ticket("5158")
        sent = {call.request.headers["Authorization"] for call in mock.calls}
        assert sent == {"Basic aW52ZW50ZWQtYXBpLWtleTpY"}  # invented-api-key:X


class TestPeople:
    def test_names_of_custom_statuses_are_asked_for_only_where_there_is_one(
        self, account: Account, connector: Freshdesk
    ) -> None:
        connector.ticket("5158")
        assert account.count("ticket_fields") == 0
        account.ticket["status"] = 6
        assert connector.ticket("5158").status is Status.PENDING

    def test_a_connector_that_sets_incoming_is_found_out_by_its_author(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.says(9, TOM, "Relayed", incoming=True, source=2)
        assert connector.ticket("5158").messages[-1].author.role is Role.AGENT

    def test_somebody_in_copy_is_a_customer(self, account: Account, connector: Freshdesk) -> None:
        account.says(9, 67000000099, "Me too", incoming=True)
        assert connector.ticket("5158").messages[-1].author.role is Role.CUSTOMER

    def test_a_collaborator_is_staff_and_no_customer(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.records["agents/67000000088"] = fixture("agent") | {"type": "collaborator"}
        account.says(9, 67000000088, "Ask the lab", private=True, source=2)
        message = connector.ticket("5158").messages[-1]
        assert (message.author.role, message.public) == (Role.AGENT, False)

    def test_an_agent_who_asks_is_a_customer_there_and_answers_as_an_agent(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket |= {"requester_id": TOM, "requester": {"id": TOM, "name": "Tom"}}
        account.conversations = []
        account.says(8, TOM, "And also", incoming=True)
        account.says(9, TOM, "Found it")
        roles = [message.author.role for message in connector.ticket("5158").messages]
        assert roles == [Role.CUSTOMER, Role.CUSTOMER, Role.AGENT]

    @pytest.mark.parametrize("forbidden", ["agents/67", "groups", "contacts", "companies"])
    def test_a_right_that_the_key_lacks_costs_names_and_nothing_else(
        self, account: Account, connector: Freshdesk, forbidden: str
    ) -> None:
        account.trouble = lambda method, path: REFUSED if path.startswith(forbidden) else None
        ticket = connector.ticket("5158")
        assert [message.author.role for message in ticket.messages] == [
            Role.CUSTOMER,
            Role.AGENT,
            Role.AGENT,
            Role.CUSTOMER,
        ]
        assert ticket.requester.name == "Maya Lindqvist"
        assert ticket.account is not None

    def test_a_refusal_is_not_asked_for_again_and_again(self, account: Account) -> None:
        account.trouble = lambda method, path: (
            REFUSED if path in (f"agents/{TOM}", f"agents/{BOT}", "groups") else None
        )
        clock = Clock()
        store = PrivateStore(lambda: clock().timestamp())
        for _ in range(3):
            freshdesk(clock, store).ticket("5158")  # each time another process
        assert account.count("groups") == 1
        assert account.count(f"agents/{TOM}") + account.count(f"agents/{BOT}") == 1

    def test_who_an_agent_is_is_shared_and_who_a_customer_is_is_not(self, account: Account) -> None:
        clock, kept = Clock(), []

        class Watched(PrivateStore):
            def put(self, name: str, value: str, seconds: float) -> None:
                kept.append((name, value))
                super().put(name, value, seconds)

        store = Watched(lambda: clock().timestamp())
        for _ in range(3):
            freshdesk(clock, store).ticket("5158")
        assert account.count("agents/me") == 1
        assert account.count(f"agents/{TOM}") == 1
        assert account.count(f"contacts/{MAYA}") == 3
        assert "Maya" not in str(kept)
        assert "invented-api-key" not in str(kept)

    def test_another_key_of_the_same_account_is_another_agent(self, account: Account) -> None:
        store = PrivateStore()
        freshdesk(Clock(), store).ticket("5158")
        freshdesk(Clock(), store).ticket("5158")
        assert account.count("agents/me") == 1
        freshdesk(Clock(), store, FRESHDESK_API_KEY="another-key").ticket("5158")
        assert account.count("agents/me") == 2

    def test_within_one_look_a_customer_is_read_once(
        self, account: Account, connector: Freshdesk
    ) -> None:
        connector.ticket("5158")
        connector.ticket("5158")
        assert account.count(f"contacts/{MAYA}") == account.count("companies/67000000401") == 1

    def test_a_requester_without_an_id_or_company_is_read_all_the_same(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket |= {"requester_id": None, "requester": None, "company_id": None}
        ticket = connector.ticket("5158")
        assert (ticket.requester.id, ticket.account) == ("", None)

    def test_the_company_of_the_contact_counts_where_the_ticket_names_none(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["company_id"] = None
        found = connector.ticket("5158").account
        assert found is not None
        assert found.name == "Nordlicht"

    def test_a_store_full_of_nonsense_is_read_past(self, account: Account) -> None:
        class Nonsense(PrivateStore):
            def get(self, name: str) -> str | None:
                return None if name.startswith("rate:") else "{"

        assert freshdesk(Clock(), Nonsense()).ticket("5158").group == "Billing"


class TestBudget:
    def test_after_a_429_another_process_does_not_call(self, account: Account) -> None:
        clock = Clock()
        store = PrivateStore(lambda: clock().timestamp())
        account.trouble = lambda method, path: (429, {"Retry-After": "40"}, "")
        with pytest.raises(errors.RateLimited):
            freshdesk(clock, store).ticket("5158")
        made = len(account.calls)
        with pytest.raises(errors.RateLimited) as caught:
            freshdesk(clock, store).ticket("5158")
        assert caught.value.retry_after == pytest.approx(40)
        assert len(account.calls) == made == 1

    def test_freshdesks_headers_are_understood(self, account: Account) -> None:
        clock = Clock()
        low = {"X-RateLimit-Total": "50", "X-RateLimit-Remaining": "4"}
        account.trouble = lambda method, path: (200, low, json.dumps(fixture("agent_me")))
        connector = freshdesk(clock)
        with pytest.raises(errors.RateLimited):
            connector.ticket("5158")
        assert len(account.calls) == 1

    @pytest.mark.parametrize(("headroom", "pauses"), [("0.5", True), ("0.1", False), ("0", False)])
    def test_the_share_that_is_left_to_others_is_the_settings(
        self, account: Account, headroom: str, pauses: bool
    ) -> None:
        account.meanwhile = lambda method, path: (
            200,
            {"X-RateLimit-Total": "50", "X-RateLimit-Remaining": "20"},
            json.dumps(account.ticket),
        )
        connector = freshdesk(FRESHDESK_HEADROOM=headroom)
        connector._client.bare_ticket("5158")
        try:
            connector._client.bare_ticket("5158")
        except errors.RateLimited:
            assert pauses
        else:
            assert not pauses

    def test_of_a_ticket_only_the_requester_is_included(
        self, account: Account, connector: Freshdesk, mock: responses.RequestsMock
    ) -> None:
        connector.apply(connector.ticket("5158"), Change(note="<p>x</p>"), "a" * 16)
        queries = [parse_qs(urlsplit(call.request.url or "").query) for call in mock.calls]
        asked = [query["include"] for query in queries if "include" in query]
        assert asked == [["requester"]] * 2
        # A look takes seven calls at first; the names of the account are then kept for all.
        assert len(account.calls) < 14
