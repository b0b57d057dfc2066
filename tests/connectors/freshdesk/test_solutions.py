"""Reading the help centre: every folder, nested ones too, and who may look into which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors import errors
from connectors.freshdesk import Freshdesk
from tests.connectors.freshdesk.support import (
    Account,
    fixture,
    json_answer,
)

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
        assert found["903"].sections == ("Exports",)

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
