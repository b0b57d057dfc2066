"""Macros as replies that agents keep ready."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from connectors.articles import ArticleKind, Visibility
from connectors.zendesk.macros import Macro, article_from_macro
from tests.connectors.zendesk.account import LAST
from tests.connectors.zendesk.support import API, Clock, paged, zendesk

RICH = {"field": "comment_value_html", "value": "<p>Hi {{ticket.requester.first_name}}</p>"}
STATUS = {"field": "status", "value": "solved"}
PERSONAL = {"type": "User", "id": 4}
GROUP = {"type": "Group", "id": 4, "ids": [4, 5]}


def macro(*actions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": 360000123,
        "title": "Refunds::Gift cards",
        "active": True,
        "actions": list(actions or (RICH, STATUS)),
        "restriction": None,
        "updated_at": "2026-10-01T09:00:00Z",
        **changes,
    }


def read(*actions: dict[str, Any], **changes: Any) -> Any:
    return article_from_macro(Macro.model_validate(macro(*actions, **changes)))


def test_a_macro_is_a_reply_below_the_first_parts_of_its_title() -> None:
    found = read()
    assert (found.title, found.sections) == ("Gift cards", ("Refunds",))
    assert found.kind is ArticleKind.CANNED
    assert found.id == "360000123"
    assert found.public
    assert read(title="Plain").sections == ()


def test_placeholders_stay_as_they_are() -> None:
    assert "{{ticket.requester.first_name}}" in read().html


@pytest.mark.parametrize(
    ("actions", "html"),
    [
        ([{"field": "comment_value", "value": "a < b\nc"}], "<p>a &lt; b<br>c</p>"),
        ([{"field": "comment_value", "value": ["channel:all", "Hello"]}], "<p>Hello</p>"),
        ([{"field": "comment_value", "value": "Plain"}, RICH], RICH["value"]),
        (
            [
                {"field": "comment_value_html", "value": " "},
                {"field": "comment_value", "value": "x"},
            ],
            "<p>x</p>",
        ),
    ],
    ids=["plain", "with its channel", "both", "an empty one"],
)
def test_a_comment_is_read_however_it_is_written(actions: list[Any], html: str) -> None:
    assert read(*actions).html == html


@pytest.mark.parametrize(
    "actions",
    [
        [STATUS],
        [{"field": "comment_value", "value": ""}],
        [{"field": "comment_value", "value": None}],
        [{"field": "comment_value", "value": []}],
        [{"field": "comment_mode_is_public", "value": "true"}],
    ],
)
def test_one_that_writes_nothing_is_left_out(actions: list[Any]) -> None:
    assert read(*actions) is None


@pytest.mark.parametrize("restriction", [PERSONAL, GROUP, {"type": "Invented"}, {}])
def test_one_agents_or_one_groups_is_internal(restriction: dict[str, Any]) -> None:
    assert read(restriction=restriction).visibility is Visibility.INTERNAL


def test_one_that_does_not_say_whose_it_is_is_internal() -> None:
    silent = macro()
    del silent["restriction"]
    found = article_from_macro(Macro.model_validate(silent))
    assert found is not None
    assert found.visibility is Visibility.INTERNAL


@pytest.mark.parametrize(
    ("mode", "public"),
    [("true", True), (True, True), ("false", False), (False, False), (None, False), ("x", False)],
)
def test_a_comment_that_is_a_note_is_internal(mode: Any, public: bool) -> None:
    assert read(RICH, {"field": "comment_mode_is_public", "value": mode}).public is public


def test_all_pages_are_listed_and_what_was_switched_off_is_not(
    mock: responses.RequestsMock,
) -> None:
    off, silent = macro(active=False, title="Off"), macro(STATUS, title="Silent")
    first = {"macros": [macro(), off, silent], "meta": {"has_more": True, "after_cursor": "x"}}
    last = {"macros": [macro(title="Last")], **LAST}
    mock.add_callback("GET", f"{API}/macros", callback=paged({None: first, "x": last}))
    listed = [article.title for page in zendesk(Clock()).canned() for article in page.items]
    assert listed == ["Gift cards", "Last"]
    assert "active=true" in (mock.calls[-1].request.url or "")
