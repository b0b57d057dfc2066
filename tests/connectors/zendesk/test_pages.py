"""Articles of the help centre in our words."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.articles import Article, Audience, Visibility
from connectors.zendesk import guide_wire as wire
from connectors.zendesk.pages import Shelves, article_from_zendesk, in_language
from connectors.zendesk.wire import read
from tests.connectors.zendesk.support import fixture

PUBLIC = (Visibility.PUBLIC, None)
SHELVES = Shelves(
    {
        "1": wire.Section(id="1", name="Invoices", category_id="9"),
        "2": wire.Section(id="2", name="Refunds", category_id="9", parent_section_id="1"),
        "3": wire.Section(id="3", name="Lost", category_id="8", parent_section_id="77"),
        "4": wire.Section(id="4", name="Round", parent_section_id="5"),
        "5": wire.Section(id="5", name="And round", parent_section_id="4"),
    },
    {"9": "Billing"},
)


def raw(**changes: Any) -> wire.Article:
    return read(wire.Article, fixture("articles")["articles"][0] | changes)


def article(**changes: Any) -> Article:
    return article_from_zendesk(raw(**changes), SHELVES, PUBLIC)


def test_an_article_says_what_it_is() -> None:
    found = article()
    assert (found.title, found.locale, found.labels) == (
        "Exporting your data",
        "en-us",
        ("export",),
    )
    assert found.updated_at is not None
    assert found.updated_at.isoformat() == "2026-10-29T09:00:00+00:00", "edited, not moved about"


def test_a_draft_is_unpublished_whoever_may_read_it_later() -> None:
    audience = Audience(verified=True)
    for readers in (PUBLIC, (Visibility.INTERNAL, None), (Visibility.RESTRICTED, audience)):
        found = article_from_zendesk(raw(draft=True), SHELVES, readers)
        assert (found.visibility, found.audience) == (Visibility.UNPUBLISHED, None)


def test_what_does_not_say_that_it_is_published_is_not() -> None:
    silent = dict(fixture("articles")["articles"][0])
    del silent["draft"]
    found = article_from_zendesk(read(wire.Article, silent), SHELVES, PUBLIC)
    assert found.visibility is Visibility.UNPUBLISHED


@pytest.mark.parametrize(
    ("told", "segments"),
    [
        ({"user_segment_id": None}, ()),
        ({"user_segment_id": None, "user_segment_ids": []}, ()),
        ({"user_segment_id": 7}, ("7",)),
        ({"user_segment_id": 7, "user_segment_ids": [7, 8]}, ("7", "8")),
        ({"user_segment_id": None, "user_segment_ids": [7]}, ("7",)),
        ({"user_segment_ids": []}, ()),
        ({"user_segment_ids": [7]}, ("7",)),
        ({"user_segment_id": 7, "user_segment_ids": []}, ("7",)),
        ({"user_segment_ids": None}, None),
        ({}, None),
    ],
)
def test_whom_it_is_for_is_told_by_one_segment_or_several(
    told: dict[str, Any], segments: tuple[str, ...] | None
) -> None:
    assert read(wire.Article, {"id": 1, **told}).segments == segments


def test_a_body_may_be_null() -> None:
    page = read(wire.ArticlesPage, fixture("articles"))
    assert article_from_zendesk(page.articles[2], SHELVES, PUBLIC).html == ""


@pytest.mark.parametrize(
    ("section", "path"),
    [
        (1, ("Billing", "Invoices")),
        (2, ("Billing", "Invoices", "Refunds")),
        (3, ("Lost",)),
        (4, ("And round", "Round")),
        (6, ()),
        (None, ()),
    ],
    ids=["a section", "a section in one", "in none that we see", "a ring", "unknown", "none"],
)
def test_the_way_to_it_is_category_then_sections(
    section: int | None, path: tuple[str, ...]
) -> None:
    assert article(section_id=section).sections == path


def test_a_translation_is_an_article_of_its_own() -> None:
    assert article(locale="de").id == f"{article().id}-de"
    assert article(locale="EN-US").id == article().id


def test_a_translation_that_is_listed_beside_its_article_is_the_same_as_in_its_own_listing() -> (
    None
):
    listed = article(
        **{"locale": "de", "title": "Ausfuhr", "body": "<p>x</p>", "html_url": "https://a.example"},
        edited_at="2026-11-01T09:00:00Z",
        outdated_locales=["de"],
    )
    beside = wire.Translation.model_validate(
        {
            **{"locale": "de", "title": "Ausfuhr", "body": "<p>x</p>"},
            **{"html_url": "https://a.example", "draft": False, "outdated": True},
            "updated_at": "2026-11-01T09:00:00Z",
        }
    )
    assert article_from_zendesk(in_language(raw(), beside), SHELVES, PUBLIC) == listed


@pytest.mark.parametrize(
    ("changes", "outdated"),
    [
        ({}, False),
        ({"outdated": True}, True),
        ({"outdated_locales": ["en-US"]}, True),
        ({"outdated_locales": ["de"]}, False),
        ({"outdated_locales": None}, False),
    ],
)
def test_what_the_team_marked_as_outdated_is(changes: dict[str, Any], outdated: bool) -> None:
    assert article(**changes).outdated is outdated
