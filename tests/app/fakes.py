"""Fakes for the shell: they behave like the real thing, in memory, and can be told to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from app.domain import Mode
from app.knowledge.embed import Embedder
from app.ledger import deliveries
from app.ledger.deliveries import Announcement
from app.ledger.migrate import migrate
from app.services import Services
from app.settings import Settings
from app.sweep import sync_knowledge
from connectors.base import Connector
from connectors.errors import BadSignature, Conflict, NotFound
from connectors.setup import NOTHING_EXPECTED, Done, Expected, Finding, Step
from connectors.types import (
    Attachment,
    Change,
    Event,
    EventKind,
    Feature,
    Message,
    Page,
    PastTicket,
    Person,
    Rating,
    Receipt,
    Role,
    Status,
    Ticket,
    TicketRef,
    WebhookRequest,
)
from tests.app.fake_help_centre import FakeHelpCentre
from tests.app.knowledge.fakes import MemoryVectors, TinyEmbedder

HELPDESK = "zendesk"
START = 1_800_000_000.0
MAYA = Person(id="7", name="Maya Lopes", email="maya@studio.example")
TOM = Person(id="8", name="Tom Berg", email="tom@agents.example", role=Role.AGENT)
# The bot runs on a person's key here: whose message it is must never be told by its author.
BOT = Person(id="8", name="Tom Berg", email="tom@agents.example", role=Role.AGENT)


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class FakeHelpdesk(FakeHelpCentre):
    """A helpdesk in memory with conditional writes; ``before_write`` lets somebody act first."""

    clock: Clock
    tickets: dict[str, Ticket] = field(default_factory=dict)
    writes: list[tuple[str, Change, str]] = field(default_factory=list)
    again: list[bool] = field(default_factory=list)
    reads: int = 0
    failing: list[Exception] = field(default_factory=list)
    lost_answers: list[Exception] = field(default_factory=list)
    before_write: Callable[[], None] = lambda: None
    numbers: Iterator[int] = field(default_factory=lambda: count(100))
    files: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    past: tuple[PastTicket, ...] = ()
    rated: dict[str, tuple[Rating, ...]] = field(default_factory=dict)  # what no reading tells
    failing_ratings: list[Exception] = field(default_factory=list)
    asked_for_ratings: int = 0
    tags_stick: bool = False  # taking tags off is answered, and does nothing

    # Some raise ``Unsupported`` unless a test hands them something to list.
    supports: frozenset[Feature] = frozenset(Feature) - {Feature.CANNED, Feature.ARTICLE_CHANGES}
    url: str = "http://127.0.0.1:1"

    def verify(self, request: WebhookRequest) -> None:
        if request.headers.get("signature") != "right":
            raise BadSignature("The signature is wrong")

    def parse(self, request: WebhookRequest) -> list[Event]:
        raise NotImplementedError

    def retry_status(self) -> int:
        return 409

    def ticket(self, ticket_id: str) -> Ticket:
        self.reads += 1
        if self.failing:
            raise self.failing.pop(0)
        if ticket_id not in self.tickets:
            raise NotFound(f"There is no ticket {ticket_id}")
        return self.tickets[ticket_id]

    def changed(self, cursor: str | None) -> Iterator[Page[TicketRef]]:
        since = float(cursor or 0.0)
        refs = [
            TicketRef(ticket.id, ticket.updated_at)
            for ticket in self.tickets.values()
            if ticket.updated_at is not None and ticket.updated_at.timestamp() >= since
        ]
        refs.sort(key=lambda ref: ref.updated_at)
        yield Page(tuple(refs), str(self.clock()))

    def apply(self, ticket: Ticket, change: Change, key: str, *, again: bool = False) -> Receipt:
        self.again.append(again)
        written = next((item for item in ticket.messages if item.mark == key), None)
        if written is not None:
            note_id, reply_id = (None, written.id) if written.public else (written.id, None)
            return Receipt(note_id, reply_id, revision=ticket.revision, found=True)
        self.before_write()
        current = self.tickets[ticket.id]
        if current.revision != ticket.revision:
            raise Conflict("The ticket has moved on")
        self.writes.append((ticket.id, change, key))
        note_id = reply_id = None
        if change.note is not None:
            note_id = self.say(ticket.id, BOT, change.note, public=False, mark=key)
        if change.reply is not None:
            reply_id = self.say(ticket.id, BOT, change.reply, mark=key)
        gone = frozenset[str]() if self.tags_stick else change.untag
        self._update(ticket.id, tags=(current.tags | change.tags) - gone)
        if change.status is not None:
            self._update(ticket.id, status=change.status)
        if change.release and current.assignee_id == BOT.id:
            self._update(ticket.id, assignee_id=None)
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return Receipt(note_id=note_id, reply_id=reply_id, revision=self.revision(ticket.id))

    def written(self, ticket: Ticket, change: Change, key: str) -> bool:
        return any(message.mark == key for message in ticket.messages)

    def file_text(self, attachment: Attachment, limit: int) -> str:
        return self.files.get(attachment.name, "")[:limit]

    def ratings(self, ticket: Ticket) -> tuple[Rating, ...]:
        self.asked_for_ratings += 1
        if self.failing_ratings:
            raise self.failing_ratings.pop(0)
        return self.rated.get(ticket.id, ticket.ratings)

    def delivery_doubt(self, ticket: Ticket) -> str:
        return self.doubts.get(ticket.channel, "")

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        yield Page(tuple(one for one in self.past if one.created_at >= since), None)

    def ping(self, now: datetime) -> WebhookRequest:
        return WebhookRequest("POST", {"signature": "right"}, b"{}", now)

    def probe(self, expected: Expected = NOTHING_EXPECTED) -> list[Finding]:
        return []

    def set_up(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        yield Step("webhook", Done.WOULD_CREATE if dry_run else Done.CREATED, webhook_url)

    def take_down(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        yield Step("webhook", Done.WOULD_REMOVE if dry_run else Done.REMOVED, webhook_url)

    # What people do

    def open(self, text: str, *, channel: str = "email", requester: Person = MAYA) -> str:
        """A customer writes in."""
        ticket_id = str(next(self.numbers))
        self.tickets[ticket_id] = Ticket(
            id=ticket_id,
            subject="",
            status=Status.NEW,
            revision="0",
            requester=requester,
            messages=(),
            channel=channel,
        )
        self.say(ticket_id, requester, text)
        return ticket_id

    def say(
        self,
        ticket_id: str,
        who: Person,
        text: str,
        *,
        public: bool = True,
        mark: str | None = None,
    ) -> str:
        """Somebody writes on a ticket."""
        message = Message(
            id=str(next(self.numbers)),
            author=who,
            public=public,
            text=text,
            html=text,
            created_at=datetime.fromtimestamp(self.clock(), UTC),
            mark=mark,
        )
        self._update(ticket_id, messages=(*self.tickets[ticket_id].messages, message))
        return message.id

    def tag(self, ticket_id: str, *tags: str) -> None:
        """An agent adds tags."""
        self._update(ticket_id, tags=self.tickets[ticket_id].tags | set(tags))

    def untag(self, ticket_id: str, *tags: str) -> None:
        """Somebody takes tags off."""
        self._update(ticket_id, tags=self.tickets[ticket_id].tags - set(tags))

    def solve(self, ticket_id: str) -> None:
        """An agent solves the ticket."""
        self._update(ticket_id, status=Status.SOLVED)

    def close(self, ticket_id: str) -> None:
        """The ticket is closed for good."""
        self._update(ticket_id, status=Status.CLOSED)

    def notes(self, ticket_id: str) -> list[Message]:
        """The internal notes on a ticket."""
        return [item for item in self.tickets[ticket_id].messages if not item.public]

    def revision(self, ticket_id: str) -> str:
        """The ticket's revision at this moment."""
        return self.tickets[ticket_id].revision

    def _update(self, ticket_id: str, **changes: object) -> None:
        ticket = replace(self.tickets[ticket_id], **changes)  # type: ignore[arg-type]
        self.tickets[ticket_id] = replace(
            ticket,
            revision=str(int(ticket.revision) + 1),
            updated_at=datetime.fromtimestamp(self.clock(), UTC),
        )


class DeskServices(Services):
    """Services on fakes: real ledger, real pipeline, helpdesk and vectors in memory."""

    helpdesk: FakeHelpdesk

    def connector(self, helpdesk: str) -> Connector:
        return self.helpdesk

    @property
    def vectors(self) -> MemoryVectors:
        return self._mine("memory vectors", MemoryVectors)

    @property
    def embedder(self) -> Embedder:
        return self._mine("tiny embedder", TinyEmbedder)


@dataclass
class Desk:
    """A whole desk: what a worker has, and the people who make work for it."""

    services: DeskServices
    helpdesk: FakeHelpdesk
    clock: Clock

    @classmethod
    def at(cls, folder: Path, *, mode: Mode = Mode.DRAFT, quiet: float = 8.0) -> Desk:
        """A desk whose articles are searchable; its folder is copied from one made once."""
        ready, vectors = _ready()
        copytree(ready.name, folder, dirs_exist_ok=True)
        made = cls._over(folder, mode, quiet)
        made.services.vectors.named.update(deepcopy(vectors.named))
        return made

    @classmethod
    def _over(cls, folder: Path, mode: Mode, quiet: float) -> Desk:
        settings = Settings(
            helpdesks=(HELPDESK,),
            data_dir=folder,
            answer_mode=mode,
            quiet_seconds=quiet,
            redis_url="unix:///nowhere.sock",
        )
        clock = Clock()
        ids = count(1)
        services = DeskServices(settings, {}, clock=clock, new_id=lambda: f"{next(ids):016x}")
        services.helpdesk = FakeHelpdesk(clock)
        return cls(services, services.helpdesk, clock)

    def announce(self, ticket_id: str, kind: EventKind = EventKind.CREATED) -> str:
        """A webhook comes in; returns the delivery's id."""
        with self.services.ledger.write() as connection:
            key = f"{ticket_id}-{self.helpdesk.revision(ticket_id)}"
            announcement = Announcement(delivery_key=key, ticket_id=ticket_id, kind=kind)
            new = deliveries.record(connection, HELPDESK, [announcement], self.clock())
        return new[0][0]

    def waiting(self) -> list[str]:
        """Deliveries that are still to be handled."""
        found = deliveries.unfinished(self.services.ledger, self.clock())
        return [delivery.id for delivery in found]

    def texts(self, messages: Sequence[Message]) -> list[str]:
        return [message.text for message in messages]

    @classmethod
    def synced(cls, folder: Path) -> MemoryVectors:
        """Sync the articles into an empty folder; what is not in files is returned."""
        made = cls._over(folder, Mode.DRAFT, 0)
        migrate(made.services.settings.ledger_url)
        sync_knowledge(made.services, HELPDESK)
        vectors = made.services.vectors
        made.services.let_go()
        return vectors


@cache
def _ready() -> tuple[TemporaryDirectory[str], MemoryVectors]:
    folder = TemporaryDirectory(prefix="understudy-desk-")
    return folder, Desk.synced(Path(folder.name))
