"""Reading the help centre: every folder, nested ones too, and who may look into which."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

from connectors import errors
from connectors.articles import Visibility
from connectors.freshdesk import Freshdesk
from tests.connectors.freshdesk.support import Account, Answer, fixture, json_answer

REFUSED = json_answer({"code": "access_denied", "message": "You are not authorized"}, 403)


class TestArticles:
    @pytest.fixture(autouse=True)
    def solutions(self, account: Account) -> None:
        article = fixture("articles")[0]
        folders = "solutions/folders/6700000060"
        account.records |= {
            "solutions/categories": fixture("categories"),
            "solutions/categories/67000000501/folders": fixture("folders"),
            f"{folders}1/subfolders": fixture("subfolders"),
            f"{folders}2/subfolders": fixture("subfolders_of_agents"),
            f"{folders}1/articles": fixture("articles"),
            **{f"{folders}{n}/articles": [article | {"id": 900 + n}] for n in (2, 3, 4)},
        }

    def test_nested_folders_are_listed_and_what_is_hidden_stays_hidden(
        self, connector: Freshdesk
    ) -> None:
        found = {item.id[-3:]: item for page in connector.articles(None) for item in page.items}
        assert {number: item.public for number, item in found.items()} == {
            "801": True,
            "802": False,  # a draft
            "803": True,  # published, though empty
            "902": False,  # in a folder for agents
            "903": True,
            "904": False,  # open to all, inside a folder for agents
        }
        assert found["903"].sections == ("FAQs", "Data", "Exports")
        assert found["904"].visibility is Visibility.INTERNAL

    def test_a_reading_can_be_resumed_at_every_page(self, connector: Freshdesk) -> None:
        pages = list(connector.articles(None))
        assert pages[-1].cursor is None
        for place, page in enumerate(pages[:-1]):
            assert list(connector.articles(page.cursor)) == pages[place + 1 :]

    def test_a_folder_that_is_gone_means_to_begin_anew(self, connector: Freshdesk) -> None:
        assert len(list(connector.articles("1|2"))) == 4

    def test_a_folder_that_a_category_lists_with_its_parent_comes_once(
        self, account: Account, connector: Freshdesk
    ) -> None:
        flat = [*fixture("subfolders_of_agents"), *fixture("subfolders"), *fixture("folders")]
        account.records["solutions/categories/67000000501/folders"] = flat
        found = [item for page in connector.articles(None) for item in page.items]
        assert len(found) == len({item.id for item in found}) == 6
        assert not next(item for item in found if item.id == "904").public

    def test_what_lies_in_a_hidden_folder_is_hidden_even_where_only_the_category_lists_it(
        self, account: Account, connector: Freshdesk
    ) -> None:
        flat = [*fixture("subfolders_of_agents"), *fixture("subfolders"), *fixture("folders")]
        deeper = flat[0] | {"id": 67000000605, "parent_folder_id": flat[0]["id"]}
        orphan = flat[0] | {"id": 67000000606, "parent_folder_id": 1}
        account.records["solutions/categories/67000000501/folders"] = [deeper, orphan, *flat]
        article = fixture("articles")[0]
        for number in (5, 6):
            path = f"solutions/folders/6700000060{number}/articles"
            account.records[path] = [article | {"id": 900 + number}]
        account.trouble = lambda m, path: (404, {}, "") if path.endswith("/subfolders") else None
        found = {item.id: item.public for page in connector.articles(None) for item in page.items}
        assert {number for number, public in found.items() if not public} >= {"904", "905", "906"}
        assert found["903"]

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_folder_that_does_not_name_its_parent_is_as_restricted_all_the_same(
        self, account: Account, connector: Freshdesk, turned: bool
    ) -> None:
        """It is listed flat with its category, and inside a folder inside a folder for agents."""
        mute = {"parent_folder_id": None, "visibility": 1}
        agents = fixture("folders")[1]
        middle = fixture("subfolders_of_agents")[0] | mute | {"sub_folders_count": 1}
        deep = fixture("subfolders")[0] | mute
        flat = [deep, middle, agents]
        account.records |= {
            "solutions/categories/67000000501/folders": flat[::-1] if turned else flat,
            f"solutions/folders/{agents['id']}/subfolders": [middle],
            f"solutions/folders/{middle['id']}/subfolders": [deep],
        }
        found = [item for page in connector.articles(None) for item in page.items]
        assert [item.visibility for item in found] == [Visibility.INTERNAL] * 3

    def test_folders_that_lie_in_each_other_let_nobody_in_and_end(
        self, account: Account, connector: Freshdesk
    ) -> None:
        one = fixture("folders")[0]
        two = fixture("subfolders")[0] | {"sub_folders_count": 1}
        account.records["solutions/categories/67000000501/folders"] = [one]
        account.records[f"solutions/folders/{one['id']}/subfolders"] = [two]
        account.records[f"solutions/folders/{two['id']}/subfolders"] = [one]
        found = [item for page in connector.articles(None) for item in page.items]
        assert len(found) == 4
        assert not any(item.public for item in found)

    def test_a_parent_that_nobody_lists_lets_nobody_in(
        self, account: Account, connector: Freshdesk
    ) -> None:
        orphan = fixture("folders")[0] | {"parent_folder_id": 1, "sub_folders_count": 0}
        account.records["solutions/categories/67000000501/folders"] = [orphan]
        found = {item.id[-3:]: item for page in connector.articles(None) for item in page.items}
        assert (found["801"].visibility, found["801"].audience) == (Visibility.RESTRICTED, None)

    def test_a_folder_without_articles_costs_no_call(
        self, account: Account, connector: Freshdesk
    ) -> None:
        folders = fixture("folders")
        account.records["solutions/categories/67000000501/folders"] = [
            folders[0] | {"articles_count": 0},
            folders[1],
        ]
        found = {item.id[-3:] for page in connector.articles(None) for item in page.items}
        assert found == {"902", "903", "904"}
        assert account.count("solutions/folders/67000000601/articles") == 0

    def test_so_many_calls_does_a_reading_take(
        self, account: Account, connector: Freshdesk
    ) -> None:
        list(connector.articles(None))
        # Categories, languages, one category's folders, two folders' folders, four of articles.
        assert len(account.calls) == 1 + 1 + 1 + 2 + 4

    def test_no_solutions_at_all_are_an_empty_listing(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.records["solutions/categories"] = []
        [page] = connector.articles(None)
        assert (page.items, page.cursor) == ((), None)

    @pytest.mark.parametrize("part", ["categories", "/subfolders", "folders/67000000604/articles"])
    def test_a_failing_part_is_an_error_never_a_short_list(
        self, account: Account, connector: Freshdesk, part: str
    ) -> None:
        account.trouble = lambda method, path: REFUSED if path.endswith(part) else None
        with pytest.raises(errors.AuthFailed, match="not authorized"):
            list(connector.articles(None))

    def test_a_long_folder_is_read_page_by_page(
        self, account: Account, connector: Freshdesk
    ) -> None:
        article = fixture("articles")[0]
        rows = [article | {"id": number} for number in range(1, 251)]
        path = "solutions/folders/67000000601/articles"

        def paged() -> Iterator[list[Any]]:
            yield from (rows[:100], rows[100:200], rows[200:])

        pages = paged()
        account.trouble = lambda m, called: json_answer(next(pages)) if called == path else None
        found = [item.id for page in connector.articles(None) for item in page.items]
        assert len(found) == len(set(found)) == 253


class TestLanguages:
    @pytest.fixture(autouse=True)
    def translated(self, account: Account) -> None:
        only = fixture("folders")[0] | {"sub_folders_count": 0}
        article, draft, _ = fixture("articles")
        folder = f"solutions/folders/{only['id']}/articles"
        account.records |= {
            "settings/helpdesk": {
                "primary_language": "en",
                "supported_languages": ["de", "es"],
                "portal_languages": ["en", "de"],
            },
            "solutions/categories": fixture("categories"),
            "solutions/categories/67000000501/folders": [only],
            folder: [article, draft],
            f"{folder}/de": [
                article | {"title": "Daten exportieren", "status": 2},
                draft | {"title": "Noch nicht", "status": 1},
            ],
            f"{folder}/es": [article | {"title": "Exportar datos"}],
        }

    def test_an_article_comes_in_every_language_that_customers_are_shown(
        self, connector: Freshdesk
    ) -> None:
        [page] = connector.articles(None)
        assert [(each.id[-6:], each.locale, each.title, each.public) for each in page.items] == [
            ("000801", "en", "Exporting your data", True),
            ("000802", "en", "Not ready yet", False),
            ("801-de", "de", "Daten exportieren", True),
            ("802-de", "de", "Noch nicht", False),
        ]

    FOLDER = "solutions/folders/67000000601/articles"

    def long(self, account: Account) -> list[dict[str, Any]]:
        rows = [fixture("articles")[0] | {"id": number} for number in range(1, 251)]
        account.records[f"{self.FOLDER}/de"] = [
            row | {"title": "Auf Deutsch"} for row in (rows[0], rows[249])
        ]
        return rows

    def test_a_reading_that_goes_on_in_a_long_folder_has_all_its_translations(
        self, account: Account, connector: Freshdesk
    ) -> None:
        rows = self.long(account)
        pages = cycle([rows[:100], rows[100:200], rows[200:]])
        account.trouble = lambda m, path: json_answer(next(pages)) if path == self.FOLDER else None
        read = list(connector.articles(None))
        assert [each.id for each in read[-1].items][-2:] == ["1-de", "250-de"]
        for place, page in enumerate(read[:-1]):
            assert list(connector.articles(page.cursor)) == read[place + 1 :]

    def test_a_folder_that_knows_no_pages_has_its_translations_too(
        self, account: Account, connector: Freshdesk
    ) -> None:
        rows = self.long(account)
        account.trouble = lambda m, path: json_answer(rows) if path == self.FOLDER else None
        [page] = connector.articles(None)
        assert [each.id for each in page.items][-2:] == ["1-de", "250-de"]
        assert (len(page.items), page.cursor) == (252, None)

    def test_a_translation_is_as_restricted_as_its_folder(
        self, account: Account, connector: Freshdesk
    ) -> None:
        folders = account.records["solutions/categories/67000000501/folders"]
        folders[0]["visibility"] = 3
        [page] = connector.articles(None)
        assert not any(each.public for each in page.items)

    def test_what_is_not_translated_does_not_come_twice(
        self, account: Account, connector: Freshdesk
    ) -> None:
        folder = "solutions/folders/67000000601/articles"
        account.records[f"{folder}/de"] = account.records[folder]
        [page] = connector.articles(None)
        assert [each.locale for each in page.items] == ["en", "en"]

    def test_a_translation_of_what_was_not_listed_is_passed_over(
        self, account: Account, connector: Freshdesk
    ) -> None:
        """It was written in between: all of it comes the next time."""
        late = fixture("articles")[0] | {"id": 9, "title": "Ganz neu"}
        account.records[f"{self.FOLDER}/de"].append(late)
        [page] = connector.articles(None)
        assert [each.locale for each in page.items] == ["en", "en", "de", "de"]

    @pytest.mark.parametrize(
        ("part", "answer"),
        [
            ("settings/helpdesk", REFUSED),
            ("settings/helpdesk", (404, {}, "")),
            ("/de", (404, {}, "")),
            ("/de", json_answer({"description": "Validation failed", "errors": []}, 400)),
        ],
    )
    def test_without_translations_there_is_the_first_language(
        self, account: Account, connector: Freshdesk, part: str, answer: Answer
    ) -> None:
        account.trouble = lambda method, path: answer if path.endswith(part) else None
        [page] = connector.articles(None)
        assert {each.locale for each in page.items} == {"en"}

    @pytest.mark.parametrize("odd", ["../tickets", "de/..", "", "x", 3])
    def test_a_language_that_is_none_is_not_asked_for(
        self, account: Account, connector: Freshdesk, odd: object
    ) -> None:
        account.records["settings/helpdesk"]["portal_languages"] = ["en", odd]
        [page] = connector.articles(None)
        assert {each.locale for each in page.items} == {"en"}
        assert account.count("solutions/folders/67000000601/articles/de") == 0
