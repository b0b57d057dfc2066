"""The listing of changed tickets: none missed, none for ever, whatever their stamps are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st
from requests import PreparedRequest

from connectors import errors
from connectors.freshdesk import client, feed, wire
from connectors.freshdesk.feed import Position, Window
from connectors.types import Page, TicketRef
from tests.connectors.freshdesk.support import API, NOW, Answer, Clock, fixture, freshdesk

START = datetime(2026, 11, 1, tzinfo=UTC)
PAGE_301 = {
    "description": "Validation failed",
    "errors": [{"field": "page", "message": "beyond the 300th page", "code": "invalid_value"}],
}


def stamp(second: int) -> str:
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Listing:
    """A Freshdesk with tickets: id → second of the last change. It refuses what Freshdesk does."""

    def __init__(self, tickets: dict[int, int], last_page: int = 300) -> None:
        self.tickets = tickets
        self.last_page = last_page
        self.asked: list[dict[str, str]] = []
        self.linked = True

    def answer(self, request: PreparedRequest) -> Answer:
        query = {k: v[0] for k, v in parse_qs(urlsplit(request.url or "").query).items()}
        self.asked.append(query)
        page, size = int(query["page"]), int(query["per_page"])
        assert size <= 100
        if page > self.last_page:
            return 400, {}, json.dumps(PAGE_301)
        since = query.get("updated_since", "9")  # without it: tickets of the last 30 days only
        rows = sorted(
            (stamp(second), number)
            for number, second in self.tickets.items()
            if stamp(second) >= since
        )
        part = rows[(page - 1) * size : page * size]
        more = len(rows) > page * size and self.linked
        headers = {"Link": f'<{API}/tickets?page={page + 1}>; rel="next"'} if more else {}
        body = [{"id": number, "updated_at": at} for at, number in part]
        return 200, headers, json.dumps(body)

    def read(self, cursor: str | None, clock: Clock | None = None) -> list[Page[TicketRef]]:
        with responses.RequestsMock() as mock:
            mock.add_callback("GET", f"{API}/tickets", callback=self.answer)
            return list(freshdesk(clock or Clock()).changed(cursor))


def ids(pages: Sequence[Page[TicketRef]]) -> list[int]:
    return [int(ref.id) for page in pages for ref in page.items]


def from_start() -> str:
    return Position(START).cursor


class TestStart:
    def test_a_first_reading_starts_now_and_not_thirty_days_ago(self) -> None:
        listing = Listing({})
        pages = listing.read(None)
        assert ids(pages) == []
        assert listing.asked[0]["updated_since"] == "2026-11-20T10:19:05Z"
        assert (listing.asked[0]["order_by"], listing.asked[0]["order_type"]) == (
            "updated_at",
            "asc",
        )

    def test_the_start_is_not_lost_where_the_first_call_fails(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{API}/tickets", status=500)
        reading = freshdesk(Clock()).changed(None)
        assert Position.read(str(next(reading).cursor)).at == NOW
        with pytest.raises(errors.VendorBroken):
            next(reading)

    @pytest.mark.parametrize(
        "cursor",
        [
            *("", "x", "[]", "{}", "[" * 9999, '{"at":"now","seen":{}}'),
            '{"at":"2026-11-20T10:00:00","seen":{}}',
            '{"at":"2026-11-20T10:00:00Z","seen":{"1":"x"}}',
        ],
    )
    def test_a_cursor_that_is_not_ours_is_refused_in_a_sentence(self, cursor: str) -> None:
        with pytest.raises(errors.Rejected, match="cursor"):
            Position.read(cursor)


class TestReading:
    def test_a_later_reading_hands_out_what_is_new_only(self) -> None:
        listing = Listing({1: 5, 2: 9})
        first = listing.read(from_start())
        assert ids(first) == [1, 2]
        assert ids(listing.read(first[-1].cursor)) == []
        listing.tickets |= {3: 9, 1: 10}  # one with the very same stamp, one changed again
        assert ids(listing.read(first[-1].cursor)) == [3, 1]

    def test_a_change_that_shows_late_with_an_older_stamp_is_not_lost(self) -> None:
        listing = Listing({1: 100})
        [page] = listing.read(from_start())
        listing.tickets[2] = 60
        assert ids(listing.read(page.cursor)) == [2]

    def test_a_ticket_that_moves_to_the_end_while_pages_are_read_hides_no_other(self) -> None:
        listing = Listing({number: number for number in range(1, 251)})
        with responses.RequestsMock() as mock:
            mock.add_callback("GET", f"{API}/tickets", callback=listing.answer)
            reading = freshdesk(Clock()).changed(from_start())
            found = list(next(reading).items)
            listing.tickets |= {7: 900, 8: 901}  # all others shift by two places
            for page in reading:
                found += page.items
        assert {int(ref.id) for ref in found} == set(range(1, 251))

    def test_a_full_page_without_a_link_is_not_trusted_to_be_the_last(self) -> None:
        listing = Listing({number: number for number in range(1, 151)})
        listing.linked = False
        assert len(ids(listing.read(from_start()))) == 150

    def test_every_page_can_be_gone_on_from(self) -> None:
        listing = Listing({number: number // 3 for number in range(1, 351)})
        pages = listing.read(from_start())
        for place, page in enumerate(pages):
            rest = ids(listing.read(page.cursor))
            assert set(rest) == set(ids(pages[place + 1 :]))

    def test_page_301_is_never_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Pages of two and a limit of three pages stand for 100 and 300.
        monkeypatch.setattr(client, "PER_PAGE", 2)
        monkeypatch.setattr(feed, "LAST_PAGE", 3)
        listing = Listing({number: number // 2 for number in range(1, 41)}, last_page=3)
        assert set(ids(listing.read(from_start()))) == set(range(1, 41))

    def test_more_tickets_of_one_second_than_freshdesk_shows_do_not_stop_the_rest(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "PER_PAGE", 2)
        monkeypatch.setattr(feed, "LAST_PAGE", 3)
        crowd = dict.fromkeys(range(1, 21), 5)
        listing = Listing(crowd | {99: 9}, last_page=3)
        found = ids(listing.read(from_start()))
        assert 99 in found
        assert len(found) == 7  # six of the crowd: more is shown to nobody

    def test_a_listing_that_ignores_what_it_is_asked_ends(
        self, mock: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = {"Link": f'<{API}/tickets>; rel="next"'}
        row = {"id": 1, "updated_at": stamp(5)}
        mock.get(f"{API}/tickets", json=[row], headers=link)
        monkeypatch.setattr(feed, "MOST_PAGES", 20)
        pages = list(freshdesk(Clock()).changed(from_start()))
        assert len(pages) == 20
        assert ids(pages) == [1]

    def test_a_line_without_a_stamp_is_nonsense(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{API}/tickets", json=[{"id": 1, "updated_at": None}])
        with pytest.raises(errors.VendorBroken, match="updated_at"):
            list(freshdesk(Clock()).changed(from_start()))

    def test_a_whole_ticket_of_the_listing_is_read_as_a_line(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(f"{API}/tickets", json=[fixture("ticket")])
        [page] = freshdesk(Clock()).changed(from_start())
        moment = datetime(2026, 11, 20, 10, 12, 7, tzinfo=UTC)
        assert page.items == (TicketRef("5158", moment),)


LINES = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 200)), max_size=20).map(
    lambda pairs: [
        wire.Line(id=str(number), updated_at=START + timedelta(seconds=second))
        for number, second in pairs
    ]
)


@given(LINES)
def test_a_cursor_survives_being_written_down(lines: list[wire.Line]) -> None:
    _, position = Position(START).take(lines)
    again = Position.read(position.cursor)
    assert again.at == position.at
    assert again.seen.keys() == position.seen.keys()
    assert again.take(lines)[0] == position.take(lines)[0]


@given(st.integers(0, 300), LINES)
def test_a_window_never_asks_the_same_again(page: int, lines: list[wire.Line]) -> None:
    before = Window(START, max(page, 1))
    after = before.after(lines)
    assert (after.since, after.page) > (before.since, before.page)
    assert 1 <= after.page <= feed.LAST_PAGE


def test_a_cursor_stays_short_even_after_a_bulk_update() -> None:
    crowd = [wire.Line(id=str(number), updated_at=START) for number in range(5000)]
    _, position = Position(START).take(crowd)
    assert len(position.cursor) < 30_000


def test_a_crowd_beyond_what_a_cursor_holds_is_told_again_and_no_longer_than_it_is_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "MOST_SEEN", 10)
    listing = Listing(dict.fromkeys(range(1, 31), 5))
    first = listing.read(from_start())
    assert len(ids(first)) == 30
    again = listing.read(first[-1].cursor)
    # Whoever is forgotten comes twice, which costs a look; nobody is left out, and it ends.
    assert len(ids(again)) == 20
    listing.tickets[99] = 5 + 61
    newest = listing.read(again[-1].cursor)
    assert 99 in ids(newest)
    assert ids(listing.read(newest[-1].cursor)) == []


@settings(max_examples=15)
@given(
    st.dictionaries(st.integers(1, 400), st.integers(0, 40), max_size=60),
    st.dictionaries(st.integers(1, 400), st.integers(41, 80), max_size=20),
)
def test_no_ticket_is_missed_and_none_comes_twice_for_any_stamps(
    tickets: dict[int, int], later: dict[int, int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "PER_PAGE", 4)
        listing = Listing(dict(tickets))
        pages = listing.read(from_start())
        assert sorted(ids(pages)) == sorted(tickets)
        listing.tickets |= later
        assert sorted(ids(listing.read(pages[-1].cursor if pages else None))) == sorted(later)
