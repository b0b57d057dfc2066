"""Records off the wire: times, and what may stand in an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.errors import NotFound
from connectors.records import iso_time, path_number, utc


def test_times_are_in_utc() -> None:
    there = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert utc(there).isoformat() == "2026-01-01T10:00:00+00:00"
    read = iso_time("2026-01-01T12:00:00.123456789+02:00")
    assert read is not None
    assert read.isoformat() == "2026-01-01T10:00:00.123456+00:00"
    assert iso_time("2026-01-01T12:00:00") == datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("said", [None, "", "soon", 17, True, [], "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_none(said: Any) -> None:
    assert iso_time(said) is None


@pytest.mark.parametrize("text", ["", "0", "-1", "5158/notes", "..", "\u0661", "9" * 21, "5\n"])
def test_nothing_but_a_number_gets_into_an_address(text: str) -> None:
    assert path_number("5158", "Acme") == "5158"
    with pytest.raises(NotFound, match="no Acme id"):
        path_number(text, "Acme")
