"""The change feed: every page, each once, and an end."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from connectors import errors
from connectors.intercom import Intercom
from connectors.intercom.feed import OVERLAP
from tests.connectors.intercom.support import (
    BASE,
    CONVERSATION,
    STARTED,
    TICKET,
    fixture,
)

NOT_FOUND = {"status": 404, "json": fixture("error_not_found")}
REFUSED = {"status": 403, "json": {"errors": [{"code": "forbidden", "message": "No access"}]}}


def searched(mock: responses.RequestsMock, kind: str) -> list[dict[str, Any]]:
    return [
        json.loads(call.request.body or "")
        for call in mock.calls
        if (call.request.url or "").endswith(f"{kind}/search")
    ]


def found(kind: str, *lines: tuple[str, int], after: str | None = None) -> dict[str, Any]:
    follows = {"per_page": 150, "starting_after": after} if after else None
    return {
        "pages": {"type": "pages", "page": 1, "next": follows, "total_pages": 9},
        kind: [{"id": name, "updated_at": STARTED + at} for name, at in lines],
    }


class TestChanged:
    def test_a_first_listing_hands_out_where_it_starts_before_it_asks(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.post(f"{BASE}/conversations/search", status=503)
        pages = connector.changed(None)
        first = next(pages)
        assert (first.items, first.cursor) == ((), str(STARTED + 800))
        with pytest.raises(errors.VendorBroken):
            next(pages)

    def test_conversations_and_customers_tickets_come_oldest_change_first(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.post(f"{BASE}/conversations/search", json=fixture("search_conversations"))
        mock.post(f"{BASE}/tickets/search", json=fixture("search_tickets"))
        [page] = connector.changed(str(STARTED + 300))
        assert [(ref.id, ref.updated_at.timestamp() - STARTED) for ref in page.items] == [
            (TICKET, 300),  # the back-office ticket is the team's own
            ("215470000000102", 590),
            (CONVERSATION, 600),
        ]
        body = searched(mock, "conversations")[0]
        assert body["query"]["value"][0]["value"] == STARTED + 300 - OVERLAP - 1
        assert body["pagination"] == {"per_page": 150}

    def test_what_was_handed_out_is_not_handed_out_again_and_a_change_is(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.post(f"{BASE}/tickets/search", json=found("tickets"))
        mock.post(f"{BASE}/conversations/search", json=found("conversations", ("1", 700)))
        [first] = connector.changed(str(STARTED + 690))
        [same] = connector.changed(first.cursor)
        assert (same.items, same.cursor) == ((), first.cursor)
        later = found("conversations", ("1", 705), ("2", 640))
        mock.replace("POST", f"{BASE}/conversations/search", json=later)
        [second] = connector.changed(first.cursor)
        assert [ref.id for ref in second.items] == ["2", "1"]

    def test_a_search_is_followed_by_its_cursor_to_the_last_page(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        # The pages come in no order that anybody promised.
        pages = [
            found("conversations", ("3", 790), after="A=="),
            found("conversations", ("1", 700), after="B=="),
            found("conversations", ("2", 750)),
        ]
        pages[2]["pages"] = {"type": "pages", "page": 3, "total_pages": 3}
        for body in pages:
            mock.post(f"{BASE}/conversations/search", json=body)
        mock.post(f"{BASE}/tickets/search", json=found("tickets"))
        [page] = connector.changed(str(STARTED + 690))
        assert [ref.id for ref in page.items] == ["1", "2", "3"]
        cursors = [
            body["pagination"].get("starting_after") for body in searched(mock, "conversations")
        ]
        assert cursors == [None, "A==", "B=="]

    def test_a_cursor_that_comes_back_is_not_followed_for_ever(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        body = found("conversations", ("1", 700), after="A==")
        mock.post(f"{BASE}/conversations/search", json=body)
        with pytest.raises(errors.VendorBroken, match="does not move on"):
            list(connector.changed(str(STARTED)))
        assert len(mock.calls) == 2

    def test_many_changes_save_their_progress_page_by_page(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        lines = [(str(n), 100 + n) for n in range(1, 251)]
        mock.post(f"{BASE}/conversations/search", json=found("conversations", *lines))
        mock.post(f"{BASE}/tickets/search", json=found("tickets"))
        pages = list(connector.changed(str(STARTED + 50)))
        assert [len(page.items) for page in pages] == [100, 100, 50]
        rest = [ref.id for page in connector.changed(pages[0].cursor) for ref in page.items]
        assert rest == [name for name, _ in lines[100:]]

    def test_a_workspace_without_tickets_still_tells_its_conversations(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.post(f"{BASE}/conversations/search", json=found("conversations", ("1", 700)))
        mock.post(f"{BASE}/tickets/search", **REFUSED)
        [page] = connector.changed(str(STARTED + 690))
        assert [ref.id for ref in page.items] == ["1"]

    def test_a_cursor_of_somebody_else_is_refused(self, connector: Intercom) -> None:
        with pytest.raises(errors.Rejected):
            list(connector.changed("MTcy|x"))
