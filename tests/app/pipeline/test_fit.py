"""Whom an article is shown to, and what moves it up: the page, the area, the plan."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import ANYBODY, Asker, Facts, Hit, Metadata, Source
from app.pipeline.fit import WEIGHTS, boost, may_read, of_the_page, page_fit
from connectors.articles import Audience
from connectors.types import Account, Person
from tests.app.pipeline.samples import make_hit, make_passage

MAYA = Person("7", "Maya Lopes", tags=frozenset({"Beta"}))
CLAY = Account("31", "Clay & Co", plan="Studio (yearly)", tags=frozenset({"partner"}))
INSIDER = Asker(person=MAYA, account=CLAY)
PAGE = "https://app.kilnhour.example/settings/booking-page?tab=2"


def restricted(audience: Audience | None) -> Facts:
    return Facts(restricted=True, audience=audience)


@pytest.mark.parametrize(
    ("audience", "asker", "allowed"),
    [
        (Audience(person_ids=frozenset({"7"})), INSIDER, True),
        (Audience(person_ids=frozenset({"8"})), INSIDER, False),
        (Audience(account_ids=frozenset({"31"})), INSIDER, True),
        (Audience(account_ids=frozenset({"31"})), Asker(person=MAYA), False),
        (Audience(any_tags=frozenset({"beta"})), INSIDER, True),
        (Audience(all_tags=frozenset({"partner", "beta"})), INSIDER, True),
        (Audience(all_tags=frozenset({"partner", "gold"})), INSIDER, False),
        (Audience(verified=True), INSIDER, False),
        (Audience(verified=True), Asker(person=replace(MAYA, verified=True)), True),
        (Audience(), INSIDER, False),
        (None, INSIDER, False),
        (Audience(person_ids=frozenset({"7"}), verified=True), ANYBODY, False),
        (Audience(account_ids=frozenset({"31"})), Asker(account=CLAY), False),
    ],
)
def test_a_restricted_article_is_for_its_audience_alone(
    audience: Audience | None, asker: Asker, allowed: bool
) -> None:
    assert may_read(restricted(audience), asker) is allowed


def test_what_is_not_restricted_is_for_everybody() -> None:
    assert may_read(Facts(audience=Audience()), ANYBODY)


@pytest.mark.parametrize(
    ("pattern", "page", "matches"),
    [
        ("/invoices*", "https://app.example/invoices", True),
        ("/invoices*", "https://app.example/Invoices/12/edit?x=1", True),
        ("/invoices*", "https://app.example/settings/invoices", False),
        ("/classes/*/attendance", "https://app.example/classes/8841/attendance/", True),
        ("/classes/*/attendance", "https://app.example/classes/8841", False),
        ("/shop/", "https://app.example/shop", True),
        ("/invoices*", "https://app.example/#/invoices/3", True),
        ("/invoices*", "https://app.example/app#!/invoices/3", True),
        ("/invoices*", "/invoices/3", True),
        ("https://app.example/a*", "https://app.example/a/b", True),
        ("https://app.example/a*", "https://other.example/a/b", False),
        ("/a?c", "/abc", False),
        ("/[ab]", "/a", False),
        ("/*", "https://app.example/anything", False),  # it says nothing of any page
        ("*", "https://app.example/anything", False),
        ("/invoices*", "", False),
        ("/invoices*", "http://[", False),
    ],
)
def test_page_patterns(pattern: str, page: str, matches: bool) -> None:
    assert (page_fit((pattern,), page) > 0) is matches


def test_the_most_specific_page_pattern_counts_most() -> None:
    exact = page_fit(("/settings/booking-page",), PAGE)
    near = page_fit(("/settings/book*",), PAGE)
    wide = page_fit(("/settings*",), PAGE)
    assert 1.0 == exact > near > wide > 0.5
    assert page_fit(("/settings*", "/settings/booking-page"), PAGE) == exact


def test_a_pattern_of_stars_takes_no_time() -> None:
    assert page_fit(("/" + "*a" * 99 + "b",), "https://x.example/" + "a" * 5000) == 0.0


def about(**said: object) -> Facts:
    return Facts(metadata=Metadata(**said))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "asker", "moved"),
    [
        (about(pages=("/settings/booking-page",)), Asker(page=PAGE), WEIGHTS.page),
        (about(areas=("bookings",)), Asker(page=PAGE), WEIGHTS.area),
        (about(areas=("booking page",)), Asker(page=PAGE), WEIGHTS.area),
        (about(areas=("booking page",)), Asker(words=frozenset({"booking"})), 0.0),
        (about(areas=("invoices",)), Asker(words=frozenset({"area_invoice"})), WEIGHTS.area),
        (about(areas=("invoices",)), ANYBODY, 0.0),
        (about(plans=("studio", "atelier")), Asker(plan="Studio (yearly)"), WEIGHTS.plan),
        (about(plans=("atelier",)), Asker(plan="Studio"), WEIGHTS.other_plan),
        (about(plans=("atelier",)), ANYBODY, 0.0),
        (about(audience=("beta",)), INSIDER, WEIGHTS.audience),
        (about(audience=("studio",)), Asker(plan="Studio"), WEIGHTS.audience),
        (about(audience=("admin",)), INSIDER, 0.0),
        (Facts(locale="de-at"), Asker(language="en"), 0.0),
        (about(outdated=True), ANYBODY, WEIGHTS.outdated),
        (Facts(source=Source.CANNED), ANYBODY, WEIGHTS.canned),
        (Facts(edited_at=0.0), ANYBODY, 0.0),
        (Facts(), ANYBODY, 0.0),
    ],
)
def test_what_moves_an_article(facts: Facts, asker: Asker, moved: float) -> None:
    assert boost(facts, asker) == pytest.approx(moved)


def test_an_article_for_other_plans_stays_to_be_found() -> None:
    facts = about(plans=("atelier",))
    assert may_read(facts, Asker(plan="studio"))
    assert -0.3 < boost(facts, Asker(plan="studio")) < 0


_WORDS = st.sampled_from(
    ["invoices", "studio", "de", "en-us", "/invoices*", "*", "", "ß", "[", "s"]
)
_MANY = st.lists(_WORDS, max_size=3).map(tuple)


@given(
    facts=st.builds(
        Facts,
        locale=_WORDS,
        source=st.sampled_from(Source),
        metadata=st.builds(
            Metadata,
            areas=_MANY,
            audience=_MANY,
            plans=_MANY,
            pages=_MANY,
            outdated=st.booleans(),
        ),
        edited_at=st.none() | st.floats(0, 4e9),
    ),
    asker=st.builds(
        Asker,
        person=st.none() | st.just(MAYA),
        account=st.none() | st.just(CLAY),
        page=st.text(max_size=20) | st.just("https://x.example/invoices/1"),
        plan=_WORDS,
        language=_WORDS,
        words=st.frozensets(_WORDS, max_size=3),
    ),
)
def test_all_hints_together_stay_hints(facts: Facts, asker: Asker) -> None:
    assert -0.6 <= boost(facts, asker) <= 0.6


def test_no_single_hint_outweighs_the_bound() -> None:
    weights = {each.name: getattr(WEIGHTS, each.name) for each in fields(WEIGHTS)}
    assert weights.pop("most") == 0.6
    assert all(abs(weight) < 0.6 for weight in weights.values())


def hit(*pages: str) -> Hit:
    return make_hit(replace(make_passage(id=str(pages)), metadata=Metadata(pages=pages)))


@pytest.mark.parametrize(
    ("hits", "kept"),
    [
        ([hit("/settings*"), hit("/invoices*"), hit(), hit("/settings/booking-page")], [0, 3]),
        ([hit("/invoices*"), hit("/settings*")], [0, 1]),
        ([hit(), hit("/settings*")], [0, 1]),
        ([hit("/invoices*"), hit()], [0, 1]),
        ([], []),
    ],
)
def test_where_the_page_decides_only_what_belongs_to_it_answers(
    hits: list[Hit], kept: list[int]
) -> None:
    assert of_the_page(hits, PAGE) == [hits[number] for number in kept]
    assert of_the_page(hits, "") == hits
