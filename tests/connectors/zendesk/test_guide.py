"""Reading the help centre: all of it, in every language, and what changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from responses import matchers

from connectors import errors
from connectors.articles import Article, Audience, Visibility
from tests.connectors.zendesk.account import LAST
from tests.connectors.zendesk.support import API, Clock, fixture, paged, zendesk

GUIDE = f"{API}/help_center"
ARTICLES, CHANGES = f"{GUIDE}/articles", f"{GUIDE}/incremental/articles"
LISTED = f"{GUIDE}/en-us/articles"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECTIONS = {
    "sections": [{"id": 361000000601, "name": "Data", "category_id": 9}],
    "categories": [{"id": 9, "name": "Product"}],
    **LAST,
}
SEGMENT = {
    "id": 361000000901,
    "user_type": "signed_in_users",
    **{name: [] for name in ("group_ids", "organization_ids", "or_tags", "added_user_ids")},
    "tags": ["beta"],
}


def serve(mock: responses.RequestsMock, *locales: str, segments: int = 200) -> None:
    """Serve what lies around the articles, in these languages."""
    listed = list(locales or ["en-us"])
    mock.get(f"{GUIDE}/locales", json={"locales": listed})
    for locale in listed:
        mock.get(f"{GUIDE}/{locale}/sections", json=SECTIONS)
    mock.get(f"{GUIDE}/user_segments", json={"user_segments": [SEGMENT], **LAST}, status=segments)


def raw(place: int = 0, **changes: Any) -> dict[str, Any]:
    return {**fixture("articles")["articles"][place], **changes}


def changed() -> list[Article]:
    return [each for page in zendesk(Clock()).article_changes(SINCE) for each in page.items]


class TestAll:
    def test_all_articles_are_listed_with_their_sections(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock)
        mock.get(LISTED, json=fixture("articles"))
        [page] = zendesk(Clock()).articles(None)
        assert [article.visibility for article in page.items] == [
            Visibility.PUBLIC,
            Visibility.RESTRICTED,
            Visibility.UNPUBLISHED,
        ]
        assert page.items[0].sections == ("Product", "Data")
        assert page.items[1].audience == Audience(all_tags=frozenset({"beta"}))
        assert page.cursor is None

    @pytest.mark.parametrize("status", [403, 404, 422])
    def test_without_a_right_to_read_segments_restricted_articles_are_nobodys(
        self, mock: responses.RequestsMock, status: int
    ) -> None:
        serve(mock, segments=status)
        mock.get(LISTED, json=fixture("articles"))
        [page] = zendesk(Clock()).articles(None)
        assert page.items[1].visibility is Visibility.RESTRICTED
        assert page.items[1].audience is None

    @pytest.mark.parametrize(("called", "known"), [("important", False), ("VIP", True)])
    def test_a_segment_of_vips_is_kept_to_where_the_team_calls_importance_by_another_tag(
        self, mock: responses.RequestsMock, called: str, known: bool
    ) -> None:
        """Who bears the team's own tag is called "vip" by us, and is not in that segment."""
        serve(mock)
        vips = {"user_segments": [{**SEGMENT, "tags": ["vip"]}], **LAST}
        mock.replace("GET", f"{GUIDE}/user_segments", json=vips)
        mock.get(LISTED, json=fixture("articles"))
        [page] = zendesk(Clock(), ZENDESK_VIP_TAG=called).articles(None)
        audience = Audience(all_tags=frozenset({"vip"})) if known else None
        assert (page.items[1].visibility, page.items[1].audience) == (
            Visibility.RESTRICTED,
            audience,
        )

    def test_segments_that_cannot_be_had_just_now_fail_the_listing(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock, segments=503)
        mock.get(LISTED, json=fixture("articles"))
        with pytest.raises(errors.HelpdeskError):
            list(zendesk(Clock()).articles(None))

    def test_what_lies_around_articles_is_asked_once_and_only_where_it_matters(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock)
        first = {"articles": [raw()], "meta": {"has_more": True, "after_cursor": "x=="}}
        pages = {None: first, "x==": {"articles": [raw()], **LAST}}
        mock.add_callback("GET", LISTED, callback=paged(pages))
        assert len(list(zendesk(Clock()).articles(None))) == 2
        asked = [(call.request.url or "").partition("?")[0] for call in mock.calls]
        assert asked.count(f"{GUIDE}/en-us/sections") == 1
        assert f"{GUIDE}/user_segments" not in asked

    def test_every_language_is_listed_and_a_reading_can_be_resumed(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock, "en-us", "de")
        first = {**fixture("articles"), "meta": {"has_more": True, "after_cursor": "x=="}}
        pages = {None: first, "x==": fixture("articles")}
        mock.add_callback("GET", f"{GUIDE}/en-us/articles", callback=paged(pages))
        mock.get(f"{GUIDE}/de/articles", json=fixture("articles"))
        read = list(zendesk(Clock()).articles(None))
        assert [page.cursor for page in read] == ["en-us|x==", "de|", None]
        rest = list(zendesk(Clock()).articles("en-us|x=="))
        assert [page.cursor for page in rest] == ["de|", None]

    def test_the_cursor_of_a_language_that_is_gone_means_to_begin_anew(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock, "en-us", "de")
        for locale in ("en-us", "de"):
            pages: dict[str | None, Any] = {None: fixture("articles")}  # none behind a cursor
            mock.add_callback("GET", f"{GUIDE}/{locale}/articles", callback=paged(pages))
        assert len(list(zendesk(Clock()).articles("fr|x=="))) == 2

    def test_a_help_centre_that_does_not_tell_its_languages_is_listed_all_the_same(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{GUIDE}/locales", status=404)
        mock.get(f"{GUIDE}/sections", json=SECTIONS)
        mock.get(ARTICLES, json={"articles": [raw()], **LAST})
        assert len(list(zendesk(Clock()).articles(None))) == 1

    def test_a_listing_that_is_paged_by_number_is_an_error_never_a_short_list(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock)
        following = f"{LISTED}.json?page=2"
        body = {"articles": [raw()], "page": 1, "page_count": 4, "next_page": following}
        mock.get(LISTED, json=body)
        with pytest.raises(errors.VendorBroken, match="not paged by cursor"):
            list(zendesk(Clock()).articles(None))

    def test_a_failing_listing_is_an_error_never_a_short_list(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock)
        first = {"articles": [raw()], "meta": {"has_more": True, "after_cursor": "x=="}}
        mock.get(LISTED, json={"error": "x"}, status=403, match=[_after("x==")])
        mock.get(LISTED, json=first)
        with pytest.raises(errors.AuthFailed):
            list(zendesk(Clock()).articles(None))


class TestChanges:
    def page(self, *articles: dict[str, Any], **more: Any) -> dict[str, Any]:
        told = {"count": len(articles), "next_page": None, "end_time": 1763632800}
        return {"articles": list(articles), **told, **more}

    def test_they_are_asked_for_by_the_second(self, mock: responses.RequestsMock) -> None:
        serve(mock)
        mock.get(CHANGES, json=self.page(raw(), raw(2)))
        assert [each.visibility for each in changed()] == [
            Visibility.PUBLIC,
            Visibility.UNPUBLISHED,
        ]
        [asked] = [call.request.url for call in mock.calls if CHANGES in (call.request.url or "")]
        assert str(asked).endswith(f"?start_time={int(SINCE.timestamp())}")

    @pytest.mark.parametrize("end", [1, None])
    def test_where_nothing_changed_there_is_no_next_page(
        self, mock: responses.RequestsMock, end: int | None
    ) -> None:
        mock.get(CHANGES, json=self.page(end_time=end))
        assert changed() == []

    def test_pages_overlap_by_a_second_and_nothing_comes_twice(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock)
        start = int(SINCE.timestamp())
        one, two = raw(), raw(2)
        following = f"{CHANGES}.json?start_time={start + 60}"
        pages = {
            str(start): self.page(one, next_page=following, end_time=start + 60),
            str(start + 60): self.page(one, two, end_time=start + 90),
        }
        mock.add_callback("GET", CHANGES, callback=_by_start(pages))
        assert [each.title for each in changed()] == [one["title"], two["title"]]

    @pytest.mark.parametrize("end", [0, None], ids=["the same second", "no time"])
    def test_a_page_that_leads_nowhere_is_followed_by_everything(
        self, mock: responses.RequestsMock, end: int | None
    ) -> None:
        """As seen after imports: more changes in a second than fit a page."""
        serve(mock)
        told = None if end is None else int(SINCE.timestamp()) + end
        mock.get(CHANGES, json=self.page(raw(), next_page=CHANGES, end_time=told))
        mock.get(LISTED, json=fixture("articles"))
        assert {each.title for each in changed()} == {
            each["title"] for each in fixture("articles")["articles"]
        }

    def test_other_languages_are_read_article_by_article(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock, "en-us", "de", "fr")
        mock.get(CHANGES, json=self.page(raw()))
        german = {"locale": "de", "title": "Ausfuhr", "body": "<p>x</p>", "draft": False}
        french = {"locale": "fr", "title": "Exporter", "body": None, "draft": True}
        own = {"locale": "en-us", "title": "Exporting your data", "draft": False}
        path = f"{ARTICLES}/{raw()['id']}/translations"
        mock.get(path, json={"translations": [own, german, french], **LAST})
        found = {each.locale: each for each in changed()}
        assert found["de"].id == f"{found['en-us'].id}-de"
        assert found["de"].public
        assert found["de"].sections == ("Product", "Data")
        assert found["fr"].visibility is Visibility.UNPUBLISHED

    def test_a_language_that_was_switched_off_is_left_out_as_in_the_whole_listing(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock, "en-us", "de")
        mock.get(CHANGES, json=self.page(raw(), raw(1, locale="it", source_locale="it")))
        text = {"title": "T", "body": "x", "draft": False}
        for each in (raw(), raw(1)):
            listed = [{"locale": "fr", **text}, {"locale": "de", **text}]
            path = f"{ARTICLES}/{each['id']}/translations"
            mock.get(path, json={"translations": listed, **LAST})
        assert sorted(each.locale for each in changed()) == ["de", "de", "en-us"]

    def test_with_one_language_too_only_what_is_said_in_it_is_left(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock, "en-us")
        italian = raw(1, locale="it", source_locale="it", title="Esportare")
        mock.get(CHANGES, json=self.page(raw(), italian))
        english = {"locale": "en-us", "title": "Exporting", "body": "x", "draft": False}
        path = f"{ARTICLES}/{italian['id']}/translations"
        mock.get(path, json={"translations": [english], **LAST})
        assert [(each.locale, each.title) for each in changed()] == [
            ("en-us", raw()["title"]),
            ("en-us", "Exporting"),
        ]
        calls = [call.request.url or "" for call in mock.calls]
        assert sum("/translations" in url for url in calls) == 1, "not where there is one language"

    def test_one_that_went_away_meanwhile_breaks_nothing(
        self, mock: responses.RequestsMock
    ) -> None:
        serve(mock, "en-us", "de")
        mock.get(CHANGES, json=self.page(raw()))
        mock.get(f"{ARTICLES}/{raw()['id']}/translations", status=404)
        assert len(changed()) == 1

    def test_a_moment_before_all_times_is_a_start(self, mock: responses.RequestsMock) -> None:
        mock.get(CHANGES, json=self.page())
        before = datetime(1960, 1, 1, tzinfo=UTC)
        assert [page.items for page in zendesk(Clock()).article_changes(before)] == [()]


def _after(cursor: str) -> Any:
    return matchers.query_param_matcher({"page[after]": cursor}, strict_match=False)


def _by_start(pages: dict[str, Any]) -> Any:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        return 200, {}, json.dumps(pages[request.params["start_time"]])

    return answer
