"""Articles in our words; and whatever is answered is mapped, or called nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.articles import Article, ArticleKind, Audience, Visibility
from connectors.errors import VendorBroken
from connectors.intercom import answers, wire
from connectors.intercom.articles import (
    articles_of,
    canned_from_intercom,
    internal_from_intercom,
    ways_to,
)
from connectors.intercom.people import People, account
from connectors.records import Record
from connectors.types import Person
from tests.connectors.intercom.mapped import mapped
from tests.connectors.intercom.support import CONFIG, fixture

PUBLIC, RESTRICTED = Visibility.PUBLIC, Visibility.RESTRICTED


def articles(**changes: Any) -> list[Article]:
    raw = fixture("articles")["data"][0] | changes
    return list(articles_of(wire.read(answers.Article, raw), {"143": ("Data", "Exports")}))


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
        assert first.sections == ("Data", "Exports")
        assert first.url.endswith("/39")

    @pytest.mark.parametrize(
        ("told", "readers"),
        [
            ("everyone", (PUBLIC, None)),
            ("all_users", (RESTRICTED, Audience(verified=True))),
            ("all_visitors", (RESTRICTED, None)),
            ("all_leads", (RESTRICTED, None)),
            ("all_visitors_and_leads", (RESTRICTED, None)),
            ("restricted", (RESTRICTED, None)),
            ("what a later version has", (RESTRICTED, None)),
            ("", (RESTRICTED, None)),
            (None, (RESTRICTED, None)),  # as up to 2.15
        ],
    )
    def test_only_what_everybody_may_read_for_sure_is_public(
        self, told: str | None, readers: tuple[Visibility, Audience | None]
    ) -> None:
        main, german, french = articles(help_center_audience=told)
        for each in (main, german):
            assert (each.visibility, each.audience) == readers
        assert (french.visibility, french.audience) == (Visibility.UNPUBLISHED, None)

    def test_users_are_let_in_who_have_signed_in_and_nobody_else(self) -> None:
        [first, *_] = articles(help_center_audience="all_users")
        assert first.audience is not None
        assert first.audience.lets_in(Person("1", verified=True))
        assert not first.audience.lets_in(Person("1", email="maya@customer.example"))

    @pytest.mark.parametrize("state", ["draft", None, "archived"])
    def test_what_is_not_published_is_nobodys(self, state: str | None) -> None:
        found = articles(state=state, translated_content=None, help_center_audience="all_users")
        assert [(each.visibility, each.audience) for each in found] == [
            (Visibility.UNPUBLISHED, None)
        ]

    def test_of_several_collections_the_one_that_says_most_is_the_way(self) -> None:
        raw = fixture("articles")["data"][0] | {"parent_ids": [1, 143, 99]}
        ways = {"1": ("All",), "143": ("Data", "Exports")}
        [first, *_] = articles_of(wire.read(answers.Article, raw), ways)
        assert first.sections == ("Data", "Exports")

    def test_a_way_that_leads_in_a_circle_ends(self) -> None:
        circle = {
            "1": answers.Collection(id="1", name="A", parent_id="2"),
            "2": answers.Collection(id="2", name="B", parent_id="1"),
            "3": answers.Collection(id="3", name="C", parent_id="9"),
        }
        assert ways_to(circle) == {"1": ("B", "A"), "2": ("A", "B"), "3": ("C",)}

    def test_without_a_default_language_the_same_text_is_not_listed_twice(self) -> None:
        listed = articles(default_locale=None)
        assert [a.id for a in listed] == ["39", "39-de", "39-fr"]

    def test_odd_translations_are_passed_over(self) -> None:
        content = {"type": "article_translated_content", "xx": None, "yy": {"title": [1]}, "zz": 3}
        assert [a.id for a in articles(translated_content=content)] == ["39"]


class TestForTheTeam:
    def test_an_internal_article_is_internal_and_has_an_id_of_its_own(self) -> None:
        raw = wire.read(answers.InternalArticle, fixture("internal_articles")["data"][0])
        found = internal_from_intercom(raw)
        assert (found.id, found.visibility) == ("internal-39", Visibility.INTERNAL)
        assert (found.title, found.locale, found.url) == ("Refunds above 500", "en", "")

    @pytest.mark.parametrize(
        ("visible_to", "visibility"),
        [
            ("everyone", PUBLIC),
            ("specific_teams", Visibility.INTERNAL),
            ("nobody yet", Visibility.INTERNAL),
            (None, Visibility.INTERNAL),
        ],
    )
    def test_a_macro_for_some_teams_or_in_doubt_is_the_teams_alone(
        self, visible_to: str | None, visibility: Visibility
    ) -> None:
        raw = fixture("macros")["data"][0] | {"visible_to": visible_to}
        found = canned_from_intercom(wire.read(answers.Macro, raw))
        assert (found.kind, found.visibility) == (ArticleKind.CANNED, visibility)

    @pytest.mark.parametrize(
        "placeholder",
        [
            '<attribute key="user.name" default="there"/>',
            "<attribute default='a &quot;b&quot;' key='user.name'>",
            '<ATTRIBUTE key="user.name"></attribute>',
        ],
    )
    def test_placeholders_are_known_for_what_they_are(self, placeholder: str) -> None:
        raw = fixture("macros")["data"][0] | {"body": f"<p>Hi {placeholder}, thanks</p>"}
        found = canned_from_intercom(wire.read(answers.Macro, raw))
        assert found.html == "<p>Hi {{user.name}}, thanks</p>"


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
        assert list(articles_of(raw, {}))
        assert account(wire.read(wire.Company, company), People(), CONFIG).fields is not None
    except VendorBroken:
        return


@given(anything_like(answers.Macro), anything_like(answers.InternalArticle))
def test_any_macro_and_internal_article_is_mapped_or_called_nonsense(
    macro: dict[str, Any], internal: dict[str, Any]
) -> None:
    try:
        raw = wire.read(answers.Macro, {**fixture("macros")["data"][1], **macro})
        assert canned_from_intercom(raw).public == (raw.visible_to == "everyone")
        page = {**fixture("internal_articles")["data"][0], **internal}
        read = wire.read(answers.InternalArticle, page)
        assert internal_from_intercom(read).visibility is Visibility.INTERNAL
    except VendorBroken:
        return


def _mapped_or_nonsense(raw: dict[str, Any]) -> None:
    try:
        assert mapped(raw).revision
    except VendorBroken:
        return
