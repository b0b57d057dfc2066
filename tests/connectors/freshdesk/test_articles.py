"""Articles and canned responses in our words, and who may read them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.articles import Article, ArticleKind, Audience, Visibility
from connectors.freshdesk import wire
from connectors.freshdesk.articles import Shelf, article_from_freshdesk, canned_from_freshdesk
from connectors.types import Account, Person
from tests.connectors.freshdesk.support import BASE, fixture

PUBLIC, RESTRICTED = Visibility.PUBLIC, Visibility.RESTRICTED
INTERNAL, UNPUBLISHED = Visibility.INTERNAL, Visibility.UNPUBLISHED
NOBODY = (RESTRICTED, None)
SIGNED_IN = (RESTRICTED, Audience(verified=True))
TOP = Shelf("", ("FAQs",))


def folder(visibility: object, *companies: object, **changes: object) -> wire.Folder:
    raw = fixture("folders")[0] | {"visibility": visibility, "company_ids": list(companies)}
    return wire.read(wire.Folder, raw | changes)


def companies(*numbers: str) -> tuple[Visibility, Audience]:
    return RESTRICTED, Audience(account_ids=frozenset(numbers))


def readers(*folders: wire.Folder) -> tuple[Visibility, Audience | None]:
    shelf = TOP
    for each in folders:
        shelf = shelf.within(each)
    return shelf.visibility, shelf.audience


def article(shelf: Shelf = TOP, language: str = "", **changes: object) -> Article:
    raw = wire.read(wire.Article, fixture("articles")[0] | changes)
    return article_from_freshdesk(raw, shelf, BASE, language)


class TestWhoMayRead:
    @pytest.mark.parametrize(
        ("visibility", "readers_are"),
        [
            (1, (PUBLIC, None)),
            (2, SIGNED_IN),
            (3, (INTERNAL, None)),
            (5, NOBODY),  # bots
            (6, NOBODY),  # segments of contacts
            (7, NOBODY),  # segments of companies
            (8, NOBODY),
            (0, NOBODY),
            (None, NOBODY),
            ("everybody", NOBODY),
            (True, NOBODY),
        ],
    )
    def test_a_folder_is_for_those_whom_its_visibility_says_and_never_public_in_doubt(
        self, visibility: object, readers_are: tuple[Visibility, Audience | None]
    ) -> None:
        assert readers(folder(visibility)) == readers_are

    def test_a_folder_of_companies_lets_in_their_people_alone(self) -> None:
        visibility, audience = readers(folder(4, 67000000401, "9"))
        assert (visibility, audience) == companies("67000000401", "9")
        assert audience is not None
        maya = Person("1", verified=True)
        assert audience.lets_in(maya, Account("9"))
        assert not audience.lets_in(maya, Account("10"))
        assert not audience.lets_in(maya)

    def test_a_folder_of_companies_that_names_none_lets_nobody_in(self) -> None:
        assert readers(folder(4)) == NOBODY
        assert readers(folder(4, None, {}, True)) == NOBODY

    @pytest.mark.parametrize(
        ("outer", "inner", "readers_are"),
        [
            (folder(1), folder(1), (PUBLIC, None)),
            (folder(2), folder(1), SIGNED_IN),
            (folder(1), folder(2), SIGNED_IN),
            (folder(2), folder(2), SIGNED_IN),
            (folder(3), folder(1), (INTERNAL, None)),
            (folder(1), folder(3), (INTERNAL, None)),
            (folder(7), folder(3), (INTERNAL, None)),
            (folder(4, 1, 2), folder(1), companies("1", "2")),
            (folder(4, 1, 2), folder(2), companies("1", "2")),
            (folder(4, 1, 2), folder(4, 2, 3), companies("2")),
            (folder(4, 1), folder(4, 2), NOBODY),
            (folder(7), folder(1), NOBODY),
            (folder(7), folder(4, 1), NOBODY),
            (folder(4, 1), folder(6), NOBODY),
        ],
    )
    def test_a_folder_inside_another_is_at_least_as_restricted(
        self,
        outer: wire.Folder,
        inner: wire.Folder,
        readers_are: tuple[Visibility, Audience | None],
    ) -> None:
        assert readers(outer, inner) == readers_are

    def test_what_lies_three_deep_has_the_restrictions_of_all(self) -> None:
        assert readers(folder(4, 1, 2), folder(1), folder(4, 2, 3)) == companies("2")


class TestArticle:
    def test_an_article_has_its_address_language_and_labels(self) -> None:
        found = article()
        assert found.url == f"{BASE}/support/solutions/articles/67000000801"
        assert (found.locale, found.labels, found.sections) == ("en", ("export",), ("FAQs",))
        assert found.public

    @pytest.mark.parametrize("status", [1, None, 3, "published"])
    def test_what_is_not_published_is_nobodys_wherever_it_lies(self, status: object) -> None:
        for shelf in (TOP, TOP.within(folder(3)), TOP.within(folder(2))):
            found = article(shelf, status=status)
            assert (found.visibility, found.audience) == (UNPUBLISHED, None)

    def test_a_published_article_is_for_those_who_may_look_into_its_folder(self) -> None:
        found = article(TOP.within(folder(4, 9)))
        assert (found.visibility, found.audience) == companies("9")
        assert article(TOP.within(folder(3))).visibility is INTERNAL

    def test_the_way_to_it_begins_with_the_category(self) -> None:
        shelf = TOP.within(folder(1, name="Data")).within(folder(1, name="Exports"))
        assert article(shelf).sections == ("FAQs", "Data", "Exports")

    @pytest.mark.parametrize("keywords", ["csv, export ,", ["csv", "export", 3, ""]])
    def test_words_for_search_engines_are_labels_too(self, keywords: object) -> None:
        assert article(seo_data={"meta_keywords": keywords}).labels == ("export", "csv")

    @pytest.mark.parametrize("seo_data", [None, [], {"meta_keywords": None}, {"meta_keywords": 3}])
    def test_without_such_words_there_are_tags_alone(self, seo_data: object) -> None:
        assert article(seo_data=seo_data).labels == ("export",)

    @pytest.mark.parametrize("hierarchy", [None, [], [{}], [{"data": None}], ["x"]])
    def test_a_language_that_is_not_told_is_none(self, hierarchy: object) -> None:
        assert article(hierarchy=hierarchy).locale == ""

    def test_a_translation_is_one_of_its_own_at_its_own_address(self) -> None:
        found = article(language="pt-BR", title="Exportar", status=2)
        assert (found.id, found.locale) == ("67000000801-pt-br", "pt-br")
        assert found.url == f"{BASE}/pt-BR/support/solutions/articles/67000000801"
        assert article(language="de", status=1).visibility is UNPUBLISHED


class TestCanned:
    def canned(self, shared: bool = False, personal: object = False, **changes: Any) -> Article:
        folder = wire.read(wire.CannedFolder, fixture("canned_folders")[0] | {"personal": personal})
        raw = wire.read(wire.CannedResponse, fixture("canned_responses")[0] | changes)
        return canned_from_freshdesk(raw, folder, shared=shared)

    def test_it_is_a_saved_reply_in_its_folder_with_its_placeholders(self) -> None:
        found = self.canned()
        assert (found.kind, found.sections) == (ArticleKind.CANNED, ("Billing",))
        assert (found.title, found.updated_at is None) == ("Refund is on its way", False)
        assert "{{ticket.id}}" in found.html

    @pytest.mark.parametrize(
        ("shared", "personal", "told", "visibility"),
        [
            (False, False, None, INTERNAL),  # for some groups, perhaps
            (True, False, None, PUBLIC),
            (True, True, None, INTERNAL),
            (True, None, None, INTERNAL),
            (False, False, 0, PUBLIC),
            (True, False, 1, INTERNAL),
            (True, False, 2, INTERNAL),
            (True, False, 3, INTERNAL),
            (False, True, 0, INTERNAL),
        ],
    )
    def test_a_canned_response_of_one_agent_or_group_or_in_doubt_is_the_teams_alone(
        self, shared: bool, personal: object, told: int | None, visibility: Visibility
    ) -> None:
        found = self.canned(shared, personal, visibility=told)
        assert (found.visibility, found.audience) == (visibility, None)
