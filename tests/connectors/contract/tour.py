"""A tour of everything a connector does, so that there is always something to look at."""

from __future__ import annotations

from datetime import timedelta

from connectors.base import Connector
from connectors.setup import Expected
from connectors.types import Change, Feature, Priority, Status
from tests.connectors.contract.bench import HOOK, Bench, later, pages


def tour(bench: Bench) -> None:
    """Read and write whatever there is; what goes over the wire is kept by the bench."""
    article = {"title": "A", "body": "<p>x</p>", "section": "S"}
    bench.control("PUT", "/articles", [{**article, "id": str(n)} for n in range(110)])
    connector = bench.connector()
    connector.probe()
    read_everything(bench, connector)
    file = {"name": "log.txt", "content_type": "text/plain", "size": 812}
    number, ticket_id = bench.opened(
        tags=["mobile"], attachments=[file], page_url="https://shop.example/"
    )
    bench.say(number, "agent", "An agent")
    bench.say(number, "agent", "A note", public=False)
    bench.say(number, "customer", "A customer")
    bench.say(number, "agent", "A rule", automatic=True)
    later(bench, seconds=30)
    changes = (
        Change(
            note="<p>Draft</p>",
            reply="<p>Reply</p>",
            tags=frozenset({"understudy"}),
            priority=Priority.HIGH,
            group="Billing",
            status=Status.PENDING,
        ),
        Change(tags=frozenset({"another"}), status=Status.SOLVED),
        Change(reply="<p>Reply two</p>", status=Status.OPEN),
        Change(note="<p>Draft two</p>", priority=Priority.URGENT, group="Nobody's"),
    )
    for place, change in enumerate(changes):
        ticket = connector.ticket(ticket_id)
        connector.apply(ticket, change, f"{place:016x}")
        later(bench, seconds=30)
        # As a retry does, looking wherever a mark could be.
        connector.apply(connector.ticket(ticket_id), change, f"{place:016x}", again=True)
    _, chat = bench.opened(channel="chat")
    later(bench, seconds=30)
    connector.apply(connector.ticket(chat), Change(reply="<p>Reply</p>"), "c" * 16)
    connector.ticket(chat)
    start = pages(connector.changed(None))[-1].cursor
    later(bench, minutes=5)
    bench.say(number, "customer", "Later")
    bench.status(bench.open("One that goes"), "deleted")
    later(bench, minutes=5)
    pages(connector.changed(start))
    hook = HOOK + bench.glue.kind
    list(connector.set_up(hook))
    bench.say(bench.open("One that is announced"), "agent", "Hello")
    bench.drain()
    list(connector.set_up(hook))
    connector.probe(Expected(hook, groups=frozenset({"Billing"})))
    list(connector.take_down(hook))


def read_everything(bench: Bench, connector: Connector) -> None:
    """Read all that the team wrote down: for everybody, for some, in two languages."""
    pages(connector.articles(None))
    some = {"visibility": "restricted", "audience": {"all_tags": ["a"], "people": ["o@b.example"]}}
    german = {"translations": {"de": {"title": "B", "body": "<p>y</p>"}}}
    for article, changes in (("1", some), ("2", german), ("3", {"section": "S / T"})):
        bench.control("PATCH", f"/articles/{article}", changes)
    bench.control("PUT", "/replies", [{"id": "r", "name": "R", "body": "x", "folder": "F"}])
    pages(connector.articles(None))
    if Feature.ARTICLE_CHANGES in connector.supports:
        pages(connector.article_changes(bench.clock() - timedelta(hours=1)))
    if Feature.CANNED in connector.supports:
        pages(connector.canned())
