"""Who asks and from where, as far as a ticket tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain import Asker, Facts, Metadata
from app.pipeline.asker import asker_of
from app.pipeline.fit import WEIGHTS, boost, may_read
from connectors.articles import Audience
from connectors.types import Account, Message, Person, Role, Ticket
from tests.app.pipeline.samples import NOW, make_ticket

ACCOUNT = Account("31", "Clay & Co", plan="Studio", tags=frozenset({"partner"}))
FOR_PARTNERS = Facts(restricted=True, audience=Audience(any_tags=frozenset({"partner"})))
OTHER = Person("99", "Somebody Else")


def ticket() -> Ticket:
    return replace(
        make_ticket(),
        account=ACCOUNT,
        page_url="https://app.acme.test/invoices/7",
        tags=frozenset({"Area_Invoices", "understudy_draft"}),
        fields={"Product": "Booking page", "What happened": "prose " * 20, "Empty": " "},
    )


def said_by(author: Person, *, public: bool = True) -> Message:
    return Message("m9", author, public=public, text="Me too!", created_at=NOW)


def test_a_ticket_tells_who_asks_and_from_where() -> None:
    assert asker_of(ticket(), "de") == Asker(
        person=ticket().requester,
        account=ACCOUNT,
        page="https://app.acme.test/invoices/7",
        plan="studio",
        language="de",
        words=frozenset({"area_invoices", "booking page"}),
    )


def test_a_ticket_without_anything_tells_little() -> None:
    bare = replace(make_ticket(), account=None, page_url="", tags=frozenset(), fields={})
    assert asker_of(bare) == Asker(person=bare.requester)


@pytest.mark.parametrize(
    ("facts", "moved"),
    [
        (Facts(metadata=Metadata(areas=("invoices",))), WEIGHTS.area),
        (Facts(metadata=Metadata(areas=("booking page",))), WEIGHTS.area),
        (Facts(metadata=Metadata(plans=("studio",))), WEIGHTS.plan),
        (Facts(metadata=Metadata(plans=("atelier",))), WEIGHTS.other_plan),
        (Facts(metadata=Metadata(audience=("partner",))), WEIGHTS.audience),
    ],
)
def test_what_a_ticket_tells_moves_articles(facts: Facts, moved: float) -> None:
    assert boost(facts, asker_of(ticket())) == pytest.approx(moved)


def test_an_account_lets_its_people_in() -> None:
    assert may_read(FOR_PARTNERS, asker_of(ticket()))


def test_where_another_customer_reads_along_nobody_is_let_in() -> None:
    found = ticket()
    joined = replace(found, messages=(*found.messages, said_by(OTHER)))
    assert not may_read(FOR_PARTNERS, asker_of(joined))
    assert asker_of(joined).page == found.page_url


@pytest.mark.parametrize(
    "message",
    [
        said_by(Person("8", "Tom", role=Role.AGENT)),
        said_by(Person("b", "Bot", role=Role.BOT)),
        said_by(OTHER, public=False),
    ],
)
def test_agents_bots_and_notes_shut_nobody_out(message: Message) -> None:
    found = ticket()
    joined = replace(found, messages=(*found.messages, message))
    assert may_read(FOR_PARTNERS, asker_of(joined))
