"""Reading canned responses: every folder that our agent may see, and whom each is for."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import errors
from connectors.articles import Visibility
from connectors.freshdesk import Freshdesk
from connectors.types import Page
from tests.connectors.freshdesk.support import Account, fixture, freshdesk, json_answer

REFUSED = json_answer({"code": "access_denied", "message": "You are not authorized"}, 403)


@pytest.fixture(autouse=True)
def replies(account: Account) -> None:
    folder = "canned_response_folders/6700000090"
    mine = fixture("canned_responses")[0] | {"id": 921, "title": "My own words"}
    account.records |= {
        "canned_response_folders": fixture("canned_folders"),
        f"{folder}1/responses": fixture("canned_responses"),
        f"{folder}2/responses": [mine],
    }


def replies_of(connector: Freshdesk) -> dict[str, Visibility]:
    pages: list[Page[Any]] = list(connector.canned())
    assert all(page.cursor is None for page in pages)
    return {each.title: each.visibility for page in pages for each in page.items}


def test_without_an_admins_word_all_are_for_agents_alone(connector: Freshdesk) -> None:
    assert replies_of(connector) == {
        "Refund is on its way": Visibility.INTERNAL,
        "Invoice by mail": Visibility.INTERNAL,
        "My own words": Visibility.INTERNAL,
    }


def test_folders_that_an_admin_names_are_answered_from_but_for_personal_ones(
    account: Account,
) -> None:
    named = freshdesk(FRESHDESK_CANNED_FOLDERS=" billing , My folder")
    assert replies_of(named) == {
        "Refund is on its way": Visibility.PUBLIC,
        "Invoice by mail": Visibility.PUBLIC,
        "My own words": Visibility.INTERNAL,
    }


def test_an_empty_folder_costs_no_call_and_one_that_is_gone_is_passed_over(
    account: Account, connector: Freshdesk
) -> None:
    del account.records["canned_response_folders/67000000902/responses"]
    assert set(replies_of(connector)) == {"Refund is on its way", "Invoice by mail"}
    assert account.count("canned_response_folders/67000000903/responses") == 0


@pytest.mark.parametrize("part", ["canned_response_folders", "/responses"])
def test_a_key_that_may_not_read_what_is_relied_on_is_an_error_never_a_short_list(
    account: Account, part: str
) -> None:
    account.trouble = lambda method, path: REFUSED if path.endswith(part) else None
    with pytest.raises(errors.AuthFailed, match="not authorized"):
        list(freshdesk(FRESHDESK_CANNED_FOLDERS="Billing").canned())


def test_to_a_plain_agents_key_there_are_none_and_that_is_no_error(
    account: Account, connector: Freshdesk
) -> None:
    account.trouble = lambda method, path: REFUSED if "canned" in path else None
    assert list(connector.canned()) == []


def test_a_key_that_is_refused_altogether_is_an_error(
    account: Account, connector: Freshdesk
) -> None:
    account.trouble = lambda method, path: json_answer({"code": "invalid_credentials"}, 401)
    with pytest.raises(errors.AuthFailed):
        list(connector.canned())
