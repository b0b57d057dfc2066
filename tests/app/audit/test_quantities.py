from __future__ import annotations

import pytest

from app.audit.quantities import Quantity, masked, quantities

DAY = 86_400.0


def only(text: str) -> Quantity:
    (found,) = quantities(text)
    return found


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("The link works for 30 minutes.", 1800.0, "time"),
        ("valid for three years from then", 3 * 365.25 * DAY, "time"),
        ("mended for a week", 7 * DAY, "time"),
        ("it takes half an hour", 1800.0, "time"),
        ("a file of 2 MB", 2e6, "bytes"),
        ("costs € 0.07", 0.07, "eur"),
        ("costs $1,250", 1250.0, "usd"),
        ("a budget of $1.5 million", 1.5e6, "usd"),
        ("pay 49 euros", 49.0, "eur"),
        ("the fee is 1.4 %", 1.4, "percent"),
        ("connect five calendars", 5.0, "count of calendars"),
        ("8 team members", 8.0, "count of members"),
        ("400 pixels wide", 400.0, "pixels"),
    ],
)
def test_a_number_is_read_with_its_unit(text: str, value: float, unit: str) -> None:
    found = only(text)
    assert found.value == pytest.approx(value)
    assert found.unit == unit


@pytest.mark.parametrize(
    ("text", "direction", "per"),
    [
        ("up to 14 days", "upper", ""),
        ("within two weeks", "upper", ""),
        ("at most 3 calendars", "upper", ""),
        ("at least 12 characters", "lower", ""),
        ("10 days or more", "lower", ""),
        ("$29 per user", "", "user"),
        ("€ 19 a month", "", "month"),
        ("$99 yearly", "", "year"),
    ],
)
def test_limits_and_rates_are_told(text: str, direction: str, per: str) -> None:
    found = only(text)
    assert (found.direction, found.per) == (direction, per)


def test_the_same_time_in_other_words_is_the_same() -> None:
    assert only("within two weeks").same(only("within 14 days"))
    assert only("for a month").same(only("for 30 days"))
    assert not only("for 60 days").same(only("for 90 days"))


@pytest.mark.parametrize("text", ["in 2024 nothing changed", "version 3.2", "step 4", "iOS 16", ""])
def test_years_versions_and_bare_numbers_are_no_amounts(text: str) -> None:
    assert list(quantities(text)) == []


def test_a_place_is_where_the_amount_stands() -> None:
    text = "A client can pause one for up to 60 days a year."
    found = only(text)
    assert text[found.start : found.end] == "60 days"


def test_texts_that_differ_by_an_amount_alone_are_alike_without_it() -> None:
    assert masked("It works for 30 minutes.") == masked("It works for three minutes.")
    assert masked("up to 5 calendars") == masked("up to three calendars")
