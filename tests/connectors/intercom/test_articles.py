"""Articles in our words; and whatever is answered is mapped, or called nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.articles import Article
from connectors.errors import VendorBroken
from connectors.intercom import answers, mapping, wire
from connectors.intercom.people import People, account
from connectors.records import Record
from tests.connectors.intercom.mapped import mapped
from tests.connectors.intercom.support import CONFIG, fixture


def articles(**changes: Any) -> list[Article]:
    raw = fixture("articles")["data"][0] | changes
    return list(mapping.articles_of(wire.read(answers.Article, raw), {"143": "Data"}))


class TestArticles:
    def test_an_article_is_one_for_each_language(self) -> None:
        assert [(a.id, a.locale, a.title, a.public) for a in articles()] == [
            ("39", "en", "Exporting your data", True),
            ("39-de", "de", "Daten exportieren", True),
            ("39-fr", "fr", "Exporter", False),
        ]
        first = articles()[0]
        assert first.html == "<p>Exporting your data.</p>"
        assert first.labels == ("data",)
        assert first.sections == ("Data",)
        assert first.url.endswith("/39")

    @pytest.mark.parametrize(
        ("change", "public"),
        [
            ({}, True),
            ({"state": "draft"}, False),
            ({"state": None}, False),
            ({"help_center_audience": "everyone"}, True),
            ({"help_center_audience": "all_users"}, False),
            ({"help_center_audience": "restricted"}, False),
        ],
    )
    def test_only_what_anybody_may_read_is_public(
        self, change: dict[str, Any], public: bool
    ) -> None:
        assert articles(translated_content=None, **change)[0].public is public
        assert articles(**{"help_center_audience": "restricted"})[1].public is False

    def test_without_a_default_language_the_same_text_is_not_listed_twice(self) -> None:
        listed = articles(default_locale=None)
        assert [a.id for a in listed] == ["39", "39-de", "39-fr"]

    def test_odd_translations_are_passed_over(self) -> None:
        content = {"type": "article_translated_content", "xx": None, "yy": {"title": [1]}, "zz": 3}
        assert [a.id for a in articles(translated_content=content)] == ["39"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def anything_like(model: type[Record]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(sorted(model.model_fields)), JSON, max_size=6)


@given(anything_like(wire.Thread), anything_like(wire.Part), anything_like(wire.Source))
def test_any_answer_is_mapped_or_called_nonsense(
    thread: dict[str, Any], part: dict[str, Any], source: dict[str, Any]
) -> None:
    raw = {**fixture("conversation"), **thread}
    _mapped_or_nonsense(raw)
    _mapped_or_nonsense({**raw, "conversation_parts": {"conversation_parts": [part]}})
    _mapped_or_nonsense({**raw, "source": source})
    _mapped_or_nonsense({**fixture("ticket"), **thread})


@given(anything_like(answers.Article), anything_like(wire.Company))
def test_any_article_and_company_is_mapped_or_called_nonsense(
    article: dict[str, Any], company: dict[str, Any]
) -> None:
    try:
        raw = wire.read(answers.Article, {**fixture("articles")["data"][0], **article})
        assert list(mapping.articles_of(raw, {}))
        assert account(wire.read(wire.Company, company), People(), CONFIG).fields is not None
    except VendorBroken:
        return


def _mapped_or_nonsense(raw: dict[str, Any]) -> None:
    try:
        assert mapped(raw).revision
    except VendorBroken:
        return
