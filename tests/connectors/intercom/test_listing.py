"""The change feed and the help centre: every page, each once, and an end."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from requests import PreparedRequest

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


def shelf(articles: list[str], size: int = 2) -> Any:
    """A help centre by pages; ``articles`` may change between two of them."""

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked_for = parse_qs(urlsplit(request.url or "").query)
        number = int(asked_for.get("page", ["1"])[0])
        shown = articles[(number - 1) * size : number * size]
        total = -(-len(articles) // size)
        more = f"{BASE}/articles?page={number + 1}&per_page={size}" if number < total else None
        data = [{"type": "article", "id": name, "state": "published"} for name in shown]
        pages = {"type": "pages", "page": number, "total_pages": total, "next": more}
        body = {"data": data, "pages": pages, "total_count": len(articles)}
        return 200, {"Content-Type": "application/json"}, json.dumps(body)

    return answer


class TestArticles:
    def test_the_help_centre_is_listed_in_every_language(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        collections = {"data": [{"id": "143", "name": "Data"}], "pages": {"page": 1}}
        mock.get(f"{BASE}/help_center/collections", json=collections)
        [page] = connector.articles(None)
        assert [(item.id, item.public) for item in page.items] == [
            ("39", True),
            ("39-de", True),
            ("39-fr", False),
            ("40", False),
            ("41", True),
        ]
        assert {item.sections for item in page.items} == {("Data",)}
        assert page.cursor is None

    @pytest.mark.parametrize("answer", [NOT_FOUND, REFUSED])
    def test_articles_are_articles_without_the_names_of_collections(
        self, mock: responses.RequestsMock, connector: Intercom, answer: dict[str, Any]
    ) -> None:
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        mock.get(f"{BASE}/help_center/collections", **answer)
        [page] = connector.articles(None)
        assert len(page.items) == 5

    @pytest.fixture
    def bare(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{BASE}/help_center/collections", **NOT_FOUND)

    @pytest.mark.usefixtures("bare")
    def test_pages_are_followed_and_each_cursor_leads_on(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.add_callback("GET", f"{BASE}/articles", callback=shelf(list("abcde")))
        pages = list(connector.articles(None))
        assert [[item.id for item in page.items] for page in pages] == [
            ["a", "b"],
            ["c", "d"],
            ["e"],
        ]
        assert pages[-1].cursor is None
        rest = list(connector.articles(pages[0].cursor))
        assert [page.items for page in rest] == [page.items for page in pages[1:]]

    @pytest.mark.usefixtures("bare")
    @pytest.mark.parametrize(
        "following", [{"starting_after": "x"}, f"{BASE}/articles?page=2", None]
    )
    def test_a_next_page_is_a_cursor_or_an_address_or_counted(
        self, mock: responses.RequestsMock, connector: Intercom, following: object
    ) -> None:
        last = fixture("articles")
        first = last | {"pages": {"page": 1, "total_pages": 2, "next": following}}
        mock.get(f"{BASE}/articles", json=first)
        mock.get(f"{BASE}/articles", json=last | {"pages": {"page": 2, "total_pages": 2}})
        assert len(list(connector.articles(None))) == 2

    @pytest.mark.usefixtures("bare")
    def test_a_helpdesk_that_gives_the_first_page_for_ever_is_broken(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        body = fixture("articles") | {"pages": {"page": 1, "total_pages": 2}}
        mock.get(f"{BASE}/articles", json=body)
        with pytest.raises(errors.VendorBroken, match="does not move on"):
            list(connector.articles(None))

    @pytest.mark.usefixtures("bare")
    def test_an_article_that_jumped_to_the_front_meanwhile_is_not_taken_for_gone(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        books = list("abcde")
        mock.add_callback("GET", f"{BASE}/articles", callback=shelf(books))
        pages = connector.articles(None)
        seen = {item.id for item in next(pages).items}
        books.remove("e")
        books.insert(0, "e")  # edited: the newest change comes first
        seen |= {item.id for page in pages for item in page.items}
        assert seen == set("abcde")

    @pytest.mark.usefixtures("bare")
    def test_a_listing_that_breaks_off_raises_instead_of_ending(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        first = fixture("articles") | {"pages": {"page": 1, "total_pages": 2}}
        mock.get(f"{BASE}/articles", json=first)
        mock.get(f"{BASE}/articles", status=500)
        pages = connector.articles(None)
        next(pages)
        with pytest.raises(errors.VendorBroken):
            next(pages)
