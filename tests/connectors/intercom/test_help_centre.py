"""The help centre, what changed in it, internal articles and macros: every page, and an end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from requests import PreparedRequest

from connectors import errors
from connectors.articles import Article, Visibility
from connectors.intercom import Intercom
from tests.connectors.intercom.support import BASE, asked, fixture

NOT_FOUND = {"status": 404, "json": fixture("error_not_found")}
REFUSED = {"status": 403, "json": {"errors": [{"code": "forbidden", "message": "No access"}]}}


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


COLLECTIONS = {
    "data": [
        {"id": "143", "name": "Exports", "parent_id": "142"},
        {"id": "142", "name": "Data", "parent_id": None},
    ],
    "pages": {"page": 1},
}


class TestArticles:
    @pytest.fixture(autouse=True)
    def no_internal_ones(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{BASE}/internal_articles", **REFUSED)

    def test_the_help_centre_is_listed_in_every_language(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        mock.get(f"{BASE}/help_center/collections", json=COLLECTIONS)
        page, last = connector.articles(None)
        assert [(item.id, item.public) for item in page.items] == [
            ("39", True),
            ("39-de", True),
            ("39-fr", False),
            ("40", False),
            ("41", True),
        ]
        assert {item.sections for item in page.items} == {("Data", "Exports")}
        assert (last.items, last.cursor) == ((), None)

    def test_who_may_read_an_article_is_asked_for_whatever_version_is_set(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        mock.get(f"{BASE}/help_center/collections", json=COLLECTIONS)
        list(connector.articles(None))
        assert {call.request.headers["Intercom-Version"] for call in mock.calls} == {"2.16"}

    def test_internal_articles_come_last_and_are_for_the_team_alone(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        mock.get(f"{BASE}/help_center/collections", json=COLLECTIONS)
        mock.replace("GET", f"{BASE}/internal_articles", json=fixture("internal_articles"))
        first, last = connector.articles(None)
        assert [item.id for item in last.items] == ["internal-39", "internal-52"]
        assert {item.visibility for item in last.items} == {Visibility.INTERNAL}
        assert not {item.id for item in first.items} & {item.id for item in last.items}
        assert list(connector.articles(first.cursor)) == [last]

    def test_internal_articles_that_break_off_are_an_error_never_a_short_list(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        mock.get(f"{BASE}/help_center/collections", json=COLLECTIONS)
        first = fixture("internal_articles") | {"pages": {"page": 1, "total_pages": 2}}
        mock.replace("GET", f"{BASE}/internal_articles", json=first)
        mock.get(f"{BASE}/internal_articles", **REFUSED)
        with pytest.raises(errors.AuthFailed):
            list(connector.articles(None))

    @pytest.mark.parametrize("answer", [NOT_FOUND, REFUSED])
    def test_articles_are_articles_without_the_names_of_collections(
        self, mock: responses.RequestsMock, connector: Intercom, answer: dict[str, Any]
    ) -> None:
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        mock.get(f"{BASE}/help_center/collections", **answer)
        page, _ = connector.articles(None)
        assert len(page.items) == 5
        assert {item.sections for item in page.items} == {()}

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
            [],  # internal ones
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
        assert len(list(connector.articles(None))) == 2 + 1

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
    def test_an_article_behind_one_that_was_deleted_meanwhile_is_not_taken_for_gone(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        books = list("abcde")
        mock.add_callback("GET", f"{BASE}/articles", callback=shelf(books))
        pages = connector.articles(None)
        seen = {item.id for item in next(pages).items}
        books.remove("a")  # all others move up: "c" is on the first page now
        seen |= {item.id for page in pages for item in page.items}
        assert seen == set("abcde")

    @pytest.mark.usefixtures("bare")
    def test_an_internal_article_that_moved_meanwhile_is_not_taken_for_gone(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        books = list("abcde")
        mock.get(f"{BASE}/articles", json={"data": [], "total_count": 0})
        mock.remove("GET", f"{BASE}/internal_articles")
        mock.add_callback("GET", f"{BASE}/internal_articles", callback=shelf(books))
        pages = connector.articles(None)
        seen = {item.id for _ in range(2) for item in next(pages).items}
        books.remove("e")
        books.insert(0, "e")
        seen |= {item.id for page in pages for item in page.items}
        assert seen == {f"internal-{name}" for name in "abcde"}

    @pytest.mark.usefixtures("bare")
    @pytest.mark.parametrize(("there", "broken"), [(2, False), (3, False), (4, True), (40, True)])
    def test_a_listing_that_has_much_less_than_it_counts_is_an_error(
        self, mock: responses.RequestsMock, connector: Intercom, there: int, broken: bool
    ) -> None:
        data = [{"id": name, "state": "published"} for name in "ab"]
        mock.get(f"{BASE}/articles", json={"data": data, "total_count": there})
        if broken:
            with pytest.raises(errors.VendorBroken, match=f"lists 2 of {there} articles"):
                list(connector.articles(None))
            return
        assert len(next(connector.articles(None)).items) == 2

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


def changed(connector: Intercom, at: int) -> list[Article]:
    since = datetime.fromtimestamp(at + 0.5, UTC)
    return [item for page in connector.article_changes(since) for item in page.items]


class TestChanges:
    @pytest.fixture(autouse=True)
    def workspace(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{BASE}/help_center/collections", json=COLLECTIONS)
        mock.get(f"{BASE}/internal_articles", json=fixture("internal_articles"))

    def answer(self, *stamps: int, page: int = 1, total: int = 1) -> dict[str, Any]:
        article = fixture("articles")["data"][2]
        data = [article | {"id": f"{stamp}", "updated_at": stamp} for stamp in stamps]
        return {"data": data, "pages": {"page": page, "total_pages": total}}

    def test_only_what_changed_is_listed_drafts_and_languages_too(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", json=fixture("articles"))
        found = changed(connector, 1795168600)
        assert [(each.id, each.visibility.value) for each in found] == [
            ("39", "public"),
            ("39-de", "public"),
            ("39-fr", "unpublished"),
            ("40", "unpublished"),
            ("internal-39", "internal"),
        ]
        assert found[0].sections == ("Data", "Exports")

    def test_no_page_is_read_behind_the_first_older_change(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", json=self.answer(300, 200, total=9))
        mock.get(f"{BASE}/articles", json=self.answer(200, 100, page=2, total=9))
        assert [each.id for each in changed(connector, 200)][:3] == ["300", "200", "200"]
        assert asked(mock).count("articles") == 2

    def test_where_nothing_changed_it_is_a_call_for_each_kind(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", json=self.answer(300, 200, total=9))
        assert changed(connector, 1795168700) == []
        assert asked(mock) == ["articles", "internal_articles"]

    def test_a_language_that_changed_alone_is_found_beside_what_is_looked_at(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        listed = fixture("articles")
        listed["data"][0]["updated_at"] = 1795160000
        mock.get(f"{BASE}/articles", json=listed)
        assert {each.id for each in changed(connector, 1795168600)} >= {"39", "39-de", "39-fr"}

    def test_an_article_without_a_stamp_is_taken_for_changed_and_ends_nothing(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        body = self.answer(300)
        body["data"][0]["updated_at"] = None
        mock.get(f"{BASE}/articles", json=body)
        assert [each.id for each in changed(connector, 1795168700)] == ["300"]

    def test_a_listing_that_breaks_off_is_an_error(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/articles", **REFUSED)
        with pytest.raises(errors.AuthFailed):
            changed(connector, 0)


class TestMacros:
    def test_those_with_a_text_are_saved_replies(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/macros", json=fixture("macros"))
        [page] = connector.canned()
        assert [(each.id, each.title, each.visibility.value) for each in page.items] == [
            ("123", "Refund is on its way", "public"),
            ("124", "Chargeback", "internal"),
        ]
        assert mock.calls[0].request.headers["Intercom-Version"] == "2.16"

    def test_a_text_that_the_listing_leaves_out_is_read_by_itself(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        listed = fixture("macros")
        alone = listed["data"][1]
        listed["data"] = [alone | {"body": None}, alone | {"id": "9", "body": None}]
        mock.get(f"{BASE}/macros", json=listed)
        mock.get(f"{BASE}/macros/124", json=alone)
        mock.get(f"{BASE}/macros/9", **NOT_FOUND)  # gone since
        [page] = connector.canned()
        assert [(each.id, each.html) for each in page.items] == [
            ("124", "<p>We have asked the bank.</p>")
        ]

    def test_so_few_are_asked_for_at_once_that_their_texts_come_along(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        first = fixture("macros") | {"pages": {"next": {"starting_after": "WzE="}}}
        mock.get(f"{BASE}/macros", json=first)
        mock.get(f"{BASE}/macros", json=fixture("macros"))
        assert len(list(connector.canned())) == 2
        asked_for = [parse_qs(urlsplit(call.request.url or "").query) for call in mock.calls]
        assert asked_for == [
            {"per_page": ["25"]},
            {"per_page": ["25"], "starting_after": ["WzE="]},
        ]

    def test_a_missing_right_is_an_error_never_a_short_list(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        mock.get(f"{BASE}/macros", **REFUSED)
        with pytest.raises(errors.AuthFailed, match="No access"):
            list(connector.canned())
