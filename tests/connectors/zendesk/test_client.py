"""The calls to Zendesk: what is read, in which order, and how a listing ends."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from responses import matchers

from connectors import errors
from connectors.http import HelpdeskSession
from connectors.types import Role
from connectors.zendesk.client import Client, build_zenpy
from tests.connectors.zendesk.support import (
    API,
    LATER,
    Clock,
    fixture,
    paged,
    serve_ticket,
    serve_token,
    zendesk,
)


class TestTicket:
    def test_a_ticket_is_read_with_all_pages_of_its_comments(
        self, mock: responses.RequestsMock
    ) -> None:
        serve_ticket(mock)
        ticket = zendesk(Clock()).ticket("5158")
        assert [message.id[-1] for message in ticket.messages] == ["1", "2", "3", "4"]
        assert ticket.messages[3].author.name == "Tom Weber"
        assert ticket.revision == "2026-11-20T10:12:07Z"

    def test_comments_end_where_has_more_is_false_though_a_next_link_is_given(
        self, mock: responses.RequestsMock
    ) -> None:
        assert fixture("comments_last")["links"]["next"]
        serve_ticket(mock)
        zendesk(Clock()).ticket("5158")
        assert sum("/comments" in (call.request.url or "") for call in mock.calls) == 2

    def test_comments_are_read_after_the_revision_that_guards_them_and_nothing_else_is(
        self, mock: responses.RequestsMock
    ) -> None:
        serve_ticket(mock)
        zendesk(Clock()).ticket("5158")
        token, *paths = [urlsplit(call.request.url or "").path for call in mock.calls]
        assert token == "/oauth/tokens"
        page = "/api/v2/tickets/5158/comments"
        assert paths == ["/api/v2/tickets/5158", page, page]  # the fixtures have two pages

    def test_authors_that_no_page_brought_are_looked_up(self, mock: responses.RequestsMock) -> None:
        comments = fixture("comments_last")["comments"]
        comments[1]["author_id"] = 361000000777
        serve_ticket(mock, comments=comments)
        late = {"id": 361000000777, "name": "Ada", "role": "agent"}
        query = matchers.query_param_matcher({"ids": "361000000777"})
        mock.get(f"{API}/users/show_many", json={"users": [late]}, match=[query])
        ticket = zendesk(Clock()).ticket("5158")
        assert ticket.messages[1].author.role is Role.AGENT

    @pytest.mark.parametrize("ticket_id", ["", "x", "../users", "5158?include=x", "-1", "٣"])
    def test_what_is_no_number_never_gets_into_an_address(
        self, mock: responses.RequestsMock, ticket_id: str
    ) -> None:
        with pytest.raises(errors.NotFound):
            zendesk(Clock()).ticket(ticket_id)
        assert len(mock.calls) == 0

    def test_an_unknown_ticket_is_not_found(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{API}/tickets/5158", status=404, json={"error": "RecordNotFound"})
        with pytest.raises(errors.NotFound, match="RecordNotFound"):
            zendesk(Clock()).ticket("5158")

    def test_a_listing_that_does_not_move_on_is_given_up(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{API}/tickets/5158", json=fixture("ticket"), headers={"Date": LATER})
        mock.get(f"{API}/tickets/5158/comments", json=fixture("comments_first"))
        with pytest.raises(errors.VendorBroken, match="move on"):
            zendesk(Clock()).ticket("5158")

    def test_a_listing_that_goes_round_in_circles_is_given_up(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{API}/tickets/5158", json=fixture("ticket"), headers={"Date": LATER})
        path = f"{API}/tickets/5158/comments"
        pages = [
            mock.get(path, json=fixture("comments_first") | {"meta": meta})
            for meta in ({"has_more": True, "after_cursor": each} for each in "aba")
        ]
        with pytest.raises(errors.VendorBroken, match="move on"):
            zendesk(Clock()).ticket("5158")
        assert [page.call_count for page in pages] == [1, 1, 1]

    @given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    def test_every_comment_of_every_page_is_read_once(self, sizes: list[int]) -> None:
        numbers = iter(range(100))
        comment = fixture("comments_last")["comments"][1]
        pages: dict[str | None, Any] = {}
        for at, size in enumerate(sizes):
            meta = {"has_more": at < len(sizes) - 1, "after_cursor": f"c{at}"}
            listed = [comment | {"id": 1000 + next(numbers)} for _ in range(size)]
            page = {**fixture("comments_last"), "comments": listed, "meta": meta}
            pages[f"c{at - 1}" if at else None] = page
        with responses.RequestsMock() as mock:
            serve_token(mock)
            mock.get(f"{API}/tickets/5158", json=fixture("ticket"), headers={"Date": LATER})
            mock.add_callback("GET", f"{API}/tickets/5158/comments", callback=paged(pages))
            ticket = zendesk(Clock()).ticket("5158")
        assert [int(message.id) for message in ticket.messages] == [
            1000 + number for number in range(sum(sizes))
        ]


class TestRevision:
    """``updated_at`` has whole seconds: a stamp read within its own second guards nothing."""

    def at(self, second: int) -> dict[str, Any]:
        body: dict[str, Any] = fixture("ticket")
        body["ticket"]["updated_at"] = f"2026-11-20T10:12:{second:02}Z"
        return body

    def test_an_old_stamp_is_taken_at_once(self, mock: responses.RequestsMock) -> None:
        clock = Clock()
        serve_ticket(mock, [(self.at(7), "Fri, 20 Nov 2026 10:12:09 GMT")])
        zendesk(clock).ticket("5158")
        assert clock.slept == []

    def test_a_fresh_stamp_is_waited_out_and_read_again(self, mock: responses.RequestsMock) -> None:
        clock = Clock()
        serve_ticket(
            mock,
            [
                (self.at(7), "Fri, 20 Nov 2026 10:12:08 GMT"),
                (self.at(7), "Fri, 20 Nov 2026 10:12:09 GMT"),
            ],
        )
        assert zendesk(clock).ticket("5158").revision == "2026-11-20T10:12:07Z"
        assert clock.slept == [1.0]

    def test_a_change_within_the_stamps_own_second_gets_into_the_reading(
        self, mock: responses.RequestsMock
    ) -> None:
        changed = self.at(7)
        changed["ticket"]["tags"] = ["added_in_the_same_second"]
        serve_ticket(
            mock,
            [
                (self.at(7), "Fri, 20 Nov 2026 10:12:07 GMT"),
                (changed, "Fri, 20 Nov 2026 10:12:09 GMT"),
            ],
        )
        clock = Clock()
        assert zendesk(clock).ticket("5158").tags == {"added_in_the_same_second"}
        assert clock.slept == [2.0]

    def test_a_vendor_clock_that_lags_does_not_block_reading(
        self, mock: responses.RequestsMock
    ) -> None:
        clock = Clock()
        serve_ticket(mock, [(self.at(7), "Fri, 20 Nov 2026 10:00:00 GMT")])
        assert zendesk(clock).ticket("5158").revision == "2026-11-20T10:12:07Z"
        assert clock.slept == [2.0]

    @pytest.mark.parametrize("date", ["", "nonsense"])
    def test_without_a_date_our_own_clock_decides(
        self, mock: responses.RequestsMock, date: str
    ) -> None:
        clock = Clock()
        serve_ticket(mock, [(self.at(7), date)])
        zendesk(clock).ticket("5158")
        assert clock.slept == []

    def test_a_ticket_that_never_rests_is_a_conflict_to_come_back_to(
        self, mock: responses.RequestsMock
    ) -> None:
        readings = [(self.at(s), f"Fri, 20 Nov 2026 10:12:{s:02} GMT") for s in (7, 9, 11, 13)]
        serve_ticket(mock, readings)
        with pytest.raises(errors.Conflict, match="being changed"):
            zendesk(Clock()).ticket("5158")


class TestZenpy:
    @pytest.mark.parametrize(
        "base", ["https://acme.zendesk.com", "http://127.0.0.1:8099", "https://help.acme.example"]
    )
    def test_zenpy_speaks_to_the_address_in_the_setting(self, base: str) -> None:
        with responses.RequestsMock() as mock:
            mock.get(f"{base}/api/v2/users/me.json", json=fixture("me"))
            session = HelpdeskSession(base, None, vendor="Zendesk")
            assert build_zenpy(base, session).users.me().name == "Understudy"

    def test_a_rate_limit_is_raised_before_zenpy_can_sleep_on_it(
        self, mock: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(seconds: float) -> None:
            raise AssertionError(f"zenpy slept {seconds} s in the worker")

        monkeypatch.setattr("zenpy.lib.api.sleep", never)
        mock.replace(
            "GET", f"{API}/groups.json", status=429, body="Slow down", headers={"Retry-After": "60"}
        )
        clock = Clock()
        with pytest.raises(errors.RateLimited) as caught:
            _client(clock).group_id("Billing")
        assert caught.value.retry_after == 60
        assert clock.slept == []

    def test_nothing_is_kept_in_zenpys_cache(self, mock: responses.RequestsMock) -> None:
        client = _client(Clock())
        mock.get(f"{API}/tickets/5158.json", json={"ticket": fixture("ticket")["ticket"]})
        client.zenpy.tickets(id=5158)
        client.zenpy.tickets(id=5158)
        assert sum("/tickets/" in (call.request.url or "") for call in mock.calls) == 2

    def test_groups_are_found_by_name_whatever_the_case(self, mock: responses.RequestsMock) -> None:
        client = _client(Clock())
        assert client.group_id(" billing ") == "361000000202"
        assert client.group_id("Legal") is None
        assert sum("/groups" in (call.request.url or "") for call in mock.calls) == 1

    def test_groups_end_where_has_more_is_false_though_a_next_link_is_given(
        self, mock: responses.RequestsMock
    ) -> None:
        following = f"{API}/groups.json?page%5Bafter%5D=g2&page%5Bsize%5D=100"
        [first, second] = fixture("groups")["groups"][:2]
        pages = [
            {"groups": [first], "meta": {"has_more": True}, "links": {"next": following}},
            {"groups": [second], "meta": {"has_more": False}, "links": {"next": following}},
        ]
        mock.remove("GET", f"{API}/groups.json")
        for body in pages:
            mock.get(f"{API}/groups.json", json=body)
        client = _client(Clock())
        assert client.group_id(first["name"])
        assert client.group_id(second["name"])
        assert sum("/groups" in (call.request.url or "") for call in mock.calls) == 2

    def test_an_answer_that_zenpy_cannot_digest_is_the_vendors_fault(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("GET", f"{API}/groups.json", json={"surprise": True})
        with pytest.raises(errors.VendorBroken):
            _client(Clock()).group_id("Billing")


def _client(clock: Clock) -> Client:
    return zendesk(clock)._client
