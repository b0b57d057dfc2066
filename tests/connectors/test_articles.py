"""Whom an audience lets in: nobody who is not meant."""

from __future__ import annotations

import pytest

from connectors.articles import Audience, line_up
from connectors.types import Account, Person

NOBODY_KNOWN = Person("")
MAYA = Person("7", tags=frozenset({"Beta"}), verified=True)


def tags(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("audience", "person", "account"),
    [
        (Audience(), MAYA, Account("9", tags=tags("beta"))),
        (Audience(person_ids=tags("")), NOBODY_KNOWN, None),
        (Audience(account_ids=tags("")), NOBODY_KNOWN, Account("")),
        (Audience(account_ids=tags("9")), MAYA, None),
        (Audience(person_ids=tags("9")), MAYA, Account("9")),
        (Audience(account_ids=tags("7")), MAYA, Account("9")),
        (Audience(all_tags=tags("beta", "gold")), MAYA, None),
        (Audience(all_tags=tags("beta"), any_tags=tags("gold")), MAYA, None),
        (Audience(any_tags=tags("strasse")), Person("7", tags=tags("straße")), None),
        (Audience(verified=True), NOBODY_KNOWN, None),
    ],
)
def test_whoever_is_not_meant_is_kept_out(
    audience: Audience, person: Person, account: Account | None
) -> None:
    assert not audience.lets_in(person, account)


@pytest.mark.parametrize(
    ("audience", "account"),
    [
        (Audience(person_ids=tags("7")), None),
        (Audience(account_ids=tags("9")), Account("9")),
        (Audience(all_tags=tags("beta")), None),
        (Audience(all_tags=tags("BETA"), any_tags=tags("gold")), Account("9", tags=tags("Gold"))),
        (Audience(any_tags=tags("gold", "beta")), None),
        (Audience(verified=True), None),
        (Audience(person_ids=tags("1"), any_tags=tags("beta")), None),
    ],
)
def test_whoever_fits_any_of_it_is_let_in(audience: Audience, account: Account | None) -> None:
    assert audience.lets_in(MAYA, account)


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        (Audience(), "nobody"),
        (Audience(verified=True), "those who are signed in"),
        (
            Audience(all_tags=tags("b", "a"), any_tags=tags("d", "c")),
            "those tagged a and b and one of c, d",
        ),
        (
            Audience(person_ids=tags("7"), account_ids=tags("9")),
            "certain people or certain accounts",
        ),
    ],
)
def test_an_audience_can_be_said_in_words(audience: Audience, words: str) -> None:
    assert audience.in_words() == words


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("c", ["a", "b", "c"]),
        ("a", ["a"]),
        ("lost", ["lost"]),
        ("y", ["x", "y"]),
        ("unknown", []),
        (None, []),
    ],
    ids=["deep", "outermost", "in none that is known", "a ring", "unknown", "none"],
)
def test_the_way_to_a_place_begins_outermost_and_ends(place: str | None, line: list[str]) -> None:
    parents = {"a": None, "b": "a", "c": "b", "lost": "gone", "x": "y", "y": "x"}
    places = {name: (name, parent) for name, parent in parents.items()}
    assert [name for name, _ in line_up(place, places, lambda each: each[1])] == line
