"""Tickets, drafts and passages that the pipeline's tests share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.domain import Citation, Draft, Hit, Passage, Source
from connectors.types import Account, Attachment, Message, Person, Role, Status, Ticket

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)

EXPORT_TEXT = (
    "You can export all projects in one go.\n\n"
    "1. Open **Settings → Data**.\n"
    "2. Choose **Export workspace**.\n"
    "3. Confirm with your password.\n\n"
    "The file arrives by mail within an hour."
)


def make_passage(
    text: str = EXPORT_TEXT,
    *,
    id: str = "a1#0",  # noqa: A002
    source: Source = Source.ARTICLE,
    origin: str = "a1",
    title: str = "Exporting your data",
    url: str = "https://help.acme.test/export",
    heading: str = "",
) -> Passage:
    return Passage(
        id=id,
        source=source,
        origin_id=origin,
        title=title,
        text=text,
        url=url,
        updated_at=NOW - timedelta(days=22),
        heading=heading,
    )


def earlier_answer(text: str, *, id: str = "e1", origin: str = "e1") -> Passage:  # noqa: A002
    return make_passage(
        text,
        id=id,
        source=Source.EXAMPLE,
        origin=origin,
        title="Answer by Tom on #4812 (sent unchanged 6 times)",
        url="https://acme.zendesk.test/agent/tickets/4812",
        heading="How do I get all my projects out?",
    )


def make_hit(passage: Passage, similarity: float = 0.8, **parts: float) -> Hit:
    return Hit(passage, similarity, similarity, parts or {"dense": similarity, "lexical": 1.0})


def make_citation(passage: Passage) -> Citation:
    return Citation(
        passage_id=passage.id,
        source=passage.source,
        origin_id=passage.origin_id,
        title=passage.title,
        url=passage.url,
        updated_at=passage.updated_at,
        only_for=passage.only_for,
    )


def make_draft(
    text: str = f"Hi Maya,\n\n{EXPORT_TEXT}",
    *,
    confidence: float = 0.8,
    passages: tuple[Passage, ...] = (),
    not_covered: tuple[str, ...] = (),
) -> Draft:
    cited = passages or (make_passage(),)
    return Draft(
        text=text,
        citations=tuple(make_citation(passage) for passage in cited),
        confidence=confidence,
        not_covered=not_covered,
    )


def make_ticket(
    text: str = "How do I export all my projects?",
    *,
    subject: str = "Export",
    tags: frozenset[str] = frozenset(),
    attachments: tuple[Attachment, ...] = (),
) -> Ticket:
    maya = Person(id="7", name="Maya Ortiz", email="maya@globex.test")
    message = Message(
        id="m1", author=maya, public=True, text=text, created_at=NOW, attachments=attachments
    )
    return Ticket(
        id="4901",
        subject=subject,
        status=Status.OPEN,
        revision="r1",
        requester=maya,
        messages=(message,),
        account=Account(
            id="9",
            name="Globex",
            plan="Business",
            tags=frozenset({"vip"}),
            fields={"tier": "gold"},
            since=datetime(2019, 4, 1, tzinfo=UTC),
        ),
        tags=tags,
        channel="email",
        page_url="https://app.acme.test/settings/data",
        url="https://acme.zendesk.test/agent/tickets/4901",
    )


AGENT = Person(id="2", name="Tom", role=Role.AGENT)
