"""Zendesk's listing of changed tickets, page by page to its end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connectors import errors
from connectors.types import TicketRef
from tests.connectors.zendesk.support import (
    API,
    NOW,
    Clock,
    fixture,
    serve_token,
    zendesk,
)

EXPORT = f"{API}/incremental/tickets/cursor"


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


def _query(mock: responses.RequestsMock, call: int) -> dict[str, str]:
    query = parse_qs(urlsplit(mock.calls[call].request.url or "").query)
    return {name: values[0] for name, values in query.items()}


def _export(ids: list[int], number: int, *, last: bool) -> dict[str, Any]:
    lines = [{"id": i, "updated_at": "2026-11-20T10:00:00Z"} for i in ids]
    body = {"tickets": lines, "after_cursor": f"c{number}", "end_of_stream": last}
    return json.loads(json.dumps(body))  # type: ignore[no-any-return]
