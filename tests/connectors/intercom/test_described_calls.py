"""What setting up, handing over, looking back and reading for users call, as described."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.articles import Visibility
from connectors.setup import Expected
from connectors.types import Change, Status
from tests.connectors.contract.bench import Bench, build_bench, later, pages
from tests.connectors.contract.glue import Glue
from tests.connectors.contract.test_described import faults
from tests.connectors.contract.wire import Wire, connected

pytestmark = pytest.mark.reference

HOOK = "https://bot.example.com/webhooks/intercom"
# What the file does not say where it says it: place, and why it is right all the same.
KNOWN = {
    "GET /tickets/{ticket_id} answer 200 channel": "in captured notifications of tickets",
    "POST /tickets/search answer 200 tickets.*.channel": "in captured notifications of tickets",
    "PUT /tickets/{ticket_id} answer 200 channel": "in captured notifications of tickets",
    "company_id": "in captured notifications of tickets",
    "is_internal": "in the file's own examples of ticket types",
    "ticket_type_attributes.data": "in the file's own examples of ticket types",
    "app_package_code": "in the file's own example of a reply to a ticket",
}


def set_up_and_down(bench: Bench) -> None:
    connector = bench.misled(PAGE_FIELD="page", PLAN_FIELD="plan", TICKET_FIELDS="Urgency")
    for _ in range(2):
        list(connector.set_up(HOOK))
    connector.probe(Expected(HOOK, frozenset({"Billing", "Nobody's"}), sends=True))
    list(connector.take_down(HOOK))


def hand_over(bench: Bench, channel: str) -> None:
    _, ticket_id = bench.opened(channel=channel)
    bot = str(bench.environ["INTERCOM_ADMIN_ID"])
    changes = (
        Change(note="<p>1</p>", tags=frozenset({"understudy_send"}), status=Status.SOLVED),
        Change(
            note="<p>2</p>",
            untag=frozenset({"understudy_send"}),
            group="Billing",
            release=True,
            status=Status.OPEN,
        ),
        Change(reply="<p>3</p>", status=Status.PENDING),
    )
    for place, change in enumerate(changes):
        connector = bench.connector()
        later(bench, seconds=30)
        ticket = connector.ticket(ticket_id)
        # To solve is to own: so there is something to give back.
        assert ticket.assignee_id == (bot if place == 1 else None)
        assert connector.apply(ticket, change, f"{place:016x}").fallbacks in ((), ANSWERED)
    wanted = Status.PENDING if channel == "form" else Status.OPEN
    assert bench.connector().ticket(ticket_id).status is wanted


def read_for_users(bench: Bench) -> None:
    """An article for users reaches one whom the Messenger signed in, no mail and no lead."""
    audience = {"visibility": "restricted", "audience": {"verified": True}}
    page = {"id": "u", "title": "For users", "body": "<p>x</p>", **audience}
    inside = {"id": "i", "title": "For us", "body": "<p>x</p>", "visibility": "internal"}
    bench.control("PUT", "/articles", [page, inside])
    connector = bench.connector()
    listed = {each.title: each for one in pages(connector.articles(None)) for each in one.items}
    assert listed["For us"].visibility is Visibility.INTERNAL
    readers = listed["For users"].audience
    assert readers is not None
    user = {"name": "Maya", "email": "maya@example.com", "verified": True}
    lead = {"name": "Otto", "email": "otto@example.com", "verified": False}
    for who, channel, let_in in (
        (user, "chat", True),
        (user, "email", False),
        (lead, "chat", False),
    ):
        _, ticket_id = bench.opened(requester=who, channel=channel)
        assert readers.lets_in(connector.ticket(ticket_id).requester) is let_in


ANSWERED = (
    "Intercom has no status pending for conversations: it stays open, and is shown as waiting for "
    "the customer since it was answered",
)


@pytest.mark.parametrize("version", Glue.of("intercom").versions)
def test_every_call_is_as_described(tmp_path: Path, shared: Path, version: str) -> None:
    glue = Glue.of("intercom")
    with connected(Wire()) as wire:
        bench = build_bench("intercom", tmp_path, wire, glue.versions[version])
        begun = bench.clock()
        for channel in ("email", "form"):
            hand_over(bench, channel)
        read_for_users(bench)
        set_up_and_down(bench)
        assert {past.id for page in pages(bench.connector().history(begun)) for past in page.items}
        bench.sandbox.close()
    found = faults(glue.descriptions(shared / "contracts", version), bench.line.exchanges)
    known = (*glue.exceptions, *KNOWN)
    assert {at: why for at, why in found.items() if not at.endswith(known)} == {}
    called = {f"{each.method} {each.path.split('/')[1]}" for each in bench.line.exchanges}
    assert called >= {"DELETE tags", "POST data_attributes", "PUT data_attributes", "GET macros"}
    assert called >= {"GET articles", "GET internal_articles", "GET me"}
    assert called >= {"DELETE tickets", "DELETE conversations", "PUT tickets", "GET ticket_states"}
