"""The calls to Zendesk: what is read, in which order, and how a listing ends."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from responses import matchers

from connectors import errors
from connectors.http import HelpdeskSession
from connectors.types import Role, TicketRef
from connectors.zendesk.client import Client, build_zenpy
from tests.connectors.zendesk.support import (
    API,
    LATER,
    NOW,
    Clock,
    fixture,
    paged,
    serve_ticket,
    serve_token,
    zendesk,
)

EXPORT = f"{API}/incremental/tickets/cursor"
ARTICLES = f"{API}/help_center/articles"


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

    def test_comments_are_read_after_the_revision_that_guards_them(
        self, mock: responses.RequestsMock
    ) -> None:
        serve_ticket(mock)
        zendesk(Clock()).ticket("5158")
        paths = [urlsplit(call.request.url or "").path for call in mock.calls]
        assert paths[1:3] == ["/api/v2/tickets/5158", "/api/v2/tickets/5158/comments"]

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


class TestChanged:
    def test_deleted_and_ai_handled_tickets_are_listed_too(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(EXPORT, json=fixture("export"))
        [page] = zendesk(Clock()).changed("OLD")
        assert [ref.id for ref in page.items] == ["5158", "5159"]
        assert isinstance(page.items[0], TicketRef)
        assert page.cursor == "MTU3"
        assert _query(mock, -1) == {"cursor": "OLD", "support_type_scope": "all"}

    def test_a_first_reading_starts_two_minutes_back(self, mock: responses.RequestsMock) -> None:
        mock.get(EXPORT, json=fixture("export"))
        list(zendesk(Clock()).changed(None))
        start = int((NOW - timedelta(minutes=2)).timestamp())
        assert _query(mock, -1)["start_time"] == str(start)

    def test_a_start_is_not_lost_where_the_first_call_fails(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(EXPORT, status=500)
        reading = zendesk(Clock()).changed(None)
        assert next(reading).cursor == f"@{int((NOW - timedelta(minutes=2)).timestamp())}"
        with pytest.raises(errors.VendorBroken):
            next(reading)

    def test_an_empty_page_still_hands_out_its_cursor(self, mock: responses.RequestsMock) -> None:
        mock.get(EXPORT, json={**fixture("export"), "tickets": [], "after_cursor": "NEXT"})
        [page] = zendesk(Clock()).changed("OLD")
        assert (page.items, page.cursor) == ((), "NEXT")

    @pytest.mark.parametrize("stored", ["OLD", None])
    def test_a_page_without_a_cursor_does_not_lose_the_place(
        self, mock: responses.RequestsMock, stored: str | None
    ) -> None:
        mock.get(EXPORT, json={**fixture("export"), "tickets": [], "after_cursor": None})
        page = list(zendesk(Clock()).changed(stored))[-1]
        assert page.cursor
        list(zendesk(Clock()).changed(page.cursor))
        assert _query(mock, -1) == _query(mock, 1)

    def test_an_export_that_does_not_advance_is_given_up_not_repeated(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(EXPORT, json={**fixture("export"), "end_of_stream": False})
        with pytest.raises(errors.VendorBroken, match="move on"):
            list(zendesk(Clock()).changed("OLD"))
        assert len(mock.calls) == 3

    @given(st.lists(st.lists(st.integers(1, 9999), max_size=4), min_size=1, max_size=6))
    def test_every_line_of_every_page_is_handed_out_once_and_in_order(
        self, pages: list[list[int]]
    ) -> None:
        with responses.RequestsMock() as mock:
            serve_token(mock)
            for number, ids in enumerate(pages):
                mock.get(EXPORT, json=_export(ids, number, last=number == len(pages) - 1))
            read = list(zendesk(Clock()).changed("start"))
        assert [[int(ref.id) for ref in page.items] for page in read] == pages
        assert [page.cursor for page in read] == [f"c{n}" for n in range(len(pages))]


class TestArticles:
    def test_all_articles_are_listed_with_their_section(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{API}/help_center/locales", json={"locales": ["en-us"]})
        mock.get(ARTICLES, json=fixture("articles"))
        [page] = zendesk(Clock()).articles(None)
        assert [article.public for article in page.items] == [True, False, False]
        assert page.items[0].section == "Data"
        assert page.cursor is None

    def test_every_language_is_listed_and_a_reading_can_be_resumed(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{API}/help_center/locales", json={"locales": ["en-us", "de"]})
        first = {**fixture("articles"), "meta": {"has_more": True, "after_cursor": "x=="}}
        english = f"{API}/help_center/en-us/articles"
        pages = {None: first, "x==": fixture("articles")}
        mock.add_callback("GET", english, callback=paged(pages))
        mock.get(f"{API}/help_center/de/articles", json=fixture("articles"))
        read = list(zendesk(Clock()).articles(None))
        assert [page.cursor for page in read] == ["en-us|x==", "de|", None]
        rest = list(zendesk(Clock()).articles("en-us|x=="))
        assert [page.cursor for page in rest] == ["de|", None]

    def test_a_help_centre_that_does_not_tell_its_languages_is_listed_all_the_same(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{API}/help_center/locales", status=404)
        mock.get(ARTICLES, json=fixture("articles"))
        assert len(list(zendesk(Clock()).articles(None))) == 1

    def test_a_failing_listing_is_an_error_never_a_short_list(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{API}/help_center/locales", json={"locales": ["en-us"]})
        first = {**fixture("articles"), "meta": {"has_more": True, "after_cursor": "x=="}}
        mock.get(ARTICLES, json={"error": "x"}, status=403, match=[_after("x==")])
        mock.get(ARTICLES, json=first)
        with pytest.raises(errors.AuthFailed):
            list(zendesk(Clock()).articles(None))


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

    def test_an_answer_that_zenpy_cannot_digest_is_the_vendors_fault(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.replace("GET", f"{API}/groups.json", json={"surprise": True})
        with pytest.raises(errors.VendorBroken):
            _client(Clock()).group_id("Billing")


def _client(clock: Clock) -> Client:
    return zendesk(clock)._client


def _query(mock: responses.RequestsMock, call: int) -> dict[str, str]:
    query = parse_qs(urlsplit(mock.calls[call].request.url or "").query)
    return {name: values[0] for name, values in query.items()}


def _after(cursor: str) -> Any:
    return matchers.query_param_matcher({"page[after]": cursor}, strict_match=False)


def _export(ids: list[int], number: int, *, last: bool) -> dict[str, Any]:
    lines = [{"id": i, "updated_at": "2026-11-20T10:00:00Z"} for i in ids]
    body = {"tickets": lines, "after_cursor": f"c{number}", "end_of_stream": last}
    return json.loads(json.dumps(body))  # type: ignore[no-any-return]
