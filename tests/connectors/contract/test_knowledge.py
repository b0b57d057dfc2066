"""What the team wrote down: who may read it, where it lies, what changed, what is kept ready."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.articles import Article, ArticleKind, Visibility
from connectors.base import Connector
from connectors.errors import Unsupported
from connectors.types import EventKind, Feature, Page
from tests.connectors.contract.bench import MAYA, Bench, later, pages

OTTO = {
    "name": "Otto Weiss",
    "email": "otto@example.com",
    "organization": {"name": "Sonnenhof", "plan": "free", "tags": ["south"]},
    "verified": False,
}
INSIDER = {**MAYA, "tags": ["beta", "pilot"], "verified": True}
# What an audience can name -> the promise that a kind may be unable to keep.
AUDIENCES: dict[str, dict[str, Any]] = {
    "audience_accounts": {"accounts": ["Nordlicht"]},
    "audience_people": {"people": ["maya@example.com"]},
    "audience_tags": {"all_tags": ["beta"], "any_tags": ["pilot", "gold"]},
    "audience_verified": {"verified": True},
}


def write(bench: Bench, *articles: dict[str, Any]) -> None:
    """Make these the help centre."""
    shared = {"body": "<p>x</p>", "section": "Guides"}
    bench.control("PUT", "/articles", [{"id": a["title"], **shared, **a} for a in articles])


def change(bench: Bench, article: str, **changes: Any) -> None:
    bench.control("PATCH", f"/articles/{article}", changes)


def found(listing: Iterable[Page[Article]]) -> dict[str, Article]:
    """What a listing has, by title."""
    return {each.title: each for page in pages(iter(listing)) for each in page.items}


def asked(bench: Bench, who: dict[str, Any]) -> Any:
    """What the connector knows of somebody who writes in: the person, and their account."""
    _, ticket_id = bench.opened(requester=who)
    ticket = bench.connector().ticket(ticket_id)
    return ticket.requester, ticket.account


def since(bench: Bench) -> datetime:
    """A moment after all that was written so far, and before what is written from now on."""
    later(bench, minutes=5)
    moment = bench.clock()
    later(bench, minutes=5)
    return moment


# Who may read what


def test_only_what_everybody_may_read_is_public(bench: Bench, connector: Connector) -> None:
    write(
        bench,
        {"title": "Open"},
        {"title": "Some", "visibility": "restricted", "audience": {"accounts": ["Nordlicht"]}},
        {"title": "Nobody knows", "visibility": "restricted"},
        {"title": "Team", "visibility": "internal"},
        {"title": "Soon", "visibility": "unpublished"},
    )
    listed = found(connector.articles(None))
    assert {title for title, each in listed.items() if each.public} == {"Open"}
    told = {title: each.visibility for title, each in listed.items()}
    assert told["Some"] is Visibility.RESTRICTED
    assert told["Nobody knows"] is Visibility.RESTRICTED
    assert told["Team"] is Visibility.INTERNAL
    assert told.get("Soon", Visibility.UNPUBLISHED) is Visibility.UNPUBLISHED


@pytest.mark.parametrize("promise", AUDIENCES)
def test_a_restricted_article_is_for_its_audience_and_for_nobody_else(
    bench: Bench, connector: Connector, promise: str
) -> None:
    write(bench, {"title": "Some", "visibility": "restricted", "audience": AUDIENCES[promise]})
    insider, outsider = asked(bench, INSIDER), asked(bench, OTTO)
    article = found(connector.articles(None))["Some"]
    assert article.visibility is Visibility.RESTRICTED
    if promise in bench.glue.cannot:
        assert article.audience is None or not article.audience.lets_in(*outsider)
        return
    assert article.audience is not None
    assert article.audience.lets_in(*insider)
    assert not article.audience.lets_in(*outsider)


def test_what_is_restricted_to_nobody_knows_whom_lets_nobody_in(
    bench: Bench, connector: Connector
) -> None:
    write(bench, {"title": "Nobody knows", "visibility": "restricted"})
    article = found(connector.articles(None))["Nobody knows"]
    assert not article.public
    assert article.audience is None


def test_who_has_proved_to_be_who_they_say_is_told(bench: Bench) -> None:
    (insider, _), (outsider, _) = asked(bench, INSIDER), asked(bench, OTTO)
    assert insider.verified or "verified" in bench.glue.cannot
    assert not outsider.verified


# Where it lies, and in which languages


def test_the_way_to_an_article_is_told_outermost_first(bench: Bench, connector: Connector) -> None:
    write(
        bench,
        {"title": "Deep", "section": "Billing / Invoices / Refunds"},
        {"title": "Beside", "section": "Billing / Plans"},
    )
    listed = found(connector.articles(None))
    assert listed["Deep"].sections[-3:] == ("Billing", "Invoices", "Refunds")
    assert listed["Beside"].sections[-2:] == ("Billing", "Plans")


def german(**changes: Any) -> dict[str, Any]:
    return {"de": {"title": "Ausfuhr", "body": "<p>So geht es</p>", **changes}}


def test_every_language_is_an_article_of_its_own(bench: Bench, connector: Connector) -> None:
    write(bench, {"title": "Export", "translations": german()}, {"title": "English alone"})
    listed = found(connector.articles(None))
    assert listed["Export"].public
    assert listed["Ausfuhr"].locale == "de"
    assert "So geht es" in listed["Ausfuhr"].html
    assert len({each.id for each in listed.values()} | {""}) == 4
    assert listed["Ausfuhr"].sections


def test_a_language_that_is_not_published_is_not_public(bench: Bench, connector: Connector) -> None:
    write(bench, {"title": "Export", "translations": german(published=False)})
    listed = found(connector.articles(None))
    assert {title for title, each in listed.items() if each.public} == {"Export"}


# What changed


def test_what_changed_is_listed_as_it_is_now(bench: Bench, connector: Connector) -> None:
    write(bench, {"title": "Edited"}, {"title": "Taken back"}, {"title": "Untouched"})
    moment = since(bench)
    if Feature.ARTICLE_CHANGES not in connector.supports:
        with pytest.raises(Unsupported):
            list(connector.article_changes(moment))
        return
    change(bench, "Edited", body="<p>New words</p>")
    change(bench, "Taken back", visibility="unpublished")
    later(bench, minutes=5)
    listed = found(connector.article_changes(moment))
    assert "New words" in listed["Edited"].html
    assert listed["Edited"].public
    assert listed["Taken back"].visibility is Visibility.UNPUBLISHED
    everything = found(connector.articles(None))
    assert everything["Edited"] == listed["Edited"]


def test_many_changes_at_once_are_all_listed(bench: Bench, connector: Connector) -> None:
    """As after an import: more than a page of them in one second."""
    if Feature.ARTICLE_CHANGES not in connector.supports:
        return
    moment = since(bench)
    write(bench, *({"title": f"Title {place}"} for place in range(130)))
    later(bench, minutes=5)
    listed = found(connector.article_changes(moment))
    assert listed.keys() == {f"Title {place}" for place in range(130)}


def test_a_change_is_listed_in_every_language(bench: Bench, connector: Connector) -> None:
    write(bench, {"title": "Export", "translations": german()})
    moment = since(bench)
    if Feature.ARTICLE_CHANGES not in connector.supports:
        return
    change(bench, "Export", translations=german(body="<p>So geht es jetzt</p>"))
    later(bench, minutes=5)
    listed = found(connector.article_changes(moment))
    assert "jetzt" in listed["Ausfuhr"].html
    assert listed["Ausfuhr"].id == found(connector.articles(None))["Ausfuhr"].id


def test_where_nothing_changed_nothing_is_listed(bench: Bench, connector: Connector) -> None:
    write(bench, {"title": "Untouched"})
    moment = since(bench)
    if Feature.ARTICLE_CHANGES in connector.supports:
        assert found(connector.article_changes(moment)) == {}


def test_what_is_deleted_is_not_listed_any_more(bench: Bench, connector: Connector) -> None:
    write(bench, {"title": "Stays"}, {"title": "Goes", "translations": german()})
    bench.control("DELETE", "/articles/Goes")
    assert found(connector.articles(None)).keys() == {"Stays"}


# What a webhook tells of it


def test_webhooks_tell_of_articles_where_the_vendor_does(
    bench: Bench, connector: Connector
) -> None:
    write(bench, {"title": "Export"}, {"title": "Import", "visibility": "unpublished"})
    bench.drain()
    change(bench, "Export", visibility="unpublished")
    change(bench, "Import", visibility="public")
    events = bench.events()
    if Feature.ARTICLE_EVENTS not in connector.supports:
        assert events == []
        return
    assert {event.kind for event in events} == {EventKind.ARTICLE}
    assert {event.ticket_id for event in events} == {""}
    assert len({event.delivery_key for event in events}) == len(events) == 2


def test_an_article_that_is_announced_twice_has_one_key(bench: Bench, connector: Connector) -> None:
    if Feature.ARTICLE_EVENTS not in connector.supports:
        return
    write(bench, {"title": "Export"})
    bench.drain()
    bench.control("POST", "/faults", {"kind": "duplicate_delivery"})
    change(bench, "Export", visibility="unpublished")
    first, twin = bench.events()
    assert first.delivery_key == twin.delivery_key


# What agents keep ready


def test_saved_replies_are_told_apart_by_whom_they_are_for(
    bench: Bench, connector: Connector
) -> None:
    replies: list[dict[str, Any]] = [
        {"id": "all", "name": "Refund", "body": "<p>Hi {{ticket.requester.name}}</p>"},
        {"id": "group", "name": "Chargeback", "body": "<p>Ask Ada</p>", "group": "Billing"},
        {"id": "note", "name": "Escalated", "body": "<p>Told Ada</p>", "public": False},
    ]
    bench.control("PUT", "/replies", [{**each, "folder": "Money"} for each in replies])
    try:
        if Feature.CANNED not in connector.supports:
            with pytest.raises(Unsupported):
                list(connector.canned())
            return
        listed = found(connector.canned())
        assert {title for title, each in listed.items() if each.public} <= {"Refund"}
        assert {each.kind for each in listed.values()} == {ArticleKind.CANNED}
        assert "{{ticket.requester.name}}" in listed["Refund"].html
        assert listed["Chargeback"].visibility is Visibility.INTERNAL
        assert listed["Escalated"].visibility is Visibility.INTERNAL
        assert listed["Refund"].updated_at is not None
        assert listed["Refund"].updated_at.utcoffset() == timedelta(0)
        bench.control("DELETE", "/replies/all")
        assert "Refund" not in found(connector.canned())
    finally:
        bench.control("PUT", "/replies", [])
