"""The change feed and the help centre: nothing is left out, and every listing ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from connectors.base import Connector
from connectors.types import Change, Feature, Page, TicketRef
from tests.connectors.contract.bench import Bench, later, outcome, pages
from tests.connectors.contract.conftest import Benches
from tests.connectors.contract.test_webhooks import DEEDS
from tests.connectors.contract.wire import Mishap

ARTICLES = 230  # more than two of the longest pages that any vendor gives


def ids(listed: list[Page[TicketRef]]) -> set[str]:
    return {ref.id for page in listed for ref in page.items}


def last_cursor(listed: list[Page[TicketRef]]) -> str:
    cursor = listed[-1].cursor
    assert cursor is not None, "the change feed must be able to go on"
    return cursor


def start(bench: Bench) -> str:
    """Begin to listen now, some time after whatever happened before."""
    later(bench, hours=1)
    cursor = last_cursor(pages(bench.connector().changed(None)))
    later(bench, minutes=5)
    return cursor


def seen(bench: Bench, cursor: str) -> tuple[set[str], str]:
    """List what changed since a cursor, as a sweep would some minutes later."""
    later(bench, minutes=5)
    listed = pages(bench.connector().changed(cursor))
    return ids(listed), last_cursor(listed)


def test_it_begins_with_now(bench: Bench) -> None:
    _, old = bench.opened("Long ago")
    cursor = start(bench)
    _, new = bench.opened("Now")
    found, _ = seen(bench, cursor)
    assert new in found
    assert old not in found


def test_the_first_page_is_there_even_if_the_helpdesk_is_not(bench: Bench) -> None:
    later(bench, hours=1)
    bench.line.reads = [Mishap(arrives=False, answer="dropped")] * 9
    listing = bench.connector().changed(None)
    cursor = next(listing).cursor
    bench.line.reads = []
    assert cursor is not None
    _, new = bench.opened("While it was away")
    assert new in seen(bench, cursor)[0]


@pytest.mark.parametrize("what", [name for name in DEEDS if name != "deleted"])
def test_every_change_is_listed(bench: Bench, what: str) -> None:
    number, ticket_id = bench.opened()
    cursor = start(bench)
    DEEDS[what][0](bench, number)
    found, _ = seen(bench, cursor)
    assert ticket_id in found


def test_nothing_is_listed_for_ever(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    cursor = start(bench)
    bench.say(number, "agent", "Like so.")
    found, cursor = seen(bench, cursor)
    assert ticket_id in found
    for _ in range(3):  # an inclusive bound may repeat the newest second
        found, cursor = seen(bench, cursor)
    quiet, after = seen(bench, cursor)
    assert found == quiet
    assert len(quiet) <= 1
    assert seen(bench, after)[0] == quiet


def test_our_own_writing_does_not_keep_it_going(bench: Bench) -> None:
    _, ticket_id = bench.opened()
    cursor = start(bench)
    connector = bench.connector()
    for turn in range(4):
        connector.apply(connector.ticket(ticket_id), Change(note=f"<p>{turn}</p>"), f"{turn:016x}")
        found, cursor = seen(bench, cursor)
        assert ticket_id in found
    assert seen(bench, cursor)[0] <= {ticket_id}


def test_what_changes_between_two_pages_is_not_lost(bench: Bench) -> None:
    number, ticket_id = bench.opened()
    cursor = start(bench)
    listing = bench.connector().changed(cursor)
    first = next(listing)
    bench.say(number, "customer", "In the middle of it")
    rest = pages(listing)
    after = last_cursor([first, *rest])
    assert ticket_id in ids([first, *rest]) | seen(bench, after)[0]


def many(bench: Bench, count: int) -> set[str]:
    """Let a helpdesk have many tickets that changed within a few seconds, and one before them."""
    desk = bench.sandbox.desk
    number, _ = bench.opened()
    first = desk.ticket(number)
    assert first is not None
    start(bench)
    cursor_at = bench.clock()
    with desk.store.transaction():
        for place in range(count):
            at = cursor_at.replace(microsecond=0) + timedelta(seconds=2 * place // count)
            copy = replace(
                first,
                id=desk.store.next("ticket"),
                sequence=desk.store.next("sequence"),
                updated_at=at,
                created_at=at,
            )
            desk.store.put(copy)
    later(bench, minutes=10)
    return {str(each.id) for each in desk.tickets() if each.id != first.id}


@pytest.fixture
def crowded(fresh: Benches) -> tuple[Bench, str, set[str]]:
    bench = fresh()
    cursor = start(bench)
    return bench, cursor, many(bench, bench.glue.crowd)


def test_more_than_a_page_of_equal_times_is_listed_and_every_page_can_be_resumed(
    crowded: tuple[Bench, str, set[str]],
) -> None:
    bench, cursor, wanted = crowded
    listed = pages(bench.connector().changed(cursor))
    assert wanted <= ids(listed)
    assert len([page for page in listed if page.items]) > 1
    order = [ref.updated_at for page in listed for ref in page.items]
    assert all(moment.utcoffset() == timedelta(0) for moment in order)
    firsts = [page.items[0].updated_at for page in listed if page.items]
    assert firsts == sorted(firsts)
    for place, page in enumerate(listed):
        assert page.cursor is not None
        rest = pages(bench.connector().changed(page.cursor))
        assert wanted <= ids(listed[: place + 1]) | ids(rest)


def test_a_cursor_of_another_account_or_of_nonsense_does_no_harm(connector: Connector) -> None:
    for cursor in ("nonsense", "|", "1|2|3", "٣", "{}"):
        found = outcome(partial(pages, connector.changed(cursor)))
        assert isinstance(found, list) or str(found)


# The help centre


def stock(bench: Bench, count: int) -> dict[str, int]:
    wanted = [
        {
            "id": f"a{place}",
            "title": f"Title {place}",
            "body": f"<p>Body {place}</p>",
            "section": f"Section {place % 7}",
            "labels": ["billing"] if place == 0 else [],
            "visibility": "unpublished" if place % 10 == 3 else "public",
        }
        for place in range(count)
    ]
    return dict(bench.control("PUT", "/articles", wanted)["articles"])


@pytest.fixture(scope="module")
def books(session_bench: Bench) -> int:
    stock(session_bench, ARTICLES)
    return ARTICLES


def test_every_article_is_listed_once_on_several_pages(
    books: int, bench: Bench, connector: Connector
) -> None:
    assert Feature.ARTICLES in connector.supports
    listed = pages(connector.articles(None))
    items = [article for page in listed for article in page.items]
    assert len({article.id for article in items}) == len(items)
    published = {f"Title {n}" for n in range(books) if n % 10 != 3}
    assert published <= {article.title for article in items}
    assert len(listed) > 1
    assert listed[-1].cursor is None
    assert all(page.cursor for page in listed[:-1])


def test_drafts_are_not_public_and_published_articles_are(
    books: int, bench: Bench, connector: Connector
) -> None:
    items = [article for page in pages(connector.articles(None)) for article in page.items]
    public = {article.title for article in items if article.public}
    assert public == {f"Title {n}" for n in range(books) if n % 10 != 3}


def test_an_article_says_what_it_is(books: int, bench: Bench, connector: Connector) -> None:
    items = [article for page in pages(connector.articles(None)) for article in page.items]
    first = next(article for article in items if article.title == "Title 0")
    assert "<p>Body 0</p>" in first.html
    assert first.url.startswith(("http://", "https://"))
    assert first.updated_at is not None
    assert first.updated_at.utcoffset() == timedelta(0)
    assert first.sections[-1:] == ("Section 0",)  # below a category, where the vendor has such
    assert first.labels in {("billing",), ()}  # not every vendor has such


def test_each_pages_cursor_leads_to_the_next(
    books: int, bench: Bench, connector: Connector
) -> None:
    listed = pages(connector.articles(None))
    for place, page in enumerate(listed[:-1]):
        rest = pages(bench.connector().articles(page.cursor))
        assert [p.items for p in rest] == [p.items for p in listed[place + 1 :]]


def test_what_is_taken_away_is_not_listed_any_more(bench: Bench, connector: Connector) -> None:
    stock(bench, 3)
    stock(bench, 2)
    titles = {a.title for page in pages(connector.articles(None)) for a in page.items}
    assert titles == {"Title 0", "Title 1"}


def test_an_empty_help_centre_is_one_empty_listing(bench: Bench, connector: Connector) -> None:
    stock(bench, 0)
    listed = pages(connector.articles(None))
    assert [article for page in listed for article in page.items] == []
    assert not listed or listed[-1].cursor is None
