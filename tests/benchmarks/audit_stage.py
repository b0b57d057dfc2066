"""The demo company's help centre and customers, played in process through the real pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from itertools import count
from pathlib import Path

from app import worker
from app.demo.company import DemoArticle, DemoTicket
from app.domain import Mode, draft_of
from app.knowledge.embed import Embedder
from app.learn import index_waiting
from app.ledger import runs
from app.ledger.migrate import migrate
from app.settings import Settings
from app.sweep import sync_knowledge
from connectors.articles import Article, Visibility
from connectors.sandbox.text import html_of
from connectors.types import Account, Attachment, Person, Role
from tests.app.fakes import HELPDESK, Clock, Desk, DeskServices, FakeHelpdesk

QUIET = 8.0
DAY_OF_PLAY = datetime(2026, 11, 1, 9, tzinfo=UTC)


class StageServices(DeskServices):
    """Services on fakes, with the embedding model that is handed in."""

    model_of_stage: Embedder

    @property
    def embedder(self) -> Embedder:
        return self.model_of_stage


@dataclass
class Stage:
    """A desk with a help centre, and customers who write to it."""

    desk: Desk
    opened: dict[str, str] = field(default_factory=dict)  # our ticket ids to the helpdesk's

    @classmethod
    def open_at(
        cls, folder: Path, articles: Sequence[Article], embedder: Embedder, now: datetime
    ) -> Stage:
        """Make articles searchable in an empty folder."""
        settings = Settings(
            helpdesks=(HELPDESK,),
            data_dir=folder,
            answer_mode=Mode.DRAFT,
            quiet_seconds=QUIET,
            redis_url="unix:///nowhere.sock",
        )
        clock, ids = Clock(), count(1)
        clock.now = now.timestamp()
        services = StageServices(settings, {}, clock=clock, new_id=lambda: f"{next(ids):016x}")
        services.model_of_stage = embedder
        services.helpdesk = FakeHelpdesk(clock=clock, help_centre=tuple(articles))
        migrate(settings.ledger_url)
        sync_knowledge(services, HELPDESK)
        return cls(Desk(services, services.helpdesk, clock))

    def play(self, tickets: Sequence[DemoTicket]) -> None:
        """Let the customers of each wave write, and the agents answer by their script."""
        for wave in (1, 2):
            for ticket in tickets:
                if ticket.wave == wave:
                    self._customer(ticket)
                    self._agent(ticket)
            index_waiting(self.desk.services, HELPDESK)

    def _customer(self, ticket: DemoTicket) -> None:
        desk = self.desk
        person, company = ticket.requester, ticket.requester.organization
        email = person.email or f"{ticket.id}@customers.example"
        requester = Person(id=email, name=person.name, email=email)
        ticket_id = desk.helpdesk.open(ticket.text, channel=ticket.channel, requester=requester)
        self.opened[ticket.id] = ticket_id
        opened = desk.helpdesk.tickets[ticket_id]
        files = tuple(Attachment(one.name, one.content_type) for one in ticket.attachments)
        account = None
        if company is not None:
            tags = frozenset(company.tags)
            account = Account(company.name, company.name, company.plan, tags)
        desk.helpdesk.tickets[ticket_id] = replace(
            opened,
            subject=ticket.subject,
            page_url=ticket.page,
            account=account,
            messages=(replace(opened.messages[0], attachments=files),),
        )
        for line in ticket.then:
            desk.helpdesk.say(ticket_id, requester, line)
        worker.handle(desk.services, desk.announce(ticket_id))
        desk.clock.pass_by(10 * QUIET)
        for run in runs.listed(desk.services.ledger, HELPDESK, ticket_id):
            worker.work(desk.services, run.id)

    def _agent(self, ticket: DemoTicket) -> None:
        if ticket.answer is None:
            return
        desk, ticket_id = self.desk, self.opened[ticket.id]
        run = runs.listed(desk.services.ledger, HELPDESK, ticket_id, 1)
        draft = draft_of(run[0].decision) if run else None
        text = ticket.answer.text or (draft.text if draft else "")
        if not text:
            return
        name = ticket.answer.agent
        agent = Person(id=name, name=name, email=f"{name}@agents.example", role=Role.AGENT)
        desk.helpdesk.say(ticket_id, agent, text)
        worker.handle(desk.services, desk.announce(ticket_id))


def article_of(article: DemoArticle) -> Article:
    """Turn an article of the data files into a page of the help centre."""
    day = article.updated
    return Article(
        id=article.id,
        title=article.title,
        html=html_of(article.body, article.format),
        url=article.url or f"https://help.example/articles/{article.id}",
        updated_at=datetime.combine(day, time(), UTC) if day else None,
        labels=article.labels,
        sections=(article.section,) if article.section else (),
        visibility=Visibility(article.visibility),
    )
