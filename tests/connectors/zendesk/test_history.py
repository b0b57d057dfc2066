"""What became of old tickets: the export's figures, each ticket once, to the export's end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connectors import errors
from connectors.types import PastTicket
from tests.connectors.zendesk.support import API, NOW, Clock, fixture, serve_token, zendesk

EXPORT = f"{API}/incremental/tickets/cursor"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
CREATED = datetime(2026, 11, 20, 9, 58, tzinfo=UTC)


def line(number: int = 5158, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = fixture("export")["tickets"][0]
    return found | {"id": number} | changes


def figures(number: int = 5158, **changes: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "ticket_id": number,
        "reopens": 2,
        "solved_at": "2026-11-20T12:00:00Z",
        "reply_time_in_minutes": {"calendar": 30, "business": 20},
        **changes,
    }


def page(
    *lines: dict[str, Any], last: bool = True, after: str = "c", **more: Any
) -> dict[str, Any]:
    return {"tickets": list(lines), "after_cursor": after, "end_of_stream": last, **more}


def read(mock: responses.RequestsMock, *pages: dict[str, Any]) -> list[PastTicket]:
    for body in pages:
        mock.get(EXPORT, json=body)
    return [one for listed in zendesk(Clock()).history(SINCE) for one in listed.items]


def test_a_tickets_figures_stand_beside_it_or_in_it(mock: responses.RequestsMock) -> None:
    beside = page(line(1), line(2, metric_set=figures(2)), metric_sets=[figures(1)])
    first, second = read(mock, beside)
    assert (first.id, second.id) == ("1", "2")
    for past in (first, second):
        assert past.created_at == CREATED
        assert past.replied_at == CREATED + timedelta(minutes=30)
        assert past.solved_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
        assert (past.reopens, past.channel, past.ratings) == (2, "email", ())


def test_figures_are_asked_for_from_the_day_and_ai_handled_tickets_too(
    mock: responses.RequestsMock,
) -> None:
    read(mock, page(last=False), page(after="d"))
    asked = [parse_qs(urlsplit(call.request.url or "").query) for call in mock.calls[1:]]
    assert asked == [
        {"start_time": [str(int(SINCE.timestamp()))], **_ALWAYS},
        {"cursor": ["c"], **_ALWAYS},
    ]


_ALWAYS = {"include": ["metric_sets"], "support_type_scope": ["all"]}


def test_what_has_not_happened_is_none(mock: responses.RequestsMock) -> None:
    nothing = figures(1, solved_at=None, reopens=None, reply_time_in_minutes={"calendar": None})
    first, second = read(mock, page(line(1), line(2), metric_sets=[nothing]))
    for past in (first, second):
        assert (past.replied_at, past.solved_at, past.reopens) == (None, None, 0)


def test_a_chats_first_reply_is_told_in_seconds(mock: responses.RequestsMock) -> None:
    quick = figures(1, reply_time_in_seconds={"calendar": 42})
    [past] = read(mock, page(line(1, from_messaging_channel=True), metric_sets=[quick]))
    assert past.replied_at == CREATED + timedelta(seconds=42)
    assert past.channel == "native_messaging"


def test_ratings_come_along(mock: responses.RequestsMock) -> None:
    [past] = read(mock, page(line(1, satisfaction_rating={"id": 9, "score": "good"})))
    assert [rating.score for rating in past.ratings] == [1.0]


def test_older_and_deleted_and_merged_tickets_are_left_out(mock: responses.RequestsMock) -> None:
    told = page(
        line(1, created_at="2026-10-31T23:59:59Z"),
        line(2, status="deleted"),
        line(3, status="closed", tags=["closed_by_merge"]),
        line(4, created_at=None),
        line(5, created_at="2026-11-01T00:00:00Z"),
        line(6, status="invented_tomorrow"),
    )
    assert [past.id for past in read(mock, told)] == ["5", "6"]


@given(st.lists(st.lists(st.integers(1, 9), max_size=5), min_size=1, max_size=5))
def test_every_ticket_is_told_once_however_often_it_changes_meanwhile(
    pages: list[list[int]],
) -> None:
    with responses.RequestsMock() as mock:
        serve_token(mock)
        for number, ids in enumerate(pages):
            last = number == len(pages) - 1
            mock.get(EXPORT, json=page(*map(line, ids), last=last, after=f"c{number}"))
        read_pages = list(zendesk(Clock()).history(SINCE))
    listed = [past.id for each in read_pages for past in each.items]
    assert sorted(listed) == sorted({str(number) for ids in pages for number in ids})
    assert len(read_pages) == len(pages)


def test_an_export_that_does_not_move_on_is_given_up(mock: responses.RequestsMock) -> None:
    with pytest.raises(errors.VendorBroken, match="move on"):
        read(mock, page(line(1), last=False), page(line(2), last=False))


def test_the_exports_slow_limit_is_waited_out(mock: responses.RequestsMock) -> None:
    mock.get(EXPORT, json=page(line(1), last=False))
    mock.get(EXPORT, status=429, headers={"Retry-After": "43"})
    mock.get(EXPORT, json=page(line(2), after="d"))
    clock = Clock()
    listed = [one.id for each in zendesk(clock).history(SINCE) for one in each.items]
    assert listed == ["1", "2"]
    assert sum(clock.slept) == pytest.approx(43)


@pytest.mark.parametrize(("wait", "tries"), [("600", 1), ("60", 4)])
def test_it_is_not_waited_for_without_end(
    mock: responses.RequestsMock, wait: str, tries: int
) -> None:
    refused = mock.get(EXPORT, status=429, headers={"Retry-After": wait})
    with pytest.raises(errors.RateLimited):
        list(zendesk(Clock()).history(SINCE))
    assert refused.call_count == tries


def test_a_day_that_is_hardly_over_is_asked_for_as_zendesk_allows(
    mock: responses.RequestsMock,
) -> None:
    mock.get(EXPORT, json=page())
    list(zendesk(Clock()).history(NOW + timedelta(days=1)))
    start = parse_qs(urlsplit(mock.calls[-1].request.url or "").query)["start_time"]
    assert int(start[0]) <= NOW.timestamp() - 60
